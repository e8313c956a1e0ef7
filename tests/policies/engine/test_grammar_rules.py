"""Policy language §1, §2 and §8: rules of the grammar that hold in every kind of policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.engine import DocumentKind, Layers, Policy, compile_policies, decide, parse
from tests.policies.engine.acme import ACME, ALICE, ALICE_ARN, allow, ask, deny, refusal, text

KINDS = list(DocumentKind)
IAM = (DocumentKind.IDENTITY, DocumentKind.MANAGED, DocumentKind.SESSION)


def codes(source: str, kind: DocumentKind) -> list[str]:
    return [fault.code for fault in refusal(source, kind).faults]


def statement(kind: DocumentKind, **more: Any) -> dict[str, Any]:
    if kind is DocumentKind.TRUST:
        found = {"Effect": "Allow", "Principal": {"AWS": [ACME]}, "Action": ["sts:AssumeRole"]}
    elif kind is DocumentKind.RESOURCE:
        found = allow(["s3:*"], ["*"], Principal={"AWS": [ALICE_ARN]})
    elif kind is DocumentKind.RCP:
        found = deny(["s3:*"], ["*"], Principal="*")
    else:
        found = allow(["s3:*"], ["*"])
    return {**found, **more}


# Each a list of one that may stand bare: how to reach it, and in which kinds of policy.
LISTS: list[tuple[tuple[str, ...], str]] = [
    (("Statement",), "every"),
    (("Statement", "Action"), "every"),
    (("Statement", "NotAction"), "no trust, no RCP"),
    (("Statement", "Resource"), "no trust"),
    (("Statement", "NotResource"), "no trust"),
    (("Statement", "Principal", "AWS"), "trust and resource"),
    (("Statement", "Condition", "StringEquals", "aws:x"), "every"),
]
TAKE = {
    "every": KINDS,
    "no trust": [kind for kind in KINDS if kind is not DocumentKind.TRUST],
    "no trust, no RCP": [*IAM, DocumentKind.RESOURCE, DocumentKind.SCP],
    "trust and resource": [DocumentKind.TRUST, DocumentKind.RESOURCE],
}
ONE_OR_MANY = [(path, kind) for path, where in LISTS for kind in TAKE[where]]


@pytest.mark.parametrize(("path", "kind"), ONE_OR_MANY)
def test_a_bare_value_equals_a_list_of_one(path: tuple[str, ...], kind: DocumentKind) -> None:
    one = statement(kind, Condition={"StringEquals": {"aws:x": ["v"]}})
    for name in ("Action", "Resource"):
        if f"Not{name}" in path:
            one[f"Not{name}"] = one.pop(name)
    listed: dict[str, Any] = {"Version": "2012-10-17", "Statement": [one]}
    bare = json.loads(json.dumps(listed))
    place: Any = bare
    for name in path[:-1]:
        place = place[name][0] if name == "Statement" else place[name]
    place[path[-1]] = place[path[-1]][0]
    assert json.dumps(bare) != json.dumps(listed)
    found, wanted = (parse(json.dumps(document), kind) for document in (bare, listed))
    assert found.statements == wanted.statements


DUPLICATES = [
    '{"Version":"2012-10-17","Version":"2012-10-17","Statement":[STATEMENT]}',
    '{"Version":"2012-10-17","Statement":[STATEMENT],"Statement":[STATEMENT]}',
    '{"Version":"2012-10-17","Id":"a","Id":"b","Statement":[STATEMENT]}',
    *(
        f'{{"Version":"2012-10-17","Statement":[STATEMENT_AND,{twice}}}]}}'
        for twice in (
            '"Sid":"a","Sid":"b"',
            '"Effect":"Deny"',
            '"Action":"s3:*"',
            '"Condition":{},"Condition":{}',
            '"Condition":{"Null":{"a:b":"true"},"Null":{"a:c":"true"}}',
            '"Condition":{"Null":{"a:b":"true","a:b":"false"}}',
            r'"Condition":{"Null":{"a:b":"true","a:\u0062":"false"}}',
        )
    ),
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("source", DUPLICATES)
def test_no_object_holds_a_name_twice(source: str, kind: DocumentKind) -> None:
    written = json.dumps(statement(kind))
    whole = source.replace("STATEMENT_AND", written[:-1]).replace("STATEMENT", written)
    assert "duplicate-key" in codes(whole, kind)


def test_a_principals_type_stands_once() -> None:
    source = (
        f'{{"Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{ACME}",'
        f'"AWS":"{ALICE_ARN}"}}}}]}}'
    )
    assert codes(source, DocumentKind.TRUST) == ["duplicate-key"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("element", ["Action", "Resource", "Principal"])
def test_both_of_a_pair_are_refused(kind: DocumentKind, element: str) -> None:
    one = statement(kind)
    value = one.get(element, "*")
    both = {**one, element: value, f"Not{element}": value}
    assert "both-of-a-pair" in codes(text(both), kind)


@pytest.mark.parametrize("letter", ["\t", "\n", "\r", " ", "~", "\x7f", "\xa0", "\xe9", "\xff"])
@pytest.mark.parametrize("kind", [*IAM, DocumentKind.TRUST])
def test_the_characters_that_iam_accepts(kind: DocumentKind, letter: str) -> None:
    block = {"StringEquals": {"aws:x": "PLACE"}}
    source = text(statement(kind, Condition=block))
    if letter in "\t\n\r":  # white space between values; in a string JSON itself refuses it
        spaced = source.replace(":", f":{letter}", 1)
        assert parse(spaced, kind).statements
    else:
        (found,) = parse(source.replace("PLACE", letter), kind).statements
        assert found.conditions[0].values == (letter,)


@pytest.mark.parametrize(
    "found",
    [
        allow("nowhere:Nothing"),
        allow("s3:NoSuchAction"),
        allow("s3:Get*", "arn:aws:nowhere:::x"),
        allow("s3:GetObject", "arn:aws:dynamodb:eu-west-1:111122223333:table/x"),
        allow(Condition={"StringEquals": {"nowhere:Key": "x"}}),
        allow(Condition={"ForAllValues:StringEquals": {"aws:username": "x"}}),
        allow(Condition={"StringEquals": {"aws:TagKeys": "x"}}),
        allow("s3:*", "arn:aws:s3:::${no:such/key}"),
    ],
)
def test_what_can_never_match_is_saved_all_the_same(found: dict[str, Any]) -> None:
    assert parse(text(found), DocumentKind.MANAGED)


def layers_with(kind: DocumentKind, found: dict[str, Any]) -> Layers:
    """Layers in which one statement of a policy of this kind is what decides."""
    policy = [Policy(parse(text(found), kind), "p")]
    full = Policy(parse(text(allow()), DocumentKind.MANAGED), "full")
    may, one = compile_policies([full]), compile_policies(policy)
    match kind:
        case DocumentKind.IDENTITY | DocumentKind.MANAGED:
            return Layers(identity=one)
        case DocumentKind.SESSION:
            return Layers(identity=may, session=one)
        case DocumentKind.SCP:
            return Layers(identity=may, scps=(one,))
        case DocumentKind.RCP:
            return Layers(identity=may, rcps=(compile_policies([full, *policy]),))
        case DocumentKind.TRUST:
            return Layers(identity=may, resource=one, trust=True)
    return Layers(resource=one)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_policy_knows_variables(kind: DocumentKind) -> None:
    block = {"StringEquals": {"a:b": "${aws:username}"}}
    layers = layers_with(kind, statement(kind, Condition=block))
    action, denies = (
        "sts:AssumeRole" if kind is DocumentKind.TRUST else "s3:GetObject",
        (kind is DocumentKind.RCP),
    )
    for value, holds in (("alice", True), ("bob", False), ("${aws:username}", False)):
        asked = ask(ALICE, action, a__b=value, aws__username="alice")
        assert decide(asked, layers).allowed is (holds is not denies), value
    if kind is DocumentKind.TRUST:
        return
    home = "arn:aws:s3:::home/${aws:username}/*"
    layers = layers_with(kind, statement(kind, Resource=home))
    for owner, holds in (("alice", True), ("bob", False)):
        asked = ask(ALICE, of=f"arn:aws:s3:::home/{owner}/x", aws__username="alice")
        assert decide(asked, layers).allowed is (holds is not denies), owner


@pytest.mark.parametrize(
    ("action", "accepted"),
    [
        ("s3:*", True),
        ("sts:AssumeRole", True),
        ("sts:Assume*", True),
        ("shop:*", True),
        ("*", False),
        ("*:*", False),
        ("*:Get*", False),
        ("iam:*", False),
        ("IAM:CreateUser", False),
    ],
)
def test_an_rcp_names_a_service_that_rcps_reach(action: str, accepted: bool) -> None:
    """Source: policy-language §2: STS supports them, IAM does not; others may be registered."""
    source = text(deny(["s3:GetObject", action], Principal="*"))
    if accepted:
        assert parse(source, DocumentKind.RCP)
    else:
        (fault,) = refusal(source, DocumentKind.RCP).faults
        assert (fault.code, fault.line) == ("rcp-form", 1)
        assert source[fault.column - 1 :].startswith(f'"{action}"')
