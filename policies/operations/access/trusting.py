"""Who can become the roles of an account, decided for those alike together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any

from iamsite.operations import Call, Resource
from iamsite.operations.context import Keys, resource_keys
from iamsite.operations.layers import as_policy
from iamsite.operations.organization import limits_of
from iamsite.operations.rows import fetch, parsed
from identities import trust
from identities.administrators import ACTIONS, administers, anybody
from identities.models import Role
from policies.engine import (
    Context,
    Document,
    DocumentKind,
    Layers,
    NamedPrincipal,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
)
from policies.engine.patterns import fold
from policies.engine.possible import lacking
from policies.operations.access.alike import Alike, alike, by_itself, decides_alike
from policies.operations.access.edges import Edges, Sources
from policies.operations.access.holders import allows, documents
from policies.operations.access.outsiders import Outsider, allowed_principals, directory
from policies.operations.access.population import Member, of_ids
from policies.operations.authorize import OF_THE_CLOCK

ASSUME = "sts:AssumeRole"
BY_KIND = {
    PrincipalKind.WEB_IDENTITY: "sts:AssumeRoleWithWebIdentity",
    PrincipalKind.SAML: "sts:AssumeRoleWithSAML",
}
# Pairs of principal and role that are decided for one graph, each in some microseconds; those of
# principals whose policies say the same are decided once.
MOST_PAIRS = 300_000

ROLES = """
SELECT id, name, path, trust_policy, trust_pins, tags FROM identities_role
    WHERE account_id = %s ORDER BY lower_name LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class TrustedRole:
    """What of a role has a part in who can become it; its trust policy is pinned."""

    id: str
    arn: str
    tags: Mapping[str, str]
    document: Document
    pins: Mapping[str, str]

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]


def trusted_roles(call: Call, limit: int) -> list[TrustedRole]:
    """The account's roles, by name."""
    return [_read(call.account, *row) for row in fetch(ROLES, [call.account, limit])]


def _read(
    account: str, id_: str, name: str, path: str, text: str, written_pins: str, tags: str
) -> TrustedRole:
    pins = parsed(written_pins)
    document = trust.pinned_document(text, pins, DocumentKind.TRUST)
    arn = f"arn:aws:iam::{account}:role{path}{name}"
    return TrustedRole(id_, arn, parsed(tags), document, pins)


def _to_be(role: Role) -> TrustedRole:
    return TrustedRole(role.id, role.arn, role.tags, trust.pinned(role), role.trust_pins)


class Trust:
    """What a trust policy says, for all roles that have it."""

    def __init__(self, document: Document) -> None:
        self.policies = compile_policies(
            [Policy(document, "AssumeRolePolicyDocument", None, "role")]
        )
        self.allowed = allowed_principals(document)
        self.named = {one.value for one in document.principals()}


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom of the account a role is asked about: `together` those alike, but whom the trust policy
    names, be it to deny; `alone` these, by unique id, each with the session that is named."""

    role: TrustedRole
    trust: Trust
    together: list[Alike]
    alone: dict[str, str]

    def others(self, some: Alike) -> Iterator[str]:
        """The unique ids of those whom it does not name."""
        return (one for one in some.ids if one not in self.alone)

    @property
    def first(self) -> Iterator[tuple[Alike, str]]:
        """One of each of those alike, whom it is asked about first."""
        for some in self.together:
            yield from ((some, id_) for id_ in islice(self.others(some), 1))


class Trusting:
    """Decides which of these users and roles, and of all outside, can become which role.

    `created` are users and roles that are not there yet. `outsiders` are those whom the roles
    name, `named_outside` the ARNs of unique ids among them; `left` is how many more pairs may be
    decided, less than 0 where some were not.
    """

    def __init__(
        self,
        call: Call,
        roles: Sequence[TrustedRole],
        users: Collection[str],
        created: Sequence[Member] = (),
    ) -> None:
        self.call = call
        self.roles = [*roles, *(_to_be(one.row) for one in created if isinstance(one.row, Role))]
        self.outsiders: dict[str, Outsider] = {}
        self.named_outside: dict[str, str] = {}
        self.left = MOST_PAIRS
        self._members = {one.row.id: one for one in created}
        self.everybody = alike(call, users, [role.id for role in roles])
        self.everybody += [by_itself(one) for one in created]
        self._alike = {id_: some for some in self.everybody for id_ in some.ids}
        self._by_name = {role.name.lower(): role.id for role in self.roles}
        self._held = dict(documents(call, {it for some in self.everybody for it in some.digests}))
        for held in (one for member in created for one in member.held):
            self._held.setdefault(held.digest, compile_policies([as_policy(held)]))
        self._sources: dict[Alike, Sources] = {}
        self._by_arn: dict[str, Sources] = {}
        self._told: dict[tuple[Any, ...], tuple[str, ...] | None] = {}
        self._under: dict[tuple[str, Trust], tuple[Layers, bool]] = {}
        self._limits = limits_of(call.account, call.caller.organization)
        self._trusts: set[PolicySet] = set()

    @cached_property
    def assumers(self) -> list[Alike]:
        """Those whose own policies allow assuming some role."""
        return [some for some in self.everybody if self._allows(some, ASSUME)]

    def _allows(self, some: Alike, action: str) -> bool:
        return allows(self._held, some.digests, action)

    def edges(self, instead: Mapping[str, Document] | None = None) -> Iterator[Edges]:
        """The edges to every role; to those in `instead` alone, had they these trust policies."""
        given = instead or {}
        trusting = [
            (role, given.get(role.arn) or role.document)
            for role in self.roles
            if instead is None or role.arn in instead
        ]
        pins = [role.pins for role, _ in trusting]
        names = directory(self.call, (document for _, document in trusting), pins)
        own = f"arn:aws:iam::{self.call.account}:"
        self.named_outside |= {id_: at for id_, at in names.arns.items() if not at.startswith(own)}
        said: dict[int, Trust] = {}
        asking = []
        for role, document in trusting:
            says = said.get(id(document)) or said.setdefault(id(document), Trust(document))
            self._trusts.add(says.policies)
            inside = []
            for named in says.allowed:
                outsider = names.outsider(named)
                if outsider is None:
                    inside.append(named)
                    continue
                yield from self._from_outside(outsider, role, says.policies)
                if named.is_everyone:
                    inside.append(named)
            asking.append(self._asked(role, says, inside))
        yield from self._from_inside(asking)

    def _from_outside(
        self, outsider: Outsider, role: TrustedRole, trusted: PolicySet
    ) -> Iterator[Edges]:
        self.outsiders.setdefault(outsider.arn, outsider)
        action = BY_KIND.get(outsider.principal.kind, ASSUME)
        # Its own side allows everything, so that without RCPs roles of the same trust policy and
        # the same tags are alike.
        resource = role.arn if self._limits.rcps is not None else ""
        key = outsider.arn, trusted, resource, tuple(role.tags.items())
        if key not in self._told:
            layers = replace(outsider.layers(self.call), resource=trusted, trust=True)
            request = self._request(outsider.principal, outsider.keys, role, action)
            self._told[key] = _lacks(request, layers)
        if (lacks := self._told[key]) is not None:
            yield Edges(self._alone(outsider.arn), role.arn, action, lacks)

    def _asked(self, role: TrustedRole, says: Trust, inside: Sequence[NamedPrincipal]) -> Asked:
        together: list[Alike] = []
        if any(one.is_everyone for one in inside):
            together = self.everybody
        elif any(_is_account(one.value, self.call.account) for one in inside):
            together = self.assumers
        alone = {}
        for value in (one.value for one in inside):
            if value in self._alike:
                alone[value] = ""
            elif (id_ := self._in_session(value)) and self._alike[id_] not in together:
                alone[id_] = value
        named = (one for one in says.named if one in self._alike)
        return Asked(
            role, says, together, alone | {one: "" for one in named if self._alike[one] in together}
        )

    def _in_session(self, value: str) -> str:
        """The unique id of the role whose session it is; it may name that as it likes."""
        name = value.split("/")[1] if ":assumed-role/" in value else ""
        return self._by_name.get(name.lower(), "")

    def _from_inside(self, asking: Sequence[Asked]) -> Iterator[Edges]:
        first = {id_ for asked in asking for _, id_ in asked.first}
        self._load({*first, *(id_ for asked in asking for id_ in asked.alone)})
        apart: list[tuple[Asked, Alike]] = []
        for asked in asking:
            for id_, session in asked.alone.items():
                member = self._members.get(id_)
                if member is not None:
                    yield from self._of(member.in_session(session) if session else member, asked)
            for some, id_ in asked.first:
                member = self._members.get(id_)
                if member is not None:
                    layers, is_alike = self._layers(member, asked)
                    if is_alike or decides_alike(layers, [ASSUME], asked.role.arn):
                        for decided in self._of(member, asked):
                            yield replace(decided, sources=self._all(some, asked))
                        continue
                apart.append((asked, some))
        self._load({id_ for asked, some in apart for id_ in asked.others(some)})
        for asked, some in apart:
            for id_ in asked.others(some):
                if id_ in self._members:
                    yield from self._of(self._members[id_], asked)

    def _all(self, some: Alike, asked: Asked) -> Sources:
        if all(self._alike[id_] is not some for id_ in asked.alone):
            return self._sources.setdefault(some, Sources(some.arns))
        pairs = zip(some.ids, some.arns, strict=True)
        return Sources(tuple(arn for id_, arn in pairs if id_ not in asked.alone))

    def _alone(self, arn: str) -> Sources:
        return self._by_arn.setdefault(arn, Sources((arn,)))

    def _load(self, ids: Collection[str]) -> None:
        """Reads those that are not read yet."""
        missing = [id_ for id_ in ids if id_ not in self._members]
        if missing:
            self._members |= {one.row.id: one for one in of_ids(self.call, missing)}

    def _layers(self, member: Member, asked: Asked) -> tuple[Layers, bool]:
        """What decides, and whether it decides alike whatever the role is."""
        key = member.row.id, asked.trust
        found = self._under.get(key)
        if found is None:
            layers = replace(member.layers, resource=asked.trust.policies, trust=True)
            found = self._under[key] = layers, decides_alike(layers, [ASSUME])
        return found

    def _of(self, one: Member, asked: Asked) -> Iterator[Edges]:
        """The edge of this one, if there is one."""
        if self.left < 0:
            return
        self.left -= 1
        request = self._request(one.principal, one.keys, asked.role, ASSUME)
        if (lacks := _lacks(request, self._layers(one, asked)[0])) is not None:
            yield Edges(self._alone(one.arn), asked.role.arn, ASSUME, lacks)

    def _request(self, principal: Principal, keys: Keys, role: TrustedRole, action: str) -> Request:
        call = self.call
        resource = Resource(role.arn, call.account, tags=role.tags)
        found = {**keys, **resource_keys(resource, action, call.organization_of(call.account))}
        return Request(principal, action, role.arn, call.account, Context(found))

    @property
    def lasts(self) -> bool:
        """Whether all that was decided holds until the account or its organization changes: it does
        not depend on the time."""
        layers = [one.layers for one in self._members.values()]
        sets = {policies for one in layers for _, policies in one.applying}
        sets.update(self._trusts, *(level for level in self._limits if level))
        return all(map(_is_timeless, sets))

    def administrators(self) -> Iterator[str]:
        """The ARNs of those who may administer the account's users, and so give themselves
        everything."""
        might = [one for one in self.everybody if all(self._allows(one, it) for it in ACTIONS)]
        self._load({some.ids[0] for some in might})
        apart = []
        whom = anybody(self.call.account)
        for some in might:
            first = self._members.get(some.ids[0])
            if first is not None and not decides_alike(first.layers, ACTIONS, whom):
                apart.append(some)
            elif first is not None and _administers(first):
                yield from some.arns
        self._load({id_ for some in apart for id_ in some.ids})
        ids = (id_ for some in apart for id_ in some.ids if id_ in self._members)
        yield from (self._members[id_].arn for id_ in ids if _administers(self._members[id_]))


def _administers(one: Member) -> bool:
    return administers(one.principal, one.layers, Context(one.keys))


@lru_cache(maxsize=10_000)
def _is_timeless(policies: PolicySet) -> bool:
    return OF_THE_CLOCK.isdisjoint(map(fold, policies.context_keys()))


def _is_account(value: str, account: str) -> bool:
    return value.endswith(":root") or value == account


def _lacks(request: Request, layers: Layers) -> tuple[str, ...] | None:
    """The keys that the request lacks to be allowed, () where it is; None where nothing helps."""
    return () if decide(request, layers).allowed else lacking(request, layers)
