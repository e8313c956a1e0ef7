"""ListAccountAccess: what every principal of the account may do in every service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.db import connection

from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input
from iamsite.operations.layers import document_of
from iamsite.operations.paging import page
from identities.models import Role
from policies.engine import DocumentKind, Layers, PolicyErrors, PolicySet
from policies.engine.lint import ServiceCatalogue
from policies.operations.access.order import order_of, wanted
from policies.operations.access.population import Member
from policies.registered import catalogue

CHOSEN = 12  # services that are shown when none are asked for
FULL, SOME, NONE = "full", "some", "none"
LEVELS = ("List", "Read", "Write", "Permissions management", "Tagging")

DOCUMENTS = """
SELECT DISTINCT ON (digest) digest, document, kind, is_own FROM (
    SELECT digest, document, 'identity' AS kind, true AS is_own FROM policies_inlinepolicy
        WHERE account_id = %(account)s
    UNION ALL
    SELECT v.digest, v.document, 'managed', p.account_id <> 'aws' FROM policies_attachment a
        JOIN policies_policy p ON p.id = a.policy_id
        JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
        WHERE a.account_id = %(account)s) AS held
    LIMIT 2000
"""


@operation("portal:ListAccountAccess", reads=True)
def list_account_access(
    call: Call,
    ServiceNamespaces: Sequence[str] = (),
    PrincipalTypes: Sequence[str] = (),
    Contains: str | None = None,
    GroupName: str | None = None,
    **_: Any,
) -> dict[str, Any]:
    known = catalogue(call.account)
    services = [one.lower() for one in dict.fromkeys(ServiceNamespaces)]
    for one in services:
        if not known.actions(one):
            raise invalid_input(f"ServiceNamespaces: the actions of {one} are not known.")
    services = services or services_in_use(call, known)
    order, whom = order_of(call), wanted(call, PrincipalTypes, Contains, GroupName)

    def fetch(after: Any, limit: int) -> list[Member]:
        return order.members(call, whom, after, limit)

    found, paging = page(call, fetch, order.key)
    asking = Grid(known, services)
    return {
        "ServiceNamespaces": services,
        "Principals": [
            {
                "PrincipalArn": one.arn,
                "PrincipalName": one.row.name,
                "PrincipalType": "Role" if isinstance(one.row, Role) else "User",
                "Services": asking.services_of(one),
            }
            for one in found
        ],
        **paging,
    }


def services_in_use(call: Call, known: ServiceCatalogue) -> list[str]:
    """The services that most policies of the account speak of, and of those of which as many do the
    first by name; its own policies tell more of what it uses than AWS's do."""
    counted: Counter[str] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(DOCUMENTS, {"account": call.account})
        rows = cursor.fetchall()
    for _, text, kind, is_own in rows:
        try:
            document = document_of(text, DocumentKind(kind))
        except PolicyErrors:  # an AWS managed one of another kind
            continue
        named = {
            action.partition(":")[0].lower()
            for statement in document.statements
            for action in (*(statement.actions or ()), *(statement.not_actions or ()))
        }
        counted.update(dict.fromkeys(named, len(rows) if is_own else 1))
    ranked = sorted(counted, key=lambda name: (-counted[name], name))
    found = [name for name in ranked if known.actions(name)]
    return sorted(found[:CHOSEN]) or ["iam", "sts"]


class Grid:
    """Answers for one member after another; for those whose policies say the same once."""

    def __init__(self, known: ServiceCatalogue, services: Sequence[str]) -> None:
        self._actions = {
            name: [
                (f"{name}:{one.name}", one.access_level.partition(",")[0])
                for one in known.actions(name).values()
            ]
            for name in services
        }
        self._kept: dict[tuple[bytes, ...], list[dict[str, Any]]] = {}

    def services_of(self, member: Member) -> list[dict[str, Any]]:
        kept = self._kept.get(member.likeness)
        if kept is None:
            kept = [self._service(member.layers, name) for name in self._actions]
            self._kept[member.likeness] = kept
        return kept

    def _service(self, layers: Layers, name: str) -> dict[str, Any]:
        by_level: dict[str, list[str]] = {}
        for action, level in self._actions[name]:
            by_level.setdefault(level, []).append(access_to(layers, action))
        every = [one for found in by_level.values() for one in found]
        return {
            "ServiceNamespace": name,
            "Access": _together(every),
            "AccessLevels": [
                {
                    "AccessLevel": level,
                    "Access": _together(by_level[level]),
                    "ActionCount": len(by_level[level]),
                    "FullCount": by_level[level].count(FULL),
                    "SomeCount": by_level[level].count(SOME),
                }
                for level in sorted(by_level, key=_rank)
            ],
        }


def _rank(level: str) -> tuple[int, str]:
    return (LEVELS.index(level) if level in LEVELS else len(LEVELS), level)


def _together(found: Sequence[str]) -> str:
    kinds = set(found)
    return kinds.pop() if len(kinds) == 1 else SOME


def access_to(layers: Layers, action: str) -> str:
    """Whether an action is allowed on every resource whatever the context, on some or in some
    context, or never: by one's own policies, boundary and organization alone."""
    worst = FULL
    for policies in _sets(layers):
        allowed, denied = _words(policies, action)
        if denied == FULL or allowed == NONE:
            return NONE
        if denied == SOME or allowed == SOME:
            worst = SOME
    return worst


def _sets(layers: Layers) -> Iterator[PolicySet]:
    if layers.identity is None:
        yield PolicySet(())
    for _, policies in layers.applying:
        yield policies


def _words(policies: PolicySet, action: str) -> tuple[str, str]:
    """How much the set's statements allow and deny of an action."""
    allowed = denied = NONE
    for _, found in policies.about(action):
        statement = found.statement
        whole = not statement.conditions and _is_everything(statement.resources)
        much = FULL if whole else SOME
        if found.denies:
            denied = FULL if FULL in (much, denied) else SOME
        else:
            allowed = FULL if FULL in (much, allowed) else SOME
    return allowed, denied


def _is_everything(resources: Iterable[str] | None) -> bool:
    return resources is not None and "*" in resources
