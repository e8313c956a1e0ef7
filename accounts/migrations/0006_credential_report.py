import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant


class Migration(migrations.Migration):
    dependencies = [("accounts", "0005_event_failure")]

    operations = [
        migrations.CreateModel(
            name="CredentialReport",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="accounts.account",
                    ),
                ),
                ("content", models.TextField()),
                ("generated_at", models.DateTimeField()),
            ],
        ),
        Tenant("accounts_credentialreport", key=None),
    ]
