"""What a console view may use of its request: everything goes through operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest

from iamsite.operations import (
    Credential,
    OperationError,
    Origin,
    SessionCredential,
    Verdict,
    authorize_all,
    perform,
    permitted,
)

Params = dict[str, Any]
Check = tuple[str, Params]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a part of a page shows: the operation's result, or why its viewer may not see it.

    Falsy when denied.
    """

    result: dict[str, Any]
    denied: str = ""

    def __bool__(self) -> bool:
        return not self.denied


class ConsoleRequest(HttpRequest):
    """A request below /console/, as ConsoleMiddleware hands it on (for annotations only)."""

    credential: SessionCredential
    origin: Origin
    ask: Asking


class Asking:
    """Performs operations as the browser's principal: `request.ask`.

    Nothing is kept between requests, so that a change of rights shows on the next page.
    """

    def __init__(self, credential: Credential, origin: Origin) -> None:
        self._credential = credential
        self._origin = origin

    def perform(self, name: str, params: Params | None = None) -> dict[str, Any]:
        """Performs operation `name`; raises OperationError."""
        return perform(self._credential, name, params or {}, self._origin)

    def may(self, **checks: Check) -> dict[str, Verdict]:
        """Whether each of `checks` (operation, parameters) would be authorised; records nothing."""
        if not checks:
            return {}
        verdicts = permitted(self._credential, list(checks.values()), self._origin)
        return dict(zip(checks, verdicts, strict=True))

    def perform_all(self, steps: Sequence[Check]) -> None:
        """Performs `steps` (operation, parameters) in order, but none if one would be refused.

        Raises OperationError: a refusal before anything is done, else from the step itself.
        """
        if len(steps) > 1:
            authorize_all(self._credential, steps, self._origin)
        for operation, params in steps:
            self.perform(operation, params)

    def see(self, **parts: Check) -> dict[str, Answer]:
        """The result of each of `parts` that the viewer may have, the denial of each other one.

        Asked before performed: opening a page is no attempt worth recording as refused.
        """
        answers = {}
        for key, verdict in self.may(**parts).items():
            if verdict:
                answers[key] = Answer(self.perform(*parts[key]))
            else:
                answers[key] = Answer({}, verdict.message)
        return answers

    def everything(self, name: str, key: str, params: Params | None = None) -> list[Any]:
        """All items of a list that is short by its quotas, read page by page."""
        items: list[Any] = []
        marker: Params = {}
        while True:
            result = self.perform(name, {**(params or {}), "MaxItems": 1000, **marker})
            items += result[key]
            if not result.get("IsTruncated"):
                return items
            marker = {"Marker": result["Marker"]}


def unauthenticated(error: OperationError) -> bool:
    """Whether `error` says that the session is over."""
    return error.code in {"MissingAuthenticationToken", "InvalidClientTokenId", "ExpiredToken"}


def is_dialog(request: HttpRequest) -> bool:
    """Whether htmx asks for the content of the dialog."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and htmx.target == "dialog"
