import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import References, Tenant

# As before, for the keys of services as well: the subject is then `service/PREFIX`, its name the
# service's principal.
ACCESS_KEY = """
CREATE OR REPLACE FUNCTION iamsite_access_key(
        wanted text, changing boolean, reading boolean, service text, region text,
        OUT subject iamsite_subject, OUT status varchar, OUT secret bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    key identities_accesskey%ROWTYPE;
    of_service identities_serviceaccesskey%ROWTYPE;
BEGIN
    SELECT * INTO key FROM identities_accesskey WHERE id = wanted;
    IF NOT FOUND THEN
        SELECT * INTO of_service FROM identities_serviceaccesskey WHERE id = wanted;
        IF NOT FOUND THEN RETURN; END IF;
        subject := iamsite_enter(of_service.account_id, of_service.account_id, changing, false);
        SELECT * INTO of_service FROM identities_serviceaccesskey WHERE id = wanted;
        IF NOT FOUND THEN subject := NULL; RETURN; END IF;
        SELECT 'service/' || s.prefix, s.principal INTO STRICT subject.subject_id, subject.name
            FROM policies_service s
            WHERE s.id = of_service.service_id AND s.account_id = of_service.account_id;
        IF of_service.last_used_at IS NULL
                OR of_service.last_used_at < now() - interval '15 minutes' THEN
            UPDATE identities_serviceaccesskey SET last_used_at = now(),
                last_used_service = service, last_used_region = region WHERE id = wanted;
        END IF;
        status := CASE WHEN of_service.expires_at <= now() THEN 'Inactive'
                       ELSE of_service.status END;
        secret := of_service.secret;
    ELSE
        -- INVARIANT: a change locks its account before any other row, so that no two wait in a
        -- ring; hence the key is read again behind the lock.
        subject := iamsite_enter(
            key.account_id, coalesce(key.user_id, key.account_id), changing, false);
        SELECT * INTO key FROM identities_accesskey WHERE id = wanted;
        IF NOT FOUND THEN subject := NULL; RETURN; END IF;
        -- One note of use in 15 minutes is enough (IAM, GetAccessKeyLastUsed).
        IF key.last_used_at IS NULL OR key.last_used_at < now() - interval '15 minutes' THEN
            UPDATE identities_accesskey SET last_used_at = now(), last_used_service = service,
                last_used_region = region WHERE id = wanted;
        END IF;
        status := key.status;
        secret := key.secret;
    END IF;
    IF reading THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
END $$;

-- A trust policy of another account names a service in full; whoever can spell it learns that it
-- is there, as with a role's ARN.
CREATE FUNCTION iamsite_has_service(account text, wanted text) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT EXISTS (SELECT FROM policies_service s
                   WHERE s.account_id = account AND s.prefix = wanted)
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("identities", "0011_outbound_federation"),
        ("policies", "0004_services_and_resources"),
    ]

    operations = [
        migrations.CreateModel(
            name="ServiceAccessKey",
            fields=[
                ("id", models.CharField(max_length=20, primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[("Active", "Active"), ("Inactive", "Inactive")],
                        default="Active",
                        max_length=8,
                    ),
                ),
                ("secret", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField(null=True)),
                ("last_used_at", models.DateTimeField(null=True)),
                ("last_used_service", models.CharField(default="", max_length=32)),
                ("last_used_region", models.CharField(default="", max_length=32)),
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
                    "service",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="keys",
                        to="policies.service",
                    ),
                ),
            ],
            options={"abstract": False},
        ),
        Tenant("identities_serviceaccesskey"),
        References(
            "identities_serviceaccesskey",
            ("account_id", "service_id"),
            "policies_service",
            cascade=True,
        ),
        migrations.RunSQL(ACCESS_KEY, migrations.RunSQL.noop),
    ]
