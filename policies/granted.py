"""Which services and actions a set of permission policies grants, as last accessed data has it.

Source: IAM, GetServiceLastAccessedDetails and ListPoliciesGrantingServiceAccess. Only the policies
themselves count: no boundary, organization or session policy. Resources and conditions of an Allow
are left aside, since some request may fit them; a Deny counts where it leaves no request over.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from policies.engine import Document, Effect, Statement
from policies.engine.compile import compiled


class Granted:
    """What the documents together let their holder try."""

    def __init__(self, documents: Iterable[Document]) -> None:
        self._documents = [compiled(document) for document in documents]

    @cached_property
    def _listed(self) -> list[Listed]:
        return [Listed(one) for each in self._documents for one in each.document.statements]

    @cached_property
    def _allows(self) -> list[Listed]:
        return [one for one in self._listed if one.statement.effect is Effect.ALLOW]

    @cached_property
    def _denies(self) -> list[Listed]:
        return [one for one in self._listed if _denies_whatever(one.statement)]

    def service(self, service: str) -> bool:
        """Whether some action of the service is granted."""
        return self.allows_some(service) and not any(one.is_of_all(service) for one in self._denies)

    def allows_some(self, service: str) -> bool:
        """Whether some Allow statement covers some action of the service, whatever is denied."""
        return any(one.touches(service) for one in self._allows)

    def services(self, known: Iterable[str]) -> list[str]:
        """Those of the known services that are granted."""
        return [one for one in known if self.service(one)]

    def action(self, service: str, name: str) -> bool:
        """Whether the action, by its name in lower case, is granted."""
        action = f"{service}:{name}"
        about = [one for each in self._documents for one in each.about(action, service, name)]
        return any(not one.denies for one in about) and not any(
            _denies_whatever(one.statement) for one in about
        )


def _denies_whatever(statement: Statement) -> bool:
    return (
        statement.effect is Effect.DENY
        and not statement.conditions
        and "*" in (statement.resources or ())
    )


class Listed:
    """What a statement's Action or NotAction lists, by service."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._is_negative = statement.actions is None
        texts = statement.actions if statement.actions is not None else statement.not_actions
        self._texts = {text.lower() for text in texts or ()}
        self._services = {text.partition(":")[0] for text in self._texts}

    def touches(self, service: str) -> bool:
        """Whether the statement covers some action of the service."""
        # NotAction leaves some action over unless it lists the whole service.
        return not self._has_all(service) if self._is_negative else self._has_some(service)

    def is_of_all(self, service: str) -> bool:
        """Whether the statement covers every action of the service."""
        return not self._has_some(service) if self._is_negative else self._has_all(service)

    def _has_some(self, service: str) -> bool:
        return "*" in self._services or service in self._services

    def _has_all(self, service: str) -> bool:
        return not self._texts.isdisjoint(("*", "*:*", f"{service}:*"))
