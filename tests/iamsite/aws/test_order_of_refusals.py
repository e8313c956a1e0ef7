"""Of all that is wrong with a request the first is told (api-behaviour.md §2.3).

Each row mends one fault of the row before it, and still has all the later ones.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from iamsite.aws.face import Face
from iamsite.operations import perform
from iamsite.signing import utc_now
from tests.cast import Acme, Key, origin, trust
from tests.iamsite.aws.wire import change_authorization, environ, get_user, send, signed

NO_KEY = Key("AKIAIOSFODNN7EXAMPLE", "x" * 40, "no token")
BAD = get_user(UserName="u" * 129)
NOBODY = get_user(UserName="nobody")


def wrong(key: Key) -> Key:
    return Key(key.id, "x" * 40, key.token)


def asked(params: dict[str, str], key: Key = NO_KEY, **more: Any) -> dict[str, Any]:
    return signed(params, key_id=key.id, secret=key.secret, token=key.token, **more)


@pytest.fixture(scope="module")
def rows(database: None) -> list[tuple[str, dict[str, Any]]]:
    acme = Acme()
    assert acme.alice.key is not None
    assert acme.carol.key is not None

    def session(role: str, ago: timedelta = timedelta(0)) -> Key:
        arn = acme.role(role, trust(acme.arn("root")))
        params = {"RoleArn": arn, "RoleSessionName": "session", "DurationSeconds": 900}
        then = datetime.now(UTC) - ago
        made = perform(acme.alice.credential, "AssumeRole", params, origin(), now=then)
        return Key.of(made["Credentials"])

    old, orphan, alive = session("Old", timedelta(hours=2)), session("Orphan"), session("Alive")
    for name in ("Old", "Orphan"):
        acme.root.perform("DeleteRole", RoleName=name)
    limited = Key.of(acme.carol.perform("GetSessionToken")["Credentials"])
    fly = {"Action": "Fly", "Version": "2010-05-08"}
    return [
        ("InvalidAction", environ("GET", f"http://portal.example.test/?{query(fly)}")),
        ("MissingAuthenticationToken", environ("GET", f"http://portal.example.test/?{query(BAD)}")),
        (
            "IncompleteSignature",
            change_authorization(asked(BAD, service="s3"), "Credential=[^,]+", "Credential=a/b"),
        ),
        ("SignatureDoesNotMatch", asked(BAD, service="s3")),
        ("InvalidClientTokenId", asked(BAD)),
        ("InvalidClientTokenId", asked(BAD, Key(old.id, "x" * 40, alive.token))),
        ("ExpiredToken", asked(BAD, wrong(old))),
        ("InvalidClientTokenId", asked(BAD, wrong(orphan))),
        ("SignatureDoesNotMatch", asked(BAD, wrong(limited))),
        ("InvalidClientTokenId", asked(BAD, limited)),
        ("ValidationError", asked(BAD, acme.carol.key)),
        ("AccessDenied", asked(NOBODY, acme.carol.key)),
        ("NoSuchEntity", asked(NOBODY, acme.alice.key)),
    ]


def query(params: dict[str, str]) -> str:
    return "&".join(f"{name}={value}" for name, value in params.items())


@pytest.mark.parametrize("number", range(13))
def test_the_first_fault_is_told(rows: list[tuple[str, dict[str, Any]]], number: int) -> None:
    code, request = rows[number]
    assert send(Face(perform, utc_now), request).error[1] == code


def test_the_clock_is_looked_at_only_after_the_key(rows: list[tuple[str, dict[str, Any]]]) -> None:
    def at(number: int) -> tuple[int, str, str]:
        face = Face(perform, lambda: datetime.now(UTC) + timedelta(hours=1))
        request = rows[number][1]
        request["wsgi.input"].seek(0)
        return send(face, request).error

    assert at(4)[1] == "InvalidClientTokenId"
    assert at(8)[2].startswith("Signature expired: ")
