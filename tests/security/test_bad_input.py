"""Malformed everything at the REST face: the right 4xx in under a second, nothing stored.

The Query face's part is in tests/iamsite/aws/test_bad_input.py, the console's in test_pages.py.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.cast import Acme
from tests.iamsite.rest.client import Answer, Client
from tests.portal import Portal

DOCUMENT = "users/carol/inline-policies/bad"


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def rest(acme: Acme, portal: Portal) -> Client:
    """Alice's client, at a portal that has answered before: a first answer loads the models."""
    client = Client(portal.url, acme.alice.key)
    for _ in range(8):
        client("PUT", DOCUMENT, {"PolicyDocument": {}})
    return client


def state(acme: Acme) -> str:
    return json.dumps(acme.root.perform("GetAccountAuthorizationDetails"), default=str)


def timed(rest: Client, method: str, path: str, body: Any = None, **options: Any) -> Answer:
    started = time.perf_counter()
    answer = rest(method, path, body, **options)
    assert time.perf_counter() - started < 1, path
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.body) == {"Error", "RequestId"}
    assert "Traceback" not in str(answer.body)
    assert ".py" not in answer.message
    return answer


def nested(depth: int, inner: str) -> bytes:
    return b'{"PolicyDocument":' + b'{"a":' * depth + inner.encode() + b"}" * depth + b"}"


BODIES: list[tuple[str, str, bytes, int]] = [
    ("PUT", DOCUMENT, nested(10_000, "1"), 400),
    ("PUT", DOCUMENT, nested(900, "1"), 400),
    ("PUT", DOCUMENT, nested(900, '"\\ud800"'), 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":' + b"[" * 10_000, 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":{"a":NaN}}', 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":{"a":1e999}}', 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":{"a":%s}}' % (b"9" * 100_000), 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":{"a":1,"a":2}}', 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":"{\\"a\\":1,\\"a\\":2}"}', 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":"\\u0000"}', 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":null}', 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":[]}', 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":"' + b"x" * 9_000_000 + b'"}', 400),
    ("PUT", DOCUMENT, b'{"PolicyDocument":{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}}', 400),
    ("POST", "users", b'{"\\ud800":"x"}', 400),
    ("POST", "users", b'{"UserName":"\\ud800"}', 400),
    ("POST", "users", b'{"UserName":"a","Tags":[{"Key":"k","Value":"\\udfff\\ud800"}]}', 400),
    ("POST", "users", b'{"UserName":"e\\u0000ve"}', 400),
    ("POST", "users", b'{"UserName":"' + b"e" * 9_000_000 + b'"}', 400),
    ("POST", "users", b'{"UserName":"\\u202eeve"}', 400),
    ("POST", "users", '{"UserName":"\u0435ve"}'.encode(), 400),  # a Cyrillic e
    ("POST", "users", b'\xef\xbb\xbf{"UserName":"eve"}', 400),
    ("POST", "users", '{"UserName":"eve"}'.encode("utf-16"), 400),
    ("POST", "users", b'{"UserName":"eve"} x', 400),
    ("POST", "users", b'{"UserName":"eve",}', 400),
    ("POST", "users", b"{'UserName':'eve'}", 400),
    ("POST", "users", b'{"UserName":"eve"/**/}', 400),
    ("POST", "users", b'{"__proto__":{"x":1},"UserName":"eve"}', 400),
    ("POST", "users", b'{"UserName":{"$ne":null}}', 400),
    ("POST", "users", b'{"UserName":["eve"]}', 400),
    ("POST", "users", b'{"UserName":true}', 400),
    ("POST", "users", b'{"UserName":"eve","Tags":{"Key":"a","Value":"b"}}', 400),
    ("POST", "users", b'{"UserName":"eve","Tags":[[[[]]]]}', 400),
    ("POST", "users", b'{"UserName":"eve","Tags":[%s{}]}' % (b"{}," * 100_000), 400),
    ("POST", "users", b'{"UserName":"eve","Tags":[%s]}' % b",".join(b'{"Key":"k%d","Value":""}' % n for n in range(10_000)), 400),
    ("POST", "roles", b'{"RoleName":"r","AssumeRolePolicyDocument":{},"MaxSessionDuration":1e3}', 400),
    ("POST", "roles", b'{"RoleName":"r","AssumeRolePolicyDocument":{},"MaxSessionDuration":99999999999999999999}', 400),
    ("POST", "user/password", b'{"OldPassword":"x","NewPassword":"\\u0000\\u0000\\u0000"}', 400),
    ("POST", "simulations/custom", b'{"PolicyInputList":["%s"],"ActionNames":["a:b"]}' % (b"[" * 10_000), 400),
    ("POST", "sessions/role", b'{"RoleArn":"arn:aws:iam::%s:role/x","RoleSessionName":"abc"}' % ("\u0661" * 12).encode(), 403),
    ("POST", "sessions/role", b'{"RoleArn":"\\ud800","RoleSessionName":"\\ud800"}', 400),
]  # fmt: skip


@pytest.mark.parametrize(
    ("method", "path", "body", "status"), BODIES, ids=lambda value: repr(value)[:48]
)
def test_a_malformed_body_is_refused_and_stores_nothing(
    rest: Client, acme: Acme, method: str, path: str, body: bytes, status: int
) -> None:
    before = state(acme)
    assert timed(rest, method, path, raw=body).status == status
    assert state(acme) == before


ADDRESSES = [
    ("GET", "users/%00", 400),
    ("GET", "users/%FF", 403),  # not UTF-8: nobody can have signed that
    ("GET", "users/%F0%9F%92%A9", 400),
    ("GET", "users/%C3%A9", 400),
    ("GET", "users/%E2%80%AEeve", 400),
    ("GET", f"users/{'a' * 5000}", 400),
    ("GET", "users/a%20b", 400),
    ("GET", "users/..%2Froot", 403),  # what is signed leaves the dots out
    ("GET", "nowhere", 404),
    ("GET", "users/carol/", 404),
    ("GET", "users?Marker=%00", 400),
    ("GET", "users?Marker=%FF", 404),
    ("GET", "users?Marker=" + "A" * 2000, 400),
    ("GET", "users?MaxItems=%00", 400),
    ("GET", "users?MaxItems=%D9%A1", 400),  # the digit one of another script
    ("GET", "users?MaxItems=1_0", 400),
    ("GET", "users?MaxItems=" + "9" * 5000, 400),
    ("GET", "users?MaxItems=-1", 400),
    ("GET", "users?PathPrefix=%FF", 404),
    ("GET", "users?PathPrefix=%00", 400),
    ("GET", "users?format=xml", 400),
    ("GET", "users?%ED%A0%80=1", 404),
    ("GET", "users?" + "&".join(f"a{n}=1" for n in range(3000)), 400),
    ("GET", "policies/arn:aws:iam::%00:policy/x", 400),
    ("GET", "policies/arn:aws:iam::123456789012:policy/%F0%9F%92%A9", 403),
    ("DELETE", "users/carol/tags?TagKeys=%00", 400),
    ("PUT", "account/aliases/A%00", 400),
]


@pytest.mark.parametrize(
    ("method", "path", "status"), ADDRESSES, ids=lambda value: repr(value)[:40]
)
def test_a_malformed_address_is_refused_and_stores_nothing(
    rest: Client, acme: Acme, method: str, path: str, status: int
) -> None:
    before = state(acme)
    assert timed(rest, method, path).status == status
    assert state(acme) == before


def test_an_answer_in_another_format_is_not_to_be_had(rest: Client, portal: Portal) -> None:
    from tests.security.browser import Browser

    for accept in ("application/xml", "text/html", "\xff", "nonsense", "*/*;q=x", "a" * 5000):
        answer = Browser(portal.port)("GET", "/api/v1/users", None, {"Accept": accept})
        assert answer.status in (403, 406), accept
        assert answer.headers["Content-Type"] == "application/json"


def test_a_body_over_ten_megabytes_gets_its_answer_though_all_of_it_was_sent(rest: Client) -> None:
    answer = rest("POST", "users", raw=b'{"UserName":"' + b"x" * 30_000_000 + b'"}')
    assert answer.error == (413, "RequestTooLarge")
