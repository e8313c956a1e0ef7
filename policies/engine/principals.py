"""Principals that a policy names: their forms, and whom they cover.

Forms: policy-language §5.1. Matching: evaluation §3. NotPrincipal: evaluation §6.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple

from .request import Principal, PrincipalKind

PARTITIONS = frozenset(
    ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
)
PRINCIPAL_TYPES = ("AWS", "Federated", "Service", "CanonicalUser")
WEB_IDENTITY_HOSTS = frozenset(
    (
        "accounts.google.com",
        "www.amazon.com",
        "graph.facebook.com",
        "cognito-identity.amazonaws.com",
    )
)

_PARTITION = "(?:" + "|".join(sorted(PARTITIONS, reverse=True)) + ")"
_ACCOUNT = re.compile(r"[0-9]{12}")
_ROOT = re.compile(rf"arn:({_PARTITION}):iam::([0-9]{{12}}):root")
_ROLE = re.compile(rf"arn:({_PARTITION}):iam::([0-9]{{12}}):role/(?:[!-~]*/)?([\w+=,.@-]+)", re.A)
_USER = re.compile(rf"arn:{_PARTITION}:iam::[0-9]{{12}}:user/(?:[!-~]*/)?[\w+=,.@-]+", re.A)
_SESSION = re.compile(
    rf"arn:({_PARTITION}):sts::([0-9]{{12}}):assumed-role/([\w+=,.@-]+)/[\w+=,.@-]+", re.A
)
_FEDERATED_USER = re.compile(rf"arn:{_PARTITION}:sts::[0-9]{{12}}:federated-user/[\w+=,.@-]+", re.A)
_PROVIDER = re.compile(
    rf"arn:{_PARTITION}:iam::[0-9]{{12}}:(?:saml-provider/[\w._-]+|oidc-provider/[!-~]+)", re.A
)
_SERVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*(?:\.[A-Za-z0-9-]+)+")
_CANONICAL_USER = re.compile(r"[0-9a-f]{64}")
USER_ID = re.compile(r"AIDA[A-Z0-9]{12,124}")
ROLE_ID = re.compile(r"AROA[A-Z0-9]{12,124}")


class NamedPrincipal(NamedTuple):
    """One principal as written. `type` is AWS, Federated, Service, CanonicalUser, or "*"."""

    type: str
    value: str

    @property
    def is_everyone(self) -> bool:
        return self.value == "*" and self.type in ("*", "AWS")

    @property
    def is_well_formed(self) -> bool:
        """Whether some policy may name this principal; no wildcard but the whole `*`."""
        value = self.value
        if self.is_everyone:
            return True
        if self.type == "AWS":
            if "*" in value or "?" in value:
                return False
            forms = (_ACCOUNT, _ROOT, _ROLE, _USER, _SESSION, _FEDERATED_USER, USER_ID, ROLE_ID)
            return any(form.fullmatch(value) for form in forms)
        if self.type == "Service":
            return _SERVICE.fullmatch(value) is not None
        if self.type == "Federated":
            wild = "*" in value or "?" in value
            known = value in WEB_IDENTITY_HOSTS or _PROVIDER.fullmatch(value) is not None
            return known and not wild
        return self.type == "CanonicalUser" and _CANONICAL_USER.fullmatch(value) is not None


class Grant(IntEnum):
    """How strongly a resource policy names a principal; the stronger wins."""

    NONE = 0
    ACCOUNT = 1
    ROLE = 2  # a role's session, or a federated session by the user who made it
    DIRECT = 3


class PrincipalSet:
    """The principals of one statement, ready to match."""

    __slots__ = ("_accounts", "_arns", "_everyone", "_ids", "_providers", "_roles", "_services")

    def __init__(self, named: Iterable[NamedPrincipal]) -> None:
        self._everyone = False
        self._arns, self._ids, self._accounts = set[str](), set[str](), set[str]()
        self._roles = set[tuple[str, str, str]]()
        self._services, self._providers = set[str](), set[str]()
        for principal in named:
            value = principal.value
            if principal.is_everyone:
                self._everyone = True
            elif principal.type == "Service":
                self._services.add(value)
            elif principal.type == "Federated":
                self._providers.add(value)
            elif principal.type == "AWS":
                self._add(value)

    def _add(self, value: str) -> None:
        root, role = _ROOT.fullmatch(value), _ROLE.fullmatch(value)
        if _ACCOUNT.fullmatch(value):
            self._accounts.add(value)
        elif root:
            self._accounts.add(root.group(2))
        elif role:
            self._roles.add((role.group(1), role.group(2), role.group(3)))
        elif value.startswith("arn:"):
            self._arns.add(value)
        else:
            self._ids.add(value)

    def grant(self, principal: Principal, *, by_provider_only: bool = False) -> Grant:
        """How the set names this principal.

        `by_provider_only`: `*` does not stand for a web-identity or SAML caller. So it is for
        an Allow of a trust policy, where the Federated element alone decides (evaluation §7.4).
        """
        kind = principal.kind
        federated = kind is PrincipalKind.WEB_IDENTITY or kind is PrincipalKind.SAML
        if self._everyone and not (by_provider_only and federated):
            return Grant.DIRECT
        if federated:
            return Grant.DIRECT if principal.provider in self._providers else Grant.NONE
        if kind is PrincipalKind.SERVICE:
            return Grant.DIRECT if self._names_service(principal) else Grant.NONE
        if kind is PrincipalKind.ANONYMOUS:
            return Grant.NONE
        if principal.arn in self._arns:
            return Grant.DIRECT
        if kind is PrincipalKind.USER and principal.id in self._ids:
            return Grant.DIRECT
        if kind is PrincipalKind.ROLE_SESSION and self._names_role_of(principal):
            return Grant.ROLE
        if kind is PrincipalKind.FEDERATED_USER and (
            principal.issuer_arn in self._arns or principal.issuer_id in self._ids
        ):
            return Grant.ROLE
        return Grant.ACCOUNT if principal.account in self._accounts else Grant.NONE

    def lists(self, principal: Principal) -> bool:
        """Whether a NotPrincipal element with this set leaves the principal out of its Deny.

        Its own ARN, its role or its account must be listed; entries of type AWS never stand
        for a service. A principal with a permissions boundary is always denied.
        """
        if principal.has_boundary:
            return False
        kind = principal.kind
        if kind is PrincipalKind.SERVICE:
            return self._names_service(principal)
        if self._everyone:
            return True
        if kind is PrincipalKind.WEB_IDENTITY or kind is PrincipalKind.SAML:
            return principal.provider in self._providers
        return (
            principal.arn in self._arns
            or (kind is PrincipalKind.USER and principal.id in self._ids)
            or (kind is PrincipalKind.ROLE_SESSION and self._names_role_of(principal))
            or principal.account in self._accounts
        )

    def _names_service(self, service: Principal) -> bool:
        return service.arn in self._services or service.id in self._services

    def _names_role_of(self, session: Principal) -> bool:
        if session.id in self._ids:
            return True
        if not self._roles:
            return False
        match = _ROLE.fullmatch(session.role_arn) or _SESSION.fullmatch(session.arn)
        return match is not None and match.groups() in self._roles
