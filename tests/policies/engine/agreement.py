"""The engine and the reference on one case: the same outcome, by the same layer?"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from policies.engine import (
    Context,
    Decision,
    DocumentKind,
    Effect,
    Layer,
    Layers,
    Outcome,
    Policy,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
    explain,
    parse,
)
from tests.policies.engine import reference
from tests.policies.engine.plain import PlainLayers, PlainPolicy, PlainRequest, Policies

LAYERS = ("identity", "boundary", "session", "resource")
LEVELS = ("scps", "rcps")


@lru_cache(maxsize=500)
def document_policy(policy: PlainPolicy) -> Policy:
    """The policy parsed; kept, so that what a document keeps compiled is met again."""
    return Policy(
        document=parse(policy.text, DocumentKind[policy.kind.upper()]),
        id=policy.kind,
        arn=None,
        source="none",
    )


def engine_layers(plain: PlainLayers) -> Layers:
    """The same layers for the engine; raises PolicyErrors when a document is refused."""

    def compiled(policies: Policies | None) -> PolicySet | None:
        if policies is None:
            return None
        return compile_policies([document_policy(policy) for policy in policies])

    def levels(policies: tuple[Policies, ...] | None) -> tuple[PolicySet, ...] | None:
        if policies is None:
            return None
        return tuple(
            compile_policies([document_policy(policy) for policy in level]) for level in policies
        )

    return Layers(
        identity=compiled(plain.identity),
        boundary=compiled(plain.boundary),
        session=compiled(plain.session),
        resource=compiled(plain.resource),
        scps=levels(plain.scps),
        rcps=levels(plain.rcps),
        trust=plain.trust,
    )


def engine_request(plain: PlainRequest) -> Request:
    fields = dict(plain.principal)
    kind = PrincipalKind[fields.pop("kind").upper()]
    return Request(
        principal=Principal(kind=kind, **fields),
        action=plain.action,
        resource=plain.resource,
        resource_account=plain.resource_account,
        context=Context(dict(plain.context)),
    )


def known(layers: Layers, *actions: str) -> Layers:
    """The layers as they are once these actions have been asked for: answered by index."""
    layers = replace(layers)
    layers.actions.update(dict.fromkeys(actions))
    return layers


def verdict(decision: Decision) -> tuple[str, str | None]:
    if decision.allowed:
        return "allowed", None
    return decision.outcome.name.lower(), decision.layer.name.lower()


def contradiction(request: Request, layers: Layers) -> str:
    """How explain says otherwise than decide; empty when it does not."""
    decision, explanation = decide(request, layers), explain(request, layers)
    if verdict(explanation.decision) != verdict(decision):
        return f"decide {verdict(decision)}, explain {verdict(explanation.decision)}"
    checks = [check for layer in explanation.layers for check in layer.statements]
    matched = [check.statement for check in checks if check.matched]
    effect = Effect.DENY if decision.outcome is Outcome.EXPLICIT_DENY else Effect.ALLOW
    for one in decision.statements:
        if one.effect is not effect or one not in matched:
            return f"decide names statement {one.index}, explain does not match it"
    told = bool(decision.statements) or decision.layer is Layer.ROOT
    if decision.outcome is not Outcome.IMPLICIT_DENY and not told:
        return f"{verdict(decision)} without a statement"
    if decision.outcome is Outcome.IMPLICIT_DENY and decision.statements:
        return "an implicit deny with a statement"
    return ""


@dataclass(frozen=True)
class Case:
    """One request on its layers."""

    request: PlainRequest
    layers: PlainLayers

    def verdicts(self) -> tuple[Any, Any]:
        """What the reference says and what the engine says, compiled anew for this case.

        The engine speaks twice, of an action new to it and of one known; if it differs from
        itself, the answer is both.
        """
        layers, request = engine_layers(self.layers), engine_request(self.request)
        first = verdict(decide(request, layers))
        later = verdict(decide(request, known(layers, request.action)))
        found = first if first == later else (first, later)
        return reference.decide(self.request, self.layers), found

    def differs(self) -> bool:
        expected, found = self.verdicts()
        return expected != found

    def contradicts_itself(self) -> bool:
        """Whether explain says otherwise than decide."""
        layers, request = engine_layers(self.layers), engine_request(self.request)
        return contradiction(request, layers) != ""

    def __str__(self) -> str:
        lines = ["request:", f"  principal  {json.dumps(dict(self.request.principal))}"]
        lines.append(f"  action     {self.request.action}")
        lines.append(f"  resource   {self.request.resource} of {self.request.resource_account}")
        lines.append(f"  context    {json.dumps(dict(self.request.context))}")
        lines.append(f"layers:{' (role trust)' if self.layers.trust else ''}")
        for name in LAYERS:
            for policy in getattr(self.layers, name) or ():
                lines.append(f"  {name} ({policy.kind})  {policy.text}")
            if getattr(self.layers, name) == ():
                lines.append(f"  {name}  empty")
        for name in LEVELS:
            for number, level in enumerate(getattr(self.layers, name) or (), start=1):
                texts = [policy.text for policy in level] or ["empty"]
                lines += [f"  {name} level {number}  {text}" for text in texts]
        return "\n".join(lines)


def minimised(case: Case, fails: Callable[[Case], bool]) -> Case:
    """The smallest case reached by leaving out one thing at a time while it still fails."""

    def still_fails(candidate: Case) -> bool:
        try:
            return fails(candidate)
        except Exception:  # a smaller case may be no valid case at all
            return False

    found = True
    while found:
        found = False
        for candidate in smaller(case):
            if still_fails(candidate):
                case, found = candidate, True
                break
    return case


def smaller(case: Case) -> Iterator[Case]:
    layers, request = case.layers, case.request
    for name in (*LAYERS, *LEVELS):
        items = getattr(layers, name)
        if items is None:
            continue
        yield replace(case, layers=replace(layers, **{name: None}))
        for at, item in enumerate(items):
            yield replace(case, layers=replace(layers, **{name: items[:at] + items[at + 1 :]}))
            for other in reduced(item):
                changed = (*items[:at], other, *items[at + 1 :])
                yield replace(case, layers=replace(layers, **{name: changed}))
    for key in request.context:
        context = {name: value for name, value in request.context.items() if name != key}
        yield replace(case, request=replace(request, context=context))
    for flag in ("has_boundary", "service_linked"):
        if request.principal.get(flag):
            principal = {**request.principal, flag: False}
            yield replace(case, request=replace(request, principal=principal))


def reduced(item: PlainPolicy | Policies) -> Iterator[Any]:
    """A document, or one of a level's documents, with one part of its JSON left out."""
    if isinstance(item, tuple):
        for at, policy in enumerate(item):
            yield item[:at] + item[at + 1 :]
            for other in reduced(policy):
                yield (*item[:at], other, *item[at + 1 :])
        return
    document = json.loads(item.text)
    for path in list(parts(document)):
        shorter = copy.deepcopy(document)
        holder = shorter
        for step in path[:-1]:
            holder = holder[step]
        del holder[path[-1]]
        yield PlainPolicy(item.kind, json.dumps(shorter))


def parts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in keys:
        if not (isinstance(value, list) and len(value) == 1):
            yield (*path, key)
        if isinstance(value[key], dict | list):
            yield from parts(value[key], (*path, key))
