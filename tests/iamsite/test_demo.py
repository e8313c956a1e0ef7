"""`manage.py demo`: a believable organisation, made by operations alone."""

from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from iamsite.demo.organisation import ORGANISATIONS, PRODUCTION, PRODUCTION_ACCOUNT
from iamsite.operations import perform
from iamsite.operations.caller import Command
from tests.cast import origin


def ask(operation: str, **params: object) -> dict:
    return perform(Command(PRODUCTION), operation, params, origin())


def test_the_demo_fills_accounts_that_have_a_past(database: None) -> None:
    said = StringIO()
    call_command("demo", "--replace", stdout=said)
    assert "5 accounts filled by " in said.getvalue()
    users = ask("ListUsers")["Users"]
    assert len(users) == sum(1 for _user in PRODUCTION_ACCOUNT.users)
    ages = [timezone.now() - user["CreateDate"] for user in users]
    assert min(ages) > timedelta(days=25)
    assert max(ages) > timedelta(days=300)
    summary = ask("GetAccountSummary")["SummaryMap"]
    assert summary["MFADevicesInUse"] == 5
    assert ask("VerifyTrail")["Intact"] is True
    accounts = ask("organizations:ListAccounts")["Accounts"]
    assert len(accounts) == len(ORGANISATIONS) - 1  # the partner is a company of its own
    refused = ask("ListEvents", Outcome="Failure")["Events"]
    assert {event["Outcome"] for event in refused} == {"AccessDenied"}
    asked = ask("ListDelegationRequests")["DelegationRequests"]
    assert {one["State"] for one in asked} == {"ASSIGNED", "PENDING_APPROVAL"}
    roles = ask("ListRoleSummaries")["RoleSummaries"]
    seen = [one["RoleLastUsed"].get("LastUsedDate") for one in roles]
    assert None in seen
    assert max(filter(None, seen)) < timezone.now() - timedelta(minutes=5)
    came = ask("ListEvents", EventName="ConsoleLogin")["Events"]
    assert {event["Outcome"] for event in came} == {"Success", "AccessDenied"}
