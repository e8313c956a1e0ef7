"""What a simulation answers for one action: the shape `EvaluationResult` (evaluation.md §12)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from policies.engine import (
    Decision,
    Layer,
    Layers,
    Outcome,
    Policy,
    PolicySet,
    Position,
    Request,
    Statement,
    decide,
    explain,
)
from policies.engine.lint import aws_services
from policies.engine.patterns import Glob
from policies.operations.simulation.inputs import Simulation

# The most restrictive first.
SEVERITY = (Outcome.EXPLICIT_DENY, Outcome.IMPLICIT_DENY, Outcome.ALLOWED)
PLACEHOLDER = re.compile(r"\$\{[^}]*\}")
IAM, BOUNDARY, RESOURCE = "IAM Policy", "Permissions Boundary Policy", "Resource Policy"
# Organization policies are the administrators' secret: their statements never show.
SOURCE_TYPES = {Layer.IDENTITY: IAM, Layer.BOUNDARY: BOUNDARY, Layer.RESOURCE: RESOURCE}


@dataclass(frozen=True)
class Evaluation:
    """One action on one resource."""

    simulation: Simulation
    request: Request

    @cached_property
    def decision(self) -> Decision:
        return decide(self.request, self.simulation.layers)

    @property
    def crosses_accounts(self) -> bool:
        return self.request.resource_account not in (self.simulation.principal.account, "aws")

    def word_of(self, policies: PolicySet) -> Outcome:
        """What one set of policies says by itself."""
        request = self.request
        alone = Request(
            request.principal,
            request.action,
            request.resource,
            request.principal.account,
            request.context,
        )
        return decide(alone, Layers(identity=policies)).outcome

    @cached_property
    def by_boundary(self) -> bool | None:
        """Whether the boundary allows; None without one."""
        boundary = self.simulation.layers.boundary
        return None if boundary is None else self.word_of(boundary) is Outcome.ALLOWED

    @cached_property
    def by_organizations(self) -> bool | None:
        """Whether the organization's policies allow; None where there is none.

        They limit neither the management account nor roles linked to a service.
        """
        if not self.simulation.organized:
            return None
        layers = self.simulation.layers.for_principal(self.simulation.principal)
        return all(self.word_of(level) is Outcome.ALLOWED for level in layers.scps or ())

    @cached_property
    def statements(self) -> list[dict[str, Any]]:
        """The statements that decided."""
        source = SOURCE_TYPES.get(self.decision.layer)
        if source is None:
            return []
        return [_statement(source, *matched) for matched in self.decision.matched]

    @cached_property
    def details(self) -> dict[str, str]:
        """Each kind of policy's own word, when the resource is another account's."""
        layers = self.simulation.layers
        if not self.crosses_accounts:
            return {}
        found = {IAM: self.word_of(layers.identity)} if layers.identity is not None else {}
        if layers.resource is not None:
            (check,) = explain(self.request, Layers(resource=layers.resource)).of(Layer.RESOURCE)
            found[RESOURCE] = check.outcome
        else:
            found[RESOURCE] = Outcome.IMPLICIT_DENY
        if layers.boundary is not None:
            found[BOUNDARY] = self.word_of(layers.boundary)
        return {source: outcome.value for source, outcome in found.items()}


def evaluate(simulation: Simulation, action: str) -> dict[str, Any]:
    """The `EvaluationResult` of one action over every resource."""
    found = [_evaluation(simulation, action, one) for one in simulation.resources or ("*",)]
    missing = simulation.missing_keys
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": _template(action, simulation.resources[0])
        if simulation.resources
        else "*",
        "EvalDecision": _worst(one.decision.outcome for one in found),
        "MatchedStatements": _each_once(item for one in found for item in one.statements),
        "MissingContextValues": missing,
    }
    if found[0].by_organizations is not None:
        allowed = all(one.by_organizations for one in found)
        result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
    if found[0].by_boundary is not None:
        allowed = all(one.by_boundary for one in found)
        result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    if simulation.resources:
        result["EvalDecisionDetails"] = _joined([one.details for one in found])
        result["ResourceSpecificResults"] = [_specific(one, missing) for one in found]
    return result


def _evaluation(simulation: Simulation, action: str, resource: str) -> Evaluation:
    account = simulation.account_of(resource)
    if simulation.policies_only and not simulation.layers.resource:
        account = simulation.principal.account
    request = Request(simulation.principal, action, resource, account, simulation.context)
    return Evaluation(simulation, request)


def _specific(one: Evaluation, missing: list[str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "EvalResourceName": one.request.resource,
        "EvalResourceDecision": one.decision.outcome.value,
        "MatchedStatements": one.statements,
        "MissingContextValues": missing,
        "EvalDecisionDetails": one.details,
    }
    if one.by_boundary is not None:
        result["PermissionsBoundaryDecisionDetail"] = {
            "AllowedByPermissionsBoundary": one.by_boundary
        }
    return result


def _statement(source: str, policy: Policy, statement: Statement) -> dict[str, Any]:
    return {
        "SourcePolicyId": policy.id,
        "SourcePolicyType": source,
        "StartPosition": _position(statement.introduced),
        "EndPosition": _position(statement.end),
    }


def _position(position: Position) -> dict[str, int]:
    return {"Line": position.line, "Column": position.column}


def _worst(outcomes: Iterable[Outcome]) -> str:
    return min(outcomes, key=SEVERITY.index).value


def _joined(details: Sequence[dict[str, str]]) -> dict[str, str]:
    """The most restrictive word of each kind of policy over all resources."""
    sources = {source: None for one in details for source in one}
    return {
        source: _worst(Outcome(one[source]) for one in details if source in one)
        for source in sources
    }


def _each_once(items: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for item in items:
        if (key := repr(item)) not in seen:
            seen.add(key)
            found.append(item)
    return found


def _template(action: str, resource: str) -> str:
    """The ARN template of the action's resource type that fits `resource`, or `*`."""
    if resource == "*":
        return "*"
    services = aws_services()
    service, _, name = action.partition(":")
    found = services.actions(service).get(name.lower()) if services else None
    if services is None or found is None:
        return "*"
    types = services.resource_types(service)
    templates = [types[kind.lower()].arn for kind in found.resource_types if kind.lower() in types]
    fitting = (one for one in templates if Glob.of(PLACEHOLDER.sub("*", one)).matches(resource))
    return next(fitting, templates[0] if templates else "*")
