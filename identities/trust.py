"""Policies that name principals: whom they may name, and what happens to those that change.

Such are the trust policies of roles and the policies of resources.

Saving replaces nothing in the text but account ids, which become root ARNs; beside it are kept the
unique ids that its user and role ARNs had. Deciding goes by those ids. Showing follows a rename,
and shows the raw id of a principal that is gone (policy-language.md §5; IAM User Guide, "AWS JSON
policy elements: Principal").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.db import connection

from identities.models import Role
from identities.providers import is_provider
from identities.services import is_service_principal
from policies import registered
from policies.engine import Document, DocumentKind, NamedPrincipal, parse
from policies.engine.issuers import check_issuers

ACCOUNT = re.compile(r"[0-9]{12}")
UNIQUE_ID = re.compile(r"A(?:IDA|ROA)[A-Z0-9]+")
SESSION = re.compile(r"arn:[^:]+:sts::")
KEPT = 10_000


class UnknownPrincipal(ValueError):
    """A policy names a principal that does not exist."""

    def __init__(self, principal: NamedPrincipal) -> None:
        self.principal = principal
        super().__init__(
            f'Invalid principal in policy: "{principal.type.upper()}":"{principal.value}"'
        )


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """A policy fit to be saved: its document, and the unique id behind each user or role."""

    document: Document
    pins: dict[str, str]


def read(text: str, kind: DocumentKind = DocumentKind.TRUST) -> TrustPolicy:
    """The trust policy in `text`, or the resource policy, every principal in it resolved.

    Raises PolicyErrors for a document that is none, UnknownPrincipal for a principal that does
    not exist. Its size is the caller's to check.
    """
    document = sound(text, kind)
    document = document.with_principals(_roots(document))
    pins, unknown = _looked_up(document)
    for one in unknown:
        raise UnknownPrincipal(one)
    return TrustPolicy(document, pins)


def sound(text: str, kind: DocumentKind) -> Document:
    """The document in `text`, were all that it names there. Raises PolicyErrors."""
    document = parse(text, kind)
    if kind is DocumentKind.TRUST:
        check_issuers(document)
    return document


def unknown_in(document: Document) -> list[tuple[UnknownPrincipal, int]]:
    """What `read` raises for one after another, each with every offset at which the principal
    stands."""
    roots = _roots(document)
    rooted = document.with_principals(roots)
    return [
        (UnknownPrincipal(one), place.start)
        for one in _looked_up(rooted)[1]
        for place in document.places
        if one
        == place.principal._replace(value=roots.get(place.principal.value, place.principal.value))
    ]


def _roots(document: Document) -> dict[str, str]:
    """The root ARN in place of each account id."""
    return {
        named.value: f"arn:aws:iam::{named.value}:root"
        for named in document.principals()
        if named.type == "AWS" and ACCOUNT.fullmatch(named.value)
    }


def _looked_up(document: Document) -> tuple[dict[str, str], list[NamedPrincipal]]:
    """The unique id behind each user and role, and whom there is not, in the order of telling."""
    named = document.principals()
    unknown = [
        one
        for one in named
        if (one.type == "Service" and not _is_service(one.value))
        or one.type == "CanonicalUser"  # an id that only accounts of AWS have
        or (one.type == "Federated" and not is_provider(one.value))
    ]
    # Sessions come and go; that one exists is not asked.
    wanted = [
        one
        for one in named
        if one.type == "AWS" and not one.is_everyone and not SESSION.match(one.value)
    ]
    found = _ids_of([one.value for one in wanted])
    unknown += (one for one in wanted if one.value not in found)
    return {arn: one for arn, one in found.items() if UNIQUE_ID.match(one)}, unknown


def pinned(role: Role) -> Document:
    """The role's trust policy as decisions take it: users and roles by unique id."""
    return pinned_document(role.trust_policy, role.trust_pins, DocumentKind.TRUST)


def pinned_document(text: str, pins: Mapping[str, str], kind: DocumentKind) -> Document:
    """A saved policy as decisions take it: users and roles by unique id."""
    return _pinned(text, tuple(sorted(pins.items())), kind)


def shown(roles: Iterable[Role]) -> dict[str, str]:
    """The text to show for each role, by the role's unique id."""
    roles = list(roles)
    current = arns_of({pin for role in roles for pin in role.trust_pins.values()})
    return {
        role.id: _moved(role.trust_policy, role.trust_pins, DocumentKind.TRUST, current)
        for role in roles
    }


def shown_text(text: str, pins: Mapping[str, str], kind: DocumentKind) -> str:
    """The text to show for a saved policy."""
    (shown,) = shown_texts([(text, pins)], kind)
    return shown


def shown_texts(saved: Sequence[tuple[str, Mapping[str, str]]], kind: DocumentKind) -> list[str]:
    """The text to show for each saved policy, given with its pins."""
    current = arns_of({pin for _text, pins in saved for pin in pins.values()})
    return [_moved(text, pins, kind, current) for text, pins in saved]


def _moved(
    text: str, pins: Mapping[str, str], kind: DocumentKind, current: Mapping[str, str]
) -> str:
    moved = {sent: now for sent, pin in pins.items() if (now := current.get(pin, pin)) != sent}
    return parse(text, kind).with_principals(moved).text if moved else text


@lru_cache(maxsize=KEPT)
def _pinned(text: str, pins: tuple[tuple[str, str], ...], kind: DocumentKind) -> Document:
    return parse(text, kind).with_principals(dict(pins))


def _is_service(name: str) -> bool:
    return is_service_principal(name) or registered.is_service_principal(name)


def _ids_of(values: list[str]) -> dict[str, str]:
    """The unique id behind each ARN or unique id that exists; for a root ARN the account id."""
    found = {one: one for one in arns_of({value for value in values if UNIQUE_ID.match(value)})}
    arns = [one for one in values if one.startswith("arn:")]
    if arns:
        with connection.cursor() as cursor:
            cursor.execute("SELECT arn, id FROM iamsite_ids_of(%s)", [arns])
            found.update(cursor.fetchall())
    return found


def arns_of(ids: set[str]) -> dict[str, str]:
    """The ARN of each of these unique ids that exists, in whichever account."""
    if not ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, arn FROM iamsite_arns_of(%s)", [sorted(ids)])
        return dict(cursor.fetchall())
