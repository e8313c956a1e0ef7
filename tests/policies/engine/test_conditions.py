"""Policy language §7: condition operators, set operators, missing keys, formats."""

from __future__ import annotations

from typing import Any

import pytest

from policies.engine import Layers, decide, explain
from policies.engine.conditions import Condition, compile_condition
from policies.engine.operators import BASES, is_documented, operator_named
from tests.policies.engine.acme import ALICE_ARN, DEPLOYER_ARN, KEY, allow, ask, holds, policies

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


OTHER = {
    "String": "b", "Numeric": "6", "Date": "2026-12-01", "Bool": "false", "Binary": "Qg==",
    "Ip": "192.0.2.1", "NotIp": "192.0.2.1", "Arn": "arn:aws:s3:::c",
}  # fmt: skip


@pytest.mark.parametrize("base", POSITIVE + NEGATED)
def test_if_exists_compares_a_key_that_is_there(base: str) -> None:
    """And a set operator with one value compares that one as the operator by itself does."""
    wanted = sample(base)
    same = "10.1.2.3" if "Ip" in base else wanted
    other = next(value for start, value in OTHER.items() if base.startswith(start))
    for found in (same, other):
        alone = holds(base, wanted, found)
        assert holds(f"{base}IfExists", wanted, found) is alone, found
        for qualifier in ("ForAllValues", "ForAnyValue"):
            for value in (found, (found,)):
                assert holds(f"{qualifier}:{base}", wanted, value) is alone, (qualifier, value)
                assert holds(f"{qualifier}:{base}IfExists", wanted, value) is alone
    if "Than" not in base:
        assert holds(base, wanted, same) is (base not in NEGATED)
        assert holds(base, wanted, other) is (base in NEGATED)


@pytest.mark.parametrize("base", BASES)
@pytest.mark.parametrize("change", [str.upper, str.lower, str.swapcase])
def test_an_operator_is_evaluated_whatever_its_case(base: str, change: Any) -> None:
    wanted = "false" if base == "Null" else sample(base)
    found = "10.1.2.3" if "Ip" in base else sample("Bool" if base == "Null" else base)
    values = {"ctx:key": found}
    tests = [
        compile_condition(Condition(name, KEY, (wanted,)), variables=True)
        for name in (base, change(base))
    ]
    assert tests[0].check(values) is tests[1].check(values)
    assert tests[0].check({}) is tests[1].check({})


LEVELS: list[tuple[Any, dict[str, Any], bool]] = [
    # operators: and
    ({"StringEquals": {"ctx:A": "1"}, "Bool": {"ctx:B": "true"}}, {"A": "1", "B": "true"}, True),
    ({"StringEquals": {"ctx:A": "1"}, "Bool": {"ctx:B": "true"}}, {"A": "1", "B": "false"}, False),
    ({"StringEquals": {"ctx:A": "1"}, "Bool": {"ctx:B": "true"}}, {"B": "true"}, False),
    # keys under one operator: and
    ({"StringEquals": {"ctx:A": "1", "ctx:B": "2"}}, {"A": "1", "B": "2"}, True),
    ({"StringEquals": {"ctx:A": "1", "ctx:B": "2"}}, {"A": "1", "B": "3"}, False),
    # values under one key of a positive operator: or
    ({"StringEquals": {"ctx:A": ["1", "2"]}}, {"A": "2"}, True),
    ({"StringEquals": {"ctx:A": ["1", "2"]}}, {"A": "3"}, False),
    # of a negated operator: nor
    ({"StringNotEquals": {"ctx:A": ["1", "2"]}}, {"A": "3"}, True),
    ({"StringNotEquals": {"ctx:A": ["1", "2"]}}, {"A": "2"}, False),
    ({"StringNotLike": {"ctx:A": ["1*", "2*"]}}, {"A": "25"}, False),
    (
        {"ArnNotLike": {"ctx:A": ["arn:aws:s3:::a", "arn:aws:s3:::b"]}},
        {"A": "arn:aws:s3:::b"},
        False,
    ),
    ({"NotIpAddress": {"ctx:A": ["10.0.0.0/8", "192.0.2.0/24"]}}, {"A": "192.0.2.1"}, False),
    # nothing to meet: true
    ({}, {}, True),
    ({"StringEquals": {}}, {}, True),
]


@pytest.mark.parametrize(("block", "context", "expected"), LEVELS)
def test_how_operators_keys_and_values_are_combined(
    block: Any, context: dict[str, Any], expected: bool
) -> None:
    layers = Layers(identity=policies(allow(Condition=block)))
    asked = ask(**{f"ctx__{key}": value for key, value in context.items()})
    assert decide(asked, layers).allowed is expected
    assert explain(asked, layers).decision.allowed is expected


@pytest.mark.parametrize(
    ("found", "denied"),
    [(("o-1/r-1/ou-1/",), False), (("o-1/r-1/ou-2/",), True), (None, True), ((), True)],
)
def test_set_operators_follow_their_definitions_where_awss_example_does_not(
    found: Any, denied: bool
) -> None:
    """Policy language §7.5: a table on the operators page contradicts two other pages."""
    block = {"ForAllValues:StringNotLike": {"aws:ResourceOrgPaths": ["o-1/r-1/ou-1/*"]}}
    layers = Layers(identity=policies(allow(), {**allow(Condition=block), "Effect": "Deny"}))
    context = {} if found is None else {"aws__ResourceOrgPaths": found}
    assert decide(ask(**context), layers).allowed is not denied


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
