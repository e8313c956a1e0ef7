"""The root user closes its own account, proving itself again; an operator reactivates it."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts import mail as letters
from accounts import tenancy
from iamsite.operations import OperationError, SessionCredential, perform
from identities import signin
from identities.models import ConsoleSession
from identities.signin import SignInRefused
from tests.accounts.organizations.cast import Organization
from tests.cast import PASSWORD, Acme, allow, origin
from tests.identities.devices import device_for, wrong


def closing(acme: Any, **more: Any) -> dict[str, Any]:
    return {"AccountId": acme.id, "Password": PASSWORD, **more}


def session_of_root(acme: Acme) -> SessionCredential:
    token = signin.sign_in_root(acme.email, PASSWORD, origin("console")).token
    assert token
    return SessionCredential(token)


def proved(acme: Acme, ago: timedelta) -> None:
    """As if root's sessions had begun with MFA that long ago."""
    with transaction.atomic():
        tenancy.enter(acme.id)
        ConsoleSession.objects.of_root(acme.id).update(mfa_at=timezone.now() - ago)


def test_a_closed_account_counts_no_more_until_it_is_reactivated(acme: Acme, settings: Any) -> None:
    settings.IAMSITE_EMAIL_URL = {"EMAIL_BACKEND": "locmem"}
    acme.alice.perform("ListUsers")
    token = session_of_root(acme)
    perform(token, "CloseAccount", closing(acme), origin("console"))
    for who in (acme.alice, acme.ci):
        with pytest.raises(OperationError, match="is suspended"):
            who.perform("ListUsers")
    with pytest.raises(OperationError, match="MissingAuthenticationToken"):
        perform(token, "GetCallerIdentity", {}, origin("console"))
    with pytest.raises(SignInRefused):
        signin.sign_in_root(acme.email, PASSWORD, origin("console"))
    letters.drain()
    (letter,) = [one for one in mail.outbox if one.to == [acme.email]]
    assert letter.subject == f"The account {acme.id} was closed"
    call_command("reactivate_account", acme.id)
    acme.alice.perform("ListUsers")
    (event,) = acme.root.perform("ListEvents", EventName="CloseAccount")["Events"]
    assert PASSWORD not in str(event)


def test_only_root_closes_and_only_its_own_account(acme: Acme, evil: Any) -> None:
    for actor, params in (
        (acme.alice, closing(acme)),
        (acme.root, closing(acme, Password="wrong")),
        (acme.root, closing(evil)),
    ):
        with pytest.raises(OperationError):
            actor.perform("CloseAccount", **params)
    with pytest.raises(OperationError, match="because only the root user may"):
        acme.user("boss", allow("*")).perform("CloseAccount", **closing(acme))
    acme.alice.perform("ListUsers")


def test_root_with_a_second_factor_needs_it_again(acme: Acme) -> None:
    token = session_of_root(acme)
    device = device_for(acme)

    def close(**more: Any) -> None:
        perform(token, "CloseAccount", closing(acme, **more), origin("console"))

    proved(acme, timedelta(minutes=16))
    with pytest.raises(OperationError, match="has an MFA device"):
        close()
    given = {"SerialNumber": device.serial, "TokenCode": wrong(device.code())}
    with pytest.raises(OperationError, match="MultiFactorAuthentication failed"):
        close(**given)
    proved(acme, timedelta(minutes=14))
    close()
    with pytest.raises(OperationError, match="is suspended"):
        acme.alice.perform("ListUsers")


def test_a_code_of_the_device_will_do(acme: Acme) -> None:
    device = device_for(acme)
    acme.root.perform("CloseAccount", **closing(acme), **device.params)
    with pytest.raises(OperationError, match="is suspended"):
        acme.alice.perform("ListUsers")


def test_passwords_cannot_be_tried_by_closing(acme: Acme) -> None:
    for _ in range(5):
        with pytest.raises(OperationError, match="password was incorrect"):
            acme.root.perform("CloseAccount", **closing(acme, Password="a guess"))
    with pytest.raises(OperationError, match="password was incorrect"):
        acme.root.perform("CloseAccount", **closing(acme))


def test_the_management_account_stays_while_its_organization_does() -> None:
    organization = Organization(Acme())
    member = organization.member("leaving")
    with pytest.raises(OperationError, match="delete the organization first"):
        organization.management.root.perform("CloseAccount", **closing(organization.management))
    member.root.perform("CloseAccount", **closing(member))
    found = organization.do("DescribeAccount", AccountId=member.id)["Account"]
    assert found["Status"] == "SUSPENDED"
    wanted = {"EventName": "CloseAccount", "Outcome": "Success"}
    events = organization.management.root.perform("ListEvents", **wanted)["Events"]
    assert [event["PrincipalArn"] for event in events] == [member.root.arn]
