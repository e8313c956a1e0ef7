"""How attempts come from a process's memory into the database, whatever happens meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, transaction

from accounts import tenancy
from iamsite.operations.last_access import FORGETTING, TRACKED_FOR, Key, Last, Recorder
from identities.models import LastAccess
from tests.cast import Acme
from tests.conftest import DATA, VARIABLES
from tests.portal import Portal

NOW = datetime.now(UTC)


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


@pytest.fixture
def recorder(acme: Acme) -> Iterator[Recorder]:
    made = Recorder()
    yield made
    made.flush()


def attempt(acme: Acme, principal: str, action: str = "ListUsers", service: str = "iam") -> Key:
    return Key(acme.id, principal, service, action)


def kept(acme: Acme, principal: str) -> list[tuple[str, str, datetime, str]]:
    with transaction.atomic():
        tenancy.enter(acme.id)
        rows = LastAccess.objects.of(acme.id).filter(principal_id=principal)
        return list(rows.values_list("service", "action", "at", "region").order_by("action"))


def test_the_newest_attempt_is_kept_whichever_is_written_last(
    acme: Acme, recorder: Recorder
) -> None:
    other = Recorder()
    key = attempt(acme, "AIDANEWEST", "listusers")
    recorder.note(key, Last(NOW, "eu-west-1"))
    recorder.flush()
    other.note(key, Last(NOW - timedelta(seconds=5), "us-east-1"))
    other.flush()
    assert kept(acme, key.principal) == [("iam", "ListUsers", NOW, "eu-west-1")]


def test_what_nobody_knows_is_not_kept_nor_any_text_of_the_clients(
    acme: Acme, recorder: Recorder
) -> None:
    principal = "AIDATEXTS"
    recorder.note(attempt(acme, principal, "Get\0User"), Last(NOW, "us-east-1"))
    recorder.note(attempt(acme, principal, "ListUsers"), Last(NOW, "x" * 65))
    recorder.note(attempt(acme, principal, "Anything", "nothing"), Last(NOW, "us-east-1"))
    recorder.flush()
    assert kept(acme, principal) == [
        ("iam", "", NOW, "us-east-1"),
        ("iam", "ListUsers", NOW, ""),
    ]


def test_a_flood_does_not_fill_the_memory(
    acme: Acme,
    recorder: Recorder,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(Recorder, "most", 2)
    for action in ("GetUser", "GetRole", "GetGroup", "GetUser"):
        recorder.note(attempt(acme, "AIDAFLOOD", action), Last(NOW, "us-east-1"))
    with caplog.at_level(logging.WARNING):
        recorder.flush()
    assert [action for _, action, _, _ in kept(acme, "AIDAFLOOD")] == ["GetRole", "GetUser"]
    assert "last access: 1 notes were too many at once" in caplog.messages


def test_what_cannot_be_written_is_kept_for_the_next_time(
    acme: Acme, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Recorder._write_account

    def unavailable(*_: object) -> None:
        raise OperationalError("the database is gone")

    monkeypatch.setattr(Recorder, "_write_account", unavailable)
    recorder.note(attempt(acme, "AIDALATER"), Last(NOW, "us-east-1"))
    recorder.flush()
    assert kept(acme, "AIDALATER") == []
    monkeypatch.setattr(Recorder, "_write_account", whole)
    recorder.flush()
    assert len(kept(acme, "AIDALATER")) == 1


def test_an_account_that_is_gone_keeps_nobody_elses_attempts_waiting(
    acme: Acme, recorder: Recorder
) -> None:
    recorder.note(Key("999999999999", "AIDAGONE", "iam", "GetUser"), Last(NOW, "us-east-1"))
    recorder.note(attempt(acme, "AIDATHERE"), Last(NOW, "us-east-1"))
    recorder.flush()
    assert len(kept(acme, "AIDATHERE")) == 1


def test_what_is_past_the_tracking_period_is_forgotten(acme: Acme, recorder: Recorder) -> None:
    old = Last(NOW - TRACKED_FOR - timedelta(days=1), "us-east-1")
    recorder.note(attempt(acme, "AIDAOLD", "GetUser"), old)
    recorder.note(attempt(acme, "AIDAOLD", "GetRole"), Last(NOW, "us-east-1"))
    recorder.flush()
    assert [action for _, action, _, _ in kept(acme, "AIDAOLD")] == ["GetRole"]
    assert timedelta(hours=24) > FORGETTING


def test_a_portal_that_is_stopped_has_written_everything(acme: Acme) -> None:
    olga = acme.user("olga")
    with Portal(DATA, **VARIABLES) as portal:
        olga.client("sts", portal.url).get_caller_identity()
        assert portal.stop() == 0
    with transaction.atomic():
        tenancy.enter(acme.id)
        rows = LastAccess.objects.of(acme.id).filter(service="sts", action="GetCallerIdentity")
        assert rows.count() == 1
