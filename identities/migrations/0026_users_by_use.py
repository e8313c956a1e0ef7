from datetime import UTC, datetime

from django.db import migrations, models
from django.db.models.functions import Coalesce, Greatest

NEVER_SEEN = datetime(1, 1, 1, tzinfo=UTC)
NO_ACTIVE_KEY = datetime(9999, 12, 31, tzinfo=UTC)

# As the caller's role, behind row-level security: who changes a key may change its user.
TRIGGERS = """
CREATE FUNCTION iamsite_keys_changed() RETURNS trigger
    LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE owner text;
BEGIN
    -- The user is locked first and its keys are read afterwards: whoever waited for another change
    -- of them reads what that one wrote.
    FOR owner IN SELECT id FROM identities_user WHERE id IN (OLD.user_id, NEW.user_id)
            ORDER BY id FOR NO KEY UPDATE LOOP
        UPDATE identities_user SET (keys_used_at, oldest_key_at) = (
            SELECT max(last_used_at),
                   coalesce(min(created_at) FILTER (WHERE status = 'Active'), '9999-12-31 00:00+00')
                FROM identities_accesskey WHERE user_id = owner)
            WHERE id = owner;
    END LOOP;
    RETURN NULL;
END $$;

CREATE TRIGGER made AFTER INSERT ON identities_accesskey FOR EACH ROW
    WHEN (NEW.user_id IS NOT NULL) EXECUTE FUNCTION iamsite_keys_changed();
CREATE TRIGGER deleted AFTER DELETE ON identities_accesskey FOR EACH ROW
    WHEN (OLD.user_id IS NOT NULL) EXECUTE FUNCTION iamsite_keys_changed();
CREATE TRIGGER changed
    AFTER UPDATE OF status, created_at, last_used_at, user_id ON identities_accesskey FOR EACH ROW
    WHEN ((OLD.status, OLD.created_at, OLD.last_used_at, OLD.user_id)
        IS DISTINCT FROM (NEW.status, NEW.created_at, NEW.last_used_at, NEW.user_id))
    EXECUTE FUNCTION iamsite_keys_changed();
"""
NO_TRIGGERS = """
DROP TRIGGER made ON identities_accesskey;
DROP TRIGGER deleted ON identities_accesskey;
DROP TRIGGER changed ON identities_accesskey;
DROP FUNCTION iamsite_keys_changed();
"""

# What the triggers would have written; they are there already, so no change between is missed.
KEYS_SO_FAR = """
UPDATE identities_user SET keys_used_at = used,
        oldest_key_at = coalesce(oldest, '9999-12-31 00:00+00')
    FROM (SELECT user_id, max(last_used_at) AS used,
                 min(created_at) FILTER (WHERE status = 'Active') AS oldest
              FROM identities_accesskey WHERE user_id IS NOT NULL GROUP BY user_id) AS keys
    WHERE id = user_id;
"""

FUNCTION = """
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
        subject := iamsite_enter(
            key.account_id, coalesce(key.user_id, key.account_id), changing, false);
        IF changing THEN
            -- INVARIANT: a change locks its account before any other row, so that no two wait in a
            -- ring; hence the key is read again behind the lock.
            SELECT * INTO key FROM identities_accesskey WHERE id = wanted;
            IF NOT FOUND THEN subject := NULL; RETURN; END IF;
        END IF;
        -- One note of use in 15 minutes is enough (IAM, GetAccessKeyLastUsed).
        IF key.last_used_at IS NULL OR key.last_used_at < now() - interval '15 minutes' THEN
            -- INVARIANT: a note waits for nobody, so that it is in no ring: it writes key and, by
            -- the trigger, user, and unless it is a change's, the account was not locked before.
            -- It is made where both rows are free, else by the next call.
            PERFORM FROM identities_accesskey WHERE id = wanted FOR NO KEY UPDATE SKIP LOCKED;
            IF FOUND AND key.user_id IS NOT NULL THEN
                PERFORM FROM identities_user WHERE id = key.user_id
                    FOR NO KEY UPDATE SKIP LOCKED;
            END IF;
            IF FOUND THEN
                UPDATE identities_accesskey SET last_used_at = now(),
                    last_used_service = service, last_used_region = region WHERE id = wanted;
            END IF;
        END IF;
        status := key.status;
        secret := key.secret;
    END IF;
    IF reading THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
END $$;
"""
BEFORE = """
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
        subject := iamsite_enter(
            key.account_id, coalesce(key.user_id, key.account_id), changing, false);
        IF changing THEN
            -- INVARIANT: a change locks its account before any other row, so that no two wait in a
            -- ring; hence the key is read again behind the lock.
            SELECT * INTO key FROM identities_accesskey WHERE id = wanted;
            IF NOT FOUND THEN subject := NULL; RETURN; END IF;
        END IF;
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
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_event_request"), ("identities", "0025_enter_by_key")]

    operations = [
        migrations.AddField(
            model_name="user", name="keys_used_at", field=models.DateTimeField(null=True)
        ),
        migrations.AddField(
            model_name="user",
            name="oldest_key_at",
            field=models.DateTimeField(default=NO_ACTIVE_KEY, db_default=NO_ACTIVE_KEY),
        ),
        migrations.AddField(
            model_name="user",
            name="seen_at",
            field=models.GeneratedField(
                expression=Coalesce(
                    Greatest("password_last_used", "keys_used_at"), models.Value(NEVER_SEEN)
                ),
                output_field=models.DateTimeField(),
                db_persist=True,
            ),
        ),
        migrations.RunSQL(TRIGGERS, NO_TRIGGERS),
        migrations.RunSQL(KEYS_SO_FAR, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                fields=["account", "seen_at", "lower_name", "id"], name="user_by_seen"
            ),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                fields=["account", "oldest_key_at", "lower_name", "id"], name="user_by_oldest_key"
            ),
        ),
        migrations.RunSQL(FUNCTION, BEFORE),
    ]
