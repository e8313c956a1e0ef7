"""What a change turns for each of many, those alike compared once."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Any, NamedTuple

from policies.engine import PolicySet
from policies.engine.lint import ServiceCatalogue
from policies.engine.patterns import fold
from policies.operations.access.asking import Asker, Side
from policies.operations.access.between import differing, probes_between
from policies.operations.access.last_uses import LastUses, Use
from policies.operations.access.probes import Probe, Probes
from policies.operations.access.spending import Budget
from policies.operations.access.standing import ORDER, Difference, Judge, differences

MOST_ROWS = 500  # of one principal
Pair = tuple[Side, Side]  # before and after


class Places(NamedTuple):
    """Some resources that alone are meant: `of` gives what probes are of them. `actions` are asked
    as well, whether or not a policy names them."""

    of: Callable[[Probes], Iterable[Probes]]
    actions: Sequence[str] = ()


@dataclass(frozen=True)
class Compared:
    """What differs; `is_complete` is False where there was too much to ask, or to tell, of it all.

    `judges` say how a probe stands before and after.
    """

    differences: Sequence[Difference]
    is_complete: bool
    judges: Sequence[Judge]

    def output(self, uses: Sequence[Use] | None) -> list[dict[str, Any]]:
        """The portal model's AccessDifferences; with what of it was used, unless None."""
        found = self.differences
        if uses is None:
            return [one.output() for one in found]
        last = LastUses({"": [*uses]})
        return [{**one.output(), **last.output("", one, found, self.judges)} for one in found]


class Comparison:
    """Compares within a budget of decisions, which whoever is like another costs nothing of."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._compared: dict[Hashable, Compared] = {}
        self._texts: dict[PolicySet, str] = {}
        self._mentions: dict[tuple[PolicySet, str], bool] = {}

    def of(
        self, pairs: Sequence[Pair], known: ServiceCatalogue, places: Places | None = None
    ) -> Compared:
        """What turns for somebody, before and after; of several pairs, who may as each of them.

        `known` are the services of its account; `places` are the resources that are
        meant, all unless given.
        """
        likeness = self._likeness(*pairs[0]) if len(pairs) == 1 and places is None else None
        if likeness is None:
            return self._of(pairs, known, places)
        if likeness not in self._compared:
            self._compared[likeness] = self._of(pairs, known, places)
        return self._compared[likeness]

    def _of(
        self, pairs: Sequence[Pair], known: ServiceCatalogue, places: Places | None
    ) -> Compared:
        probes: list[Probes] = []
        askers: list[tuple[Asker, Asker]] = []
        is_complete = True
        for before, after in pairs:
            where = differing(before.layers, after.layers)
            if before.keys != after.keys:
                where = where._replace(is_open=True)
            actions = places.actions if places is not None else ()
            found, are_all = probes_between(before, after, where, known, actions)
            probes += found if places is None else chain.from_iterable(map(places.of, found))
            is_complete &= are_all
            askers.append((Asker(before, where.before), Asker(after, where.after)))
        self._budget.spend(2 * len(pairs) * sum(len(one.resources) for one in probes))
        judges = tuple(partial(_best, side) for side in zip(*askers, strict=True))

        def is_about(probe: Probe) -> bool:
            return any(one.is_about(probe) for pair in askers for one in pair)

        told = differences(probes, *judges, is_about)
        return Compared(told[:MOST_ROWS], is_complete and len(told) <= MOST_ROWS, judges)

    def _likeness(self, before: Side, after: Side) -> Hashable:
        """What is told of one holds for all of equal likeness; None where policies name whom they
        mean."""
        if before.layers.resource is not None or after.layers.resource is not None:
            return None
        return (
            *(before.call.account, before.principal.kind, before.principal.service_linked),
            *(before.owner, after.is_gone, before.layers, after.layers),
            *(self._spoken_by(side, of) for side in (before, after) for of in (before, after)),
        )

    def _spoken_by(self, side: Side, of: Side) -> tuple[tuple[str, object], ...]:
        """The keys that the policies mention: no other makes a difference to them."""
        sets = [policies for _, policies in side.layers.applying]
        return tuple(
            (key, value)
            for key, value in of.keys.items()
            if any(self._is_mentioned(policies, fold(key)) for policies in sets)
        )

    def _is_mentioned(self, policies: PolicySet, key: str) -> bool:
        if (policies, key) not in self._mentions:
            if policies not in self._texts:
                documents = (policy.document for policy in policies.policies)
                written = [one.as_dict() for of in documents for one in of.statements]
                self._texts[policies] = fold(json.dumps(written, ensure_ascii=False))
            quoted = json.dumps(key, ensure_ascii=False)[1:-1]
            self._mentions[policies, key] = quoted in self._texts[policies]
        return self._mentions[policies, key]


def _best(askers: Iterable[Asker], probe: Probe) -> str:
    return max((one.standing(probe) for one in askers), key=ORDER.index)
