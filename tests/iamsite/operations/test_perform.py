"""The pipeline: nothing is done unauthorised, half, or unrecorded."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from accounts import tenancy
from accounts.models import Account, Event
from iamsite.operations import Anonymous, OperationError, perform, permitted
from iamsite.operations.caller import AccessKeyCredential, Command
from iamsite.operations.models import operations
from iamsite.operations.registry import registered
from tests.cast import PASSWORD, allow, deny, origin


def events(account: str, **filters: Any) -> list[Event]:
    with transaction.atomic():
        tenancy.enter(account)
        return list(Event.objects.filter(account_id=account, **filters).order_by("sequence"))


def revision(account: str) -> int:
    with transaction.atomic():
        tenancy.enter(account)
        return Account.objects.get(id=account).revision


def refusal(actor: Any, operation: str, **params: Any) -> OperationError:
    with pytest.raises(OperationError) as caught:
        actor.perform(operation, **params)
    return caught.value


def test_a_new_user_may_do_nothing_at_all(acme) -> None:
    error = refusal(acme.carol, "ListUsers")
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == (
        f"User: {acme.carol.arn} is not authorized to perform: iam:ListUsers on resource: "
        f"{acme.arn('user/')} because no identity-based policy allows the iam:ListUsers action"
    )


def test_root_may_do_everything_in_its_account(acme) -> None:
    acme.root.perform("CreateUser", UserName="dora")
    assert acme.root.perform("GetUser", UserName="dora")["User"]["UserName"] == "dora"
    acme.root.perform("DeleteUser", UserName="dora")


def test_a_group_gives_its_members_what_it_allows(acme) -> None:
    assert acme.bob.perform("GetUser", UserName="carol")["User"]["UserName"] == "carol"


def test_moving_a_user_to_another_group_counts_on_the_very_next_call(acme) -> None:
    acme.root.perform("CreateGroup", GroupName="Helpers")
    acme.root.perform(
        "PutGroupPolicy",
        GroupName="Helpers",
        PolicyName="help",
        PolicyDocument=allow("iam:UpdateUser", "iam:GetUser"),
    )
    assert refusal(acme.bob, "UpdateUser", UserName="carol", NewPath="/x/").code == "AccessDenied"
    acme.root.perform("RemoveUserFromGroup", GroupName="Developers", UserName="bob")
    assert refusal(acme.bob, "ListUsers").code == "AccessDenied"
    acme.root.perform("AddUserToGroup", GroupName="Helpers", UserName="bob")
    acme.bob.perform("UpdateUser", UserName="carol", NewPath="/x/")
    assert acme.bob.perform("GetUser", UserName="carol")["User"]["Path"] == "/x/"
    assert refusal(acme.bob, "ListUsers").code == "AccessDenied"


def test_an_explicit_deny_beats_an_administrator(acme) -> None:
    acme.root.perform(
        "PutUserPolicy",
        UserName="alice",
        PolicyName="no",
        PolicyDocument=deny("iam:DeleteUser"),
    )
    error = refusal(acme.alice, "DeleteUser", UserName="carol")
    assert error.message == (
        f"User: {acme.alice.arn} is not authorized to perform: iam:DeleteUser on resource: "
        f"{acme.carol.arn} with an explicit deny in an identity-based policy"
    )


def test_a_revoked_key_is_refused_on_the_next_request(acme) -> None:
    acme.alice.perform("ListUsers")
    acme.root.perform(
        "UpdateAccessKey", UserName="alice", AccessKeyId=acme.alice.key.id, Status="Inactive"
    )
    assert refusal(acme.alice, "ListUsers").code == "InvalidClientTokenId"


def test_access_is_decided_before_existence(acme) -> None:
    error = refusal(acme.carol, "GetUser", UserName="nobody")
    assert error.code == "AccessDenied"
    assert acme.arn("user/nobody") in error.message
    assert refusal(acme.alice, "GetUser", UserName="nobody").code == "NoSuchEntity"


def test_every_change_raises_the_revision_and_no_read_does(acme) -> None:
    before = revision(acme.id)
    acme.root.perform("CreateUser", UserName="dora")
    assert revision(acme.id) == before + 1
    acme.root.perform("ListUsers")
    assert revision(acme.id) == before + 1
    refusal(acme.carol, "CreateUser", UserName="eve")
    assert revision(acme.id) == before + 1


def test_a_change_is_recorded_with_who_where_what_and_outcome(acme) -> None:
    perform(
        acme.alice.credential,
        "CreateUser",
        {"UserName": "dora", "Tags": [{"Key": "team", "Value": "sea"}]},
        origin("aws", source_ip="198.51.100.9", user_agent="aws-cli", request_id="r-1"),
    )
    (event,) = events(acme.id, operation="CreateUser", principal_arn=acme.alice.arn)
    assert event.outcome == "Success"
    assert event.parameters == {"UserName": "dora", "Tags": [{"Key": "team", "Value": "sea"}]}
    assert event.resources == [acme.arn("user/dora")]
    assert (event.source_ip, event.user_agent, event.request_id, event.face) == (
        "198.51.100.9",
        "aws-cli",
        "r-1",
        "aws",
    )
    assert event.access_key_id == acme.alice.key.id
    assert event.principal_kind == "User"


def test_a_refused_read_is_recorded_and_a_granted_one_is_not(acme) -> None:
    acme.alice.perform("ListUsers")
    refusal(acme.carol, "ListUsers")
    (event,) = events(acme.id, operation="ListUsers")
    assert (event.principal_arn, event.outcome) == (acme.carol.arn, "AccessDenied")
    assert "because no identity-based policy allows" in event.message


def test_a_refused_change_is_recorded_and_changes_nothing(acme) -> None:
    refusal(acme.carol, "CreateUser", UserName="dora")
    (event,) = events(acme.id, operation="CreateUser", principal_arn=acme.carol.arn)
    assert event.outcome == "AccessDenied"
    assert refusal(acme.alice, "GetUser", UserName="dora").code == "NoSuchEntity"


def test_no_password_reaches_the_trail(acme) -> None:
    planted = "Planted-secret-9d1f"
    acme.root.perform("CreateLoginProfile", UserName="carol", Password=planted)
    refusal(acme.root, "CreateLoginProfile", UserName="carol", Password=planted)
    for event in events(acme.id):
        assert planted not in repr(vars(event))
        assert PASSWORD not in repr(vars(event))
    made = events(acme.id, operation="CreateLoginProfile")
    assert [event.parameters["Password"] for event in made] == ["***", "***"]


def test_no_one_time_code_reaches_the_trail(acme) -> None:
    serial = acme.arn("mfa/phone")
    refusal(
        acme.root,
        "EnableMFADevice",
        UserName="carol",
        SerialNumber=serial,
        AuthenticationCode1="718201",
        AuthenticationCode2="918273",
    )
    refusal(
        acme.alice,
        "AssumeRole",
        RoleArn=acme.deployer,
        RoleSessionName="look",
        SerialNumber=serial,
        TokenCode="718201",
    )
    kept = repr([event.parameters for event in events(acme.id)])
    assert "718201" not in kept
    assert "918273" not in kept


def test_no_secret_access_key_is_in_the_trail_or_in_clear_in_the_database(acme) -> None:
    secret = acme.alice.key.secret
    for event in events(acme.id):
        assert secret not in repr(vars(event))
    with connection.cursor() as cursor, transaction.atomic():
        tenancy.enter(acme.id)
        cursor.execute("SELECT id, secret FROM identities_accesskey")
        for _, sealed in cursor.fetchall():
            assert secret.encode() not in bytes(sealed)


def test_all_faults_of_the_parameters_are_told_at_once_and_nothing_is_recorded(acme) -> None:
    error = refusal(acme.root, "CreateUser", UserName="", Path="")
    assert error.code == "ValidationError"
    assert error.message == (
        "2 validation errors detected: Value at 'path' failed to satisfy constraint: Member must "
        "have length greater than or equal to 1; Value at 'userName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1"
    )
    error = refusal(acme.root, "CreateUser", UserName="x y", Path="nowhere")
    assert error.message == (
        "The specified value for path is invalid. It must begin and end with / and contain only "
        "alphanumeric characters and/or / characters. The specified value for userName is invalid. "
        "It must contain only alphanumeric characters and/or the following: +=,.@_-"
    )
    assert events(acme.id, operation="CreateUser", outcome="ValidationError") == []


def test_a_signature_is_checked_before_the_parameters(acme) -> None:
    def wrong(secret: str) -> None:
        raise OperationError("SignatureDoesNotMatch", "no")

    credential = AccessKeyCredential(acme.alice.key.id, None, wrong)
    with pytest.raises(OperationError, match="SignatureDoesNotMatch"):
        perform(credential, "CreateUser", {}, origin())


def test_nobody_is_anybody_without_a_credential() -> None:
    with pytest.raises(OperationError, match="MissingAuthenticationToken"):
        perform(Anonymous(), "ListUsers", {}, origin())


def test_an_unknown_key_and_an_account_that_is_not_there_are_refused() -> None:
    unknown = AccessKeyCredential("AKIA" + "Z" * 16, None, lambda secret: None)
    with pytest.raises(OperationError, match="InvalidClientTokenId"):
        perform(unknown, "ListUsers", {}, origin())
    with pytest.raises(OperationError, match="NoSuchEntity"):
        perform(Command("000000000000"), "ListUsers", {}, origin())


def test_a_suspended_account_does_nothing(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(status="suspended")
    error = refusal(acme.alice, "ListUsers")
    assert (error.code, error.status, error.message) == (
        "OptInRequired",
        403,
        f"The account {acme.id} is suspended.",
    )


def test_an_operation_that_is_not_there_yet_says_so_by_name(acme) -> None:
    missing = [
        model.name
        for model in operations().values()
        if model.is_signed and not model.required and registered(model.name) is None
    ]
    for name in missing:
        error = refusal(acme.root, name)
        assert (error.code, error.status) == ("UnsupportedOperation", 400)
        assert error.message == f"The operation {name} is not available in this installation."


def test_two_callers_creating_one_name_get_one_success(acme) -> None:
    outcomes: list[str] = []

    def create() -> None:
        try:
            acme.root.perform("CreateUser", UserName="twin")
            outcomes.append("made")
        except OperationError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["EntityAlreadyExists"] * 7 + ["made"]


def test_asking_what_is_permitted_performs_nothing(acme) -> None:
    asked = [("CreateUser", {"UserName": "dora"}), ("ListUsers", {})]
    verdicts = permitted(acme.bob.credential, asked, origin())
    assert [bool(verdict) for verdict in verdicts] == [False, True]
    assert "iam:CreateUser" in verdicts[0].message
    assert refusal(acme.alice, "GetUser", UserName="dora").code == "NoSuchEntity"
    assert events(acme.id, principal_arn=acme.bob.arn) == []
