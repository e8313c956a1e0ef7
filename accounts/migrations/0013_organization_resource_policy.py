import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant


class Migration(migrations.Migration):
    dependencies = [("accounts", "0012_event_time")]

    operations = [
        migrations.CreateModel(
            name="OrganizationResourcePolicy",
            fields=[
                ("id", models.CharField(max_length=131, primary_key=True, serialize=False)),
                ("content", models.TextField()),
                ("pins", models.JSONField(default=dict)),
                ("tags", models.JSONField(default=dict)),
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
                        fields=("account",), name="organization_resource_policy_of_an_account"
                    )
                ],
            },
        ),
        Tenant("accounts_organizationresourcepolicy"),
    ]
