"""Who outside the account is let in by trust policies and resource policies.

Each finding has a request that the evaluator allows, supposing only what the other side can give
itself: that its own policies let it ask. Services of AWS and of the account are not outside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from iamsite.operations.caller import Membership
from iamsite.operations.context import TYPES, Keys, organization_keys, resource_keys
from iamsite.operations.namespaces import Namespaces
from iamsite.operations.organization import limits_of, membership_of
from iamsite.operations.registry import Resource
from identities import trust
from identities.models import Role
from policies import registered
from policies.analyzer.conditions import filled, satisfying
from policies.analyzer.found import Found, Kind, Severity
from policies.engine import (
    Context,
    Document,
    DocumentKind,
    Effect,
    Layers,
    NamedPrincipal,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    Statement,
    compile_policies,
    decide,
    parse,
)
from policies.engine.actions import action_pattern
from policies.models import RegisteredResource

# An account that nobody's policies name: whoever happens to ask.
ANYBODY = "999999999999"
EVERYTHING = compile_policies(
    [
        Policy(
            parse(
                '{"Version":"2012-10-17","Statement":'
                '{"Effect":"Allow","Action":"*","Resource":"*"}}',
                DocumentKind.IDENTITY,
            ),
            "everything",
        )
    ]
)
ASSUMING = {
    PrincipalKind.WEB_IDENTITY: "sts:AssumeRoleWithWebIdentity",
    PrincipalKind.SAML: "sts:AssumeRoleWithSAML",
}
_ARN = re.compile(r"arn:[^:]*:(iam|sts)::(\d{12}):(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody outside: as the policy names it, as the engine sees it, and the keys that follow."""

    name: str
    principal: Principal
    keys: Keys
    of_organization: bool = False


class Outside:
    """The world beyond one account."""

    def __init__(self, account: str, membership: Membership | None, now: datetime) -> None:
        self.account = account
        self.membership = membership
        self._memberships: dict[str, Membership | None] = {ANYBODY: None}
        self._network: Keys = {
            "aws:SecureTransport": "true",
            "aws:SourceIp": "198.51.100.7",
            "aws:RequestedRegion": "us-east-1",
            "aws:ViaAWSService": "false",
            "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
        }

    @cached_property
    def rcps(self) -> tuple[PolicySet, ...] | None:
        return limits_of(self.account, self.membership).rcps

    def named(self, named: NamedPrincipal, names: Mapping[str, str]) -> list[Outsider]:
        """Those outside for whom a principal of a policy stands; `names` are ARNs by unique id."""
        if named.is_everyone:
            return self.everybody()
        value = named.value
        if named.type == "Federated":
            kind = PrincipalKind.SAML if ":saml-provider/" in value else PrincipalKind.WEB_IDENTITY
            keys: Keys = {"aws:FederatedProvider": value}
            return [Outsider(value, Principal(kind, value, "", provider=value), keys)]
        if named.type == "Service":
            full = registered.read_full_name(value)
            if full is None or full[1] == self.account:
                return []
            principal = Principal(PrincipalKind.SERVICE, value, "", value)
            keys = {"aws:PrincipalServiceName": value, "aws:PrincipalIsAWSService": "false"}
            return [Outsider(value, principal, keys)]
        arn = names.get(value, value)
        match = _ARN.fullmatch(arn)
        if match is None or match[2] == self.account:
            return []
        return [self._caller(arn, match[2], match[3], "" if arn == value else value)]

    def everybody(self) -> list[Outsider]:
        """Whoever asks: without a signature, from any account, from one of the organization."""
        nobody = Principal(PrincipalKind.ANONYMOUS, "*", "")
        keys: Keys = {"aws:PrincipalType": "Anonymous", "aws:PrincipalAccount": "anonymous"}
        stranger = self._caller(f"arn:aws:iam::{ANYBODY}:root", ANYBODY, "root", "")
        found = [Outsider("*", nobody, keys), Outsider("*", stranger.principal, stranger.keys)]
        if self.membership is not None:
            of_ours = {**stranger.keys, **organization_keys(self.membership)}
            found.append(Outsider("*", stranger.principal, of_ours, of_organization=True))
        return found

    def _caller(self, arn: str, account: str, rest: str, unique_id: str) -> Outsider:
        membership = self._membership(account)
        kind, _, name = rest.partition("/")
        last = name.rpartition("/")[2]
        if kind == "root":
            shown = f"arn:aws:iam::{account}:user/anyone"
            principal = Principal(PrincipalKind.USER, shown, account, "AIDAANYONE")
        elif kind == "role":
            session = f"arn:aws:sts::{account}:assumed-role/{last}/session"
            principal = Principal(
                PrincipalKind.ROLE_SESSION, session, account, unique_id, role_arn=arn
            )
        elif kind == "assumed-role":
            principal = Principal(PrincipalKind.ROLE_SESSION, arn, account, "AROAANYONE")
        else:
            principal = Principal(PrincipalKind.USER, arn, account, unique_id)
        keys: Keys = {
            "aws:PrincipalArn": principal.role_arn or principal.arn,
            "aws:PrincipalAccount": account,
            "aws:PrincipalType": TYPES[principal.kind],
            "aws:PrincipalIsAWSService": "false",
            "aws:userid": principal.id,
        }
        if membership is not None:
            keys |= organization_keys(membership)
        ours = self.membership is not None and membership is not None
        same = ours and membership.id == self.membership.id  # type: ignore[union-attr]
        return Outsider(arn, principal, keys, of_organization=bool(same))

    def _membership(self, account: str) -> Membership | None:
        if account not in self._memberships:
            self._memberships[account] = membership_of(account)
        return self._memberships[account]

    def proof(
        self,
        outsider: Outsider,
        statement: Statement,
        action: str,
        resource: Resource,
        document: Document,
        *,
        trusts: bool,
    ) -> Request | None:
        """A request of the outsider's that the policies allow, or None when none was found."""
        chosen = satisfying(statement.conditions)
        given: Keys = {
            **outsider.keys,
            **resource_keys(resource, action, self.membership),
        }
        fixed = {key.lower() for key in given} | {
            "aws:principalorgid",
            "aws:principalorgpaths",
            "aws:principalorgmasteraccountid",
        }
        free = {key: value for key, value in chosen.items() if key.lower() not in fixed}
        taken = {key.lower() for key in free}
        network = {key: one for key, one in self._network.items() if key.lower() not in taken}
        if outsider.principal.kind is PrincipalKind.USER:
            network["aws:username"] = outsider.principal.arn.rpartition("/")[2]
        context = Context({**network, **free, **given})
        request = Request(outsider.principal, action, resource.arn, self.account, context)
        layers = Layers(
            identity=EVERYTHING,
            resource=compile_policies([Policy(document, "resource", None, "resource")]),
            rcps=self.rcps,
            trust=trusts,
        )
        return request if decide(request, layers).allowed else None


def roles_let_in(outside: Outside, roles: Iterable[Role]) -> Iterator[Found]:
    """Roles that somebody outside the account may assume."""
    for role in roles:
        document = trust.pinned(role)
        resource = Resource(role.arn, outside.account, tags=role.tags)
        yield from _let_in(outside, document, role.trust_pins, resource, ("role", role.id), None)


def resources_let_in(
    outside: Outside, resources: Iterable[RegisteredResource], namespaces: Namespaces
) -> Iterator[Found]:
    """Resources whose own policies let somebody outside the account in."""
    for row in resources:
        if row.policy:
            document = trust.pinned_document(row.policy, row.pins, DocumentKind.RESOURCE)
            resource = Resource(row.arn, outside.account)
            about = ("resource", row.arn)
            yield from _let_in(outside, document, row.pins, resource, about, namespaces)


def _let_in(
    outside: Outside,
    document: Document,
    pins: Mapping[str, str],
    resource: Resource,
    about: tuple[str, str],
    namespaces: Namespaces | None,
) -> Iterator[Found]:
    names = {pin: arn for arn, pin in pins.items()}
    seen: set[str] = set()
    for statement in document.statements:
        if statement.effect is not Effect.ALLOW:
            continue
        for outsider in _outsiders(outside, statement, names):
            if outsider.name in seen or _cannot_ask(outsider, namespaces):
                continue
            action = _action(statement, outsider, resource, namespaces)
            target = _resource(statement, resource)
            request = action and outside.proof(
                outsider, statement, action, target, document, trusts=namespaces is None
            )
            if request:
                seen.add(outsider.name)
                yield _found(outsider, statement, request, resource, about)


def _cannot_ask(outsider: Outsider, namespaces: Namespaces | None) -> bool:
    """Nobody takes a role without a signature or a provider's word."""
    return namespaces is None and outsider.principal.kind is PrincipalKind.ANONYMOUS


def _outsiders(
    outside: Outside, statement: Statement, names: Mapping[str, str]
) -> Iterator[Outsider]:
    if statement.not_principals is not None:
        yield from outside.everybody()
    for named in statement.principals or ():
        yield from outside.named(named, names)


def _action(
    statement: Statement, outsider: Outsider, resource: Resource, namespaces: Namespaces | None
) -> str:
    """An action that the statement covers: of taking the role, or of the resource's service."""
    if namespaces is None:
        wanted = [ASSUMING.get(outsider.principal.kind, "sts:AssumeRole")]
    else:
        service = resource.arn.split(":", 3)[2].lower()
        known = namespaces.actions(service)
        exact = [text for text in statement.actions or () if "*" not in text and "?" not in text]
        wanted = exact + [f"{service}:{name}" for name in known.values()]
        wanted += [filled(text) for text in statement.actions or () if ":" in text]
    for action in wanted:
        service, _, name = action.lower().partition(":")
        if _covers(statement, service, name):
            return action
    return ""


def _covers(statement: Statement, service: str, name: str) -> bool:
    listed = statement.actions if statement.actions is not None else statement.not_actions or ()
    covered = any(action_pattern(text).covers(service, name) for text in listed)
    return covered is (statement.actions is not None)


def _resource(statement: Statement, resource: Resource) -> Resource:
    """The resource itself, or the part of it that the statement is about."""
    for text in statement.resources or ():
        if "${" not in text and text.lower().startswith(resource.arn.lower()):
            return Resource(filled(text), resource.account)
    return resource


def _found(
    outsider: Outsider,
    statement: Statement,
    request: Request,
    resource: Resource,
    about: tuple[str, str],
) -> Found:
    is_public = outsider.name == "*"
    severity = Severity.MEDIUM
    if is_public and not outsider.of_organization:
        severity = Severity.MEDIUM if statement.conditions else Severity.HIGH
    elif outsider.of_organization or statement.conditions:
        severity = Severity.LOW
    what = "can be assumed by" if about[0] == "role" else "lets in"
    return Found(
        Kind.EXTERNAL_ACCESS,
        "RoleTrustsOutside" if about[0] == "role" else "ResourceOpenToOutside",
        severity,
        resource.arn,
        (*about, outsider.name),
        f"{_short(resource.arn)} {what} {_who(outsider)}"
        f"{', under conditions' if statement.conditions else ''}.",
        request,
        principal=outsider.name,
    )


def _short(arn: str) -> str:
    return arn.split(":", 5)[5]


def _who(outsider: Outsider) -> str:
    if outsider.name == "*":
        return "every account of the organization" if outsider.of_organization else "anyone"
    name, kind = outsider.name, outsider.principal.kind
    if kind in ASSUMING:
        return f"whomever {_short(name) if name.startswith('arn:') else name} vouches for"
    match = _ARN.fullmatch(name)
    if match is None:
        return name
    return f"the account {match[2]}" + (f"'s {match[3]}" if match[3] != "root" else "")
