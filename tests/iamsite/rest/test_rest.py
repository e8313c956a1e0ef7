"""The REST face: the same operations, JSON in and out, errors that say what would be right."""

import json
import re
from typing import Any
from urllib.parse import quote

import pytest

from iamsite.operations.models import operation_model
from iamsite.operations.registry import all_registered
from iamsite.rest.openapi import openapi
from iamsite.rest.routes import ROUTES
from tests.cast import Key, allow
from tests.iamsite.rest.client import Client


@pytest.fixture
def alice(acme, portal) -> Client:
    return Client(portal.url, acme.alice.key)


def test_a_user_is_made_read_listed_renamed_and_deleted(alice, acme) -> None:
    made = alice("POST", "users", {"UserName": "dora", "Tags": [{"Key": "team", "Value": "sea"}]})
    assert made.status == 201
    assert made.body["User"]["Arn"] == acme.arn("user/dora")
    assert alice("GET", "users/dora").body["User"]["Tags"] == [{"Key": "team", "Value": "sea"}]
    listed = alice("GET", "users").body
    assert [user["UserName"] for user in listed["Users"]] == ["alice", "bob", "carol", "ci", "dora"]
    assert listed["IsTruncated"] is False
    assert alice("PATCH", "users/dora", {"NewUserName": "dorothy"}).status == 204
    assert alice("DELETE", "users/dorothy").status == 204
    assert alice("GET", "users/dorothy").error == (404, "NoSuchEntity")


def test_a_list_is_paged_by_marker(alice) -> None:
    first = alice("GET", "users?MaxItems=3").body
    assert first["IsTruncated"] is True
    marker = quote(first["Marker"], safe="")
    second = alice("GET", f"users?MaxItems=3&Marker={marker}").body
    assert [user["UserName"] for user in second["Users"]] == ["ci"]
    foreign = alice("GET", f"groups?Marker={marker}")
    assert foreign.error == (400, "ValidationError")
    assert foreign.message == "Invalid Marker."


def test_policy_documents_are_objects(alice) -> None:
    document = json.loads(allow("s3:GetObject"))
    path = "users/carol/inline-policies/read"
    assert alice("PUT", path, {"PolicyDocument": document}).status == 204
    assert alice("GET", path).body["PolicyDocument"] == document


def test_arns_stand_in_the_address_with_their_colons_encoded_or_not(alice) -> None:
    made = alice("POST", "policies", {"PolicyName": "p", "PolicyDocument": allow("s3:*")})
    arn = made.body["Policy"]["Arn"]
    for spelled in (arn, arn.replace(":", "%3A")):
        assert alice("GET", f"policies/{spelled}").body["Policy"]["PolicyName"] == "p"
        assert alice("GET", f"policies/{spelled}/versions").body["Versions"][0]["VersionId"] == "v1"
    assert alice("PUT", f"users/carol/attached-policies/{arn}").status == 204
    assert alice("DELETE", f"users/carol/attached-policies/{arn}").status == 204


def test_a_denial_has_awss_words(acme, portal) -> None:
    answer = Client(portal.url, acme.carol.key)("GET", "users")
    assert answer.error == (403, "AccessDenied")
    assert answer.message == (
        f"User: {acme.carol.arn} is not authorized to perform: iam:ListUsers on resource: "
        f"{acme.arn('user/')} because no identity-based policy allows the iam:ListUsers action"
    )
    assert answer.body["RequestId"] == answer.headers["x-amzn-requestid"]


def test_nobody_gets_anything(portal) -> None:
    client = Client(portal.url)
    for route in ROUTES:
        address = re.sub(r"{\w+:path}", "arn:aws:iam::123456789012:policy/x", route.path)
        answer = client(route.method, re.sub(r"{\w+}", "x", address))
        # Those that bring proof from elsewhere need no signature, yet get nothing without it.
        signed = operation_model(route.operation).is_signed
        expected = (403, "MissingAuthenticationToken") if signed else (400, "ValidationError")
        assert answer.error == expected, (route, answer)


def test_a_strange_or_dead_key_is_refused(acme, portal) -> None:
    unknown = Key("AKIA" + "A" * 16, "x" * 40)
    assert Client(portal.url, unknown)("GET", "users").error == (403, "InvalidClientTokenId")
    wrong = Key(acme.alice.key.id, "x" * 40)
    assert Client(portal.url, wrong)("GET", "users").error == (403, "SignatureDoesNotMatch")
    other = Client(portal.url, acme.alice.key, service="s3")
    assert other("GET", "users").error == (403, "SignatureDoesNotMatch")


BAD_BODIES: list[tuple[bytes, tuple[int, str], str]] = [
    (b"{", (400, "MalformedInput"), "line 1, column 2"),
    (b"[]", (400, "MalformedInput"), "must be a JSON object"),
    (b"[" * 10_000, (400, "MalformedInput"), "nested too deep"),
    (b'{"UserName":"\xff"}', (400, "MalformedInput"), "not UTF-8: byte 13"),
    (b'{"UserName":"a","UserName":"b"}', (400, "MalformedInput"), '"UserName" is given twice'),
    (b'{"UserName":NaN}', (400, "MalformedInput"), "NaN is no JSON number"),
    (b'{"UserName":5}', (400, "ValidationError"), "must be a string, not an integer"),
    (b'{"UserName":"a\\u0000"}', (400, "ValidationError"), "NUL"),
    (b'{"UserName":"x y"}', (400, "ValidationError"), "only alphanumeric characters"),
    (b'{"UserName":"x","Nmae":"y"}', (400, "ValidationError"), "Unknown parameter: Nmae"),
    (b"{}", (400, "ValidationError"), "Value null at 'userName'"),
]


@pytest.mark.parametrize(("body", "error", "words"), BAD_BODIES, ids=lambda value: repr(value)[:40])
def test_a_bad_body_gets_a_precise_error_and_changes_nothing(
    alice, body: bytes, error: tuple[int, str], words: str
) -> None:
    answer = alice("POST", "users", raw=body)
    assert answer.error == error
    assert words in answer.message
    assert len(alice("GET", "users").body["Users"]) == 4


def test_a_body_over_ten_megabytes_is_refused_unread(alice) -> None:
    answer = alice("POST", "users", raw=b'{"UserName":"' + b"x" * 10_000_000 + b'"}')
    assert answer.error == (413, "RequestTooLarge")


def test_another_content_type_is_refused(alice) -> None:
    answer = alice("POST", "users", raw=b"UserName=x", content_type="text/plain")
    assert answer.error == (415, "UnsupportedMediaType")


def test_parameters_given_twice_are_refused_by_name(alice) -> None:
    twice = alice("GET", "users?MaxItems=1&MaxItems=2")
    assert twice.error == (400, "ValidationError")
    assert "MaxItems" in twice.message
    both = alice("PATCH", "users/carol", {"UserName": "bob"})
    assert both.error == (400, "ValidationError")
    assert "UserName is given in the address already" in both.message
    unknown = alice("GET", "users?Nonsense=1")
    assert "Unknown parameter: Nonsense" in unknown.message


def test_a_method_that_is_not_there_says_so(alice) -> None:
    assert alice("PUT", "users", {}).error == (405, "MethodNotAllowed")


def test_every_address_leads_to_an_operation_that_is_there() -> None:
    missing = {route.operation for route in ROUTES} - set(all_registered())
    assert missing == set()


def test_every_operation_of_iam_and_sts_that_is_there_has_an_address() -> None:
    reachable = {route.operation for route in ROUTES}
    there = {name for name in all_registered() if operation_model(name).service != "portal"}
    assert there - reachable == set()


def test_the_names_in_an_address_are_members_of_the_operations_input() -> None:
    for route in ROUTES:
        assert set(route.parameters) <= set(operation_model(route.operation).members), route


def test_the_openapi_document_describes_every_route_and_resolves_every_reference() -> None:
    document = openapi()
    assert document["openapi"] == "3.1.0"
    described = [method for methods in document["paths"].values() for method in methods]
    assert len(described) == len(ROUTES)
    schemas = document["components"]["schemas"]
    for reference in references(document):
        assert reference.removeprefix("#/components/schemas/") in schemas
    ids = [
        operation["operationId"]
        for methods in document["paths"].values()
        for operation in methods.values()
    ]
    assert len(ids) == len(set(ids))


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if "$ref" in value else []
        return own + [found for one in value.values() for found in references(one)]
    if isinstance(value, list):
        return [found for one in value for found in references(one)]
    return []


def test_the_schema_and_its_reference_page_are_served(portal) -> None:
    from urllib.request import urlopen

    with urlopen(f"{portal.url}/api/v1/schema") as answer:
        assert json.load(answer) == openapi()
    with urlopen(f"{portal.url}/api/v1/") as answer:
        page = answer.read().decode()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "/api/v1/users/{UserName}" in page
