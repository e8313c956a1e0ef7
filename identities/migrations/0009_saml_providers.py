import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import References, Tenant

ACCOUNT = models.ForeignKey(
    db_constraint=False,
    on_delete=django.db.models.deletion.DO_NOTHING,
    related_name="+",
    to="accounts.account",
)


class Migration(migrations.Migration):
    dependencies = [("identities", "0008_oidc_providers")]

    operations = [
        migrations.CreateModel(
            name="SAMLProvider",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=128)),
                ("metadata", models.TextField()),
                ("valid_until", models.DateTimeField(null=True)),
                (
                    "encryption_mode",
                    models.CharField(
                        choices=[("Required", "Required"), ("Allowed", "Allowed")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("tags", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("account", ACCOUNT.clone()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "name"), name="saml_provider_name_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SAMLPrivateKey",
            fields=[
                ("id", models.CharField(max_length=32, primary_key=True, serialize=False)),
                ("secret", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("account", ACCOUNT.clone()),
                (
                    "provider",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="private_keys",
                        to="identities.samlprovider",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        Tenant("identities_samlprovider"),
        Tenant("identities_samlprivatekey"),
        References(
            "identities_samlprivatekey", ("account_id", "provider_id"), "identities_samlprovider"
        ),
    ]
