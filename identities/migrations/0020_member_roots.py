from django.db import migrations

FUNCTION = """
-- Which credentials the root users of an organization's members have: all of them for the entered
-- management account, nobody's for any other.
CREATE FUNCTION iamsite_member_roots()
    RETURNS TABLE (id text, name text, status text, email text, has_password boolean,
                   login_profile_at timestamptz, keys bigint, has_mfa boolean,
                   root_locked_at timestamptz, password_last_used timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT a.id, a.name, a.status, p.email, coalesce(p.password NOT LIKE '!%', false),
           p.login_profile_at,
           (SELECT count(*) FROM identities_accesskey k
                WHERE k.account_id = a.id AND k.user_id IS NULL AND k.status = 'Active'),
           EXISTS (SELECT FROM identities_mfadevice d WHERE d.account_id = a.id
                AND d.holder = 'root' AND d.enabled_at IS NOT NULL),
           a.root_locked_at, p.password_last_used
        FROM accounts_member m
        JOIN accounts_account a ON a.id = m.member
        LEFT JOIN accounts_person p ON p.account_id = a.id
        WHERE m.account_id = current_setting('iamsite.account', true)
            AND m.member <> m.account_id
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("identities", "0019_role_template"), ("accounts", "0009_root_access")]

    operations = [migrations.RunSQL(FUNCTION, "DROP FUNCTION iamsite_member_roots()")]
