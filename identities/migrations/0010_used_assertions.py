import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant


class Migration(migrations.Migration):
    dependencies = [("identities", "0009_saml_providers")]

    operations = [
        migrations.CreateModel(
            name="UsedAssertion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.BinaryField(max_length=32)),
                ("until", models.DateTimeField()),
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
                        fields=("account", "digest"), name="used_assertion_once"
                    )
                ],
            },
        ),
        Tenant("identities_usedassertion"),
    ]
