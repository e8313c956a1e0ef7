"""The policies that bear on a caller, compiled.

Kept in each process by (principal, revision): a change to anything in an account raises its
revision, so what is kept can be old but never wrong. Equal documents are parsed once, whoever
holds them. Everything kept is bounded.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from iamsite.operations.caller import Caller, Membership
from iamsite.operations.organization import Limits, limits_of
from iamsite.operations.rows import fetch, planned_anew
from policies.engine import (
    Document,
    DocumentKind,
    Layers,
    Policy,
    PolicySet,
    compile_policies,
    parse,
    stored,
)

KEPT_PRINCIPALS = 20_000
KEPT_DOCUMENTS = 20_000


class Held(NamedTuple):
    """A policy as a principal holds it.

    `holder` is "user", "group", "role" or "boundary"; `arn` is None for an inline policy.
    """

    holder: str
    holder_name: str
    name: str
    arn: str | None
    document: str
    digest: bytes


HELD = """
WITH holders AS (
    SELECT id, 'user' AS kind, name, 0 AS place FROM identities_user WHERE id = %s
    UNION ALL SELECT id, 'role', name, 0 FROM identities_role WHERE id = %s
    UNION ALL SELECT id, 'group', name, 1 FROM identities_group WHERE id = %s
    UNION ALL SELECT g.id, 'group', g.name, 1 FROM identities_membership m
        JOIN identities_group g ON g.id = m.group_id WHERE m.user_id = %s)
SELECT h.kind, h.name, i.name, NULL, i.document, i.digest, h.place
    FROM holders h JOIN policies_inlinepolicy i ON i.principal_id = h.id
UNION ALL
SELECT h.kind, h.name, p.name, 'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name,
       v.document, v.digest, h.place
    FROM holders h JOIN policies_attachment a ON a.principal_id = h.id
    JOIN policies_policy p ON p.id = a.policy_id
    JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
UNION ALL
SELECT 'boundary', '', p.name, 'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name,
       v.document, v.digest, 2
    FROM policies_boundary b JOIN policies_policy p ON p.id = b.policy_id
    JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
    WHERE b.principal_id = %s
ORDER BY 7, 2, 4 NULLS FIRST, 3
"""


def held_by(principal_id: str) -> list[Held]:
    """Every policy that bears on a user (its groups' too), group or role of the entered account."""
    return [_held(*row) for row in fetch(HELD, [principal_id] * HELD.count("%s"))]


HELD_BY_EACH = """
WITH holders AS (
    SELECT id AS of, id, 'user' AS kind, name, 0 AS place FROM identities_user WHERE id = ANY(%s)
    UNION ALL SELECT id, id, 'role', name, 0 FROM identities_role WHERE id = ANY(%s)
    UNION ALL SELECT m.user_id, g.id, 'group', g.name, 1 FROM identities_membership m
        JOIN identities_group g ON g.id = m.group_id WHERE m.user_id = ANY(%s))
SELECT h.of, h.kind, h.name, i.name, NULL, i.digest, h.place, i.id, NULL::bigint
    FROM holders h JOIN policies_inlinepolicy i ON i.principal_id = h.id
UNION ALL
SELECT h.of, h.kind, h.name, p.name,
       'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name, v.digest, h.place,
       NULL, v.id
    FROM holders h JOIN policies_attachment a ON a.principal_id = h.id
    JOIN policies_policy p ON p.id = a.policy_id
    JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
UNION ALL
SELECT b.principal_id, 'boundary', '', p.name,
       'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name, v.digest, 2, NULL, v.id
    FROM policies_boundary b JOIN policies_policy p ON p.id = b.policy_id
    JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
    WHERE b.principal_id = ANY(%s)
ORDER BY 1, 7, 3, 5 NULLS FIRST, 4
"""
INLINE_DOCUMENTS = "SELECT id, document FROM policies_inlinepolicy WHERE id = ANY(%s)"
VERSION_DOCUMENTS = "SELECT id, document FROM policies_policyversion WHERE id = ANY(%s)"


def held_by_each(principal_ids: list[str]) -> dict[str, list[Held]]:
    """As `held_by`, of several users and roles at once; a document that many hold is read once."""
    with planned_anew():
        rows = fetch(HELD_BY_EACH, [principal_ids] * HELD_BY_EACH.count("%s"))
    inline = _documents_of(INLINE_DOCUMENTS, (row[7] for row in rows))
    versions = _documents_of(VERSION_DOCUMENTS, (row[8] for row in rows))
    found: dict[str, list[Held]] = {}
    for of, holder, holder_name, name, arn, digest, _, inline_id, version_id in rows:
        text = versions.get(version_id) if inline_id is None else inline.get(inline_id)
        if text is None:
            continue  # somebody deleted it meanwhile
        found.setdefault(of, []).append(Held(holder, holder_name, name, arn, text, bytes(digest)))
    return found


def _documents_of(query: str, ids: Iterable[int | None]) -> dict[int, str]:
    wanted = sorted({one for one in ids if one is not None})
    return dict(fetch(query, [wanted])) if wanted else {}


def _held(
    holder: str, holder_name: str, name: str, arn: str | None, document: str, digest: bytes, *_: Any
) -> Held:
    return Held(holder, holder_name, name, arn, document, bytes(digest))


def as_policy(held: Held) -> Policy:
    """The engine's view of a held policy, named as the simulator names it (evaluation.md §12)."""
    if held.arn is None:
        source_id = f"{held.holder}_{held.holder_name}_{held.name}"
        return Policy(_document(held, DocumentKind.IDENTITY), source_id, None, held.holder)
    source = "aws-managed" if held.arn.startswith("arn:aws:iam::aws:") else "user-managed"
    return Policy(_document(held, DocumentKind.MANAGED), held.name, held.arn, source)


def names_of(held: Iterable[Held]) -> dict[str, Held]:
    """The policies that a principal holds, by what the engine calls them."""
    return {policy.arn or policy.id: one for one in held for policy in (as_policy(one),)}


Sets = tuple[PolicySet, PolicySet | None]
_sets: dict[tuple[tuple[str | bytes | None, ...], ...], Sets] = {}


def compiled(held: Iterable[Held]) -> Sets:
    """The identity set and the boundary, if there is one; the same sets for the same policies.

    So what the engine works out, which it keeps on them, outlives changes of other things.
    """
    held = list(held)
    key = tuple((one.holder, one.holder_name, one.name, one.arn, one.digest) for one in held)
    found = _sets.get(key)
    if found is None:
        boundary = [as_policy(one) for one in held if one.holder == "boundary"]
        identity = [as_policy(one) for one in held if one.holder != "boundary"]
        found = compile_policies(identity), compile_policies(boundary) if boundary else None
        if len(_sets) >= KEPT_PRINCIPALS:
            _sets.clear()
        _sets[key] = found
    return found


def layers_held(caller: Caller, principal_id: str) -> Layers:
    """What bears on a user, group or role of the caller's account: identity policies, boundary,
    and the organization's."""
    return _layers(caller.account, principal_id, caller.revision, caller.organization, None, ())


def layers_over(account: str, held: Iterable[Held], organization: Membership | None) -> Layers:
    """As `layers_held`, of policies that are at hand."""
    return _joined(*compiled(held), limits_of(account, organization))


@lru_cache(maxsize=KEPT_PRINCIPALS)
def _joined(identity: PolicySet, boundary: PolicySet | None, limits: Limits) -> Layers:
    return Layers(identity=identity, boundary=boundary, scps=limits.scps, rcps=limits.rcps)


def layers_of(caller: Caller) -> Layers:
    """The layers of the caller's own side, and of resources in its own account: identity policies,
    boundary, session policies, the organization's."""
    session = caller.session
    return _layers(
        caller.account,
        "" if caller.is_root else caller.subject_id,
        caller.revision,
        caller.organization,
        session.policy if session else None,
        session.policy_arns if session else (),
    )


@lru_cache(maxsize=KEPT_PRINCIPALS)
def across(layers: Layers, rcps: tuple[PolicySet, ...] | None) -> Layers:
    """A caller's layers for a resource of another account, where that account's RCPs count."""
    return layers if layers.rcps is rcps else replace(layers, rcps=rcps)


@lru_cache(maxsize=KEPT_PRINCIPALS)
def _layers(
    account: str,
    principal_id: str,
    revision: int,
    organization: Membership | None,
    policy: str | None,
    arns: tuple[str, ...],
) -> Layers:
    session = _session_policies(policy, arns)
    limits = limits_of(account, organization)
    if not principal_id:
        return Layers(session=session, scps=limits.scps, rcps=limits.rcps)
    if principal_id == account:  # a federated user of root has root's full access to limit
        identity, boundary = compile_policies([_full_access()]), None
    else:
        identity, boundary = compiled(held_by(principal_id))
    joined = _joined(identity, boundary, limits)
    return joined if session is None else replace(joined, session=session)


def _session_policies(inline: str | None, arns: tuple[str, ...]) -> PolicySet | None:
    if inline is None and not arns:
        return None
    found = []
    if inline is not None:
        found.append(Policy(document_of(inline, DocumentKind.SESSION), "session", None, "none"))
    if arns:
        found += [as_policy(_held("session", "", *row)) for row in fetch(MANAGED, [list(arns)])]
    return compile_policies(found)


MANAGED = """
SELECT p.name, 'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name,
       v.document, v.digest
    FROM policies_policy p
    JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
    WHERE 'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name = ANY(%s)
"""


def document_of(text: str, kind: DocumentKind) -> Document:
    """The parsed document of a stored or passed text; raises PolicyErrors."""
    return _parsed(hashlib.sha256(text.encode()).digest(), kind, _Text(text))


def _document(held: Held, kind: DocumentKind) -> Document:
    return _stored(held.digest, kind, _Text(held.document))


class _Text(str):
    """A document's text as an argument that the cache ignores: its digest stands for it."""

    __slots__ = ()

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return True


@lru_cache(maxsize=KEPT_DOCUMENTS)
def _stored(digest: bytes, kind: DocumentKind, text: _Text) -> Document:
    return stored(str(text), kind)


@lru_cache(maxsize=KEPT_DOCUMENTS)
def _parsed(digest: bytes, kind: DocumentKind, text: _Text) -> Document:
    return parse(str(text), kind)


@lru_cache(maxsize=1)
def _full_access() -> Policy:
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    return Policy(document_of(text, DocumentKind.IDENTITY), "root", None, "none")
