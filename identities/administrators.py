"""Whether an account has an administrator: a user who may administer its users and policies."""

from __future__ import annotations

from functools import lru_cache

from django.db import connection

from iamsite.operations.layers import compiled, document_of, held_by
from policies.engine import (
    Context,
    DocumentKind,
    Layers,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
)

# Who may do these to any user can give itself everything else.
ACTIONS = ("iam:CreateUser", "iam:AttachUserPolicy", "iam:CreateAccessKey")
LOOKED_AT = 100  # users who hold an administrator's policy, before the account is said to have none
KEPT = 10_000

DOCUMENTS = """
SELECT DISTINCT ON (digest) digest, document, kind FROM (
    SELECT i.digest, i.document, 'IDENTITY' AS kind FROM policies_inlinepolicy i
        WHERE i.account_id = %(account)s AND i.role_id IS NULL
    UNION ALL
    SELECT v.digest, v.document, 'MANAGED' FROM policies_attachment a
        JOIN policies_policy p ON p.id = a.policy_id
        JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
        WHERE a.account_id = %(account)s AND a.role_id IS NULL) AS held
"""
HOLDERS = """
WITH holders AS (
    SELECT i.principal_id FROM policies_inlinepolicy i
        WHERE i.account_id = %(account)s AND i.digest = ANY(%(digests)s)
    UNION
    SELECT a.principal_id FROM policies_attachment a
        JOIN policies_policy p ON p.id = a.policy_id
        JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
        WHERE a.account_id = %(account)s AND v.digest = ANY(%(digests)s))
SELECT u.id FROM identities_user u WHERE u.account_id = %(account)s AND (
    u.id IN (SELECT principal_id FROM holders)
    OR EXISTS (SELECT FROM identities_membership m WHERE m.user_id = u.id
               AND m.group_id IN (SELECT principal_id FROM holders)))
ORDER BY u.id LIMIT %(most)s
"""


@lru_cache(maxsize=KEPT)
def has_administrator(account: str, revision: int) -> bool:
    """Whether the entered account has one at `revision`.

    A user counts who holds one policy that allows an administrator's acts, and whose policies and
    boundary together still do.
    """
    with connection.cursor() as cursor:
        cursor.execute(DOCUMENTS, {"account": account})
        enough = [
            bytes(digest)
            for digest, text, kind in cursor.fetchall()
            if _administers(account, _one(text, DocumentKind[kind]), None)
        ]
        if not enough:
            return False
        cursor.execute(HOLDERS, {"account": account, "digests": enough, "most": LOOKED_AT})
        users = [user_id for (user_id,) in cursor.fetchall()]
    return any(_administers(account, *compiled(held_by(user_id))) for user_id in users)


def _one(text: str, kind: DocumentKind) -> PolicySet:
    return compile_policies([Policy(document_of(text, kind), "", None, "none")])


def _administers(account: str, identity: PolicySet, boundary: PolicySet | None) -> bool:
    principal = Principal(PrincipalKind.USER, anybody(account), account, "AIDA")
    return administers(principal, Layers(identity=identity, boundary=boundary), Context())


def administers(principal: Principal, layers: Layers, context: Context) -> bool:
    """Whether these layers let it do an administrator's acts to any user of its account."""
    account, whom = principal.account, anybody(principal.account)
    return all(
        decide(Request(principal, action, whom, account, context), layers).allowed
        for action in ACTIONS
    )


def anybody(account: str) -> str:
    """The ARN of a user whom nothing tells from the others."""
    return f"arn:aws:iam::{account}:user/anybody"
