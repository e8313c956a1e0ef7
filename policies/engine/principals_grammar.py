"""The grammar of Principal and NotPrincipal. Source: policy-language §5 and §6."""

from __future__ import annotations

from .checks import Checks
from .document import DocumentKind, Effect, PrincipalPlace
from .principals import PRINCIPAL_TYPES, NamedPrincipal
from .reader import Member, Node, NodeKind

_WITH_PRINCIPAL = (DocumentKind.TRUST, DocumentKind.RESOURCE, DocumentKind.RCP)


class PrincipalReader:
    """Reads the principals of a document's statements; `places` holds each one's place."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self.places: list[PrincipalPlace] = []

    def read(
        self, node: Node, members: dict[str, Member], effect: Effect | None
    ) -> tuple[tuple[NamedPrincipal, ...] | None, tuple[NamedPrincipal, ...] | None]:
        """A statement's Principal and NotPrincipal, each None if absent."""
        principal, other = members.get("Principal"), members.get("NotPrincipal")
        if self._checks.kind not in _WITH_PRINCIPAL:
            for member in (principal, other):
                if member is not None:
                    self._checks.fault(
                        member.start,
                        "principal-not-allowed",
                        f"This kind of policy has no {member.name}.",
                        "Remove it: the policy counts for whom it is attached to.",
                    )
            return None, None
        if other is not None and (
            self._checks.kind is not DocumentKind.RESOURCE or effect is Effect.ALLOW
        ):
            self._checks.fault(
                other.start,
                "not-principal",
                "NotPrincipal stands only in a resource policy's Deny.",
                "Use Principal, with a condition on aws:PrincipalArn for exceptions.",
                "Allow with NotPrincipal is not allowed."
                if effect is Effect.ALLOW
                else "AssumeRole policy must not contain NotPrincipal field.",
            )
        if principal is None and other is None:
            self._checks.fault(
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
            self._checks.fault(
                value.start,
                "principal-empty",
                f"{member.name} names nobody.",
                'Name at least one principal, for example {"AWS": "123456789012"}.',
            )
        named = []
        for of_type in value.members:
            for node in self._checks.texts(of_type):
                principal = NamedPrincipal(of_type.name, node.text)
                named.append(principal)
                self._check_principal(principal, of_type, node)
                self._place(principal, node)
        if self._checks.kind is DocumentKind.RCP:
            self._principal_fault(value, 'A resource control policy takes Principal "*" only.', "")
        return tuple(named)

    def _place(self, principal: NamedPrincipal, node: Node) -> None:
        line, column = self._checks.position(node.start)
        self.places.append(PrincipalPlace(principal, line, column, node.start, node.end))

    def _check_star(self, node: Node) -> None:
        if node.text != "*":
            self._principal_fault(
                node, "A principal has a type.", "Principal must be a JSON object."
            )
        elif self._checks.kind is DocumentKind.TRUST:
            self._principal_fault(
                node,
                'A trust policy does not take the bare "*".',
                'AssumeRolepolicy contained an invalid principal: "STAR":"*".',
            )

    def _check_principal(self, principal: NamedPrincipal, of_type: Member, node: Node) -> None:
        of, value = principal
        trust = self._checks.kind is DocumentKind.TRUST
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
        self._checks.fault(
            node.start,
            "principal-form",
            message,
            "Write an account, a user, role or session ARN without wildcards, a service name "
            'or a provider; or {"AWS": "*"} for everyone.',
            aws,
        )
