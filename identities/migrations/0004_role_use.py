from django.db import migrations

# As iamsite_enter, for a principal known from temporary credentials: it also notes that the role's
# session was used, at most every 15 minutes (IAM, GetRole, RoleLastUsed).
TEMPORARY = """
CREATE FUNCTION iamsite_temporary(
        wanted text, subject text, changing boolean, reading boolean, region text)
    RETURNS iamsite_subject
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found iamsite_subject;
BEGIN
    found := iamsite_enter(wanted, subject, changing, false);
    IF subject LIKE 'AROA%' AND found.subject_id IS NOT NULL THEN
        UPDATE identities_role SET last_used_at = now(), last_used_region = region
            WHERE id = subject AND account_id = wanted
            AND (last_used_at IS NULL OR last_used_at < now() - interval '15 minutes');
    END IF;
    IF reading THEN
        PERFORM set_config('transaction_read_only', 'on', true);
    END IF;
    RETURN found;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("identities", "0003_principal_lookup")]

    operations = [
        migrations.RunSQL(
            TEMPORARY,
            "DROP FUNCTION iamsite_temporary(text, text, boolean, boolean, text)",
        )
    ]
