from django.db import migrations

FUNCTIONS = """
-- The services of every other member of the entered management account's organization; nobody's
-- for any other.
CREATE FUNCTION iamsite_organization_services() RETURNS SETOF policies_service
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT s.* FROM accounts_member m JOIN policies_service s ON s.account_id = m.member
        WHERE m.account_id = current_setting('iamsite.account', true)
            AND m.member <> m.account_id
        ORDER BY s.account_id, s.prefix
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("policies", "0007_access_tests_of_sessions"),
        ("accounts", "0008_organizations"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, "DROP FUNCTION iamsite_organization_services();"),
    ]
