"""Policy language §1 to §5, §7.8, §9: what each kind of document requires, allows and refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies.engine import DocumentKind, PolicyErrors, Position, parse
from tests.policies.engine.acme import ACME, ALICE_ARN, allow, deny, refusal, text

KINDS = list(DocumentKind)
IAM = (DocumentKind.IDENTITY, DocumentKind.MANAGED, DocumentKind.SESSION)


def statement(kind: DocumentKind) -> dict[str, Any]:
    if kind is DocumentKind.TRUST:
        return {"Effect": "Allow", "Principal": {"AWS": ACME}, "Action": "sts:AssumeRole"}
    if kind is DocumentKind.RESOURCE:
        return allow("s3:*", Principal="*")
    if kind is DocumentKind.RCP:
        return deny("s3:*", Principal="*")
    return allow("s3:*")


def codes(errors: PolicyErrors) -> list[str]:
    return [fault.code for fault in errors.faults]


@pytest.mark.parametrize("kind", KINDS)
def test_a_valid_document_is_read(kind: DocumentKind) -> None:
    found = parse(text(statement(kind)), kind)
    assert found.kind is kind
    assert found.version == "2012-10-17"
    assert len(found.statements) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_one_statement_needs_no_list(kind: DocumentKind) -> None:
    one = parse(json.dumps({"Version": "2012-10-17", "Statement": statement(kind)}), kind)
    assert one.statements == parse(text(statement(kind)), kind).statements


def test_one_value_equals_a_list_of_one() -> None:
    bare = allow("s3:*", Condition={"StringEquals": {"a:b": "c"}})
    listed = allow(["s3:*"], ["*"], Condition={"StringEquals": {"a:b": ["c"]}})
    kind = DocumentKind.IDENTITY
    assert parse(text(bare), kind).statements == parse(text(listed), kind).statements


def test_scalars_are_their_json_text() -> None:
    source = (
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", '
        '"Condition": {"StringEquals": {"a:b": [true, 5, 1.50, -0, 1e3, "x"]}}}}'
    )
    (condition,) = parse(source, DocumentKind.IDENTITY).statements[0].conditions
    assert condition.values == ("true", "5", "1.50", "-0", "1e3", "x")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", [None, "2008-10-17", "2012-10-17", "2012-10-18", "", 2012])
def test_versions(kind: DocumentKind, version: Any) -> None:
    document: dict[str, Any] = {"Statement": [statement(kind)]}
    if version is not None:
        document["Version"] = version
    strict = kind in (DocumentKind.MANAGED, DocumentKind.RCP)
    if version == "2012-10-17" or (version in (None, "2008-10-17") and not strict):
        found = parse(json.dumps(document), kind)
        assert found.knows_variables is (version == "2012-10-17")
        return
    wanted = "version-too-old" if version in (None, "2008-10-17") else "version-unknown"
    assert wanted in codes(refusal(json.dumps(document), kind))


@pytest.mark.parametrize("kind", KINDS)
def test_an_id_is_a_string(kind: DocumentKind) -> None:
    document = {"Version": "2012-10-17", "Id": "mine", "Statement": [statement(kind)]}
    assert parse(json.dumps(document), kind).id == "mine"
    assert codes(refusal(json.dumps({**document, "Id": 5}), kind)) == ["id-shape"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("[]", "document-shape"),
        ('"x"', "document-shape"),
        ("null", "document-shape"),
        ("{}", "missing-statement"),
        ('{"Version":"2012-10-17"}', "missing-statement"),
        ('{"Version":"2012-10-17","Statement":[]}', "missing-statement"),
        ('{"Version":"2012-10-17","Statement":["x"]}', "statement-shape"),
        ('{"Version":"2012-10-17","Statement":"x"}', "statement-shape"),
        ('{"Version":"2012-10-17","Statement":[{}]}', "missing-effect"),
        ('{"Version":"2012-10-17","Statement":[{"Effect":5}]}', "effect-value"),
        ('{"Version":"2012-10-17","Statement":[{"Effect":"Permit"}]}', "effect-value"),
        ('{"Version":"2012-10-17","Statement":[{"Effect":"ALLOW"}]}', "effect-case"),
        ('{"version":"2012-10-17","Statement":[{"Effect":"Allow"}]}', "unknown-element"),
        ('{"Version":"2012-10-17","Conditions":{},"Statement":[{}]}', "unknown-element"),
        ('{"Version":"2012-10-17","Statement":[{"Effects":"Allow"}]}', "unknown-element"),
    ],
)
def test_a_malformed_document_is_refused(kind: DocumentKind, document: str, code: str) -> None:
    assert code in codes(refusal(document, kind))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"Sid": 5}, "sid-shape"),
        ({"Effect": None}, "effect-value"),
        ({"Action": {}}, "action-shape"),
        ({"Action": ["sts:AssumeRole", 5]}, "action-shape"),
        ({"Action": []}, "missing-action"),
        ({"NotAction": "sts:AssumeRole"}, "both-of-a-pair"),
        ({"Condition": []}, "condition-shape"),
        ({"Condition": {"StringEquals": "x"}}, "condition-shape"),
        ({"Condition": {"StringEquals": {"a:b": {}}}}, "condition-shape"),
        ({"Condition": {"StringEquals": {"a:b": None}}}, "condition-shape"),
        ({"Condition": {"StringEquals": {"a:b": [["x"]]}}}, "condition-shape"),
        ({"Condition": {"StringSame": {"a:b": "x"}}}, "operator-unknown"),
        ({"Condition": {"stringequals": {"a:b": "x"}}}, "operator-unknown"),
        ({"Condition": {"NullIfExists": {"a:b": "true"}}}, "operator-unknown"),
        ({"Condition": {"DateEquals": {"a:b": "soon"}}}, "date-value"),
        ({"Unknown": 1}, "unknown-element"),
    ],
)
def test_a_malformed_statement_is_refused(kind: DocumentKind, change: Any, code: str) -> None:
    assert code in codes(refusal(text({**statement(kind), **change}), kind))


@pytest.mark.parametrize("element", ["Effect", "Action"])
@pytest.mark.parametrize("kind", KINDS)
def test_effect_and_action_are_required(kind: DocumentKind, element: str) -> None:
    found = {key: value for key, value in statement(kind).items() if key != element}
    assert codes(refusal(text(found), kind)) == [f"missing-{element.lower()}"]


@pytest.mark.parametrize("kind", KINDS)
def test_resource_is_required_refused_or_optional_by_kind(kind: DocumentKind) -> None:
    found = {key: value for key, value in statement(kind).items() if key != "Resource"}
    if kind in (DocumentKind.TRUST, DocumentKind.RESOURCE):
        assert parse(text(found), kind).statements[0].resources is None
    else:
        assert codes(refusal(text(found), kind)) == ["missing-resource"]
        assert "missing-resource" in codes(refusal(text({**found, "Resource": []}), kind))
    if kind is DocumentKind.TRUST:
        assert codes(refusal(text({**found, "Resource": "*"}), kind)) == ["resource-not-allowed"]
        assert codes(refusal(text({**found, "NotResource": "*"}), kind)) == [
            "not-resource-not-allowed"
        ]


@pytest.mark.parametrize("element", ["Principal", "NotPrincipal"])
@pytest.mark.parametrize("kind", [*IAM, DocumentKind.SCP])
def test_identity_kinds_have_no_principal(kind: DocumentKind, element: str) -> None:
    found = text({**statement(kind), element: {"AWS": ACME}})
    assert codes(refusal(found, kind)) == ["principal-not-allowed"]


@pytest.mark.parametrize("kind", [DocumentKind.TRUST, DocumentKind.RESOURCE, DocumentKind.RCP])
def test_resource_kinds_need_a_principal(kind: DocumentKind) -> None:
    found = {key: value for key, value in statement(kind).items() if key != "Principal"}
    assert codes(refusal(text(found), kind)) == ["missing-principal"]


def test_not_principal_stands_only_in_a_resource_policys_deny() -> None:
    both = [DocumentKind.RESOURCE, DocumentKind.TRUST, DocumentKind.RCP]
    for kind in both:
        for effect in ("Allow", "Deny"):
            found = {**statement(kind), "Effect": effect, "NotPrincipal": {"AWS": ACME}}
            del found["Principal"]
            if kind is DocumentKind.RESOURCE and effect == "Deny":
                assert parse(text(found), kind).statements[0].not_principals
            else:
                assert "not-principal" in codes(refusal(text(found), kind))


@pytest.mark.parametrize("kind", IAM)
def test_sids_are_alphanumeric_in_identity_kinds(kind: DocumentKind) -> None:
    assert parse(text({**statement(kind), "Sid": ""}), kind).statements[0].sid == ""
    assert parse(text({**statement(kind), "Sid": "A1b2"}), kind).statements[0].sid == "A1b2"
    assert codes(refusal(text({**statement(kind), "Sid": "a b"}), kind)) == ["sid-characters"]


def test_sids_are_free_text_in_trust_policies() -> None:
    kind = DocumentKind.TRUST
    assert parse(text({**statement(kind), "Sid": "a b-c"}), kind).statements[0].sid == "a b-c"


@pytest.mark.parametrize("kind", KINDS)
def test_sids_are_unique(kind: DocumentKind) -> None:
    twice = [{**statement(kind), "Sid": "One"}] * 2
    assert codes(refusal(text(*twice), kind)) == ["sid-duplicate"]
    empty = [{**statement(kind), "Sid": ""}] * 2
    if kind is not DocumentKind.RCP:
        assert len(parse(text(*empty), kind).statements) == 2


def test_an_empty_block_of_an_unknown_operator_is_accepted() -> None:
    found = allow(Condition={"NoSuch": {}})
    assert parse(text(found), DocumentKind.MANAGED).statements[0].conditions == ()


def test_scps_take_the_whole_language() -> None:
    block = {"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}
    found = [
        allow("s3:*Object", "arn:aws:s3:::b/*", Condition=block),
        {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::c/*"},
    ]
    assert len(parse(text(*found), DocumentKind.SCP).statements) == 2


@pytest.mark.parametrize(
    "found",
    [
        allow("s3:*", Principal="*"),
        deny("*", Principal="*"),
        deny(["s3:*", "*"], Principal="*"),
        allow("*", "*", Principal="*", Condition={"Bool": {"a:b": "true"}}),
    ],
)
def test_an_rcp_denies_named_actions_only(found: dict[str, Any]) -> None:
    assert "rcp-form" in codes(refusal(text(found), DocumentKind.RCP))


def test_the_built_in_rcp_may_allow_everything() -> None:
    assert parse(text(allow("*", "*", Principal="*")), DocumentKind.RCP)


def test_an_rcp_is_about_everyone_and_takes_no_not_action() -> None:
    kind = DocumentKind.RCP
    assert "principal-form" in codes(refusal(text(deny("s3:*", Principal={"AWS": "*"})), kind))
    found = {"Effect": "Deny", "NotAction": "s3:*", "Resource": "*", "Principal": "*"}
    assert codes(refusal(text(found), kind)) == ["not-action-not-allowed"]


@pytest.mark.parametrize(
    ("kind", "accepted"),
    [
        (DocumentKind.IDENTITY, True),
        (DocumentKind.MANAGED, True),
        (DocumentKind.SESSION, False),
        (DocumentKind.RCP, False),
    ],
)
def test_short_arns_are_refused_in_session_policies_and_rcps(
    kind: DocumentKind, accepted: bool
) -> None:
    found = {**statement(kind), "Resource": "arn:aws:sqs"}
    if accepted:
        assert parse(text(found), kind)
    else:
        assert codes(refusal(text(found), kind)) == ["resource-short"]


def test_positions_of_statements() -> None:
    source = (
        '{\n "Statement": [\n  {"Effect":"Allow","Action":"*","Resource":"*"},\n'
        '  {"Effect":"Deny",\n   "Action":"*","Resource":"*"}]}'
    )
    first, second = parse(source, DocumentKind.IDENTITY).statements
    assert (first.start, first.end, first.introduced) == (
        Position(3, 3),
        Position(3, 49),
        Position(2, 16),
    )
    assert (second.start, second.end, second.introduced) == (
        Position(4, 3),
        Position(5, 32),
        Position(3, 50),
    )


def test_every_fault_is_reported_at_its_place_with_what_would_be_right() -> None:
    source = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "allow", "Action": "GetUser", "Resource": "bucket"},
    {"Sid": "x", "Effect": "Deny", "Action": "s3:*", "Resorce": "*"},
    {"Sid": "x", "Effect": "Deny", "Action": "s3:*", "Resource": "*",
     "Condition": {"StringLikes": {"aws:x": "y"}}}
  ]
}"""
    errors = refusal(source, DocumentKind.MANAGED)
    assert [(fault.line, fault.column, fault.code) for fault in errors.faults] == [
        (4, 16, "effect-case"),
        (4, 35, "action-prefix"),
        (4, 58, "resource-arn"),
        (5, 5, "missing-resource"),
        (5, 54, "unknown-element"),
        (6, 5, "sid-duplicate"),
        (7, 20, "operator-unknown"),
    ]
    assert errors.faults[0].help == 'Write "Allow".'
    assert all(fault.message and fault.help for fault in errors.faults)
    assert str(errors).startswith("line 4, column 16: ")


def test_size_counts_all_but_white_space() -> None:
    source = text(allow("s3:*", Condition={"StringEquals": {"a:b": "two words"}}))
    spread = source.replace(",", " ,\n\t\r ")
    found, same = (parse(one, DocumentKind.MANAGED) for one in (source, spread))
    assert found.size == same.size == len("".join(source.split()))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("indent", [None, 2])
def test_a_document_survives_print_and_parse(kind: DocumentKind, indent: int | None) -> None:
    block = {
        "StringEquals": {"a:b": ["x", 5, True], "a:c": '\xe9"\\'},
        "Null": {"a:d": "true"},
    }
    full = {**statement(kind), "Sid": "One", "Condition": block}
    found = parse(text(full, statement(kind)), kind)
    again = parse(found.printed(indent), kind)
    assert again.statements == found.statements
    assert (again.version, again.id) == (found.version, found.id)
    assert again.printed(indent) == found.printed(indent)


def test_documents_compare_by_text_and_kind() -> None:
    one = parse(text(allow("s3:*")), DocumentKind.IDENTITY)
    assert one == parse(text(allow("s3:*")), DocumentKind.IDENTITY)
    assert hash(one) == hash(parse(text(allow("s3:*")), DocumentKind.IDENTITY))
    assert one != parse(text(allow("s3:*")), DocumentKind.MANAGED)
    assert one != parse(text(allow("s3:Get*")), DocumentKind.IDENTITY)
    assert one != "x"


def trust(*principals: Any) -> str:
    return text(*({**statement(DocumentKind.TRUST), "Principal": one} for one in principals))


def test_principals_are_listed_once_in_order() -> None:
    found = parse(
        trust({"AWS": [ALICE_ARN, ACME]}, {"Service": "a.amazonaws.com", "AWS": ALICE_ARN}),
        DocumentKind.TRUST,
    )
    assert [tuple(one) for one in found.principals()] == [
        ("AWS", ALICE_ARN),
        ("AWS", ACME),
        ("Service", "a.amazonaws.com"),
    ]
    assert [place.line for place in found.places] == [1, 1, 1, 1]


def test_principals_are_pinned_and_shown_again_without_touching_the_rest() -> None:
    source = '{ "Statement":[{"Effect":"Allow", "Action":"sts:AssumeRole",\n "Principal":'
    source += '{"AWS": ["%s" , "%s"]}}]\t}' % (ALICE_ARN.replace("/", "\\/"), ACME)  # noqa: UP031
    found = parse(source, DocumentKind.TRUST)
    pinned = found.with_principals({ALICE_ARN: "AIDAALICEALICEALICE00"})
    assert pinned.text == source.replace(ALICE_ARN.replace("/", "\\/"), "AIDAALICEALICEALICE00")
    root = f"arn:aws:iam::{ACME}:root"
    shown = pinned.with_principals({"AIDAALICEALICEALICE00": ALICE_ARN, ACME: root})
    assert [one.value for one in shown.principals()] == [ALICE_ARN, root]
    assert found.with_principals({"someone else": "x"}) is found
    with pytest.raises(PolicyErrors):
        found.with_principals({ALICE_ARN: "nobody"})
