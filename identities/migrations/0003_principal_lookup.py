from django.db import migrations

# A trust policy names principals of any account. These cross the wall for exactly that and tell
# nothing else: the unique id behind an ARN that the asker can spell in full, and the ARN of a
# unique id that the asker already holds.
LOOKUP = """
CREATE FUNCTION iamsite_ids_of(arns text[]) RETURNS TABLE (arn text, id text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH wanted AS (
        SELECT one AS arn, split_part(one, ':', 5) AS account,
               lower(regexp_replace(one, '^.*/', '')) AS name
            FROM unnest(arns) AS one)
    SELECT w.arn, u.id::text FROM wanted w JOIN identities_user u
        ON u.account_id = w.account AND lower(u.name) = w.name
        AND 'arn:aws:iam::' || u.account_id || ':user' || u.path || u.name = w.arn
    UNION ALL
    SELECT w.arn, r.id::text FROM wanted w JOIN identities_role r
        ON r.account_id = w.account AND lower(r.name) = w.name
        AND 'arn:aws:iam::' || r.account_id || ':role' || r.path || r.name = w.arn
    UNION ALL
    SELECT w.arn, a.id::text FROM wanted w JOIN accounts_account a
        ON a.id = w.account AND a.id <> 'aws' AND 'arn:aws:iam::' || a.id || ':root' = w.arn
$$;

CREATE FUNCTION iamsite_arns_of(ids text[]) RETURNS TABLE (id text, arn text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT u.id::text, 'arn:aws:iam::' || u.account_id || ':user' || u.path || u.name
        FROM identities_user u WHERE u.id = ANY (ids)
    UNION ALL
    SELECT r.id::text, 'arn:aws:iam::' || r.account_id || ':role' || r.path || r.name
        FROM identities_role r WHERE r.id = ANY (ids)
$$;
"""

UNDO = "DROP FUNCTION iamsite_ids_of(text[]); DROP FUNCTION iamsite_arns_of(text[]);"


class Migration(migrations.Migration):
    dependencies = [("identities", "0002_tenancy")]

    operations = [migrations.RunSQL(LOOKUP, UNDO)]
