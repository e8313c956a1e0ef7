"""Policies made ready to decide: a document once, a set of policies by reference to its documents.

A document is compiled at first use and the result kept on it, so that every set that holds it
shares the work. Elements of a statement are compiled when a request first needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from .actions import action_pattern, name_pattern, split_action, split_pattern
from .alternatives import either
from .conditions import Check, Conditions, conditions_of
from .document import Document, DocumentKind, Effect, Statement
from .index import Rest, Rule, Rules
from .keeping import Pool
from .patterns import Glob
from .principals import Grant, PrincipalSet
from .request import Principal
from .resources import Resource, ResourcePattern, resource_pattern
from .variables import Values

_PLANS = Pool(65_536)


class CompiledStatement:
    """One statement, its elements ready to test. An element that is absent is None."""

    __slots__ = (
        "_trust",
        "conditions",
        "denies",
        "not_principals",
        "not_resources",
        "principals",
        "resources",
        "statement",
    )

    def __init__(self, statement: Statement, document: Document) -> None:
        self.statement = statement
        self.denies = statement.effect is Effect.DENY
        self._trust = document.kind is DocumentKind.TRUST
        variables, kind = document.knows_variables, document.kind
        self.resources = _patterns(statement.resources, kind, variables)
        self.not_resources = _patterns(statement.not_resources, kind, variables)
        self.conditions = (
            conditions_of(statement.conditions, variables) if statement.conditions else None
        )
        named, others = statement.principals, statement.not_principals
        self.principals = PrincipalSet(named) if named is not None else None
        self.not_principals = PrincipalSet(others) if others is not None else None

    def covers_action(self, action: str) -> bool:
        service, name = split_action(action)
        listed = self.statement.actions
        if listed is not None:
            return any(action_pattern(text).covers(service, name) for text in listed)
        listed = self.statement.not_actions or ()
        return not any(action_pattern(text).covers(service, name) for text in listed)

    def covers_resource(self, resource: Resource, values: Values) -> bool:
        if self.resources is not None:
            return any(pattern.matches(resource, values) for pattern in self.resources)
        if self.not_resources is None:
            return True
        # A pattern without value: an Allow must not grow by it, a Deny must not shrink.
        if not self.denies and any(p.is_unresolved(values) for p in self.not_resources):
            return False
        return not any(pattern.matches(resource, values) for pattern in self.not_resources)

    def covering(self, resource: Resource) -> bool | Check:
        """Whether it covers a resource, or the check of the context that tells."""
        if self.resources is None:
            if self.not_resources is None:
                return True
            return lambda values: self.covers_resource(resource, values)
        unsettled = False
        for pattern in self.resources:
            if pattern.depends_on:
                unsettled = True
            elif pattern.matches(resource, {}):
                return True
        if not unsettled:
            return False
        return lambda values: self.covers_resource(resource, values)

    def settles(self, resource: Resource) -> bool:
        """Whether it covers a resource in every context: no condition, no variable needed."""
        if self.conditions is not None or self.not_resources is not None:
            return False
        return self.resources is None or any(
            pattern.matches(resource, {}) for pattern in self.resources if not pattern.depends_on
        )

    def holds(self, values: Values) -> bool:
        return self.conditions is None or self.conditions.hold(values)

    def grant(self, principal: Principal) -> Grant:
        """How the statement names the principal; DIRECT where it names nobody in particular."""
        if self.principals is not None:
            by_provider_only = self._trust and not self.denies
            return self.principals.grant(principal, by_provider_only=by_provider_only)
        if self.not_principals is not None and self.not_principals.lists(principal):
            return Grant.NONE
        return Grant.DIRECT

    def matches(
        self, principal: Principal, action: str, resource: Resource, values: Values
    ) -> bool:
        """Whether the whole statement matches."""
        return (
            self.covers_action(action)
            and self.grant(principal) is not Grant.NONE
            and self.covers_resource(resource, values)
            and self.holds(values)
        )


def _patterns(
    texts: tuple[str, ...] | None, kind: DocumentKind, variables: bool
) -> tuple[ResourcePattern, ...] | None:
    if texts is None:
        return None
    return tuple(resource_pattern(text, kind, variables) for text in texts)


class _Names(NamedTuple):
    """Bit masks of a document's statements about one service, by what they call its actions."""

    every: int
    exact: dict[str, int]
    patterns: tuple[tuple[Glob, int], ...]


class CompiledDocument:
    """A document's statements by service and action name.

    `_written` maps a folded service (None: every service) to names and name patterns, each with
    the bit mask of the statements that list it; `_services` holds those of one service and of
    every service together, once asked for. `_negative` are the NotAction statements.
    """

    __slots__ = ("_negative", "_services", "_statements", "_written", "document")

    def __init__(self, document: Document) -> None:
        self.document = document
        self._statements: list[CompiledStatement | None] = [None] * len(document.statements)
        self._written: dict[str | None, dict[str, int]] = {}
        self._services: dict[str | None, _Names] = {}
        self._negative: list[int] = []
        for statement in document.statements:
            bit = 1 << statement.index
            if statement.actions is None:
                self._negative.append(statement.index)
                continue
            for text in statement.actions:
                service, name = split_pattern(text)
                names = self._written.get(service)
                if names is None:
                    names = self._written[service] = {}
                names[name] = names.get(name, 0) | bit

    def about(self, action: str, service: str, name: str) -> Sequence[CompiledStatement]:
        """The statements that cover an action, in order; it is given whole, and folded in two."""
        names = self._services.get(service)
        if names is None:
            names = self._names_of(service)
        mask, exact, patterns = names
        if name in exact:
            mask |= exact[name]
        for pattern, bits in patterns:
            if pattern.matches(name):
                mask |= bits
        for index in self._negative:
            if self.statement(index).covers_action(action):
                mask |= 1 << index
        if not mask:
            return ()
        found = []
        while mask:
            lowest = mask & -mask
            found.append(self.statement(lowest.bit_length() - 1))
            mask ^= lowest
        return found

    def _names_of(self, service: str) -> _Names:
        # A service that is not listed is not kept either: callers may invent any number.
        key = service if service in self._written else None
        found = self._services.get(key)
        if found is None:
            written = dict(self._written.get(None, {}))
            if key is not None:
                for name, mask in self._written[key].items():
                    written[name] = written.get(name, 0) | mask
            every = written.pop("*", 0)
            patterns = tuple(
                (name_pattern(name), written.pop(name))
                for name in [*written]
                if "*" in name or "?" in name
            )
            found = self._services[key] = _Names(every, written, patterns)
        return found

    def statement(self, index: int) -> CompiledStatement:
        found = self._statements[index]
        if found is None:
            found = CompiledStatement(self.document.statements[index], self.document)
            self._statements[index] = found
        return found


def compiled(document: Document) -> CompiledDocument:
    """The document compiled, once."""
    found = document.compiled
    if found is None:
        found = document.compiled = CompiledDocument(document)
    return found


@dataclass(frozen=True, slots=True)
class Policy:
    """A document in its place. `id` is what simulation calls SourcePolicyId; `source` is user,
    group, role, aws-managed, user-managed, resource or none."""

    document: Document
    id: str
    arn: str | None = None
    source: str = "none"


class Plan:
    """What a policy set has to say about one action.

    `deny` and `allow` None: nothing. Where the set's statements name principals, `named` holds
    them one by one and decides instead.
    """

    __slots__ = ("allow", "deny", "named")

    def __init__(self, statements: list[CompiledStatement], by_principal: bool) -> None:
        self.named = tuple(statements) if by_principal else ()
        pure = [] if by_principal else statements
        self.deny = _rules(statement for statement in pure if statement.denies)
        self.allow = _rules(statement for statement in pure if not statement.denies)

    @property
    def denying(self) -> tuple[CompiledStatement, ...]:
        return tuple(statement for statement in self.named if statement.denies)

    @property
    def granting(self) -> tuple[CompiledStatement, ...]:
        return tuple(statement for statement in self.named if not statement.denies)


def _rules(statements: Iterable[CompiledStatement]) -> Rules | None:
    rules = [
        Rule(
            statement.resources,
            statement.covers_resource if statement.not_resources is not None else None,
            statement.conditions,
        )
        for statement in statements
    ]
    return Rules(rules) if rules else None


def _both(covering: Check, conditions: Conditions | None) -> Check:
    if conditions is None:
        return covering
    return lambda values: covering(values) and conditions.hold(values)


class PolicySet:
    """The policies of one layer: an allow in any allows, a deny in any denies."""

    __slots__ = ("__weakref__", "_by_principal", "_plans", "policies")

    def __init__(self, policies: Iterable[Policy]) -> None:
        self.policies = tuple(policies)
        self._plans: dict[str, Plan] = {}
        self._by_principal = any(
            policy.document.kind in (DocumentKind.TRUST, DocumentKind.RESOURCE)
            for policy in self.policies
        )

    def plan(self, action: str) -> Plan:
        """What the set says about an action; kept, bounded."""
        plan = self._plans.get(action)
        if plan is None:
            plan = Plan([found for _, found in self.about(action)], self._by_principal)
            _PLANS.keep(self._plans, action, plan)
        return plan

    def about(self, action: str) -> list[tuple[int, CompiledStatement]]:
        """The statements that cover an action, in order, each with its policy's number."""
        service, name = split_action(action)
        return [
            (number, statement)
            for number, policy in enumerate(self.policies)
            for statement in compiled(policy.document).about(action, service, name)
        ]

    def rests(self, action: str, resource: Resource, first: bool) -> tuple[Rest, Rest]:
        """What is left to test of the denies and of the allows about an action on a resource.

        `first`: the action is new here, so that an index would cost more than it saves. Of a set
        whose statements name principals there is none.
        """
        if self._by_principal:
            return self._rests(action, resource)
        plan = self._plans.get(action)
        if plan is None:
            if first:
                return self._rests(action, resource)
            plan = self.plan(action)
        return (
            plan.deny.rest(resource) if plan.deny is not None else (),
            plan.allow.rest(resource) if plan.allow is not None else (),
        )

    def _rests(self, action: str, resource: Resource) -> tuple[Rest, Rest]:
        """As `rests`, statement after statement."""
        service, name = split_action(action)
        deny: list[Conditions | None] = []
        allow: list[Conditions | None] = []
        unsettled: list[tuple[bool, Check]] = []
        for policy in self.policies:
            document = policy.document.compiled or compiled(policy.document)
            for statement in document.about(action, service, name):
                covering = statement.covering(resource)
                if covering is True:
                    (deny if statement.denies else allow).append(statement.conditions)
                elif covering is not False:
                    check = _both(covering, statement.conditions)
                    unsettled.append((statement.denies, check))
        denies, allows = either(deny), either(allow)
        for of_deny, check in unsettled:
            if of_deny and denies is not None:
                denies += (check,)
            elif not of_deny and allows is not None:
                allows += (check,)
        return denies, allows

    def matching(
        self, effect: Effect, principal: Principal, action: str, resource: Resource, values: Values
    ) -> Iterator[tuple[Policy, CompiledStatement]]:
        """The statements of an effect that match a request, with their policies."""
        for number, found in self.about(action):
            if found.statement.effect is effect and found.matches(
                principal, action, resource, values
            ):
                yield self.policies[number], found

    def context_keys(self) -> tuple[str, ...]:
        """The condition keys that the policies depend on, as first written, each once."""
        from .patterns import fold

        keys: dict[str, str] = {}
        for policy in self.policies:
            for name in policy.document.context_keys():
                keys.setdefault(fold(name), name)
        return tuple(keys.values())

    def __len__(self) -> int:
        return len(self.policies)

    def __repr__(self) -> str:
        return f"PolicySet({[policy.id for policy in self.policies]!r})"


def compile_policies(policies: Iterable[Policy]) -> PolicySet:
    """A layer's policies as one set. Cheap: documents are compiled once, when first asked."""
    return PolicySet(policies)
