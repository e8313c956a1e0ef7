"""Policy language §7: condition operators, set operators, missing keys, formats."""

from __future__ import annotations

from typing import Any

import pytest

from policies.engine import Layers, decide, explain
from policies.engine.conditions import Condition, compile_condition
from policies.engine.operators import BASES, is_documented, operator_named
from tests.policies.engine.acme import ALICE_ARN, DEPLOYER_ARN, allow, ask, policies

KEY = "ctx:Key"


def holds(operator: str, wanted: Any, found: Any = None, **others: Any) -> bool:
    """Whether a request with this value (None: absent) meets the condition, by both evaluators."""
    layers = Layers(identity=policies(allow(Condition={operator: {KEY: wanted}})))
    context = {} if found is None else {"ctx__Key": found}
    request = ask(**context, **others)
    allowed = decide(request, layers).allowed
    assert explain(request, layers).decision.allowed is allowed
    return allowed


COMPARISONS = [
    # Strings
    ("StringEquals", "a", "a", True),
    ("StringEquals", "a", "A", False),
    ("StringEquals", ["a", "b"], "b", True),
    ("StringEquals", "a*", "ab", False),
    ("StringEquals", "a*", "a*", True),
    ("StringEquals", "", "", True),
    ("StringEquals", 5, "5", True),
    ("StringEquals", 1.50, "1.5", True),
    ("StringEquals", True, "true", True),
    ("StringNotEquals", "a", "b", True),
    ("StringNotEquals", "a", "a", False),
    ("StringNotEquals", ["a", "b"], "b", False),
    ("StringNotEquals", ["a", "b"], "c", True),
    ("StringNotEquals", "a", "A", True),
    ("StringEqualsIgnoreCase", "Deployer", "dEPLOYER", True),
    ("StringEqualsIgnoreCase", "\xc9t\xe9", "\xe9t\xe9", True),
    ("StringEqualsIgnoreCase", "a", "b", False),
    ("StringNotEqualsIgnoreCase", "Deployer", "dEPLOYER", False),
    ("StringNotEqualsIgnoreCase", "a", "b", True),
    ("StringLike", "a*", "abc", True),
    ("StringLike", "a*", "a", True),
    ("StringLike", "a?c", "abc", True),
    ("StringLike", "a?c", "ac", False),
    ("StringLike", "a*", "Abc", False),
    ("StringLike", "*b*", "abc", True),
    ("StringLike", "a*c", "abcd", False),
    ("StringLike", "*", "", True),
    ("StringLike", ["x", "y*"], "yz", True),
    ("StringNotLike", "a*", "abc", False),
    ("StringNotLike", ["x*", "y*"], "abc", True),
    # Numbers
    ("NumericEquals", "5", "5.0", True),
    ("NumericEquals", 5, "05", True),
    ("NumericEquals", "0.1", "0.10", True),
    ("NumericEquals", "0.3", "0.30000000000000004", False),
    ("NumericEquals", "9007199254740993", "9007199254740992", False),
    ("NumericNotEquals", "5", "6", True),
    ("NumericNotEquals", "5", "5.0", False),
    ("NumericNotEquals", ["5", "6"], "6", False),
    ("NumericLessThan", "10", "9", True),
    ("NumericLessThan", "10", "10", False),
    ("NumericLessThan", "-1", "-2", True),
    ("NumericLessThanEquals", "10", "10", True),
    ("NumericGreaterThan", "10", "10.1", True),
    ("NumericGreaterThan", "10", "9", False),
    ("NumericGreaterThanEquals", "10", "10", True),
    ("NumericLessThan", ["1", "10"], "5", True),
    ("NumericEquals", "5", "five", False),
    ("NumericNotEquals", "5", "five", False),
    ("NumericNotEquals", "five", "5", False),
    ("NumericEquals", "NaN", "NaN", False),
    ("NumericLessThan", "Infinity", "1", False),
    ("NumericEquals", "1", "\u0661", False),
    ("NumericEquals", "10", "1_0", False),
    ("NumericEquals", "5", " 5", False),
    # Dates
    ("DateEquals", "2026-11-30T12:00:00Z", "2026-11-30T13:00:00+01:00", True),
    ("DateEquals", "2026-11-30", "2026-11-30T00:00:00Z", True),
    ("DateEquals", "2026-11", "2026-11-01T00:00Z", True),
    ("DateEquals", "0", "1970-01-01T00:00:00Z", True),
    ("DateEquals", "1795996800", "2026-11-30T00:00:00Z", True),
    ("DateEquals", "2026-11-30T12:00:00.5Z", "2026-11-30T12:00:00.500000000Z", True),
    ("DateNotEquals", "2026-11-30", "2026-12-01", True),
    ("DateNotEquals", "2026-11-30", "2026-11-30T00:00:00Z", False),
    ("DateLessThan", "2026-12-01T00:00:00Z", "2026-11-30T23:59:59Z", True),
    ("DateLessThan", "2026-12-01T00:00:00Z", "2026-12-01T00:30:00+01:00", True),
    ("DateLessThan", "2026-12-01T00:00:00Z", "2026-11-30T23:30:00-01:00", False),
    ("DateLessThan", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", False),
    ("DateLessThanEquals", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z", True),
    ("DateGreaterThan", "2026-12-01T00:00:00Z", "2026-12-01T00:00:00.000000001Z", True),
    ("DateGreaterThanEquals", "2026-12-01T00:00:00Z", "2026-12-01", True),
    ("DateEquals", "2026-11-30", "yesterday", False),
    ("DateNotEquals", "2026-11-30", "yesterday", False),
    ("DateEquals", "2026-11-30", "2026-02-30", False),
    ("DateNotEquals", "2026-11-30", "2026-11-30T25:00:00Z", False),
    # Bool
    ("Bool", "true", "true", True),
    ("Bool", True, "TRUE", True),
    ("Bool", "false", "true", False),
    ("Bool", ["true", "false"], "false", True),
    ("Bool", "yes", "yes", False),
    ("Bool", "true", "yes", False),
    # Binary
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", True),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ6", False),
    ("BinaryEquals", "QQ==", "QR==", True),
    ("BinaryEquals", "not base64!", "not base64!", True),
    ("BinaryEquals", "not base64!", "other", False),
    # Addresses
    ("IpAddress", "203.0.113.0/24", "203.0.113.77", True),
    ("IpAddress", "203.0.113.9/24", "203.0.113.77", True),
    ("IpAddress", "203.0.113.0/24", "203.0.114.1", False),
    ("IpAddress", "203.0.113.7", "203.0.113.7", True),
    ("IpAddress", "203.0.113.7", "203.0.113.8", False),
    ("IpAddress", "0.0.0.0/0", "198.51.100.1", True),
    ("IpAddress", "2001:db8::/32", "2001:0DB8:0:0::1", True),
    ("IpAddress", "2001:db8::1", "2001:db8::1", True),
    ("IpAddress", "2001:db8::/32", "2001:db9::1", False),
    ("IpAddress", "::/0", "203.0.113.7", False),
    ("IpAddress", "0.0.0.0/0", "2001:db8::1", False),
    ("IpAddress", "203.0.113.0/24", "::ffff:203.0.113.7", True),
    ("IpAddress", "::ffff:203.0.113.0/120", "203.0.113.7", True),
    ("IpAddress", ["192.0.2.0/24", "203.0.113.0/24"], "203.0.113.7", True),
    ("IpAddress", "203.0.113.0/33", "203.0.113.7", False),
    ("IpAddress", "203.0.113.0/-1", "203.0.113.7", False),
    ("IpAddress", "203.0.113.0/255.255.255.0", "203.0.113.7", False),
    ("IpAddress", "203.0.113.0/24", "203.0.113.007", False),
    ("IpAddress", "203.0.113.0/24", "nowhere", False),
    ("NotIpAddress", "203.0.113.0/24", "203.0.114.1", True),
    ("NotIpAddress", "203.0.113.0/24", "203.0.113.1", False),
    ("NotIpAddress", ["192.0.2.0/24", "203.0.113.0/24"], "203.0.113.7", False),
    ("NotIpAddress", "203.0.113.0/24", "2001:db8::1", True),
    ("NotIpAddress", "nowhere", "203.0.113.7", False),
    # ARNs
    ("ArnEquals", "arn:aws:iam::111122223333:user/*", "arn:aws:iam::111122223333:user/a/b", True),
    ("ArnLike", "arn:aws:iam::*:role/x", "arn:aws:iam::111122223333:role/x", True),
    ("ArnLike", "arn:aws:iam::1111?2223333:role/x", "arn:aws:iam::111122223333:role/x", True),
    ("ArnLike", "arn:aws:iam::*:role/x", "arn:aws:iam::1:x:role/x", False),
    ("ArnLike", "arn:aws:iam::*", "arn:aws:iam::111122223333:role/x", False),
    ("ArnLike", "arn:aws:sns:*:*:topic", "arn:aws:sns:eu-west-1:111122223333:Topic", False),
    ("ArnLike", "arn:aws:s3:::b/*:x", "arn:aws:s3:::b/c:d:x", True),
    ("ArnLike", "*", "anything", True),
    ("ArnEquals", "arn:aws:s3:::b", "not an arn", False),
    ("ArnNotEquals", "arn:aws:s3:::b", "arn:aws:s3:::c", True),
    ("ArnNotLike", "arn:aws:s3:::*", "arn:aws:s3:::c", False),
    ("ArnNotLike", ["arn:aws:s3:::x", "arn:aws:s3:::c"], "arn:aws:s3:::c", False),
    ("ArnNotEquals", "arn:aws:s3:::b", "not an arn", True),
    ("ArnNotEquals", "not an arn", "arn:aws:s3:::b", False),
    ("ArnNotLike", "*", "anything", False),
    # Null
    ("Null", "true", "x", False),
    ("Null", "false", "x", True),
    ("Null", False, "x", True),
    ("Null", "true", "", True),
    ("Null", "true", (), True),
    ("Null", ["true", "false"], "x", True),
    ("Null", "perhaps", "x", False),
]


@pytest.mark.parametrize(("operator", "wanted", "found", "expected"), COMPARISONS)
def test_comparison(operator: str, wanted: Any, found: Any, expected: bool) -> None:
    if "Date" in operator and "perhaps" in str(wanted):
        pytest.fail("a date that may not be saved")
    assert holds(operator, wanted, found) is expected


POSITIVE = [base for base in BASES if "Not" not in base and base != "Null"]
NEGATED = [base for base in BASES if "Not" in base]
SAMPLE = {
    "String": "a", "Numeric": "5", "Date": "2026-11-30", "Bool": "true", "Binary": "QQ==",
    "Ip": "10.0.0.0/8", "NotIp": "10.0.0.0/8", "Arn": "arn:aws:s3:::b",
}  # fmt: skip


def sample(base: str) -> str:
    return next(value for start, value in SAMPLE.items() if base.startswith(start))


@pytest.mark.parametrize("base", POSITIVE + NEGATED)
def test_a_missing_key(base: str) -> None:
    wanted, negated = sample(base), base in NEGATED
    assert holds(base, wanted) is negated
    assert holds(f"{base}IfExists", wanted) is True
    assert holds(f"ForAllValues:{base}", wanted) is True
    assert holds(f"ForAnyValue:{base}", wanted) is False
    assert holds(f"ForAnyValue:{base}IfExists", wanted) is True
    assert holds(f"ForAllValues:{base}IfExists", wanted) is True


def test_null_on_a_missing_key() -> None:
    assert holds("Null", "true")
    assert not holds("Null", "false")


@pytest.mark.parametrize("base", POSITIVE + NEGATED)
def test_a_multivalued_key_without_a_set_operator_holds_for_nothing(base: str) -> None:
    assert not holds(base, sample(base), (sample(base),))
    assert not holds(base, sample(base), ("other",))
    assert not holds(f"{base}IfExists", sample(base), (sample(base),))
    assert not holds(base, sample(base), ())


SETS = [
    ("ForAllValues:StringEquals", ["a", "b"], ("a",), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "b"), True),
    ("ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
    ("ForAllValues:StringEquals", ["a", "b"], (), True),
    ("ForAllValues:StringEquals", ["a", "b"], "", True),
    ("ForAllValues:StringEquals", ["a", "b"], "a", True),
    ("ForAllValues:StringEquals", ["team"], "team", True),
    ("ForAllValues:StringEquals", ["t", "e", "a", "m"], "team", False),
    ("ForAnyValue:StringEquals", ["team"], "team", True),
    ("ForAnyValue:StringEquals", ["t"], "team", False),
    ("ForAllValues:StringNotEquals", ["a", "b"], ("c", "d"), True),
    ("ForAllValues:StringNotEquals", ["a", "b"], ("c", "a"), False),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "a"), True),
    ("ForAnyValue:StringEquals", ["a", "b"], ("c", "d"), False),
    ("ForAnyValue:StringEquals", ["a", "b"], (), False),
    ("ForAnyValue:StringEquals", ["a", ""], "", False),
    ("ForAnyValue:StringEquals", ["a", "b"], "b", True),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "c"), True),
    ("ForAnyValue:StringNotEquals", ["a", "b"], ("a", "b"), False),
    ("ForAnyValue:StringLike", ["te*"], ("team", "x"), True),
    ("ForAllValues:StringLike", ["te*"], ("team", "x"), False),
    ("ForAllValues:ArnLike", ["arn:aws:s3:::*"], ("arn:aws:s3:::a", "arn:aws:s3:::b"), True),
    ("ForAnyValue:NumericLessThan", ["5"], ("9", "4"), True),
    ("ForAllValues:Bool", ["true"], ("true", "false"), False),
    ("ForAllValues:Null", "true", ("a",), False),
    ("ForAnyValue:Null", "false", ("a",), True),
]


@pytest.mark.parametrize(("operator", "wanted", "found", "expected"), SETS)
def test_set_operators(operator: str, wanted: Any, found: Any, expected: bool) -> None:
    assert holds(operator, wanted, found) is expected


def test_operators_and_keys_are_joined_by_and() -> None:
    block = {
        "StringEquals": {"ctx:A": "1", "ctx:B": "2"},
        "Bool": {"aws:SecureTransport": "true"},
    }
    layers = Layers(identity=policies(allow(Condition=block)))
    full = {"ctx__A": "1", "ctx__B": "2", "aws__SecureTransport": "true"}
    assert decide(ask(**full), layers).allowed
    for key in full:
        assert not decide(ask(**{**full, key: "other"}), layers).allowed


@pytest.mark.parametrize("block", [{}, {"StringEquals": {}}, {"NoSuchOperator": {}}])
def test_an_empty_block_holds(block: Any) -> None:
    assert decide(ask(), Layers(identity=policies(allow(Condition=block)))).allowed


def test_an_empty_list_of_values_matches_nothing() -> None:
    assert not holds("StringEquals", [], "a")
    assert holds("StringNotEquals", [], "a")


@pytest.mark.parametrize("name", ["CTX:KEY", "ctx:key", "Ctx:kEY"])
def test_key_names_ignore_case(name: str) -> None:
    layers = Layers(identity=policies(allow(Condition={"StringEquals": {name: "v"}})))
    assert decide(ask(ctx__Key="v"), layers).allowed


def test_tag_keys_ignore_case() -> None:
    block = {"StringEquals": {"aws:ResourceTag/Dept": "it"}}
    layers = Layers(identity=policies(allow(Condition=block)))
    assert decide(ask(**{"aws__ResourceTag/dept": "it"}), layers).allowed


def test_look_alike_letters_never_match() -> None:
    kelvin = "ctx:\u212aey"
    layers = Layers(identity=policies(allow(Condition={"StringEquals": {kelvin: "v"}})))
    assert not decide(ask(ctx__Key="v"), layers).allowed
    assert not holds("StringEqualsIgnoreCase", "k", "\u212a")
    assert not holds("StringEqualsIgnoreCase", "\u212a", "K")
    assert not holds("StringEqualsIgnoreCase", "s", "\u017f")
    assert not holds("StringEqualsIgnoreCase", "i", "\u0130")


@pytest.mark.parametrize("base", BASES)
def test_operator_names_are_found_ignoring_case_but_saved_as_documented(base: str) -> None:
    found = operator_named(base.upper())
    assert found is not None
    assert found.base == base
    assert is_documented(base)
    assert not is_documented(base.upper())
    assert is_documented(f"ForAnyValue:{base}")
    assert is_documented(f"{base}IfExists") is (base != "Null")


@pytest.mark.parametrize(
    "name", ["", "StringEqual", "ForAll:StringEquals", "NullIfExists", "IfExists", ":StringEquals"]
)
def test_no_other_operator_exists(name: str) -> None:
    assert operator_named(name) is None
    with pytest.raises(ValueError, match="no condition operator"):
        compile_condition(Condition(name, "ctx:Key", ("x",)), variables=True)


def test_a_boolean_guard_on_mfa_behaves_as_documented() -> None:
    sound = {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}
    leaky = {"Bool": {"aws:MultiFactorAuthPresent": "false"}}
    for block, caught in ((sound, True), (leaky, False)):
        refusal = {**allow("iam:*", Condition=block), "Effect": "Deny"}
        layers = Layers(identity=policies(allow(), refusal))
        assert decide(ask(action="iam:GetUser"), layers).allowed is not caught
        answer = decide(ask(action="iam:GetUser", aws__MultiFactorAuthPresent="false"), layers)
        assert not answer.allowed


def test_arn_conditions_see_the_roles_arn() -> None:
    block = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/ci/*"}}
    layers = Layers(identity=policies(allow(Condition=block)))
    assert decide(ask(aws__PrincipalArn=DEPLOYER_ARN), layers).allowed
    assert not decide(ask(aws__PrincipalArn=ALICE_ARN), layers).allowed
