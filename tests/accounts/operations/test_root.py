"""Root's own acts, which nobody else may do, and the account's status."""

import json

import pytest
from django.db import transaction

from accounts import tenancy
from accounts.models import Person
from iamsite.operations import OperationError, SessionCredential, perform, permitted
from identities import signin
from identities.models import AccessKey
from tests.cast import PASSWORD, Acme, Actor, Evil, Key, allow, deny, origin, trust
from tests.identities.devices import device_for

NEW_PASSWORD = "a wholly new password"
ROOTS_OWN = {
    "LockRoot": {},
    "UnlockRoot": {},
    "ChangeRootPassword": {"OldPassword": PASSWORD, "NewPassword": NEW_PASSWORD},
}


def root_key(acme: Acme) -> Actor:
    key = Key.of(acme.root.perform("CreateAccessKey")["AccessKey"])
    return Actor("root", acme.root.arn, key.credential, key)


def status(acme: Acme) -> dict[str, object]:
    found: dict[str, object] = acme.root.perform("GetAccountStatus")
    return found


@pytest.mark.parametrize("operation", ROOTS_OWN)
def test_an_administrator_can_do_nothing_to_root(acme: Acme, operation: str) -> None:
    session = acme.assume(acme.alice, acme.role("admin", trust(acme.arn("root")), allow("*")))
    for actor in (acme.alice, session):
        with pytest.raises(OperationError) as caught:
            actor.perform(operation, **ROOTS_OWN[operation])
        assert caught.value.code == "AccessDenied"
        assert caught.value.message.endswith("because only the root user may")
        (verdict,) = permitted(actor.credential, [(operation, ROOTS_OWN[operation])], origin())
        assert not verdict
    assert status(acme)["RootLocked"] is False
    assert signin.sign_in_root(acme.email, PASSWORD, origin("console")).token


class TestLockingAway:
    def test_it_turns_keys_off_and_leaves_them_off(self, acme: Acme) -> None:
        key = root_key(acme)
        assert status(acme)["RootAccessKeysActive"] is True
        key.perform("LockRoot")
        for _ in range(2):
            with pytest.raises(OperationError, match="InvalidClientTokenId"):
                key.perform("GetCallerIdentity")
            acme.root.perform("UnlockRoot")
        assert status(acme)["RootAccessKeysActive"] is False

    def test_a_key_that_slipped_through_does_not_count_either(self, acme: Acme) -> None:
        key = root_key(acme)
        acme.root.perform("LockRoot")
        with transaction.atomic():
            tenancy.enter(acme.id)
            AccessKey.objects.filter(user=None).update(status="Active")
        with pytest.raises(OperationError, match="InvalidClientTokenId"):
            key.perform("GetCallerIdentity")

    def test_temporary_credentials_of_root_end(self, acme: Acme) -> None:
        made = acme.root.perform("GetSessionToken", **device_for(acme).params)["Credentials"]
        key = Key.of(made)
        session = Actor("root", acme.root.arn, key.credential, key)
        assert session.perform("ListUsers")
        acme.root.perform("LockRoot")
        with pytest.raises(OperationError, match="InvalidClientTokenId"):
            session.perform("ListUsers")

    def test_it_says_when_and_whether_root_can_come_back_by_itself(self, acme: Acme) -> None:
        first = acme.root.perform("LockRoot")
        assert first["RootMFAEnabled"] is False
        device_for(acme)
        again = acme.root.perform("LockRoot")
        assert again == {"RootLockedAt": first["RootLockedAt"], "RootMFAEnabled": True}
        assert status(acme)["RootLockedAt"] == first["RootLockedAt"]

    def test_unlocking_lets_root_in_without_mfa_again(self, acme: Acme) -> None:
        acme.root.perform("LockRoot")
        acme.root.perform("UnlockRoot")
        assert "RootLockedAt" not in status(acme)
        assert signin.sign_in_root(acme.email, PASSWORD, origin("console")).token

    def test_users_and_roles_go_on(self, acme: Acme, evil: Evil) -> None:
        session = acme.assume(acme.bob, acme.deployer)
        acme.root.perform("LockRoot")
        assert acme.alice.perform("ListUsers")
        assert session.perform("ListUsers")
        assert evil.root.perform("GetAccountStatus")["RootLocked"] is False


class TestChangingThePassword:
    def test_it_needs_the_old_one(self, acme: Acme) -> None:
        with pytest.raises(OperationError) as caught:
            acme.root.perform("ChangeRootPassword", OldPassword="wrong", NewPassword=NEW_PASSWORD)
        assert (caught.value.code, caught.value.message) == (
            "AccessDenied",
            "The old password was incorrect.",
        )

    @pytest.mark.parametrize("password", ["short", "qwertyuiop123"])
    def test_it_takes_no_weak_one(self, acme: Acme, password: str) -> None:
        with pytest.raises(OperationError, match="PasswordPolicyViolation"):
            acme.root.perform("ChangeRootPassword", OldPassword=PASSWORD, NewPassword=password)

    def test_it_ends_every_other_session_of_root(self, acme: Acme) -> None:
        mine, other = (
            SessionCredential(signin.sign_in_root(acme.email, PASSWORD, origin()).token)
            for _ in range(2)
        )
        perform(mine, "ChangeRootPassword", ROOTS_OWN["ChangeRootPassword"], origin())
        assert perform(mine, "GetCallerIdentity", {}, origin())
        with pytest.raises(OperationError, match="MissingAuthenticationToken"):
            perform(other, "GetCallerIdentity", {}, origin())
        assert signin.sign_in_root(acme.email, NEW_PASSWORD, origin()).token
        with transaction.atomic():
            tenancy.enter(acme.id)
            assert Person.objects.get(account_id=acme.id).password_changed_at is not None

    def test_neither_password_is_in_the_trail(self, acme: Acme) -> None:
        acme.root.perform("ChangeRootPassword", **ROOTS_OWN["ChangeRootPassword"])
        (event,) = acme.root.perform("ListEvents", EventName="ChangeRootPassword")["Events"]
        assert json.loads(event["RequestParameters"]) == {
            "OldPassword": "***",
            "NewPassword": "***",
        }


class TestStatus:
    def test_of_a_new_account(self, acme: Acme) -> None:
        found = status(acme)
        assert found["AccountId"] == acme.id
        assert found["AccountName"] == "Acme"
        assert found["RootEmailAddress"] == acme.email
        assert [found[name] for name in ("RootMFAEnabled", "RootAccessKeysActive")] == [
            False,
            False,
        ]
        assert not {"AccountAlias", "RootLockedAt", "RootPasswordLastUsed"} & found.keys()

    def test_it_tells_of_mfa_and_alias(self, acme: Acme) -> None:
        device_for(acme)
        acme.root.perform("CreateAccountAlias", AccountAlias=f"acme-{acme.id}")
        found = status(acme)
        assert (found["RootMFAEnabled"], found["AccountAlias"]) == (True, f"acme-{acme.id}")

    def test_it_needs_permission(self, acme: Acme) -> None:
        with pytest.raises(OperationError, match="portal:GetAccountStatus"):
            acme.carol.perform("GetAccountStatus")

    def test_the_name_can_change(self, acme: Acme) -> None:
        acme.alice.perform("UpdateAccountName", AccountName=" Umbrella ")
        assert status(acme)["AccountName"] == "Umbrella"
        for name in (" ", "a\nb"):
            with pytest.raises(OperationError, match="ValidationError"):
                acme.alice.perform("UpdateAccountName", AccountName=name)
        with pytest.raises(OperationError, match="AccessDenied"):
            acme.carol.perform("UpdateAccountName", AccountName="Carol's")


class TestAdministrators:
    def test_a_user_with_every_right_is_one_until_it_has_not(self, evil: Evil) -> None:
        assert evil.root.perform("GetAccountStatus")["AdministratorPresent"] is True
        evil.root.perform("DeleteUserPolicy", UserName="mallory", PolicyName="p0")
        assert evil.root.perform("GetAccountStatus")["AdministratorPresent"] is False

    @pytest.mark.parametrize("policy", ["AdministratorAccess", "IAMFullAccess"])
    def test_a_member_of_a_group_of_administrators_is_one(self, evil: Evil, policy: str) -> None:
        root = evil.root
        root.perform("DeleteUserPolicy", UserName="mallory", PolicyName="p0")
        root.perform("CreateGroup", GroupName="Admins")
        root.perform(
            "AttachGroupPolicy", GroupName="Admins", PolicyArn=f"arn:aws:iam::aws:policy/{policy}"
        )
        assert root.perform("GetAccountStatus")["AdministratorPresent"] is False
        root.perform("AddUserToGroup", GroupName="Admins", UserName="mallory")
        assert root.perform("GetAccountStatus")["AdministratorPresent"] is True

    @pytest.mark.parametrize(
        "document",
        [
            allow("iam:Get*", "iam:List*"),
            allow("s3:*"),
            allow("iam:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        ],
    )
    def test_who_may_not_manage_users_is_none(self, evil: Evil, document: str) -> None:
        evil.root.perform(
            "PutUserPolicy", UserName="mallory", PolicyName="p0", PolicyDocument=document
        )
        assert evil.root.perform("GetAccountStatus")["AdministratorPresent"] is False

    def test_a_deny_or_a_boundary_takes_it_away(self, evil: Evil) -> None:
        root = evil.root
        root.perform(
            "PutUserPolicy",
            UserName="mallory",
            PolicyName="not",
            PolicyDocument=deny("iam:CreateUser"),
        )
        assert root.perform("GetAccountStatus")["AdministratorPresent"] is False
        root.perform("DeleteUserPolicy", UserName="mallory", PolicyName="not")
        assert root.perform("GetAccountStatus")["AdministratorPresent"] is True
        root.perform(
            "PutUserPermissionsBoundary",
            UserName="mallory",
            PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess",
        )
        assert root.perform("GetAccountStatus")["AdministratorPresent"] is False

    def test_a_role_is_none(self, evil: Evil) -> None:
        evil.root.perform("DeleteUserPolicy", UserName="mallory", PolicyName="p0")
        evil.role("admin", trust("*"), allow("*"))
        assert evil.root.perform("GetAccountStatus")["AdministratorPresent"] is False
