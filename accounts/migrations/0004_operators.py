from django.db import migrations

# What an operator may see: the rows of the accounts that it was granted the action on, by
# django-guardian object permissions (its own or a group's) or for all accounts by a model
# permission, and nothing inside an account. The answer to "may it?" is the same function's.
OPERATORS = """
CREATE FUNCTION iamsite_operator_accounts(operator bigint, action text)
    RETURNS TABLE (id varchar, name varchar, alias varchar, status varchar, email varchar,
                   root_locked_at timestamptz, created_at timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH asker AS (
        SELECT p.id, p.is_superuser FROM accounts_person p
            WHERE p.id = operator AND p.account_id IS NULL),
    asked AS (
        SELECT p.id FROM auth_permission p JOIN django_content_type t ON t.id = p.content_type_id
            WHERE t.app_label = 'accounts' AND t.model = 'account'
            AND p.codename = action || '_account'),
    granted AS (
        SELECT g.object_pk FROM guardian_userobjectpermission g, asker
            WHERE g.user_id = asker.id AND g.permission_id IN (SELECT asked.id FROM asked)
        UNION
        SELECT g.object_pk FROM guardian_groupobjectpermission g
            JOIN accounts_person_groups m ON m.group_id = g.group_id, asker
            WHERE m.person_id = asker.id AND g.permission_id IN (SELECT asked.id FROM asked))
    SELECT a.id, a.name, a.alias, a.status, r.email, a.root_locked_at, a.created_at
        FROM accounts_account a LEFT JOIN accounts_person r ON r.account_id = a.id, asker
        WHERE a.id <> 'aws' AND (
            asker.is_superuser
            OR EXISTS (SELECT FROM accounts_person_user_permissions u, asked
                       WHERE u.person_id = asker.id AND u.permission_id = asked.id)
            OR a.id IN (SELECT granted.object_pk FROM granted))
        ORDER BY a.id
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_sign_in_attempts"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("guardian", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(OPERATORS, "DROP FUNCTION iamsite_operator_accounts(bigint, text)")
    ]
