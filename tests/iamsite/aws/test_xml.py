"""Answers as XML: what each kind of value becomes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, unquote
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamsite.aws import xml
from iamsite.operations.errors import OperationError
from iamsite.operations.models import operation_model, operations


def inside(operation: str, output: dict[str, Any]) -> str:
    """What is between the tags of the result."""
    body = xml.result(operation_model(operation), output, "id").decode()
    start, end = f"<{operation}Result>", f"</{operation}Result>"
    return body.partition(start)[2].partition(end)[0]


def test_an_empty_list_is_one_empty_element() -> None:
    assert inside("ListUsers", {"Users": [], "IsTruncated": False}) == (
        "<Users/><IsTruncated>false</IsTruncated>"
    )


def test_absent_members_are_left_out() -> None:
    assert inside("ListUsers", {"Users": None, "IsTruncated": True, "Marker": None}) == (
        "<IsTruncated>true</IsTruncated>"
    )


def test_members_keep_the_models_order() -> None:
    output = {"Marker": "m", "IsTruncated": True, "Users": [{"Path": "/", "UserName": "a"}]}
    assert inside("ListUsers", output) == (
        "<Users><member><Path>/</Path><UserName>a</UserName></member></Users>"
        "<IsTruncated>true</IsTruncated><Marker>m</Marker>"
    )


def test_maps_are_entries() -> None:
    assert inside("GetAccountSummary", {"SummaryMap": {"Users": 31, "Groups": 0}}) == (
        "<SummaryMap><entry><key>Users</key><value>31</value></entry>"
        "<entry><key>Groups</key><value>0</value></entry></SummaryMap>"
    )


def test_times_are_utc_in_whole_seconds() -> None:
    for time in (
        datetime(2013, 7, 10, 21, 47, 16, tzinfo=UTC),
        datetime(2013, 7, 10, 23, 47, 16, 999_999, tzinfo=timezone(timedelta(hours=2))),
    ):
        assert inside("GetUser", {"User": {"CreateDate": time}}) == (
            "<User><CreateDate>2013-07-10T21:47:16Z</CreateDate></User>"
        )


def test_a_year_has_four_digits() -> None:
    time = datetime(999, 1, 1, tzinfo=UTC)
    assert "0999-01-01T00:00:00Z" in inside("GetUser", {"User": {"CreateDate": time}})


def test_blobs_are_base64() -> None:
    assert inside("GetCredentialReport", {"Content": b"\x00\xff"}) == "<Content>AP8=</Content>"


def test_text_is_escaped() -> None:
    assert xml.escape("a<b>&c\"'\n\té") == "a&lt;b&gt;&amp;c\"'\n\té"


def test_a_carriage_return_survives_its_reader() -> None:
    text = "one\r\ntwo\r"
    assert ElementTree.fromstring(f"<a>{xml.escape(text)}</a>").text == text


@given(st.text())
def test_any_text_makes_an_xml_document(text: str) -> None:
    body = xml.error(OperationError("ValidationError", text), "urn:x", "id")
    message = ElementTree.fromstring(body).find("{*}Error/{*}Message")
    shown = "" if message is None else message.text or ""
    assert len(shown) == len(text)
    assert all(a in (b, "\ufffd") for a, b in zip(shown, text, strict=True))


@pytest.mark.parametrize("character", ["\0", "\x01", "\x0b", "\x1f", "\ud800", "\ufffe", "\uffff"])
def test_what_xml_cannot_hold_is_replaced(character: str) -> None:
    assert xml.escape(f"a{character}b") == "a\ufffdb"


DOCUMENT = json.dumps({"Version": "2012-10-17", "Statement": [{"Sid": "a+b %20~*é"}]}, indent=2)


@pytest.mark.parametrize(
    ("operation", "output"),
    [
        ("GetUserPolicy", lambda text: {"PolicyDocument": text}),
        ("GetPolicyVersion", lambda text: {"PolicyVersion": {"Document": text}}),
        ("GetRole", lambda text: {"Role": {"AssumeRolePolicyDocument": text}}),
        ("ListRoles", lambda text: {"Roles": [{"AssumeRolePolicyDocument": text}]}),
        (
            "GetAccountAuthorizationDetails",
            lambda text: {"UserDetailList": [{"UserPolicyList": [{"PolicyDocument": text}]}]},
        ),
    ],
)
def test_policy_documents_are_percent_encoded(operation: str, output: Any) -> None:
    written = inside(operation, output(DOCUMENT))
    assert quote(DOCUMENT, safe="~") in written
    assert "+" not in written
    assert "%20" in written


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_an_encoded_document_decodes_to_itself(text: str) -> None:
    encoded = xml.encode_document(text)
    assert encoded == quote(text, safe="~")
    assert unquote(encoded) == text


def test_an_error_without_message_has_no_element_for_it() -> None:
    body = xml.error(OperationError("MalformedInput"), "urn:x", "id").decode()
    assert body == (
        '<ErrorResponse xmlns="urn:x"><Error><Type>Sender</Type><Code>MalformedInput</Code>'
        "</Error><RequestId>id</RequestId></ErrorResponse>"
    )


def test_no_model_asks_for_what_is_not_written() -> None:
    """Flattened lists, attributes and other names of members: none of the services has them."""
    for operation in operations().values():
        for shape in (operation.input, operation.output):
            for member in (shape.members if shape is not None else {}).values():
                assert not member.serialization
