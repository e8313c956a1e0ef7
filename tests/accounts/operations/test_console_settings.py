"""How long console sessions last: an account may want less than the installation allows."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F

from accounts import tenancy
from iamsite.operations import OperationError, SessionCredential, perform
from identities import signin
from identities.models import ConsoleSession
from tests.cast import PASSWORD, Acme, Evil, origin

HOUR = 3600


def sign_in(acme: Acme) -> SessionCredential:
    token = signin.sign_in_root(acme.email, PASSWORD, origin("console")).token
    assert token
    return SessionCredential(token)


def lasts(token: SessionCredential) -> timedelta:
    (found,) = (
        one
        for one in perform(token, "ListConsoleSessions", {}, origin("console"))["ConsoleSessions"]
        if one["IsCurrent"]
    )
    length: timedelta = found["ExpirationDate"] - found["CreateDate"]
    return length


def test_the_installations_lengths_hold_until_an_account_sets_its_own(acme: Acme) -> None:
    most = {
        "MaxSessionDuration": settings.CONSOLE_SESSION_SECONDS,
        "MaxIdleTimeout": settings.CONSOLE_SESSION_IDLE_SECONDS,
    }
    assert acme.root.perform("GetConsoleSettings") == {
        "SessionDuration": settings.CONSOLE_SESSION_SECONDS,
        "IdleTimeout": settings.CONSOLE_SESSION_IDLE_SECONDS,
        **most,
    }
    acme.root.perform("UpdateConsoleSettings", SessionDuration=2 * HOUR)
    acme.root.perform("UpdateConsoleSettings", IdleTimeout=600)
    assert acme.root.perform("GetConsoleSettings") == {
        "SessionDuration": 2 * HOUR,
        "IdleTimeout": 600,
        **most,
    }


def test_sessions_that_begin_later_and_those_that_have_begun_follow_it(
    acme: Acme, evil: Evil
) -> None:
    begun, strangers = sign_in(acme), sign_in(evil)  # type: ignore[arg-type]
    acme.root.perform("UpdateConsoleSettings", SessionDuration=HOUR)
    assert lasts(begun) == timedelta(hours=1)
    assert lasts(sign_in(acme)) == timedelta(hours=1)
    assert lasts(strangers).total_seconds() == settings.CONSOLE_SESSION_SECONDS
    acme.root.perform("UpdateConsoleSettings", SessionDuration=2 * HOUR)
    assert lasts(begun) == timedelta(hours=1)


def test_a_silent_browser_is_signed_out_by_its_own_accounts_time(acme: Acme, evil: Evil) -> None:
    silent, strangers = sign_in(acme), sign_in(evil)  # type: ignore[arg-type]
    acme.root.perform("UpdateConsoleSettings", IdleTimeout=300)
    for account in (acme, evil):
        with transaction.atomic():
            tenancy.enter(account.id)
            rows = ConsoleSession.objects.of_root(account.id)
            rows.update(seen_at=F("seen_at") - timedelta(seconds=301))
    assert acme.root.perform("ListConsoleSessions")["ConsoleSessions"] == []
    with pytest.raises(OperationError, match="MissingAuthenticationToken"):
        perform(silent, "GetCallerIdentity", {}, origin("console"))
    perform(strangers, "GetCallerIdentity", {}, origin("console"))


def test_no_account_sets_more_than_the_installation_allows(acme: Acme) -> None:
    for wrong in (
        {"SessionDuration": 43_201},
        {"SessionDuration": 899},
        {"IdleTimeout": settings.CONSOLE_SESSION_IDLE_SECONDS + 1},
    ):
        with pytest.raises(OperationError, match=r"must be at most|Member must have value"):
            acme.root.perform("UpdateConsoleSettings", **wrong)
    with pytest.raises(OperationError, match="AccessDenied"):
        acme.carol.perform("UpdateConsoleSettings", IdleTimeout=300)
