"""Several operations that together are one act to a person."""

from __future__ import annotations

from typing import Any

from iamsite.console.asking import Params

Step = tuple[str, Params]


class InSteps:
    """Beside an Action whose form stands for several operations, those of `performed`."""

    request: Any
    performed: Any

    def run(self, form: Any) -> dict[str, Any]:
        self.request.ask.perform_all(self.performed(form))
        return {}
