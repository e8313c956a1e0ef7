"""The smallest changes that would allow a denied request, each proved by evaluating it.

A search from the denied request: what the layer that refused could do otherwise (a statement
more, a Deny narrowed, another value in the request), and again from there until it is allowed.
Fewer changes come first. Nothing is proposed that was not decided anew and found allowed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import islice
from typing import Any

from .compile import Policy, PolicySet, compile_policies, compiled
from .decide import decide
from .document import CURRENT_VERSION, Document, DocumentKind, Effect, Statement, parse
from .explain import LayerCheck, StatementCheck, explain
from .faults import PolicyErrors
from .issuers import missing_claims
from .layers import Layer, Layers, Outcome
from .request import Context, PrincipalKind, Request
from .values import turning_values
from .variables import Value

# What tells the caller from others, with the operator that excepts it.
_SAYING_WHO = (
    ("ArnNotEquals", "aws:PrincipalArn"),
    ("StringNotEquals", "aws:PrincipalServiceName"),
)
_MOST_STEPS = 6
_MOST_STATES = 400


class ChangeKind(StrEnum):
    ADD_STATEMENT = "add-statement"
    NARROW_DENY = "narrow-deny"
    DETACH_POLICY = "detach-policy"
    SET_VALUE = "set-value"
    LEAVE_OUT_VALUE = "leave-out-value"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `layer` and `level` say where; `policy` and `statement` what stands in the way.

    `proposal` is the statement to add, or the one that replaces `statement`; `key` and `value`
    are what the request should carry. A statement is added to `policy` where the layer has but
    one, as a boundary is, and else to any; one of AWS's own must be replaced for it.
    """

    kind: ChangeKind
    layer: Layer
    level: int = 0
    policy: Policy | None = None
    statement: Statement | None = None
    proposal: str | None = None
    key: str | None = None
    value: Value | None = None

    @property
    def is_mfa(self) -> bool:
        """Whether signing in with a second factor is what it takes."""
        name = (self.key or "").lower()
        return self.kind is ChangeKind.SET_VALUE and name.startswith("aws:multifactorauth")


@dataclass(frozen=True, slots=True)
class Remedy:
    """Changes that together allow the request, in the order in which they were found.

    `request` and `layers` are those after the changes: deciding them is the proof.
    """

    changes: tuple[Change, ...]
    request: Request
    layers: Layers

    @property
    def changes_policies(self) -> bool:
        """Whether a policy must change; else the caller can help themselves."""
        ways = (ChangeKind.SET_VALUE, ChangeKind.LEAVE_OUT_VALUE)
        return any(change.kind not in ways for change in self.changes)


@dataclass(frozen=True, slots=True)
class _State:
    request: Request
    layers: Layers
    changes: tuple[Change, ...] = ()


def remedies(request: Request, layers: Layers, most: int = 8) -> tuple[Remedy, ...]:
    """Ways to allow a denied request, the fewest changes first, at most so many.

    Empty for an allowed request, and for one that no such change allows.
    """
    layers = layers.for_principal(request.principal)
    if decide(request, layers).allowed:
        return ()
    found: list[Remedy] = []
    states, tried = [_State(request, layers)], 0
    for _ in range(_MOST_STEPS):
        following: list[_State] = []
        for state in states:
            for after in _next(state):
                tried += 1
                if decide(after.request, after.layers).allowed:
                    found.append(Remedy(after.changes, after.request, after.layers))
                else:
                    following.append(after)
                if tried >= _MOST_STATES:
                    return _best(found, most)
        if found:
            return _best(found, most)
        states = following
    return ()


def _best(found: list[Remedy], most: int) -> tuple[Remedy, ...]:
    """Fewest changes first; of as many, those that leave policies alone."""
    ranked = sorted(found, key=lambda remedy: (len(remedy.changes), remedy.changes_policies))
    distinct = {frozenset(map(repr, remedy.changes)): remedy for remedy in reversed(ranked)}
    return tuple(remedy for remedy in ranked if remedy in distinct.values())[:most]


def _next(state: _State) -> Iterator[_State]:
    """Every state one change away that gets past what refuses now."""
    explanation = explain(state.request, state.layers)
    decision = explanation.decision
    for check in explanation.of(decision.layer):
        if decision.outcome is Outcome.EXPLICIT_DENY:
            for deny in check.matching(Effect.DENY):
                yield from _past_deny(state, check, deny)
        elif not check.matching(Effect.ALLOW) or check.layer in (Layer.RESOURCE, Layer.TRUST):
            yield from _towards_allow(state, check)
    if not explanation.of(decision.layer):
        yield from _add_statement(state, LayerCheck(decision.layer, 0, ()))


def _past_deny(state: _State, check: LayerCheck, deny: StatementCheck) -> Iterator[_State]:
    yield from _other_values(state, check, deny, holds=False)
    policy, statement = deny.policy, deny.statement
    policies = state.layers.sets(check.layer)[check.level].policies
    if policy.source == "aws-managed":
        change = Change(ChangeKind.DETACH_POLICY, check.layer, check.level, policy, statement)
        kept = compile_policies(one for one in policies if one is not policy)
        layers = _with(state.layers, check, kept)
        yield _State(state.request, layers, (*state.changes, change))
        return
    written = _excepting(statement, state.request)
    if written is None:
        return
    after = _rewritten(policy, {statement.index: written})
    if after is not None:
        text = json.dumps(written)
        change = Change(ChangeKind.NARROW_DENY, check.layer, check.level, policy, statement, text)
        replaced = compile_policies(after if one is policy else one for one in policies)
        layers = _with(state.layers, check, replaced)
        yield _State(state.request, layers, (*state.changes, change))


def _excepting(statement: Statement, request: Request) -> dict[str, object] | None:
    """The statement with the caller excepted; None where no key says who that is.

    A negated operator holds where none of its values is found, and where the key is absent: so
    the statement stays as it is for everybody else.
    """
    for operator, key in _SAYING_WHO:
        who = request.context.get(key)
        if isinstance(who, str):
            written: dict[str, Any] = json.loads(json.dumps(statement.as_dict()))
            keys = written.setdefault("Condition", {}).setdefault(operator, {})
            name = next((name for name in keys if name.lower() == key.lower()), key)
            before = keys.get(name, [])
            others = before if isinstance(before, list) else [before]
            keys[name] = [*others, who] if others else who
            return written
    return None


def _towards_allow(state: _State, check: LayerCheck) -> Iterator[_State]:
    for statement in check.statements:
        if statement.statement.effect is Effect.ALLOW and all(
            element.matched for element in statement.elements
        ):
            yield from _other_values(state, check, statement, holds=True)
    yield from _add_statement(state, check)


def _other_values(
    state: _State, check: LayerCheck, found: StatementCheck, *, holds: bool
) -> Iterator[_State]:
    """Requests with other values: one condition of a Deny broken, all of an Allow met."""
    guard = compiled(found.policy.document).statement(found.statement.index).conditions
    if guard is None:
        return
    request = state.request
    if not holds:
        for test in guard.tests:
            for value in turning_values(test, request.context, False):
                yield _valued(state, check, found, {test.condition.key: value})
                break
        return
    context, values = request.context, dict[str, Value | None]()
    for test in guard.tests:
        if test.check(context.by_key):
            continue
        turning = list(islice(turning_values(test, context, True), 1))
        if not turning:
            return
        values[test.condition.key] = turning[0]
        context = _context(context, {test.condition.key: turning[0]})
    if values:
        yield _valued(state, check, found, values)


def _context(context: Context, values: dict[str, Value | None]) -> Context:
    kept = context.with_values({key: one for key, one in values.items() if one is not None})
    gone = {key.lower() for key, one in values.items() if one is None}
    return Context({key: kept[key] for key in kept if key.lower() not in gone})


def _valued(
    state: _State, check: LayerCheck, found: StatementCheck, values: dict[str, Value | None]
) -> _State:
    changes = tuple(
        Change(
            ChangeKind.LEAVE_OUT_VALUE if value is None else ChangeKind.SET_VALUE,
            check.layer,
            check.level,
            found.policy,
            found.statement,
            key=key,
            value=value,
        )
        for key, value in values.items()
    )
    request = replace(state.request, context=_context(state.request.context, values))
    return _State(request, state.layers, (*state.changes, *changes))


def _add_statement(state: _State, check: LayerCheck) -> Iterator[_State]:
    """The layer with one statement more, which allows exactly this request."""
    request, layer = state.request, check.layer
    if layer in (Layer.RCP, Layer.ROOT) or (
        layer is Layer.TRUST and request.principal.kind is PrincipalKind.ROOT
    ):
        return  # RCPs hold denials only, and the root user assumes no role
    written: dict[str, object] = {"Effect": "Allow", "Action": request.action}
    if layer in (Layer.RESOURCE, Layer.TRUST):
        written["Principal"] = _principal(request)
    if layer is not Layer.TRUST:
        written["Resource"] = request.resource
    sets = state.layers.sets(layer)
    old = sets[check.level].policies if sets else ()
    kind = old[0].document.kind if old else _KINDS[layer]
    try:
        document = _document(written, kind)
        for _, _, key in missing_claims(document):  # a shared issuer is trusted for this subject
            written["Condition"] = {"StringEquals": {key: request.context.get(key)}}
            document = _document(written, kind)
    except PolicyErrors:
        return
    added = Policy(document, "", None, "none")
    shared = layer in (Layer.IDENTITY, Layer.SCP)  # which any number of policies make up
    only = old[0] if len(old) == 1 and not shared else None
    change = Change(
        ChangeKind.ADD_STATEMENT, layer, check.level, policy=only, proposal=json.dumps(written)
    )
    layers = _with(state.layers, check, compile_policies((*old, added)))
    yield _State(request, layers, (*state.changes, change))


def _document(statement: dict[str, object], kind: DocumentKind) -> Document:
    return parse(json.dumps({"Version": CURRENT_VERSION, "Statement": [statement]}), kind)


_KINDS = {
    Layer.IDENTITY: DocumentKind.IDENTITY,
    Layer.BOUNDARY: DocumentKind.MANAGED,
    Layer.SESSION: DocumentKind.SESSION,
    Layer.RESOURCE: DocumentKind.RESOURCE,
    Layer.TRUST: DocumentKind.TRUST,
    Layer.SCP: DocumentKind.SCP,
}


def _principal(request: Request) -> object:
    principal = request.principal
    if principal.kind is PrincipalKind.SERVICE:
        return {"Service": principal.arn}
    if principal.kind in (PrincipalKind.WEB_IDENTITY, PrincipalKind.SAML):
        return {"Federated": principal.provider}
    if principal.kind is PrincipalKind.ANONYMOUS:
        return "*"
    return {"AWS": principal.role_arn or principal.arn}


def _with(layers: Layers, check: LayerCheck, policies: PolicySet) -> Layers:
    """The layers with one set (of an organization layer, one level) replaced."""
    layer = check.layer
    if layer is Layer.SCP or layer is Layer.RCP:
        levels = list(layers.sets(layer))
        levels[check.level] = policies
        if layer is Layer.SCP:
            return replace(layers, scps=tuple(levels))
        return replace(layers, rcps=tuple(levels))
    if layer is Layer.IDENTITY:
        return replace(layers, identity=policies)
    if layer is Layer.BOUNDARY:
        return replace(layers, boundary=policies)
    if layer is Layer.SESSION:
        return replace(layers, session=policies)
    return replace(layers, resource=policies)


def _rewritten(policy: Policy, statements: dict[int, dict[str, object]]) -> Policy | None:
    """The policy with these statements instead of its own; None if that is no valid document."""
    document = policy.document
    written = [
        statements.get(statement.index, statement.as_dict()) for statement in document.statements
    ]
    text: dict[str, object] = {"Statement": written}
    if document.version is not None:
        text["Version"] = document.version
    if document.id is not None:
        text["Id"] = document.id
    try:
        return replace(policy, document=parse(json.dumps(text), document.kind))
    except PolicyErrors:
        return None
