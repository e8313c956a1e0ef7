import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

from accounts.tenancy import Tenant


class Migration(migrations.Migration):
    dependencies = [("policies", "0005_findings")]

    operations = [
        migrations.CreateModel(
            name="AccessTest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=128)),
                (
                    "lower_name",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Lower("name"),
                        output_field=models.CharField(max_length=128),
                    ),
                ),
                ("principal", models.CharField(max_length=2048)),
                ("action", models.CharField(max_length=128)),
                ("resource", models.CharField(max_length=2048)),
                ("context", models.JSONField(default=list)),
                ("is_allowed", models.BooleanField()),
                ("updated_at", models.DateTimeField()),
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
                        fields=("account", "lower_name"), name="access_test_name_unique"
                    )
                ],
            },
        ),
        Tenant("policies_accesstest"),
    ]
