"""Rego by way of regopy: statements as data, one rule that reads them."""

from __future__ import annotations

import json
import re
from typing import Any

from benchmarks.decisions.peers import NotInstalled, conditions, texts
from benchmarks.decisions.workload import Workload

MODULE = """
package authz
import rego.v1

matches(statement) if {
  some action in statement.actions
  regex.match(action, input.action)
  some resource in statement.resources
  regex.match(resource, input.resource)
  every condition in statement.conditions { holds(condition) }
}

holds(c) if { c.operator == "equals"; input.context[c.key] == c.value }
holds(c) if { c.operator == "like"; regex.match(c.value, input.context[c.key]) }
holds(c) if { c.operator == "less"; to_number(input.context[c.key]) < c.value }
holds(c) if { c.operator == "prefix"; startswith(input.context[c.key], c.value) }

allows(layer) if { some statement in layer; statement.effect == "Allow"; matches(statement) }
denied if { some layer in data.layers; some s in layer; s.effect == "Deny"; matches(s) }

default allow := false
allow if { not denied; every layer in data.layers { allows(layer) } }
"""
OPERATORS = {
    "StringEquals": "equals",
    "Bool": "equals",
    "StringLike": "like",
    "ArnLike": "like",
    "NumericLessThan": "less",
    "IpAddress": "prefix",
}
# It has no function for networks; those of the workload end at an octet.
PREFIXES = {"10.0.0.0/8": "10.", "203.0.113.0/24": "203.0.113."}


def pattern(glob: str) -> str:
    return f"^{'.*'.join(map(re.escape, glob.split('*')))}$"


def compared(operator: str, value: str) -> Any:
    match operator:
        case "StringLike" | "ArnLike":
            return pattern(value)
        case "NumericLessThan":
            return int(value)
        case "IpAddress":
            return PREFIXES[value]
    return value


def statement(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "effect": body["Effect"],
        "actions": [pattern(text) for text in texts(body["Action"])],
        "resources": [pattern(text) for text in texts(body["Resource"])],
        "conditions": [
            {"operator": OPERATORS[operator], "key": key,
             "value": compared(operator, value)}
            for operator, key, value in conditions(body)
        ],
    }  # fmt: skip


class Rego:
    name = "regopy"

    def __init__(self, workload: Workload) -> None:
        try:
            from regopy import Interpreter
        except ImportError as problem:
            raise NotInstalled("regopy") from problem
        layers = [
            [statement(one) for text in layer for one in json.loads(text)["Statement"]]
            for layer in (workload.identity, (workload.boundary,), *((s,) for s in workload.scps))
        ]
        self._rego = Interpreter()
        self._rego.add_module("authz", MODULE)
        self._rego.add_data({"layers": layers})
        self._inputs = [
            {"action": ask.action, "resource": ask.resource, "context": ask.context}
            for ask in workload.asks
        ]

    def decide(self, number: int) -> bool:
        self._rego.set_input(self._inputs[number])
        answer = self._rego.query("data.authz.allow")
        if not answer.ok():
            raise RuntimeError(str(answer))
        return any(result.expressions == [True] for result in answer.results)

    def expresses(self, number: int) -> bool:
        return True
