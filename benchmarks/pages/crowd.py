"""Fills a portal's database with users: ``python -m benchmarks.pages.crowd ACCOUNT USERS OTHERS``.

ACCOUNT gets USERS more users, in a hundred groups, one in ten with an access key, most of which
were used, and one in three with a sign-in; and 500 roles with a policy each, of which the first
group may assume half, ten administrators among them. OTHERS new accounts get a thousand users each.
Rows go in as the schema's owner, in a few statements.
"""

from __future__ import annotations

import os
import sys

import django

EACH = 1000
TEAMS = 100
ROLES = 500

USERS = """
INSERT INTO identities_user (id, account_id, name, path, tags, created_at, password_last_used)
SELECT 'AIDA' || upper(left(md5(%(account)s::text || n), 17)), %(account)s::text,
       (ARRAY['ana', 'ben', 'cleo', 'dora', 'emil'])[1 + n %% 5] || '.' || n, '/', '{}',
       now() - n * interval '1 minute',
       CASE WHEN n %% 3 = 0 THEN now() - n * 7919 %% 500000 * interval '1 minute' END
    FROM generate_series(1, %(users)s) AS n
"""
GROUPS = """
INSERT INTO identities_group (id, account_id, name, path, created_at)
SELECT 'AGPA' || upper(left(md5(%(account)s::text || n), 17)), %(account)s::text,
       'team-' || n, '/', now()
    FROM generate_series(1, %(groups)s) AS n
"""
MEMBERSHIPS = """
INSERT INTO identities_membership (account_id, user_id, group_id, created_at)
SELECT %(account)s::text, 'AIDA' || upper(left(md5(%(account)s::text || n), 17)),
       'AGPA' || upper(left(md5(%(account)s::text || (1 + n %% %(groups)s)), 17)), now()
    FROM generate_series(1, %(users)s) AS n
"""
KEYS = """
INSERT INTO identities_accesskey
    (id, account_id, user_id, secret, status, created_at, last_used_at, last_used_service,
     last_used_region)
SELECT 'AKIA' || upper(left(md5(%(account)s::text || n), 16)), %(account)s::text,
       'AIDA' || upper(left(md5(%(account)s::text || n), 17)), ''::bytea, 'Active',
       now() - n * 7919 %% 1000000 * interval '1 minute',
       CASE WHEN n %% 40 > 0 THEN now() - n * 7907 %% 100000 * interval '1 minute' END, '', ''
    FROM generate_series(10, %(users)s, 10) AS n
"""
ROLES_OF_TWO_KINDS = """
INSERT INTO identities_role
    (id, account_id, name, path, description, trust_policy, trust_pins, max_session_duration, tags,
     created_at, last_used_region)
SELECT 'AROA' || upper(left(md5(%(account)s::text || n), 17)), %(account)s::text,
       'role-' || n, CASE WHEN n %% 2 = 0 THEN '/app/' ELSE '/machine/' END, '',
       '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{'
       || CASE WHEN n %% 2 = 0 THEN '"AWS":"arn:aws:iam::' || %(account)s::text || ':root"'
               ELSE '"Service":"ec2.amazonaws.com"' END
       || '},"Action":"sts:AssumeRole"}]}', '{}', 3600, '{}', now(), ''
    FROM generate_series(1, %(roles)s) AS n
"""
# What each role may do, and that the first group may assume those of one kind.
POLICIES = """
INSERT INTO policies_inlinepolicy (account_id, principal_id, name, document, digest)
SELECT %(account)s::text, holder, 'access', document, sha256(convert_to(document, 'UTF8'))
    FROM (
        SELECT 'AROA' || upper(left(md5(%(account)s::text || n), 17)) AS holder,
               '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"'
               || CASE WHEN n %% 50 = 0 THEN 'iam:*' ELSE 's3:*' END || '","Resource":"'
               || CASE WHEN n %% 50 = 0 THEN '*'
                       ELSE 'arn:aws:s3:::bucket-' || n || '/*' END || '"}]}' AS document
            FROM generate_series(1, %(roles)s) AS n
        UNION ALL
        SELECT 'AGPA' || upper(left(md5(%(account)s::text || 1), 17)),
               '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",'
               || '"Resource":"arn:aws:iam::' || %(account)s::text || ':role/app/*"}]}')
"""
# To the first user the policy that names most actions.
ATTACHMENT = """
INSERT INTO policies_attachment
    (account_id, principal_id, policy_id, policy_account_id, created_at)
SELECT %(account)s::text, 'AIDA' || upper(left(md5(%(account)s::text || 1), 17)), id, account_id,
       now()
    FROM policies_policy WHERE account_id = 'aws' AND name = 'ReadOnlyAccess'
"""
# What a foreign key is checked with is planned by what the database knows of the tables.
ANALYZE = "ANALYZE identities_user, identities_group"
OF_ONE_ACCOUNT = (
    USERS,
    GROUPS,
    ANALYZE,
    MEMBERSHIPS,
    KEYS,
    ROLES_OF_TWO_KINDS,
    POLICIES,
    ATTACHMENT,
)
ACCOUNTS = """
INSERT INTO accounts_account
    (id, name, status, revision, properties, quotas, dismissed, created_at)
SELECT '9' || lpad(n::text, 11, '0'), 'Other ' || n, 'active', 0, '{}', '{}', '[]', now()
    FROM generate_series(1, %(others)s) AS n
"""


def main(account: str, users: int, others: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iamsite.settings")
    django.setup()
    from django.db import connections, transaction

    owner = connections["owner"]
    with transaction.atomic(using="owner"), owner.cursor() as cursor:
        about = {"account": account, "users": users, "groups": TEAMS, "roles": ROLES}
        for statement in OF_ONE_ACCOUNT:
            cursor.execute(statement, about)
        cursor.execute(ACCOUNTS, {"others": others})
        for number in range(1, others + 1):
            cursor.execute(USERS, {"account": f"9{number:011}", "users": EACH})
    with owner.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
