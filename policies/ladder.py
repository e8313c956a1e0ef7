"""The ladder of a decision: every layer's word and the statements behind it, as plain data.

An explanation of the engine in the portal model's shape `Ladder`, fit to be kept, sent and drawn.
Knows no request and no database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from policies.engine import (
    ConditionCheck,
    Decision,
    Effect,
    Explanation,
    Layer,
    LayerCheck,
    Outcome,
    Policy,
    StatementCheck,
)

MOST_STATEMENTS = 20  # of one layer, the nearest first
LONGEST_STATEMENT = 4_096
MOST_VALUES = 20

# From the widest to the narrowest, as one reads it.
ORDER = (
    Layer.SCP,
    Layer.RCP,
    Layer.RESOURCE,
    Layer.TRUST,
    Layer.IDENTITY,
    Layer.BOUNDARY,
    Layer.SESSION,
)
NOT_APPLICABLE = "notApplicable"
_DECIDING = {Outcome.ALLOWED: Effect.ALLOW, Outcome.EXPLICIT_DENY: Effect.DENY}


class Holding(Protocol):
    """A policy as somebody holds it: its name, and whose it is."""

    @property
    def name(self) -> str: ...

    @property
    def holder(self) -> str: ...

    @property
    def holder_name(self) -> str: ...


Names = Mapping[str, Holding]
Hides = Callable[[Layer], bool]


def hides_from(account: str, resource_account: str) -> Hides:
    """Which layers are not for a principal of `account` to read.

    Organization policies are the organization's secret, and another account's resource or trust
    policy is that account's: what they hold is never told, only whether they let the request pass.
    """
    across = resource_account not in (account, "aws")
    foreign = (Layer.RESOURCE, Layer.TRUST) if across else ()
    return lambda layer: layer in (Layer.SCP, Layer.RCP, *foreign)


def ladder_of(
    explanation: Explanation, names: Names | None = None, hides: Hides | None = None
) -> dict[str, Any]:
    """The ladder of `explanation`.

    `names` tells whose the policies are; `hides` which layers show nothing but whether they let
    the request pass.
    """
    decision = explanation.decision
    owner = Layer.TRUST if explanation.of(Layer.TRUST) else Layer.RESOURCE
    across = hides is not None and hides(owner)
    rungs: list[dict[str, Any]] = []
    for layer in ORDER:
        if layer in (Layer.RESOURCE, Layer.TRUST) and layer is not owner:
            continue
        checks = explanation.of(layer)
        hidden = hides is not None and hides(layer)
        if hidden:
            checks = checks[:1]
        rungs += [_rung(explanation, check, names or {}, hides, hidden) for check in checks]
        if not checks:
            decides = decision.layer is layer
            outcome = Outcome.IMPLICIT_DENY.value if decides else NOT_APPLICABLE
            if across and layer in (Layer.RCP, owner):
                # That the other side has none is not told either.
                outcome = _hidden_word(decision, hides, decides=decides)
                rungs.append({**_bare(layer, outcome, decides=decides), "IsHidden": True})
                continue
            rungs.append(_bare(layer, outcome, decides=decides))
    if decision.layer is Layer.ROOT:
        rungs.append(_bare(Layer.ROOT, decision.outcome.value, decides=True))
    outcome = decision.outcome
    if not decision.allowed and hides is not None and hides(decision.layer):
        outcome = Outcome.IMPLICIT_DENY
    return {"Outcome": outcome.value, "DecidingLayer": decision.layer.value, "Rungs": rungs}


def hide_found(ladder: dict[str, Any], keys: tuple[str, ...]) -> None:
    """Leaves out what the request had for condition keys that begin with one of `keys`."""
    for rung in ladder["Rungs"]:
        for statement in rung["Statements"]:
            for condition in statement["Conditions"]:
                if condition["ContextKeyName"].lower().startswith(keys):
                    condition.pop("Found", None)


def _bare(layer: Layer, outcome: str, *, decides: bool) -> dict[str, Any]:
    return {
        "Layer": layer.value,
        "Level": 0,
        "Outcome": outcome,
        "Decides": decides,
        "IsHidden": False,
        "StatementCount": 0,
        "Statements": [],
    }


def _rung(
    explanation: Explanation,
    check: LayerCheck,
    names: Names,
    hides: Hides | None,
    hidden: bool,
) -> dict[str, Any]:
    decision = explanation.decision
    decides = decision.layer is check.layer
    if hidden:
        return {
            **_bare(check.layer, _hidden_word(decision, hides, decides=decides), decides=decides),
            "IsHidden": True,
        }
    if decides and not decision.allowed:
        decides = check.outcome is decision.outcome  # the level that refused, not its neighbours
    deciding = check.matching(_DECIDING[decision.outcome]) if decision.outcome in _DECIDING else ()
    about = [one for one in check.statements if one.covers_action]
    about.sort(key=_distance)
    return {
        "Layer": check.layer.value,
        "Level": check.level,
        "Outcome": check.outcome.value,
        "Decides": decides,
        "IsHidden": False,
        "StatementCount": len(check.statements),
        "Statements": [
            _statement(one, names, decides and one in deciding) for one in about[:MOST_STATEMENTS]
        ],
    }


def _hidden_word(decision: Decision, hides: Hides | None, *, decides: bool) -> str:
    """Whether a hidden layer let the request pass, as far as the decision itself tells."""
    if decision.allowed:
        return Outcome.ALLOWED.value
    if decides:
        return Outcome.IMPLICIT_DENY.value
    # What is hidden is asked before the caller's own side, but for one's explicit denials. Whether
    # another hidden layer is silent or says no makes no difference.
    is_hidden = hides is not None and hides(decision.layer)
    passed = is_hidden or decision.outcome is Outcome.IMPLICIT_DENY
    return Outcome.ALLOWED.value if passed else NOT_APPLICABLE


def _distance(check: StatementCheck) -> tuple[int, bool, int]:
    """How far a statement is from matching; denials first among equals."""
    failed = sum(not element.matched for element in check.elements)
    failed += sum(not condition.holds for condition in check.conditions)
    return failed, check.statement.effect is Effect.ALLOW, check.statement.index


def _statement(check: StatementCheck, names: Names, decides: bool) -> dict[str, Any]:
    statement = check.statement
    text = json.dumps(statement.as_dict())
    found: dict[str, Any] = {
        **_policy(check.policy, names),
        "StatementIndex": statement.index,
        "StartLine": statement.start.line,
        "EndLine": statement.end.line,
        "Effect": statement.effect.value,
        "Matched": check.matched,
        "Decides": decides,
        "Elements": [
            {
                "Element": one.element,
                "Matched": one.matched,
                "Value": one.value,
                **({"Pattern": one.pattern} if one.pattern is not None else {}),
            }
            for one in check.elements
        ],
        "Conditions": [_condition(one) for one in check.conditions],
    }
    if statement.sid is not None:
        found["Sid"] = statement.sid
    if len(text) <= LONGEST_STATEMENT:
        found["Statement"] = text
    return found


def _policy(policy: Policy, names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {"PolicyName": policy.id, "Source": policy.source}
    if policy.arn is not None:
        found["PolicyArn"] = policy.arn
    held = names.get(policy.arn or policy.id)
    if held is not None:
        found |= {"PolicyName": held.name, "Source": held.holder, "SourceName": held.holder_name}
    return found


def _condition(check: ConditionCheck) -> dict[str, Any]:
    found: dict[str, Any] = {
        "Operator": check.operator,
        "ContextKeyName": check.key,
        "Wanted": list(check.wanted[:MOST_VALUES]),
        "Holds": check.holds,
    }
    if check.found is not None:
        values = (check.found,) if isinstance(check.found, str) else check.found
        found["Found"] = list(values[:MOST_VALUES])
    return found
