"""What a draft changes for one member account: whom it concerns, and what to ask of each."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from iamsite.operations import Call
from iamsite.operations.caller import Membership
from iamsite.operations.context import Keys
from iamsite.operations.layers import layers_of
from identities.models import Role
from policies.engine import (
    Document,
    DocumentKind,
    Effect,
    Layers,
    PolicySet,
    Principal,
    Request,
    Statement,
)
from policies.engine.compile import CompiledStatement
from policies.engine.layers import WITHOUT_IDENTITY
from policies.engine.patterns import fold
from policies.engine.principals import Grant
from policies.engine.resources import resource_of
from policies.operations.access.last_uses import LastUses, Use
from policies.operations.access.population import Member
from policies.operations.access.probes import (
    ANY_ACTION,
    Probe,
    actions_of,
    differing,
    probes_of,
    resources_of,
)
from policies.operations.access.standing import (
    ALLOWED,
    CONDITIONAL,
    Difference,
    asked_of_own_side,
    differences,
    stands,
)
from policies.operations.authorize import keys_of
from policies.operations.limits.drafts import Draft
from policies.operations.limits.hierarchy import (
    Documents,
    documents_between,
    documents_throughout,
)
from policies.registered import catalogue

ROOT = ""
MOST_OF_ONE = 10_000  # probes of one principal
# Some, and whether they are all.
Probes = tuple[list[Probe], bool]


class At(NamedTuple):
    """Where somebody stands in the order of all: `account`, then `kind` and `name` as in a
    population's Place; the root user comes first."""

    account: str
    kind: str
    name: str


class Covering(NamedTuple):
    """A statement of a limit, and the kind of policy that it is in."""

    kind: DocumentKind
    statement: CompiledStatement

    def may_hold(self, request: Request) -> bool:
        """Whether it counts for the request, were the keys that it does not have at their worst."""
        principal, values = request.principal, request.context.by_key
        exempt = principal.service_linked or (
            self.kind is DocumentKind.SCP and principal.kind in WITHOUT_IDENTITY
        )
        tests = self.statement.conditions.tests if self.statement.conditions else ()
        return (
            not exempt
            and self.statement.covers_action(request.action)
            and self.statement.grant(principal) is not Grant.NONE
            and self.statement.covers_resource(resource_of(request.resource), values)
            and all(test.key not in values or test.check(values) for test in tests)
        )


@dataclass(frozen=True)
class Asker:
    """Somebody with its keys under its layers; `call` is one of its account's, `differing` are the
    statements of its limits that the change takes away or makes."""

    call: Call
    principal: Principal
    keys: Keys
    layers: Layers
    differing: Sequence[Covering]

    def asked(self, probe: Probe) -> Request:
        return asked_of_own_side(self.call, self.principal, self.keys, probe)

    def standing(self, probe: Probe) -> str:
        """What a denial that differs could take is no more than conditional. Only of those that
        differ: under one that stays, it is after as before."""
        request = self.asked(probe)
        found = stands(request, self.layers)
        if found == ALLOWED and self._is_about(request, denies=True):
            return CONDITIONAL
        return found

    def is_about(self, probe: Probe) -> bool:
        """Whether a statement that differs is about it."""
        request = self.asked(probe)
        return any(self._is_about(request, denies=denies) for denies in (True, False))

    def _is_about(self, request: Request, *, denies: bool) -> bool:
        return any(
            one.statement.denies is denies and one.may_hold(request) for one in self.differing
        )


@dataclass(frozen=True)
class Concerned:
    """Somebody whom the change concerns, as it is and as it would be, and what to ask of both.

    `kind` is the portal model's accountPrincipalType. `is_complete` is False where there was too
    much to ask of it all. What is told of one holds for all of equal `likeness`, unless None;
    `uses` are its own, the newest first.
    """

    at: At
    arn: str
    kind: str
    before: Asker
    after: Asker
    probes: Sequence[Probe]
    is_complete: bool
    likeness: Hashable = None
    uses: Sequence[Use] | None = None

    def differences(self) -> list[Difference]:
        judges = self.before.standing, self.after.standing
        return list(differences(self.before.keys, self.probes, *judges, self._is_about))

    def output(self, found: Sequence[Difference]) -> list[dict[str, Any]]:
        """The model's AccessDifferences, with what it has used."""
        if self.uses is None:
            return [one.output() for one in found]
        judges, uses = (self.before.standing, self.after.standing), LastUses({"": [*self.uses]})
        return [{**one.output(), **uses.output("", one, found, judges)} for one in found]

    def _is_about(self, probe: Probe) -> bool:
        return self.before.is_about(probe) or self.after.is_about(probe)


class Change:
    """The change of the limits of the account of `call`, which must be entered to make one.

    Everybody is asked about what the differing statements speak of; whoever has policies also
    about what those allow and a differing statement covers, since a limit seldom names what it
    takes away.
    """

    def __init__(self, call: Call, draft: Draft) -> None:
        self.call, account = call, call.account
        self.management = draft.before.management
        self.before, self.after = draft.before.limits(account), draft.after.limits(account)
        self._moved = _moved(call, draft.after.members.get(account))
        self._known = catalogue(account)
        pairs = documents_between(draft.before, draft.after, account)
        self._spoken_of, self._is_complete = probes_of(pairs, self._known)
        # What one that bears on the account anyhow denies is denied before and after.
        kept = documents_throughout(draft.before, draft.after, account)
        found = [_statements(pair, kept) for pair in pairs]
        self.differing = tuple([one for pair in found for one in pair[side]] for side in (0, 1))
        self._allowed: tuple[PolicySet | None, Probes] = None, ([], True)
        self._limited: dict[Layers, Layers] = {}
        self._texts: dict[PolicySet, str] = {}
        self._mentions: dict[tuple[PolicySet, str], bool] = {}

    @property
    def is_of_resources(self) -> bool:
        return self.before.rcps != self.after.rcps

    def root(self, uses: Sequence[Use]) -> Concerned:
        now, then = self.call.caller, self._moved.caller
        keys = keys_of(self.call, now), keys_of(self._moved, then)
        at = At(now.account, ROOT, "")
        arn = now.principal.arn
        found = self._concerned(at, arn, "Root", now.principal, keys, layers_of(now), ([], True))
        return replace(found, uses=uses)

    def member(self, one: Member, uses: Sequence[Use]) -> Concerned:
        then = one if self._moved is self.call else replace(one, call=self._moved)
        kind = "Role" if isinstance(one.row, Role) else "User"
        own = self._allowed_by(one.layers.identity)
        at = At(self.call.account, *one.place)
        keys = one.keys, then.keys
        found = self._concerned(at, one.arn, kind, one.principal, keys, one.layers, own)
        return replace(found, uses=uses)

    def _concerned(
        self,
        at: At,
        arn: str,
        kind: str,
        principal: Principal,
        keys: tuple[Keys, Keys],
        layers: Layers,
        own: Probes,
    ) -> Concerned:
        probes, all_are_few = few((*self._spoken_of, *own[0]))
        limited = self._limit(layers)
        likeness = (
            *(at.account, principal.kind, principal.service_linked, layers, limited),
            *(self._spoken_by(under, one) for under in (layers, limited) for one in keys),
        )
        return Concerned(
            at,
            arn,
            kind,
            Asker(self.call, principal, keys[0], layers, self.differing[0]),
            Asker(self._moved, principal, keys[1], limited, self.differing[1]),
            probes,
            self._is_complete and own[1] and all_are_few,
            likeness,
        )

    def _spoken_by(self, layers: Layers, keys: Keys) -> tuple[tuple[str, object], ...]:
        """The keys that the policies mention: no other makes a difference to them."""
        return tuple(
            (key, value)
            for key, value in keys.items()
            if any(self._is_mentioned(policies, fold(key)) for _, policies in layers.applying)
        )

    def _is_mentioned(self, policies: PolicySet, key: str) -> bool:
        if (policies, key) not in self._mentions:
            if policies not in self._texts:
                documents = (policy.document for policy in policies.policies)
                written = [one.as_dict() for of in documents for one in of.statements]
                self._texts[policies] = fold(json.dumps(written, ensure_ascii=False))
            quoted = json.dumps(key, ensure_ascii=False)[1:-1]
            self._mentions[policies, key] = quoted in self._texts[policies]
        return self._mentions[policies, key]

    def _limit(self, layers: Layers) -> Layers:
        """The same for the same, so that what the engine works out is kept."""
        if layers not in self._limited:
            limited = replace(layers, scps=self.after.scps, rcps=self.after.rcps)
            self._limited[layers] = limited
        return self._limited[layers]

    def _allowed_by(self, policies: PolicySet | None) -> Probes:
        """Kept for the one after, who often has the same."""
        if policies is None:
            return [], True
        if self._allowed[0] is not policies:
            documents = (policy.document for policy in policies.policies)
            self._allowed = policies, few(self.covered(documents))
        return self._allowed[1]

    def covered(self, documents: Iterable[Document]) -> Iterator[Probe]:
        """What these documents allow and a differing statement is about: on the resources that the
        one speaks of, and on those of the other."""
        statements = [one.statement for side in self.differing for one in side]
        limits = [(one, list(resources_of(one.statement))) for one in statements]
        for document in documents:
            for statement in document.statements:
                if statement.effect is Effect.ALLOW:
                    resources = list(resources_of(statement))
                    for action in self._actions(statement, document):
                        theirs = [of for limit, of in limits if limit.covers_action(action)]
                        for one in theirs and [resources, *theirs]:
                            yield from (Probe(action, resource) for resource in one)

    def _actions(self, statement: Statement, document: Document) -> Iterator[str]:
        """The actions that a statement speaks of; of one that does not name them all, also those
        of the differing statements."""
        found = list(actions_of(statement, self._known))
        yield from found
        if ANY_ACTION in found:
            compiled = CompiledStatement(statement, document)
            actions = dict.fromkeys(one.action for one in self._spoken_of)
            yield from (action for action in actions if compiled.covers_action(action))


def few(found: Iterable[Probe]) -> Probes:
    """The first MOST_OF_ONE, each once, and whether they are all."""
    kept: dict[Probe, None] = {}
    for one in found:
        if len(kept) == MOST_OF_ONE and one not in kept:
            return list(kept), False
        kept[one] = None
    return list(kept), True


def _moved(call: Call, becomes: Membership | None) -> Call:
    """The account's call where the account then stands: the same if that is where it is."""
    was = call.caller.organization
    if was is not None and becomes is not None and was.path == becomes.path:
        return call
    return replace(call, caller=replace(call.caller, organization=becomes), found={})


def _statements(pair: Documents, kept: set[Document]) -> list[list[Covering]]:
    """The differing statements of the document before, and those of the one after; no denial of a
    document that is kept."""
    changed = list(differing(*pair))
    return [_own(one, changed, one in kept) if one is not None else [] for one in pair]


def _own(document: Document, changed: Sequence[Statement], is_kept: bool) -> list[Covering]:
    return [
        Covering(document.kind, CompiledStatement(one, document))
        for one in document.statements
        if any(one is other for other in changed) and not (is_kept and one.effect is Effect.DENY)
    ]
