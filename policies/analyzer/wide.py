"""Policies of the account's own that grant more than anybody needs.

A statement counts that allows on every resource and under no condition: every action, every action
but some, or every action of a service by which permissions are given.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamsite.operations.layers import document_of
from iamsite.operations.rows import fetch
from policies.analyzer.found import Found, Kind, Severity
from policies.engine import (
    Document,
    DocumentKind,
    Effect,
    Layers,
    Policy,
    Principal,
    PrincipalKind,
    Request,
    Statement,
    compile_policies,
    decide,
)
from policies.engine.actions import action_pattern

# Services that give permissions, each with an action by which one gives oneself more.
GIVING = {
    "iam": "iam:AttachUserPolicy",
    "organizations": "organizations:DetachPolicy",
    "portal": "portal:PutResourcePolicy",
    "sts": "sts:AssumeRole",
}

MANAGED = """
SELECT 'arn:aws:iam::' || p.account_id || ':policy' || p.path || p.name, p.name, p.id, '',
       v.document, EXISTS (SELECT FROM policies_attachment a WHERE a.policy_id = p.id)
    FROM policies_policy p
    JOIN policies_policyversion v ON v.policy_id = p.id AND v.number = p.default_version
    WHERE p.account_id = %s ORDER BY p.id
"""
INLINE = """
SELECT 'arn:aws:iam::' || i.account_id || ':' || h.kind || h.path || h.name, i.name,
       i.principal_id || '/' || i.name, h.kind, i.document, true
    FROM policies_inlinepolicy i
    JOIN (SELECT id, name, path, 'user' AS kind FROM identities_user
          UNION ALL SELECT id, name, path, 'group' FROM identities_group
          UNION ALL SELECT id, name, path, 'role' FROM identities_role) h ON h.id = i.principal_id
    WHERE i.account_id = %s ORDER BY i.id
"""
TYPES = {
    "FullAccess": (Severity.HIGH, "every action"),
    "AllButSome": (Severity.MEDIUM, "every action but those that it names"),
    "GivesPermissions": (Severity.HIGH, "every action of a service that gives permissions"),
}


def wide_policies(account: str) -> Iterator[Found]:
    """The wide policies of the entered account, one finding each."""
    for statement, kind in ((MANAGED, DocumentKind.MANAGED), (INLINE, DocumentKind.IDENTITY)):
        for arn, name, about, holder, text, is_held in fetch(statement, [account]):
            document = document_of(text, kind)
            widest = _widest(account, document)
            if widest is None:
                continue
            type_, request = widest
            severity, what = TYPES[type_]
            whose = f"inline policy {name} of {_last(arn)}" if holder else f"policy {name}"
            rest = "" if is_held else " It is attached to nobody."
            yield Found(
                Kind.WIDE_POLICY,
                type_,
                severity if is_held else Severity.LOW,
                arn,
                (about,),
                f"The {whose} allows {what}, on everything and without condition.{rest}",
                request,
                policy=name,
            )


def _widest(account: str, document: Document) -> tuple[str, Request] | None:
    found = [one for one in map(_type, document.statements) if one is not None]
    for type_ in TYPES:
        for of, action in found:
            if of == type_ and (request := _proof(account, document, action)) is not None:
                return type_, request
    return None


def _type(statement: Statement) -> tuple[str, str] | None:
    """Which kind of wide it is, and an action that shows it."""
    wide = statement.effect is Effect.ALLOW and not statement.conditions
    if not wide or "*" not in (statement.resources or ()):
        return None
    if statement.not_actions is not None:
        return "AllButSome", next((one for one in _tried() if not _lists(statement, one)), "")
    texts = {text.lower() for text in statement.actions or ()}
    if texts & {"*", "*:*"}:
        return "FullAccess", GIVING["iam"]
    service = next((one for one in GIVING if f"{one}:*" in texts), None)
    return ("GivesPermissions", GIVING[service]) if service else None


def _tried() -> Iterator[str]:
    yield from GIVING.values()
    yield from ("s3:DeleteBucket", "ec2:RunInstances", "kms:Decrypt")


def _lists(statement: Statement, action: str) -> bool:
    service, _, name = action.lower().partition(":")
    return any(action_pattern(text).covers(service, name) for text in statement.not_actions or ())


def _proof(account: str, document: Document, action: str) -> Request | None:
    """A request that whoever has this policy and no other may make."""
    if not action:
        return None
    holder = Principal(PrincipalKind.USER, f"arn:aws:iam::{account}:user/holder", account, "AIDA")
    request = Request(holder, action, "*", account)
    policies = compile_policies([Policy(document, "policy")])
    return request if decide(request, Layers(identity=policies)).allowed else None


def _last(arn: str) -> str:
    return arn.rpartition("/")[2]
