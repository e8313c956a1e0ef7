from django.db import migrations

# As before, but a key is read again only behind a lock, and users and roles are found by their
# unique id alone; their account is compared afterwards. Asked for both at once, a planner that
# knows little of a table yet walks the account's part of a list's index, which begins with the
# account and ends with the id.
FUNCTIONS = """
CREATE OR REPLACE FUNCTION iamsite_enter(
        wanted text, subject text, changing boolean, reading boolean)
    RETURNS iamsite_subject
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found iamsite_subject; owner text;
BEGIN
    PERFORM set_config('iamsite.account', wanted, true);
    IF changing THEN
        UPDATE accounts_account SET revision = accounts_account.revision + 1 WHERE id = wanted
            RETURNING id, status, root_locked_at IS NOT NULL, accounts_account.revision - 1
            INTO found.account_id, found.account_status, found.root_locked, found.revision;
    ELSE
        SELECT id, status, root_locked_at IS NOT NULL, account.revision
            INTO found.account_id, found.account_status, found.root_locked, found.revision
            FROM accounts_account account WHERE id = wanted;
    END IF;
    IF subject LIKE 'AIDA%' THEN
        SELECT u.account_id, u.id, u.name, u.path, u.tags
            INTO owner, found.subject_id, found.name, found.path, found.tags
            FROM identities_user u WHERE u.id = subject;
    ELSIF subject LIKE 'AROA%' THEN
        SELECT r.account_id, r.id, r.name, r.path, r.tags
            INTO owner, found.subject_id, found.name, found.path, found.tags
            FROM identities_role r WHERE r.id = subject;
    ELSE
        owner := found.account_id;
        found.subject_id := found.account_id; found.name := ''; found.path := '/';
        found.tags := '{}';
    END IF;
    IF owner IS DISTINCT FROM wanted THEN
        found.subject_id := NULL; found.name := NULL; found.path := NULL; found.tags := NULL;
    END IF;
    SELECT 'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name INTO found.boundary
        FROM policies_boundary b JOIN policies_policy p ON p.id = b.policy_id
        WHERE b.principal_id = subject AND b.account_id = wanted;
    IF reading THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
    RETURN found;
END $$;

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
BEFORE = """
CREATE OR REPLACE FUNCTION iamsite_enter(
        wanted text, subject text, changing boolean, reading boolean)
    RETURNS iamsite_subject
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found iamsite_subject;
BEGIN
    PERFORM set_config('iamsite.account', wanted, true);
    IF changing THEN
        UPDATE accounts_account SET revision = accounts_account.revision + 1 WHERE id = wanted
            RETURNING id, status, root_locked_at IS NOT NULL, accounts_account.revision - 1
            INTO found.account_id, found.account_status, found.root_locked, found.revision;
    ELSE
        SELECT id, status, root_locked_at IS NOT NULL, account.revision
            INTO found.account_id, found.account_status, found.root_locked, found.revision
            FROM accounts_account account WHERE id = wanted;
    END IF;
    IF subject LIKE 'AIDA%' THEN
        SELECT u.id, u.name, u.path, u.tags INTO found.subject_id, found.name, found.path, found.tags
            FROM identities_user u WHERE u.id = subject AND u.account_id = wanted;
    ELSIF subject LIKE 'AROA%' THEN
        SELECT r.id, r.name, r.path, r.tags INTO found.subject_id, found.name, found.path, found.tags
            FROM identities_role r WHERE r.id = subject AND r.account_id = wanted;
    ELSE
        found.subject_id := found.account_id; found.name := ''; found.path := '/';
        found.tags := '{}';
    END IF;
    SELECT 'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name INTO found.boundary
        FROM policies_boundary b JOIN policies_policy p ON p.id = b.policy_id
        WHERE b.principal_id = subject AND b.account_id = wanted;
    IF reading THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
    RETURN found;
END $$;

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
"""


class Migration(migrations.Migration):
    dependencies = [("identities", "0024_developer_tools")]

    operations = [migrations.RunSQL(FUNCTIONS, BEFORE)]
