"""What an operation refuses with."""

from typing import Any

import pytest

from iamsite.operations import OperationError
from tests.cast import Actor


def refusal(actor: Actor, operation: str, /, **params: Any) -> tuple[str, int, str]:
    """Code, status and message of the refusal that `operation` answers with."""
    with pytest.raises(OperationError) as caught:
        actor.perform(operation, **params)
    return caught.value.code, caught.value.status, caught.value.message


def missing(message: str) -> tuple[str, int, str]:
    return "NoSuchEntity", 404, message


def conflict(message: str) -> tuple[str, int, str]:
    return "DeleteConflict", 409, message


def exists(message: str) -> tuple[str, int, str]:
    return "EntityAlreadyExists", 409, message


def limit(name: str, number: int) -> tuple[str, int, str]:
    return "LimitExceeded", 409, f"Cannot exceed quota for {name}: {number}"


def denied(actor: Actor, action: str, resource: str) -> tuple[str, int, str]:
    """The refusal of somebody whom no policy of theirs allows it."""
    return (
        "AccessDenied",
        403,
        (
            f"User: {actor.arn} is not authorized to perform: {action} on resource: {resource} "
            f"because no identity-based policy allows the {action} action"
        ),
    )
