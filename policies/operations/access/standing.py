"""What somebody may do before and after a change: how each request that it speaks of stands."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from iamsite.operations import Call, Resource
from iamsite.operations.context import Keys, resource_keys
from policies.engine import Context, Layers, Principal, Request, decide
from policies.engine.possible import lacking
from policies.operations.access.population import Member
from policies.operations.access.probes import Probe

ALLOWED, CONDITIONAL, DENIED = "allowed", "conditional", "denied"
ORDER = (DENIED, CONDITIONAL, ALLOWED)
MOST_ACTIONS = 1_000  # that one row names
MOST_ROWS = 200  # of one principal
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


def standing(member: Member, probe: Probe) -> str:
    """Whether the member may: always as it is now, with some values of absent keys, or never.

    Of what another account has its own side alone is asked.
    """
    request = asked_of_own_side(member.call, member.principal, member.keys, probe)
    return stands(request, member.layers)


def asked_of_own_side(call: Call, principal: Principal, keys: Keys, probe: Probe) -> Request:
    """A probe as it is asked of the principal's account, whoever has the resource."""
    parts = probe.resource_for(keys).split(":", 5)
    owner = (parts[4] if len(parts) == 6 and parts[4].isdigit() else "") or call.account
    return replace(asked(call, principal, keys, probe, owner), resource_account=call.account)


def judged(
    call: Call, principal: Principal, keys: Keys, layers: Layers, probe: Probe, owner: str
) -> str:
    """How a probe stands for whoever has these keys and layers; `owner` has the resource."""
    return stands(asked(call, principal, keys, probe, owner), layers)


def asked(call: Call, principal: Principal, keys: Keys, probe: Probe, owner: str) -> Request:
    """A probe as it is asked of the engine; `owner` has the resource."""
    resource = probe.resource_for(keys)
    of_resource = resource_keys(
        Resource(resource, owner), probe.action, call.organization_of(owner)
    )
    return Request(principal, probe.action, resource, owner, Context({**keys, **of_resource}))


def stands(request: Request, layers: Layers) -> str:
    """Whether it is allowed as it is, with some values of absent keys, or never."""
    if decide(request, layers).allowed:
        return ALLOWED
    # Whose account is in no organization, or in another, never has the keys of this one.
    without = [key for key in OF_ORGANIZATION if key not in request.context.by_key]
    return DENIED if lacking(request, layers, without) is None else CONDITIONAL


def never(probe: Probe) -> bool:
    return False


def differences(
    keys: Keys,
    probes: Sequence[Probe],
    before: Judge,
    after: Judge,
    otherwise: Callable[[Probe], bool] = never,
) -> Iterator[Difference]:
    """Where the probes stand otherwise, those alike together; at most MOST_ROWS.

    `otherwise` says of one that is conditional before and after whether the conditions are others.
    """
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for probe in probes:
        was, becomes = before(probe), after(probe)
        if was != becomes or (was == CONDITIONAL and otherwise(probe)):
            row = (probe.service, probe.resource_for(keys), was, becomes)
            rows.setdefault(row, []).append(probe.action)
    for row, actions in list(rows.items())[:MOST_ROWS]:
        yield Difference(*row, actions)
