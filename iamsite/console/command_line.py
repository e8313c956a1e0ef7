"""Operations as commands of the AWS CLI."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Sequence
from typing import Any

from botocore import xform_name
from botocore.model import Shape

from iamsite.console.asking import Params
from iamsite.operations.models import operation_model

LEARNING = (
    "# Once, so that the CLI knows these:",
    "# curl -o portal.json {}portal/service-2.json",
    "# aws configure add-model --service-name portal --service-model file://portal.json",
)
_PLAIN = re.compile(r"[\w./:@+-]+")


def commands(performed: Sequence[tuple[str, Params]], endpoint: str) -> str:
    """One command a line; before those of `portal` how the CLI learns them (docs/portal-cli.md)."""
    lines = []
    models = [operation_model(name) for name, _params in performed]
    if any(model.service == "portal" for model in models):
        lines += [line.format(endpoint) for line in LEARNING]
    for model, (_name, params) in zip(models, performed, strict=True):
        parts = [f"aws {model.service} {xform_name(model.wire_name, '-')}"]
        parts += [
            _option(key, params[key], shape)
            for key, shape in model.members.items()
            if key in params
        ]
        parts.append(f"--endpoint-url {endpoint}")
        lines.append(" \\\n    ".join(parts))
    return "\n".join(lines)


def _option(name: str, value: Any, shape: Shape) -> str:
    option = f"--{xform_name(name, '-')}"
    if shape.type_name == "boolean":
        return option if value else f"--no-{option[2:]}"
    if shape.type_name == "list":
        return " ".join([option, *(_item(item) for item in value)])
    if shape.type_name in ("structure", "map"):
        return f"{option} {shlex.quote(json.dumps(value))}"
    return f"{option} {shlex.quote(str(value))}"


def _item(item: Any) -> str:
    """An element of a list, in the CLI's shorthand where that needs no quoting of its own."""
    if not isinstance(item, dict):
        return shlex.quote(str(item))
    if all(_PLAIN.fullmatch(str(value)) for value in item.values()):
        return ",".join(f"{key}={value}" for key, value in item.items())
    return shlex.quote(json.dumps(item))
