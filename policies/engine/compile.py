"""Policies made ready to decide: a document once, a set of policies by reference to its documents.

A document is compiled at first use and the result kept on it, so that every set that holds it
shares the work. Elements of a statement are compiled when a request first needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .actions import action_pattern, split_action
from .conditions import Conditions
from .document import Document, DocumentKind, Effect, Statement
from .index import Rule, Rules
from .keeping import Pool
from .principals import Grant, PrincipalSet
from .request import Principal
from .resources import Resource, ResourcePattern
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
            Conditions(statement.conditions, variables) if statement.conditions else None
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

    @property
    def needs_no_context(self) -> bool:
        """Whether its match depends on action, resource and caller alone."""
        patterns = (*(self.resources or ()), *(self.not_resources or ()))
        return self.conditions is None and not any(pattern.depends_on for pattern in patterns)

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
    return tuple(ResourcePattern(text, kind, variables) for text in texts)


class CompiledDocument:
    """A document's statements by action. Sets of statements are bit masks of their indices."""

    __slots__ = ("_every", "_exact", "_negative", "_statements", "_wild", "document")

    def __init__(self, document: Document) -> None:
        self.document = document
        self._statements: list[CompiledStatement | None] = [None] * len(document.statements)
        self._exact: dict[str, int] = {}
        self._wild: dict[str | None, list[tuple[str, int]]] = {}
        self._every = 0
        self._negative: list[tuple[tuple[str, ...], int]] = []
        for statement in document.statements:
            bit = 1 << statement.index
            if statement.actions is None:
                self._negative.append((statement.not_actions or (), bit))
                continue
            for text in statement.actions:
                self._add(text, bit)

    def _add(self, text: str, bit: int) -> None:
        if "*" not in text and "?" not in text:
            service, name = split_action(text)
            action = f"{service}:{name}"
            self._exact[action] = self._exact.get(action, 0) | bit
            return
        pattern = action_pattern(text)
        if pattern.service is None and pattern.name is None:
            self._every |= bit
        else:
            self._wild.setdefault(pattern.service, []).append((text, bit))

    def for_action(self, service: str, name: str) -> Iterator[CompiledStatement]:
        """The statements that cover an action, in their order."""
        mask = self._every | self._exact.get(f"{service}:{name}", 0)
        for key in (service, None):
            for text, bit in self._wild.get(key, ()):
                if not mask & bit and action_pattern(text).covers(service, name):
                    mask |= bit
        for texts, bit in self._negative:
            if not any(action_pattern(text).covers(service, name) for text in texts):
                mask |= bit
        while mask:
            lowest = mask & -mask
            yield self.statement(lowest.bit_length() - 1)
            mask ^= lowest

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
            service, name = split_action(action)
            statements = [
                statement
                for policy in self.policies
                for statement in compiled(policy.document).for_action(service, name)
            ]
            plan = Plan(statements, self._by_principal)
            _PLANS.keep(self._plans, action, plan)
        return plan

    def matching(
        self, effect: Effect, principal: Principal, action: str, resource: Resource, values: Values
    ) -> Iterator[tuple[Policy, CompiledStatement]]:
        """The statements of an effect that match a request, with their policies."""
        service, name = split_action(action)
        for policy in self.policies:
            for statement in compiled(policy.document).for_action(service, name):
                if statement.statement.effect is effect and statement.matches(
                    principal, action, resource, values
                ):
                    yield policy, statement

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
