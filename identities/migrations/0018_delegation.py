import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant

ASKED = """
-- The account that is asked may read the request.
CREATE POLICY asked_read ON identities_delegationrequest FOR SELECT
    USING (owner_account = current_setting('iamsite.account', true));

-- Who asks, to whoever holds the id of a request: without it nobody could take one. NULL when
-- there is no such request, or its provider is suspended.
CREATE FUNCTION iamsite_delegation_provider(wanted text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.account_id FROM identities_delegationrequest d
        JOIN accounts_account a ON a.id = d.account_id AND a.status = 'active'
        WHERE d.id = wanted
$$;
"""

UNDO = """
DROP FUNCTION iamsite_delegation_provider(text);
DROP POLICY asked_read ON identities_delegationrequest;
"""


class Migration(migrations.Migration):
    dependencies = [("identities", "0017_sign_in_clients")]

    operations = [
        migrations.CreateModel(
            name="DelegationRequest",
            fields=[
                ("id", models.CharField(max_length=36, primary_key=True, serialize=False)),
                ("requestor_name", models.CharField(max_length=30)),
                ("workflow", models.CharField(max_length=400)),
                ("channel", models.CharField(max_length=400)),
                ("description", models.CharField(max_length=1000)),
                ("message", models.CharField(default="", max_length=200)),
                ("redirect_url", models.CharField(default="", max_length=255)),
                ("template", models.CharField(max_length=2048)),
                ("parameters", models.JSONField(default=list)),
                ("policy", models.TextField()),
                ("session_duration", models.PositiveIntegerField()),
                ("only_send_by_owner", models.BooleanField(default=False)),
                ("owner_account", models.CharField(max_length=12, null=True)),
                ("owner", models.CharField(default="", max_length=2048)),
                ("approver", models.CharField(default="", max_length=2048)),
                ("approver_id", models.CharField(default="", max_length=21)),
                ("approver_tags", models.JSONField(default=dict)),
                ("notes", models.CharField(default="", max_length=500)),
                ("rejection", models.CharField(default="", max_length=500)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("UNASSIGNED", "Unassigned"),
                            ("ASSIGNED", "Assigned"),
                            ("PENDING_APPROVAL", "Pending Approval"),
                            ("ACCEPTED", "Accepted"),
                            ("FINALIZED", "Finalized"),
                            ("REJECTED", "Rejected"),
                            ("EXPIRED", "Expired"),
                        ],
                        default="UNASSIGNED",
                        max_length=16,
                    ),
                ),
                ("sent_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField()),
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
                    models.Index(fields=["owner_account", "id"], name="delegation_request_owner")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "workflow"), name="delegation_request_workflow_unique"
                    )
                ],
            },
        ),
        Tenant("identities_delegationrequest"),
        migrations.RunSQL(ASKED, UNDO),
    ]
