"""What an account has registered: services of its own, and resources with their policies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.db import connection

from policies.engine.lint import (
    Catalogues,
    ConditionKey,
    RegisteredService,
    RegisteredServices,
    ResourceType,
    ServiceAction,
    ServiceCatalogue,
    aws_services,
)
from policies.engine.patterns import Glob
from policies.models import RegisteredResource, Service

LONGEST_ARN = 1024
FULL_NAME_ENDS = ".iamsite.internal"
FULL_NAME = re.compile(r"([a-z][a-z0-9-]*)\.([0-9]{12})" + re.escape(FULL_NAME_ENDS))
_VARIABLE = re.compile(r"\$\{[^}]*\}")
_SEPARATOR = re.compile("[/:]")


def full_name(prefix: str, account: str) -> str:
    """The name by which every account may know the service of one."""
    return f"{prefix}.{account}{FULL_NAME_ENDS}"


def read_full_name(name: str) -> tuple[str, str] | None:
    """The service's prefix and account; None for a name of another form."""
    match = FULL_NAME.fullmatch(name)
    return (match[1], match[2]) if match is not None else None


def is_service_principal(name: str) -> bool:
    """Whether `name` is the principal of a service of the entered account, or any one's in full."""
    if (found := read_full_name(name)) is None:
        return bool(Service.objects.filter(principal=name).exists())
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_has_service(%s, %s)", [found[1], found[0]])
        (exists,) = cursor.fetchone()
    return bool(exists)


def catalogue(account: str) -> ServiceCatalogue:
    """The services that policies of the account can speak of: its own beside AWS's."""
    return catalogue_of(Service.objects.of(account))


def catalogue_of(services: Iterable[Service]) -> ServiceCatalogue:
    """These services beside AWS's."""
    own = OwnServices(_registered(one) for one in services)
    known = aws_services()
    return Catalogues(own, known) if known is not None else own


class OwnServices(RegisteredServices):
    """The services of an account; those of others may be known by their full names."""

    def has_principal(self, name: str) -> bool:
        return super().has_principal(name) or read_full_name(name) is not None


def _registered(service: Service) -> RegisteredService:
    types = [
        ResourceType(one["ResourceTypeName"], one["ArnFormat"], _keys(one))
        for one in service.resource_types
    ]
    actions = [
        ServiceAction(
            one["ActionName"],
            one.get("AccessLevel", "Write"),
            tuple(one.get("ResourceTypes", ())),
            _keys(one),
        )
        for one in service.actions
    ]
    keys = [
        ConditionKey(one["ConditionKeyName"], one.get("ConditionKeyType", "String"))
        for one in service.condition_keys
    ]
    return RegisteredService(
        service.prefix, tuple(actions), tuple(types), tuple(keys), (service.principal,)
    )


def _keys(one: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(one.get("ConditionKeys", ()))


def has_form(arn: str, template: str) -> bool:
    """Whether `arn` is one of the ARNs that a resource type's format describes."""
    parts, wanted = arn.split(":", 5), template.split(":", 5)
    if len(parts) != 6 or len(wanted) != 6:
        return False
    return all(_fits(part, form) for part, form in zip(parts, wanted, strict=True))


def _fits(text: str, form: str) -> bool:
    """Whether the text fits, with a character or more for each `${Name}`."""
    return Glob.with_gaps(_VARIABLE.split(form)).matches(text)


def containing(arn: str) -> list[str]:
    """The ARN and every ARN that it is part of, longest first; part of ends at `/` or `:`.

    The first five parts compare ignoring case, as in decisions.
    """
    front, resource = arn.split(":", 5)[:5], arn.split(":", 5)[5]
    start = ":".join(front).lower() + ":"
    ends = [len(resource), *(match.start() for match in _SEPARATOR.finditer(resource))]
    found = {start + resource[:end] for end in ends if end}
    return sorted((one for one in found if len(one) <= LONGEST_ARN), key=len, reverse=True)


def owner_of(arns: list[str]) -> str | None:
    """The account that has registered one of these, whichever it is; None if none has."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT iamsite_resource_owner(%s)", [arns])
        (found,) = cursor.fetchone()
    return str(found) if found is not None else None


def is_taken(arn: str, account: str) -> bool:
    """Whether another account has the resource, one that it is part of, or a part of it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT iamsite_resource_is_taken(%s, %s, %s)", [arn, containing(arn), account]
        )
        (found,) = cursor.fetchone()
    return bool(found)


def nearest_policy(arns: list[str]) -> RegisteredResource | None:
    """Of the entered account's resources among `arns`, the most specific one with a policy."""
    rows = RegisteredResource.objects.filter(arn__in=arns).exclude(policy="")
    return max(rows, key=lambda one: len(one.arn), default=None)
