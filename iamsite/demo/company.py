"""The organization of the demo: the company's accounts in units, and what limits them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from iamsite.demo.organisation import PRODUCTION, SANDBOX, SECURITY, STAGING, deny, document

# What the company expects of its policies: who, what, on what, and whether it is allowed.
EXPECTED = (
    ("releases-come-from-ci", "role/deploy/ShopDeployer", "s3:PutObject", "nw-releases/shop/1.tar"),
    ("auditors-read-only", "user/omar.haddad", "s3:DeleteObject", "nw-invoices/2026-10.pdf"),
    ("support-sees-no-invoices", "user/nora.lind", "s3:GetObject", "nw-invoices/2026-10.pdf"),
)
# By the organization's resource policy.
SECURITY_LOOKS = document(
    {
        "Sid": "SecurityLooks",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{SECURITY}:root"},
        "Action": [
            "organizations:ListAccounts",
            "organizations:ListPolicies",
            "organizations:DescribePolicy",
            "organizations:ListPoliciesForTarget",
        ],
        "Resource": "*",
    }
)
Act = Callable[..., dict[str, Any]]
SCP = "SERVICE_CONTROL_POLICY"
IAM = "iam.amazonaws.com"
# By the unit: the accounts in it.
UNITS = {"Workloads": (STAGING,), "Security": (SECURITY,), "Sandbox": (SANDBOX,)}
# Where each is attached ("" for the root), its name, description and content.
POLICIES = (
    (
        "",
        "StayInTheOrganization",
        "Members cannot leave",
        document(deny("organizations:LeaveOrganization")),
    ),
    (
        "Workloads",
        "EuropeOnly",
        "Nothing outside of Europe, but what is global",
        document(
            {
                "Effect": "Deny",
                "NotAction": ["iam:*", "sts:*", "organizations:*", "portal:*", "support:*"],
                "Resource": "*",
                "Condition": {
                    "StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "eu-west-1"]}
                },
            }
        ),
    ),
    (
        "Sandbox",
        "NoLongTermKeys",
        "Experiments use roles",
        document(deny("iam:CreateAccessKey", "iam:CreateUser")),
    ),
)


def expect(act: Act, day: datetime) -> None:
    """Saves what is expected; `act` performs operations as the root user of production."""
    for name, who, action, resource in EXPECTED:
        act(
            "PutAccessTest",
            day,
            TestName=name,
            PrincipalArn=f"arn:aws:iam::{PRODUCTION}:{who}",
            ActionName=action,
            ResourceArn=f"arn:aws:s3:::{resource}",
            ExpectedDecision="allowed" if name == EXPECTED[0][0] else "denied",
        )


def found(act: Callable[[str], Act], day: datetime) -> None:
    """Makes the organization; `act` performs operations as the root user of an account."""

    def manage(operation: str, **params: Any) -> dict[str, Any]:
        return act(PRODUCTION)(f"organizations:{operation}", day, **params)

    manage("CreateOrganization")
    root = manage("ListRoots")["Roots"][0]["Id"]
    manage("EnablePolicyType", RootId=root, PolicyType=SCP)
    nodes = {"": root}
    for name, accounts in UNITS.items():
        unit = manage("CreateOrganizationalUnit", ParentId=root, Name=name)["OrganizationalUnit"]
        nodes[name] = unit["Id"]
        for account in accounts:
            target = {"Type": "ACCOUNT", "Id": account}
            invited = manage("InviteAccountToOrganization", Target=target)["Handshake"]
            accept = act(account)
            accept("organizations:AcceptHandshake", day, HandshakeId=invited["Id"])
            manage(
                "MoveAccount",
                AccountId=account,
                SourceParentId=root,
                DestinationParentId=unit["Id"],
            )
    for where, name, description, content in POLICIES:
        made = manage(
            "CreatePolicy",
            Name=name,
            Type=SCP,
            Description=description,
            Content=content,
        )
        policy = made["Policy"]["PolicySummary"]["Id"]
        manage("AttachPolicy", PolicyId=policy, TargetId=nodes[where])
    manage("EnableAWSServiceAccess", ServicePrincipal=IAM)
    manage("PutResourcePolicy", Content=SECURITY_LOOKS)
    for feature in ("RootCredentialsManagement", "RootSessions"):
        act(PRODUCTION)(f"EnableOrganizations{feature}", day)
