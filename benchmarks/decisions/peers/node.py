"""Peers that need Node, in a process of their own, measured by that process's own clock."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from benchmarks.decisions.peers import NotInstalled, cedar
from benchmarks.decisions.workload import ACCOUNT, PRINCIPAL, USER, Workload

SCRIPT = Path(__file__).with_name("node_peers.cjs")
PACKAGES = ("@cedar-policy/cedar-wasm", "@cloud-copilot/iam-simulate")


class Node:
    """The process; raises NotInstalled without Node."""

    def __init__(self, workload: Workload) -> None:
        node = shutil.which("node")
        if node is None:
            raise NotInstalled("node")
        self._process = subprocess.Popen(
            [node, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        answer = self.ask({"load": loaded(workload)})
        self.names: list[str] = answer["peers"]
        self.problems: dict[str, str] = answer["problems"]

    def ask(self, command: dict[str, Any]) -> dict[str, Any]:
        """The answer to one command; raises RuntimeError when the process has failed."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps(command) + "\n")
        stdin.flush()
        answer: dict[str, Any] = json.loads(stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return answer

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


class NodePeer:
    """One of its engines. `seconds` measures there, so that no pipe is counted."""

    def __init__(self, node: Node, name: str) -> None:
        self.name = name
        self._node = node

    def decide(self, number: int) -> bool:
        return bool(self._node.ask({"peer": self.name, "numbers": [number]})["decisions"][0])

    def seconds(self, numbers: list[int]) -> float:
        answer = self._node.ask({"peer": self.name, "numbers": numbers})
        return float(answer["microseconds"]) / 1e6

    def expresses(self, number: int) -> bool:
        return True


def loaded(workload: Workload) -> dict[str, Any]:
    """What the two engines need, in their own forms."""
    # iam-simulate does not know a variable that stands right behind the fifth colon.
    named = [text.replace("${aws:username}", USER) for text in workload.identity]
    identity = [
        {"name": f"policy{at}", "policy": json.loads(text)} for at, text in enumerate(named)
    ]
    boundary = [{"name": "boundary", "policy": json.loads(workload.boundary)}]
    scps = [
        {"orgIdentifier": f"level{at}", "policies": [{"name": "scp", "policy": json.loads(text)}]}
        for at, text in enumerate(workload.scps)
    ]
    return {
        "policies": cedar.policies(workload),
        "cedarRequests": [
            {
                "principal": {"type": "User", "id": "bob"},
                "action": {"type": "Action", "id": ask.action},
                "resource": {"type": "Resource", "id": "any"},
                "context": cedar.context(ask.action, ask.resource, ask.context),
                "preparsedPolicySetId": "workload",
                "entities": [],
            }
            for ask in workload.asks
        ],
        "simulations": [
            {
                "identityPolicies": identity,
                "permissionBoundaryPolicies": boundary,
                "serviceControlPolicies": scps,
                "resourceControlPolicies": [],
                "request": {
                    "action": ask.action,
                    "principal": PRINCIPAL,
                    "resource": {"accountId": ACCOUNT, "resource": ask.resource},
                    "contextVariables": ask.context,
                },
            }
            for ask in workload.asks
        ],
    }
