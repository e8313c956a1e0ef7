"""What the layers say about one action on one resource, down to what the context must settle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .compile import CompiledStatement
from .conditions import Check
from .index import Rest
from .keeping import Pool
from .layers import Layer, Layers, Outcome
from .principals import Grant
from .request import Principal
from .resources import resource_of
from .variables import Values

if TYPE_CHECKING:
    from .decide import Decision


_VERDICTS = Pool(65_536)
_ACTIONS = Pool(65_536)


def verdict_of(layers: Layers, action: str, resource: str) -> Verdict:
    """What all layers say about an action on a resource; kept on them, bounded."""
    found = layers.verdicts.get((action, resource))
    if found is None:
        found = Verdict(layers, action, resource)
        _VERDICTS.keep(layers.verdicts, (action, resource), found)
    return found


class Verdict:
    """The layers' words on an action and a resource.

    `denies` and `demands` hold, a layer each, what is left to test: None nothing, an empty tuple
    what can never hold. What is settled is not in them any more: no deny that cannot hold, no
    demand that is met. Both are in the order in which a refusal names them.
    """

    __slots__ = (
        "_denying",
        "_granting",
        "_owner",
        "_resource",
        "decision",
        "demands",
        "denies",
        "settled",
    )

    def __init__(self, layers: Layers, action: str, resource: str) -> None:
        self._resource = found = resource_of(resource)
        self._owner = Layer.TRUST if layers.trust else Layer.RESOURCE
        self._denying: tuple[CompiledStatement, ...] = ()
        self._granting: tuple[CompiledStatement, ...] = ()
        denies: list[tuple[Layer, Rest]] = []
        demands: list[tuple[Layer, Rest]] = []
        silent = layers.identity is None
        first = action not in layers.actions
        if first:
            _ACTIONS.keep(layers.actions, action, None)
        for layer, policies in layers.applying:
            if silent and (layer is Layer.BOUNDARY or layer is Layer.SESSION):
                demands.append((Layer.IDENTITY, ()))
                silent = False
            if layer is self._owner:
                plan = policies.plan(action)
                self._denying, self._granting = plan.denying, plan.granting
                if self._denying:
                    denies.append((layer, ()))
                continue
            deny, allow = policies.rests(action, found, first)
            if deny != ():
                denies.append((layer, deny))
            if allow is not None:
                demands.append((layer, allow))
        if silent:
            demands.append((Layer.IDENTITY, ()))
        self.denies = tuple(denies)
        self.demands = tuple(demands)
        self.settled = self._settle()
        self.decision: Decision | None = None  # kept by `decide` where it is settled

    def _settle(self) -> tuple[Outcome, Layer] | None:
        """The answer that no context changes, where no resource policy has a say."""
        if self.denies:
            layer, deny = self.denies[0]
            return (Outcome.EXPLICIT_DENY, layer) if deny is None else None
        if not self.demands:
            return Outcome.ALLOWED, Layer.IDENTITY
        layer, demand = self.demands[0]
        return (Outcome.IMPLICIT_DENY, layer) if demand == () else None

    def denying_layer(self, principal: Principal, values: Values) -> Layer | None:
        """The first layer that denies."""
        for layer, rest in self.denies:
            if layer is self._owner:
                if self._holds(self._denying, principal, values):
                    return layer
            elif rest is None or any_holds(rest, values):
                return layer
        return None

    def _holds(
        self, statements: Sequence[CompiledStatement], principal: Principal, values: Values
    ) -> bool:
        return any(
            statement.grant(principal)
            and statement.covers_resource(self._resource, values)
            and statement.holds(values)
            for statement in statements
        )

    def allows(self, layer: Layer, values: Values) -> bool:
        """Whether every level of a layer allows; of a layer that does not apply, true."""
        return all(
            rest is None or any_holds(rest, values)
            for demanding, rest in self.demands
            if demanding is layer
        )

    def grant(self, principal: Principal, values: Values) -> Grant:
        """How the resource policy names the caller; the strongest of its statements counts."""
        strongest = Grant.NONE
        for statement in self._granting:
            grant = statement.grant(principal)
            if (
                grant > strongest
                and statement.covers_resource(self._resource, values)
                and statement.holds(values)
            ):
                strongest = grant
                if grant is Grant.DIRECT:
                    break
        return strongest


def any_holds(rest: Sequence[Check], values: Values) -> bool:
    for check in rest:  # noqa: SIM110 - a generator costs more than the checks
        if check(values):
            return True
    return False
