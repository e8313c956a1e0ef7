"""Those whose policies say the same, whatever they are called: who they are, and where one decision
holds for all of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from iamsite.operations import Call
from iamsite.operations.rows import fetch, planned_anew
from policies.engine import Layers
from policies.engine.compile import CompiledStatement
from policies.engine.resources import Resource, resource_of
from policies.operations.access.population import Member

# The keys by which principals of an account differ, in lower case.
OF_PRINCIPAL = ("aws:principal", "aws:username", "aws:userid")

ALIKE = """
WITH asked AS (
    SELECT id, 'user' AS kind, path, name FROM identities_user
        WHERE account_id = %s AND id = ANY(%s)
    UNION ALL
    SELECT id, 'role', path, name FROM identities_role WHERE account_id = %s AND id = ANY(%s)
), holders AS (
    SELECT id AS of, id FROM asked
    UNION ALL
    SELECT user_id, group_id FROM identities_membership WHERE account_id = %s AND user_id = ANY(%s)
), held AS (
    SELECT h.of, i.digest FROM holders h JOIN policies_inlinepolicy i ON i.principal_id = h.id
        WHERE i.account_id = %s
    UNION
    SELECT h.of, v.digest FROM holders h JOIN policies_attachment a ON a.principal_id = h.id
        JOIN policies_policy p ON p.id = a.policy_id
        JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
        WHERE a.account_id = %s
), saying AS (
    SELECT of, string_agg(encode(digest, 'hex'), ',' ORDER BY digest) AS digests
        FROM held GROUP BY of
), told AS (
    SELECT asked.id, kind, 'arn:aws:iam::' || %s || ':' || kind || asked.path || asked.name AS arn,
           starts_with(asked.path, '/aws-service-role/') AS is_linked, v.digest AS boundary,
           coalesce(saying.digests, '') AS digests
        FROM asked LEFT JOIN saying ON saying.of = asked.id
        LEFT JOIN policies_boundary b ON b.principal_id = asked.id AND b.account_id = %s
        LEFT JOIN policies_policy p ON p.id = b.policy_id
        LEFT JOIN policies_policyversion v
            ON v.policy_id = p.id AND v.number = p.default_version
)
SELECT digests, array_agg(id ORDER BY arn), array_agg(arn ORDER BY arn)
    FROM told GROUP BY kind, is_linked, boundary, digests ORDER BY min(arn)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Alike:
    """Users, or roles, of the same policies and the same boundary, by ARN: the unique ids, the ARNs
    and the digests of the identity policies."""

    ids: tuple[str, ...]
    arns: tuple[str, ...]
    digests: tuple[bytes, ...]


def alike(call: Call, users: Collection[str], roles: Collection[str]) -> list[Alike]:
    """The users and roles of these unique ids, those alike together."""
    account, users, roles = call.account, list(users), list(roles)
    asked = [account, users, account, roles, account, users, *[account] * 4]
    with planned_anew():
        rows = fetch(ALIKE, asked)
    return [Alike(tuple(ids), tuple(arns), _digests(written)) for written, ids, arns in rows]


def _digests(written: str) -> tuple[bytes, ...]:
    return tuple(map(bytes.fromhex, written.split(","))) if written else ()


def by_itself(member: Member) -> Alike:
    """One who may not be there yet."""
    digests = {one.digest for one in member.held if one.holder != "boundary"}
    return Alike((member.row.id,), (member.arn,), tuple(sorted(digests)))


def decides_alike(layers: Layers, actions: Sequence[str], resource: str | None = None) -> bool:
    """Whether what the layers decide of the actions on the resource, or on any, does not depend on
    who of the account asks, as long as nobody is named by the policies: no condition and no
    variable of a statement that counts tells them apart.
    """
    asked = resource_of(resource) if resource is not None else None
    return not any(
        _tells_apart(statement, asked)
        for _, policies in layers.applying
        for action in actions
        for _, statement in policies.about(action)
    )


def _tells_apart(statement: CompiledStatement, asked: Resource | None) -> bool:
    if asked is None:
        is_fixed = statement.not_resources is None and not any(
            pattern.depends_on for pattern in statement.resources or ()
        )
    else:
        covering = statement.covering(asked)
        if covering is False:
            return False
        is_fixed = covering is True
    tests = statement.conditions.tests if statement.conditions is not None else ()
    return not is_fixed or any(
        test.key.startswith(OF_PRINCIPAL) or any("${" in value for value in test.condition.values)
        for test in tests
    )
