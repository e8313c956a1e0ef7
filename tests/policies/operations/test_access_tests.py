"""Access tests say what is expected of the policies, and tell when a change breaks it."""

from __future__ import annotations

from typing import Any

import pytest

from iamsite.operations import OperationError
from tests.cast import Acme, Evil, allow
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
