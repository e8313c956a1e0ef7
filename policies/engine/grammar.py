"""The grammar of documents: what each kind of policy requires, allows and refuses.

Source: policy-language §1 to §7.8. Every fault is reported, not just the first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .answers import LENGTH_LIMIT, answer_to
from .arns import TextFault, action_fault, resource_fault
from .conditions import Condition
from .document import (
    CURRENT_VERSION,
    OLD_VERSION,
    Document,
    DocumentKind,
    Effect,
    PrincipalPlace,
    Statement,
)
from .faults import Fault, PolicyErrors
from .operators import BASES, DATES, is_documented, operator_named
from .patterns import fold
from .principals import PRINCIPAL_TYPES, NamedPrincipal
from .reader import Lines, Member, Node, NodeKind, Reader, Unreadable
from .scalars import instant

_SID = re.compile(r"[0-9A-Za-z]*")
_NOT_LATIN = re.compile(r"[^\t\n\r\x20-\xff]")
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")
_EPOCH = re.compile(r"[0-9]{1,19}")
_LARGEST_EPOCH = 9223372036854775807
_MAXIMUM_CHARACTER_FAULTS = 10

_IAM_KINDS = (
    DocumentKind.IDENTITY,
    DocumentKind.MANAGED,
    DocumentKind.SESSION,
    DocumentKind.TRUST,
)
_WITH_PRINCIPAL = (DocumentKind.TRUST, DocumentKind.RESOURCE, DocumentKind.RCP)
_SCALARS = (NodeKind.STRING, NodeKind.NUMBER, NodeKind.BOOLEAN)
_STATEMENT_ELEMENTS = (
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
_DOCUMENT_ELEMENTS = ("Version", "Id", "Statement")


def read_document(text: str, kind: DocumentKind) -> Document:
    """Parse a text; raises PolicyErrors with every fault."""
    return _Grammar(text, kind).document()


class _Grammar:
    def __init__(self, text: str, kind: DocumentKind) -> None:
        self._text = text
        self._kind = kind
        self._faults: list[Fault] = []
        self._lines = Lines(text[: LENGTH_LIMIT + 1])
        self._places: list[PrincipalPlace] = []

    def _fault(
        self, offset: int, code: str, message: str, advice: str, aws: str | None = None
    ) -> None:
        answer = answer_to(self._kind, code)
        line, column = self._lines.position(offset)
        shown = answer.message if answer.message is not None else aws
        assert shown is not None
        self._faults.append(
            Fault(line, column, code, message, advice, answer.stage, answer.code, shown)
        )

    def _text_fault(self, offset: int, fault: TextFault | None) -> None:
        if fault:
            self._fault(offset, fault.code, fault.message, fault.help, fault.aws_message)

    def document(self) -> Document:
        if len(self._text) > LENGTH_LIMIT:
            self._fault(
                LENGTH_LIMIT,
                "too-long",
                f"The document is longer than {LENGTH_LIMIT} characters.",
                "Split it into several policies.",
            )
            raise PolicyErrors(self._faults)
        self._check_characters()
        try:
            root = Reader(self._text, self._fault).read()
        except Unreadable:
            raise PolicyErrors(self._faults) from None
        document = self._document(root)
        if self._faults or document is None:
            raise PolicyErrors(self._faults)
        return document

    def _check_characters(self) -> None:
        latin = self._kind in _IAM_KINDS
        found = (_NOT_LATIN if latin else _NOT_TEXT).finditer(self._text)
        for _, match in zip(range(_MAXIMUM_CHARACTER_FAULTS), found, strict=False):
            self._fault(
                match.start(),
                "characters",
                f"The character U+{ord(match.group()):04X} may not stand in a policy.",
                "Policies take tabs, line breaks and the characters U+0020 to U+00FF."
                if latin
                else "Remove the control character or half surrogate.",
            )

    def _document(self, root: Node) -> Document | None:
        if root.kind is not NodeKind.OBJECT:
            self._fault(
                root.start,
                "document-shape",
                f"A document is one JSON object, not {root.kind.value}.",
                'Write {"Version": "2012-10-17", "Statement": [...]}.',
            )
            return None
        members = self._members(root, _DOCUMENT_ELEMENTS)
        version = self._version(root, members.get("Version"))
        identifier = self._string(members.get("Id"), "Id")
        statements = self._statements(root, members.get("Statement"))
        if self._kind is DocumentKind.RCP:
            self._check_rcp(root, statements)
        return Document(
            self._text, self._kind, version, identifier, tuple(statements), tuple(self._places)
        )

    def _members(self, node: Node, known: Sequence[str]) -> dict[str, Member]:
        members: dict[str, Member] = {}
        for member in node.members:
            if member.name in known:
                members.setdefault(member.name, member)
                continue
            near = [name for name in known if fold(name) == fold(member.name)]
            near = near or [name for name in known if fold(name) + "s" == fold(member.name)]
            self._fault(
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
                self._fault(
                    node.start,
                    "version-unknown",
                    "This is no version of the policy language.",
                    f'Write "{CURRENT_VERSION}", the current version.',
                )
                return None
        if self._kind in (DocumentKind.MANAGED, DocumentKind.RCP) and version != CURRENT_VERSION:
            self._fault(
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
        self._fault(
            member.value.start,
            f"{name.lower()}-shape",
            f"{name} must be a string, not {member.value.kind.value}.",
            f"Write {name} as a string, or leave it out.",
        )
        return None

    def _statements(self, root: Node, member: Member | None) -> list[Statement]:
        items: list[Node] = []
        if member is not None:
            items = member.value.items if member.value.kind is NodeKind.ARRAY else [member.value]
        if not items:
            self._fault(
                member.value.start if member else root.start,
                "missing-statement",
                "The document holds no statement.",
                'Add "Statement": [{"Effect": ..., "Action": ..., "Resource": ...}].',
            )
        statements: list[Statement] = []
        sids: dict[str, int] = {}
        for item in items:
            if item.kind is not NodeKind.OBJECT:
                self._fault(
                    item.start,
                    "statement-shape",
                    f"A statement is an object, not {item.kind.value}.",
                    'Write {"Effect": ..., "Action": ..., "Resource": ...}.',
                )
                continue
            statement = self._statement(len(statements), item)
            statements.append(statement)
            if statement.sid and sids.setdefault(statement.sid, item.start) != item.start:
                first = self._lines.position(sids[statement.sid]).line
                self._fault(
                    item.start,
                    "sid-duplicate",
                    f"The Sid {statement.sid[:80]!r} is that of the statement in line {first} too.",
                    "Give each statement a Sid of its own, or none.",
                )
        return statements

    def _statement(self, index: int, node: Node) -> Statement:
        members = self._members(node, _STATEMENT_ELEMENTS)
        sid = self._string(members.get("Sid"), "Sid")
        if sid and self._kind in _IAM_KINDS[:3] and not _SID.fullmatch(sid):
            self._fault(
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
                self._fault(
                    members[other].start,
                    "both-of-a-pair",
                    f"A statement has either {one} or {other}, not both.",
                    "Split it into two statements.",
                )
        principals, not_principals = self._principals(node, members, effect)
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
            self._conditions(members.get("Condition")),
            self._lines.position(node.start),
            self._lines.position(node.end),
            self._lines.position(node.introduced),
        )

    def _effect(self, node: Node, member: Member | None) -> Effect | None:
        if member is None:
            self._fault(
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
        self._fault(
            value.start,
            "effect-case" if near else "effect-value",
            "Effect is Allow or Deny, in this spelling.",
            f'Write "{value.text.capitalize()}".' if near else 'Write "Allow" or "Deny".',
            f"Invalid effect: {value.text}",
        )
        return None

    def _texts(self, member: Member) -> list[Node]:
        """The strings of an element that is one string or a list of them."""
        value = member.value
        nodes = value.items if value.kind is NodeKind.ARRAY else [value]
        strings = []
        for node in nodes:
            if node.kind is NodeKind.STRING:
                strings.append(node)
                continue
            self._fault(
                node.start,
                f"{member.name.lower()}-shape",
                f"{member.name} is a string or a list of strings; here is {node.kind.value}.",
                "Write each entry in double quotes.",
            )
        return strings

    def _actions(
        self, node: Node, members: dict[str, Member]
    ) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
        found: list[tuple[str, ...] | None] = []
        for name in ("Action", "NotAction"):
            member = members.get(name)
            if member is None:
                found.append(None)
                continue
            texts = self._texts(member)
            if member.value.kind is NodeKind.ARRAY and not member.value.items:
                self._missing(member.value.start, "action", f"{name} is an empty list.")
            for text in texts:
                self._check_action(text)
            found.append(tuple(text.text for text in texts))
        if found == [None, None]:
            self._missing(node.start, "action", "The statement has no Action.")
        if self._kind is DocumentKind.RCP and "NotAction" in members:
            self._fault(
                members["NotAction"].start,
                "not-action-not-allowed",
                "A resource control policy takes no NotAction.",
                "List the actions with Action.",
            )
        return found[0], found[1]

    def _missing(self, offset: int, element: str, message: str) -> None:
        self._fault(
            offset,
            f"missing-{element}",
            message,
            f'Name at least one {element}; "*" stands for all.',
        )

    def _check_action(self, node: Node) -> None:
        if self._kind is not DocumentKind.TRUST:
            self._text_fault(node.start, action_fault(node.text))
        elif not fold(node.text).startswith("sts:"):
            self._fault(
                node.start,
                "action-not-sts",
                "A trust policy names actions of STS only.",
                "Write sts:AssumeRole, sts:AssumeRoleWithSAML, sts:AssumeRoleWithWebIdentity, "
                "sts:TagSession, sts:SetSourceIdentity or sts:SetContext.",
            )
        elif action_fault(node.text):
            self._fault(
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
                self._fault(
                    member.start,
                    code,
                    f"A trust policy has no {name}: it is about its role.",
                    f"Remove {name}.",
                )
                found.append(None)
                continue
            texts = self._texts(member)
            if member.value.kind is NodeKind.ARRAY and not member.value.items:
                self._missing(member.value.start, "resource", f"{name} is an empty list.")
            short = self._kind not in (DocumentKind.SESSION, DocumentKind.RCP)
            for text in texts:
                self._text_fault(text.start, resource_fault(text.text, short=short))
            found.append(tuple(text.text for text in texts))
        optional = self._kind in (DocumentKind.TRUST, DocumentKind.RESOURCE)
        if found == [None, None] and not optional:
            self._missing(node.start, "resource", "The statement has no Resource.")
        return found[0], found[1]

    def _principals(
        self, node: Node, members: dict[str, Member], effect: Effect | None
    ) -> tuple[tuple[NamedPrincipal, ...] | None, tuple[NamedPrincipal, ...] | None]:
        principal, other = members.get("Principal"), members.get("NotPrincipal")
        if self._kind not in _WITH_PRINCIPAL:
            for member in (principal, other):
                if member is not None:
                    self._fault(
                        member.start,
                        "principal-not-allowed",
                        f"This kind of policy has no {member.name}.",
                        "Remove it: the policy counts for whom it is attached to.",
                    )
            return None, None
        if other is not None and (
            self._kind is not DocumentKind.RESOURCE or effect is Effect.ALLOW
        ):
            self._fault(
                other.start,
                "not-principal",
                "NotPrincipal stands only in a resource policy's Deny.",
                "Use Principal, with a condition on aws:PrincipalArn for exceptions.",
                "Allow with NotPrincipal is not allowed."
                if effect is Effect.ALLOW
                else "AssumeRole policy must not contain NotPrincipal field.",
            )
        if principal is None and other is None:
            self._fault(
                node.start,
                "missing-principal",
                "The statement has no Principal.",
                'Add "Principal", for example {"AWS": "arn:aws:iam::123456789012:root"}.',
            )
        return self._named(principal), self._named(other)

    def _named(self, member: Member | None) -> tuple[NamedPrincipal, ...] | None:
        if member is None:
            return None
        value = member.value
        if value.kind is NodeKind.STRING:
            self._check_star(value)
            self._place(NamedPrincipal("*", value.text), value)
            return (NamedPrincipal("*", value.text),)
        if value.kind is not NodeKind.OBJECT:
            self._principal_fault(
                value, "Principal is an object.", "Principal must be a JSON object."
            )
            return ()
        if not value.members or any(
            of_type.value.kind is NodeKind.ARRAY and not of_type.value.items
            for of_type in value.members
        ):
            self._fault(
                value.start,
                "principal-empty",
                f"{member.name} names nobody.",
                'Name at least one principal, for example {"AWS": "123456789012"}.',
            )
        named = []
        for of_type in value.members:
            for node in self._texts(of_type):
                principal = NamedPrincipal(of_type.name, node.text)
                named.append(principal)
                self._check_principal(principal, of_type, node)
                self._place(principal, node)
        if self._kind is DocumentKind.RCP:
            self._principal_fault(value, 'A resource control policy takes Principal "*" only.', "")
        return tuple(named)

    def _place(self, principal: NamedPrincipal, node: Node) -> None:
        line, column = self._lines.position(node.start)
        self._places.append(PrincipalPlace(principal, line, column, node.start, node.end))

    def _check_star(self, node: Node) -> None:
        if node.text != "*":
            self._principal_fault(
                node, "A principal has a type.", "Principal must be a JSON object."
            )
        elif self._kind is DocumentKind.TRUST:
            self._principal_fault(
                node,
                'A trust policy does not take the bare "*".',
                'AssumeRolepolicy contained an invalid principal: "STAR":"*".',
            )

    def _check_principal(self, principal: NamedPrincipal, of_type: Member, node: Node) -> None:
        of, value = principal
        trust = self._kind is DocumentKind.TRUST
        if of not in PRINCIPAL_TYPES or (trust and of == "CanonicalUser"):
            self._principal_fault(
                node,
                f"{of[:80]!r} is no type of principal here.",
                f'Invalid principal in policy: "{of}"',
            )
        elif not principal.is_well_formed:
            shown = of.upper()
            self._principal_fault(
                node,
                f"{value[:80]!r} names no principal of type {of}.",
                f'Invalid principal in policy: "{shown}":"{value}"',
            )

    def _principal_fault(self, node: Node, message: str, aws: str) -> None:
        self._fault(
            node.start,
            "principal-form",
            message,
            "Write an account, a user, role or session ARN without wildcards, a service name "
            'or a provider; or {"AWS": "*"} for everyone.',
            aws,
        )

    def _conditions(self, member: Member | None) -> tuple[Condition, ...]:
        if member is None:
            return ()
        if member.value.kind is not NodeKind.OBJECT:
            self._condition_shape(member.value, "Condition is an object of operators.")
            return ()
        conditions = []
        for operator in member.value.members:
            if operator.value.kind is not NodeKind.OBJECT:
                self._condition_shape(operator.value, "An operator holds an object of keys.")
                continue
            if operator.value.members and not is_documented(operator.name):
                found = operator_named(operator.name)
                self._fault(
                    operator.start,
                    "operator-unknown",
                    f"{operator.name[:80]!r} is no condition operator.",
                    f"Operators are case-sensitive: {found.base}."
                    if found
                    else f"Operators are {', '.join(BASES)}.",
                )
            for key in operator.value.members:
                values = self._values(operator.name, key)
                conditions.append(Condition(operator.name, key.name, values))
        return tuple(conditions)

    def _condition_shape(self, node: Node, message: str) -> None:
        self._fault(
            node.start,
            "condition-shape",
            message,
            'Write {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}.',
        )

    def _values(self, operator: str, key: Member) -> tuple[str, ...]:
        if ":" not in key.name and self._kind is not DocumentKind.TRUST:
            self._fault(
                key.start,
                "key-prefix",
                f"The condition key {key.name[:80]!r} names no service.",
                "Write it as service:Key, for example aws:SourceIp.",
            )
        nodes = key.value.items if key.value.kind is NodeKind.ARRAY else [key.value]
        values = []
        for node in nodes:
            if node.kind not in _SCALARS:
                self._condition_shape(node, f"A value is a scalar, not {node.kind.value}.")
                continue
            values.append(node.text)
            found = operator_named(operator)
            if found and found.base in DATES and not _is_date(node.text):
                self._fault(
                    node.start,
                    "date-value",
                    f"{node.text[:80]!r} is no date.",
                    "Write 2026-11-30T23:59:59Z, or whole seconds since 1970.",
                )
        return tuple(values)

    def _check_rcp(self, root: Node, statements: list[Statement]) -> None:
        everyone = (NamedPrincipal("*", "*"),)
        built_in = Statement(0, Effect.ALLOW, None, everyone, None, ("*",), None, ("*",), None)
        if len(statements) == 1 and statements[0] == built_in:
            return
        for statement in statements:
            if statement.effect is Effect.ALLOW or "*" in (statement.actions or ()):
                line, column = statement.start
                answer = answer_to(self._kind, "rcp-form")
                self._faults.append(
                    Fault(
                        line,
                        column,
                        "rcp-form",
                        "A resource control policy denies named actions; it allows nothing.",
                        'Write "Effect": "Deny" and actions of a service, such as "sts:*".',
                        answer.stage,
                        answer.code,
                        answer.message or "",
                    )
                )


def _is_date(text: str) -> bool:
    if "-" in text or "t" in text.lower():
        return instant(text) is not None
    return _EPOCH.fullmatch(text) is not None and int(text) <= _LARGEST_EPOCH
