import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant


class Migration(migrations.Migration):
    dependencies = [("identities", "0007_access_key_changed")]

    operations = [
        migrations.CreateModel(
            name="OIDCProvider",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("url", models.CharField(max_length=255)),
                ("client_ids", models.JSONField(default=list)),
                ("thumbprints", models.JSONField(default=list)),
                ("tags", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                (
                    "account",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="accounts.account",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "url"), name="oidc_provider_url_unique"
                    )
                ],
            },
        ),
        Tenant("identities_oidcprovider"),
    ]
