"""moto's evaluator, which tests of AWS programs run against."""

from __future__ import annotations

import json
import re

from benchmarks.decisions.peers import NotInstalled, texts
from benchmarks.decisions.workload import USER, Workload


class Moto:
    """One IAMPolicy a document; the layers are combined as its own access control does."""

    name = "moto"

    def __init__(self, workload: Workload) -> None:
        try:
            from moto.iam.access_control import IAMPolicy, PermissionResult
        except ImportError as problem:
            raise NotInstalled("moto") from problem
        self._result = PermissionResult
        self._asks = workload.asks
        layers = (workload.identity, (workload.boundary,), *((scp,) for scp in workload.scps))
        self._layers = [
            [IAMPolicy(text.replace("${aws:username}", USER)) for text in layer] for layer in layers
        ]
        self._statements = [one for layer in layers for text in layer
                            for one in json.loads(text)["Statement"]]  # fmt: skip

    def decide(self, number: int) -> bool:
        ask = self._asks[number]
        for layer in self._layers:
            results = [
                policy.is_action_permitted(ask.action, ask.resource, None, ask.context)
                for policy in layer
            ]
            if self._result.DENIED in results or self._result.PERMITTED not in results:
                return False
        return True

    def expresses(self, number: int) -> bool:
        """It takes a condition that does not hold for a denial, and knows few operators."""
        action = self._asks[number].action
        return not any(
            "Condition" in one and any(matches(text, action) for text in texts(one["Action"]))
            for one in self._statements
        )


def matches(glob: str, text: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, glob.split("*"))), text) is not None
