"""Parameters of the Query protocol: every kind, and every way to get one wrong."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.model import ServiceModel

from iamsite.aws import query
from iamsite.operations.errors import OperationError
from iamsite.operations.models import Operation, operation_model
from iamsite.urlencoded import MOST_PAIRS, pairs


def read(operation: str, text: bytes) -> dict[str, Any]:
    return query.parameters(operation_model(operation), pairs(text))


def refusal(operation: str, text: bytes) -> tuple[int, str, str]:
    with pytest.raises(OperationError) as refused:
        read(operation, text)
    return refused.value.status, refused.value.code, refused.value.message


def test_lists_of_structures_are_read_by_number() -> None:
    assert read(
        "TagUser",
        b"UserName=a&Tags.member.2.Key=k2&Tags.member.2.Value=&Tags.member.1.Key=k1"
        b"&Tags.member.1.Value=v1",
    ) == {
        "UserName": "a",
        "Tags": [{"Key": "k1", "Value": "v1"}, {"Key": "k2", "Value": ""}],
    }


def test_gaps_in_a_list_close_up_in_numeric_order() -> None:
    assert read("UntagUser", b"TagKeys.member.10=c&TagKeys.member.9=b&TagKeys.member.2=a") == {
        "TagKeys": ["a", "b", "c"]
    }


def test_an_empty_list_is_its_bare_name() -> None:
    assert read("UntagUser", b"TagKeys=") == {"TagKeys": []}
    assert read("UntagUser", b"TagKeys") == {"TagKeys": []}
    assert read("UntagUser", b"TagKeys=&TagKeys.member.1=a") == {"TagKeys": ["a"]}


def test_maps_are_read_by_entry() -> None:
    assert read(
        "PutAccountProperties",
        b"Properties.entry.1.key=a&Properties.entry.1.value=1&Properties.entry.2.key=b"
        b"&Properties.entry.2.value=2",
    ) == {"Properties": {"a": "1", "b": "2"}}
    assert refusal("PutAccountProperties", b"Properties.entry.1.value=1") == (
        400,
        "MalformedInput",
        "A map's entry must have a key.",
    )


def test_the_first_of_two_counts_at_every_depth() -> None:
    assert read("GetUser", b"UserName=a&UserName=b") == {"UserName": "a"}
    text = b"Tags.member.1.Key=a&Tags.member.1.Key=b&Tags.member.1.Value=c"
    assert read("TagUser", text) == {"Tags": [{"Key": "a", "Value": "c"}]}
    text = b"Properties.entry.1.key=k&Properties.entry.1.value=1"
    text += b"&Properties.entry.2.key=k&Properties.entry.2.value=2"
    assert read("PutAccountProperties", text) == {"Properties": {"k": "1"}}


def test_unknown_parameters_are_ignored() -> None:
    text = b"Action=GetUser&username=x&UserNames=y&Tags.member.1=z&UserName=a&X-Amz-Date=1&=&&"
    assert read("GetUser", text) == {"UserName": "a"}


@pytest.mark.parametrize(
    ("text", "number"),
    [(b"900", 900), (b"%2B900", 900), (b"0900", 900), (b"-5", -5), (b"-0", 0), (b"2147483647", 2**31 - 1)]
)  # fmt: skip
def test_integers_are_signed_and_may_be_padded(text: bytes, number: int) -> None:
    assert read("AssumeRole", b"DurationSeconds=" + text) == {"DurationSeconds": number}
    assert read("AssumeRole", b"DurationSeconds=" + b"0" * 100_000 + b"7") == {"DurationSeconds": 7}


@pytest.mark.parametrize(
    "text", [b"abc", b"900.0", b"2147483648", b"-2147483649", b"9" * 1_000_000, b"+900", b" 900",
             b"1e3", b"0x10", b"%D9%A3", b"--1", b"0" * 1_000_000 + b"x"]
)  # fmt: skip
def test_an_unreadable_integer_is_malformed_without_a_message(text: bytes) -> None:
    assert refusal("AssumeRole", b"DurationSeconds=" + text) == (400, "MalformedInput", "")


def test_an_empty_integer_is_told_so() -> None:
    message = "missing value for decimal type"
    assert refusal("AssumeRole", b"DurationSeconds=") == (400, "MalformedInput", message)


def test_booleans_are_true_or_false() -> None:
    assert read("CreateLoginProfile", b"PasswordResetRequired=true") == {
        "PasswordResetRequired": True
    }
    assert read("CreateLoginProfile", b"PasswordResetRequired=false") == {
        "PasswordResetRequired": False
    }
    for text in (b"", b"True", b"1", b"yes"):
        assert refusal("CreateLoginProfile", b"PasswordResetRequired=" + text) == (
            400,
            "MalformedInput",
            "A boolean must be true or false.",
        )


def test_a_known_parameter_of_another_form_is_never_ignored() -> None:
    for operation, text in (
        ("GetUser", b"UserName.member.1=a"),
        ("UntagUser", b"TagKeys=a"),
        ("UntagUser", b"TagKeys.1=a"),
        ("UntagUser", b"TagKeys.member=a"),
        ("UntagUser", b"TagKeys.member.x=a"),
        ("UntagUser", b"TagKeys.member.-1=a"),
        ("UntagUser", b"TagKeys.member.%C2%B2=a"),
        ("UntagUser", b"TagKeys.member." + b"1" * 5_000 + b"=a"),
        ("UntagUser", b"TagKeys.entry.1=a"),
        ("TagUser", b"Tags.member.1.Key.x=a"),
    ):
        assert refusal(operation, text)[:2] == (400, "MalformedInput"), text


@pytest.mark.parametrize(
    "text",
    [b"a=%", b"a=%2", b"a=%zz", b"a=%u0041", b"a=\xff", b"a=%FF", b"%C3=1", b"a=%ED%A0%80", b"\xc3\x28"],
)  # fmt: skip
def test_broken_text_is_refused(text: bytes) -> None:
    with pytest.raises(OperationError) as refused:
        pairs(text)
    assert (refused.value.status, refused.value.code) == (404, "MalformedQueryString")
    assert refused.value.message.startswith("The query string contains a syntax error. ")


def test_text_is_decoded_as_utf_8_with_plus_as_space() -> None:
    assert pairs("a+b=%C3%A9+%2B\u1234&c&d=e=f".encode()) == [
        ("a b", "é +\u1234"),
        ("c", ""),
        ("d", "e=f"),
    ]


def test_more_parameters_than_any_call_wants_are_refused_at_once() -> None:
    started = time.process_time()
    with pytest.raises(OperationError) as refused:
        pairs(b"&" * 9_999_999)
    assert refused.value.code == "MalformedQueryString"
    names = b"&".join(b"Tags.member.%d.Key=k" % number for number in range(MOST_PAIRS))
    assert len(read("TagUser", names)["Tags"]) == MOST_PAIRS
    assert time.process_time() - started < 1


def test_ten_thousand_nested_members_are_read_in_no_time() -> None:
    started = time.process_time()
    name = b".".join([b"Tags", *[b"member.1"] * 10_000])
    assert read("TagUser", name + b"=a") == {"Tags": [{}]}
    name = b".".join([b"UserName", *[b"member.1"] * 10_000])
    assert refusal("TagUser", name + b"=a")[1] == "MalformedInput"
    many = b"&".join(name + b"=a" for _ in range(60))
    assert refusal("TagUser", many)[1] == "MalformedInput"
    assert time.process_time() - started < 1


# Kinds that neither IAM nor STS takes, but a service of our own may


def own(kind: str, **traits: Any) -> Operation:
    shape = {"type": "structure", "members": {"Value": {"shape": "Value"}}}
    model = ServiceModel(
        {
            "metadata": {},
            "operations": {},
            "shapes": {"In": shape, "Value": {"type": kind, **traits}},
        }
    )
    return replace(operation_model("GetUser"), input=model.shape_for("In"))


def test_blobs_are_base64() -> None:
    assert query.parameters(own("blob"), [("Value", "AP8=")]) == {"Value": b"\x00\xff"}
    for text in ("AP8", "A P8=", "é", "%"):
        with pytest.raises(OperationError) as refused:
            query.parameters(own("blob"), [("Value", text)])
        assert refused.value.message == "Binary data must be Base64."


def test_timestamps_are_iso_8601_in_utc_unless_they_say_otherwise() -> None:
    expected = {"Value": datetime(2026, 11, 1, 12, 0, tzinfo=UTC)}
    for text in ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00", "2026-11-01T14:00:00+02:00"):
        assert query.parameters(own("timestamp"), [("Value", text)]) == expected
    for text in ("", "yesterday", "1700000000000000", "0001-01-01T00:00:00+23:00"):
        with pytest.raises(OperationError) as refused:
            query.parameters(own("timestamp"), [("Value", text)])
        assert refused.value.code == "MalformedInput"


def test_longs_have_sixty_four_bits() -> None:
    largest = str(2**63 - 1)
    assert query.parameters(own("long"), [("Value", largest)]) == {"Value": 2**63 - 1}
    with pytest.raises(OperationError):
        query.parameters(own("long"), [("Value", str(2**63))])


def test_fractions_are_decimal() -> None:
    assert query.parameters(own("double"), [("Value", "-1.5e3")]) == {"Value": -1500.0}
    for text in ("nan", "inf", "1_0", "", "1e", "0x1p3"):
        with pytest.raises(OperationError):
            query.parameters(own("double"), [("Value", text)])
