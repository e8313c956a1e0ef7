from django.db import migrations

from accounts.tenancy import Tenant

MINE = "id = current_setting('iamsite.account', true)"

ACCOUNT_WALL = f"""
ALTER TABLE accounts_account ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON accounts_account FOR SELECT USING ({MINE} OR id = 'aws');
CREATE POLICY tenant_insert ON accounts_account FOR INSERT WITH CHECK ({MINE});
CREATE POLICY tenant_update ON accounts_account FOR UPDATE USING ({MINE}) WITH CHECK ({MINE});
CREATE POLICY tenant_delete ON accounts_account FOR DELETE USING ({MINE});
"""

# An operator's row belongs to no account; it holds no tenant's data.
PERSON_WALL = """
ALTER TABLE accounts_person ADD CONSTRAINT accounts_person_account_fk
    FOREIGN KEY (account_id) REFERENCES accounts_account (id) ON DELETE CASCADE;
ALTER TABLE accounts_person ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_all ON accounts_person
    USING (account_id = current_setting('iamsite.account', true) OR account_id IS NULL)
    WITH CHECK (account_id = current_setting('iamsite.account', true) OR account_id IS NULL);
"""

FUNCTIONS = """
CREATE FUNCTION iamsite_lock(wanted text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE before bigint;
BEGIN
    PERFORM set_config('iamsite.account', wanted, true);
    UPDATE accounts_account SET revision = revision + 1 WHERE id = wanted
        RETURNING revision - 1 INTO before;
    RETURN before;
END $$;

-- The two look-ups that must cross the wall to find on which side the asker stands.
CREATE FUNCTION iamsite_account_of_root(wanted text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT account_id FROM accounts_person WHERE lower(email) = lower(wanted)
$$;

CREATE FUNCTION iamsite_account_named(wanted text) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT id FROM accounts_account WHERE id <> 'aws' AND (id = wanted OR alias = wanted)
$$;
"""

TRAIL = """
CREATE FUNCTION iamsite_chain_event() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE head accounts_trailhead%ROWTYPE;
BEGIN
    INSERT INTO accounts_trailhead (account_id, sequence, hash)
        VALUES (NEW.account_id, 0, '\\x') ON CONFLICT DO NOTHING;
    SELECT * INTO head FROM accounts_trailhead WHERE account_id = NEW.account_id FOR UPDATE;
    NEW.sequence := head.sequence + 1;
    NEW.previous := head.hash;
    NEW.hash := iamsite_event_hash(NEW);
    UPDATE accounts_trailhead SET sequence = NEW.sequence, hash = NEW.hash
        WHERE account_id = NEW.account_id;
    RETURN NEW;
END $$;

CREATE FUNCTION iamsite_event_hash(event accounts_event) RETURNS bytea
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT sha256(convert_to(jsonb_build_array(
        event.id, event.account_id, event.sequence, encode(event.previous, 'hex'),
        extract(epoch FROM event.at), event.request_id, event.face, event.source_ip,
        event.user_agent, event.principal_kind, event.principal_arn, event.principal_id,
        event.access_key_id, event.service, event.operation, event.resources, event.parameters,
        event.outcome, event.message, event.detail)::text, 'UTF8'))
$$;

CREATE TRIGGER chain BEFORE INSERT ON accounts_event
    FOR EACH ROW EXECUTE FUNCTION iamsite_chain_event();

-- The first sequence number at which the chain of the entered account breaks, or null.
CREATE FUNCTION iamsite_trail_break(wanted text) RETURNS bigint
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH chain AS (
        SELECT sequence, hash, previous, iamsite_event_hash(accounts_event) AS computed,
               lag(hash, 1, '\\x'::bytea) OVER (ORDER BY sequence) AS before,
               row_number() OVER (ORDER BY sequence) AS position
        FROM accounts_event WHERE account_id = wanted),
    links AS (
        SELECT sequence FROM chain
            WHERE computed <> hash OR previous <> before OR sequence <> position
        UNION ALL
        SELECT head.sequence FROM accounts_trailhead head WHERE head.account_id = wanted
            AND NOT EXISTS (SELECT FROM chain
                            WHERE chain.sequence = head.sequence AND chain.hash = head.hash))
    SELECT min(sequence) FROM links
$$;

ALTER TABLE accounts_trailhead ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant_read ON accounts_trailhead FOR SELECT
    USING (account_id = current_setting('iamsite.account', true));
ALTER TABLE accounts_trailhead ADD CONSTRAINT accounts_trailhead_account_fk
    FOREIGN KEY (account_id) REFERENCES accounts_account (id) ON DELETE CASCADE;
"""

AWS_ACCOUNT = """
INSERT INTO accounts_account
    (id, name, status, revision, quotas, dismissed, created_at)
VALUES ('aws', 'AWS managed', 'active', 0, '{}', '[]', now());
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]

    operations = [
        migrations.RunSQL(ACCOUNT_WALL, migrations.RunSQL.noop),
        migrations.RunSQL(PERSON_WALL, migrations.RunSQL.noop),
        Tenant("accounts_passwordpolicy", key=None),
        Tenant("accounts_event"),
        migrations.RunSQL(FUNCTIONS, migrations.RunSQL.noop),
        migrations.RunSQL(TRAIL, migrations.RunSQL.noop),
        migrations.RunSQL(AWS_ACCOUNT, migrations.RunSQL.noop),
    ]
