"""Cedar by way of cedarpy: policies parsed before, or parsed in each call.

A layer that limits is one `forbid … unless`. Exact actions stand in the head, where Cedar looks
first; wildcards are `like` on the action's name in the context.
"""

from __future__ import annotations

import json
from typing import Any

from benchmarks.decisions.peers import NotInstalled, conditions, texts
from benchmarks.decisions.workload import Workload

NAMES = {
    "aws:PrincipalTag/team": "team",
    "aws:UserAgent": "agent",
    "aws:SourceIp": "ip",
    "aws:MultiFactorAuthPresent": "mfa",
    "aws:MultiFactorAuthAge": "age",
    "aws:PrincipalArn": "arn",
}


def quoted(text: str) -> str:
    return json.dumps(text)


def one_of(name: str, patterns: list[str]) -> str:
    """Whether an attribute matches one of the patterns."""
    if "*" in patterns:
        return "true"
    tests = [
        f"context.{name} like {quoted(text)}"
        if "*" in text
        else f"context.{name} == {quoted(text)}"
        for text in patterns
    ]
    return "(" + " || ".join(tests) + ")"


def condition(operator: str, key: str, value: str) -> str:
    name = NAMES[key]
    match operator:
        case "StringEquals":
            return f"context.{name} == {quoted(value)}"
        case "StringLike" | "ArnLike":
            return f"context.{name} like {quoted(value)}"
        case "IpAddress":
            return f"context.{name}.isInRange(ip({quoted(value)}))"
        case "Bool":
            return f"context.{name} == {value}"
        case "NumericLessThan":
            return f"context.{name} < {value}"
    raise ValueError(operator)


def expression(statement: dict[str, Any], with_actions: bool = True) -> str:
    tests = [one_of("resource", texts(statement["Resource"]))]
    if with_actions:
        tests.insert(0, one_of("action", texts(statement["Action"])))
    tests += [condition(*one) for one in conditions(statement)]
    return " && ".join(tests)


def policy(statement: dict[str, Any]) -> str:
    effect = "permit" if statement["Effect"] == "Allow" else "forbid"
    actions = texts(statement["Action"])
    exact = not any("*" in action for action in actions)
    head = "action"
    if exact:
        head = f"action in [{', '.join(f'Action::{quoted(action)}' for action in actions)}]"
    return f"{effect}(principal, {head}, resource) when {{ {expression(statement, not exact)} }};"


def limit(text: str) -> list[str]:
    """A boundary or an SCP: what it does not allow is forbidden, and what it denies."""
    statements = json.loads(text)["Statement"]
    allows = [expression(one) for one in statements if one["Effect"] == "Allow"]
    denies = [policy(one) for one in statements if one["Effect"] == "Deny"]
    permitted = " || ".join(f"({one})" for one in allows)
    return [f"forbid(principal, action, resource) unless {{ {permitted} }};", *denies]


def policies(workload: Workload) -> str:
    lines = [policy(one) for text in workload.identity for one in json.loads(text)["Statement"]]
    for text in (workload.boundary, *workload.scps):
        lines += limit(text)
    return "\n".join(lines)


def context(action: str, resource: str, values: dict[str, str]) -> dict[str, Any]:
    return {
        "action": action,
        "resource": resource,
        "team": values["aws:PrincipalTag/team"],
        "agent": values["aws:UserAgent"],
        "ip": {"__extn": {"fn": "ip", "arg": values["aws:SourceIp"]}},
        "mfa": values["aws:MultiFactorAuthPresent"] == "true",
        "age": int(values["aws:MultiFactorAuthAge"]),
        "arn": values["aws:PrincipalArn"],
    }


class CedarParsing:
    """cedarpy given the policies' text in every call."""

    name = "cedarpy, parsing in the call"

    def __init__(self, workload: Workload) -> None:
        try:
            import cedarpy
        except ImportError as problem:
            raise NotInstalled("cedarpy") from problem
        self._cedar = cedarpy
        self._entities = cedarpy.Entities.from_json_str("[]")
        self._policies = self._given(policies(workload))
        self._requests = [
            {
                "principal": 'User::"bob"',
                "action": f"Action::{quoted(ask.action)}",
                "resource": 'Resource::"any"',
                "context": context(ask.action, ask.resource, ask.context),
            }
            for ask in workload.asks
        ]

    def _given(self, text: str) -> Any:
        return text

    def decide(self, number: int) -> bool:
        answer = self._cedar.is_authorized(self._requests[number], self._policies, self._entities)
        if answer.diagnostics.errors:
            raise RuntimeError(answer.diagnostics.errors)
        return bool(answer.allowed)

    def expresses(self, number: int) -> bool:
        return True


class CedarParsed(CedarParsing):
    """cedarpy given policies parsed before."""

    name = "cedarpy, parsed before"

    def _given(self, text: str) -> Any:
        return self._cedar.PolicySet.from_str(text)
