"""Several operations that together are one act to a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from iamsite.console.asking import Asking, Params
from iamsite.operations import OperationError

Step = tuple[str, Params]


def perform_all(ask: Asking, steps: Sequence[Step]) -> None:
    """Performs `steps` in order, but none if one of them would be refused.

    Raises OperationError: AccessDenied before anything is done; any other from the step itself.
    """
    checks = {str(number): step for number, step in enumerate(steps)}
    for verdict in ask.may(**checks).values():
        if not verdict:
            raise OperationError("AccessDenied", verdict.message)
    for operation, params in steps:
        ask.perform(operation, params)


class InSteps:
    """Beside an Action whose form stands for several operations: `performed`, by `perform_all`."""

    request: Any
    performed: Any

    def run(self, form: Any) -> dict[str, Any]:
        perform_all(self.request.ask, self.performed(form))
        return {}
