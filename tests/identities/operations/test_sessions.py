"""Console sessions: seen and ended by their owner, and by whoever is allowed to."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from iamsite.operations import OperationError, SessionCredential, perform, permitted
from identities import signin
from identities.models import ConsoleSession
from tests.cast import PASSWORD, Acme, Evil, allow, origin

USER_PASSWORD = "Correct-Horse-7"


class Browser:
    """A signed-in browser of a user, or of root for None."""

    def __init__(self, acme: Acme, user: str | None = "carol") -> None:
        at = origin("console", source_ip="192.0.2.7", user_agent="Browser/1")
        if user is None:
            token = signin.sign_in_root(acme.email, PASSWORD, at).token
        else:
            token = signin.sign_in_user(acme.id, user, USER_PASSWORD, at).token
        self.credential = SessionCredential(token)

    def perform(self, name: str, **params: Any) -> dict[str, Any]:
        return perform(self.credential, name, params, origin("console"))

    @property
    def id(self) -> str:
        (own,) = (one for one in self.sessions() if one["IsCurrent"])
        return str(own["SessionId"])

    def sessions(self, **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.perform("ListConsoleSessions", **params)[
            "ConsoleSessions"
        ]
        return found

    @property
    def is_over(self) -> bool:
        try:
            self.perform("GetCallerIdentity")
        except OperationError as error:
            assert error.code == "MissingAuthenticationToken"
            return True
        return False


@pytest.fixture
def acme(acme: Acme) -> Acme:
    for name in ("alice", "carol"):
        acme.root.perform("CreateLoginProfile", UserName=name, Password=USER_PASSWORD)
    return acme


def test_a_user_sees_its_own_without_any_permission(acme: Acme) -> None:
    first, second = Browser(acme), Browser(acme)
    Browser(acme, "alice")
    newest, oldest = first.sessions()
    assert (newest["IsCurrent"], oldest["IsCurrent"]) == (False, True)
    assert {key: oldest[key] for key in ("PrincipalArn", "UserName", "SourceIPAddress")} == {
        "PrincipalArn": acme.carol.arn,
        "UserName": "carol",
        "SourceIPAddress": "192.0.2.7",
    }
    assert (oldest["UserAgent"], oldest["MFAUsed"]) == ("Browser/1", False)
    assert oldest["CreateDate"] <= oldest["LastSeenDate"] < oldest["ExpirationDate"]
    assert second.sessions()[0]["IsCurrent"] is True


def test_a_user_ends_its_own_without_any_permission(acme: Acme) -> None:
    lost, kept = Browser(acme), Browser(acme)
    kept.perform("EndConsoleSession", SessionId=lost.id)
    assert lost.is_over
    assert not kept.is_over
    kept.perform("EndConsoleSession", SessionId=kept.id)
    assert kept.is_over


def test_its_access_key_sees_and_ends_them_too(acme: Acme) -> None:
    browser = Browser(acme)
    (session,) = acme.carol.perform("ListConsoleSessions")["ConsoleSessions"]
    acme.carol.perform("EndConsoleSession", SessionId=session["SessionId"])
    assert browser.is_over


def test_anothers_need_permission_on_that_user(acme: Acme) -> None:
    alice = Browser(acme, "alice")
    for operation, params in (
        ("ListConsoleSessions", {"UserName": "alice"}),
        ("ListConsoleSessions", {"AllUsers": True}),
        ("EndConsoleSession", {"SessionId": alice.id}),
    ):
        with pytest.raises(OperationError, match=f"portal:{operation}"):
            acme.carol.perform(operation, **params)
        assert not permitted(acme.carol.credential, [(operation, params)], origin())[0]
    assert not alice.is_over
    actions = ("portal:ListConsoleSessions", "portal:EndConsoleSession")
    dan = acme.user("dan", allow(*actions, resource=acme.alice.arn))
    (seen,) = dan.perform("ListConsoleSessions", UserName="alice")["ConsoleSessions"]
    carol = Browser(acme)
    with pytest.raises(OperationError, match="AccessDenied"):
        dan.perform("EndConsoleSession", SessionId=carol.id)
    dan.perform("EndConsoleSession", SessionId=seen["SessionId"])
    assert alice.is_over


def test_an_administrator_sees_all_and_ends_all_but_roots(acme: Acme) -> None:
    carol, root = Browser(acme), Browser(acme, None)
    every = acme.alice.perform("ListConsoleSessions", AllUsers=True)["ConsoleSessions"]
    assert [one["PrincipalArn"] for one in every] == [acme.root.arn, acme.carol.arn]
    assert "UserName" not in every[0]
    acme.alice.perform("EndConsoleSession", SessionId=carol.id)
    assert carol.is_over
    with pytest.raises(OperationError) as caught:
        acme.alice.perform("EndConsoleSession", SessionId=root.id)
    assert (caught.value.code, caught.value.message) == (
        "AccessDenied",
        "Only the root user may end a session of the root user.",
    )
    assert not root.is_over


def test_root_ends_its_own_and_everybodys(acme: Acme) -> None:
    carol, other, root = Browser(acme), Browser(acme, None), Browser(acme, None)
    for browser in (carol, other):
        root.perform("EndConsoleSession", SessionId=browser.id)
        assert browser.is_over
    assert [one["PrincipalArn"] for one in root.sessions()] == [acme.root.arn]


def test_a_session_of_another_account_is_not_there(acme: Acme, evil: Evil) -> None:
    carol = Browser(acme)
    for session_id in (carol.id, "1" * 18):
        with pytest.raises(OperationError) as caught:
            evil.root.perform("EndConsoleSession", SessionId=session_id)
        assert (caught.value.code, caught.value.status, caught.value.message) == (
            "NoSuchEntity",
            404,
            f"The console session with id {session_id} cannot be found.",
        )
    assert not carol.is_over
    assert evil.root.perform("ListConsoleSessions", AllUsers=True)["ConsoleSessions"] == []


def test_what_is_not_there_is_told_only_to_who_may_end_it(acme: Acme) -> None:
    with pytest.raises(OperationError, match="AccessDenied"):
        acme.carol.perform("EndConsoleSession", SessionId="1" * 18)


@pytest.mark.parametrize("session_id", ["", "x", "-1", "1" * 19, "1e3"])
def test_what_is_no_id_is_refused(acme: Acme, session_id: str) -> None:
    with pytest.raises(OperationError, match="ValidationError"):
        acme.root.perform("EndConsoleSession", SessionId=session_id)


def test_sessions_that_are_over_are_not_listed(acme: Acme, settings: Any) -> None:
    first, second, third = Browser(acme), Browser(acme), Browser(acme)
    idle = timedelta(seconds=settings.CONSOLE_SESSION_IDLE_SECONDS)
    for browser, values in (
        (first, {"expires_at": timezone.now()}),
        (second, {"seen_at": timezone.now() - idle}),
    ):
        number = browser.id
        with transaction.atomic():
            tenancy.enter(acme.id)
            ConsoleSession.objects.filter(id=number).update(**values)
    assert [one["IsCurrent"] for one in third.sessions()] == [True]


def test_the_list_comes_in_pages(acme: Acme) -> None:
    browsers = [Browser(acme) for _ in range(5)]
    page = browsers[0].perform("ListConsoleSessions", MaxItems=2)
    seen = [one["SessionId"] for one in page["ConsoleSessions"]]
    while page["IsTruncated"]:
        page = browsers[0].perform("ListConsoleSessions", MaxItems=2, Marker=page["Marker"])
        seen += [one["SessionId"] for one in page["ConsoleSessions"]]
    assert seen == [browser.id for browser in reversed(browsers)]
