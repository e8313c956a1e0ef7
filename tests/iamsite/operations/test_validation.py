"""Parameters against the model, in AWS's words."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamsite.operations.errors import OperationError
from iamsite.operations.models import Operation, operation_model, operations
from iamsite.operations.patterns import matcher
from iamsite.operations.validation import refuse_unknown, validate
from tests.iamsite.operations.shapes import values

PATTERNS = sorted(
    {
        shape.metadata["pattern"]
        for operation in operations().values()
        for shape in operation.members.values()
        if "pattern" in shape.metadata
    }
)


def refusal(operation: str, params: dict[str, Any]) -> str:
    with pytest.raises(OperationError) as refused:
        validate(operation_model(operation), params)
    assert (refused.value.code, refused.value.status) == ("ValidationError", 400)
    return refused.value.message


def faults(operation: str, params: dict[str, Any]) -> list[str]:
    """The single faults of a first-stage refusal, its count checked."""
    head, _, rest = refusal(operation, params).partition(" detected: ")
    found = rest.split("; ")
    assert head == ("1 validation error" if len(found) == 1 else f"{len(found)} validation errors")
    return found


def fault(operation: str, params: dict[str, Any]) -> str:
    (only,) = faults(operation, params)
    return only


def value(place: str, constraint: str) -> str:
    return f"Value {place} failed to satisfy constraint: Member must {constraint}"


@pytest.mark.parametrize("operation", operations().values(), ids=lambda operation: operation.name)
def test_every_required_member_must_be_there(operation: Operation) -> None:
    if not operation.required:
        validate(operation, {})
        return
    expected = [
        value(f"null at '{name[:1].lower()}{name[1:]}'", "not be null")
        for name in operation.members
        if name in operation.required
    ]
    assert faults(operation.name, {}) == expected
    assert faults(operation.name, dict.fromkeys(operation.members)) == expected


def test_one_fault_is_an_error_and_two_are_errors() -> None:
    assert refusal("CreateUser", {}) == (
        "1 validation error detected: Value null at 'userName' failed to satisfy constraint: "
        "Member must not be null"
    )
    assert refusal("AttachUserPolicy", {}) == (
        "2 validation errors detected: Value null at 'userName' failed to satisfy constraint: "
        "Member must not be null; Value null at 'policyArn' failed to satisfy constraint: "
        "Member must not be null"
    )


def test_members_of_lists_are_named_by_their_number() -> None:
    tags = [{"Key": "a", "Value": "b"}, {"Value": "<"}, {"Key": "k" * 129, "Value": "v"}, None]
    pattern = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"
    assert faults("TagUser", {"UserName": "alice", "Tags": tags}) == [
        value("null at 'tags.2.member.key'", "not be null"),
        value("at 'tags.2.member.value'", f"satisfy regular expression pattern: {pattern}"),
        value("at 'tags.3.member.key'", "have length less than or equal to 128"),
        value("null at 'tags.4.member'", "not be null"),
    ]


def test_lists_of_texts_are_named_as_a_whole_with_all_that_holds_for_each() -> None:
    names = {"PolicyInputList": ["{}"], "ActionNames": ["s3:GetObject", "a", "b"]}
    assert fault("SimulateCustomPolicy", names) == value(
        "at 'actionNames'",
        "satisfy constraint: [Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 3]",
    )
    pattern = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+"
    assert fault("UntagPolicy", {"PolicyArn": "a" * 20, "TagKeys": ["<"]}) == value(
        "at 'tagKeys'",
        "satisfy constraint: [Member must have length less than or equal to 128, "
        "Member must have length greater than or equal to 1, "
        f"Member must satisfy regular expression pattern: {pattern}, Member must not be null]",
    )
    assert fault("GetAccountAuthorizationDetails", {"Filter": ["User", "Dragon"]}) == value(
        "at 'filter'",
        "satisfy constraint: [Member must satisfy enum value set: "
        "[User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]]",
    )
    audience = {"Audience": ["a", ""], "SigningAlgorithm": "RS256"}
    assert fault("GetWebIdentityToken", audience) == value(
        "'[a, ]' at 'audience'",
        "satisfy constraint: [Member must have length less than or equal to 1000, "
        "Member must have length greater than or equal to 1]",
    )
    assert fault("UntagUser", {"UserName": "alice", "TagKeys": ["a", 7]}) == (
        value("at 'tagKeys.2.member'", "be a string, not an integer")
    )


def test_iam_hides_values_and_sts_quotes_them() -> None:
    assert fault("DeleteUser", {"UserName": "u" * 129}) == (
        value("at 'userName'", "have length less than or equal to 128")
    )
    arn = {"RoleArn": "arn:aws:iam::1:role/x", "RoleSessionName": "x y"}
    assert fault("AssumeRole", arn) == (
        value("'x y' at 'roleSessionName'", r"satisfy regular expression pattern: [\w+=,.@-]*")
    )
    assert fault("GetSessionToken", {"DurationSeconds": 899}) == (
        value("'899' at 'durationSeconds'", "have value greater than or equal to 900")
    )


def test_sts_shows_no_secret_and_no_endless_value() -> None:
    arn = "arn:aws:iam::123456789012:role/x"
    message = refusal(
        "AssumeRoleWithWebIdentity",
        {"RoleArn": arn, "RoleSessionName": "me", "WebIdentityToken": "abc"},
    )
    assert "'abc'" not in message
    message = refusal("AssumeRole", {"RoleArn": "x" * 100_000, "RoleSessionName": "me"})
    assert message.endswith(value("at 'roleArn'", "have length less than or equal to 2048"))


def test_all_constraints_of_a_value_are_reported() -> None:
    assert len(faults("AssumeRole", {"RoleArn": "", "RoleSessionName": " "})) == 4


@pytest.mark.parametrize(
    ("length", "constraint"),
    [(0, "greater than or equal to 16"), (15, "greater than or equal to 16"), (129, "less than or equal to 128")],
)  # fmt: skip
def test_lengths_have_bounds(length: int, constraint: str) -> None:
    found = faults("GetAccessKeyLastUsed", {"AccessKeyId": "A" * length})
    assert value("at 'accessKeyId'", f"have length {constraint}") in found
    for fitting in (16, 128):
        validate(operation_model("GetAccessKeyLastUsed"), {"AccessKeyId": "A" * fitting})


def test_lengths_count_code_points() -> None:
    tag = {"Key": "\U0001d400" * 128, "Value": ""}
    validate(operation_model("TagUser"), {"UserName": "alice", "Tags": [tag]})
    found = faults("TagUser", {"UserName": "alice", "Tags": [{**tag, "Key": "e\u0301" * 65}]})
    assert value("at 'tags.1.member.key'", "have length less than or equal to 128") in found


def test_lists_have_bounds() -> None:
    tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert fault("TagUser", {"UserName": "alice", "Tags": tags}) == (
        value("at 'tags'", "have length less than or equal to 50")
    )
    validate(operation_model("TagUser"), {"UserName": "alice", "Tags": tags[:50]})


@pytest.mark.parametrize(
    ("items", "constraint"),
    [(0, "greater than or equal to 1"), (-1, "greater than or equal to 1"), (1001, "less than or equal to 1000"),
     (2**31, "less than or equal to 1000"), (10**4_000, "less than or equal to 1000")],
)  # fmt: skip
def test_numbers_have_bounds(items: int, constraint: str) -> None:
    assert fault("ListUsers", {"MaxItems": items}) == (
        value("at 'maxItems'", f"have value {constraint}")
    )
    for fitting in (1, 1000):
        validate(operation_model("ListUsers"), {"MaxItems": fitting})


def test_unbounded_numbers_have_thirty_two_bits() -> None:
    operation = "GetRoleTemplateVersion"
    params = dict.fromkeys(operation_model(operation).required, "a" * 20)
    found = faults(operation, {**params, "MinorVersion": 2**31})
    assert value("at 'minorVersion'", "have value less than or equal to 2147483647") in found


def test_enums_list_what_they_hold() -> None:
    params = {"AccessKeyId": "A" * 20, "Status": "active"}
    assert fault("UpdateAccessKey", params) == (
        value("at 'status'", "satisfy enum value set: [Active, Inactive, Expired]")
    )


def test_a_source_identity_may_have_256_characters() -> None:
    params = {"RoleArn": "arn:aws:iam::1:role/deployer", "RoleSessionName": "me"}
    validate(operation_model("AssumeRole"), {**params, "SourceIdentity": "s" * 256})
    assert fault("AssumeRole", {**params, "SourceIdentity": "s" * 257}).endswith(
        "Member must have length less than or equal to 256"
    )


# The second stage


NAMED = [
    ("CreateUser", "UserName", "userName"),
    ("UpdateUser", "NewUserName", "newUserName"),
    ("DeleteRole", "RoleName", "roleName"),
    ("GetGroup", "GroupName", "groupName"),
    ("DeleteUserPolicy", "PolicyName", "policyName"),
    ("GetInstanceProfile", "InstanceProfileName", "instanceProfileName"),
]


@pytest.mark.parametrize(("operation", "member", "shown"), NAMED)
@pytest.mark.parametrize("name", ["x y", "a/b", "é", "a\n", "٣", "a\u200b"])
def test_a_name_of_other_characters_has_words_of_its_own(
    operation: str, member: str, shown: str, name: str
) -> None:
    required = dict.fromkeys(operation_model(operation).required, "fine")
    assert refusal(operation, {**required, member: name}) == (
        f"The specified value for {shown} is invalid. It must contain only alphanumeric "
        "characters and/or the following: +=,.@_-"
    )


def test_a_path_has_words_of_its_own() -> None:
    for path in ("division", "/division", "division/", "/a b/", "/é/", "//", "/a/\n"):
        assert refusal("CreateUser", {"UserName": "alice", "Path": path}) == (
            "The specified value for path is invalid. It must begin and end with / and contain "
            "only alphanumeric characters and/or / characters."
        ), path
    for path in ("/", "/a/", "/division/abc/!~/"):
        validate(operation_model("CreateUser"), {"UserName": "alice", "Path": path})


def test_a_path_prefix_has_words_of_its_own() -> None:
    assert refusal("ListUsers", {"PathPrefix": "division"}) == (
        "The specified value for pathPrefix is invalid. It must begin with the / character and "
        "contain only alphanumeric characters and/or / characters."
    )
    validate(operation_model("ListUsers"), {"PathPrefix": "/div"})


def test_a_policy_document_beyond_latin_1_has_words_of_its_own() -> None:
    params = {"PolicyName": "p", "PolicyDocument": '{"Statement": "\u20ac"}'}
    assert refusal("CreatePolicy", params) == (
        "The specified value for policyDocument is invalid. It must contain only printable ASCII "
        "characters."
    )
    validate(operation_model("CreatePolicy"), {**params, "PolicyDocument": '{"é":\r\n\t1}'})
    assert fault("CreatePolicy", {**params, "PolicyDocument": " " * 131_073}) == (
        value("at 'policyDocument'", "have length less than or equal to 131072")
    )


def test_the_second_stage_waits_for_the_first_and_answers_once() -> None:
    assert fault("CreateUser", {"UserName": "x y", "Path": ""}) == (
        value("at 'path'", "have length greater than or equal to 1")
    )
    assert "for path is" in refusal("CreateUser", {"UserName": "x y", "Path": "x"})


# Types, and what cannot be stored


@pytest.mark.parametrize(
    ("operation", "params", "place", "text"),
    [
        ("GetUser", {"UserName": 7}, "userName", "a string, not an integer"),
        ("GetUser", {"UserName": True}, "userName", "a string, not a boolean"),
        ("GetUser", {"UserName": ["a"]}, "userName", "a string, not a list"),
        ("GetUser", {"UserName": b"a"}, "userName", "a string, not binary data"),
        ("ListUsers", {"MaxItems": "7"}, "maxItems", "an integer, not a string"),
        ("ListUsers", {"MaxItems": True}, "maxItems", "an integer, not a boolean"),
        ("ListUsers", {"MaxItems": 7.0}, "maxItems", "an integer, not a number"),
        ("ListUsers", {"MaxItems": float("nan")}, "maxItems", "an integer, not a number"),
        ("CreateUser", {"UserName": "a", "Tags": "x"}, "tags", "a list, not a string"),
        ("CreateUser", {"UserName": "a", "Tags": {}}, "tags", "a list, not a structure"),
        ("CreateUser", {"UserName": "a", "Tags": [7]}, "tags.1.member", "a structure, not an integer"),
        ("UpdateLoginProfile", {"UserName": "a", "PasswordResetRequired": 1},
         "passwordResetRequired", "a boolean, not an integer"),
        ("PutAccountProperties", {"Properties": []}, "properties", "a map, not a list"),
        ("PutAccountProperties", {"Properties": {"a": datetime.now(UTC)}},
         "properties.1.value", "a string, not a timestamp"),
    ],
)  # fmt: skip
def test_a_wrong_type_says_what_is_wrong_and_what_would_be_right(
    operation: str, params: dict[str, Any], place: str, text: str
) -> None:
    assert value(f"at '{place}'", f"be {text}") in refusal(operation, params)


def test_text_that_cannot_be_stored_is_refused_whatever_the_pattern() -> None:
    document = "arn:aws:iam::123456789012:policy/"
    for text in (f"{document}\0", f"{document}\ud800"):
        assert refusal("GetPolicy", {"PolicyArn": text})
    assert fault("GetPolicy", {"PolicyArn": f"{document}\0"}).endswith(
        "Member must not contain the NUL character"
    )
    assert fault("GetPolicy", {"PolicyArn": f"{document}\ud800"}).endswith(
        "Member must be valid Unicode text"
    )
    refusal("AssumeRole", {"RoleArn": f"{document}\ud800", "RoleSessionName": "me"}).encode()


def test_unknown_members_are_ignored_unless_refused_by_name() -> None:
    params = {"UserName": "alice", "Nme": 1, "Tags": [{"Key": "k", "Value": "v", "Wert": 1}]}
    validate(operation_model("CreateUser"), params)
    with pytest.raises(OperationError) as refused:
        refuse_unknown(operation_model("CreateUser"), params)
    assert refused.value.message == (
        "2 validation errors detected: "
        + value("at 'nme'", "be one of: Path, UserName, PermissionsBoundary, Tags")
        + "; "
        + value("at 'tags.1.member.wert'", "be one of: Key, Value")
    )
    with pytest.raises(OperationError) as refused:
        refuse_unknown(operation_model("GetAccountSummary"), {"\ud800" * 1_000: 1})
    assert len(refused.value.message.encode()) < 1_000


# Patterns and time


def test_patterns_mean_what_java_means() -> None:
    words, tags = matcher(r"[\w+=,.@-]+"), matcher(r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*")
    assert words("Bob+x=1,.@-_")
    for text in ("", "é", "a b", "a\n", "٣", "\u212a"):
        assert not words(text), text
    for text in ("", "a b", "Größe", "名前", "٣½Ⅷ", "\u00a0\u2028", "_.:/=+-@"):
        assert tags(text), text
    for text in ("a\n", "a\t", "a#", "a{", "\\", "\U0001f600", "e\u0301", "[", "]", "^"):
        assert not tags(text), text
    arn = matcher(
        r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+"
    )
    assert arn("arn:aws:iam::1:role/\U0001f600\ufffd\t")
    assert not arn("\0")
    assert not arn("\uffff")
    with pytest.raises(ValueError, match="cannot translate"):
        matcher(r"(\p{L}|a)+")


HOSTILE = [
    "a" * 16_384,
    "/" * 16_384,
    "/a" * 8_192 + "!",
    "/" + "a" * 16_000 + "!",
    "0" * 16_000 + "!",
    "a-" * 8_000 + "!",
    "o-" + "a" * 32 + "/r-" + "a" * 16_000 + "!",
    "http://" + "a." * 8_000 + "!",
    "https://a?" + "a" * 16_000 + "!",
    "v1." + "a" * 16_000 + "!",
    " " * 16_384 + "\0",
    "é" * 16_384 + "\0",
]


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_of_the_models_is_judged_in_linear_time(pattern: str) -> None:
    started = time.process_time()
    for text in HOSTILE:
        matcher(pattern)(text)
    assert time.process_time() - started < 0.5


def test_values_of_any_size_are_judged_in_no_time() -> None:
    started = time.process_time()
    for text in ("x" * 10_000_000, "/a" * 5_000_000 + "!", "é" * 10_000_000):
        for name in ("CreateUser", "CreatePolicy", "TagUser"):
            operation = operation_model(name)
            strings = {n: text for n, s in operation.members.items() if s.type_name == "string"}
            assert len(refusal(name, strings)) < 2_000
    assert time.process_time() - started < 2


def test_a_million_faults_are_told_in_a_hundred() -> None:
    params = {"UserName": "alice", "Tags": [None] * 1_000_000}
    started = time.process_time()
    assert len(faults("TagUser", params)) == 100
    assert time.process_time() - started < 1


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), operation=st.sampled_from(list(operations().values())))
def test_anything_at_all_is_accepted_or_refused_but_never_fails(
    data: st.DataObject, operation: Operation
) -> None:
    members = {name: JUNK | values(shape) for name, shape in operation.members.items()}
    params = data.draw(st.fixed_dictionaries({}, optional=members))
    for judge in (validate, refuse_unknown):
        try:
            judge(operation, params)
        except OperationError as refused:
            assert refused.code == "ValidationError"
            refused.message.encode()
