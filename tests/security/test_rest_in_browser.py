"""The REST face with a browser's session: what a page of another site can make a browser do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from iamsite.operations.registry import Effect, registered
from iamsite.rest.routes import ROUTES
from tests.cast import Acme
from tests.portal import Portal
from tests.security.browser import CSRF, FORM, SESSION, Answer, Browser

EVE = json.dumps({"UserName": "eve"}).encode()
JSON = {"Content-Type": "application/json"}


def users(acme: Acme) -> set[str]:
    return {one["UserName"] for one in acme.root.perform("ListUsers")["Users"]}


def test_a_page_of_the_portal_may_use_the_session(alice: Browser, acme: Acme) -> None:
    assert alice.rest("POST", "users", {"UserName": "eve"}).status == 201
    assert "eve" in users(acme)


def test_without_a_session_the_token_alone_is_nobody(browser: Browser) -> None:
    assert browser.rest("GET", "users").code == (403, "MissingAuthenticationToken")
    assert browser.rest("POST", "users", {"UserName": "eve"}).code == (
        403,
        "MissingAuthenticationToken",
    )


FORGED: dict[str, Callable[[Browser], dict[str, str]]] = {
    "no token": lambda browser: {},
    "an empty token": lambda browser: {"X-CSRFToken": ""},
    "a made-up token": lambda browser: {"X-CSRFToken": "a" * 64},
    "the token of another browser": lambda browser: {"X-CSRFToken": Browser(browser.port).csrf},
    "another origin": lambda browser: {
        "X-CSRFToken": browser.csrf,
        "Origin": "https://evil.example",
    },
    "a sandboxed page": lambda browser: {"X-CSRFToken": browser.csrf, "Origin": "null"},
    "the same host over another port": lambda browser: {
        "X-CSRFToken": browser.csrf,
        "Origin": "http://127.0.0.1:1",
    },
    "the same host over another scheme": lambda browser: {
        "X-CSRFToken": browser.csrf,
        "Origin": f"https://127.0.0.1:{browser.port}",
    },
    "a host that begins alike": lambda browser: {
        "X-CSRFToken": browser.csrf,
        "Origin": f"{browser.origin}.evil.example",
    },
}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("how", FORGED)
def test_a_page_of_another_site_changes_nothing(
    alice: Browser, acme: Acme, how: str, method: str
) -> None:
    headers = FORGED[how](alice)
    path, body = {
        "POST": ("users", EVE),
        "PUT": ("account/aliases/evil-alias", None),
        "PATCH": ("users/carol", json.dumps({"NewUserName": "eve"}).encode()),
        "DELETE": ("users/carol", None),
    }[method]
    answer = alice(method, f"/api/v1/{path}", body, {**JSON, **headers} if body else headers)
    assert answer.code == (403, "AccessDenied")
    assert answer.json["Error"]["Message"].startswith("CSRF Failed: ")
    assert users(acme) == {"alice", "bob", "carol", "ci"}


def test_no_address_that_a_link_can_reach_changes_anything() -> None:
    """A GET is not guarded by a token, so none may do more than read."""
    reading = {route.operation for route in ROUTES if route.method == "GET"}
    effects = {name: found.effect for name in reading if (found := registered(name))}
    assert {name for name, effect in effects.items() if effect is not Effect.READ} == set()


def test_nobody_else_can_read_an_answer_from_another_origin(alice: Browser) -> None:
    headers = {"Origin": "https://evil.example"}
    for method in ("GET", "OPTIONS"):
        answer = alice(method, "/api/v1/users", None, headers)
        allowing = [name for name in answer.headers if name.lower().startswith("access-control-")]
        assert allowing == []
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_method_cannot_be_overridden(alice: Browser, acme: Acme) -> None:
    token = {"X-CSRFToken": alice.csrf}
    for name in ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"):
        answer = alice("GET", "/api/v1/users/carol", None, {**token, name: "DELETE"})
        assert answer.json["User"]["UserName"] == "carol"
    for query in ("_method=DELETE", "method=DELETE", "_HttpMethod=DELETE"):
        assert alice("GET", f"/api/v1/users/carol?{query}", None, token).status == 400
        assert alice("POST", f"/api/v1/users/carol?{query}", b"{}", {**JSON, **token}).status == 405
    assert "carol" in users(acme)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        # What a form of another site can send without asking the portal first.
        (FORM, urlencode({"UserName": "eve"}).encode()),
        ("text/plain", EVE),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="UserName"\r\n\r\neve\r\n--x--\r\n'),
        ("multipart/form-data", EVE),
        ("", EVE),
        ("application/json, text/plain", EVE),
        ("text/json", EVE),
        ("application/xml", b"<UserName>eve</UserName>"),
    ],
)  # fmt: skip
def test_a_body_passes_for_json_only_when_it_says_so(
    alice: Browser, acme: Acme, content_type: str, body: bytes
) -> None:
    headers = {"X-CSRFToken": alice.csrf, "Content-Type": content_type}
    answer = alice("POST", "/api/v1/users", body, headers)
    assert answer.status in (400, 415)
    assert answer.headers["Content-Type"] == "application/json"
    assert "eve" not in users(acme)


def test_a_form_that_holds_the_token_is_still_no_json(alice: Browser, acme: Acme) -> None:
    fields = {"csrfmiddlewaretoken": alice.csrf, "UserName": "eve"}
    answer = alice("POST", "/api/v1/users", urlencode(fields).encode(), {"Content-Type": FORM})
    assert answer.code == (415, "UnsupportedMediaType")
    assert "eve" not in users(acme)


@pytest.mark.parametrize(
    ("method", "path", "body", "names"),
    [
        ("GET", "users?MaxItems=1&MaxItems=2", None, "MaxItems"),
        ("POST", "users", b'{"UserName":"eve","UserName":"eva"}', "UserName"),
        ("POST", "users?UserName=eva", b'{"UserName":"eve"}', "UserName"),
        ("PATCH", "users/carol", b'{"UserName":"bob","NewUserName":"eve"}', "UserName"),
        ("PATCH", "users/carol?UserName=bob", b'{"NewUserName":"eve"}', "UserName"),
        ("DELETE", "users/carol?UserName=bob", None, "UserName"),
        ("POST", "users", b'{"UserName":"eve","isAdmin":true}', "isAdmin"),
        ("POST", "users", b'{"UserName":"eve","AccountId":"1","UserId":"AIDA"}', "AccountId"),
        ("POST", "users", b'{"UserName":"eve","Tags":[{"Key":"a","Value":"b","X":"c"}]}', "X"),
        ("DELETE", "users/carol", b'{"UserName":"bob"}', "query string"),
    ],
)  # fmt: skip
def test_what_is_given_twice_or_is_not_asked_for_is_refused_by_name(
    alice: Browser, acme: Acme, method: str, path: str, body: bytes | None, names: str
) -> None:
    headers = {"X-CSRFToken": alice.csrf, **(JSON if body else {})}
    answer = alice(method, f"/api/v1/{path}", body, headers)
    assert answer.code[0] == 400
    assert names in answer.json["Error"]["Message"]
    assert users(acme) == {"alice", "bob", "carol", "ci"}


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1@evil.example", "127.0.0.1:80, evil.example", "", "[::1"]
)
def test_a_host_that_is_not_the_portals_is_refused(alice: Browser, acme: Acme, host: str) -> None:
    token = alice.csrf
    for path in ("/api/v1/users", "/console/", "/console/sign-in"):
        assert alice("GET", path, None, {"Host": host}).status == 400
    headers = {"Host": host, "X-CSRFToken": token, **JSON}
    assert alice("POST", "/api/v1/users", EVE, headers).status == 400
    assert "eve" not in users(acme)


def test_a_forwarded_host_is_not_believed(alice: Browser) -> None:
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = alice("GET", "/console/users", None, headers)
    assert "evil.example" not in answer.text + answer.location
    assert not answer.location.startswith("https:")


def test_a_session_is_taken_from_its_cookie_only(alice: Browser, portal: Portal) -> None:
    token = alice.cookies[SESSION]
    thief = Browser(portal.port)
    attempts: list[Answer] = [
        thief("GET", f"/api/v1/users?{SESSION}={token}"),
        thief("GET", "/api/v1/users", None, {"X-Session": token, SESSION: token}),
        thief("GET", "/api/v1/users", None, {"Cookie": f"__Host-{SESSION}={token}"}),
        thief("GET", "/api/v1/users", None, {"Cookie": f"{SESSION.upper()}={token}"}),
        thief("GET", "/api/v1/users", None, {"Cookie": f"{SESSION}={token[:-1]}"}),
        thief("GET", "/api/v1/users", None, {"Cookie": f"{SESSION}={token.lower()}"}),
        thief("GET", "/api/v1/users", None, {"Authorization": f"Bearer {token}"}),
    ]
    assert all(answer.status in (400, 403) for answer in attempts)
    assert thief("GET", "/api/v1/users", None, {"Cookie": f"{SESSION}={token}"}).status == 200


def test_a_bad_signature_is_not_made_good_by_the_session(alice: Browser) -> None:
    headers = {
        "Authorization": "AWS4-HMAC-SHA256 Credential=AKIAQQQQQQQQQQQQQQQQ/20260101/us-east-1/iam/"
        "aws4_request, SignedHeaders=host;x-amz-date, Signature=" + "0" * 64,
        "X-Amz-Date": "20260101T000000Z",
    }
    answer = alice("GET", "/api/v1/users", None, headers)
    assert answer.code == (403, "InvalidClientTokenId")


def test_the_query_face_knows_nothing_of_cookies(alice: Browser, acme: Acme) -> None:
    """Its requests need no token, so a session must not count there."""
    body = b"Action=CreateUser&Version=2010-05-08&UserName=eve"
    answer = alice("POST", "/", body, {"Content-Type": FORM})
    assert answer.status == 403
    assert b"MissingAuthenticationToken" in answer.content
    linked = alice("GET", "/?Action=CreateUser&Version=2010-05-08&UserName=eve")
    assert (linked.status, b"MissingAuthenticationToken" in linked.content) == (403, True)
    assert "eve" not in users(acme)


def test_an_answer_is_kept_by_no_cache(alice: Browser) -> None:
    answers: list[Any] = [alice("GET", "/api/v1/users"), alice("GET", "/api/v1/users/nobody")]
    answers.append(Browser(alice.port)("GET", "/api/v1/users"))
    for answer in answers:
        assert answer.headers["Cache-Control"] == "no-store"


def test_the_token_is_out_of_reach_of_scripts(browser: Browser) -> None:
    cookie = browser.get("/console/sign-in").cookies[CSRF]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
