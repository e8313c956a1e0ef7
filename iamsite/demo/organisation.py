"""Who is in the demo: a trading company and its partner, and what each person may do."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

DOMAIN = "northwind.example"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=2)


def allow(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": on, **more}


def deny(*actions: str, on: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": list(actions), "Resource": on, **more}


def trusts(element: dict[str, Any], *actions: str, **more: Any) -> str:
    chosen = list(actions) or ["sts:AssumeRole"]
    return document({"Effect": "Allow", "Principal": element, "Action": chosen, **more})


def aws_managed(name: str) -> str:
    return f"arn:aws:iam::aws:policy/{name}"


@dataclass(frozen=True)
class User:
    name: str
    groups: tuple[str, ...] = ()
    console: bool = True
    mfa: bool = False
    has_key: bool = False
    path: str = "/"
    tags: dict[str, str] = field(default_factory=dict)
    boundary: str = ""


@dataclass(frozen=True)
class Group:
    name: str
    attached: tuple[str, ...] = ()
    inline: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Role:
    name: str
    trust: str
    description: str = ""
    attached: tuple[str, ...] = ()
    inline: dict[str, str] = field(default_factory=dict)
    path: str = "/"
    hours: int = 1
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Managed:
    """A customer managed policy; `versions` from the oldest to the newest, which is the default."""

    name: str
    description: str
    versions: tuple[str, ...]
    path: str = "/"


@dataclass(frozen=True)
class Organisation:
    id: str
    name: str
    alias: str
    email: str
    policies: tuple[Managed, ...]
    groups: tuple[Group, ...]
    roles: tuple[Role, ...]
    users: tuple[User, ...]


PRODUCTION, STAGING, PARTNER = "418273645501", "730194826655", "905518274631"
SECURITY, SANDBOX = "256109384472", "639475018226"
OFFICE = {"aws:SourceIp": ["203.0.113.0/24", "2001:db8:7::/48"]}
WITH_MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
OWN = f"arn:aws:iam::{PRODUCTION}:user/${{aws:username}}"

CATALOGUE_READ = document(
    allow(
        "s3:GetObject",
        "s3:ListBucket",
        on=["arn:aws:s3:::nw-catalogue", "arn:aws:s3:::nw-catalogue/*"],
    )
)
RELEASE = document(
    allow("s3:PutObject", "s3:GetObject", on="arn:aws:s3:::nw-releases/*"),
    allow("ecr:GetAuthorizationToken"),
    allow("ecr:BatchGetImage", "ecr:PutImage", on="arn:aws:ecr:*:*:repository/shop/*"),
)
RELEASE_NARROWED = document(
    allow(
        "s3:PutObject",
        on="arn:aws:s3:::nw-releases/${aws:PrincipalTag/team}/*",
        Condition={"StringEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
    ),
    allow("s3:GetObject", on="arn:aws:s3:::nw-releases/*"),
    allow("ecr:GetAuthorizationToken"),
    allow("ecr:BatchGetImage", "ecr:PutImage", on="arn:aws:ecr:*:*:repository/shop/*"),
)
OWN_CREDENTIALS = document(
    allow(
        "iam:GetUser",
        "iam:ChangePassword",
        "iam:CreateAccessKey",
        "iam:DeleteAccessKey",
        "iam:ListAccessKeys",
        "iam:UpdateAccessKey",
        "iam:EnableMFADevice",
        "iam:ResyncMFADevice",
        "iam:ListMFADevices",
        on=OWN,
    )
)
GUARD_RAIL = document(
    allow("*"),
    deny("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary"),
    deny("iam:*User*", "iam:*AccessKey*", on=f"arn:aws:iam::{PRODUCTION}:user/admin/*"),
    deny("organizations:*"),
)


def _people(names: str, group: str, team: str, mfa: str = "", **more: Any) -> tuple[User, ...]:
    tags = {"team": team, "cost-centre": "4711"}
    return tuple(
        User(name, groups=(group,), mfa=name in mfa.split(), tags=tags, **more)
        for name in names.split()
    )


PRODUCTION_ACCOUNT = Organisation(
    id=PRODUCTION,
    name="Northwind Production",
    alias="northwind",
    email=f"root@{DOMAIN}",
    policies=(
        Managed("CatalogueReadOnly", "Read the product catalogue", (CATALOGUE_READ,)),
        Managed("ReleasePublisher", "Publish shop releases", (RELEASE, RELEASE_NARROWED)),
        Managed("OwnCredentials", "Everyone looks after their own credentials", (OWN_CREDENTIALS,)),
        Managed("EngineeringBoundary", "What engineers can never exceed", (GUARD_RAIL,), "/guard/"),
        Managed(
            "OrdersOperator",
            "Run the order pipeline",
            (
                document(allow("sqs:*", on="arn:aws:sqs:*:*:orders-*"), allow("dynamodb:Query")),
                document(
                    allow("sqs:SendMessage", "sqs:ReceiveMessage", on="arn:aws:sqs:*:*:orders-*"),
                    allow(
                        "dynamodb:Query", "dynamodb:GetItem", on="arn:aws:dynamodb:*:*:table/orders"
                    ),
                ),
                document(
                    allow("sqs:SendMessage", "sqs:ReceiveMessage", on="arn:aws:sqs:*:*:orders-*"),
                    allow(
                        "dynamodb:Query", "dynamodb:GetItem", on="arn:aws:dynamodb:*:*:table/orders"
                    ),
                    deny("sqs:PurgeQueue"),
                ),
            ),
        ),
    ),
    groups=(
        Group("Administrators", (aws_managed("AdministratorAccess"),)),
        Group(
            "Engineers",
            (aws_managed("IAMReadOnlyAccess"), "OwnCredentials", "ReleasePublisher"),
            {
                "assume-deployer": document(
                    allow("sts:AssumeRole", on=f"arn:aws:iam::{PRODUCTION}:role/deploy/*")
                )
            },
        ),
        Group("Analysts", ("OwnCredentials", "CatalogueReadOnly")),
        Group(
            "Auditors",
            (aws_managed("SecurityAudit"),),
            {"office-only": document(deny("*", Condition={"NotIpAddress": OFFICE}))},
        ),
        Group("Support", ("OwnCredentials", "OrdersOperator")),
    ),
    roles=(
        Role(
            "ShopDeployer",
            trusts({"AWS": f"arn:aws:iam::{PRODUCTION}:root"}, Condition=WITH_MFA),
            "Deploys the shop; needs MFA",
            ("ReleasePublisher",),
            path="/deploy/",
            hours=2,
            tags={"team": "shop"},
        ),
        Role(
            "PipelineDeployer",
            trusts({"AWS": f"arn:aws:iam::{STAGING}:root"}, "sts:AssumeRole", "sts:TagSession"),
            "The staging account's pipeline ships from here",
            ("ReleasePublisher",),
            path="/deploy/",
        ),
        Role(
            "OrdersFunction",
            trusts({"Service": "lambda.amazonaws.com"}),
            "Takes orders from the queue",
            ("OrdersOperator",),
            path="/service/",
        ),
        Role(
            "WarehouseTask",
            trusts({"Service": "ecs-tasks.amazonaws.com"}),
            "Warehouse containers",
            ("CatalogueReadOnly",),
            {"pick-lists": document(allow("s3:PutObject", on="arn:aws:s3:::nw-warehouse/picks/*"))},
            "/service/",
        ),
        Role(
            "BillingReader",
            trusts({"AWS": f"arn:aws:iam::{PRODUCTION}:root"}),
            "Reads invoices",
            (),
            {"invoices": document(allow("s3:GetObject", on="arn:aws:s3:::nw-invoices/*"))},
        ),
        Role(
            "PartnerIntegration",
            trusts(
                {"AWS": f"arn:aws:iam::{PARTNER}:root"},
                Condition={"StringEquals": {"sts:ExternalId": "nw-7731"}},
            ),
            "Contoso Logistics fetches shipments; external id required",
            (),
            {"shipments": document(allow("s3:GetObject", on="arn:aws:s3:::nw-shipments/*"))},
            tags={"partner": "contoso"},
        ),
        Role(
            "BreakGlass",
            trusts({"AWS": f"arn:aws:iam::{PRODUCTION}:root"}, Condition=WITH_MFA),
            "Emergencies only; every use is reviewed",
            (aws_managed("AdministratorAccess"),),
        ),
        Role(
            "SecurityScanner",
            trusts({"AWS": f"arn:aws:iam::{PRODUCTION}:root"}),
            "Nightly posture scan",
            (aws_managed("SecurityAudit"), aws_managed("job-function/ViewOnlyAccess")),
            path="/service/",
            hours=6,
        ),
        Role(
            "DataExport",
            trusts({"Service": "glue.amazonaws.com"}),
            "Exports sales to the lake",
            ("CatalogueReadOnly",),
            path="/service/",
        ),
    ),
    users=(
        User(
            "amara.okafor",
            ("Administrators",),
            has_key=True,
            path="/admin/",
            tags={"team": "platform"},
        ),
        User(
            "jonas.weber", ("Administrators",), mfa=True, path="/admin/", tags={"team": "platform"}
        ),
        *_people(
            "priya.nair tomas.silva mei.chen", "Engineers", "shop", "tomas.silva", has_key=True
        ),
        *_people("lena.fischer sam.oduya", "Engineers", "warehouse", has_key=True),
        User(
            "contractor.ruiz",
            ("Engineers",),
            has_key=True,
            tags={"team": "shop", "until": "2027-03-31"},
            boundary="EngineeringBoundary",
        ),
        *_people("nora.lind kofi.mensah iris.blom", "Analysts", "insight", "nora.lind iris.blom"),
        *_people("omar.haddad", "Auditors", "risk", "omar.haddad"),
        *_people("ella.moreau hugo.berg yuki.tanaka zoe.adams", "Support", "care"),
        User("ci-shop", console=False, has_key=True, path="/apps/", tags={"team": "shop"}),
        User(
            "ci-warehouse", console=False, has_key=True, path="/apps/", tags={"team": "warehouse"}
        ),
        User("backup-agent", console=False, has_key=True, path="/apps/"),
        User("metrics-exporter", console=False, has_key=True, path="/apps/"),
        User(
            "legacy-ftp-bridge", console=False, has_key=True, path="/apps/", tags={"retire": "yes"}
        ),
        User("orders-import", console=False, has_key=True, path="/apps/", tags={"team": "care"}),
        *_people("ravi.kumar", "Engineers", "platform", has_key=True),
        User("former.intern", console=False),
    ),
)

STAGING_ACCOUNT = Organisation(
    id=STAGING,
    name="Northwind Staging",
    alias="northwind-staging",
    email=f"staging@{DOMAIN}",
    policies=(
        Managed("SandboxAccess", "Anything in the sandbox", (document(allow("s3:*", "sqs:*")),)),
    ),
    groups=(
        Group("Developers", ("SandboxAccess", aws_managed("IAMReadOnlyAccess"))),
        Group("Leads", (aws_managed("PowerUserAccess"),)),
        Group(
            "Pipelines",
            inline={
                "ship": document(
                    allow("sts:AssumeRole", on=f"arn:aws:iam::{PRODUCTION}:role/deploy/*")
                )
            },
        ),
    ),
    roles=(
        Role("Preview", trusts({"Service": "ecs-tasks.amazonaws.com"}), "Preview environments"),
        Role(
            "LoadTest",
            trusts({"AWS": f"arn:aws:iam::{STAGING}:root"}),
            "Load tests",
            ("SandboxAccess",),
            hours=12,
        ),
        Role(
            "ProductionReader",
            trusts({"AWS": f"arn:aws:iam::{PRODUCTION}:root"}),
            "Production engineers look at staging",
            (aws_managed("job-function/ViewOnlyAccess"),),
        ),
        Role(
            "Seeder",
            trusts({"Service": "lambda.amazonaws.com"}),
            "Seeds test data",
            ("SandboxAccess",),
        ),
    ),
    users=(
        *_people("priya.nair tomas.silva mei.chen lena.fischer sam.oduya", "Developers", "shop"),
        *_people("amara.okafor jonas.weber", "Leads", "platform"),
        User("pipeline", ("Pipelines",), console=False, has_key=True, path="/apps/"),
        User("load-generator", console=False, has_key=True, path="/apps/"),
    ),
)

PARTNER_ACCOUNT = Organisation(
    id=PARTNER,
    name="Contoso Logistics",
    alias="contoso-logistics",
    email="it@contoso.example",
    policies=(
        Managed(
            "FetchShipments",
            "Act in Northwind's integration role",
            (
                document(
                    allow("sts:AssumeRole", on=f"arn:aws:iam::{PRODUCTION}:role/PartnerIntegration")
                ),
            ),
        ),
    ),
    groups=(Group("Dispatch", ("FetchShipments",)),),
    roles=(
        Role("Courier", trusts({"Service": "lambda.amazonaws.com"}), "Courier feed"),
        Role("Archive", trusts({"AWS": f"arn:aws:iam::{PARTNER}:root"}), "Archives manifests"),
    ),
    users=(
        *_people("greta.olsen pavel.novak ana.costa", "Dispatch", "dispatch"),
        User("shipment-fetcher", ("Dispatch",), console=False, has_key=True),
        User("manifest-bot", console=False, has_key=True),
        User("milan.kovac", tags={"team": "it"}),
        User("sofia.rossi", ("Dispatch",)),
    ),
)

SECURITY_ACCOUNT = Organisation(
    id=SECURITY,
    name="Northwind Security",
    alias="northwind-security",
    email=f"security@{DOMAIN}",
    policies=(),
    groups=(Group("Auditors", (aws_managed("SecurityAudit"),)),),
    roles=(),
    users=_people("omar.haddad jonas.weber", "Auditors", "risk", "omar.haddad jonas.weber"),
)

SANDBOX_ACCOUNT = Organisation(
    id=SANDBOX,
    name="Northwind Sandbox",
    alias="northwind-sandbox",
    email=f"sandbox@{DOMAIN}",
    policies=(),
    groups=(Group("Everybody", (aws_managed("PowerUserAccess"),)),),
    roles=(),
    users=_people("priya.nair mei.chen lena.fischer", "Everybody", "shop"),
)

ORGANISATIONS = (
    PRODUCTION_ACCOUNT,
    STAGING_ACCOUNT,
    SECURITY_ACCOUNT,
    SANDBOX_ACCOUNT,
    PARTNER_ACCOUNT,
)
