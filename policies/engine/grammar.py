"""The grammar of documents: what each kind of policy requires, allows and refuses.

Source: policy-language §1 to §7.8. Every fault is reported, not just the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from sys import intern

from .answers import LENGTH_LIMIT
from .arns import action_fault, resource_fault
from .checks import Checks
from .conditions_grammar import read_conditions
from .document import (
    CURRENT_VERSION,
    OLD_VERSION,
    Document,
    DocumentKind,
    Effect,
    Place,
    Statement,
)
from .faults import PolicyErrors
from .patterns import fold
from .principals import NamedPrincipal
from .principals_grammar import PrincipalReader
from .reader import Member, Node, NodeKind, Reader, Unreadable

_SID = re.compile(r"[0-9A-Za-z]*")
_NOT_LATIN = re.compile(r"[^\t\n\r\x20-\xff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_MAXIMUM_CHARACTER_FAULTS = 10

_IAM_KINDS = (
    DocumentKind.IDENTITY,
    DocumentKind.MANAGED,
    DocumentKind.SESSION,
    DocumentKind.TRUST,
)
STATEMENT_ELEMENTS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")


def read_document(text: str, kind: DocumentKind, longest: int | None = None) -> Document:
    """Parse a text; raises PolicyErrors with every fault."""
    return _Grammar(text, kind, longest or LENGTH_LIMIT).document()


class _Grammar:
    def __init__(self, text: str, kind: DocumentKind, longest: int) -> None:
        self._text = text
        self._kind = kind
        self._longest = longest
        self._checks = Checks(text, kind, longest)
        self._principals = PrincipalReader(self._checks)

    def document(self) -> Document:
        if len(self._text) > self._longest:
            self._checks.fault(
                self._longest,
                "too-long",
                f"The document is longer than {self._longest} characters.",
                "Split it into several policies.",
            )
            raise PolicyErrors(self._checks.found)
        self._check_characters()
        try:
            root = Reader(self._text, self._checks.fault).read()
        except Unreadable:
            raise PolicyErrors(self._checks.found) from None
        document = self._document(root)
        if self._checks.found or document is None:
            raise PolicyErrors(self._checks.found)
        return document

    def _check_characters(self) -> None:
        latin = self._kind in _IAM_KINDS
        found = (_NOT_LATIN if latin else _NOT_TEXT).finditer(self._text)
        for _, match in zip(range(_MAXIMUM_CHARACTER_FAULTS), found, strict=False):
            self._checks.fault(
                match.start(),
                "characters",
                f"The character U+{ord(match.group()):04X} may not stand in a policy.",
                "Policies take tabs, line breaks and the characters U+0020 to U+00FF."
                if latin
                else "Remove the control character or half surrogate.",
            )

    def _document(self, root: Node) -> Document | None:
        if root.kind is not NodeKind.OBJECT:
            self._checks.fault(
                root.start,
                "document-shape",
                f"A document is one JSON object, not {root.kind.value}.",
                'Write {"Version": "2012-10-17", "Statement": [...]}.',
            )
            return None
        members = self._members(root, DOCUMENT_ELEMENTS)
        version = self._version(root, members.get("Version"))
        identifier = self._string(members.get("Id"), "Id")
        statements = self._statements(root, members.get("Statement"))
        if self._kind is DocumentKind.RCP:
            self._check_rcp(root, statements)
        return Document(
            self._text,
            self._kind,
            version,
            identifier,
            tuple(statements),
            tuple(self._principals.places),
        )

    def _members(self, node: Node, known: Sequence[str]) -> dict[str, Member]:
        members: dict[str, Member] = {}
        for member in node.members:
            if member.name in known:
                members.setdefault(member.name, member)
                continue
            near = [name for name in known if fold(name) == fold(member.name)]
            near = near or [name for name in known if fold(name) + "s" == fold(member.name)]
            self._checks.fault(
                member.start,
                "unknown-element",
                f"{member.name[:80]!r} is no element of a policy.",
                f"Write {near[0]!r}." if near else f"Elements are {', '.join(known)}.",
            )
        return members

    def _version(self, root: Node, member: Member | None) -> str | None:
        version = None
        if member is not None:
            node = member.value
            version = node.text if node.kind is NodeKind.STRING else None
            if version not in (CURRENT_VERSION, OLD_VERSION):
                self._checks.fault(
                    node.start,
                    "version-unknown",
                    "This is no version of the policy language.",
                    f'Write "{CURRENT_VERSION}", the current version.',
                )
                return None
        if self._kind in (DocumentKind.MANAGED, DocumentKind.RCP) and version != CURRENT_VERSION:
            self._checks.fault(
                member.value.start if member else root.start,
                "version-too-old",
                f"This kind of policy must carry the version {CURRENT_VERSION}.",
                f'Add "Version": "{CURRENT_VERSION}".',
            )
        return version

    def _string(self, member: Member | None, name: str) -> str | None:
        if member is None:
            return None
        if member.value.kind is NodeKind.STRING:
            return member.value.text
        self._checks.fault(
            member.value.start,
            f"{name.lower()}-shape",
            f"{name} must be a string, not {member.value.kind.value}.",
            f"Write {name} as a string, or leave it out.",
        )
        return None

    def _statements(self, root: Node, member: Member | None) -> list[Statement]:
        items: Sequence[Node] = ()
        if member is not None:
            items = member.value.items if member.value.kind is NodeKind.ARRAY else [member.value]
        if not items:
            self._checks.fault(
                member.value.start if member else root.start,
                "missing-statement",
                "The document holds no statement.",
                'Add "Statement": [{"Effect": ..., "Action": ..., "Resource": ...}].',
            )
        statements: list[Statement] = []
        sids: dict[str, int] = {}
        for item in items:
            if item.kind is not NodeKind.OBJECT:
                self._checks.fault(
                    item.start,
                    "statement-shape",
                    f"A statement is an object, not {item.kind.value}.",
                    'Write {"Effect": ..., "Action": ..., "Resource": ...}.',
                )
                continue
            statement = self._statement(len(statements), item)
            statements.append(statement)
            if statement.sid and sids.setdefault(statement.sid, item.start) != item.start:
                first = self._checks.position(sids[statement.sid]).line
                self._checks.fault(
                    item.start,
                    "sid-duplicate",
                    f"The Sid {statement.sid[:80]!r} is that of the statement in line {first} too.",
                    "Give each statement a Sid of its own, or none.",
                )
        return statements

    def _statement(self, index: int, node: Node) -> Statement:
        members = self._members(node, STATEMENT_ELEMENTS)
        sid = self._string(members.get("Sid"), "Sid")
        if sid and self._kind in _IAM_KINDS[:3] and not _SID.fullmatch(sid):
            self._checks.fault(
                members["Sid"].value.start,
                "sid-characters",
                f"The Sid {sid[:80]!r} holds more than letters and digits.",
                "Use A to Z, a to z and 0 to 9 only.",
            )
        effect = self._effect(node, members.get("Effect"))
        for one, other in (
            ("Action", "NotAction"),
            ("Resource", "NotResource"),
            ("Principal", "NotPrincipal"),
        ):
            if one in members and other in members:
                self._checks.fault(
                    members[other].start,
                    "both-of-a-pair",
                    f"A statement has either {one} or {other}, not both.",
                    "Split it into two statements.",
                )
        principals, not_principals = self._principals.read(node, members, effect)
        actions, not_actions = self._actions(node, members)
        resources, not_resources = self._resources(node, members)
        return Statement(
            index,
            effect or Effect.DENY,  # a statement without effect never leaves this module
            sid,
            principals,
            not_principals,
            actions,
            not_actions,
            resources,
            not_resources,
            read_conditions(self._checks, members.get("Condition")),
            Place(*map(self._checks.position, (node.start, node.end, node.introduced))),
        )

    def _effect(self, node: Node, member: Member | None) -> Effect | None:
        if member is None:
            self._checks.fault(
                node.start,
                "missing-effect",
                "The statement has no Effect.",
                'Add "Effect": "Allow" or "Effect": "Deny".',
            )
            return None
        value = member.value
        if value.kind is NodeKind.STRING and value.text in ("Allow", "Deny"):
            return Effect(value.text)
        near = value.kind is NodeKind.STRING and fold(value.text) in ("allow", "deny")
        self._checks.fault(
            value.start,
            "effect-case" if near else "effect-value",
            "Effect is Allow or Deny, in this spelling.",
            f'Write "{value.text.capitalize()}".' if near else 'Write "Allow" or "Deny".',
            f"Invalid effect: {value.text}",
        )
        return None

    def _actions(
        self, node: Node, members: dict[str, Member]
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        found: list[tuple[str, ...] | None] = []
        for name in ("Action", "NotAction"):
            member = members.get(name)
            if member is None:
                found.append(None)
                continue
            texts = self._checks.texts(member)
            if member.value.kind is NodeKind.ARRAY and not member.value.items:
                self._missing(member.value.start, "action", f"{name} is an empty list.")
            for text in texts:
                self._check_action(text)
            found.append(tuple(intern(text.text) for text in texts))
        if found == [None, None]:
            self._missing(node.start, "action", "The statement has no Action.")
        if self._kind is DocumentKind.RCP and "NotAction" in members:
            self._checks.fault(
                members["NotAction"].start,
                "not-action-not-allowed",
                "A resource control policy takes no NotAction.",
                "List the actions with Action.",
            )
        return found[0], found[1]

    def _missing(self, offset: int, element: str, message: str) -> None:
        self._checks.fault(
            offset,
            f"missing-{element}",
            message,
            f'Name at least one {element}; "*" stands for all.',
        )

    def _check_action(self, node: Node) -> None:
        if self._kind is not DocumentKind.TRUST:
            self._checks.text_fault(node.start, action_fault(node.text))
        elif not fold(node.text).startswith("sts:"):
            self._checks.fault(
                node.start,
                "action-not-sts",
                "A trust policy names actions of STS only.",
                "Write sts:AssumeRole, sts:AssumeRoleWithSAML, sts:AssumeRoleWithWebIdentity, "
                "sts:TagSession, sts:SetSourceIdentity or sts:SetContext.",
            )
        elif action_fault(node.text):
            self._checks.fault(
                node.start,
                "action-colons",
                f"The action {node.text[:80]!r} has more than one colon.",
                "Write it as sts:Action.",
            )

    def _resources(
        self, node: Node, members: dict[str, Member]
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        found: list[tuple[str, ...] | None] = []
        for name, code in (
            ("Resource", "resource-not-allowed"),
            ("NotResource", "not-resource-not-allowed"),
        ):
            member = members.get(name)
            if member is None:
                found.append(None)
                continue
            if self._kind is DocumentKind.TRUST:
                self._checks.fault(
                    member.start,
                    code,
                    f"A trust policy has no {name}: it is about its role.",
                    f"Remove {name}.",
                )
                found.append(None)
                continue
            texts = self._checks.texts(member)
            if member.value.kind is NodeKind.ARRAY and not member.value.items:
                self._missing(member.value.start, "resource", f"{name} is an empty list.")
            short = self._kind not in (DocumentKind.SESSION, DocumentKind.RCP)
            for text in texts:
                self._checks.text_fault(text.start, resource_fault(text.text, short=short))
            found.append(tuple(intern(text.text) for text in texts))
        optional = self._kind in (DocumentKind.TRUST, DocumentKind.RESOURCE)
        if found == [None, None] and not optional:
            self._missing(node.start, "resource", "The statement has no Resource.")
        return found[0], found[1]

    def _check_rcp(self, root: Node, statements: list[Statement]) -> None:
        everyone = (NamedPrincipal("*", "*"),)
        built_in = Statement(0, Effect.ALLOW, None, everyone, None, ("*",), None, ("*",), None)
        if len(statements) == 1 and statements[0] == built_in:
            return
        for member in root.members:
            for node in _items(member.value) if member.name == "Statement" else ():
                self._check_rcp_statement(node)

    def _check_rcp_statement(self, node: Node) -> None:
        for member in node.members if node.kind is NodeKind.OBJECT else ():
            if member.name == "Effect" and member.value.text == Effect.ALLOW:
                self._checks.fault(
                    member.value.start,
                    "rcp-form",
                    "A resource control policy allows nothing.",
                    'Write "Effect": "Deny", and what is denied.',
                )
            for action in _items(member.value) if member.name == "Action" else ():
                if action.kind is NodeKind.STRING and not _is_in_reach_of_rcps(action.text):
                    self._checks.fault(
                        action.start,
                        "rcp-form",
                        "A resource control policy names actions of a service that it reaches.",
                        "Name the service, such as sts:* or s3:*; IAM is not among them.",
                    )


def _items(node: Node) -> Sequence[Node]:
    return node.items if node.kind is NodeKind.ARRAY else (node,)


def _is_in_reach_of_rcps(action: str) -> bool:
    """Whether an action names one service, and not IAM (policy-language §2)."""
    service, colon, _ = action.partition(":")
    return colon != "" and service != "*" and fold(service) != "iam"
