"""Users whom some policy allows an action, found by the policies and not one by one."""

from __future__ import annotations

from django.db import connection

from iamsite.operations import Call
from iamsite.operations.layers import Held, as_policy
from policies.engine import compile_policies

MOST_DOCUMENTS = 5_000  # different ones, of users and groups

DOCUMENTS = """
SELECT digest, document, NULL FROM policies_inlinepolicy WHERE id IN (
    SELECT min(id) FROM policies_inlinepolicy
        WHERE account_id = %(account)s AND role_id IS NULL GROUP BY digest LIMIT %(most)s)
UNION ALL
SELECT digest, document, 'managed' FROM policies_policyversion WHERE id IN (
    SELECT v.id FROM policies_attachment a
        JOIN policies_policy p ON p.id = a.policy_id
        JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
        WHERE a.account_id = %(account)s AND a.role_id IS NULL)
"""
HOLDERS = """
WITH holders AS MATERIALIZED (
    SELECT user_id, group_id FROM policies_inlinepolicy
        WHERE account_id = %(account)s AND role_id IS NULL AND digest = ANY(%(digests)s)
    UNION
    SELECT a.user_id, a.group_id FROM policies_attachment a
        JOIN policies_policy p ON p.id = a.policy_id
        JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
        WHERE a.account_id = %(account)s AND a.role_id IS NULL AND v.digest = ANY(%(digests)s))
SELECT user_id FROM holders WHERE user_id IS NOT NULL
UNION
SELECT m.user_id FROM identities_membership m JOIN holders h ON h.group_id = m.group_id
    WHERE m.account_id = %(account)s
LIMIT %(most)s
"""


def holders(call: Call, action: str, most: int) -> set[str] | None:
    """The unique ids of the users of whom some policy, of their own or of a group, allows the
    action on something in some context; None where they, or the policies, are too many to tell.
    """
    with connection.cursor() as cursor:
        cursor.execute(DOCUMENTS, {"account": call.account, "most": MOST_DOCUMENTS + 1})
        rows = cursor.fetchall()
        if len(rows) > MOST_DOCUMENTS:
            return None
        digests = [bytes(row[0]) for row in rows if _allows(*row, action)]
        if not digests:
            return set()
        about = {"account": call.account, "digests": digests, "most": most + 1}
        cursor.execute(HOLDERS, about)
        found = {user_id for (user_id,) in cursor.fetchall()}
    return found if len(found) <= most else None


def _allows(digest: bytes, text: str, arn: str | None, action: str) -> bool:
    policy = as_policy(Held("user", "", "", arn, text, bytes(digest)))
    return any(not one.denies for _, one in compile_policies([policy]).about(action))
