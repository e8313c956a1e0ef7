"""Operators: what each may do to which account, and that inside one they are nobody."""

import uuid
from collections.abc import Callable
from itertools import product

import pytest
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from guardian.shortcuts import assign_perm

from accounts import operators, tenancy
from accounts.models import Account, Event, Person
from accounts.opening import AccountError, open_account
from accounts.operators import ACTIONS, Shell
from iamsite.operations import OperationError
from identities import signin
from identities.models import User
from identities.signin import SignInRefused
from tests.cast import PASSWORD, Acme, Actor, Evil, Key, origin, trust
from tests.identities.devices import device_for

NEW_PASSWORD = "a wholly new password"


@pytest.fixture
def olga() -> Person:
    """An operator."""
    return Person.objects.create_operator(f"olga-{uuid.uuid4().hex}@example.test", PASSWORD)


def acts(operator: operators.Operator, account: str) -> dict[str, Callable[[], object]]:
    return {
        "suspend": lambda: operators.suspend(operator, account, origin()),
        "reactivate": lambda: operators.reactivate(operator, account, origin()),
        "recover": lambda: operators.recover(operator, account, NEW_PASSWORD, origin()),
        "delete": lambda: operators.delete(operator, account),
    }


def ids(operator: Person, action: operators.Action = "view") -> set[str]:
    return {row.id for row in operators.accounts_of(operator, action)}


def last_event(account: str) -> Event:
    with transaction.atomic():
        tenancy.enter(account)
        return Event.objects.filter(account_id=account).latest("sequence")


def test_a_new_operator_sees_and_may_do_nothing(acme: Acme, olga: Person) -> None:
    assert [ids(olga, action) for action in ACTIONS] == [set()] * 4
    for act in acts(olga, acme.id).values():
        with pytest.raises(PermissionDenied):
            act()
    assert acme.root.perform("ListUsers")["Users"]


@pytest.mark.parametrize(("granted", "asked"), list(product(ACTIONS, ACTIONS)))
def test_each_grant_is_for_one_act_on_one_account(
    acme: Acme, evil: Evil, olga: Person, granted: operators.Action, asked: operators.Action
) -> None:
    operators.grant(olga, granted, acme.id)
    assert ids(olga, asked) == ({acme.id} if asked == granted else set())
    assert operators.may(olga, asked, acme.id) is (asked == granted)
    assert operators.may(olga, asked, evil.id) is False


def test_the_database_and_guardian_agree(acme: Acme, evil: Evil, olga: Person) -> None:
    operators.grant(olga, "suspend", acme.id)
    for account, action in product((acme.id, evil.id), ACTIONS):
        with transaction.atomic():
            tenancy.enter(account)
            row = Account.objects.get(id=account)
        fresh = Person.objects.get(pk=olga.pk)
        assert fresh.has_perm(f"accounts.{action}_account", row) == operators.may(
            olga, action, account
        )


def test_what_is_taken_back_counts_at_once(acme: Acme, olga: Person) -> None:
    operators.grant(olga, "view", acme.id)
    operators.revoke(olga, "view", acme.id)
    assert ids(olga) == set()


def test_a_grant_for_all_accounts_and_through_a_group(acme: Acme, evil: Evil, olga: Person) -> None:
    group = Group.objects.create(name=uuid.uuid4().hex)
    with transaction.atomic():
        tenancy.enter(acme.id)
        assign_perm("recover_account", group, Account.objects.get(id=acme.id))
    olga.groups.add(group)
    assert ids(olga, "recover") == {acme.id}
    operators.grant(olga, "view", None)
    assert ids(olga) >= {acme.id, evil.id}
    assert "aws" not in ids(olga)
    operators.revoke(olga, "view", None)
    assert ids(olga) == set()


def test_a_superuser_may_do_all_to_every_account(acme: Acme, evil: Evil) -> None:
    chief = Person.objects.create_operator(
        f"chief-{uuid.uuid4().hex}@example.test", PASSWORD, is_superuser=True
    )
    for action in ACTIONS:
        assert ids(chief, action) >= {acme.id, evil.id}


def test_a_root_user_is_no_operator_whatever_it_is_granted(acme: Acme, evil: Evil) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        root = Person.objects.get(account_id=acme.id)
    with pytest.raises(ValueError, match="operator"):
        operators.grant(root, "view", evil.id)
    with transaction.atomic():
        tenancy.enter(evil.id)
        assign_perm("view_account", root, Account.objects.get(id=evil.id))
    assert ids(root) == set()


def test_what_is_not_there_and_what_is_not_theirs_look_the_same(acme: Acme, olga: Person) -> None:
    for one, other in zip(
        acts(olga, acme.id).values(), acts(olga, "000000000000").values(), strict=True
    ):
        with pytest.raises(PermissionDenied) as theirs:
            one()
        with pytest.raises(PermissionDenied) as missing:
            other()
        assert str(theirs.value).replace(acme.id, "") == str(missing.value).replace(
            "000000000000", ""
        )


def test_what_aws_owns_is_no_account_even_at_the_shell() -> None:
    for act in acts(Shell(), "aws").values():
        with pytest.raises(PermissionDenied):
            act()


def test_seeing_an_account_shows_nothing_inside_it(acme: Acme, olga: Person) -> None:
    for action in ACTIONS:
        operators.grant(olga, action, acme.id)
    with transaction.atomic():
        (row,) = operators.accounts_of(olga)
        assert (row.id, row.name, row.email, row.status) == (
            acme.id,
            "Acme",
            acme.email,
            "active",
        )
        assert not User.objects.exists()
        assert not Event.objects.exists()
        assert not Account.objects.exclude(id="aws").exists()


def test_an_operator_is_nobody_inside_an_account(acme: Acme, olga: Person) -> None:
    """No policy can name one, and no sign-in leads one in."""
    for action in ACTIONS:
        operators.grant(olga, action, acme.id)
    for principal in (f"operator/{olga.email}", olga.email, str(olga.pk)):
        with pytest.raises(OperationError, match="MalformedPolicyDocument"):
            acme.root.perform("CreateRole", RoleName="r", AssumeRolePolicyDocument=trust(principal))
    with pytest.raises(SignInRefused):
        signin.sign_in_root(olga.email, PASSWORD, origin("console"))
    with pytest.raises(SignInRefused):
        signin.sign_in_user(acme.id, olga.email, PASSWORD, origin("console"))


def test_a_suspended_account_answers_nobody_until_it_is_reactivated(
    acme: Acme, olga: Person
) -> None:
    operators.grant(olga, "suspend", acme.id)
    session = acme.assume(acme.bob, acme.deployer)
    operators.suspend(olga, acme.id, origin())
    for actor in (acme.alice, session):
        with pytest.raises(OperationError, match="suspended"):
            actor.perform("ListUsers")
    operators.reactivate(olga, acme.id, origin())
    assert acme.alice.perform("ListUsers")
    assert session.perform("ListUsers")


def test_recovery_gives_a_password_and_takes_everything_else_of_root(
    acme: Acme, olga: Person
) -> None:
    operators.grant(olga, "recover", acme.id)
    key = Key.of(acme.root.perform("CreateAccessKey")["AccessKey"])
    device = device_for(acme)
    signed_in = signin.sign_in_root(acme.email, PASSWORD, origin("console"), device.code())
    acme.root.perform("LockRoot")
    operators.recover(olga, acme.id, NEW_PASSWORD, origin())
    status = acme.alice.perform("GetAccountStatus")
    assert (status["RootLocked"], status["RootMFAEnabled"]) == (False, False)
    assert status["RootAccessKeysActive"] is False
    with pytest.raises(OperationError, match="InvalidClientTokenId"):
        Actor("root", "", key.credential, key).perform("GetCallerIdentity")
    with pytest.raises(SignInRefused):
        signin.sign_in_root(acme.email, PASSWORD, origin("console"))
    assert acme.root.perform("ListConsoleSessions")["ConsoleSessions"] == []
    assert signin.sign_in_root(acme.email, NEW_PASSWORD, origin("console")).token != (
        signed_in.token
    )


def test_recovery_takes_no_weak_password(acme: Acme) -> None:
    with pytest.raises(AccountError):
        operators.recover(Shell(), acme.id, "short", origin())
    assert signin.sign_in_root(acme.email, PASSWORD, origin("console")).token


def test_what_an_operator_does_is_in_the_accounts_own_trail(acme: Acme, olga: Person) -> None:
    named = {
        "suspend": "SuspendAccount",
        "reactivate": "ReactivateAccount",
        "recover": "RecoverRootUser",
    }
    operators.grant(olga, "suspend", acme.id)
    operators.grant(olga, "recover", acme.id)
    for act, name in named.items():
        acts(olga, acme.id)[act]()
        event = last_event(acme.id)
        assert (event.operation, event.principal_kind) == (name, "Operator")
        assert event.principal_arn == f"operator/{olga.email}"
        assert NEW_PASSWORD not in repr(vars(event))
    assert acme.root.perform("VerifyTrail")["Intact"] is True


def test_deleting_needs_its_own_grant_and_takes_the_account(acme: Acme, olga: Person) -> None:
    operators.grant(olga, "delete", acme.id)
    assert operators.delete(olga, acme.id) is True
    with pytest.raises(PermissionDenied):
        operators.delete(olga, acme.id)
    with pytest.raises(OperationError, match="InvalidClientTokenId"):
        acme.alice.perform("GetCallerIdentity")


def test_nobody_is_granted_what_is_not_there(olga: Person) -> None:
    with pytest.raises(Account.DoesNotExist):
        operators.grant(olga, "view", "000000000000")


def test_an_account_of_an_operators_email_can_be_no_other_persons(olga: Person) -> None:
    with pytest.raises(AccountError):
        open_account(olga.email, PASSWORD)


def test_an_administrator_of_an_account_gains_nothing_over_it_from_outside(acme: Acme) -> None:
    """`*` allows everything inside; what operators do is no operation."""
    for name in ("SuspendAccount", "DeleteAccount", "RecoverRootUser"):
        with pytest.raises(OperationError, match="InvalidAction"):
            acme.alice.perform(name)
