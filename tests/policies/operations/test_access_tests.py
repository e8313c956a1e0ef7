"""Access tests say what is expected of the policies, and tell when a change breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from iamsite.operations import OperationError
from tests.cast import Acme, Evil, allow, policy, trust
from tests.iamsite.console.browser import Browser, text

READS = {
    "TestName": "bob reads books",
    "ActionName": "s3:GetObject",
    "ResourceArn": "arn:aws:s3:::books/one",
    "ExpectedDecision": "allowed",
}


@pytest.fixture(scope="module")
def company(database: None) -> Acme:
    return Acme()


@pytest.fixture
def tested(company: Acme) -> Acme:
    for one in company.root.perform("ListAccessTests")["AccessTests"]:
        company.root.perform("DeleteAccessTest", TestName=one["TestName"])
    company.root.perform("PutAccessTest", PrincipalArn=company.bob.arn, **READS)
    return company


def results(account: Acme) -> dict[str, dict[str, Any]]:
    found = account.root.perform("RunAccessTests")["Results"]
    return {one["TestName"]: one for one in found}


def test_a_change_that_breaks_an_expectation_shows(tested: Acme) -> None:
    before = results(tested)["bob reads books"]
    assert (before["Passed"], before["Decision"], before["DecidingLayer"]) == (
        True,
        "allowed",
        "identity",
    )
    tested.root.perform("RemoveUserFromGroup", GroupName="Developers", UserName="bob")
    after = results(tested)["bob reads books"]
    tested.root.perform("AddUserToGroup", GroupName="Developers", UserName="bob")
    assert (after["Passed"], after["Decision"]) == (False, "denied")
    assert results(tested)["bob reads books"]["Passed"] is True


def test_what_is_expected_to_be_denied_passes_when_it_is(tested: Acme) -> None:
    asked = {**READS, "TestName": "carol does not", "ExpectedDecision": "denied"}
    tested.root.perform("PutAccessTest", PrincipalArn=tested.carol.arn, **asked)
    assert results(tested)["carol does not"]["Passed"] is True


def test_the_condition_keys_of_a_test_count(tested: Acme) -> None:
    office = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    vera = tested.user("vera", allow("s3:*", Condition=office))
    for name, address, expected in (
        ("in the office", "10.1.1.1", "allowed"),
        ("elsewhere", "192.0.2.1", "denied"),
    ):
        entry = {"ContextKeyName": "aws:SourceIp", "ContextKeyValues": [address]}
        asked = {**READS, "TestName": name, "ExpectedDecision": expected}
        tested.root.perform("PutAccessTest", PrincipalArn=vera.arn, ContextEntries=[entry], **asked)
    found = results(tested)
    assert found["in the office"]["Passed"]
    assert found["elsewhere"]["Passed"]


def test_saving_under_a_name_that_is_there_replaces_the_test(tested: Acme) -> None:
    asked = {**READS, "TestName": "Bob Reads Books", "ExpectedDecision": "denied"}
    tested.root.perform("PutAccessTest", PrincipalArn=tested.bob.arn, **asked)
    (one,) = tested.root.perform("ListAccessTests")["AccessTests"]
    assert (one["TestName"], one["ExpectedDecision"]) == ("Bob Reads Books", "denied")


def test_a_test_about_somebody_who_is_gone_does_not_pass_and_says_why(tested: Acme) -> None:
    tested.root.perform("CreateUser", UserName="leaver")
    asked = {**READS, "TestName": "leaver", "ExpectedDecision": "denied"}
    tested.root.perform("PutAccessTest", PrincipalArn=tested.arn("user/leaver"), **asked)
    tested.root.perform("DeleteUser", UserName="leaver")
    found = results(tested)["leaver"]
    assert (found["Passed"], found["Message"]) == (
        False,
        "The user with name leaver cannot be found.",
    )


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ActionName": "s3:*"}, "InvalidInput"),
        ({"ActionName": "sts:AssumeRole"}, "InvalidInput"),
        ({"ExpectedDecision": "maybe"}, "ValidationError"),
        ({"TestName": "a\nb"}, "ValidationError"),
        ({"PrincipalArn": "arn:aws:iam::111122223333:user/nobody"}, "NoSuchEntity"),
    ],
)
def test_what_cannot_be_asked_is_not_saved(tested: Acme, wrong: Any, code: str) -> None:
    with pytest.raises(OperationError) as caught:
        tested.root.perform("PutAccessTest", **{"PrincipalArn": tested.bob.arn, **READS, **wrong})
    assert caught.value.code == code
    assert len(tested.root.perform("ListAccessTests")["AccessTests"]) == 1


def test_another_account_neither_sees_nor_deletes_it(tested: Acme, evil: Evil) -> None:
    assert evil.root.perform("RunAccessTests")["Results"] == []
    with pytest.raises(OperationError) as caught:
        evil.root.perform("DeleteAccessTest", TestName="bob reads books")
    assert caught.value.code == "NoSuchEntity"
    assert len(tested.root.perform("ListAccessTests")["AccessTests"]) == 1


def test_it_takes_permission(tested: Acme) -> None:
    for operation in ("RunAccessTests", "ListAccessTests"):
        with pytest.raises(OperationError) as caught:
            tested.carol.perform(operation)
        assert caught.value.code == "AccessDenied"


def test_a_simulation_is_saved_as_a_test_and_opens_again(tested: Acme) -> None:
    browser = Browser().sign_in_root(tested)
    asked = f"principal={tested.bob.arn}&action=s3:PutObject&resource=arn:aws:s3:::books/two"
    page = browser.get(f"/console/simulator?{asked}")
    assert "Save as a test" in text(page)
    form = f"/console/simulator/tests/save?{asked}&decision=allowed&key.aws:SourceIp=10.0.0.1"
    assert "bob s3 PutObject" in browser.get(form).content.decode()
    browser.post(form, {"TestName": "bob writes", "ExpectedDecision": "allowed"})
    found = results(tested)["bob writes"]
    assert found["Passed"]
    assert found["ContextEntries"][0]["ContextKeyValues"] == ["10.0.0.1"]
    listed = browser.get("/console/simulator/tests")
    assert "All 2 tests hold" in text(listed)
    assert "key.aws%3ASourceIp=10.0.0.1" in listed.content.decode()
    browser.post("/console/simulator/tests/bob%20writes/delete", {})
    assert "bob writes" not in results(tested)


LISTS = policy(
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"},
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*",
     "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
)  # fmt: skip


def evaluated(account: Acme, arn: str, **params: Any) -> dict[str, Any]:
    asked = {"ActionName": "s3:GetObject", "ResourceArn": "arn:aws:s3:::books/one", **params}
    found: dict[str, Any] = account.root.perform("EvaluateDecision", PrincipalArn=arn, **asked)
    return found


def session_rung(found: dict[str, Any]) -> tuple[str, bool]:
    (rung,) = [one for one in found["Now"]["Ladder"]["Rungs"] if one["Layer"] == "session"]
    return rung["Outcome"], rung["Decides"]


def test_a_session_policy_limits_what_a_session_of_the_role_is_decided(company: Acme) -> None:
    role = company.role("Reading", trust(company.bob.arn), allow("s3:*"))
    assert session_rung(evaluated(company, role)) == ("notApplicable", False)
    limited = evaluated(company, role, SessionPolicy=LISTS)
    assert limited["PrincipalArn"].endswith(":assumed-role/Reading/simulated")
    assert limited["Now"]["DecidingLayer"] == "session"
    assert session_rung(limited) == ("implicitDeny", True)
    assert limited["Now"]["MissingContextValues"] == ["aws:MultiFactorAuthPresent"]
    assert evaluated(company, role, SessionPolicy=LISTS, ActionName="s3:ListBucket")["Now"][
        "Decision"
    ] == "allowed"  # fmt: skip
    mfa = {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"]}
    with_mfa = evaluated(company, role, SessionPolicy=LISTS, ContextEntries=[mfa])
    assert with_mfa["Now"]["Decision"] == "allowed"
    # As STS decides it of a session that is there.
    session = company.assume(company.bob, role, Policy=LISTS)
    asked = {"ActionName": "s3:GetObject", "ResourceArn": "arn:aws:s3:::books/one"}
    told = session.perform("Authorize", **asked)
    assert (told["Decision"], told["DecidingLayer"]) == ("implicitDeny", "session")


def test_managed_policies_and_those_of_a_federated_user_are_session_policies_too(
    company: Acme,
) -> None:
    made = company.root.perform("CreatePolicy", PolicyName="listing", PolicyDocument=LISTS)
    arn = made["Policy"]["Arn"]
    limited = evaluated(company, company.alice.arn, SessionPolicyArns=[arn])
    assert limited["PrincipalArn"] == f"arn:aws:sts::{company.id}:federated-user/simulated"
    assert session_rung(limited) == ("implicitDeny", True)
    both = evaluated(
        company, company.alice.arn, SessionPolicyArns=[arn], SessionPolicy=allow("s3:Get*")
    )
    assert session_rung(both) == ("allowed", False)
    assert both["Now"]["Decision"] == "allowed"
    session = {"TestName": "as a federated user", "SessionPolicyArns": [arn]}
    company.root.perform(
        "PutAccessTest",
        PrincipalArn=company.alice.arn,
        **{**READS, **session, "ExpectedDecision": "denied"},
    )
    found = results(company)["as a federated user"]
    assert (found["Passed"], found["DecidingLayer"]) == (True, "session")
    assert found["SessionPolicyArns"] == [arn]
    company.root.perform("DeletePolicy", PolicyArn=arn)
    assert results(company)["as a federated user"]["Passed"] is False


@pytest.mark.parametrize(
    ("session", "code"),
    [
        ({"SessionPolicy": "{}"}, "MalformedPolicyDocument"),
        (
            {"SessionPolicyArns": ["arn:aws:iam::aws:policy/NoSuchPolicy"]},
            "MalformedPolicyDocument",
        ),
        ({"SessionPolicyArns": ["{theirs}"]}, "MalformedPolicyDocument"),
        ({"SessionPolicy": LISTS, "PrincipalArn": None}, "InvalidInput"),
        ({"SessionPolicy": "x" * 2049}, "ValidationError"),
    ],
)
def test_session_policies_that_no_session_could_have_are_refused(
    company: Acme, evil: Evil, session: dict[str, Any], code: str
) -> None:
    theirs = evil.root.perform("ListPolicies", Scope="Local")["Policies"]
    if not theirs:
        evil.root.perform("CreatePolicy", PolicyName="theirs", PolicyDocument=LISTS)
    words = {"{theirs}": evil.arn("policy/theirs")}
    if arns := session.get("SessionPolicyArns"):
        session = {**session, "SessionPolicyArns": [words.get(one, one) for one in arns]}
    asked = {"PrincipalArn": company.alice.arn, "ActionName": "s3:GetObject", **session}
    asked = {name: value for name, value in asked.items() if value is not None}
    with pytest.raises(OperationError) as caught:
        company.root.perform("EvaluateDecision", **asked)
    assert caught.value.code == code
