import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant

FUNCTIONS = """
-- Takes away what accounts no longer keep; tells nothing but how much it was.
CREATE FUNCTION iamsite_expire_decisions() RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    kept record;
    gone bigint := 0;
    here bigint;
BEGIN
    FOR kept IN SELECT id, now() - make_interval(days => decision_days) AS since
        FROM accounts_account LOOP
        DELETE FROM accounts_decisionrecord d WHERE d.id IN (
            SELECT id FROM accounts_decisionrecord
                WHERE account_id = kept.id AND is_allowed IN (true, false) AND last_at < kept.since
                FOR UPDATE SKIP LOCKED);
        GET DIAGNOSTICS here = ROW_COUNT;
        gone := gone + here;
    END LOOP;
    RETURN gone;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_root_access")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="decision_days",
            field=models.PositiveSmallIntegerField(default=90, db_default=90),
        ),
        migrations.AddField(
            model_name="account",
            name="allowed_percent",
            field=models.PositiveSmallIntegerField(default=0, db_default=0),
        ),
        migrations.CreateModel(
            name="DecisionRecord",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("first_at", models.DateTimeField()),
                ("last_at", models.DateTimeField()),
                ("count", models.BigIntegerField(default=1)),
                ("is_allowed", models.BooleanField()),
                ("outcome", models.CharField(max_length=12)),
                ("layer", models.CharField(max_length=8)),
                ("message", models.TextField(default="")),
                ("operation", models.CharField(max_length=128)),
                ("face", models.CharField(max_length=8)),
                ("request_id", models.CharField(max_length=36)),
                ("principal_kind", models.CharField(max_length=16)),
                ("principal_arn", models.CharField(max_length=2048)),
                ("principal_id", models.CharField(max_length=128)),
                ("principal", models.JSONField(default=dict)),
                ("session", models.JSONField(default=dict)),
                ("action", models.CharField(max_length=256)),
                ("resource", models.TextField()),
                ("resource_account", models.CharField(max_length=12)),
                ("context", models.JSONField(default=dict)),
                ("revision", models.BigIntegerField()),
                ("organization_revision", models.BigIntegerField(null=True)),
                ("policies", models.JSONField(default=list)),
                ("ladder", models.JSONField(default=dict)),
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
                    models.Index(
                        fields=["account", "is_allowed", "-last_at", "id"], name="decision_newest"
                    )
                ],
            },
        ),
        Tenant("accounts_decisionrecord"),
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION iamsite_expire_decisions()"),
    ]
