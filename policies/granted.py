"""Which services and actions a set of permission policies grants, as last accessed data has it.

Source: IAM, GetServiceLastAccessedDetails and ListPoliciesGrantingServiceAccess. Only the policies
themselves count: no boundary, organization or session policy. Resources and conditions of an Allow
are left aside, since some request may fit them; a Deny counts where it leaves no request over.
"""

from __future__ import annotations

from collections.abc import Iterable

from policies.engine import Document, Effect, Policy, Statement
from policies.engine.actions import action_pattern


class Granted:
    """What the documents together let their holder try."""

    def __init__(self, documents: Iterable[Document]) -> None:
        statements = [one for document in documents for one in document.statements]
        self._allows = [one for one in statements if one.effect is Effect.ALLOW]
        self._denies = [one for one in statements if _denies_whatever(one)]

    def service(self, service: str) -> bool:
        """Whether some action of the service is granted."""
        return any(_touches(one, service) for one in self._allows) and not any(
            _is_of_all(one, service) for one in self._denies
        )

    def services(self, known: Iterable[str]) -> list[str]:
        """Those of the known services that are granted."""
        return [one for one in known if self.service(one)]

    def action(self, service: str, name: str) -> bool:
        """Whether the action, by its name in lower case, is granted."""
        return any(_covers(one, service, name) for one in self._allows) and not any(
            _covers(one, service, name) for one in self._denies
        )


def grants_access(policy: Policy, service: str) -> bool:
    """Whether some Allow statement of the policy covers some action of the service."""
    return any(
        statement.effect is Effect.ALLOW and _touches(statement, service)
        for statement in policy.document.statements
    )


def _denies_whatever(statement: Statement) -> bool:
    return (
        statement.effect is Effect.DENY
        and not statement.conditions
        and "*" in (statement.resources or ())
    )


def _touches(statement: Statement, service: str) -> bool:
    """Whether it covers some action of the service."""
    if statement.actions is not None:
        return any(_prefix(text) in ("*", service) for text in statement.actions)
    # NotAction leaves some action over unless it lists the whole service.
    return not any(text.lower() in _whole(service) for text in statement.not_actions or ())


def _is_of_all(statement: Statement, service: str) -> bool:
    """Whether it covers every action of the service."""
    if statement.actions is not None:
        return any(text.lower() in _whole(service) for text in statement.actions)
    return not any(_prefix(text) in ("*", service) for text in statement.not_actions or ())


def _covers(statement: Statement, service: str, name: str) -> bool:
    if statement.actions is not None:
        return _lists(statement.actions, service, name)
    return not _lists(statement.not_actions or (), service, name)


def _lists(patterns: Iterable[str], service: str, name: str) -> bool:
    return any(action_pattern(text).covers(service, name) for text in patterns)


def _whole(service: str) -> tuple[str, ...]:
    return "*", "*:*", f"{service}:*"


def _prefix(action: str) -> str:
    return action.partition(":")[0].lower()
