"""The service authorization reference: what policies can say of each service.

The portal's own service and AWS's are public knowledge and need no permission; those of the
account are told to whoever may read them.
"""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.errors import no_such_entity
from iamsite.operations.paging import page_of_list
from policies.engine.lint import ConditionKey
from policies.engine.lint.global_keys import GLOBAL_KEYS
from policies.models import Service
from policies.operations.known import catalogue_of
from policies.operations.services import service


def _may_read(call: Call, ServicePrefix: str) -> None:
    if ServicePrefix not in catalogue_of(()).services():
        call.authorize("portal:GetService", service(call, ServicePrefix))


@operation("portal:ListServiceReferences", reads=True, authorizes_itself=True)
def list_service_references(
    call: Call, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    names, paging = page_of_list(call, list(catalogue_of(()).services()), str)
    return {
        "ServicePrefixes": names,
        "GlobalConditionKeys": [_key(one) for one in GLOBAL_KEYS.values()],
        **paging,
    }


@operation("portal:GetServiceReference", reads=True, authorizes_itself=_may_read)
def get_service_reference(call: Call, ServicePrefix: str) -> dict[str, Any]:
    known = catalogue_of(Service.objects.of(call.account).filter(prefix=ServicePrefix))
    if ServicePrefix not in known.services():
        raise no_such_entity(f"The service with prefix {ServicePrefix} cannot be found.")
    return {
        "ServicePrefix": ServicePrefix,
        "Actions": [
            {
                "ActionName": one.name,
                "AccessLevel": one.access_level,
                "ResourceTypes": list(one.resource_types),
                "ConditionKeys": list(dict.fromkeys(one.condition_keys)),
            }
            for one in known.actions(ServicePrefix).values()
        ],
        "ResourceTypes": [
            {
                "ResourceTypeName": one.name,
                "ArnFormat": one.arn,
                "ConditionKeys": list(one.condition_keys),
            }
            for one in known.resource_types(ServicePrefix).values()
        ],
        "ConditionKeys": [_key(one) for one in known.condition_keys(ServicePrefix).values()],
    }


def _key(key: ConditionKey) -> dict[str, str]:
    return {"ConditionKeyName": key.name, "ConditionKeyType": key.type}
