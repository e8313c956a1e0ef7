"""Service namespaces: those that permissions can be about, of AWS, the account and the portal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from iamsite.operations.models import service
from iamsite.operations.registry import all_registered
from policies.engine.lint import aws_services
from policies.models import Service

# Asked for within other operations: no call of its own (IAM User Guide, "Refine permissions in AWS
# using last accessed information").
UNTRACKED = {("iam", "passrole")}


class Namespaces:
    """The services of AWS and of the portal, with `own` ones beside them."""

    def __init__(self, own: Iterable[Service] = ()) -> None:
        self._own = {one.prefix: one for one in own}

    def names(self) -> dict[str, str]:
        """Every service's name for people, by its prefix."""
        return {**_names(), **{prefix: one.name for prefix, one in self._own.items()}}

    def actions(self, prefix: str) -> Mapping[str, str]:
        """The actions of a service whose use is tracked, by their names in lower case; none of a
        service that nobody knows."""
        if prefix in self._own:
            names = (str(one["ActionName"]) for one in self._own[prefix].actions)
            return {name.lower(): name for name in names}
        return _actions(prefix) if prefix in _names() else {}

    def __contains__(self, prefix: str) -> bool:
        return prefix in self._own or prefix in _names()


def namespaces_of(account: str) -> Namespaces:
    """The services that the entered account knows."""
    return Namespaces(Service.objects.of(account))


@cache
def _names() -> Mapping[str, str]:
    known = aws_services()
    named = {prefix: known.title(prefix) for prefix in known.services()} if known else {}
    return {**named, "portal": service("portal").title}


@cache
def _actions(prefix: str) -> Mapping[str, str]:
    known = aws_services()
    found = known.actions(prefix) if known is not None else {}
    actions = {name: one.name for name, one in found.items()}
    for one in all_registered().values():
        of, _, name = one.action.partition(":")
        if of == prefix:
            actions[name.lower()] = name
    return {name: shown for name, shown in actions.items() if (prefix, name) not in UNTRACKED}
