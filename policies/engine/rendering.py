"""Decisions, explanations and remedies as lines of text and as JSON, for the command line."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from .changes import Change, ChangeKind, Remedy
from .decide import Decision
from .explain import Explanation
from .layers import Layer, Outcome
from .messages import denial_message
from .request import Request


def sentence(request: Request, decision: Decision) -> str:
    if decision.allowed:
        return f"Allowed by {_where(decision)}."
    return denial_message(request, decision, request.resource)


def _where(decision: Decision) -> str:
    if decision.layer is Layer.ROOT or not decision.statements:
        return "the root user's own full access"
    name = decision.policy.id if decision.policy else decision.layer.value
    start = decision.statements[0].start
    return f"{name}:{start.line}:{start.column} ({decision.layer.value} policy)"


def as_json(request: Request, decision: Decision) -> dict[str, Any]:
    return {
        "allowed": decision.allowed,
        "outcome": decision.outcome.value,
        "layer": decision.layer.value,
        "policy": decision.policy.id if decision.policy else None,
        "statements": [
            {"index": one.index, "sid": one.sid, "line": one.start.line, "column": one.start.column}
            for one in decision.statements
        ],
        "message": None if decision.allowed else sentence(request, decision),
    }


def layer_checks(explanation: Explanation) -> list[dict[str, Any]]:
    return [
        {
            "layer": check.layer.value,
            "level": check.level,
            "outcome": check.outcome.value,
            "statements": [
                {
                    "policy": one.policy.id,
                    "index": one.statement.index,
                    "effect": one.statement.effect.value,
                    "matched": one.matched,
                    "elements": [asdict(element) for element in one.elements],
                    "conditions": [asdict(condition) for condition in one.conditions],
                }
                for one in check.statements
            ],
        }
        for check in explanation.layers
    ]


_OUTCOMES = {
    Outcome.ALLOWED: "allows",
    Outcome.IMPLICIT_DENY: "is silent",
    Outcome.EXPLICIT_DENY: "denies",
}


def explanation_lines(explanation: Explanation) -> list[str]:
    lines = []
    for check in explanation.layers:
        level = f", level {check.level + 1}" if check.layer in (Layer.SCP, Layer.RCP) else ""
        lines.append(f"{check.layer.value}{level}: {_OUTCOMES[check.outcome]}")
        for one in check.statements:
            start = one.statement.start
            verdict = "matches" if one.matched else "does not match"
            place = f"{one.policy.id}:{start.line}:{start.column}"
            lines.append(f"  {place} {one.statement.effect.value} {verdict}")
            for element in one.elements:
                mark = "+" if element.matched else "-"
                by = f" by {element.pattern}" if element.pattern else ""
                lines.append(f"    {mark} {element.element}: {element.value}{by}")
            for condition in one.conditions:
                mark = "+" if condition.holds else "-"
                found = "absent" if condition.found is None else json.dumps(condition.found)
                wanted = json.dumps(condition.wanted)
                lines.append(
                    f"    {mark} {condition.operator} {condition.key}: {found}, wanted {wanted}"
                )
    missing = explanation.missing_keys()
    if missing:
        lines.append(f"not given, though policies ask for it: {', '.join(missing)}")
    return lines


def changes_as_json(remedy: Remedy) -> list[dict[str, Any]]:
    return [
        {
            "kind": one.kind.value,
            "layer": one.layer.value,
            "level": one.level,
            "policy": one.policy.id if one.policy else None,
            "statement": one.statement.index if one.statement else None,
            "proposal": json.loads(one.proposal) if one.proposal else None,
            "key": one.key,
            "value": one.value,
        }
        for one in remedy.changes
    ]


def remedy_lines(ways: Iterable[Remedy]) -> list[str]:
    """What would allow the request, the least first; each way may take several changes."""
    lines = []
    for number, remedy in enumerate(ways, 1):
        lines.append(f"would be allowed, way {number}:")
        lines += [f"  {_told(change)}" for change in remedy.changes]
    return lines


def _told(change: Change) -> str:
    level = f", level {change.level + 1}" if change.layer in (Layer.SCP, Layer.RCP) else ""
    place = f"{change.layer.value} policy{level}"
    if change.policy is not None and change.policy.id:
        place = f"{change.policy.id} ({place})"
    if change.statement is not None:
        place += f", statement {change.statement.index}"
    value = json.dumps(change.value)
    return {
        ChangeKind.ADD_STATEMENT: f"add to {place}: {change.proposal}",
        ChangeKind.NARROW_DENY: f"narrow {place}, to: {change.proposal}",
        ChangeKind.DETACH_POLICY: f"detach {place}",
        ChangeKind.SET_VALUE: f"ask with {change.key} = {value}, for {place}",
        ChangeKind.LEAVE_OUT_VALUE: f"ask without {change.key}, for {place}",
    }[change.kind]
