"""What a user, group or role may do, and where each permission comes from.

Reads policies as documents and asks the engine; knows no request and no database.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from iamsite.operations.layers import Held, as_policy
from iamsite.operations.organization import Limits
from policies.engine import (
    Decision,
    Effect,
    Explanation,
    Layers,
    Outcome,
    Policy,
    Request,
    Statement,
    StatementCheck,
    compile_policies,
    explain,
)

DECIDING = {Outcome.ALLOWED: Effect.ALLOW, Outcome.EXPLICIT_DENY: Effect.DENY}


@dataclass(frozen=True, slots=True)
class Word:
    """A statement that is about an action, the policy that holds it, and whether it decided."""

    held: Held
    check: StatementCheck
    decides: bool

    @property
    def statement(self) -> Statement:
        return self.check.statement


@dataclass(frozen=True)
class Permission:
    """What is decided on a request, and every statement that is about its action.

    The decision supposes the request's context; `words` tells what other resources or another
    context would change.
    """

    request: Request
    decision: Decision
    words: tuple[Word, ...]

    def missing_keys(self) -> list[str]:
        """The condition keys, as first written, that its statements test and nobody gave."""
        missing = {
            condition.key.lower(): condition.key
            for word in reversed(self.words)
            for condition in reversed(word.check.conditions)
            if condition.key not in self.request.context
        }
        return list(reversed(missing.values()))


class EffectivePolicies:
    """Every policy that bears on one principal, within the organization's limits, ready to be
    asked."""

    def __init__(self, held: Iterable[Held], limits: Limits | None = None) -> None:
        self.held = tuple(held)
        self._limits = limits or Limits()
        self._policies = tuple(as_policy(one) for one in self.held)
        self._holders = {
            id(policy): one for policy, one in zip(self._policies, self.held, strict=True)
        }

    @property
    def is_bounded(self) -> bool:
        return any(one.holder == "boundary" for one in self.held)

    @cached_property
    def layers(self) -> Layers:
        boundary = [one for one in self._policies if self._bounds(one)]
        return Layers(
            identity=compile_policies(one for one in self._policies if not self._bounds(one)),
            boundary=compile_policies(boundary) if boundary else None,
            scps=self._limits.scps,
            rcps=self._limits.rcps,
        )

    def _bounds(self, policy: Policy) -> bool:
        return self._holders[id(policy)].holder == "boundary"

    def permission(self, request: Request) -> Permission:
        """What the policies say about a request."""
        explanation = explain(request, self.layers)
        return Permission(request, explanation.decision, tuple(self._words(explanation)))

    def _words(self, explanation: Explanation) -> Iterator[Word]:
        decision = explanation.decision
        effect = DECIDING.get(decision.outcome)
        for layer in explanation.layers:
            for check in layer.statements:
                # Those of the organization decide too; what they say is not the account's to read.
                if check.covers_action and id(check.policy) in self._holders:
                    decides = (
                        layer.layer is decision.layer
                        and check.matched
                        and check.statement.effect is effect
                    )
                    yield Word(self._holders[id(check.policy)], check, decides)
