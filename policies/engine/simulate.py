"""What the simulator tells of one request, and of one action over several resources.

Source: evaluation §12. It reads Explanations, so the simulator is the enforcer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .document import Effect
from .explain import Explanation, StatementCheck, explain
from .layers import Layer, Layers, Outcome
from .patterns import fold
from .request import Request

_RESTRICTIVE = (Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY, Outcome.ALLOWED)


@dataclass(frozen=True, slots=True)
class Simulation:
    """One request simulated.

    `matched`: the statements that determined the outcome, never those of organization policies.
    `boundary_allows`, `organizations_allow`: None where there is none. `details`: across
    accounts, each side's own outcome; None within an account.
    """

    request: Request
    outcome: Outcome
    matched: tuple[StatementCheck, ...]
    missing_keys: tuple[str, ...]
    boundary_allows: bool | None
    organizations_allow: bool | None
    details: dict[Layer, Outcome] | None
    explanation: Explanation

    @property
    def allowed(self) -> bool:
        return self.outcome is Outcome.ALLOWED


@dataclass(frozen=True, slots=True)
class ActionSimulation:
    """An action over its resources: the most restrictive outcome, and the union of the rest."""

    outcome: Outcome
    matched: tuple[StatementCheck, ...]
    missing_keys: tuple[str, ...]
    resources: tuple[Simulation, ...]


def simulate(request: Request, layers: Layers) -> Simulation:
    """Decide one request as the enforcer does, with what the simulator shows of it."""
    explanation = explain(request, layers)
    outcome = explanation.decision.outcome
    across = request.principal.account != request.resource_account
    details = None
    if across:
        details = {
            layer: _outcome(explanation, layer)
            for layer in (Layer.IDENTITY, Layer.RESOURCE, Layer.BOUNDARY)
            if explanation.of(layer)
        }
    boundary, scps = explanation.of(Layer.BOUNDARY), explanation.of(Layer.SCP)
    return Simulation(
        request,
        outcome,
        _matched(explanation),
        explanation.missing_keys(),
        _outcome(explanation, Layer.BOUNDARY) is Outcome.ALLOWED if boundary else None,
        _outcome(explanation, Layer.SCP) is Outcome.ALLOWED if scps else None,
        details,
        explanation,
    )


def combine(simulations: Sequence[Simulation]) -> ActionSimulation:
    """One action's result over all its resources; there must be at least one."""
    outcomes = {simulation.outcome for simulation in simulations}
    keys: dict[str, str] = {}
    for simulation in simulations:
        for name in simulation.missing_keys:
            keys.setdefault(fold(name), name)
    return ActionSimulation(
        next(outcome for outcome in _RESTRICTIVE if outcome in outcomes),
        tuple(_distinct(check for simulation in simulations for check in simulation.matched)),
        tuple(keys.values()),
        tuple(simulations),
    )


def _distinct(checks: Iterable[StatementCheck]) -> list[StatementCheck]:
    found: dict[tuple[int, int], StatementCheck] = {}
    for check in checks:
        found.setdefault((id(check.policy), check.statement.index), check)
    return list(found.values())


def _matched(explanation: Explanation) -> tuple[StatementCheck, ...]:
    outcome = explanation.decision.outcome
    if outcome is Outcome.EXPLICIT_DENY:
        effect, layers = Effect.DENY, tuple(Layer)
    elif outcome is Outcome.ALLOWED:
        effect = Effect.ALLOW
        layers = (Layer.IDENTITY, Layer.SESSION, Layer.RESOURCE, Layer.TRUST)
    else:
        return ()
    return tuple(
        check
        for layer in explanation.layers
        if layer.layer in layers and layer.layer not in (Layer.SCP, Layer.RCP)
        for check in layer.matching(effect)
    )


def _outcome(explanation: Explanation, layer: Layer) -> Outcome:
    """The most restrictive word of a layer's levels."""
    outcomes = {check.outcome for check in explanation.of(layer)}
    return next(outcome for outcome in _RESTRICTIVE if outcome in outcomes)
