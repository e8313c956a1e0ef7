"""How much one answer may take."""

from __future__ import annotations

import time

MOST_SECONDS = 5.0


class Budget:
    """So many decisions and seconds (MOST_SECONDS unless given), from now on."""

    def __init__(self, decisions: int, seconds: float | None = None) -> None:
        self._decisions = decisions
        self._end = time.monotonic() + (MOST_SECONDS if seconds is None else seconds)

    def spend(self, decisions: int) -> None:
        self._decisions -= decisions

    def is_spent(self) -> bool:
        return self._decisions <= 0 or time.monotonic() >= self._end
