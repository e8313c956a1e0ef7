"""Who holds a policy that allows an action, found by the policies and not one by one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from iamsite.operations import Call
from iamsite.operations.layers import KEPT_DOCUMENTS, Held, as_policy
from iamsite.operations.rows import fetch, planned_anew
from policies.engine import PolicySet, compile_policies
from policies.engine.resources import resource_of

MOST_DOCUMENTS = 5_000  # different ones

DIGESTS = """
SELECT digest FROM policies_inlinepolicy WHERE account_id = %s
UNION
SELECT v.digest FROM policies_attachment a
    JOIN policies_policy p ON p.id = a.policy_id
    JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
    WHERE a.account_id = %s
LIMIT %s
"""
DOCUMENTS = """
SELECT DISTINCT ON (digest) digest, document, arn FROM (
    SELECT digest, document, NULL AS arn FROM policies_inlinepolicy
        WHERE account_id = %s AND digest = ANY(%s)
    UNION ALL
    SELECT v.digest, v.document, 'managed' FROM policies_attachment a
        JOIN policies_policy p ON p.id = a.policy_id
        JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
        WHERE a.account_id = %s AND v.digest = ANY(%s)) AS held
"""
HOLDERS = """
WITH holders AS MATERIALIZED (
    SELECT user_id, group_id, role_id FROM policies_inlinepolicy
        WHERE account_id = %s AND digest = ANY(%s)
    UNION
    SELECT a.user_id, a.group_id, a.role_id FROM policies_attachment a
        JOIN policies_policy p ON p.id = a.policy_id
        JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
        WHERE a.account_id = %s AND v.digest = ANY(%s)
), users AS (
    SELECT user_id FROM holders WHERE user_id IS NOT NULL
    UNION
    SELECT m.user_id FROM identities_membership m JOIN holders h ON h.group_id = m.group_id
        WHERE m.account_id = %s
    LIMIT %s
)
SELECT user_id, NULL FROM users
UNION ALL
SELECT DISTINCT NULL, role_id FROM holders WHERE role_id IS NOT NULL
"""


class Holders(NamedTuple):
    """The unique ids of users and of roles; None: too many to tell."""

    users: set[str] | None
    roles: set[str] | None


def holders(call: Call, action: str, most: int, resource: str | None = None) -> Holders:
    """The users, at most `most`, and roles of whom some policy, of their own or of a group, allows
    the action on the resource, or on something, in some context."""
    account = call.account
    with planned_anew():
        rows = fetch(DIGESTS, [account, account, MOST_DOCUMENTS + 1])
    if len(rows) > MOST_DOCUMENTS:
        return Holders(None, None)
    digests = [bytes(digest) for (digest,) in rows]
    held = documents(call, digests)
    allowing = [digest for digest in digests if allows(held, [digest], action, resource)]
    if not allowing:
        return Holders(set(), set())
    with planned_anew():
        rows = fetch(HOLDERS, [account, allowing, account, allowing, account, most + 1])
    users = {user for user, _ in rows if user is not None}
    return Holders(users if len(users) <= most else None, {role for _, role in rows if role})


_sets: dict[bytes, PolicySet] = {}


def documents(call: Call, digests: Collection[bytes]) -> Mapping[bytes, PolicySet]:
    """What the users, groups and roles of the account hold, by digest, one policy each; a text that
    this process has seen is not read again."""
    missing = [digest for digest in digests if digest not in _sets]
    found = {digest: _sets[digest] for digest in digests if digest in _sets}
    if missing:
        with planned_anew():
            rows = fetch(DOCUMENTS, [call.account, missing, call.account, missing])
        found |= {bytes(row[0]): _one(*row) for row in rows}
        if len(_sets) + len(found) > KEPT_DOCUMENTS:
            _sets.clear()
        _sets.update(found)
    return found


def _one(digest: bytes, text: str, arn: str | None) -> PolicySet:
    return compile_policies([as_policy(Held("user", "", "", arn, text, bytes(digest)))])


def allows(
    held: Mapping[bytes, PolicySet],
    digests: Iterable[bytes],
    action: str,
    resource: str | None = None,
) -> bool:
    """Whether one of these policies allows the action on the resource, or on something, in some
    context."""
    asked = resource_of(resource) if resource is not None else None
    return any(
        not statement.denies and (asked is None or statement.covering(asked) is not False)
        for digest in digests
        if digest in held  # nobody deleted it meanwhile
        for _, statement in held[digest].about(action)
    )
