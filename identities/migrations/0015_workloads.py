import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

from accounts.tenancy import References, Tenant


def reference(to: str, *, null: bool = False) -> models.ForeignKey:
    return models.ForeignKey(
        db_constraint=False,
        null=null,
        on_delete=django.db.models.deletion.DO_NOTHING,
        related_name="+",
        to=to,
    )


# A workload outlives its role, with nothing to get, and takes no new one of the same name.
OUTLIVES = "".join(
    f"ALTER TABLE identities_workload ADD CONSTRAINT identities_workload_{column}_fk"
    f" FOREIGN KEY (account_id, {column}) REFERENCES {table} (account_id, id)"
    f" ON DELETE SET NULL ({column});"
    for column, table in (
        ("role_id", "identities_role"),
        ("profile_id", "identities_instanceprofile"),
    )
)

# Whose workload a token is must be known before its account can be entered. Nothing else is told,
# and only to whoever has the token.
LOOKUP = """
CREATE FUNCTION iamsite_workload_of(wanted bytea) RETURNS TABLE (
        account_id varchar, name varchar, principal varchar, prefix varchar)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT w.account_id, w.name, s.principal, s.prefix
        FROM identities_workloadtoken t
        JOIN identities_workload w ON w.id = t.workload_id
        LEFT JOIN policies_service s ON s.id = w.service_id
        WHERE t.digest = wanted AND (t.expires_at IS NULL OR t.expires_at > now())
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("identities", "0014_security_keys")]

    operations = [
        migrations.CreateModel(
            name="Workload",
            fields=[
                ("id", models.CharField(max_length=21, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=64)),
                (
                    "lower_name",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Lower("name"),
                        output_field=models.CharField(max_length=128),
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("issued_at", models.DateTimeField(null=True)),
                ("account", reference("accounts.account")),
                ("service", reference("policies.service", null=True)),
                ("role", reference("identities.role", null=True)),
                ("profile", reference("identities.instanceprofile", null=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "lower_name"), name="workload_name_unique"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="WorkloadToken",
            fields=[
                ("id", models.CharField(max_length=21, primary_key=True, serialize=False)),
                ("digest", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("account", reference("accounts.account")),
                (
                    "workload",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="tokens",
                        to="identities.workload",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        Tenant("identities_workload"),
        Tenant("identities_workloadtoken"),
        References(
            "identities_workload", ("account_id", "service_id"), "policies_service", cascade=True
        ),
        References(
            "identities_workloadtoken",
            ("account_id", "workload_id"),
            "identities_workload",
            cascade=True,
        ),
        migrations.RunSQL(OUTLIVES, migrations.RunSQL.noop),
        migrations.RunSQL(LOOKUP, "DROP FUNCTION iamsite_workload_of(bytea);"),
    ]
