from django.db import migrations, models

# Until now every root user could be recovered.
RECOVERABLE = """
UPDATE accounts_person SET login_profile_at = created_at WHERE account_id IS NOT NULL
"""

FUNCTION = """
-- Whether an account may act as the root user of the entered account: the features of centralized
-- root access, and the membership that they come with. Nothing for anybody else.
CREATE FUNCTION iamsite_root_access(issuer text, OUT since text, OUT features text[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    SELECT o.id || '/' || m.joined_at, ARRAY(SELECT jsonb_array_elements_text(o.features))
        INTO since, features
        FROM accounts_member m
        JOIN accounts_account a ON a.id = m.member AND a.status = 'active'
        JOIN accounts_organization o ON o.account_id = m.account_id AND o.feature_set = 'ALL'
        JOIN accounts_serviceaccess s
            ON s.account_id = o.account_id AND s.service = 'iam.amazonaws.com'
        WHERE m.member = current_setting('iamsite.account', true) AND m.member <> o.account_id
            AND (issuer = o.account_id OR EXISTS (
                SELECT FROM accounts_delegatedadministrator d
                WHERE d.account_id = o.account_id AND d.member = issuer
                    AND d.service = 'iam.amazonaws.com'));
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0008_organizations")]

    operations = [
        migrations.AddField(
            model_name="person",
            name="login_profile_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(RECOVERABLE, migrations.RunSQL.noop),
        migrations.RunSQL(FUNCTION, "DROP FUNCTION iamsite_root_access(text)"),
    ]
