"""What somebody may do before and after a change: how each request that it speaks of stands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from iamsite.operations import Call, Resource
from iamsite.operations.context import Keys, resource_keys
from policies.engine import Context, Layers, Principal, Request, decide
from policies.engine.overlap import next_wider
from policies.engine.possible import lacking
from policies.operations.access.probes import Probe, Probes

ALLOWED, CONDITIONAL, DENIED = "allowed", "conditional", "denied"
ORDER = (DENIED, CONDITIONAL, ALLOWED)
MOST_ACTIONS = 1_000  # that one row names
OF_ORGANIZATION = (
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principalorgmasteraccountid",
)
Judge = Callable[[Probe], str]


class Difference(NamedTuple):
    """Actions of one service on one resource that stand otherwise after a change; conditional
    before and after, under other conditions."""

    service: str
    resource: str
    was: str
    becomes: str
    actions: Sequence[str]

    @property
    def effect(self) -> str:
        gained = ORDER.index(self.becomes) - ORDER.index(self.was)
        return "Gains" if gained > 0 else "Loses" if gained < 0 else "Changes"

    @property
    def gains(self) -> bool:
        return self.effect == "Gains"

    def output(self) -> dict[str, Any]:
        return {
            "Effect": self.effect,
            "ServiceNamespace": self.service,
            "ResourceArn": self.resource,
            "Was": self.was,
            "Becomes": self.becomes,
            "ActionNames": list(self.actions[:MOST_ACTIONS]),
            "ActionCount": len(self.actions),
        }


def asked_of_own_side(call: Call, principal: Principal, keys: Keys, probe: Probe) -> Request:
    """A probe as it is asked of the principal's account, whoever has the resource."""
    parts = probe.resource.split(":", 5)
    owner = (parts[4] if len(parts) == 6 and parts[4].isdigit() else "") or call.account
    return replace(asked(call, principal, keys, probe, owner), resource_account=call.account)


def asked(call: Call, principal: Principal, keys: Keys, probe: Probe, owner: str) -> Request:
    """A probe as it is asked of the engine; `owner` has the resource."""
    resource = Resource(probe.asked, owner)
    of_resource = resource_keys(resource, probe.action, call.organization_of(owner))
    return Request(principal, probe.action, probe.asked, owner, Context({**keys, **of_resource}))


def stands(request: Request, layers: Layers) -> str:
    """Whether it is allowed as it is, with some values of absent keys, or never."""
    if decide(request, layers).allowed:
        return ALLOWED
    # Whose account is in no organization, or in another, never has the keys of this one.
    without = [key for key in OF_ORGANIZATION if key not in request.context.by_key]
    return DENIED if lacking(request, layers, without) is None else CONDITIONAL


def differences(
    probes: Iterable[Probes], before: Judge, after: Judge, is_about: Callable[[Probe], bool]
) -> list[Difference]:
    """Where the probes stand otherwise, those alike together; one that is part of what is told
    already is not told again.

    `is_about` says of one that is conditional before and after whether the conditions are others.
    """
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for actions, resources in probes:
        asked = [Probe(actions[0], one) for one in resources]
        found = {one.resource: _standing(one, before, after, is_about) for one in asked}
        if not any(turns for *_, turns in found.values()):
            continue
        for resource, around in zip(resources, next_wider(resources), strict=True):
            was, becomes, turns = standing = found[resource]
            if turns and not (around and all(found[one] == standing for one in around)):
                for action in actions:
                    row = (action.partition(":")[0], resource, was, becomes)
                    rows.setdefault(row, []).append(action)
    return [Difference(*row, actions) for row, actions in rows.items()]


def _standing(
    probe: Probe, before: Judge, after: Judge, is_about: Callable[[Probe], bool]
) -> tuple[str, str, bool]:
    """How it stands before and after, and whether that is a difference."""
    was, becomes = before(probe), after(probe)
    return was, becomes, was != becomes or (was == CONDITIONAL and is_about(probe))
