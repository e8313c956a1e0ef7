"""Last accessed data of an organization's accounts, and of its service control policies."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction

from accounts import tenancy
from tests.accounts.organizations.cast import RCP, SCP, Member, Organization
from tests.cast import Acme, Actor, Evil, allow, deny
from tests.identities.operations.refusal import denied, missing, refusal

MAKE, READ = "GenerateOrganizationsAccessReport", "GetOrganizationsAccessReport"


class World:
    """Acme's organization: two members in a unit, one of which has used sts, and a third outside."""

    def __init__(self) -> None:
        self.acme = Acme()
        self.organization = Organization(self.acme)
        self.unit = self.organization.unit("Ships")
        self.first = self.organization.member("first", self.unit)
        self.second = self.organization.member("second", self.unit)
        self.outside = self.organization.member("outside")
        self.limit = self.organization.limit(self.unit, deny("sqs:*", "sns:Publish"))
        self.first.alice.perform("GetCallerIdentity")
        self.outside.alice.perform("ListAccountAliases")
        self.acme.alice.perform("ListAccountAliases")

    def path(self, *nodes: str) -> str:
        return "/".join((self.organization.id, self.organization.root, *nodes))

    def report(self, *nodes: str, policy: str | None = None, **params: Any) -> dict[str, Any]:
        more = {} if policy is None else {"OrganizationsPolicyId": policy}
        made = self.acme.alice.perform(MAKE, EntityPath=self.path(*nodes), **more)
        return self.acme.alice.perform(READ, JobId=made["JobId"], MaxItems=1000, **params)


@pytest.fixture(scope="module")
def world(database: None) -> World:
    return World()


def used(report: dict[str, Any]) -> dict[str, tuple[str, int]]:
    """The services that were accessed: from which account last, and from how many."""
    return {
        one["ServiceNamespace"]: (
            one["EntityPath"].rpartition("/")[2],
            one["TotalAuthenticatedEntities"],
        )
        for one in report["AccessDetails"]
        if "LastAuthenticatedTime" in one
    }


def namespaces(report: dict[str, Any]) -> set[str]:
    return {one["ServiceNamespace"] for one in report["AccessDetails"]}


def test_the_roots_report_has_every_account_but_the_management_account(world: World) -> None:
    report = world.report()
    assert used(report) == {"sts": (world.first.id, 1), "iam": (world.outside.id, 1)}
    assert {"sqs", "sns", "s3"} <= namespaces(report)
    assert report["NumberOfServicesAccessible"] == len(report["AccessDetails"])
    assert report["NumberOfServicesNotAccessed"] == len(report["AccessDetails"]) - 2
    assert report["JobStatus"] == "COMPLETED"


def test_a_units_report_has_what_its_policies_let_its_accounts(world: World) -> None:
    report = world.report(world.unit)
    assert used(report) == {"sts": (world.first.id, 1)}
    assert "sqs" not in namespaces(report)
    assert "sns" in namespaces(report)  # all but one action
    (sts,) = [one for one in report["AccessDetails"] if one["ServiceNamespace"] == "sts"]
    assert sts["EntityPath"] == world.path(world.unit, world.first.id)
    assert sts["ServiceName"] == "AWS Security Token Service"
    assert sts["Region"] == "us-east-1"


def test_the_last_of_several_accounts_is_named(world: World) -> None:
    world.second.alice.perform("GetCallerIdentity")
    assert used(world.report(world.unit))["sts"] == (world.second.id, 2)


def test_an_accounts_report_is_about_that_account(world: World) -> None:
    report = world.report(world.unit, world.second.id)
    assert used(report).get("sts", (world.second.id, 1)) == (world.second.id, 1)
    assert "sqs" not in namespaces(report)
    assert used(world.report(world.outside.id)) == {"iam": (world.outside.id, 1)}


def test_the_management_accounts_report_has_every_service(world: World) -> None:
    report = world.report(world.acme.id, policy=world.limit)
    assert {"sqs", "portal"} <= namespaces(report)
    assert used(report)["iam"] == (world.acme.id, 1)


def test_a_policys_report_has_what_it_allows_and_whom_it_reaches(world: World) -> None:
    policy = world.organization.policy("only-sts", allow("sts:*"))
    assert used(world.report(policy=policy)) == {}
    assert namespaces(world.report(policy=policy)) == {"sts"}
    world.organization.attach(policy, world.second.id)
    world.second.alice.perform("GetCallerIdentity")
    assert used(world.report(policy=policy)) == {"sts": (world.second.id, 1)}
    assert used(world.report(world.unit, policy=policy)) == {"sts": (world.second.id, 1)}
    assert used(world.report(world.outside.id, policy=policy)) == {}
    # Attached above the entity, it is none of the entity's.
    assert used(world.report(world.unit, world.first.id, policy="p-FullAWSAccess"))["sts"] == (
        world.first.id,
        1,
    )


@pytest.mark.parametrize("key", ["SERVICE_NAMESPACE", "LAST_AUTHENTICATED_TIME"])
def test_reports_are_sorted_as_asked(world: World, key: str) -> None:
    member = {"SERVICE_NAMESPACE": "ServiceNamespace"}.get(key, "LastAuthenticatedTime")
    rising = world.report(SortKey=f"{key}_ASCENDING")["AccessDetails"]
    falling = world.report(SortKey=f"{key}_DESCENDING")["AccessDetails"]
    values = [one[member] for one in falling if member in one]
    assert values == sorted(values, reverse=True)
    assert [one[member] for one in rising if member in one] == values[::-1]
    assert member in falling[0]


def test_a_report_is_paged(world: World) -> None:
    job = world.acme.alice.perform(MAKE, EntityPath=world.path())["JobId"]
    whole = world.acme.alice.perform(READ, JobId=job, MaxItems=1000)["AccessDetails"]
    found, marker = [], {}
    while True:
        page = world.acme.alice.perform(READ, JobId=job, MaxItems=200, **marker)
        found += page["AccessDetails"]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert found == whole


class TestRefusals:
    def test_only_the_management_account_may_ask(self, world: World, evil: Evil) -> None:
        path = world.path(world.unit)
        assert refusal(world.first.alice, MAKE, EntityPath=path)[0] == (
            "CallerIsNotManagementAccountException"
        )
        assert refusal(evil.mallory, MAKE, EntityPath=path)[0] == "OrganizationNotFoundException"

    def test_a_path_must_lead_to_a_node(self, world: World) -> None:
        alice = world.acme.alice
        wrong = [
            world.path("ou-abcd-abcdefgh"),
            world.path(world.first.id),  # which is in the unit
            f"{world.organization.id}/r-abcd",
        ]
        for path in wrong:
            assert refusal(alice, MAKE, EntityPath=path) == missing(
                f"The organization has no entity with path {path}."
            )

    def test_a_policy_must_be_a_service_control_policy(self, world: World) -> None:
        asked = {"EntityPath": world.path(), "OrganizationsPolicyId": "p-RCPFullAWSAccess"}
        assert refusal(world.acme.alice, MAKE, **asked) == missing(
            "The service control policy with id p-RCPFullAWSAccess cannot be found."
        )

    def test_service_control_policies_must_be_enabled(self) -> None:
        acme = Acme()
        organization = Organization(acme, RCP)
        path = f"{organization.id}/{organization.root}"
        assert refusal(acme.alice, MAKE, EntityPath=path)[0] == "PolicyTypeNotEnabledException"
        organization.do("EnablePolicyType", RootId=organization.root, PolicyType=SCP)
        assert acme.alice.perform(MAKE, EntityPath=path)["JobId"]

    def test_a_report_is_for_who_made_it(self, world: World) -> None:
        job = world.acme.alice.perform(MAKE, EntityPath=world.path())["JobId"]
        not_found = missing(f"The report with job id {job} cannot be found.")
        assert refusal(world.acme.root, READ, JobId=job) == not_found
        # Reports of the two families are not each other's.
        assert refusal(world.acme.alice, "GetServiceLastAccessedDetails", JobId=job) == not_found

    def test_a_report_asks_for_what_it_reads(self, world: World) -> None:
        acme, path = world.acme, world.path(world.unit)
        arn = acme.arn(f"access-report/{path}")
        nina = acme.user("nina", allow(f"iam:{MAKE}", resource=arn))
        wanted = denied(nina, "organizations:ListRoots", "*")
        assert refusal(nina, MAKE, EntityPath=path) == wanted
        assert refusal(nina, MAKE, EntityPath=world.path()) == denied(
            nina, f"iam:{MAKE}", acme.arn(f"access-report/{world.path()}")
        )
        grant(acme, nina, "organizations:List*", f"iam:{READ}")
        job = nina.perform(MAKE, EntityPath=path)["JobId"]
        assert nina.perform(READ, JobId=job)["JobStatus"] == "COMPLETED"
        named = {"EntityPath": path, "OrganizationsPolicyId": world.limit}
        policy_arn = world.organization.policy_arn(world.limit)
        assert refusal(nina, MAKE, **named) == denied(
            nina, "organizations:DescribePolicy", policy_arn
        )


def grant(account: Acme, actor: Actor, *actions: str) -> None:
    account.root.perform(
        "PutUserPolicy",
        UserName=actor.name,
        PolicyName="more",
        PolicyDocument=allow(*actions),
    )


def test_members_see_nothing_of_each_other_in_the_database(world: World) -> None:
    def seen(account: Member | Acme) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            tenancy.enter(account.id)
            wanted = [world.first.id, world.outside.id, world.acme.id]
            cursor.execute(
                "SELECT count(*) FROM iamsite_organization_access(%s, '2000-01-01')", [wanted]
            )
            return int(cursor.fetchone()[0])

    assert seen(world.first) == 0
    assert seen(world.acme) > 0
