from django.db import migrations

from accounts.tenancy import References, Tenant

# A policy's principal is told by the prefix of its unique id; a generated column for each kind
# lets an ordinary foreign key hold it.
KINDS = {"user_id": ("AIDA", "user"), "group_id": ("AGPA", "group"), "role_id": ("AROA", "role")}


def principal(table: str, kinds: tuple[str, ...], *, cascade: bool) -> list[migrations.RunSQL]:
    columns = ", ".join(
        f"ADD COLUMN {column} varchar(21) GENERATED ALWAYS AS "
        f"(CASE WHEN principal_id LIKE '{KINDS[column][0]}%' THEN principal_id END) STORED"
        for column in kinds
    )
    prefixes = "|".join(KINDS[column][0] for column in kinds)
    drops = ", ".join(f"DROP COLUMN {column}" for column in kinds)
    return [
        migrations.RunSQL(
            f"ALTER TABLE {table} {columns}, ADD CONSTRAINT {table}_principal "
            f"CHECK (principal_id ~ '^({prefixes})');",
            f"ALTER TABLE {table} {drops};",
        ),
        *(
            References(
                table, ("account_id", column), f"identities_{KINDS[column][1]}", cascade=cascade
            )
            for column in kinds
        ),
        migrations.RunSQL(
            "".join(f"CREATE INDEX ON {table} ({column});" for column in kinds),
            migrations.RunSQL.noop,
        ),
    ]


AUTHENTICATION = """
-- Everything that a request needs to know of its principal, in one round trip: these functions
-- look a credential up across accounts, enter the account that it belongs to for the rest of the
-- transaction, and return principal, status and revision. `changing` locks the account and raises
-- its revision; `reading` makes the rest of the transaction read-only.
CREATE TYPE iamsite_subject AS (
    account_id varchar, account_status varchar, root_locked boolean, revision bigint,
    subject_id varchar, name varchar, path varchar, tags jsonb, boundary varchar);

CREATE FUNCTION iamsite_enter(wanted text, subject text, changing boolean, reading boolean)
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

CREATE FUNCTION iamsite_access_key(
        wanted text, changing boolean, reading boolean, service text, region text,
        OUT subject iamsite_subject, OUT status varchar, OUT secret bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE key identities_accesskey%ROWTYPE;
BEGIN
    SELECT * INTO key FROM identities_accesskey WHERE id = wanted;
    IF NOT FOUND THEN RETURN; END IF;
    -- INVARIANT: a change locks its account before any other row, so that no two wait in a ring;
    -- hence the key is read again behind the lock.
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
    IF reading THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
END $$;

CREATE FUNCTION iamsite_console_session(
        wanted bytea, idle interval, changing boolean, reading boolean,
        OUT subject iamsite_subject, OUT session_id bigint, OUT created_at timestamptz,
        OUT expires_at timestamptz, OUT mfa_at timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE kept identities_consolesession%ROWTYPE;
BEGIN
    SELECT * INTO kept FROM identities_consolesession c WHERE c.digest = wanted;
    IF NOT FOUND THEN RETURN; END IF;
    subject := iamsite_enter(
        kept.account_id, coalesce(kept.user_id, kept.account_id), changing, false);
    SELECT * INTO kept FROM identities_consolesession c
        WHERE c.digest = wanted AND c.expires_at > now() AND c.seen_at > now() - idle;
    IF NOT FOUND THEN subject := NULL; RETURN; END IF;
    IF kept.seen_at < now() - interval '1 minute' THEN
        UPDATE identities_consolesession SET seen_at = now() WHERE id = kept.id;
    END IF;
    session_id := kept.id; created_at := kept.created_at;
    expires_at := kept.expires_at; mfa_at := kept.mfa_at;
    IF reading THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("identities", "0001_initial"), ("policies", "0002_tenancy")]

    operations = [
        *(
            Tenant(f"identities_{table}")
            for table in ("user", "group", "role", "membership", "accesskey", "mfadevice")
        ),
        Tenant("identities_loginprofile", key="user_id"),
        Tenant("identities_consolesession"),
        References("identities_membership", ("account_id", "user_id"), "identities_user"),
        References("identities_membership", ("account_id", "group_id"), "identities_group"),
        References("identities_accesskey", ("account_id", "user_id"), "identities_user"),
        References("identities_loginprofile", ("account_id", "user_id"), "identities_user"),
        References("identities_mfadevice", ("account_id", "user_id"), "identities_user"),
        References(
            "identities_consolesession", ("account_id", "user_id"), "identities_user", cascade=True
        ),
        *principal("policies_inlinepolicy", ("user_id", "group_id", "role_id"), cascade=False),
        *principal("policies_attachment", ("user_id", "group_id", "role_id"), cascade=False),
        *principal("policies_boundary", ("user_id", "role_id"), cascade=True),
        migrations.RunSQL(AUTHENTICATION, migrations.RunSQL.noop),
    ]
