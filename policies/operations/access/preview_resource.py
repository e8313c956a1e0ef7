"""Who gains and who loses what on a resource by a policy of it that is not saved yet.

Of principals of other accounts only the document speaks: their own side, which this account does
not know, is supposed to allow everything.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.db.models import Q

from accounts.models import DecisionRecord
from iamsite.operations import Call
from iamsite.operations.context import Keys
from iamsite.operations.paging import page_while
from identities.models import Role, User
from identities.trust import UNIQUE_ID
from policies.engine import (
    Document,
    Layers,
    NamedPrincipal,
    Policy,
    PolicySet,
    Principal,
    Statement,
    compile_policies,
    decide,
)
from policies.engine.lint import ServiceCatalogue
from policies.engine.patterns import Glob
from policies.models import RegisteredResource
from policies.operations.access.asking import Side
from policies.operations.access.between import differing
from policies.operations.access.comparing import Comparison, Pair, Places
from policies.operations.access.outsiders import EVERYONE, ROOT, Outsider, directory
from policies.operations.access.population import EVERYBODY, START, Member, Place, members, root_of
from policies.operations.access.probes import ANY_ACTION, Probes
from policies.operations.access.replay import MOST_RECORDS, replayed
from policies.operations.access.spending import Budget
from policies.operations.authorize import Question, with_resource
from policies.operations.decisions.now import ASKED_FOR_ANOTHER
from policies.operations.known import catalogue
from policies.registered import has_form

MOST_DECISIONS = 40_000  # of one page; each takes some microseconds
BATCH = 100  # members read at once
OUTSIDE, ROOT_USER, USER, ROLE = range(4)  # in which order they are told of
INSIDE = {"user": (USER, "User"), "role": (ROLE, "Role")}
At = tuple[int, str]  # and which of them: an ARN, a name in lower case


@dataclass(frozen=True)
class ResourceDraft:
    """A resource with the policies that count for it before and after, pinned; None for none."""

    arn: str
    before: Document | None
    after: Document | None

    @cached_property
    def statements(self) -> list[Statement]:
        """Those that only one of the policies has."""
        found = differing(*(Layers(resource=one) for one in self.policies))
        return [one.statement.statement for side in (found.before, found.after) for one in side]

    @cached_property
    def policies(self) -> tuple[PolicySet | None, PolicySet | None]:
        return _compiled(self.before), _compiled(self.after)


@dataclass(frozen=True)
class _Asker:
    """Somebody whom the change may concern, as the engine takes it: a role also in each session
    that the policy names."""

    at: At
    arn: str
    kind: str
    principals: Sequence[Principal]
    keys: Keys
    layers: Layers

    def pairs(self, call: Call, policies: Sequence[PolicySet | None]) -> list[Pair]:
        """Each of the principals under the resource's policy before and after."""
        owner = call.account
        layers = [with_resource(call, self.layers, owner, one) for one in policies]
        return [
            (before, replace(before, layers=layers[1]))
            for principal in self.principals
            for before in [Side(call, principal, self.keys, layers[0], owner)]
        ]


def preview_of_resource(call: Call, draft: ResourceDraft) -> dict[str, Any]:
    """The output of PreviewPolicyChange for a resource's policy."""
    people, known = _People(call, draft), catalogue(call.account)
    budget = Budget(MOST_DECISIONS)
    comparison, places = Comparison(budget), _places(draft.arn, known)
    is_complete = True

    def take(one: _Asker) -> dict[str, Any]:
        nonlocal is_complete
        found = comparison.of(one.pairs(call, draft.policies), known, places)
        is_complete &= found.is_complete
        changes = found.output(None)
        return {"PrincipalArn": one.arn, "PrincipalType": one.kind, "Changes": changes}

    found, paging = page_while(call, people.behind, lambda one: one.at, take, budget.is_spent)
    return {
        "AffectedCount": people.count,
        "IsComplete": is_complete,
        "Principals": found,
        **({} if call.params.get("Marker") else {"Replay": _replay(call, draft)}),
        **paging,
    }


def _compiled(document: Document | None) -> PolicySet | None:
    if document is None:
        return None
    return compile_policies([Policy(document, "ResourcePolicy", None, "resource")])


class _People:
    """Whom the statements that differ may concern: those that they name, in the account and out
    of it; everybody where they name all, all but some, or the account itself."""

    def __init__(self, call: Call, draft: ResourceDraft) -> None:
        self.call = call
        documents = [one for one in (draft.before, draft.after) if one is not None]
        self._names = directory(call, documents)
        self._named = {
            one
            for statement in draft.statements
            for one in statement.principals or statement.not_principals or ()
        }
        if any(statement.not_principals is not None for statement in draft.statements):
            self._named.add(EVERYONE)
        self._is_everybody = any(self._is_broad(one) for one in self._named)
        # Outsiders whom an unchanged statement lets in may lose it by another that denies.
        self._known = self._named | {one for each in documents for one in each.principals()}

    def _is_broad(self, named: NamedPrincipal) -> bool:
        account = self.call.account
        match = ROOT.fullmatch(named.value)
        return named.is_everyone or (match[1] if match else named.value) == account

    @cached_property
    def outsiders(self) -> list[Outsider]:
        found = {one.arn: one for one in map(self._names.outsider, self._known) if one is not None}
        return sorted((one for one in found.values() if one.is_resolvable), key=lambda one: one.arn)

    @cached_property
    def sessions(self) -> dict[str, list[str]]:
        """The sessions that are named themselves, by their role's name in lower case."""
        found: dict[str, list[str]] = {}
        for named in self._named:
            parts = named.value.split(":", 5)
            if parts[-1].startswith("assumed-role/") and parts[4] == self.call.account:
                found.setdefault(parts[5].split("/")[1].lower(), []).append(named.value)
        return found

    @property
    def insiders(self) -> tuple[Q, Q]:
        """The users and the roles."""
        if self._is_everybody:
            return EVERYBODY, EVERYBODY
        ids = [one.value for one in self._named if UNIQUE_ID.fullmatch(one.value)]
        return Q(id__in=ids), Q(id__in=ids) | Q(lower_name__in=list(self.sessions))

    @cached_property
    def count(self) -> int:
        account, (users, roles) = self.call.account, self.insiders
        inside = User.objects.of(account).filter(users).count()
        inside += Role.objects.of(account).filter(roles).count()
        return int(inside) + len(self.outsiders) + int(self._is_everybody)

    def behind(self, after: Any) -> Iterator[_Asker]:
        at: At = tuple(after) if after is not None else (-1, "")
        yield from (one for one in self._all(at) if one.at > at)

    def _all(self, after: At) -> Iterator[_Asker]:
        call = self.call
        for one in self.outsiders if after[0] <= OUTSIDE else ():
            layers = one.layers(call)
            yield _Asker((OUTSIDE, one.arn), one.arn, one.kind, [one.principal], one.keys, layers)
        if self._is_everybody and after[0] <= ROOT_USER:
            principal, keys, layers = root_of(call)
            yield _Asker((ROOT_USER, ""), principal.arn, "Root", [principal], keys, layers)
        kind = next((kind for kind, (rank, _) in INSIDE.items() if rank == after[0]), None)
        place = Place(kind, after[1]) if kind is not None else START
        while batch := members(call, place, BATCH, *self.insiders):
            for member in batch:
                yield self._as(member)
            place = batch[-1].place

    def _as(self, member: Member) -> _Asker:
        name = member.place.lower_name
        rank, kind = INSIDE[member.place.kind]
        named = self.sessions.get(name, ()) if rank == ROLE else ()
        principals = [member.principal, *(member.in_session(arn).principal for arn in named)]
        return _Asker((rank, name), member.arn, kind, principals, member.keys, member.layers)


def _places(arn: str, known: ServiceCatalogue) -> Places:
    """This very resource and what is part of it; the actions of its own service in place of "every
    other"."""
    service = arn.split(":")[2]
    actions = [f"{service}:{one.name}" for one in known.actions(service).values()]

    def of(probes: Probes) -> list[Probes]:
        found: dict[tuple[str, ...], list[str]] = {}
        for action in probes.actions:
            if action != ANY_ACTION:
                whole = _done_to(action, arn, known)
                within = [of for one in probes.resources for of in _within(one, arn, whole)]
                found.setdefault(tuple(dict.fromkeys(within)), []).append(action)
        return [Probes(names, resources) for resources, names in found.items() if resources]

    return Places(of, actions)


def _done_to(action: str, arn: str, known: ServiceCatalogue) -> list[str]:
    """What the action is done to: the resource, what is part of it, or both; nothing for one that
    is never done to any such."""
    service, _, name = action.partition(":")
    found = known.actions(service.lower()).get(name.lower())
    parts = f"{arn}/*"
    if found is None:
        return [arn, parts]
    types = known.resource_types(service.lower())
    formats = [types[one.lower()].arn for one in found.resource_types if one.lower() in types]
    whole = [one for one in formats if has_form(arn, one)]
    # A name may hold any character: what the whole fits, its parts do as well.
    of_parts = any(has_form(parts, one) for one in formats if one not in whole)
    return [arn] * bool(whole) + [parts] * of_parts


def _within(text: str, arn: str, places: list[str]) -> Iterator[str]:
    """What a pattern of resources covers of these places."""
    if text != arn and text.startswith((f"{arn}/", f"{arn}:")):
        if f"{arn}/*" in places:
            yield text
        return
    pattern = Glob.of(text)
    yield from (place for place in places if pattern.matches(place))


def _replay(call: Call, draft: ResourceDraft) -> dict[str, Any]:
    """What the account's own principals asked about the resource, decided before and after."""
    parts = Q(resource=draft.arn)
    for mark in "/:":
        parts |= Q(resource__startswith=f"{draft.arn}{mark}")
    asked = DecisionRecord.objects.of(call.account).filter(parts, operation=ASKED_FOR_ANOTHER)
    records = list(asked.order_by("-last_at", "id")[: MOST_RECORDS + 1])
    others = (
        RegisteredResource.objects.of(call.account)
        .filter(arn__startswith=draft.arn)
        .exclude(policy="")
        .exclude(arn=draft.arn)
    )
    own = list(others.values_list("arn", flat=True))

    def then(record: DecisionRecord, asked: Question) -> bool | None:
        if any(_is_part(record.resource, arn) for arn in own):
            return None  # its own policy counts
        return decide(asked.request, replace(asked.layers, resource=draft.policies[1])).allowed

    return replayed(call, records, then)


def _is_part(resource: str, arn: str) -> bool:
    return resource == arn or resource.startswith((f"{arn}/", f"{arn}:"))
