"""Service last accessed data: who tried which service and action, when, from which region."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from accounts import tenancy
from accounts.models import Account
from iamsite.operations import OperationError, perform
from iamsite.operations.last_access import TRACKED_FOR
from identities.models import LastAccess
from policies.operations import access_reports
from tests.cast import Acme, Actor, Evil, allow, deny, origin, service, trust
from tests.identities.operations.refusal import denied, missing, refusal
from tests.portal import Portal


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


def generate(actor: Actor, arn: str, level: str | None = None) -> str:
    more = {} if level is None else {"Granularity": level}
    return str(actor.perform("GenerateServiceLastAccessedDetails", Arn=arn, **more)["JobId"])


def services(actor: Actor, arn: str, level: str | None = None) -> dict[str, dict[str, Any]]:
    """Every service of a new report on `arn`, by namespace."""
    job, found, marker = generate(actor, arn, level), {}, {}
    while True:
        page = actor.perform("GetServiceLastAccessedDetails", JobId=job, **marker)
        found |= {one["ServiceNamespace"]: one for one in page["ServicesLastAccessed"]}
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def entities(actor: Actor, arn: str, service: str, **params: Any) -> list[tuple[str, bool]]:
    output = actor.perform(
        "GetServiceLastAccessedDetailsWithEntities",
        JobId=generate(actor, arn),
        ServiceNamespace=service,
        **params,
    )
    return [
        (one["EntityInfo"]["Name"], "LastAuthenticated" in one)
        for one in output["EntityDetailsList"]
    ]


def at(actor: Actor, now: datetime, operation: str, region: str = "us-east-1") -> None:
    """Performs an operation at another time."""
    perform(actor.credential, operation, {}, origin(region=region), now)


def test_a_users_report_has_every_service_that_its_policies_grant(acme: Acme) -> None:
    dora = acme.user("dora", allow("s3:GetObject", "iam:GetUser"), deny("sqs:*"), allow("sqs:*"))
    acme.root.perform("AddUserToGroup", GroupName="Developers", UserName="dora")
    found = services(acme.alice, dora.arn)
    assert list(found) == ["iam", "s3", "sts"]
    assert found["s3"] == {
        "ServiceName": "Amazon S3",
        "ServiceNamespace": "s3",
        "TotalAuthenticatedEntities": 0,
    }


def test_only_permission_policies_say_what_is_granted(acme: Acme) -> None:
    bounded = acme.user("bounded", allow("ec2:*"))
    boundary = acme.root.perform("CreatePolicy", PolicyName="bounds", PolicyDocument=allow("s3:*"))[
        "Policy"
    ]["Arn"]
    acme.root.perform(
        "PutUserPermissionsBoundary", UserName="bounded", PermissionsBoundary=boundary
    )
    assert list(services(acme.alice, bounded.arn)) == ["ec2"]


def test_an_attempt_counts_whether_it_was_allowed_or_denied(acme: Acme) -> None:
    erin = acme.user("erin", allow("iam:ListUsers", resource="*"))
    before = datetime.now(UTC)
    erin.perform("ListUsers")
    assert refusal(erin, "ListRoles")[0] == "AccessDenied"
    assert refusal(erin, "GetUser", UserName="x" * 129)[0] == "ValidationError"
    iam = services(acme.alice, erin.arn, "ACTION_LEVEL")["iam"]
    assert before <= iam["LastAuthenticated"] <= datetime.now(UTC)
    assert iam["LastAuthenticatedEntity"] == erin.arn
    assert iam["LastAuthenticatedRegion"] == "us-east-1"
    assert iam["TotalAuthenticatedEntities"] == 1
    # An action that is not granted is none of the report's, however often it was tried.
    (action,) = iam["TrackedActionsLastAccessed"]
    assert action["ActionName"] == "ListUsers"
    assert action["LastAccessedEntity"] == erin.arn
    assert action["LastAccessedRegion"] == "us-east-1"
    assert before <= action["LastAccessedTime"] <= iam["LastAuthenticated"]


def test_granted_actions_that_nobody_tried_are_there_by_name(acme: Acme) -> None:
    fred = acme.user("fred", allow("iam:*Alias*", "iam:PassRole"), allow("s3:*"))
    fred.perform("ListAccountAliases")
    found = services(acme.alice, fred.arn, "ACTION_LEVEL")
    assert [
        (one["ActionName"], "LastAccessedTime" in one)
        for one in found["iam"]["TrackedActionsLastAccessed"]
    ] == [
        ("CreateAccountAlias", False),
        ("DeleteAccountAlias", False),
        ("ListAccountAliases", True),
    ]
    assert "TrackedActionsLastAccessed" not in found["s3"]
    assert "TrackedActionsLastAccessed" not in services(acme.alice, fred.arn)["iam"]


def test_the_region_is_that_of_the_last_attempt(acme: Acme) -> None:
    gina = acme.user("gina", allow("sts:*", "iam:*"))
    now = datetime.now(UTC)
    at(gina, now - timedelta(minutes=2), "GetCallerIdentity", "eu-west-1")
    at(gina, now - timedelta(minutes=1), "GetCallerIdentity", "eu-central-1")
    at(gina, now - timedelta(minutes=3), "GetCallerIdentity", "us-west-2")
    at(gina, now, "ListAccountAliases", "eu-west-1")
    found = services(acme.alice, gina.arn)
    assert found["sts"]["LastAuthenticatedRegion"] == "eu-central-1"
    assert found["sts"]["LastAuthenticated"] == now - timedelta(minutes=1)
    assert found["iam"]["LastAuthenticatedRegion"] == "us-east-1"  # there is no other


def test_what_is_older_than_the_tracking_period_is_not_reported(acme: Acme) -> None:
    hugo = acme.user("hugo", allow("sts:*", "iam:*"))
    at(hugo, datetime.now(UTC) - TRACKED_FOR - timedelta(hours=1), "GetCallerIdentity")
    at(hugo, datetime.now(UTC) - TRACKED_FOR + timedelta(hours=1), "ListAccountAliases")
    found = services(acme.alice, hugo.arn)
    assert found["sts"]["TotalAuthenticatedEntities"] == 0
    assert found["iam"]["TotalAuthenticatedEntities"] == 1


def test_a_groups_report_names_the_member_that_tried_last(acme: Acme) -> None:
    acme.root.perform("CreateGroup", GroupName="Staff")
    acme.root.perform(
        "PutGroupPolicy", GroupName="Staff", PolicyName="p", PolicyDocument=allow("iam:*", "s3:*")
    )
    members = [acme.user(f"staff-{number}", allow("sts:*")) for number in range(3)]
    for member in members:
        acme.root.perform("AddUserToGroup", GroupName="Staff", UserName=member.name)
    for member in (members[2], members[0]):
        member.perform("ListAccountAliases")
    arn = acme.arn("group/Staff")
    found = services(acme.alice, arn)
    assert list(found) == ["iam", "s3"]
    assert found["iam"]["LastAuthenticatedEntity"] == members[0].arn
    assert found["iam"]["TotalAuthenticatedEntities"] == 2
    listed = entities(acme.alice, arn, "iam")
    assert listed == [("staff-0", True), ("staff-2", True), ("staff-1", False)]
    assert [used for _, used in entities(acme.alice, arn, "s3")] == [False] * 3


def test_a_policys_report_is_about_whoever_holds_it(acme: Acme) -> None:
    arn = acme.root.perform(
        "CreatePolicy", PolicyName="reading", PolicyDocument=allow("iam:List*")
    )["Policy"]["Arn"]
    acme.root.perform("CreateGroup", GroupName="Readers")
    acme.root.perform("AttachGroupPolicy", GroupName="Readers", PolicyArn=arn)
    ida, ivan = acme.user("ida"), acme.user("ivan")
    role = acme.role("Reader", trust(acme.arn("root")), allow("sts:GetCallerIdentity"))
    acme.root.perform("AddUserToGroup", GroupName="Readers", UserName="ida")
    acme.root.perform("AttachUserPolicy", UserName="ivan", PolicyArn=arn)
    acme.root.perform("AttachRolePolicy", RoleName="Reader", PolicyArn=arn)
    ida.perform("ListUsers")
    acme.assume(acme.alice, role).perform("ListUsers")
    found = services(acme.alice, arn)
    assert list(found) == ["iam"]
    assert found["iam"]["LastAuthenticatedEntity"] == role
    assert found["iam"]["TotalAuthenticatedEntities"] == 2
    assert entities(acme.alice, arn, "iam") == [("Reader", True), ("ida", True), ("ivan", False)]
    # Of an AWS managed policy as well.
    read = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    assert services(acme.alice, read)["iam"]["TotalAuthenticatedEntities"] == 0
    acme.root.perform("AttachUserPolicy", UserName="ida", PolicyArn=read)
    assert services(acme.alice, read)["iam"]["LastAuthenticatedEntity"] == ida.arn
    assert ivan.arn not in str(services(acme.alice, read))


def test_entities_are_paged_by_their_last_access(acme: Acme) -> None:
    acme.root.perform("CreateGroup", GroupName="Many")
    acme.root.perform(
        "PutGroupPolicy", GroupName="Many", PolicyName="p", PolicyDocument=allow("iam:*")
    )
    for number in range(5):
        member = acme.user(f"many-{number}")
        acme.root.perform("AddUserToGroup", GroupName="Many", UserName=member.name)
        if number < 3:
            member.perform("ListAccountAliases")
    asked = {"JobId": generate(acme.alice, acme.arn("group/Many")), "ServiceNamespace": "iam"}
    names, marker = [], {}
    for _ in range(3):
        page = acme.alice.perform(
            "GetServiceLastAccessedDetailsWithEntities", **asked, MaxItems=2, **marker
        )
        names += [one["EntityInfo"]["Name"] for one in page["EntityDetailsList"]]
        marker = {"Marker": page.get("Marker")}
    assert names[:3] == ["many-2", "many-1", "many-0"]
    assert sorted(names[3:]) == ["many-3", "many-4"]
    assert page["IsTruncated"] is False


def test_what_an_application_asks_about_a_user_is_the_users_access(acme: Acme) -> None:
    acme.root.perform(
        "RegisterService",
        ServicePrefix="invoices",
        ServiceName="Invoices",
        ServicePrincipal="invoices.acme.example",
        Actions=[{"ActionName": "PayInvoice"}, {"ActionName": "ReadInvoice"}],
    )
    jane = acme.user("jane", allow("invoices:*", "s3:*", "sqs:*"))
    app = acme.user("app", allow("portal:Authorize"))

    def ask(action: str, **more: Any) -> None:
        asked = {"PrincipalArn": jane.arn, "ActionName": action}
        app.perform("Authorize", **asked, **more)

    region = {"ContextKeyName": "aws:RequestedRegion", "ContextKeyType": "string"}
    ask("invoices:payinvoice")
    ask("invoices:SomethingElse")
    ask("s3:GetObject", ContextEntries=[{**region, "ContextKeyValues": ["eu-north-1"]}])
    ask("nobody:Knows")
    found = services(acme.alice, jane.arn, "ACTION_LEVEL")
    assert list(found) == ["invoices", "s3", "sqs"]
    invoices = found["invoices"]
    assert (invoices["ServiceName"], invoices["LastAuthenticatedEntity"]) == ("Invoices", jane.arn)
    assert [
        (one["ActionName"], "LastAccessedTime" in one)
        for one in invoices["TrackedActionsLastAccessed"]
    ] == [("PayInvoice", True), ("ReadInvoice", False)]
    assert found["s3"]["LastAuthenticatedRegion"] == "eu-north-1"
    assert found["sqs"]["TotalAuthenticatedEntities"] == 0
    # The application itself used the portal.
    assert list(services(acme.alice, app.arn)) == ["portal"]
    assert services(acme.alice, app.arn)["portal"]["LastAuthenticatedEntity"] == app.arn
    # Who may not ask about her leaves no trace on her.
    refused = acme.user("other-app", allow("portal:Authorize", resource=acme.arn("user/bob")))
    asked = {"PrincipalArn": jane.arn, "ActionName": "sqs:SendMessage"}
    assert refusal(refused, "Authorize", **asked) == denied(refused, "portal:Authorize", jane.arn)
    assert services(acme.alice, jane.arn)["sqs"]["TotalAuthenticatedEntities"] == 0


def test_passing_a_role_is_not_tracked(acme: Acme) -> None:
    kim = acme.user("kim", allow("iam:*"), allow("ec2:*"))
    acme.role("Worker", trust({"Service": "ec2.amazonaws.com"}))
    kim.perform("CreateInstanceProfile", InstanceProfileName="machines")
    kim.perform("AddRoleToInstanceProfile", InstanceProfileName="machines", RoleName="Worker")
    actions = services(acme.alice, kim.arn, "ACTION_LEVEL")["iam"]["TrackedActionsLastAccessed"]
    assert "PassRole" not in [one["ActionName"] for one in actions]


def test_a_report_keeps_what_it_said(acme: Acme) -> None:
    leo = acme.user("leo", allow("iam:*"))
    job = generate(acme.alice, leo.arn)
    leo.perform("ListAccountAliases")
    generate(acme.alice, leo.arn)
    report = acme.alice.perform("GetServiceLastAccessedDetails", JobId=job)
    assert report["JobStatus"] == "COMPLETED"
    assert report["JobType"] == "SERVICE_LEVEL"
    assert report["JobCompletionDate"] == report["JobCreationDate"]
    assert report["ServicesLastAccessed"][0]["TotalAuthenticatedEntities"] == 0


READ = "GetServiceLastAccessedDetails"


def not_found(job: str) -> tuple[str, int, str]:
    return missing(f"The report with job id {job} cannot be found.")


def test_a_report_is_for_who_made_it(acme: Acme) -> None:
    job = generate(acme.alice, acme.bob.arn)
    assert refusal(acme.bob, READ, JobId=job) == not_found(job)
    assert refusal(acme.root, READ, JobId=job) == not_found(job)
    # A session of a role is not another session of it, even under one name.
    role = acme.role("Auditor", trust(acme.arn("root")), allow("iam:*"))
    first = acme.assume(acme.alice, role, "audit")
    second = acme.assume(acme.alice, role, "audit")
    job = generate(first, acme.bob.arn)
    assert first.perform(READ, JobId=job)["JobStatus"] == "COMPLETED"
    assert refusal(second, READ, JobId=job) == not_found(job)


def test_a_report_is_kept_for_four_hours(acme: Acme) -> None:
    job, now = generate(acme.alice, acme.bob.arn), datetime.now(UTC)
    for minutes in (239, 241):
        late = now + timedelta(minutes=minutes)
        asked = (acme.alice.credential, READ, {"JobId": job}, origin(), late)
        if minutes < 240:
            assert perform(*asked)["JobStatus"] == "COMPLETED"
        else:
            with pytest.raises(OperationError) as caught:
                perform(*asked)
            assert caught.value.code == "NoSuchEntity"


def test_of_one_principals_reports_the_oldest_makes_room(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_reports, "MOST", 3)
    oldest, *others = [generate(acme.root, acme.bob.arn) for _ in range(4)]
    assert refusal(acme.root, READ, JobId=oldest) == not_found(oldest)
    assert [acme.root.perform(READ, JobId=job)["JobStatus"] for job in others] == ["COMPLETED"] * 3


def test_what_is_not_there_has_no_report(acme: Acme, evil: Evil) -> None:
    make = "GenerateServiceLastAccessedDetails"
    nobody = missing("The user with name nobody cannot be found.")
    assert refusal(acme.alice, make, Arn=acme.arn("user/nobody")) == nobody
    assert refusal(acme.alice, make, Arn=evil.mallory.arn)[0] == "AccessDenied"
    policy_arn = acme.arn("policy/nothing")
    nothing = missing(f"Policy {policy_arn} was not found.")
    assert refusal(acme.alice, make, Arn=policy_arn) == nothing
    other = "arn:aws:s3:::some-bucket/with/a/key"
    assert refusal(acme.alice, make, Arn=other)[0] == "InvalidInput"
    job = generate(acme.alice, acme.bob.arn)
    asked = {"JobId": job, "ServiceNamespace": "nothing"}
    assert refusal(acme.alice, "GetServiceLastAccessedDetailsWithEntities", **asked) == missing(
        f"The report with job id {job} has no service with namespace nothing."
    )
    assert refusal(acme.alice, READ, JobId="x" * 36) == not_found("x" * 36)


def test_a_report_asks_for_permission_on_what_it_is_about(acme: Acme) -> None:
    make = "GenerateServiceLastAccessedDetails"
    mia = acme.user("mia", allow(f"iam:{make}", resource=acme.bob.arn))
    job = generate(mia, acme.bob.arn)
    refused = denied(mia, f"iam:{make}", acme.carol.arn)
    assert refusal(mia, make, Arn=acme.carol.arn) == refused
    assert refusal(mia, READ, JobId=job) == denied(mia, f"iam:{READ}", "*")


def test_a_report_neither_locks_nor_changes_its_account(acme: Acme) -> None:
    def revision() -> int:
        with transaction.atomic():
            tenancy.enter(acme.id)
            return int(Account.objects.get(id=acme.id).revision)

    before = revision()
    generate(acme.alice, acme.bob.arn)
    assert revision() == before


def test_a_service_itself_leaves_no_trace() -> None:
    acme = Acme()
    app = service(acme, "ledger")
    noor = acme.user("noor", allow("s3:*"))
    app.perform("GetCallerIdentity")
    services(acme.alice, noor.arn)  # writes what was noted
    with transaction.atomic():
        tenancy.enter(acme.id)
        rows = LastAccess.objects.of(acme.id)
        assert {row.principal_id[:4] for row in rows} == {"AIDA"}
        assert not rows.filter(service="sts").exists()


def test_a_client_reads_reports_and_messages_over_http(acme: Acme, portal: Portal) -> None:
    iam, sts = (acme.alice.client(service, portal.url) for service in ("iam", "sts"))
    job = iam.generate_service_last_accessed_details(Arn=acme.bob.arn, Granularity="ACTION_LEVEL")
    report = iam.get_service_last_accessed_details(JobId=job["JobId"])
    assert (report["JobStatus"], report["JobType"]) == ("COMPLETED", "ACTION_LEVEL")
    assert [one["ServiceNamespace"] for one in report["ServicesLastAccessed"]] == [
        "iam",
        "s3",
        "sts",
    ]
    asked = {"JobId": job["JobId"], "ServiceNamespace": "s3"}
    (entity,) = iam.get_service_last_accessed_details_with_entities(**asked)["EntityDetailsList"]
    assert entity["EntityInfo"]["Arn"] == acme.bob.arn
    refused = acme.carol.perform("Authorize", ActionName="s3:GetObject")["EncodedMessage"]
    told = sts.decode_authorization_message(EncodedMessage=refused)["DecodedMessage"]
    assert json.loads(told)["context"]["action"] == "s3:GetObject"
