"""pycasbin: a policy line a pair of action and resource, one enforcer a layer."""

from __future__ import annotations

import ipaddress
import json
import logging
import re
from functools import cache
from typing import Any

from benchmarks.decisions.peers import NotInstalled, conditions, texts
from benchmarks.decisions.workload import Workload

MODEL = """
[request_definition]
r = act, obj, ctx
[policy_definition]
p = act, obj, cond, eft
[policy_effect]
e = some(where (p.eft == allow)) && !some(where (p.eft == deny))
[matchers]
m = wild(r.act, p.act) && wild(r.obj, p.obj) && holds(r.ctx, p.cond)
"""


@cache
def pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, text.split("*"))))


def wild(text: str, glob: str) -> bool:
    return pattern(glob).fullmatch(text) is not None


@cache
def tests(text: str) -> list[tuple[str, str, Any]]:
    return [(operator, key, ipaddress.ip_network(value) if operator == "IpAddress" else value)
            for operator, key, value in json.loads(text)]  # fmt: skip


def holds(context: dict[str, str], text: str) -> bool:
    return all(one_holds(operator, context[key], value) for operator, key, value in tests(text))


def one_holds(operator: str, given: str, wanted: Any) -> bool:
    match operator:
        case "StringEquals" | "Bool":
            return given == wanted
        case "StringLike" | "ArnLike":
            return wild(given, wanted)
        case "IpAddress":
            return ipaddress.ip_address(given) in wanted
        case "NumericLessThan":
            return float(given) < float(wanted)
    raise ValueError(operator)


class Casbin:
    """Its conditions are functions of ours, since its language has none of them."""

    name = "pycasbin"

    def __init__(self, workload: Workload) -> None:
        try:
            import casbin
        except ImportError as problem:
            raise NotInstalled("pycasbin") from problem
        logging.getLogger("casbin").setLevel(logging.WARNING)
        self._asks = workload.asks
        self._enforcers = []
        for layer in (workload.identity, (workload.boundary,), *((scp,) for scp in workload.scps)):
            model = casbin.Model()
            model.load_model_from_text(MODEL)
            enforcer = casbin.Enforcer(model)
            enforcer.add_function("wild", wild)
            enforcer.add_function("holds", holds)
            enforcer.add_policies(self._lines(layer))
            self._enforcers.append(enforcer)

    @staticmethod
    def _lines(layer: tuple[str, ...]) -> list[list[str]]:
        lines = {
            (action, resource, json.dumps(list(conditions(one))), one["Effect"].lower())
            for text in layer
            for one in json.loads(text)["Statement"]
            for action in texts(one["Action"])
            for resource in texts(one["Resource"])
        }
        return [list(line) for line in sorted(lines)]

    def decide(self, number: int) -> bool:
        ask = self._asks[number]
        return all(
            enforcer.enforce(ask.action, ask.resource, ask.context) for enforcer in self._enforcers
        )

    def expresses(self, number: int) -> bool:
        return True
