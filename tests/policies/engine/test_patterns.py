"""Policy language §3 and §4: wildcards, actions and resources."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.engine import DocumentKind, Layers, Policy, compile_policies, decide, parse
from policies.engine.patterns import Glob, fold
from tests.policies.engine.acme import allow, ask, deny, policies, text

ACTIONS = [
    ("*", "iam:GetUser", True),
    ("*:*", "iam:GetUser", True),
    ("iam:*", "iam:GetUser", True),
    ("iam:*", "iamx:GetUser", False),
    ("iam:Get*", "iam:GetUser", True),
    ("iam:get*", "IAM:GETUSER", True),
    ("IAM:GetUser", "iam:getuser", True),
    ("iam:Get?ser", "iam:GetUser", True),
    ("iam:Get?ser", "iam:Getser", False),
    ("iam:*User", "iam:GetUser", True),
    ("iam:*User", "iam:GetUsers", False),
    ("iam:*e*U*r", "iam:GetUser", True),
    ("*:Get*", "s3:GetObject", True),
    ("*:Get*", "s3:PutObject", False),
    ("iam:Get User", "iam:GetUser", False),
    ("iam: GetUser", "iam:GetUser", False),
    ("iam:", "iam:GetUser", False),
    ("iam:GetUser", "iam:GetUserPolicy", False),
    ("iam:List\u212aeys", "iam:ListKeys", False),
]


@pytest.mark.parametrize(("pattern", "action", "expected"), ACTIONS)
def test_action_patterns(pattern: str, action: str, expected: bool) -> None:
    found = parse(text(allow([pattern, "x:y"])), _KIND)
    layers = Layers(identity=compile_policies([Policy(found, "p")]))
    assert decide(ask(action=action), layers).allowed is expected
    assert not decide(ask(action="other:Thing"), layers).allowed or pattern in ("*", "*:*")


_KIND = DocumentKind.SCP  # whose documents may hold any character


def test_not_action_covers_every_action_not_listed() -> None:
    statement = {"Effect": "Allow", "NotAction": ["iam:*", "sts:Assume*"], "Resource": "*"}
    layers = Layers(identity=policies(statement))
    for action, expected in {
        "s3:GetObject": True,
        "IAM:getuser": False,
        "sts:AssumeRole": False,
        "sts:GetCallerIdentity": True,
    }.items():
        assert decide(ask(action=action), layers).allowed is expected


QUEUE = "arn:aws:sqs:eu-west-1:111122223333:queue"
RESOURCES = [
    ("*", "arn:aws:s3:::b/k", True),
    ("*", "*", True),
    ("arn:aws:s3:::b/k", "arn:aws:s3:::b/k", True),
    ("arn:aws:s3:::b/k", "arn:aws:s3:::b/K", False),
    ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/b:c", True),
    ("arn:aws:s3:::b/*", "arn:aws:s3:::b", False),
    ("arn:aws:s3:::b*", "arn:aws:s3:::bucket/x", True),
    ("arn:aws:s3:::b/?", "arn:aws:s3:::b/k", True),
    ("arn:aws:s3:::b/?", "arn:aws:s3:::b/kk", False),
    ("arn:aws:s3:::*/k", "arn:aws:s3:::b/x/k", True),
    ("arn:aws:s3:::*", "arn:aws:s3:::", True),
    ("arn:aws:sqs:*:111122223333:queue", QUEUE, True),
    ("arn:aws:sqs:eu-*:1111????3333:queue", QUEUE, True),
    ("arn:aws:sqs:eu-*-2:111122223333:queue", QUEUE, False),
    ("arn:aws:sqs:EU-WEST-1:111122223333:queue", QUEUE, True),
    ("arn:aws:sqs:eu-west-1:111122223333:Queue", QUEUE, False),
    ("arn:aws:sqs:eu-west-1:111122223333:queue", QUEUE.replace("eu-west-1", "EU-West-1"), True),
    ("arn:*:sqs:eu-west-1:111122223333:queue", QUEUE, True),
    ("arn:aws:sns:eu-west-1:111122223333:queue", QUEUE, False),
    ("arn:aws:iam::111122223333:*", "arn:aws:iam::111122223333:user/a/b", True),
    ("arn:aws:iam::*:user/*", "arn:aws:iam::111122223333:user/", True),
    ("arn:aws:iam::*:*", "*", False),
    ("arn:aws:iam::*:*", "arn:aws:iam::111122223333:role/x", True),
    # a part's wildcard stays between its colons
    (
        "arn:aws:svc:*:111122223333:finance/*",
        "arn:aws:svc:us-east-2:999999999999:store/abc:111122223333:finance/document.txt",
        False,
    ),
    ("arn:aws:svc:::a:*", "arn:aws:svc:::a:b:c", True),
    ("arn:aws:svc:::*:c", "arn:aws:svc:::a:b:c", True),
    # short forms
    ("arn:aws:sqs", QUEUE, True),
    ("arn:aws:sqs:*", QUEUE, True),
    ("arn:aws:sqs:eu-west-1", QUEUE, True),
    ("arn:aws:sqs:eu-west-2", QUEUE, False),
    ("arn:aws:sqs:eu-west-1:111122223333", QUEUE, True),
    ("arn:aws:cloudfront:*", "arn:aws:cloudfront::111122223333:distribution/D", True),
    # what is no ARN
    ("arn:aws:s3:::*", "bucket", False),
    ("*", "bucket", True),
]


@pytest.mark.parametrize(("pattern", "of", "expected"), RESOURCES)
@pytest.mark.parametrize("crowd", [0, 40])
def test_resource_patterns(pattern: str, of: str, expected: bool, crowd: int) -> None:
    """Alone, and among so many others that the index is used."""
    others = [f"arn:aws:dynamodb:eu-west-1:111122223333:table/{n}/*" for n in range(crowd)]
    others += [f"arn:aws:dynamodb:*:111122223333:table/*/{n}/x" for n in range(crowd)]
    layers = Layers(identity=policies(allow("*", [*others, pattern])))
    assert decide(ask(of=of), layers).allowed is expected


def test_not_resource_covers_every_resource_not_listed() -> None:
    statement = {"Effect": "Allow", "Action": "*", "NotResource": ["arn:aws:s3:::secret/*"]}
    layers = Layers(identity=policies(statement))
    assert decide(ask(of="arn:aws:s3:::open/x"), layers).allowed
    assert not decide(ask(of="arn:aws:s3:::secret/x"), layers).allowed
    assert decide(ask(of="*"), layers).allowed


SHORT = [
    (DocumentKind.IDENTITY, "arn:aws:sqs", True),
    (DocumentKind.MANAGED, "arn:aws:sqs", True),
    (DocumentKind.RESOURCE, "arn:aws:sqs", False),
    (DocumentKind.RESOURCE, "arn:aws:sqs:*", True),
    (DocumentKind.RESOURCE, "arn:aws:sqs:*:111122223333", True),
    (DocumentKind.SCP, "arn:aws:sqs", False),
    (DocumentKind.SCP, "arn:aws:sqs:*:111122223333", False),
    (DocumentKind.SCP, "arn:aws:sqs:*", True),
]


@pytest.mark.parametrize(("kind", "pattern", "covered"), SHORT)
def test_short_arns_by_kind_of_policy(kind: DocumentKind, pattern: str, covered: bool) -> None:
    if kind is DocumentKind.RESOURCE:
        refusing = policies(deny("*", pattern, Principal="*"), kind=kind)
        layers = Layers(identity=policies(allow()), resource=refusing)
    else:
        layers = Layers(
            identity=policies(allow()), scps=(policies(allow(), deny("*", pattern), kind=kind),)
        )
    assert decide(ask(of=QUEUE), layers).allowed is not covered


def naive(pattern: str, of: str) -> bool:
    reached = {0}
    for letter in pattern:
        if letter == "*":
            reached = set(range(min(reached), len(of) + 1)) if reached else reached
        else:
            reached = {n + 1 for n in reached if n < len(of) and letter in ("?", of[n])}
    return len(of) in reached


@given(st.text("ab?*", max_size=12), st.text("ab", max_size=14))
def test_globs_match_as_their_definition_says(pattern: str, of: str) -> None:
    assert Glob.of(pattern).matches(of) is naive(pattern, of)


@pytest.mark.parametrize(
    "pattern",
    [
        "*" * 6144,
        "*a" * 3072,
        "a*" * 3072,
        "?" * 6144,
        "*?a" * 2048,
        "*a?b" * 1500,
        "*" + "a?" * 3000 + "b",
        "*" + "a" * 3000 + "b*",
    ],
)
def test_no_pattern_backtracks(pattern: str) -> None:
    glob, of = Glob.of(pattern), "a" * 6144
    started = time.process_time()
    for _ in range(3):
        glob.matches(of)
        glob.matches(of + "b")
    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("pieces", "of", "expected"),
    [
        (["a"], "a", True),
        (["a"], "ab", False),
        (["a", ""], "ab", True),
        (["a", ""], "a", False),
        (["", "a"], "ba", True),
        (["", "a"], "a", False),
        (["a", "b"], "axb", True),
        (["a", "b"], "ab", False),
        (["a", "", "b"], "axxb", True),
        (["a", "", "b"], "axb", False),
        (["*", "?"], "*x?", True),
        (["*", "?"], "yxz", False),
        ([""], "", True),
    ],
)
def test_gaps_take_one_character_or_more(pieces: list[str], of: str, expected: bool) -> None:
    assert Glob.with_gaps(pieces).matches(of) is expected


@given(st.lists(st.text("ab", max_size=2), min_size=1, max_size=5), st.text("ab", max_size=10))
def test_gaps_match_as_a_regular_expression_would(pieces: list[str], of: str) -> None:
    expression = ".+".join(map(re.escape, pieces))
    assert Glob.with_gaps(pieces).matches(of) is (re.fullmatch(expression, of) is not None)


@given(st.characters())
def test_folding_takes_no_letter_into_another_script(letter: str) -> None:
    folded = fold(letter)
    assert len(folded) == 1
    assert (folded <= "\xff") is (letter <= "\xff")
    assert fold(folded) == folded
