from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION iamsite_console_session(
        wanted bytea, idle interval, changing boolean, reading boolean, as_signed_in boolean,
        region text,
        OUT subject iamsite_subject, OUT session_id bigint, OUT created_at timestamptz,
        OUT expires_at timestamptz, OUT mfa_at timestamptz, OUT held jsonb, OUT signed_in_as text,
        OUT home_status varchar)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE kept identities_consolesession%ROWTYPE; own integer; least_idle interval;
BEGIN
    SELECT * INTO kept FROM identities_consolesession c WHERE c.digest = wanted;
    IF NOT FOUND THEN RETURN; END IF;
    -- The account that one signed in to says how long a silent browser stays signed in.
    SELECT a.console_idle_seconds INTO own FROM accounts_account a WHERE a.id = kept.account_id;
    least_idle := least(idle, make_interval(secs => own));
    IF kept.acts_with IS NOT NULL AND NOT as_signed_in THEN
        held := kept.acts_with;
        signed_in_as := coalesce(
            kept.signs_with ->> 'arn',
            (SELECT 'arn:aws:iam::' || u.account_id || ':user' || u.path || u.name
             FROM identities_user u WHERE u.id = kept.user_id),
            'arn:aws:iam::' || kept.account_id || ':root');
        SELECT status INTO home_status FROM accounts_account WHERE id = kept.account_id;
    ELSE
        held := kept.signs_with;
    END IF;
    IF held IS NULL THEN
        subject := iamsite_enter(
            kept.account_id, coalesce(kept.user_id, kept.account_id), changing, false);
    ELSE
        subject := iamsite_temporary(
            held ->> 'account', held ->> 'subject', changing, false, region);
    END IF;
    SELECT * INTO kept FROM identities_consolesession c
        WHERE c.digest = wanted AND c.expires_at > now() AND c.seen_at > now() - least_idle;
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
BEFORE = """
CREATE OR REPLACE FUNCTION iamsite_console_session(
        wanted bytea, idle interval, changing boolean, reading boolean, as_signed_in boolean,
        region text,
        OUT subject iamsite_subject, OUT session_id bigint, OUT created_at timestamptz,
        OUT expires_at timestamptz, OUT mfa_at timestamptz, OUT held jsonb, OUT signed_in_as text,
        OUT home_status varchar)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE kept identities_consolesession%ROWTYPE;
BEGIN
    SELECT * INTO kept FROM identities_consolesession c WHERE c.digest = wanted;
    IF NOT FOUND THEN RETURN; END IF;
    IF kept.acts_with IS NOT NULL AND NOT as_signed_in THEN
        held := kept.acts_with;
        signed_in_as := coalesce(
            kept.signs_with ->> 'arn',
            (SELECT 'arn:aws:iam::' || u.account_id || ':user' || u.path || u.name
             FROM identities_user u WHERE u.id = kept.user_id),
            'arn:aws:iam::' || kept.account_id || ':root');
        SELECT status INTO home_status FROM accounts_account WHERE id = kept.account_id;
    ELSE
        held := kept.signs_with;
    END IF;
    IF held IS NULL THEN
        subject := iamsite_enter(
            kept.account_id, coalesce(kept.user_id, kept.account_id), changing, false);
    ELSE
        subject := iamsite_temporary(
            held ->> 'account', held ->> 'subject', changing, false, region);
    END IF;
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
    dependencies = [
        ("identities", "0021_indexes_of_lists"),
        ("accounts", "0014_console_sessions"),
    ]

    operations = [migrations.RunSQL(FUNCTION, BEFORE)]
