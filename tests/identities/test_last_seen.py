"""When users were last seen and their oldest active keys, as the database keeps both."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.backends.utils import CursorWrapper

from accounts import tenancy
from identities import signin
from identities.models import AccessKey, User
from identities.models.principals import NEVER_SEEN, NO_ACTIVE_KEY
from identities.signin import SignedIn
from tests.cast import Acme, Actor, Key, allow, origin

EARLY = datetime(2020, 1, 1, tzinfo=UTC)
PASSWORD = "Correct horse battery 1"
MIGRATION = import_module("identities.migrations.0026_users_by_use")


def kept(acme: Acme, name: str = "dora") -> tuple[datetime, datetime]:
    """When the user was last seen, and its oldest active key made."""
    with transaction.atomic():
        tenancy.enter(acme.id)
        user = User.objects.of(acme.id).get(name=name)
    return user.seen_at, user.oldest_key_at


def date_key(acme: Acme, number: str, **values: Any) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        AccessKey.objects.of(acme.id).filter(id=number).update(**values)


def last_use(acme: Acme, actor: Actor) -> datetime | None:
    assert actor.key is not None
    told = acme.root.perform("GetAccessKeyLastUsed", AccessKeyId=actor.key.id)
    return told["AccessKeyLastUsed"].get("LastUsedDate")


class TestWhatIsKept:
    def test_it_follows_the_keys_and_the_sign_ins_of_the_user(self, acme: Acme) -> None:
        dora = acme.user("dora", allow("*"))
        assert dora.key is not None
        older, who = dora.key.id, {"UserName": "dora"}
        date_key(acme, older, created_at=EARLY)
        made = acme.root.perform("CreateAccessKey", **who)["AccessKey"]
        newer = Key.of(made)
        assert kept(acme) == (NEVER_SEEN, EARLY)

        of_older = {**who, "AccessKeyId": older}
        acme.root.perform("UpdateAccessKey", **of_older, Status="Inactive")
        assert kept(acme) == (NEVER_SEEN, made["CreateDate"])
        acme.root.perform("UpdateAccessKey", **of_older, Status="Active")
        assert kept(acme) == (NEVER_SEEN, EARLY)

        dora.perform("GetUser")
        used = last_use(acme, dora)
        assert kept(acme) == (used, EARLY)
        date_key(acme, newer.id, last_used_at=EARLY + timedelta(days=2))
        date_key(acme, older, last_used_at=EARLY + timedelta(days=1))
        assert kept(acme) == (EARLY + timedelta(days=2), EARLY)
        acme.root.perform("DeleteAccessKey", **who, AccessKeyId=newer.id)
        assert kept(acme) == (EARLY + timedelta(days=1), EARLY)

        acme.root.perform("CreateLoginProfile", **who, Password=PASSWORD)
        signin.sign_in_user(acme.id, "dora", PASSWORD, origin("console"))
        signed_in = acme.root.perform("GetUser", **who)["User"]["PasswordLastUsed"]
        assert kept(acme) == (signed_in, EARLY)
        acme.root.perform("DeleteAccessKey", **of_older)
        assert kept(acme) == (signed_in, NO_ACTIVE_KEY)

        acme.root.perform("DeleteLoginProfile", **who)
        acme.root.perform("DeleteUserPolicy", **who, PolicyName="p0")
        acme.root.perform("DeleteUser", **who)
        acme.root.perform("CreateUser", **who)
        assert kept(acme) == (NEVER_SEEN, NO_ACTIVE_KEY)

    def test_it_is_found_out_for_the_users_that_were_there_before(self, acme: Acme) -> None:
        dora = acme.user("dora", allow("*"))
        acme.root.perform("CreateUser", UserName="eve")
        dora.perform("GetUser")
        before = kept(acme), kept(acme, "eve")
        assert before[0] > before[1]
        with connections["owner"].cursor() as cursor:
            cursor.execute(
                "UPDATE identities_user SET keys_used_at = NULL, oldest_key_at = DEFAULT"
                " WHERE account_id = %s",
                [acme.id],
            )
            assert kept(acme) == kept(acme, "eve") == (NEVER_SEEN, NO_ACTIVE_KEY)
            cursor.execute(MIGRATION.KEYS_SO_FAR)
        assert (kept(acme), kept(acme, "eve")) == before


@contextmanager
def held(acme: Acme, table: str) -> Iterator[CursorWrapper]:
    """Another connection, which holds the account's rows of `table`."""
    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute(f"SELECT FROM {table} WHERE account_id = %s FOR UPDATE", [acme.id])
        yield cursor


@pytest.fixture
def impatient() -> Iterator[None]:
    """Whoever waits for a row fails at once."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '1ms'")
    yield
    connection.close()


class TestWhoWaits:
    @pytest.mark.usefixtures("impatient")
    @pytest.mark.parametrize("table", ["identities_user", "identities_accesskey"])
    def test_a_call_waits_for_nobody_to_note_the_use_of_its_key(
        self, acme: Acme, table: str
    ) -> None:
        carol = acme.carol
        with held(acme, table):
            carol.perform("GetCallerIdentity")
            assert last_use(acme, carol) is None
        assert kept(acme, "carol")[0] == NEVER_SEEN
        carol.perform("GetCallerIdentity")
        assert kept(acme, "carol")[0] == last_use(acme, carol) is not None

    @pytest.mark.parametrize("is_temporary", [False, True])
    def test_who_signs_in_holds_nothing_that_a_call_may_want_while_waiting_for_its_user(
        self, acme: Acme, is_temporary: bool
    ) -> None:
        acme.user("dora")
        acme.root.perform(
            "CreateLoginProfile",
            UserName="dora",
            Password=PASSWORD,
            PasswordResetRequired=is_temporary,
        )
        act = partial(signin.sign_in_user, acme.id, "dora", PASSWORD, origin("console"))
        if is_temporary:
            challenge = act().challenge
            act = partial(signin.change_password, challenge, f"{PASSWORD}2", origin("console"))
        with ThreadPoolExecutor(1) as pool, held(acme, "identities_user") as another:
            signing_in = pool.submit(closing_connection, act)
            while not is_waited_for(another):
                assert not signing_in.done()
            for table in ("identities_loginprofile", "accounts_trailhead"):
                another.execute(
                    f"SELECT FROM {table} WHERE account_id = %s FOR UPDATE NOWAIT", [acme.id]
                )
        assert signing_in.result().token


def is_waited_for(cursor: CursorWrapper) -> bool:
    """Whether anybody waits for what the connection holds."""
    cursor.execute(
        "SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    )
    return cursor.fetchone() is not None


def closing_connection(act: Callable[[], SignedIn]) -> SignedIn:
    try:
        return act()
    finally:
        connection.close()
