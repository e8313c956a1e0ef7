"""The analyzer: what it finds, that each witness is true, and what becomes of findings."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connections

from tests.accounts.organizations.cast import Organization
from tests.cast import Acme, Actor, Evil, allow, policy, trust
from tests.identities.operations.refusal import denied, missing, refusal
from tests.policies.operations.test_resources import registered, sharing


def analyze(account: Acme, **params: Any) -> dict[str, Any]:
    return account.alice.perform("AnalyzeAccount", **params)["Analysis"]  # type: ignore[no-any-return]


def findings(account: Acme, **params: Any) -> list[dict[str, Any]]:
    analyze(account)
    return listed(account, **params)


def listed(account: Acme, **params: Any) -> list[dict[str, Any]]:
    return account.alice.perform("ListFindings", **params)["Findings"]  # type: ignore[no-any-return]


def about(account: Acme, arn: str, kind: str = "EXTERNAL_ACCESS") -> list[dict[str, Any]]:
    return findings(account, ResourceArn=arn, Kind=kind)


def told(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return sorted((one["Severity"], one["Message"]) for one in found)


def older(account: Acme, days: int) -> None:
    """As if everything in the account, and tracking itself, had begun so many days earlier."""
    with connections["owner"].cursor() as cursor:
        for table, columns in (
            ("identities_user", ("created_at", "password_last_used")),
            ("identities_role", ("created_at", "last_used_at")),
            ("identities_accesskey", ("created_at", "last_used_at")),
            ("identities_loginprofile", ("created_at", "changed_at")),
            ("identities_lastaccess", ("at",)),
        ):
            moved = ", ".join(f"{one} = {one} - make_interval(days => {days})" for one in columns)
            cursor.execute(f"UPDATE {table} SET {moved} WHERE account_id = %s", [account.id])


class TestExternalAccess:
    def test_a_role_that_trusts_another_account_is_found_with_a_request_that_succeeds(
        self, acme: Acme, evil: Evil
    ) -> None:
        arn = acme.role("Partner", trust(evil.arn("root")))
        (found,) = about(acme, arn)
        assert found["Message"] == f"role/Partner can be assumed by the account {evil.id}."
        assert (found["Severity"], found["Principal"]) == ("MEDIUM", evil.arn("root"))
        assert found["Witness"]["Action"] == "sts:AssumeRole"
        assert found["Witness"]["Resource"] == arn
        # And so it is.
        assert acme.assume(evil.mallory, arn).arn.startswith("arn:aws:sts")

    def test_whom_a_role_trusts_by_name_is_named(self, acme: Acme, evil: Evil) -> None:
        arn = acme.role("ForMallory", trust(evil.mallory.arn))
        (found,) = about(acme, arn)
        assert found["Principal"] == evil.mallory.arn
        assert found["Witness"]["Principal"] == evil.mallory.arn
        assert found["Message"].endswith(f"can be assumed by the account {evil.id}'s user/mallory.")

    def test_roles_of_the_account_and_of_services_are_not_external(self, acme: Acme) -> None:
        acme.role("Worker", trust({"Service": "ec2.amazonaws.com"}))
        acme.role("Own", trust(acme.bob.arn))
        assert findings(acme, Kind="EXTERNAL_ACCESS") == []

    def test_a_role_that_trusts_everyone_is_the_worst(self, acme: Acme) -> None:
        arn = acme.role("Open", trust("*"))
        (found,) = about(acme, arn)
        assert told([found]) == [("HIGH", "role/Open can be assumed by anyone.")]

    def test_conditions_that_the_caller_can_meet_are_met_by_the_witness(
        self, acme: Acme, evil: Evil
    ) -> None:
        condition = {"StringEquals": {"sts:ExternalId": "4711"}}
        arn = acme.role("WithId", trust(evil.arn("root"), Condition=condition))
        (found,) = about(acme, arn)
        context = {
            one["ContextKeyName"]: one["ContextKeyValues"] for one in found["Witness"]["Context"]
        }
        assert context["sts:ExternalId"] == ["4711"]
        assert context["aws:PrincipalAccount"] == [evil.id]
        assert found["Severity"] == "LOW"
        assert found["Message"].endswith(", under conditions.")

    def test_conditions_that_nobody_outside_can_meet_close_it(self, acme: Acme) -> None:
        condition = {"StringEquals": {"aws:PrincipalAccount": acme.id}}
        arn = acme.role("Kept", trust("*", Condition=condition))
        assert about(acme, arn) == []

    def test_a_deny_closes_what_an_allow_opens(self, acme: Acme, evil: Evil) -> None:
        document = policy(
            {"Effect": "Allow", "Principal": {"AWS": evil.arn("root")}, "Action": "sts:AssumeRole"},
            {"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
        )
        arn = acme.role("Closed", document)
        assert about(acme, arn) == []

    def test_an_open_resource_is_found_and_its_closing_resolves_it(
        self, acme: Acme, evil: Evil
    ) -> None:
        arn = registered(acme)
        document = sharing(arn, "*", "s3:GetObject")
        acme.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)
        (found,) = about(acme, arn)
        assert (found["Severity"], found["Witness"]["Principal"]) == ("HIGH", "*")
        # Whoever asks is let in, as the witness says.
        asked = {"ActionName": found["Witness"]["Action"], "ResourceArn": arn}
        assert evil.mallory.perform("Authorize", **asked)["Decision"] == "allowed"
        acme.root.perform("DeleteResourcePolicy", ResourceArn=arn)
        assert about(acme, arn) == []
        gone = acme.alice.perform("GetFinding", FindingId=found["FindingId"])["Finding"]
        assert gone["Status"] == "RESOLVED"

    def test_the_organization_is_outside_the_account_but_nearer(self, acme: Acme) -> None:
        organization = Organization(acme)
        member = organization.member()
        near = acme.role("Near", trust(member.arn("root")))
        assert told(about(acme, near))[0][0] == "LOW"
        only = {"StringEquals": {"aws:PrincipalOrgID": organization.id}}
        whole = acme.role("Whole", trust("*", Condition=only))
        assert told(about(acme, whole)) == [
            (
                "LOW",
                "role/Whole can be assumed by every account of the organization, under conditions.",
            )
        ]
        foreign = {"StringEquals": {"aws:PrincipalOrgID": "o-0000000000"}}
        assert about(acme, acme.role("Foreign", trust("*", Condition=foreign))) == []


class TestUnusedAccess:
    def test_whoever_and_whatever_was_not_used_is_found_once_it_is_old_enough(
        self, acme: Acme
    ) -> None:
        acme.root.perform("CreateLoginProfile", UserName="bob", Password="Correct horse battery 1")
        assert [one for one in findings(acme) if one["Kind"] == "UNUSED_ACCESS"] == []
        older(acme, 100)
        acme.bob.perform("GetCallerIdentity")
        found = {
            (one["FindingType"], one["ResourceArn"].rpartition("/")[2]): one
            for one in findings(acme, Kind="UNUSED_ACCESS", MaxItems=100)
        }
        assert set(found) >= {
            ("UnusedUser", "carol"),
            ("UnusedUser", "ci"),
            ("UnusedRole", "Deployer"),
            ("UnusedPassword", "bob"),
        }
        # The user as a whole says it all; who acts is not unused.
        assert ("UnusedAccessKey", "carol") not in found
        assert ("UnusedUser", "bob") not in found
        assert ("UnusedAccessKey", "bob") not in found
        assert found["UnusedUser", "carol"]["Message"] == "The user carol has never been used."
        assert "LastUsedDate" not in found["UnusedUser", "carol"]
        # With more patience nothing is unused yet.
        acme.alice.perform("AnalyzeAccount", UnusedDays=200)
        assert listed(acme, Kind="UNUSED_ACCESS") == []

    def test_a_key_beside_one_in_use_is_found(self, acme: Acme) -> None:
        second = acme.root.perform("CreateAccessKey", UserName="bob")["AccessKey"]["AccessKeyId"]
        older(acme, 100)
        acme.bob.perform("GetCallerIdentity")
        found = [one for one in findings(acme, ResourceArn=acme.bob.arn) if "AccessKeyId" in one]
        assert [one["AccessKeyId"] for one in found] == [second]
        acme.root.perform("UpdateAccessKey", UserName="bob", AccessKeyId=second, Status="Inactive")
        assert [
            one for one in about(acme, acme.bob.arn, "UNUSED_ACCESS") if "AccessKeyId" in one
        ] == []

    def test_services_that_are_granted_and_unused_are_named(self, acme: Acme) -> None:
        acme.bob.perform("ListAccountAliases")
        acme.alice.perform("GenerateServiceLastAccessedDetails", Arn=acme.bob.arn)  # written
        older(acme, 100)
        acme.bob.perform("GetCallerIdentity")
        found = about(acme, acme.bob.arn, "UNUSED_ACCESS")
        (one,) = [one for one in found if one["FindingType"] == "UnusedPermissions"]
        assert one["Services"] == ["iam", "s3"]
        assert one["Message"] == "bob is granted 3 services and has not tried 2 for 90 days."
        assert one["Severity"] == "LOW"


class TestWidePolicies:
    def test_wide_policies_are_found_by_what_they_allow(self, acme: Acme) -> None:
        documents = {
            "everything": allow("*"),
            "but": policy({"Effect": "Allow", "NotAction": "s3:*", "Resource": "*"}),
            "people": allow("iam:*"),
            "bucket": allow("*", resource="arn:aws:s3:::b"),
            "from-here": allow("*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
            "denied": policy(
                {"Effect": "Allow", "Action": "*", "Resource": "*"},
                {"Effect": "Deny", "Action": "*", "Resource": "*"},
            ),
        }
        for name, document in documents.items():
            acme.root.perform(
                "PutUserPolicy", UserName="carol", PolicyName=name, PolicyDocument=document
            )
        found = findings(acme, ResourceArn=acme.carol.arn, Kind="WIDE_POLICY")
        assert sorted((one["PolicyName"], one["Severity"]) for one in found) == [
            ("but", "MEDIUM"),
            ("everything", "HIGH"),
            ("people", "HIGH"),
        ]
        (people,) = [one for one in found if one["PolicyName"] == "people"]
        assert people["Witness"]["Action"] == "iam:AttachUserPolicy"

    def test_a_managed_policy_that_nobody_holds_is_less_urgent(self, acme: Acme) -> None:
        arn = acme.root.perform("CreatePolicy", PolicyName="all", PolicyDocument=allow("*"))[
            "Policy"
        ]["Arn"]
        said = "The policy all allows every action, on everything and without condition."
        unheld = f"{said} It is attached to nobody."
        assert told(about(acme, arn, "WIDE_POLICY")) == [("LOW", unheld)]
        acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
        assert told(about(acme, arn, "WIDE_POLICY"))[0][0] == "HIGH"


class TestFindings:
    def test_there_is_no_analysis_before_the_first(self, acme: Acme) -> None:
        assert acme.alice.perform("GetAnalysis") == {}
        assert listed(acme) == []
        made = analyze(acme)
        assert acme.alice.perform("GetAnalysis")["Analysis"] == made
        assert made["UnusedDays"] == 90
        assert made["ActiveFindings"] == len(listed(acme))

    def test_what_is_archived_stays_so_until_it_is_gone_and_back(self, acme: Acme) -> None:
        arn = acme.role("Open", trust("*"))
        (found,) = about(acme, arn)
        named = {"FindingId": found["FindingId"]}
        acme.alice.perform("ArchiveFinding", **named)
        assert about(acme, arn) == []
        (archived,) = listed(acme, Status="ARCHIVED")
        assert archived["FindingId"] == found["FindingId"]
        assert archived["CreateDate"] == found["CreateDate"]
        again = refusal(acme.alice, "ArchiveFinding", **named)
        assert again[0] == "InvalidInput"
        acme.alice.perform("UnarchiveFinding", **named)
        assert [one["FindingId"] for one in about(acme, arn)] == [found["FindingId"]]
        acme.alice.perform("ArchiveFinding", **named)
        closed, opened = trust(acme.arn("root")), trust("*")
        for document, status in ((closed, "RESOLVED"), (opened, "ACTIVE")):
            acme.root.perform("UpdateAssumeRolePolicy", RoleName="Open", PolicyDocument=document)
            analyze(acme)
            assert acme.alice.perform("GetFinding", **named)["Finding"]["Status"] == status

    def test_a_role_made_anew_is_another_finding(self, acme: Acme) -> None:
        arn = acme.role("Open", trust("*"))
        (first,) = about(acme, arn)
        acme.root.perform("DeleteRole", RoleName="Open")
        acme.role("Open", trust("*"))
        (second,) = about(acme, arn)
        assert first["FindingId"] != second["FindingId"]

    def test_findings_are_listed_the_worst_first_and_paged(self, acme: Acme, evil: Evil) -> None:
        for number in range(3):
            acme.role(f"Open{number}", trust("*"))
            acme.role(f"Near{number}", trust(evil.arn("root")))
        whole = findings(acme)
        ranks = [("HIGH", "MEDIUM", "LOW").index(one["Severity"]) for one in whole]
        assert ranks == sorted(ranks)
        paged: list[dict[str, Any]] = []
        marker: dict[str, str] = {}
        while True:
            page = acme.alice.perform("ListFindings", MaxItems=2, **marker)
            paged += page["Findings"]
            if not page["IsTruncated"]:
                break
            marker = {"Marker": page["Marker"]}
        assert paged == whole
        assert {one["Severity"] for one in listed(acme, Severity="MEDIUM")} == {"MEDIUM"}

    def test_each_operation_asks_for_its_own_action(self, acme: Acme) -> None:
        acme.role("Open", trust("*"))
        (found,) = findings(acme, Kind="EXTERNAL_ACCESS")
        arn, named = found["Arn"], {"FindingId": found["FindingId"]}
        for operation, params, resource in (
            ("AnalyzeAccount", {}, "*"),
            ("GetAnalysis", {}, "*"),
            ("ListFindings", {}, "*"),
            ("GetFinding", named, arn),
            ("ArchiveFinding", named, arn),
            ("UnarchiveFinding", named, arn),
        ):
            refused = denied(acme.carol, f"portal:{operation}", resource)
            assert refusal(acme.carol, operation, **params) == refused

    def test_another_accounts_finding_is_not_there(self, acme: Acme, evil: Evil) -> None:
        acme.role("Open", trust("*"))
        (found,) = findings(acme, Kind="EXTERNAL_ACCESS")
        named = found["FindingId"]
        not_there = missing(f"The finding with id {named} cannot be found.")
        for operation in ("GetFinding", "ArchiveFinding", "UnarchiveFinding"):
            assert refusal(evil.mallory, operation, FindingId=named) == not_there
        nonsense = "-" * 36
        assert refusal(acme.alice, "GetFinding", FindingId=nonsense) == missing(
            f"The finding with id {nonsense} cannot be found."
        )

    def test_no_secret_and_nothing_of_others_is_in_a_finding(self, acme: Acme, evil: Evil) -> None:
        older(acme, 100)
        text = json.dumps(findings(acme, MaxItems=100), default=str)
        assert evil.id not in text
        for actor in (acme.alice, acme.bob, acme.ci):
            assert isinstance(actor, Actor)
            assert actor.key is not None
            assert actor.key.secret not in text


@pytest.mark.parametrize("days", [0, 366])
def test_a_period_is_one_day_to_a_year(acme: Acme, days: int) -> None:
    assert refusal(acme.alice, "AnalyzeAccount", UnusedDays=days)[0] == "ValidationError"
