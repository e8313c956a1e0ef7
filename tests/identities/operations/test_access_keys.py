import re
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import Account, Event
from accounts.sealing import unseal
from iamsite.operations import AccessKeyCredential, OperationError
from iamsite.operations.errors import signature_does_not_match
from identities.models import AccessKey
from tests.cast import Key, allow
from tests.identities.operations.refusal import denied, limit, missing, refusal

INVALID = ("InvalidClientTokenId", 403, "The security token included in the request is invalid.")
NO_NAME = (
    "ValidationError",
    400,
    "Must specify userName when calling with non-User credentials",
)


def test_a_key_is_made_active_and_its_secret_shown_once(acme) -> None:
    key = acme.root.perform("CreateAccessKey", UserName="carol")["AccessKey"]
    assert key["UserName"] == "carol"
    assert key["Status"] == "Active"
    assert re.fullmatch(r"AKIA[A-Z2-7]{16}", key["AccessKeyId"])
    assert re.fullmatch(r"[A-Za-z0-9/+]{40}", key["SecretAccessKey"])
    listed = acme.root.perform("ListAccessKeys", UserName="carol")["AccessKeyMetadata"]
    assert [one["AccessKeyId"] for one in listed][1:] == [key["AccessKeyId"]]
    assert listed[1] == {
        "UserName": "carol",
        "AccessKeyId": key["AccessKeyId"],
        "Status": "Active",
        "CreateDate": key["CreateDate"],
    }


def test_the_secret_is_sealed_in_its_row_and_absent_from_the_trail(acme) -> None:
    key = acme.root.perform("CreateAccessKey", UserName="carol")["AccessKey"]
    with transaction.atomic():
        tenancy.enter(acme.id)
        row = AccessKey.objects.get(id=key["AccessKeyId"])
        event = Event.objects.filter(operation="CreateAccessKey").latest("sequence")
    sealed = bytes(row.secret)
    assert key["SecretAccessKey"].encode() not in sealed
    assert unseal(sealed, row.id).decode() == key["SecretAccessKey"]
    assert event.detail == {"AccessKeyId": key["AccessKeyId"]}
    assert key["SecretAccessKey"] not in repr(event.__dict__)


def test_a_third_key_is_refused_inactive_ones_counted(acme) -> None:
    acme.root.perform(
        "UpdateAccessKey", UserName="carol", AccessKeyId=acme.carol.key.id, Status="Inactive"
    )
    acme.root.perform("CreateAccessKey", UserName="carol")
    assert refusal(acme.root, "CreateAccessKey", UserName="carol") == limit("AccessKeysPerUser", 2)


def test_a_user_needs_permission_for_its_own_keys_too(acme) -> None:
    assert refusal(acme.carol, "CreateAccessKey") == denied(
        acme.carol, "iam:CreateAccessKey", acme.carol.arn
    )


def test_without_a_name_the_keys_are_the_callers(acme) -> None:
    acme.alice.perform("CreateAccessKey")
    listed = acme.alice.perform("ListAccessKeys")["AccessKeyMetadata"]
    assert [one["UserName"] for one in listed] == ["alice", "alice"]


def test_without_a_name_roots_keys_are_meant(acme) -> None:
    made = acme.root.perform("CreateAccessKey")["AccessKey"]
    assert "UserName" not in made
    (listed,) = acme.root.perform("ListAccessKeys")["AccessKeyMetadata"]
    assert listed["AccessKeyId"] == made["AccessKeyId"]
    assert acme.root.perform("GetAccountSummary")["SummaryMap"]["AccountAccessKeysPresent"] == 1
    acme.root.perform("CreateAccessKey")
    assert refusal(acme.root, "CreateAccessKey") == limit("AccessKeysPerUser", 2)
    acme.root.perform("DeleteAccessKey", AccessKeyId=made["AccessKeyId"])


def test_a_root_that_is_locked_away_gets_no_active_key(acme) -> None:
    key = acme.root.perform("CreateAccessKey")["AccessKey"]["AccessKeyId"]
    acme.root.perform("UpdateAccessKey", AccessKeyId=key, Status="Inactive")
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(root_locked_at=timezone.now())
    locked = (
        "AccessDenied",
        403,
        "The root user of this account is locked away: it can have no active access keys.",
    )
    assert refusal(acme.root, "CreateAccessKey") == locked
    assert refusal(acme.root, "UpdateAccessKey", AccessKeyId=key, Status="Active") == locked
    acme.root.perform("DeleteAccessKey", AccessKeyId=key)


def test_temporary_credentials_must_name_the_user(acme) -> None:
    session = acme.assume(acme.alice, acme.deployer)
    assert refusal(session, "ListAccessKeys") == NO_NAME
    token = Key.of(acme.alice.perform("GetSessionToken")["Credentials"])
    user_session = type(acme.alice)("alice", acme.alice.arn, token.credential, token)
    # Without MFA such credentials may not call IAM at all.
    assert refusal(user_session, "ListAccessKeys", UserName="alice") == INVALID


def test_an_inactive_key_is_refused_on_the_next_request_until_it_is_active_again(acme) -> None:
    key = {"UserName": "bob", "AccessKeyId": acme.bob.key.id}
    acme.root.perform("UpdateAccessKey", **key, Status="Inactive")
    assert refusal(acme.bob, "GetUser") == INVALID
    acme.root.perform("UpdateAccessKey", **key, Status="Inactive")
    acme.root.perform("UpdateAccessKey", **key, Status="Active")
    assert acme.bob.perform("GetUser")["User"]["UserName"] == "bob"


def test_a_key_cannot_be_set_to_expired(acme) -> None:
    key = {"UserName": "bob", "AccessKeyId": acme.bob.key.id}
    code, status, _ = refusal(acme.root, "UpdateAccessKey", **key, Status="Expired")
    assert (code, status) == ("InvalidInput", 400)


def test_a_revoked_key_is_refused_on_the_next_request(acme) -> None:
    acme.root.perform("DeleteAccessKey", UserName="bob", AccessKeyId=acme.bob.key.id)
    assert refusal(acme.bob, "GetUser") == INVALID


def test_a_key_can_delete_itself(acme) -> None:
    acme.alice.perform("DeleteAccessKey", AccessKeyId=acme.alice.key.id)
    assert refusal(acme.alice, "GetUser") == INVALID


def test_a_key_of_another_user_is_not_found(acme, evil) -> None:
    for key_id in (acme.bob.key.id, evil.mallory.key.id, "AKIAAAAAAAAAAAAAAAAA"):
        not_found = missing(f"The Access Key with id {key_id} cannot be found.")
        key = {"UserName": "carol", "AccessKeyId": key_id}
        assert refusal(acme.root, "DeleteAccessKey", **key) == not_found
        assert refusal(acme.root, "UpdateAccessKey", **key, Status="Inactive") == not_found
    assert acme.bob.perform("GetUser")["User"]["UserName"] == "bob"


def test_a_key_that_was_never_used_says_so(acme) -> None:
    assert acme.root.perform("GetAccessKeyLastUsed", AccessKeyId=acme.carol.key.id) == {
        "UserName": "carol",
        "AccessKeyLastUsed": {"ServiceName": "N/A", "Region": "N/A"},
    }


def test_a_used_key_tells_when_where_and_for_what(acme) -> None:
    acme.bob.perform("GetUser")
    output = acme.root.perform("GetAccessKeyLastUsed", AccessKeyId=acme.bob.key.id)
    assert output["UserName"] == "bob"
    used = output["AccessKeyLastUsed"]
    assert (used["ServiceName"], used["Region"]) == ("iam", "us-east-1")
    assert used["LastUsedDate"] <= timezone.now()


@pytest.mark.parametrize(
    ("operation", "params"),
    [
        ("ListUsers", {}),
        ("DeleteUser", {"UserName": "bob"}),
        ("GetGroup", {"GroupName": "nobodys"}),
        ("CreateGroup", {"GroupName": "a b"}),
        ("organizations:CreateAccount", {"Email": "a@example.com", "AccountName": "a"}),
    ],
    ids=["denied read", "denied change", "not found", "malformed", "not available"],
)
def test_a_key_counts_as_used_whatever_came_of_the_call(acme, operation, params) -> None:
    dora = acme.user("dora", allow("iam:GetGroup", "iam:CreateGroup"))
    with pytest.raises(OperationError):
        dora.perform(operation, **params)
    used = acme.root.perform("GetAccessKeyLastUsed", AccessKeyId=dora.key.id)["AccessKeyLastUsed"]
    assert timezone.now() - used["LastUsedDate"] < timedelta(minutes=1)


def test_a_call_that_was_not_signed_with_the_secret_is_no_use_of_the_key(acme) -> None:
    def refuse(secret: str) -> None:
        raise signature_does_not_match()

    forged = AccessKeyCredential(acme.bob.key.id, None, refuse)
    assert refusal(replace(acme.bob, credential=forged), "GetUser")[0] == "SignatureDoesNotMatch"
    used = acme.root.perform("GetAccessKeyLastUsed", AccessKeyId=acme.bob.key.id)
    assert used["AccessKeyLastUsed"] == {"ServiceName": "N/A", "Region": "N/A"}


def test_an_unknown_key_and_a_strangers_key_look_the_same(acme, evil) -> None:
    for key_id in ("AKIAAAAAAAAAAAAAAAAA", evil.mallory.key.id):
        assert refusal(acme.root, "GetAccessKeyLastUsed", AccessKeyId=key_id) == (
            "AccessDenied",
            403,
            (
                f"User: {acme.root.arn} is not authorized to perform iam:GetAccessKeyLastUsed "
                f"on resource: access key {key_id}"
            ),
        )


def test_last_use_needs_permission_on_the_keys_owner(acme) -> None:
    dora = acme.user("dora", allow("iam:GetAccessKeyLastUsed", resource=acme.arn("user/dora")))
    dora.perform("GetAccessKeyLastUsed", AccessKeyId=dora.key.id)
    assert refusal(dora, "GetAccessKeyLastUsed", AccessKeyId=acme.bob.key.id) == denied(
        dora, "iam:GetAccessKeyLastUsed", acme.bob.arn
    )


def test_keys_are_listed_page_by_page(acme) -> None:
    second = acme.root.perform("CreateAccessKey", UserName="bob")["AccessKey"]["AccessKeyId"]
    page = acme.root.perform("ListAccessKeys", UserName="bob", MaxItems=1)
    assert [one["AccessKeyId"] for one in page["AccessKeyMetadata"]] == [acme.bob.key.id]
    page = acme.root.perform("ListAccessKeys", UserName="bob", MaxItems=1, Marker=page["Marker"])
    assert [one["AccessKeyId"] for one in page["AccessKeyMetadata"]] == [second]
    assert page["IsTruncated"] is False
