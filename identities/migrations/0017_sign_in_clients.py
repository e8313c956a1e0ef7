import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import References, Tenant


class Migration(migrations.Migration):
    dependencies = [("identities", "0016_console_roles")]

    operations = [
        migrations.CreateModel(
            name="SignInClient",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=64)),
                ("client_id", models.CharField(default="", max_length=255)),
                ("secret", models.BinaryField(default=b"")),
                ("role_arns", models.JSONField(default=list)),
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
                (
                    "oidc_provider",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="sign_in_client",
                        to="identities.oidcprovider",
                    ),
                ),
                (
                    "saml_provider",
                    models.OneToOneField(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="sign_in_client",
                        to="identities.samlprovider",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("oidc_provider__isnull", True),
                            ("saml_provider__isnull", True),
                            _connector="XOR",
                        ),
                        name="sign_in_client_of_one_provider",
                    )
                ],
            },
        ),
        Tenant("identities_signinclient"),
        References(
            "identities_signinclient",
            ("account_id", "oidc_provider_id"),
            "identities_oidcprovider",
            cascade=True,
        ),
        References(
            "identities_signinclient",
            ("account_id", "saml_provider_id"),
            "identities_samlprovider",
            cascade=True,
        ),
    ]
