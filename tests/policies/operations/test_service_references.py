"""ListServiceReferences and GetServiceReference: what policies can say of a service."""

import pytest

from iamsite.operations import OperationError
from tests.cast import Acme, Evil


def test_the_services_of_aws_are_told_to_everybody(acme: Acme) -> None:
    told = acme.carol.perform("ListServiceReferences", MaxItems=1000)
    assert {"s3", "iam", "ec2"} <= set(told["ServicePrefixes"])
    keys = {one["ConditionKeyName"]: one["ConditionKeyType"] for one in told["GlobalConditionKeys"]}
    assert keys["aws:SourceIp"] == "IPAddress"
    s3 = acme.carol.perform("GetServiceReference", ServicePrefix="s3")
    actions = {one["ActionName"]: one for one in s3["Actions"]}
    assert actions["GetObject"]["AccessLevel"] == "Read"
    assert "object" in actions["GetObject"]["ResourceTypes"]
    formats = {one["ResourceTypeName"]: one["ArnFormat"] for one in s3["ResourceTypes"]}
    assert formats["object"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"


def test_the_services_of_aws_come_page_by_page(acme: Acme) -> None:
    first = acme.carol.perform("ListServiceReferences", MaxItems=2)
    assert first["IsTruncated"] is True
    second = acme.carol.perform("ListServiceReferences", MaxItems=2, Marker=first["Marker"])
    assert first["ServicePrefixes"] < second["ServicePrefixes"]


def test_a_service_of_the_accounts_own_is_told_to_whoever_may_get_it(acme: Acme) -> None:
    acme.root.perform(
        "RegisterService",
        ServicePrefix="orders",
        ServiceName="Orders",
        ServicePrincipal="orders.example.com",
        Actions=[{"ActionName": "PlaceOrder"}],
    )
    told = acme.root.perform("GetServiceReference", ServicePrefix="orders")
    assert told["Actions"] == [
        {
            "ActionName": "PlaceOrder",
            "AccessLevel": "Write",
            "ResourceTypes": [],
            "ConditionKeys": [],
        }
    ]
    with pytest.raises(OperationError, match="portal:GetService on resource") as refused:
        acme.carol.perform("GetServiceReference", ServicePrefix="orders")
    assert refused.value.code == "AccessDenied"
    with pytest.raises(OperationError, match="prefix orders cannot be found") as unknown:
        Evil().root.perform("GetServiceReference", ServicePrefix="orders")
    assert unknown.value.code == "NoSuchEntity"
