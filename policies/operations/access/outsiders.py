"""Whom the policies of an account's resources and roles name from outside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from iamsite.operations import Call
from iamsite.operations.context import Keys
from iamsite.operations.layers import document_of
from iamsite.operations.organization import limits_of
from identities.models import OIDCProvider, SAMLProvider
from identities.providers import OIDC_ARN, SAML_ARN
from identities.services import is_service_principal
from identities.trust import UNIQUE_ID, arns_of
from policies.engine import (
    Document,
    DocumentKind,
    Effect,
    Layers,
    NamedPrincipal,
    Policy,
    Principal,
    PrincipalKind,
    compile_policies,
)
from policies.engine.principals import WEB_IDENTITY_HOSTS
from policies.models import Service

ROOT = re.compile(r"arn:aws:iam::(\d{12}):root")
EVERYONE = NamedPrincipal("AWS", "*")


@dataclass(frozen=True)
class Outsider:
    """Somebody whom a policy names and the account does not hold.

    `kind` is Account, Principal, Service, IdentityProvider, Everyone, or Deleted for a unique id
    that nobody has any more and for a provider or service that is gone. Its own side is supposed
    to allow everything: what it may do there is not for this account to know.
    """

    arn: str
    kind: str
    principal: Principal
    keys: Keys

    @property
    def is_resolvable(self) -> bool:
        return self.kind != "Deleted"

    def layers(self, call: Call) -> Layers:
        limits = limits_of(call.account, call.caller.organization)
        return replace(_everything(), rcps=limits.rcps)


@lru_cache(maxsize=1)
def _everything() -> Layers:
    text = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}'
    document = document_of(text, DocumentKind.IDENTITY)
    return Layers(identity=compile_policies([Policy(document, "outside", None, "none")]))


@dataclass(frozen=True)
class Directory:
    """What of the names in some policies exists: by unique id the ARN, providers, services."""

    account: str
    arns: Mapping[str, str]
    providers: frozenset[str]
    services: frozenset[str]
    sent: Mapping[str, str]

    def outsider(self, named: NamedPrincipal) -> Outsider | None:
        """The outsider behind a name; None for somebody of the account itself."""
        value = named.value
        if named.is_everyone:
            return Outsider("*", "Everyone", Principal(PrincipalKind.ANONYMOUS, "*", ""), {})
        if named.type == "Service":
            known = is_service_principal(value) or value in self.services
            principal = Principal(PrincipalKind.SERVICE, value, "")
            return Outsider(
                value,
                "Service" if known else "Deleted",
                principal,
                {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": value},
            )
        if named.type == "Federated":
            is_saml = SAML_ARN.fullmatch(value) is not None
            kind = PrincipalKind.SAML if is_saml else PrincipalKind.WEB_IDENTITY
            known = value in WEB_IDENTITY_HOSTS or value in self.providers
            return Outsider(
                value,
                "IdentityProvider" if known else "Deleted",
                Principal(kind, value, "", provider=value),
                {"aws:FederatedProvider": value},
            )
        return self._of_account(value)

    def _of_account(self, value: str) -> Outsider | None:
        if UNIQUE_ID.fullmatch(value):
            arn = self.arns.get(value)
            if arn is None:
                shown = self.sent.get(value, value)
                return Outsider(shown, "Deleted", _named(shown, value), {})
            if arn.split(":")[4] == self.account:
                return None
            return Outsider(arn, "Principal", _named(arn, value), _keys(arn))
        account = value.split(":")[4] if value.startswith("arn:") else value
        if account == self.account:
            return None
        if ROOT.fullmatch(value) or value == account:
            somebody = f"arn:aws:iam::{account}:user/somebody"
            keys = {"aws:PrincipalAccount": account}
            return Outsider(
                f"arn:aws:iam::{account}:root",
                "Account",
                Principal(PrincipalKind.USER, somebody, account),
                keys,
            )
        return Outsider(value, "Principal", _named(value, ""), _keys(value))


def _named(arn: str, unique_id: str) -> Principal:
    account = arn.split(":")[4] if arn.startswith("arn:") else ""
    name = arn.rpartition("/")[2]
    if ":assumed-role/" in arn:
        return Principal(PrincipalKind.ROLE_SESSION, arn, account)
    if unique_id.startswith("AROA") or ":role/" in arn:
        session = f"arn:aws:sts::{account}:assumed-role/{name}/somebody"
        return Principal(PrincipalKind.ROLE_SESSION, session, account, unique_id, role_arn=arn)
    return Principal(PrincipalKind.USER, arn, account, unique_id)


def _keys(arn: str) -> Keys:
    return {"aws:PrincipalArn": arn, "aws:PrincipalAccount": arn.split(":")[4]}


def directory(
    call: Call, documents: Iterable[Document], pins: Iterable[Mapping[str, str]] = ()
) -> Directory:
    """What exists of all that these documents name, in a fixed number of queries."""
    named = {one for document in documents for one in document.principals()}
    ids = {one.value for one in named if UNIQUE_ID.fullmatch(one.value)}
    federated = {one.value for one in named if one.type == "Federated"}
    providers = {one for one in federated if OIDC_ARN.fullmatch(one) or SAML_ARN.fullmatch(one)}
    known: set[str] = set()
    if providers:
        known |= {row.arn for row in OIDCProvider.objects.of(call.account)}
        known |= {row.arn for row in SAMLProvider.objects.of(call.account).only("name", "account")}
    services: set[str] = set()
    if any(one.type == "Service" for one in named):
        services |= set(Service.objects.of(call.account).values_list("principal", flat=True))
    return Directory(
        call.account,
        arns_of(ids),
        frozenset(known & providers),
        frozenset(services),
        {pin: arn for one in pins for arn, pin in one.items()},
    )


def allowed_principals(document: Document) -> list[NamedPrincipal]:
    """Whom some Allow statement names; everyone where it names all but some."""
    found: dict[NamedPrincipal, None] = {}
    for statement in document.statements:
        if statement.effect is Effect.ALLOW:
            for one in statement.principals or (EVERYONE,):
                found[EVERYONE if one.is_everyone else one] = None
    return list(found)
