"""The engine as a library: what it exports, and that it stands on its own."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import policies.engine as engine

ROOM = Path(engine.__file__).parent
PUBLIC = [
    "ActionSimulation",
    "Change",
    "ChangeKind",
    "ConditionCheck",
    "Context",
    "Decision",
    "Document",
    "DocumentKind",
    "Effect",
    "ElementCheck",
    "Explanation",
    "Fault",
    "Grant",
    "Layer",
    "LayerCheck",
    "Layers",
    "NamedPrincipal",
    "Outcome",
    "Policy",
    "PolicyErrors",
    "PolicySet",
    "Position",
    "Principal",
    "PrincipalKind",
    "Remedy",
    "Request",
    "Simulation",
    "Statement",
    "StatementCheck",
    "check_issuers",
    "combine",
    "compile_policies",
    "decide",
    "denial_message",
    "explain",
    "parse",
    "remedies",
    "simulate",
    "stored",
]


def test_the_public_names_are_these() -> None:
    assert sorted(engine.__all__) == sorted(PUBLIC)
    assert all(hasattr(engine, name) for name in PUBLIC)


def test_every_public_name_is_documented() -> None:
    for name in PUBLIC:
        if not name.endswith(("Kind", "Effect", "Outcome")):
            assert getattr(engine, name).__doc__, name


def test_it_imports_no_framework() -> None:
    code = (
        "import sys, policies.engine, policies.engine.lint\n"
        "print(sorted({'django', 'rest_framework', 'botocore'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "[]\n"


def test_the_readmes_script_runs_as_shown() -> None:
    script, shown = re.search(
        r"```python\n(.*?)```.*?```text\n(.*?)```", (ROOM / "README.md").read_text(), re.DOTALL
    ).groups()  # type: ignore[union-attr]
    assert len(script.strip().splitlines()) <= 10
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout == shown


def test_modules_stay_small() -> None:
    for module in ROOM.rglob("*.py"):
        assert len(module.read_text().splitlines()) <= 400, module
