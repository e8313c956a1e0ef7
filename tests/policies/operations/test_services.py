from typing import Any

import pytest

from tests.cast import allow, trust
from tests.identities.operations.refusal import (
    conflict,
    denied,
    exists,
    limit,
    missing,
    refusal,
)
from tests.identities.quotas import set_quota

ORDERS: dict[str, Any] = {
    "ServicePrefix": "orders",
    "ServiceName": "Order desk",
    "ServicePrincipal": "orders.example.com",
    "Actions": [
        {"ActionName": "ListOrders", "AccessLevel": "List"},
        {
            "ActionName": "PlaceOrder",
            "AccessLevel": "Write",
            "Description": "Places an order.",
            "ResourceTypes": ["order"],
            "ConditionKeys": ["orders:Amount", "aws:RequestTag/${TagKey}"],
        },
    ],
    "ResourceTypes": [
        {
            "ResourceTypeName": "order",
            "ArnFormat": "arn:aws:orders::${Account}:order/${OrderId}",
            "ConditionKeys": ["orders:Amount"],
        }
    ],
    "ConditionKeys": [{"ConditionKeyName": "orders:Amount", "ConditionKeyType": "Numeric"}],
}


def changed(**changes: Any) -> dict[str, Any]:
    return {**ORDERS, **changes}


def test_a_service_is_shown_as_it_was_registered(acme) -> None:
    made = acme.root.perform("RegisterService", **ORDERS)["Service"]
    assert made == {
        **ORDERS,
        "FullServicePrincipal": f"orders.{acme.id}.iamsite.internal",
        "Arn": acme.arn("x").replace(":iam:", ":portal:").removesuffix("x") + "service/orders",
        "CreateDate": made["CreateDate"],
        "UpdateDate": made["CreateDate"],
    }
    assert acme.root.perform("GetService", ServicePrefix="orders") == {"Service": made}


def test_services_are_listed_by_prefix_without_their_lists(acme, evil) -> None:
    for prefix in ("orders", "billing2", "ledger"):
        acme.root.perform(
            "RegisterService",
            ServicePrefix=prefix,
            ServiceName=prefix.title(),
            ServicePrincipal=f"{prefix}.example.com",
        )
    first = acme.root.perform("ListServices", MaxItems=2)
    assert [one["ServicePrefix"] for one in first["Services"]] == ["billing2", "ledger"]
    assert set(first["Services"][0]) == {
        *("ServicePrefix", "ServiceName", "ServicePrincipal", "FullServicePrincipal", "Arn"),
        *("CreateDate", "UpdateDate"),
    }
    rest = acme.root.perform("ListServices", MaxItems=2, Marker=first["Marker"])
    assert [one["ServicePrefix"] for one in rest["Services"]] == ["orders"]
    assert rest["IsTruncated"] is False
    assert evil.root.perform("ListServices") == {"Services": [], "IsTruncated": False}


def test_two_accounts_may_use_the_same_names(acme, evil) -> None:
    acme.root.perform("RegisterService", **ORDERS)
    evil.root.perform("RegisterService", **ORDERS)
    evil.root.perform("DeregisterService", ServicePrefix="orders")
    assert acme.root.perform("GetService", ServicePrefix="orders")


def test_a_prefix_and_a_principal_are_given_once(acme) -> None:
    acme.root.perform("RegisterService", **ORDERS)
    assert refusal(acme.root, "RegisterService", **ORDERS) == exists(
        "Service with prefix orders already exists."
    )
    other = {"ServicePrefix": "invoices", "ServiceName": "Invoices"}
    assert refusal(
        acme.root, "RegisterService", ServicePrincipal="orders.example.com", **other
    ) == exists("Service with principal orders.example.com already exists.")


BAD: list[tuple[dict[str, Any], str]] = [
    ({"ServicePrefix": "s3"}, "ServicePrefix: s3 is the prefix of a service of AWS."),
    ({"ServicePrefix": "portal"}, "ServicePrefix: portal is the prefix of a service of AWS."),
    (
        {"ServicePrincipal": "orders.amazonaws.com"},
        "ServicePrincipal: orders.amazonaws.com is for services of AWS only.",
    ),
    (
        {"Actions": [{"ActionName": "Place"}, {"ActionName": "place"}]},
        "Actions: place is defined twice.",
    ),
    (
        {"Actions": [{"ActionName": "Place", "ResourceTypes": ["parcel"]}]},
        "Actions: the resource type parcel is not defined.",
    ),
    (
        {"Actions": [{"ActionName": "Place", "ConditionKeys": ["orders:Weight"]}]},
        "Actions: the condition key orders:Weight is not defined.",
    ),
    (
        {"ConditionKeys": [{"ConditionKeyName": "other:Amount"}]},
        "ConditionKeys: other:Amount does not begin with orders:.",
    ),
    (
        {
            "Actions": [],
            "ResourceTypes": [{"ResourceTypeName": "o", "ArnFormat": "arn:aws:s3:::${Bucket}"}],
        },
        "ResourceTypes: arn:aws:s3:::${Bucket} does not begin with arn:aws:orders:.",
    ),
]


@pytest.mark.parametrize(("change", "message"), BAD, ids=[message for _, message in BAD])
def test_a_definition_that_cannot_be_is_refused(acme, change, message) -> None:
    assert refusal(acme.root, "RegisterService", **changed(**change)) == (
        "InvalidInput",
        400,
        message,
    )
    assert acme.root.perform("ListServices")["Services"] == []


def test_an_update_replaces_what_is_sent_and_keeps_the_rest(acme) -> None:
    acme.root.perform("RegisterService", **ORDERS)
    actions = [{"ActionName": "CancelOrder"}]
    updated = acme.root.perform("UpdateService", ServicePrefix="orders", Actions=actions)["Service"]
    assert updated["Actions"] == actions
    assert updated["ResourceTypes"] == ORDERS["ResourceTypes"]
    assert updated["ServiceName"] == "Order desk"
    assert updated["UpdateDate"] > updated["CreateDate"]
    assert refusal(
        acme.root,
        "UpdateService",
        ServicePrefix="orders",
        Actions=[{"ActionName": "Place", "ResourceTypes": ["parcel"]}],
    ) == ("InvalidInput", 400, "Actions: the resource type parcel is not defined.")
    assert acme.root.perform("GetService", ServicePrefix="orders")["Service"] == updated


def test_a_service_with_resources_stays(acme) -> None:
    acme.root.perform("RegisterService", **ORDERS)
    arn = f"arn:aws:orders::{acme.id}:order/1"
    acme.root.perform("RegisterResource", ResourceArn=arn)
    assert refusal(acme.root, "DeregisterService", ServicePrefix="orders") == conflict(
        "Cannot deregister a service that has registered resources."
    )
    acme.root.perform("DeregisterResource", ResourceArn=arn)
    acme.root.perform("DeregisterService", ServicePrefix="orders")
    assert refusal(acme.root, "GetService", ServicePrefix="orders") == missing(
        "The service with prefix orders cannot be found."
    )


def test_there_are_as_many_services_as_the_quota_allows(acme) -> None:
    set_quota(acme, "ServicesPerAccount", 1)
    acme.root.perform("RegisterService", **ORDERS)
    other = changed(
        ServicePrefix="invoices",
        ServicePrincipal="invoices.example.com",
        Actions=[],
        ResourceTypes=[],
        ConditionKeys=[],
    )
    assert refusal(acme.root, "RegisterService", **other) == limit("ServicesPerAccount", 1)


def test_a_trust_policy_may_name_the_accounts_own_services_and_no_others(acme, evil) -> None:
    document = trust({"Service": "orders.example.com"})
    unknown = (
        "MalformedPolicyDocument",
        400,
        'Invalid principal in policy: "SERVICE":"orders.example.com"',
    )
    evil.root.perform("RegisterService", **ORDERS)
    wanted = {"RoleName": "orders", "AssumeRolePolicyDocument": document}
    assert refusal(acme.root, "CreateRole", **wanted) == unknown
    acme.root.perform("RegisterService", **ORDERS)
    acme.root.perform("CreateRole", **wanted)


def test_the_linter_knows_the_accounts_own_services(acme) -> None:
    def codes(document: str) -> set[str]:
        found = acme.carol.perform("ValidatePolicy", PolicyDocument=document)["Findings"]
        return {one["Code"] for one in found}

    document = allow("orders:PlaceOrder", resource=f"arn:aws:orders::{acme.id}:order/*")
    assert "INVALID_SERVICE_IN_ACTION" in codes(document)
    acme.root.perform("RegisterService", **ORDERS)
    assert codes(document) == set()
    assert "INVALID_ACTION" in codes(allow("orders:EatOrder"))


def test_each_operation_needs_its_permission(acme) -> None:
    arn = f"arn:aws:portal::{acme.id}:service/orders"
    assert refusal(acme.carol, "RegisterService", **ORDERS) == denied(
        acme.carol, "portal:RegisterService", arn
    )
    assert refusal(acme.carol, "ListServices") == denied(acme.carol, "portal:ListServices", "*")
    for operation in ("GetService", "UpdateService", "DeregisterService"):
        assert refusal(acme.carol, operation, ServicePrefix="orders") == denied(
            acme.carol, f"portal:{operation}", arn
        )
    clerk = acme.user("clerk", allow("portal:*", resource=arn))
    assert clerk.perform("RegisterService", **ORDERS)
    other = changed(ServicePrefix="invoices")
    assert refusal(clerk, "RegisterService", **other)[0] == "AccessDenied"
