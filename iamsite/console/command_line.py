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

_PLAIN = re.compile(r"[\w./:@+-]+")


def commands(performed: Sequence[tuple[str, Params]], endpoint: str) -> str:
    """One command a line; "" when one of the operations is none of AWS's."""
    lines = []
    for name, params in performed:
        model = operation_model(name)
        if model.service not in ("iam", "sts", "organizations"):
            return ""
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
