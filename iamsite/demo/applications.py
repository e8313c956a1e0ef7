"""What runs in the demo: a service of the company's own, its programs, a machine, and what
partners may reach."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from iamsite.demo.organisation import PARTNER, PRODUCTION, allow, document, trusts

PRINCIPAL = "fulfilment.northwind.example"
FULFILMENT: dict[str, Any] = {
    "ServicePrefix": "fulfilment",
    "ServiceName": "Order fulfilment",
    "ServicePrincipal": PRINCIPAL,
    "Actions": [
        {"ActionName": "ListParcels", "AccessLevel": "List"},
        {
            "ActionName": "GetParcel",
            "AccessLevel": "Read",
            "Description": "Where a parcel is",
            "ResourceTypes": ["parcel"],
        },
        {
            "ActionName": "DispatchParcel",
            "AccessLevel": "Write",
            "Description": "Hands a parcel to a carrier",
            "ResourceTypes": ["parcel"],
            "ConditionKeys": ["fulfilment:Carrier"],
        },
    ],
    "ResourceTypes": [
        {
            "ResourceTypeName": "parcel",
            "ArnFormat": "arn:aws:fulfilment::${Account}:parcel/${ParcelId}",
            "ConditionKeys": ["fulfilment:Carrier"],
        }
    ],
    "ConditionKeys": [{"ConditionKeyName": "fulfilment:Carrier", "ConditionKeyType": "String"}],
}
CATALOGUE = "arn:aws:s3:::nw-catalogue"
ORDERS = f"arn:aws:sqs:eu-central-1:{PRODUCTION}:orders"
READERS = document(
    {
        "Sid": "PartnerReads",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{PARTNER}:root"},
        "Action": "s3:GetObject",
        "Resource": f"{CATALOGUE}/*",
    },
    {
        "Sid": "FulfilmentWrites",
        "Effect": "Allow",
        "Principal": {"Service": PRINCIPAL},
        "Action": ["s3:GetObject", "s3:PutObject"],
        "Resource": f"{CATALOGUE}/labels/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": PRODUCTION}},
    },
)


def register(act: Callable[..., dict[str, Any]], now: datetime) -> None:
    """Registers all of it; `act` performs an operation at a time, as the root user."""
    day = now - timedelta(days=160)
    act("RegisterService", day, **FULFILMENT)
    key = act("CreateServiceAccessKey", day, ServicePrefix="fulfilment")["ServiceAccessKey"]
    which = {"ServicePrefix": "fulfilment", "AccessKeyId": key["AccessKeyId"]}
    act("RotateServiceAccessKey", now - timedelta(hours=5), **which)
    role = _role(act, day, "FulfilmentWorker", trusts({"Service": PRINCIPAL}))
    for name in ("packer", "label-printer"):
        program = {"WorkloadName": name, "ServicePrefix": "fulfilment", "RoleArn": role}
        act("RegisterWorkload", day, **program)
        act("CreateWorkloadToken", day, WorkloadName=name)
    _role(act, day, "ShopFrontend", trusts({"Service": "ec2.amazonaws.com"}))
    profile = {"InstanceProfileName": "shop-frontend"}
    act("CreateInstanceProfile", day, **profile)
    act("AddRoleToInstanceProfile", day, **profile, RoleName="ShopFrontend")
    act("RegisterWorkload", day, WorkloadName="shop-01", **profile)
    act("CreateWorkloadToken", day, WorkloadName="shop-01", DurationSeconds=31_536_000)
    for arn in (CATALOGUE, ORDERS):
        act("RegisterResource", day, ResourceArn=arn)
    act("PutResourcePolicy", day, ResourceArn=CATALOGUE, PolicyDocument=READERS)


def _role(act: Callable[..., dict[str, Any]], day: datetime, name: str, trust: str) -> str:
    made = act("CreateRole", day, RoleName=name, AssumeRolePolicyDocument=trust)
    reading = document(allow("s3:GetObject", on=f"{CATALOGUE}/*"))
    act("PutRolePolicy", day, RoleName=name, PolicyName="catalogue", PolicyDocument=reading)
    return str(made["Role"]["Arn"])


TRACKING = document(
    allow("s3:ListBucket", on="arn:aws:s3:::@{Bucket}"),
    allow("s3:GetObject", on="arn:aws:s3:::@{Bucket}/*"),
    allow("sqs:ReceiveMessage", "sqs:DeleteMessage", on=ORDERS),
)
# What the partner asks for, and for how long in seconds.
ASKED = (
    ("Connects parcel tracking to your order queue", "nw-catalogue", 5_400),
    ("Imports last year's invoices into your freight report", "nw-invoices", 3_600),
)


def ask_for_access(act: Callable[..., dict[str, Any]], day: datetime) -> list[str]:
    """The partner, as the provider of a service, asks production for access twice; `act` performs
    operations as its root user. Returns the ids of the requests."""
    tracking = {"ServicePrefix": "tracking", "ServiceName": "Parcel tracking"}
    act("RegisterService", day, **tracking, ServicePrincipal="tracking.contoso.example")
    policy = act("CreatePolicy", day, PolicyName="TrackingSetup", PolicyDocument=TRACKING)
    return [
        act(
            "CreateDelegationRequest",
            day,
            Description=description,
            RequestMessage="As agreed with your logistics team",
            OwnerAccountId=PRODUCTION,
            RequestorWorkflowId=f"northwind-{bucket}",
            NotificationChannel=f"arn:aws:sns:eu-central-1:{PARTNER}:delegation",
            SessionDuration=seconds,
            Permissions={
                "PolicyTemplateArn": policy["Policy"]["Arn"],
                "Parameters": [{"Name": "Bucket", "Values": [bucket], "Type": "string"}],
            },
        )["DelegationRequestId"]
        for description, bucket, seconds in ASKED
    ]
