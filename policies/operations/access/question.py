"""An action on a resource, asked for one principal after another, and the access that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q

from iamsite.operations import Call, Resource
from iamsite.operations.context import Keys, resource_keys
from iamsite.operations.layers import Held, names_of
from identities.models import Role, User
from identities.operations.sts.assume_role import role_at, trust_policy, trusting
from identities.operations.sts.role_arn import ARN as ROLE_ARN
from policies.engine import (
    Decision,
    Layers,
    Outcome,
    Policy,
    PolicySet,
    Principal,
    Request,
    Statement,
    decide,
)
from policies.engine.possible import lacking
from policies.engine.resources import resource_of
from policies.operations.access.edges import Edge
from policies.operations.access.graph import MOST_PRINCIPALS
from policies.operations.access.holders import Holders, holders
from policies.operations.access.outsiders import Outsider, allowed_principals, directory
from policies.operations.access.population import EVERYBODY, NOBODY, Member, members, root_of
from policies.operations.access.words import edge_output, source_of, statement_output
from policies.operations.authorize import ASSUMING, check_entries, resource_side, with_resource
from policies.operations.simulation import inputs

MOST_STATEMENTS = 10
CONDITIONAL = "conditional"
# By what somebody has access, beside the policies of its own; by the source of the statement.
ROOT, OWN, ASSUMED = "RootUser", "OwnPolicy", "AssumedRole"
PATHS = {
    "Group": "Group",
    "ResourcePolicy": "ResourcePolicy",
    "TrustPolicy": "ResourcePolicy",
}


@dataclass(frozen=True)
class Access:
    """Somebody who has access: by its own policies, or along `way` by assuming roles.

    `row` is that of a user or role of the account.
    """

    arn: str
    kind: str
    lacks: tuple[str, ...]
    decision: Decision | None
    statements: tuple[tuple[Policy, Statement], ...]
    names: Mapping[str, Held]
    way: tuple[Edge, ...] = ()
    row: User | Role | None = None

    @property
    def is_sure(self) -> bool:
        return not self.lacks

    @property
    def word(self) -> str:
        return CONDITIONAL if self.lacks else Outcome.ALLOWED.value

    @property
    def paths(self) -> list[str]:
        """By what it has the access: accessPathType of the portal's model."""
        if self.way:
            return [ASSUMED]
        if self.kind == "Root" and not self.statements:
            return [ROOT]
        sources = {source_of(policy, self.names) for policy, _ in self.statements}
        return sorted({PATHS.get(one, OWN) for one in sources})

    def output(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "PrincipalArn": self.arn,
            "PrincipalType": self.kind,
            "Decision": self.word,
            "MissingContextValues": list(self.lacks),
            "AccessPaths": self.paths,
            "Steps": len(self.way),
            "Way": [edge_output(edge) for edge in self.way],
            "Statements": [
                statement_output(policy, statement, self.names)
                for policy, statement in self.statements[:MOST_STATEMENTS]
            ],
        }
        if self.decision is not None and self.decision.allowed:
            found["DecidingLayer"] = self.decision.layer.value
        if self.row is not None:
            found |= {"PrincipalId": self.row.id, "CreateDate": self.row.created_at}
        return found


class Question:
    """An action on a resource in a context, to be asked for one principal after another."""

    def __init__(
        self, call: Call, action: str, resource: str, entries: Sequence[Mapping[str, Any]]
    ) -> None:
        inputs.check_actions([action])
        inputs.check_resources([resource])
        check_entries(entries, {})
        self.call, self.action, self.resource = call, action, resource
        self.entries = entries
        self._trusted = False
        self.policies: PolicySet | None
        match = ROLE_ARN.fullmatch(resource)
        if action.lower() in ASSUMING and match is not None and match[1] == call.account:
            role = role_at(*match.groups())
            self.owner, self._trusted = call.account, True
            self.policies = trust_policy(role) if role is not None else PolicySet(())
        else:
            self.owner, self.policies = resource_side(call, resource)
        self._keys = resource_keys(
            Resource(resource, self.owner), action, call.organization_of(self.owner)
        )

    def of_member(self, member: Member) -> Access | None:
        found = self._ask(member.principal, member.keys, member.layers)
        if found is None:
            return None
        kind = "Role" if isinstance(member.row, Role) else "User"
        return Access(member.arn, kind, *found, names_of(member.held), row=member.row)

    def of_root(self) -> Access | None:
        principal, keys, layers = root_of(self.call)
        found = self._ask(principal, keys, layers)
        return Access(principal.arn, "Root", *found, {}) if found is not None else None

    def roles(self) -> list[Access]:
        """The access of roles that have it of their own."""
        ids = self.holders.roles
        only = Q(id__among=ids) if ids is not None else EVERYBODY
        found = map(self.of_member, members(self.call, users=NOBODY, roles=only))
        return [one for one in found if one is not None]

    @cached_property
    def holders(self) -> Holders:
        """Whom some policy of theirs allows it, and whom the resource's own policy names; not told
        where it names everyone."""
        documents = [one.document for one in self.policies.policies] if self.policies else []
        named = {one for document in documents for one in allowed_principals(document)}
        if any(one.is_everyone for one in named):
            return Holders(None, None)
        ids = {one.value for one in named}
        found = holders(self.call, self.action, MOST_PRINCIPALS, self.resource)
        return Holders(*(one if one is None else one | ids for one in found))

    def outsiders(self) -> list[Outsider]:
        """Whom the resource's own policy names from outside; of this account's policies only."""
        if self.policies is None or self.owner != self.call.account:
            return []
        documents = [policy.document for policy in self.policies.policies]
        names = directory(self.call, documents)
        found = (names.outsider(named) for one in documents for named in allowed_principals(one))
        return [one for one in found if one is not None and one.is_resolvable]

    def of_outsider(self, outsider: Outsider) -> Access | None:
        layers = outsider.layers(self.call)
        found = self._ask(outsider.principal, outsider.keys, layers)
        if found is None:
            return None
        lacks, decision, statements = found
        of_resource = tuple(one for one in statements if one[0].id != "outside")
        if not of_resource and self.policies is not None:
            of_resource = self._about(self.policies, outsider.principal)
        return Access(outsider.arn, outsider.kind, lacks, decision, of_resource, {})

    def _ask(
        self, principal: Principal, keys: Mapping[str, Any], layers: Layers
    ) -> tuple[tuple[str, ...], Decision, tuple[tuple[Policy, Statement], ...]] | None:
        whole: Keys = {**keys, **self._keys}
        context = inputs.context_of(self.entries, whole)
        request = Request(principal, self.action, self.resource, self.owner, context)
        layers = self._with_resource(layers)
        decision = decide(request, layers)
        if decision.allowed:
            return (), decision, decision.matched
        lacks = lacking(request, layers)
        if lacks is None:
            return None
        sets = [one for one in (layers.identity, layers.resource) if one is not None]
        about = tuple(found for one in sets for found in self._about(one, principal))
        return lacks, decision, about

    def _with_resource(self, layers: Layers) -> Layers:
        if self._trusted and self.policies is not None:
            return trusting(layers, self.policies)
        return with_resource(self.call, layers, self.owner, self.policies)

    def _about(
        self, policies: PolicySet, principal: Principal
    ) -> tuple[tuple[Policy, Statement], ...]:
        """The Allow statements about the request, whatever their conditions."""
        resource = resource_of(self.resource)
        return tuple(
            (policies.policies[number], found.statement)
            for number, found in policies.about(self.action)
            if not found.denies and found.grant(principal) and found.covers_resource(resource, {})
        )
