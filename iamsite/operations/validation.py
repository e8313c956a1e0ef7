"""Checks of parameters against the service model, in AWS's words, all failures at once.

Parameters come typed: str, int, float, bool, list, dict, bytes, and aware datetimes. A null
member counts as absent. Unknown members are ignored here; `refuse_unknown` names them.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from iamsite.operations.errors import OperationError, validation_error
from iamsite.operations.models import Operation
from iamsite.operations.patterns import Matcher, matcher

# STS takes source identities up to 256, whatever the model says (UG:troubleshoot_saml).
LENGTHS = {"sourceIdentityType": (2, 256)}

# Texts longer than both their own maximum and this are judged by length alone.
LONGEST_MATCHED = 16_384
# STS quotes the value in its message; a longer one is left out, as IAM leaves out all.
LONGEST_SHOWN = 4_096
# No message lists more; a body of ten megabytes could hold a million.
MOST_FAULTS = 100

# Members of lists whose message also says that none may be null.
SAID_NOT_NULL = {"tagKeyType"}

NAME = r"[\w+=,.@-]+"
SCALARS = {"string", "integer", "long", "float", "double"}
_INTEGERS = {"integer": 2**31, "long": 2**63}

Faults = list[str]
Check = Callable[[Any, str, Faults], None]


def validate(operation: Operation, params: Mapping[str, Any]) -> None:
    """Raises OperationError ValidationError naming every constraint that `params` break.

    IAM judges the characters of names, paths and policy documents in a second stage, and only when
    the first finds nothing (api-behaviour.md §3). AWS then tells one fault; here all are told.
    """
    check, second_stage = _checks(operation)
    faults: Faults = []
    check(params, "", faults)
    if faults:
        raise _refusal(faults)
    texts = [
        text
        for name, matches, text in second_stage
        if (value := params.get(name)) is not None and not matches(value)
    ]
    if texts:
        raise validation_error(" ".join(texts))


def refuse_unknown(operation: Operation, params: Mapping[str, Any]) -> None:
    """Raises OperationError ValidationError naming every member that the model does not know."""
    faults: Faults = []
    if operation.input is None:
        faults += [_unknown(name, "", ()) for name in params]
    else:
        _find_unknown(operation.input, params, "", faults)
    if faults:
        raise _refusal(faults)


def _refusal(faults: Faults) -> OperationError:
    count = len(faults)
    return validation_error(
        f"{count} validation error{'s' if count > 1 else ''} detected: {'; '.join(faults)}"
    )


def _fault(value: str, constraint: str) -> str:
    return f"Value {value} failed to satisfy constraint: {constraint}"


def _lower(name: str) -> str:
    return name[:1].lower() + name[1:]


@cache
def _checks(operation: Operation) -> tuple[Check, tuple[tuple[str, Matcher, str], ...]]:
    if operation.input is None:
        return (lambda value, path, faults: None), ()
    second_stage = {
        name: (name, matcher(shape.metadata["pattern"]), text)
        for name, shape in operation.members.items()
        if (text := _second_stage_text(operation, name, shape))
    }
    check = _structure(operation.input, operation.service == "sts", frozenset(second_stage))
    return check, tuple(second_stage.values())


def _second_stage_text(operation: Operation, name: str, shape: Shape) -> str | None:
    if operation.service != "iam" or "pattern" not in shape.metadata:
        return None
    subject = f"The specified value for {_lower(name)} is invalid. It must "
    if shape.metadata["pattern"] == NAME and name.endswith("Name"):
        return f"{subject}contain only alphanumeric characters and/or the following: +=,.@_-"
    if name == "Path":
        return (
            f"{subject}begin and end with / and contain only alphanumeric characters "
            "and/or / characters."
        )
    if name == "PathPrefix":
        return (
            f"{subject}begin with the / character and contain only alphanumeric characters "
            "and/or / characters."
        )
    if shape.name == "policyDocumentType":
        return f"{subject}contain only printable ASCII characters."
    return None


def _compile(shape: Shape, shown: bool) -> Check:
    """The check of a shape; `shown` tells whether messages quote the value."""
    kind = shape.type_name
    if kind == "structure":
        return _structure(shape, shown)
    if kind == "list":
        return _list(shape, shown)
    if kind == "map":
        return _map(shape, shown)
    if kind == "string":
        return _string(shape, shown)
    if kind in _INTEGERS or kind in {"float", "double"}:
        return _number(shape, shown)
    return _TYPES[kind]


def _structure(
    shape: StructureShape, shown: bool, without_pattern: frozenset[str] = frozenset()
) -> Check:
    required = frozenset(shape.required_members)
    members = [
        (
            name,
            _lower(name),
            name in required,
            _string(member, shown, matched=False)
            if name in without_pattern
            else _compile(member, shown),
        )
        for name, member in shape.members.items()
    ]

    def check(value: Any, path: str, faults: Faults) -> None:
        if not isinstance(value, Mapping):
            faults.append(_wrong_type(value, path, "a structure"))
            return
        prefix = f"{path}." if path else ""
        for name, shown_name, is_required, check_member in members:
            member = value.get(name)
            if member is not None:
                check_member(member, prefix + shown_name, faults)
            elif is_required:
                faults.append(_fault(f"null at '{prefix}{shown_name}'", "Member must not be null"))
            if len(faults) >= MOST_FAULTS:
                return

    return check


def _list(shape: ListShape, shown: bool) -> Check:
    check_member = _compile(shape.member, shown)
    low, high = _bounds(shape)
    constraints = _constraints(shape.member)
    shown = shown and not shape.member.metadata.get("sensitive")

    def check(value: Any, path: str, faults: Faults) -> None:
        if not isinstance(value, (list, tuple)):
            faults.append(_wrong_type(value, path, "a list"))
            return
        _check_length(len(value), low, high, f"at '{path}'", faults)
        for number, member in enumerate(value, 1):
            place = f"{path}.{number}.member"
            found: Faults = []
            if member is None:
                found.append(_fault(f"null at '{place}'", "Member must not be null"))
            else:
                check_member(member, place, found)
            if found and all(one.endswith(constraints) for one in found):
                # Of texts and numbers the whole list is named, with all that holds for each.
                whole = _place(f"[{', '.join(map(str, value))}]", path, shown)
                together = f"Member must satisfy constraint: [{', '.join(constraints)}]"
                faults.append(_fault(whole, together))
                return
            faults += found
            if len(faults) >= MOST_FAULTS:
                return

    return check


def _constraints(shape: Shape) -> tuple[str, ...]:
    """What a list's message says of its members, where they are texts or numbers."""
    if shape.type_name not in SCALARS:
        return ()
    kind = "length" if shape.type_name == "string" else "value"
    low, high = _bounds(shape)
    said = []
    if high != sys.maxsize:
        said.append(f"Member must have {kind} less than or equal to {high}")
    if low:
        said.append(f"Member must have {kind} greater than or equal to {low}")
    if pattern := shape.metadata.get("pattern"):
        said.append(f"Member must satisfy regular expression pattern: {pattern}")
    if shape.enum if shape.type_name == "string" else ():
        said.append(f"Member must satisfy enum value set: [{', '.join(shape.enum)}]")
    if shape.name in SAID_NOT_NULL:
        said.append("Member must not be null")
    return tuple(said)


def _map(shape: MapShape, shown: bool) -> Check:
    check_key, check_value = _compile(shape.key, shown), _compile(shape.value, shown)
    low, high = _bounds(shape)

    def check(value: Any, path: str, faults: Faults) -> None:
        if not isinstance(value, Mapping):
            faults.append(_wrong_type(value, path, "a map"))
            return
        _check_length(len(value), low, high, f"at '{path}'", faults)
        for number, (key, member) in enumerate(value.items(), 1):
            check_key(key, f"{path}.{number}.key", faults)
            place = f"{path}.{number}.value"
            if member is None:
                faults.append(_fault(f"null at '{place}'", "Member must not be null"))
            else:
                check_value(member, place, faults)
            if len(faults) >= MOST_FAULTS:
                return

    return check


def _bounds(shape: Shape) -> tuple[int, int]:
    if shape.name in LENGTHS:
        return LENGTHS[shape.name]
    return shape.metadata.get("min", 0), shape.metadata.get("max", sys.maxsize)


def _check_length(length: int, low: int, high: int, place: str, faults: Faults) -> None:
    if length > high:
        faults.append(_fault(place, f"Member must have length less than or equal to {high}"))
    if length < low:
        faults.append(_fault(place, f"Member must have length greater than or equal to {low}"))


def _string(shape: Shape, shown: bool, matched: bool = True) -> Check:
    pattern = shape.metadata.get("pattern") if matched else None
    matches = matcher(pattern) if pattern else None
    allowed = shape.enum
    low, high = _bounds(shape)
    longest_matched = max(LONGEST_MATCHED, high)
    shown = shown and not shape.metadata.get("sensitive")

    def check(value: Any, path: str, faults: Faults) -> None:
        if not isinstance(value, str):
            faults.append(_wrong_type(value, path, "a string"))
            return
        if (
            low <= len(value) <= high
            and value.isascii()
            and "\0" not in value
            and (not allowed or value in allowed)
            and (matches is None or (len(value) <= longest_matched and matches(value)))
        ):
            return
        place = _place(value, path, shown)
        _check_length(len(value), low, high, place, faults)
        if allowed and value not in allowed:
            listed = ", ".join(allowed)
            faults.append(_fault(place, f"Member must satisfy enum value set: [{listed}]"))
        if matches is not None and len(value) <= longest_matched and not matches(value):
            faults.append(
                _fault(place, f"Member must satisfy regular expression pattern: {pattern}")
            )
        # Neither can be stored, whatever the pattern.
        if "\0" in value:
            faults.append(_fault(f"at '{path}'", "Member must not contain the NUL character"))
        if _has_surrogate(value):
            faults.append(_fault(f"at '{path}'", "Member must be valid Unicode text"))

    return check


def _has_surrogate(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return True
    return False


def _number(shape: Shape, shown: bool) -> Check:
    kind = shape.type_name
    limit = _INTEGERS.get(kind)
    low = shape.metadata.get("min", -limit if limit else -math.inf)
    high = shape.metadata.get("max", limit - 1 if limit else math.inf)
    types, expected = ((int,), "an integer") if limit else ((int, float), "a number")

    def check(value: Any, path: str, faults: Faults) -> None:
        if isinstance(value, bool) or not isinstance(value, types):
            faults.append(_wrong_type(value, path, expected))
            return
        if isinstance(value, float) and not math.isfinite(value):
            faults.append(_fault(f"at '{path}'", "Member must be a finite number"))
            return
        if value > high:
            place = _place(value, path, shown)
            faults.append(_fault(place, f"Member must have value less than or equal to {high}"))
        if value < low:
            place = _place(value, path, shown)
            faults.append(_fault(place, f"Member must have value greater than or equal to {low}"))

    return check


def _place(value: str | float, path: str, shown: bool) -> str:
    """How a message names a value: STS quotes it, IAM does not."""
    if not shown:
        return f"at '{path}'"
    # An integer from JSON may be of any size, and turning it into text takes square time.
    if isinstance(value, int) and value.bit_length() > 128:
        return f"at '{path}'"
    text = str(value)
    if len(text) > LONGEST_SHOWN or (not text.isascii() and _has_surrogate(text)):
        return f"at '{path}'"
    return f"'{text}' at '{path}'"


def _check_boolean(value: Any, path: str, faults: Faults) -> None:
    if not isinstance(value, bool):
        faults.append(_wrong_type(value, path, "a boolean"))


def _check_blob(value: Any, path: str, faults: Faults) -> None:
    if not isinstance(value, bytes):
        faults.append(_wrong_type(value, path, "binary data"))


def _check_timestamp(value: Any, path: str, faults: Faults) -> None:
    if not isinstance(value, datetime) or value.tzinfo is None:
        faults.append(_wrong_type(value, path, "a timestamp with a time zone"))


_TYPES: dict[str, Check] = {
    "boolean": _check_boolean,
    "blob": _check_blob,
    "timestamp": _check_timestamp,
}


def _wrong_type(value: Any, path: str, expected: str) -> str:
    return _fault(f"at '{path}'", f"Member must be {expected}, not {_type_name(value)}")


def _type_name(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int):
        return "an integer"
    if isinstance(value, float):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, bytes):
        return "binary data"
    if isinstance(value, (list, tuple)):
        return "a list"
    if isinstance(value, Mapping):
        return "a structure"
    if isinstance(value, datetime):
        return "a timestamp"
    return type(value).__name__


def _find_unknown(shape: Shape, value: Any, path: str, faults: Faults) -> None:
    if len(faults) >= MOST_FAULTS:
        return
    if shape.type_name == "structure" and isinstance(value, Mapping):
        prefix = f"{path}." if path else ""
        for name, member in value.items():
            if name in shape.members:
                _find_unknown(shape.members[name], member, prefix + _lower(name), faults)
            else:
                faults.append(_unknown(name, prefix, shape.members))
    elif shape.type_name == "list" and isinstance(value, (list, tuple)):
        for number, member in enumerate(value, 1):
            _find_unknown(shape.member, member, f"{path}.{number}.member", faults)
    elif shape.type_name == "map" and isinstance(value, Mapping):
        for number, member in enumerate(value.values(), 1):
            _find_unknown(shape.value, member, f"{path}.{number}.value", faults)


def _unknown(name: str, prefix: str, known: Iterable[str]) -> str:
    # A name is any text that JSON can hold.
    shown = _lower(name[:100]).encode("ascii", "backslashreplace").decode()
    names = ", ".join(known)
    return _fault(
        f"at '{prefix}{shown}'",
        f"Member must be one of: {names}" if names else "Member is not known",
    )
