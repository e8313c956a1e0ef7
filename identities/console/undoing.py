"""Several operations that together make one thing: all are done, or none stays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from iamsite.console.asking import Asking, Params
from iamsite.console.steps import Step
from iamsite.operations import OperationError

UNDONE = {
    "AddUserToGroup": "RemoveUserFromGroup",
    "AttachRolePolicy": "DetachRolePolicy",
    "AttachUserPolicy": "DetachUserPolicy",
    "CreateLoginProfile": "DeleteLoginProfile",
    "CreateRole": "DeleteRole",
    "CreateUser": "DeleteUser",
}
UNDOING = {
    "DeleteRole": ("RoleName",),
    "DetachRolePolicy": ("RoleName", "PolicyArn"),
    "DetachUserPolicy": ("UserName", "PolicyArn"),
    "RemoveUserFromGroup": ("GroupName", "UserName"),
}


def perform_or_take_back(ask: Asking, steps: Sequence[Step]) -> dict[str, Any]:
    """Performs `steps` in order and returns their results together.

    Raises OperationError when one is refused, after those before it were taken back.
    """
    results: dict[str, Any] = {}
    for number, step in enumerate(steps):
        try:
            results |= ask.perform(*step) or {}
        except OperationError as error:
            raise taken_back(ask, steps[:number], error) from error
    return results


def taken_back(ask: Asking, done: Sequence[Step], refused: OperationError) -> OperationError:
    """Takes back what was `done`, the last first, after one step was refused.

    Returns what to tell: `refused` itself when nothing is left, otherwise also what is left and
    why.
    """
    kept: list[Step] = []
    why = ""
    for operation, params in reversed(done):
        undo = UNDONE[operation]
        try:
            ask.perform(undo, {name: params[name] for name in UNDOING.get(undo, ("UserName",))})
        except OperationError as error:
            kept.insert(0, (operation, params))
            why = why or error.message
    if not kept:
        return refused
    told = _(
        "%(refused)s What was done before stays, as it could not be taken back: %(kept)s. %(why)s"
    )
    names = ", ".join(" ".join([operation, _subject(params)]) for operation, params in kept)
    message = told % {"refused": _sentence(refused.message), "kept": names, "why": why}
    return OperationError("PartlyDone", message, refused.status)


def _subject(params: Params) -> str:
    names = ("GroupName", "PolicyArn", "UserName", "RoleName")
    return next(str(params[name]) for name in names if name in params)


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
