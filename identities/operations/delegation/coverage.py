"""Whether a caller has all that a permission policy would delegate: an approximation, as AWS's.

Each pair of action and resource that the policy allows is asked of the caller's own policies as it
is written: a pattern of theirs that matches the text of a pattern covers it.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamsite.operations import Call, Resource
from policies.engine import Document, Effect, Layer, Outcome, Request, decide, explain

ALLOWED, DENIED, UNSURE = "ALLOWED", "DENIED", "UNSURE"


def covers(call: Call, document: Document) -> str:
    """ALLOWED, DENIED, or UNSURE where a condition decides or the policy names what it does not
    allow."""
    unsure = False
    for pair in _pairs(document):
        if pair is None:
            unsure = True
            continue
        action, arn = pair
        request = call.request(action, Resource(arn, call.account))
        decision = decide(request, call.layers)
        if decision.allowed:
            continue
        if decision.outcome is Outcome.IMPLICIT_DENY and _hangs_on_conditions(call, request):
            unsure = True
            continue
        return DENIED
    return UNSURE if unsure else ALLOWED


def _pairs(document: Document) -> Iterator[tuple[str, str] | None]:
    """Each action on each resource that the policy allows; None for what it does not name."""
    for statement in document.statements:
        if statement.effect is not Effect.ALLOW:
            continue
        if statement.actions is None or statement.resources is None:
            yield None
            continue
        for action in statement.actions:
            for resource in statement.resources:
                yield action, resource


def _hangs_on_conditions(call: Call, request: Request) -> bool:
    """Whether a statement of the caller's would allow it, were its conditions met."""
    for check in explain(request, call.layers).of(Layer.IDENTITY):
        for one in check.statements:
            named = all(element.matched for element in one.elements)
            if named and one.conditions and one.statement.effect is Effect.ALLOW:
                return True
    return False
