"""Whether what an operation answers is what its service model says of the answer.

Every operation that any test of this process performs is checked (tests/conftest.py), so each test
proves it without a line of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from botocore.model import Shape

from iamsite.operations import perform as _perform  # noqa: F401  loads the module
from iamsite.operations.models import operation_model

SIMPLE: dict[str, type] = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "float": float,
    "double": float,
    "timestamp": datetime,
    "blob": bytes,
}
# Where AWS's own answers are not those of its models.
NOT_REQUIRED = {  # the root user has no name
    ("User", "UserName"),
    ("AccessKey", "UserName"),
    ("AccessKeyMetadata", "UserName"),
    ("MFADevice", "UserName"),
}
FURTHER_VALUES = {
    "PermissionsBoundaryAttachmentType": {"Policy"},
    "PolicySourceType": {"IAM Policy", "Permissions Boundary Policy", "Resource Policy"},
}


def faults(shape: Shape | None, value: Any, where: str) -> Iterator[str]:
    """What of `value` the model does not know, and what it requires and `value` lacks."""
    if shape is None:
        if value:
            yield f"{where} answers something, which the model says it does not"
        return
    match shape.type_name:
        case "structure":
            if not isinstance(value, dict):
                yield f"{where} is no structure but {value!r}"
                return
            for name in value.keys() - shape.members.keys():
                yield f"{where} has no member {name}"
            for name in set(shape.required_members) - value.keys():
                if (shape.name, name) not in NOT_REQUIRED:
                    yield f"{where} must have the member {name}"
            for name in value.keys() & shape.members.keys():
                yield from faults(shape.members[name], value[name], f"{where}.{name}")
        case "list":
            if not isinstance(value, list | tuple):
                yield f"{where} is no list but {value!r}"
                return
            for index, one in enumerate(value):
                yield from faults(shape.member, one, f"{where}[{index}]")
        case "map":
            if not isinstance(value, dict):
                yield f"{where} is no map but {value!r}"
                return
            for key, one in value.items():
                yield from faults(shape.key, key, f"{where} key")
                yield from faults(shape.value, one, f"{where}[{key!r}]")
        case kind:
            yield from _simple(kind, shape, value, where)


def _simple(kind: str, shape: Shape, value: Any, where: str) -> Iterator[str]:
    if not isinstance(value, SIMPLE[kind]) or (kind != "boolean" and isinstance(value, bool)):
        yield f"{where} is no {kind} but {value!r}"
    elif kind == "timestamp" and value.tzinfo is None:
        yield f"{where} is a time of no zone"
    elif kind == "string" and shape.enum and value not in _allowed(shape):
        yield f"{where} is {value!r}, not one of {shape.enum}"


def _allowed(shape: Shape) -> set[str]:
    return {*shape.enum, *FURTHER_VALUES.get(shape.name, ())}


def check_all(patch: pytest.MonkeyPatch) -> None:
    """From now on, an operation that answers otherwise than its model says fails its test."""
    pipeline = sys.modules["iamsite.operations.perform"]
    perform = pipeline._perform

    def checked(credential: Any, name: str, *rest: Any) -> Any:
        result = perform(credential, name, *rest)
        found = list(faults(operation_model(name).output, result, name))
        assert not found, "; ".join(found)
        return result

    patch.setattr(pipeline, "_perform", checked)
