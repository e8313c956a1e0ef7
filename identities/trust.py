"""Trust policies: which principals they may name, and what happens to those that change.

Saving replaces nothing in the text but account ids, which become root ARNs; beside it are kept the
unique ids that its user and role ARNs had. Deciding goes by those ids. Showing follows a rename,
and shows the raw id of a principal that is gone (policy-language.md §5; IAM User Guide, "AWS JSON
policy elements: Principal").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from identities.models import Role
from identities.providers import is_provider
from identities.services import is_service_principal
from policies.engine import Document, DocumentKind, NamedPrincipal, parse
from policies.engine.issuers import check_issuers

ACCOUNT = re.compile(r"[0-9]{12}")
UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]+")
SESSION = re.compile(r"arn:[^:]+:sts::")
KEPT = 10_000


class UnknownPrincipal(ValueError):
    """A trust policy names a principal that does not exist."""

    def __init__(self, principal: NamedPrincipal) -> None:
        self.principal = principal
        super().__init__(
            f'Invalid principal in policy: "{principal.type.upper()}":"{principal.value}"'
        )


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A trust policy fit to be saved: its document, and the unique id behind each user or role."""

    document: Document
    pins: dict[str, str]


def read(text: str) -> TrustPolicy:
    """The trust policy in `text`, every principal in it resolved.

    Raises PolicyErrors for a document that is none, UnknownPrincipal for a principal that does
    not exist. Its size is the caller's to check.
    """
    document = parse(text, DocumentKind.TRUST)
    check_issuers(document)
    roots = {
        named.value: f"arn:aws:iam::{named.value}:root"
        for named in document.principals()
        if named.type == "AWS" and ACCOUNT.fullmatch(named.value)
    }
    document = document.with_principals(roots)
    named = document.principals()
    for one in named:
        if one.type == "Service" and not is_service_principal(one.value):
            raise UnknownPrincipal(one)
        if one.type == "Federated" and not is_provider(one.value):
            raise UnknownPrincipal(one)
    # Sessions come and go; that one exists is not asked.
    wanted = [
        one
        for one in named
        if one.type == "AWS" and not one.is_everyone and not SESSION.match(one.value)
    ]
    found = _ids_of([one.value for one in wanted])
    for one in wanted:
        if one.value not in found:
            raise UnknownPrincipal(one)
    return TrustPolicy(document, {arn: one for arn, one in found.items() if UNIQUE_ID.match(one)})


def pinned(role: Role) -> Document:
    """The role's trust policy as decisions take it: users and roles by unique id."""
    return _pinned(role.trust_policy, tuple(sorted(role.trust_pins.items())))


def shown(roles: Iterable[Role]) -> dict[str, str]:
    """The text to show for each role, by the role's unique id."""
    roles = list(roles)
    current = _arns_of({pin for role in roles for pin in role.trust_pins.values()})
    return {role.id: _shown(role, current) for role in roles}


def _shown(role: Role, current: dict[str, str]) -> str:
    moved = {
        sent: now for sent, pin in role.trust_pins.items() if (now := current.get(pin, pin)) != sent
    }
    if not moved:
        return role.trust_policy
    return parse(role.trust_policy, DocumentKind.TRUST).with_principals(moved).text


@lru_cache(maxsize=KEPT)
def _pinned(text: str, pins: tuple[tuple[str, str], ...]) -> Document:
    return parse(text, DocumentKind.TRUST).with_principals(dict(pins))


def _ids_of(values: list[str]) -> dict[str, str]:
    """The unique id behind each ARN or unique id that exists; for a root ARN the account id."""
    found = {one: one for one in _arns_of({value for value in values if UNIQUE_ID.match(value)})}
    arns = [one for one in values if one.startswith("arn:")]
    if arns:
        with connection.cursor() as cursor:
            cursor.execute("SELECT arn, id FROM iamsite_ids_of(%s)", [arns])
            found.update(cursor.fetchall())
    return found


def _arns_of(ids: set[str]) -> dict[str, str]:
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, arn FROM iamsite_arns_of(%s)", [sorted(ids)])
        return dict(cursor.fetchall())
