"""Trust graphs kept in each process: pages of one graph, and of who can, are about the same.

A graph is kept for the revision of its account and the place of the account in its organization,
so that it can be old but never wrong; graphs that depend on more are not kept (`Trusting.lasts`).
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

from iamsite.operations.caller import Membership

if TYPE_CHECKING:
    from policies.operations.access.graph import TrustGraph

MOST = 200_000  # edges and principals of all graphs together, each some hundred bytes
Standing = tuple[int, Membership | None]

_graphs: OrderedDict[str, tuple[Standing, TrustGraph]] = OrderedDict()
_lock = Lock()


def kept(account: str, standing: Standing) -> TrustGraph | None:
    with _lock:
        found = _graphs.get(account)
        if found is None or found[0] != standing:
            return None
        _graphs.move_to_end(account)
        return found[1]


def keep(account: str, standing: Standing, graph: TrustGraph) -> None:
    """Instead of an earlier one of the account, and of those longest not asked for."""
    if graph.weight > MOST // 4:
        return
    with _lock:
        _graphs[account] = standing, graph
        _graphs.move_to_end(account)
        while sum(one.weight for _, one in _graphs.values()) > MOST:
            _graphs.popitem(last=False)
