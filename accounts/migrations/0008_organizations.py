import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant

MEMBERS = """
ALTER TABLE accounts_member ADD CONSTRAINT accounts_member_member_fk
    FOREIGN KEY (member) REFERENCES accounts_account (id) ON DELETE CASCADE;
ALTER TABLE accounts_handshake ADD CONSTRAINT accounts_handshake_invited_fk
    FOREIGN KEY (invited) REFERENCES accounts_account (id) ON DELETE CASCADE;
ALTER TABLE accounts_delegatedadministrator ADD CONSTRAINT accounts_delegatedadministrator_member_fk
    FOREIGN KEY (member) REFERENCES accounts_member (member) ON DELETE CASCADE;
"""

# Whoever is invited may read the invitation.
INVITED = """
CREATE POLICY invited_read ON accounts_handshake FOR SELECT
    USING (invited = current_setting('iamsite.account', true));
"""

FUNCTIONS = """
-- Where an account stands: the path of its node's parents, the management account, and the
-- organization's revision. Every request asks it of its caller's account.
CREATE FUNCTION iamsite_membership(wanted text, OUT path text, OUT management text,
                                   OUT revision bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT m.path, o.account_id, o.revision INTO path, management, revision
        FROM accounts_member m JOIN accounts_organization o ON o.account_id = m.account_id
        WHERE m.member = wanted;
END $$;

-- The policies that bear on an account, each with the node that it is attached to.
CREATE FUNCTION iamsite_organization_policies(wanted text)
    RETURNS TABLE (target text, kind text, id text, name text, content text, digest bytea)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT t.target, t.kind, t.policy, p.name, p.content, p.digest
        FROM accounts_member m
        JOIN accounts_policytarget t ON t.account_id = m.account_id
            AND t.target = ANY (string_to_array(m.path || m.member, '/'))
        LEFT JOIN accounts_organizationpolicy p
            ON p.id = t.policy AND p.account_id = t.account_id
        WHERE m.member = wanted ORDER BY t.kind, t.policy
$$;

-- Names and addresses of accounts: all of an organization's for the entered management account,
-- nobody's for any other.
CREATE FUNCTION iamsite_organization_accounts()
    RETURNS TABLE (id text, name text, email text, status text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.name, p.email, a.status FROM accounts_member m
        JOIN accounts_account a ON a.id = m.member
        LEFT JOIN accounts_person p ON p.account_id = a.id
        WHERE m.account_id = current_setting('iamsite.account', true)
$$;
"""

UNDO = """
DROP FUNCTION iamsite_membership(text);
DROP FUNCTION iamsite_organization_policies(text);
DROP FUNCTION iamsite_organization_accounts();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_account_preferences"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccountCreation",
            fields=[
                ("id", models.CharField(max_length=36, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=50)),
                ("created", models.CharField(default="", max_length=12)),
                ("failure", models.CharField(default="", max_length=32)),
                ("requested_at", models.DateTimeField()),
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
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="DelegatedAdministrator",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("member", models.CharField(max_length=12)),
                ("service", models.CharField(max_length=128)),
                ("enabled_at", models.DateTimeField()),
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
                        fields=("account", "member", "service"),
                        name="delegated_administrator_unique",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Handshake",
            fields=[
                ("id", models.CharField(max_length=34, primary_key=True, serialize=False)),
                ("organization_id", models.CharField(max_length=34)),
                ("action", models.CharField(default="INVITE", max_length=32)),
                ("feature_set", models.CharField(max_length=20)),
                ("inviter_email", models.CharField(max_length=254)),
                ("inviter_name", models.CharField(max_length=128)),
                ("party_type", models.CharField(default="", max_length=8)),
                ("party", models.CharField(default="", max_length=254)),
                ("invited", models.CharField(max_length=12, null=True)),
                ("notes", models.CharField(default="", max_length=1024)),
                ("tags", models.JSONField(default=dict)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("CANCELED", "Canceled"),
                            ("ACCEPTED", "Accepted"),
                            ("DECLINED", "Declined"),
                        ],
                        default="OPEN",
                        max_length=8,
                    ),
                ),
                ("requested_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
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
                "indexes": [models.Index(fields=["invited"], name="handshake_invited")],
            },
        ),
        migrations.CreateModel(
            name="Member",
            fields=[
                ("member", models.CharField(max_length=12, primary_key=True, serialize=False)),
                ("parent", models.CharField(max_length=68)),
                ("path", models.CharField(max_length=512)),
                (
                    "method",
                    models.CharField(
                        choices=[("INVITED", "Invited"), ("CREATED", "Created")], max_length=7
                    ),
                ),
                ("tags", models.JSONField(default=dict)),
                ("joined_at", models.DateTimeField()),
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
                "indexes": [models.Index(fields=["account", "parent"], name="member_parent")],
            },
        ),
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", models.CharField(max_length=34, primary_key=True, serialize=False)),
                ("root_id", models.CharField(max_length=34, unique=True)),
                (
                    "feature_set",
                    models.CharField(
                        choices=[("ALL", "All"), ("CONSOLIDATED_BILLING", "Consolidated Billing")],
                        max_length=20,
                    ),
                ),
                ("policy_types", models.JSONField(default=list)),
                ("features", models.JSONField(default=list)),
                ("root_tags", models.JSONField(default=dict)),
                ("revision", models.BigIntegerField(default=0)),
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
                "constraints": [
                    models.UniqueConstraint(fields=("account",), name="organization_of_an_account")
                ],
            },
        ),
        migrations.CreateModel(
            name="OrganizationalUnit",
            fields=[
                ("id", models.CharField(max_length=68, primary_key=True, serialize=False)),
                ("parent", models.CharField(max_length=68)),
                ("path", models.CharField(max_length=512)),
                ("name", models.CharField(max_length=128)),
                ("tags", models.JSONField(default=dict)),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "parent", "name"), name="organizational_unit_name_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="OrganizationPolicy",
            fields=[
                ("id", models.CharField(max_length=130, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=128)),
                ("description", models.CharField(default="", max_length=512)),
                ("content", models.TextField()),
                ("digest", models.BinaryField(max_length=32)),
                ("tags", models.JSONField(default=dict)),
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
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "kind", "name"), name="organization_policy_name_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PolicyTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("policy", models.CharField(max_length=130)),
                ("kind", models.CharField(max_length=32)),
                ("target", models.CharField(max_length=68)),
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
                        fields=("account", "target", "kind", "policy"), name="policy_target_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ServiceAccess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("service", models.CharField(max_length=128)),
                ("enabled_at", models.DateTimeField()),
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
                        fields=("account", "service"), name="service_access_unique"
                    )
                ],
            },
        ),
        *(
            Tenant(f"accounts_{table}")
            for table in (
                "organization",
                "organizationalunit",
                "organizationpolicy",
                "policytarget",
                "handshake",
                "accountcreation",
                "serviceaccess",
                "delegatedadministrator",
            )
        ),
        Tenant("accounts_member", key="member"),
        migrations.RunSQL(MEMBERS, migrations.RunSQL.noop),
        migrations.RunSQL(INVITED, "DROP POLICY invited_read ON accounts_handshake"),
        migrations.RunSQL(FUNCTIONS, UNDO),
    ]
