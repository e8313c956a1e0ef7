"""Somebody who is asked about before and after a change, as the engine takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from iamsite.operations import Call
from iamsite.operations.context import Keys
from policies.engine import (
    DocumentKind,
    Layer,
    Layers,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
)
from policies.engine.compile import CompiledStatement
from policies.engine.layers import WITHOUT_IDENTITY
from policies.engine.principals import Grant
from policies.engine.resources import resource_of
from policies.operations.access.probes import Probe
from policies.operations.access.standing import (
    ALLOWED,
    CONDITIONAL,
    DENIED,
    asked,
    asked_of_own_side,
    stands,
)

ORGANIZATIONS = (DocumentKind.SCP, DocumentKind.RCP)


class Covering(NamedTuple):
    """A statement, and the kind of policy that it is in."""

    kind: DocumentKind
    statement: CompiledStatement

    def may_hold(self, request: Request) -> bool:
        """Whether it counts for the request, were the keys that it does not have at their worst."""
        principal, values = request.principal, request.context.by_key
        exempt = (self.kind in ORGANIZATIONS and principal.service_linked) or (
            self.kind is DocumentKind.SCP and principal.kind in WITHOUT_IDENTITY
        )
        tests = self.statement.conditions.tests if self.statement.conditions else ()
        return (
            not exempt
            and self.statement.covers_action(request.action)
            and self.statement.grant(principal) is not Grant.NONE
            and self.statement.covers_resource(resource_of(request.resource), values)
            and all(test.key not in values or test.check(values) for test in tests)
        )


@dataclass(frozen=True)
class Side:
    """Somebody with its keys under its layers, before a change or after it.

    `call` is one of its account's; `owner` has the resources, None for whoever's they are, of
    which the own side alone is asked. Who `is_gone` may nothing.
    """

    call: Call
    principal: Principal
    keys: Keys
    layers: Layers
    owner: str | None = None
    is_gone: bool = False

    @property
    def granting(self) -> list[PolicySet] | None:
        """The policies without one of which nothing is allowed; None for who needs none."""
        found = [*self.layers.sets(Layer.RESOURCE), *self.layers.sets(Layer.TRUST)]
        if self.owner in (None, self.principal.account):
            if self.principal.kind is PrincipalKind.ROOT:
                return None
            found += self.layers.sets(Layer.IDENTITY)
        return found


@dataclass(frozen=True)
class Asker:
    """A side, and the statements that only it has."""

    side: Side
    differing: Sequence[Covering]

    def standing(self, probe: Probe) -> str:
        """What a denial that differs could take is no more than conditional. Only of those that
        differ: under one that stays, it is after as before."""
        if self.side.is_gone:
            return DENIED
        request = self._asked(probe)
        found = stands(request, self.side.layers)
        if found == ALLOWED and self._is_about(request, denies=True):
            return CONDITIONAL
        return found

    def is_about(self, probe: Probe) -> bool:
        """Whether a statement that differs is about it."""
        request = self._asked(probe)
        return any(self._is_about(request, denies=denies) for denies in (True, False))

    def _asked(self, probe: Probe) -> Request:
        side = self.side
        if side.owner is not None:
            return asked(side.call, side.principal, side.keys, probe, side.owner)
        return asked_of_own_side(side.call, side.principal, side.keys, probe)

    def _is_about(self, request: Request, *, denies: bool) -> bool:
        return any(
            one.statement.denies is denies and one.may_hold(request) for one in self.differing
        )
