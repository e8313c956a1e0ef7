"""Documents made to hurt: refused, or read, in bounded time, and never with a surprise allow."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.engine import (
    DocumentKind,
    Layers,
    Policy,
    PolicyErrors,
    compile_policies,
    decide,
    parse,
)
from policies.engine.lint import (
    ConditionKey,
    RegisteredService,
    RegisteredServices,
    ServiceAction,
    aws_services,
    lint,
)
from tests.policies.engine.acme import allow, ask, deny, policies, refusal, text

KINDS = list(DocumentKind)

ODD = {
    "empty": ("", "json-incomplete"),
    "white space": (" \n\t", "json-incomplete"),
    "ten megabytes": ("[" * 10_000_000, "too-long"),
    "ten megabytes of stars": ('{"Statement": "' + "*" * 10_000_000 + '"}', "too-long"),
    "10,000 brackets": ("[" * 10_000, "json-too-deep"),
    "10,000 braces": ('{"a":' * 10_000, "json-too-deep"),
    "closed brackets": ("[" * 10_000 + "]" * 10_000, "json-too-deep"),
    "NaN": ('{"a": NaN}', "json-literal"),
    "Infinity": ('{"a": -Infinity}', "json-literal"),
    "Python": ("{'a': None}", "json-name"),
    "True": ('{"a": True}', "json-literal"),
    "leading zero": ('{"a": 01}', "json-literal"),
    "plus": ('{"a": +1}', "json-literal"),
    "hexadecimal": ('{"a": 0x10}', "json-literal"),
    "comment": ('{"a": 1 // x\n}', "json-syntax"),
    "block comment": ('{/* x */"a": 1}', "json-name"),
    "trailing comma": ('{"a": 1,}', "json-trailing-comma"),
    "missing comma": ('{"a": 1 "b": 2}', "json-comma"),
    "missing comma in a list": ('["a" "b"]', "json-comma"),
    "missing colon": ('{"a" 1}', "json-colon"),
    "name without quotes": ("{a: 1}", "json-name"),
    "two documents": ("{}{}", "json-trailing-text"),
    "text after": ("{} x", "json-trailing-text"),
    "open string": ('{"a": "b', "json-open-string"),
    "open object": ('{"a": 1', "json-incomplete"),
    "open list": ("[1", "json-incomplete"),
    "wrong bracket": ('{"a": [1}', "json-syntax"),
    "bad escape": (r'{"a": "\x41"}', "json-escape"),
    "short escape": (r'{"a": "\u12"}', "json-escape"),
    "line break in a string": ('{"a": "b\nc"}', "json-control-character"),
    "high surrogate": (r'{"a": "\ud800"}', "json-surrogate"),
    "low surrogate": (r'{"a": "\udc00x"}', "json-surrogate"),
    "two high surrogates": (r'{"a": "\ud800\ud800"}', "json-surrogate"),
    "NUL": (r'{"a": "\u0000"}', "json-nul"),
    "duplicate key": ('{"a": 1, "a": 2}', "duplicate-key"),
    "escaped duplicate key": (r'{"a": 1, "\u0061": 2}', "duplicate-key"),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("kind", KINDS)
def test_odd_text_is_refused_in_bounded_time(name: str, kind: DocumentKind) -> None:
    source, code = ODD[name]
    started = time.process_time()
    errors = refusal(source, kind)
    assert time.process_time() - started < 1
    assert code in [fault.code for fault in errors.faults]
    assert errors.aws_message


@pytest.mark.parametrize("kind", KINDS)
def test_a_surrogate_in_the_text_itself_is_refused(kind: DocumentKind) -> None:
    assert "characters" in [f.code for f in refusal('{"a": "\ud800"}', kind).faults]


def test_an_escaped_pair_of_surrogates_is_its_character() -> None:
    source = text(allow(Condition={"StringEquals": {"a:b": "\U0001f600"}}))
    assert r"\ud83d\ude00" in source
    found = parse(source, DocumentKind.MANAGED)
    assert found.statements[0].conditions[0].values == ("\U0001f600",)


def test_escapes_are_read_as_json_says() -> None:
    source = r'{"Statement":{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":'
    source += r'{"StringEquals":{"a:b":"\"\\\/\b\f\n\r\t\u00e9"}}}}'
    (condition,) = parse(source, DocumentKind.IDENTITY).statements[0].conditions
    assert condition.values == ('"\\/\b\f\n\r\t\xe9',)


def test_two_effects_are_refused_whichever_comes_first() -> None:
    for first, second in (("Allow", "Deny"), ("Deny", "Allow")):
        source = (
            f'{{"Version":"2012-10-17","Statement":[{{"Effect":"{first}","Effect":"{second}",'
            '"Action":"*","Resource":"*"}]}'
        )
        assert "duplicate-key" in [f.code for f in refusal(source, DocumentKind.MANAGED).faults]


@pytest.mark.parametrize("digits", ["9" * 5000, "1" + "0" * 5000 + ".5", "1e999999", "1e-999999"])
def test_huge_numbers_neither_crash_nor_match(digits: str) -> None:
    source = (
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*",'
        '"Condition":{"NumericEquals":{"a:b":' + digits + "}}}]}"
    )
    layers = Layers(identity=compile_policies([Policy(parse(source, DocumentKind.MANAGED), "p")]))
    for value in ("1", "0", "9" * 4999, "1e999998", digits + "x"):
        assert not decide(ask(a__b=value), layers).allowed


@pytest.mark.parametrize("value", ["1" * 100_000, "1e" + "9" * 100_000, "nan", "inf", "0x1"])
def test_odd_numbers_in_a_request_neither_crash_nor_match(value: str) -> None:
    for operator in ("NumericGreaterThan", "NumericNotEquals", "DateGreaterThan", "DateNotEquals"):
        block = {operator: {"a:b": "1"}}
        layers = Layers(identity=policies(allow(Condition=block)))
        assert not decide(ask(a__b=value), layers).allowed


def test_a_policy_of_stars_is_decided_in_bounded_time() -> None:
    stars = "arn:aws:s3:::" + "*a" * 3000
    layers = Layers(
        identity=policies(allow(), deny("s3:" + "*?" * 1000, stars + "b"), deny("*", stars + "?"))
    )
    started = time.process_time()
    decide(ask(of="arn:aws:s3:::" + "a" * 2000), layers)
    assert time.process_time() - started < 1


def test_many_variables_are_substituted_in_bounded_time() -> None:
    pattern = "arn:aws:s3:::" + "${a:b}*" * 800
    layers = Layers(identity=policies(allow("*", pattern)))
    started = time.process_time()
    decide(ask(of="arn:aws:s3:::" + "a" * 2000, a__b="a" * 50), layers)
    decide(ask(of="arn:aws:s3:::" + "a" * 2000, a__b="*" * 50), layers)
    assert time.process_time() - started < 1


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused_and_nothing_else(source: str) -> None:
    for kind in (DocumentKind.MANAGED, DocumentKind.TRUST, DocumentKind.SCP):
        try:
            parse(source, kind)
        except PolicyErrors as errors:
            assert errors.faults
            assert errors.aws_message


@given(st.data())
def test_any_damage_to_a_document_is_read_or_refused(data: st.DataObject) -> None:
    whole = text(allow("s3:*", "arn:aws:s3:::b/*", Condition={"StringEquals": {"a:b": ["c"]}}))
    at = data.draw(st.integers(0, len(whole) - 1))
    size = data.draw(st.integers(0, 3))
    new = data.draw(st.text('{}[]",:\\ax*0', max_size=3))
    try:
        found = parse(whole[:at] + new + whole[at + size :], DocumentKind.MANAGED)
    except PolicyErrors:
        return
    assert parse(found.printed(), DocumentKind.MANAGED).statements == found.statements


def _invented(number: int) -> str:
    """Letters for a number, unlike any name there is."""
    return "".join("qxzjkvwyhn"[int(digit)] for digit in f"{number:05}")


@pytest.mark.parametrize(
    "change",
    [
        {"Action": [f"ec2:{_invented(n)}" for n in range(4000)]},
        {"Action": [f"{_invented(n)}:Get" for n in range(4000)]},
        {"Condition": {"StringEquals": {f"ec2:{_invented(n)}": "a" for n in range(4000)}}},
        {"Condition": {"StringEquals": {f"{_invented(n)}:a": "a" for n in range(4000)}}},
        {"Resource": [f"arn:aws:{_invented(n)}:::a" for n in range(4000)]},
        {"Resource": [f"arn:aws:ec2:eu-west-1:111122223333:{_invented(n)}/a" for n in range(4000)]},
        {"Resource": [f"arn:aws:ec2:*:*:{'*a' * 9}{n}" for n in range(4000)]},
    ],
    ids=["actions", "services", "keys", "prefixes", "ARNs", "resource types", "wild ARNs"],
)
def test_thousands_of_unknown_names_are_linted_in_bounded_time(change: dict[str, Any]) -> None:
    services = aws_services()
    assert services is not None
    source = text({**allow("ec2:*"), **change})
    lint(text(allow("ec2:*", "arn:aws:none:::x")), DocumentKind.MANAGED, services)  # data is read
    started = time.process_time()
    found = lint(source, DocumentKind.MANAGED, services)
    assert time.process_time() - started < 3
    assert len(found) >= (4000 if "*" not in str(change.get("Resource")) else 1)


@pytest.mark.parametrize(
    "variables",
    ["${" * 60_000, "${" * 60_000 + "}", "${a b}" * 20_000, "${}" * 40_000, "${a, b}" * 15_000],
    ids=["open", "closed once", "spaces", "empty", "unquoted"],
)
@pytest.mark.parametrize("place", ["Resource", "Condition"])
def test_variables_without_end_are_linted_in_bounded_time(place: str, variables: str) -> None:
    change: dict[str, Any] = {"Resource": f"arn:aws:s3:::{variables}"}
    if place == "Condition":
        change = {"Condition": {"StringEquals": {"aws:PrincipalAccount": variables}}}
    services = aws_services()
    assert services is not None
    started = time.process_time()
    found = lint(text({**allow("s3:*"), **change}), DocumentKind.MANAGED, services)
    assert time.process_time() - started < 2
    assert 1 <= len(found) <= 6


def test_a_registered_key_of_nothing_but_gaps_is_compared_in_bounded_time() -> None:
    """Names of registered services come from outside: no regular expression is made of them."""
    gaps = "shop:" + "${a}x" * 20 + "y"
    shop = RegisteredService("shop", (ServiceAction("Buy"),), (), (ConditionKey(gaps, "String"),))
    block = {"StringEquals": {"shop:" + "ax" * 60: "1"}}
    source = text(allow("shop:Buy", Condition=block))
    started = time.process_time()
    found = lint(source, DocumentKind.MANAGED, RegisteredServices([shop]))
    assert time.process_time() - started < 1
    assert "INVALID_SERVICE_CONDITION_KEY" in [one.code for one in found]
