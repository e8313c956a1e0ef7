"""Malformed everything at a running portal: the right 4xx in under a second, nothing stored."""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from xml.etree import ElementTree

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.cast import Acme, Key, policy
from tests.portal import Portal

FORM = "application/x-www-form-urlencoded; charset=utf-8"
VERSION = "Version=2010-05-08"
Answer = tuple[int, bytes]


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


@pytest.fixture
def post(portal: Portal, acme: Acme) -> Callable[..., Answer]:
    """Sends a body to the portal, signed by Alice, and returns status and body."""
    assert acme.alice.key is not None
    key = acme.alice.key

    def send(body: bytes, content_type: str = FORM, **options: Any) -> Answer:
        return exchange(portal, key, body, content_type, **options)

    return send


def exchange(
    portal: Portal, key: Key | None, body: bytes, content_type: str = FORM, query: str = ""
) -> Answer:
    url = f"{portal.url}/{query}"
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": content_type})
    if key is not None:
        SigV4Auth(Credentials(key.id, key.secret, key.token), "iam", "us-east-1").add_auth(request)
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        connection.request("POST", f"/{query}", body, dict(request.headers.items()))
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if content:
        assert answer.headers["Content-Type"] == "text/xml"
    assert answer.headers["x-amzn-RequestId"]
    return answer.status, content


def code(answer: Answer) -> tuple[int, str]:
    found = ElementTree.fromstring(answer[1]).find("{*}Error/{*}Code")
    assert found is not None
    assert b"Traceback" not in answer[1]
    return answer[0], found.text or ""


def users(acme: Acme) -> list[str]:
    return sorted(user["UserName"] for user in acme.root.perform("ListUsers")["Users"])


def create_user(name: str | bytes, more: str = "") -> bytes:
    return f"Action=CreateUser&{VERSION}&UserName={quote(name)}{more}".encode()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (create_user(b"eve\xff"), (404, "MalformedQueryString")),
        (b"Action=CreateUser&Version=2010-05-08&UserName=eve\xff", (404, "MalformedQueryString")),
        (b"Action=CreateUser&Version=2010-05-08&UserName=eve%", (404, "MalformedQueryString")),
        (create_user("eve\0"), (400, "ValidationError")),
        (create_user(""), (400, "ValidationError")),
        (create_user("eve adams"), (400, "ValidationError")),
        (create_user("e" * 65), (400, "ValidationError")),
        (create_user("e" * 9_000_000), (400, "ValidationError")),
        (create_user("éve"), (400, "ValidationError")),
        (create_user("\u202eeve"), (400, "ValidationError")),
        (create_user("eve", "&Path=a"), (400, "ValidationError")),
        (create_user("eve", "&Path=%2Fa%00%2F"), (400, "ValidationError")),
        (create_user("eve", "&Tags=1"), (400, "MalformedInput")),
        (create_user("eve", "&Tags.member.1.Key="), (400, "ValidationError")),
        (create_user("eve", "&Tags.member.x.Key=a"), (400, "MalformedInput")),
        (
            create_user("eve", "&Tags." + ".".join(["member.1"] * 10_000) + "=a"),
            (400, "ValidationError"),
        ),
        (
            create_user("eve", "".join(f"&Tags.member.{n}.Key=k{n}" for n in range(10_000))),
            (400, "ValidationError"),
        ),
        (create_user("eve", "&a=b" * 2_000_000), (404, "MalformedQueryString")),
        (b"Action=CreateUser&Version=2010-05-08", (400, "ValidationError")),
        (f"Action=ListUsers&{VERSION}&MaxItems=x".encode(), (400, "MalformedInput")),
        (f"Action=ListUsers&{VERSION}&MaxItems=0".encode(), (400, "ValidationError")),
        (f"Action=ListUsers&{VERSION}&MaxItems=99999999999".encode(), (400, "MalformedInput")),
        (f"Action=ListUsers&{VERSION}&Marker=nonsense".encode(), (400, "ValidationError")),
        (f"Action=ListUsers&{VERSION}&Marker=%00".encode(), (400, "ValidationError")),
        (b"Action=CreateUser&Version=2011-06-15&UserName=eve", (400, "InvalidAction")),
        (b"Action=CreateUnicorn&Version=2010-05-08", (400, "InvalidAction")),
        (b"Action=CreateUser&UserName=eve", (400, "InvalidAction")),
        (b"Action=%00&Version=%00", (400, "InvalidAction")),
    ],
)  # fmt: skip
def test_malformed_parameters_are_refused_and_store_nothing(
    post: Callable[..., Answer], acme: Acme, body: bytes, expected: tuple[int, str]
) -> None:
    before = users(acme)
    assert code(post(body)) == expected
    assert users(acme) == before


DEEP = '{"a":' * 10_000 + "1" + "}" * 10_000
STATEMENT = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("", "ValidationError"),
        ("{", "MalformedPolicyDocument"),
        ("null", "MalformedPolicyDocument"),
        ("[]", "MalformedPolicyDocument"),
        ("NaN", "MalformedPolicyDocument"),
        ("9" * 100_000, "MalformedPolicyDocument"),
        ("[" * 10_000, "MalformedPolicyDocument"),
        ("[" * 10_000 + "]" * 10_000, "MalformedPolicyDocument"),
        (DEEP, "MalformedPolicyDocument"),
        (policy({**STATEMENT, "Effect": "Perhaps"}), "MalformedPolicyDocument"),
        (policy({**STATEMENT, "Action": "\ud800"}), "MalformedPolicyDocument"),
        (policy({**STATEMENT, "Principal": "*"}), "MalformedPolicyDocument"),
        (policy(STATEMENT) + "\0", "ValidationError"),
        (policy(STATEMENT) + "\u20ac", "ValidationError"),
        (policy(STATEMENT) + " " * 131_072, "ValidationError"),
        (policy(STATEMENT) + " " * 9_000_000, "ValidationError"),
    ],
)
def test_a_policy_that_aws_would_refuse_is_refused_and_not_stored(
    post: Callable[..., Answer], acme: Acme, document: str, expected: str
) -> None:
    params = {"UserName": "bob", "PolicyName": "bad", "PolicyDocument": document}
    body = urlencode({"Action": "PutUserPolicy", "Version": "2010-05-08", **params}).encode()
    assert code(post(body)) == (400, expected)
    assert acme.root.perform("ListUserPolicies", UserName="bob")["PolicyNames"] == []


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data"])
def test_a_wrong_content_type_is_refused(
    post: Callable[..., Answer], acme: Acme, content_type: str
) -> None:
    before = users(acme)
    assert code(post(create_user("eve"), content_type)) == (400, "MissingAction")
    assert users(acme) == before


def test_a_body_over_ten_megabytes_is_refused(post: Callable[..., Answer], acme: Acme) -> None:
    before = users(acme)
    assert post(create_user("eve", "&x=" + "x" * 10_000_000)) == (413, b"")
    assert users(acme) == before


def test_an_unsigned_request_is_refused(portal: Portal, acme: Acme) -> None:
    before = users(acme)
    answer = exchange(portal, None, create_user("eve"))
    assert code(answer) == (403, "MissingAuthenticationToken")
    assert users(acme) == before


def test_repeated_and_unknown_parameters_are_the_first_and_nothing(
    post: Callable[..., Answer], acme: Acme
) -> None:
    status, body = post(create_user("first", "&UserName=second&Nonsense=1&PathPrefix=x"))
    assert status == 200
    assert b"<UserName>first</UserName>" in body
    assert "second" not in users(acme)


def test_a_broken_query_string_is_refused(post: Callable[..., Answer]) -> None:
    assert code(post(create_user("eve"), query="?a=%zz")) == (404, "MalformedQueryString")


def raw(portal: Portal, head: bytes, body: bytes = b"") -> bytes:
    """The first line that answers bytes sent as they are."""
    import socket

    with socket.create_connection(("127.0.0.1", portal.port), timeout=5) as connection:
        connection.sendall(head.replace(b"\n", b"\r\n") + body)
        answer = connection.recv(65_536)
    return answer.partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "head",
    [
        b"POST / HTTP/1.1\nHost: a\nContent-Length: -1\n\n",
        b"POST / HTTP/1.1\nHost: a\nContent-Length: x\n\n",
        b"POST / HTTP/1.1\nHost: a\nContent-Length: 1\nContent-Length: 2\n\n",
        b"POST / HTTP/1.1\nHost: a\nX-Nul: a\0b\nContent-Length: 0\n\n",
        b"POST /\xff HTTP/1.1\nHost: a\nContent-Length: 0\n\n",
        b"nonsense\n\n",
    ],
)
def test_what_is_not_http_is_a_4xx_and_no_failure(portal: Portal, head: bytes) -> None:
    assert b" 4" in raw(portal, head)[:12]
