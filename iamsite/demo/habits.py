"""What people and machines of the demo do day by day; some of it is refused, as it is in life."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from iamsite.demo.organisation import PARTNER, PRODUCTION, STAGING, Organisation, User

ROLE = f"arn:aws:iam::{PRODUCTION}:role"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
# Who has a password, and never came.
NEVER_SEEN = ("zoe.adams", "milan.kovac")


@dataclass(frozen=True)
class Habit:
    """`who` of `account` calls `operation`, at each turn with the chance `weight` in working hours.

    With the credentials that it answers with, if any, `then` is called.
    """

    account: str
    who: str
    weight: float
    operation: str
    params: dict[str, Any]
    then: str


def habits() -> list[Habit]:
    return list(_habits())


def _habits() -> Iterator[Habit]:
    def does(
        account: str, names: str, weight: float, operation: str, then: str = "", **params: Any
    ) -> Iterator[Habit]:
        for who in names.split():
            yield Habit(account, who, weight, operation, params, then)

    def assumes(
        account: str, names: str, weight: float, role: str, session: str, then: str, **params: Any
    ) -> Iterator[Habit]:
        params |= {"RoleArn": f"{ROLE}/{role}", "RoleSessionName": session}
        yield from does(account, names, weight, "AssumeRole", then, **params)

    in_production = PRODUCTION, "amara.okafor"
    yield from does(PRODUCTION, "priya.nair mei.chen", 0.9, "ListUsers")
    yield from does(
        PRODUCTION, "tomas.silva contractor.ruiz", 0.5, "CreateAccessKey", UserName="ci-shop"
    )
    yield from does(
        PRODUCTION,
        "contractor.ruiz",
        0.7,
        "DeleteUserPermissionsBoundary",
        UserName="contractor.ruiz",
    )
    yield from does(PRODUCTION, "ci-shop", 0.9, "ListRoles")
    yield from does(PRODUCTION, "ci-warehouse backup-agent", 0.9, "GetCallerIdentity")
    yield from assumes(
        PRODUCTION, "priya.nair ci-shop", 0.8, "deploy/ShopDeployer", "release", "ListUsers"
    )
    yield from assumes(*in_production, 0.9, "BillingReader", "invoices", "ListUsers")
    yield from assumes(*in_production, 0.5, "service/SecurityScanner", "posture", "ListUsers")
    yield from does(
        *in_production,
        0.8,
        "TagUser",
        UserName="legacy-ftp-bridge",
        Tags=[{"Key": "reviewed", "Value": "yes"}],
    )
    for operation in ("AddUserToGroup", "RemoveUserFromGroup"):
        yield from does(*in_production, 0.6, operation, GroupName="Support", UserName="nora.lind")
    yield from does(PRODUCTION, "legacy-ftp-bridge metrics-exporter", 0.6, "GetUser")
    yield from does(
        PRODUCTION,
        "lena.fischer sam.oduya ravi.kumar",
        0.4,
        "AttachUserPolicy",
        UserName="ravi.kumar",
        PolicyArn=ADMINISTRATOR,
    )
    yield from assumes(
        STAGING, "pipeline", 0.9, "deploy/PipelineDeployer", "ship", "GetCallerIdentity"
    )
    yield from does(STAGING, "load-generator", 0.6, "ListUsers")
    integration = "PartnerIntegration", "fetch", "GetCallerIdentity"
    yield from assumes(PARTNER, "shipment-fetcher", 0.9, *integration, ExternalId="nw-7731")
    yield from assumes(PARTNER, "shipment-fetcher", 0.3, *integration)
    yield from does(PARTNER, "manifest-bot", 0.5, "ListRoles")


def signing_in(organisation: Organisation) -> list[User]:
    """The people who come to the console on working days."""
    return [one for one in organisation.users if one.console and one.name not in NEVER_SEEN]
