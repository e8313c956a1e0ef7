import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0010_decisions"),
        ("policies", "0004_services_and_resources"),
    ]

    operations = [
        migrations.CreateModel(
            name="Analysis",
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
                ("analyzed_at", models.DateTimeField()),
                ("unused_days", models.PositiveSmallIntegerField()),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("EXTERNAL_ACCESS", "External Access"),
                            ("UNUSED_ACCESS", "Unused Access"),
                            ("WIDE_POLICY", "Wide Policy"),
                        ],
                        max_length=15,
                    ),
                ),
                ("type", models.CharField(max_length=32)),
                (
                    "rank",
                    models.SmallIntegerField(choices=[(0, "High"), (1, "Medium"), (2, "Low")]),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("ACTIVE", "Active"),
                            ("ARCHIVED", "Archived"),
                            ("RESOLVED", "Resolved"),
                        ],
                        default="ACTIVE",
                        max_length=8,
                    ),
                ),
                ("resource", models.CharField(max_length=2048)),
                ("content", models.JSONField()),
                ("created_at", models.DateTimeField()),
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
                "indexes": [
                    models.Index(fields=["account", "status", "rank", "id"], name="finding_order")
                ],
            },
        ),
        Tenant("policies_finding"),
        Tenant("policies_analysis", key=None),
    ]
