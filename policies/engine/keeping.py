"""What is kept between decisions, bounded for the whole process rather than for each owner.

An owner (a policy set, the layers of a principal) holds a plain dictionary that it reads without
ceremony, and adds to it through a Pool. When all of a pool's dictionaries together hold more than
its limit, the one that began earliest is emptied.
"""

from __future__ import annotations

from collections import deque
from threading import Lock
from typing import Any, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Pool:
    """Bounds the entries of many dictionaries together."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._count = 0
        self._shelves: deque[dict[Any, Any]] = deque()
        self._lock = Lock()

    def keep(self, shelf: dict[K, V], key: K, value: V) -> None:
        """Put an entry on a shelf, emptying the oldest shelves if there are too many entries."""
        with self._lock:
            if not shelf:
                self._shelves.append(shelf)
            if key not in shelf:
                self._count += 1
            shelf[key] = value
            while self._count > self._limit:
                oldest = self._shelves.popleft()
                self._count -= len(oldest)
                oldest.clear()
