import uuid

import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant

# What the accounts of an organization last accessed: all of its members for the entered management
# account, nobody's for any other.
OF_ORGANIZATION = """
CREATE FUNCTION iamsite_organization_access(wanted text[], since timestamptz)
    RETURNS TABLE (account text, service text, at timestamptz, region text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT DISTINCT ON (a.account_id, a.service) a.account_id, a.service, a.at, a.region
        FROM accounts_member m JOIN identities_lastaccess a ON a.account_id = m.member
        WHERE m.account_id = current_setting('iamsite.account', true)
            AND m.member = ANY (wanted) AND a.at > since
        ORDER BY a.account_id, a.service, a.at DESC
$$;
"""

UNDO = "DROP FUNCTION iamsite_organization_access(text[], timestamptz);"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_organizations"),
        ("identities", "0012_service_principals"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessReport",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SERVICE_LEVEL", "Service Level"),
                            ("ACTION_LEVEL", "Action Level"),
                            ("ORGANIZATION", "Organization"),
                        ],
                        max_length=13,
                    ),
                ),
                ("owner", models.CharField(max_length=255)),
                ("subject", models.CharField(max_length=2048)),
                ("content", models.JSONField()),
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
                "indexes": [
                    models.Index(fields=["account", "owner", "created_at"], name="access_report")
                ],
            },
        ),
        migrations.CreateModel(
            name="LastAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("principal_id", models.CharField(max_length=21)),
                ("service", models.CharField(max_length=64)),
                ("action", models.CharField(max_length=128)),
                ("at", models.DateTimeField()),
                ("region", models.CharField(max_length=64)),
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
                        fields=("account", "principal_id", "service", "action"),
                        name="last_access_unique",
                    )
                ],
            },
        ),
        Tenant("identities_accessreport"),
        Tenant("identities_lastaccess"),
        # Its rows change all the time, none of them in an indexed column.
        migrations.RunSQL(
            "ALTER TABLE identities_lastaccess SET (fillfactor = 80)", migrations.RunSQL.noop
        ),
        migrations.RunSQL(OF_ORGANIZATION, UNDO),
    ]
