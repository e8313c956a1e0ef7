"""Policy language §8: policy variables, and what they may never become."""

from __future__ import annotations

from typing import Any

import pytest

from policies.engine import DocumentKind, Layers, Policy, compile_policies, decide
from tests.policies.engine.acme import allow, ask, deny, document, policies, resource, text

HOME = "arn:aws:s3:::home/"


def covers(pattern: str, of: str, version: str | None = "2012-10-17", **context: Any) -> bool:
    found = document(allow("*", pattern), kind=DocumentKind.IDENTITY, version=version)
    layers = Layers(identity=compile_policies([Policy(found, "p")]))
    return decide(ask(of=of, **context), layers).allowed


RESOURCES = [
    (HOME + "${aws:username}/*", HOME + "alice/x", {"aws__username": "alice"}, True),
    (HOME + "${aws:username}/*", HOME + "bob/x", {"aws__username": "alice"}, False),
    (HOME + "${AWS:UserName}/*", HOME + "alice/x", {"aws__username": "alice"}, True),
    (HOME + "${aws:username}", HOME + "alice", {"aws__username": "alice"}, True),
    (HOME + "${aws:username}", HOME, {"aws__username": ""}, True),
    (HOME + "*/${aws:username}?", HOME + "a/b/alice1", {"aws__username": "alice"}, True),
    (HOME + "${a:b}${a:c}", HOME + "xy", {"a__b": "x", "a__c": "y"}, True),
    (HOME + "${aws:PrincipalTag/team}", HOME + "x", {"aws__PrincipalTag/Team": "x"}, True),
    # no value: the pattern matches nothing
    (HOME + "${aws:username}/*", HOME + "/x", {}, False),
    (HOME + "${aws:username}*", HOME + "${aws:username}", {}, False),
    # a multivalued key has no value
    (HOME + "${aws:TagKeys}", HOME + "a", {"aws__TagKeys": ("a",)}, False),
    # defaults
    (HOME + "${aws:username, 'nobody'}/*", HOME + "nobody/x", {}, True),
    (HOME + "${aws:username, 'nobody'}/*", HOME + "alice/x", {"aws__username": "alice"}, True),
    (HOME + "${aws:username, 'nobody'}", HOME, {"aws__username": ""}, True),
    (HOME + "${aws:username, ''}", HOME, {}, True),
    (HOME + "${aws:username, 'a}b'}", HOME + "a}b", {}, True),
    (HOME + "${aws:username,'nobody'}", HOME + "nobody", {}, False),
    (HOME + "${aws:username, nobody}", HOME + "nobody", {}, False),
    # literals
    (HOME + "${*}", HOME + "*", {}, True),
    (HOME + "${*}", HOME + "x", {}, False),
    (HOME + "${?}", HOME + "?", {}, True),
    (HOME + "${?}", HOME + "x", {}, False),
    (HOME + "${$}{aws:username}", HOME + "${aws:username}", {"aws__username": "a"}, True),
    (HOME + "a${*}*", HOME + "a*tail", {}, True),
    # unterminated: literal text
    (HOME + "${aws:username", HOME + "${aws:username", {"aws__username": "a"}, True),
    # only after the fifth colon
    ("arn:aws:s3:::${aws:username}", "arn:aws:s3:::alice", {"aws__username": "alice"}, True),
    ("arn:aws:sqs:${x:y}:1:q", "arn:aws:sqs:eu:1:q", {"x__y": "eu"}, False),
]


@pytest.mark.parametrize(("pattern", "of", "context", "expected"), RESOURCES)
def test_variables_in_resources(pattern: str, of: str, context: Any, expected: bool) -> None:
    assert covers(pattern, of, **context) is expected


@pytest.mark.parametrize("version", [None, "2008-10-17"])
def test_the_old_version_takes_variables_for_text(version: str | None) -> None:
    name = {"aws__username": "alice"}
    assert not covers(HOME + "${aws:username}", HOME + "alice", version, **name)
    assert covers(HOME + "${aws:username}", HOME + "${aws:username}", version, **name)
    assert covers(HOME + "${*}", HOME + "${anything}", version)


@pytest.mark.parametrize("value", ["*", "?", "${aws:userid}", "${*}", "a*", "'", "}", "${"])
def test_a_value_never_becomes_a_wildcard_or_a_variable(value: str) -> None:
    context = {"aws__username": value, "aws__userid": "other"}
    assert covers(HOME + "${aws:username}/*", f"{HOME}{value}/x", **context)
    assert not covers(HOME + "${aws:username}/*", f"{HOME}victim/x", **context)
    assert not covers(HOME + "${aws:username}/*", f"{HOME}other/x", **context)
    layers = Layers(
        identity=policies(allow(Condition={"StringLike": {"a:b": "${aws:username}/x"}}))
    )
    assert decide(ask(a__b=f"{value}/x", **context), layers).allowed
    assert not decide(ask(a__b="victim/x", **context), layers).allowed


def test_a_default_never_becomes_a_wildcard() -> None:
    assert not covers(HOME + "${a:b, '*'}/x", HOME + "victim/x")
    assert covers(HOME + "${a:b, '*'}/x", HOME + "*/x")


CONDITIONS = [
    ("StringEquals", "${a:b}", {"k__k": "v", "a__b": "v"}, True),
    ("StringEquals", "${a:b}", {"k__k": "v", "a__b": "w"}, False),
    ("StringEquals", "${a:b}", {"k__k": "v"}, False),
    ("StringEquals", ["${a:b}", "v"], {"k__k": "v"}, True),
    ("StringEquals", "${a:b, 'v'}", {"k__k": "v"}, True),
    ("StringEquals", "${*}", {"k__k": "*"}, True),
    ("StringNotEquals", "${a:b}", {"k__k": "v"}, True),
    ("StringNotEquals", "${a:b}", {"k__k": "v", "a__b": "v"}, False),
    ("StringNotEquals", ["${a:b}", "v"], {"k__k": "v"}, False),
    ("StringEqualsIgnoreCase", "${a:b}", {"k__k": "V", "a__b": "v"}, True),
    ("ForAnyValue:StringEquals", "${a:b}", {"k__k": ("u", "v"), "a__b": "v"}, True),
    ("ForAllValues:StringEquals", ["${a:b}", "u"], {"k__k": ("u", "v"), "a__b": "v"}, True),
    ("ForAllValues:StringEquals", ["${a:b}", "u"], {"k__k": ("u", "v"), "a__b": "w"}, False),
    ("StringLike", "${a:b}*", {"k__k": "vw", "a__b": "v"}, True),
    ("StringLike", "${a:b}*", {"k__k": "vw"}, False),
    ("StringLike", "${*}*", {"k__k": "*x"}, True),
    ("StringLike", "${*}*", {"k__k": "x"}, False),
    ("StringNotLike", "${a:b}*", {"k__k": "vw"}, True),
    ("Bool", "${a:b}", {"k__k": "true", "a__b": "true"}, True),
    ("ArnLike", "arn:aws:s3:::${a:b}/*", {"k__k": "arn:aws:s3:::v/x", "a__b": "v"}, True),
    ("ArnLike", "arn:aws:s3:::${a:b}/*", {"k__k": "arn:aws:s3:::v/x", "a__b": "*"}, False),
    ("ArnLike", "arn:aws:iam::${a:b}:role/x", {"k__k": "arn:aws:iam::1:role/x", "a__b": "1"}, True),
    ("ArnEquals", "${a:b}", {"k__k": "arn:aws:s3:::v", "a__b": "arn:aws:s3:::v"}, True),
    ("ArnNotEquals", "${a:b}", {"k__k": "arn:aws:s3:::v"}, True),
    ("ArnNotEquals", "${a:b}", {"k__k": "arn:aws:s3:::v", "a__b": "no arn"}, False),
    # never in other operators
    ("NumericEquals", "${a:b}", {"k__k": "5", "a__b": "5"}, False),
    ("IpAddress", "${a:b}", {"k__k": "10.0.0.1", "a__b": "10.0.0.1"}, False),
    ("BinaryEquals", "${a:b}", {"k__k": "QQ==", "a__b": "QQ=="}, False),
    ("Null", "${a:b}", {"k__k": "x", "a__b": "false"}, False),
]


@pytest.mark.parametrize(("operator", "wanted", "context", "expected"), CONDITIONS)
def test_variables_in_conditions(operator: str, wanted: Any, context: Any, expected: bool) -> None:
    layers = Layers(identity=policies(allow(Condition={operator: {"k:k": wanted}})))
    assert decide(ask(**context), layers).allowed is expected


def test_actions_and_condition_keys_know_no_variables() -> None:
    layers = Layers(identity=policies(allow("s3:${ab}")))
    assert not decide(ask(action="s3:GetObject", ab="GetObject"), layers).allowed
    layers = Layers(identity=policies(allow(Condition={"StringEquals": {"k:${a:b}": "v"}})))
    assert not decide(ask(a__b="k", k__k="v"), layers).allowed


def test_a_not_resource_without_value_grows_no_allow_and_shrinks_no_deny() -> None:
    statement = {"Action": "s3:*", "NotResource": HOME + "${aws:username}/*"}
    permit = Layers(identity=policies({**statement, "Effect": "Allow"}))
    assert not decide(ask(), permit).allowed
    assert decide(ask(aws__username="alice"), permit).allowed
    refuse = Layers(identity=policies(allow(), {**statement, "Effect": "Deny"}))
    assert not decide(ask(of=HOME + "alice/x"), refuse).allowed
    assert decide(ask(of=HOME + "alice/x", aws__username="alice"), refuse).allowed


def test_a_deny_by_a_tag_that_is_missing_denies() -> None:
    block = {"StringNotEquals": {"s3:ExistingObjectTag/Team": "${aws:PrincipalTag/Team}"}}
    layers = Layers(identity=policies(allow(), deny(Condition=block)))
    tagged = {"s3__ExistingObjectTag/Team": "red"}
    assert not decide(ask(**tagged), layers).allowed
    assert decide(ask(**tagged, **{"aws__PrincipalTag/Team": "red"}), layers).allowed


def test_context_keys_of_policies_are_those_of_conditions_and_variables_as_written() -> None:
    found = policies(
        allow("s3:*", HOME + "${aws:username}/${s3:x, 'y'}"),
        allow(Condition={"StringEquals": {"aws:SourceIp": "${aws:PrincipalTag/t}"}}),
        allow(Condition={"IpAddress": {"AWS:SOURCEIP": "${not:one}"}}),
    )
    assert found.context_keys() == (
        "aws:username",
        "s3:x",
        "aws:SourceIp",
        "aws:PrincipalTag/t",
    )
    old = document(
        allow("s3:*", HOME + "${aws:username}"), kind=DocumentKind.IDENTITY, version=None
    )
    assert old.context_keys() == ()
    assert text() == '{"Version": "2012-10-17", "Statement": []}'
    assert resource(allow(Principal="*")).context_keys() == ()
