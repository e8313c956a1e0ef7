"""Documents read again: equal to what `parse` gave, and quick."""

from __future__ import annotations

import json
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.engine import (
    DocumentKind,
    Layers,
    Policy,
    PolicyErrors,
    compile_policies,
    decide,
    parse,
    stored,
)
from policies.engine import document as document_module
from tests.policies.engine import strategies
from tests.policies.engine.acme import ACME, allow, ask, deny, text

KINDS = list(DocumentKind)


@given(st.integers(0, 2**48), st.sampled_from(KINDS), st.sampled_from([None, 2]))
@settings(max_examples=300, deadline=None, derandomize=True)
def test_what_was_accepted_is_read_as_before(seed: int, kind: DocumentKind, indent: int | None):
    written = json.loads(strategies.policy(Random(seed), kind.value).text)
    source = json.dumps(written, indent=indent)
    found, wanted = stored(source, kind), parse(source, kind)
    assert found == wanted
    assert found.statements == wanted.statements
    assert (found.version, found.id, found.places) == (wanted.version, wanted.id, wanted.places)
    assert [one.place for one in found.statements] == [one.place for one in wanted.statements]
    assert found.printed() == wanted.printed()
    assert found.context_keys() == wanted.context_keys()


SOURCES = [
    (
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": '
        '{"StringEquals": {"a:b": [true, false, 5, 1.50, -0, 1e3, 1E-2, "x"]}}}}'
    ),
    (
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": '
        '{"Bool": {"a:b": true}, "NumericEquals": {"a:c": 12345678901234567890123.4567890}}}}'
    ),
    (
        '{"Statement": [{"Effect": "Deny", "NotAction": ["a:b"], "NotResource": "*", "Condition": {}},'
        '{"Effect": "Allow", "Action": "\\u0061:\\u0062", "Resource": "*", "Sid": "", '
        '"Condition": {"NoSuch": {}, "Null": {"a:b": "true"}}}], "Id": "x\\"y"}'
    ),
    (
        '{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": '
        '{"StringEquals": {"a:b": []}}}}'
    ),
]


@pytest.mark.parametrize("source", SOURCES)
def test_scalars_keep_their_text(source: str) -> None:
    found, wanted = (read(source, DocumentKind.IDENTITY) for read in (stored, parse))
    assert found.statements == wanted.statements
    assert found.id == wanted.id


@pytest.mark.parametrize("source", ["", "[]", "{}", "null", '{"Statement": 5}', "x", "[" * 9_000])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_document_is_refused_all_the_same(kind: DocumentKind, source: str) -> None:
    with pytest.raises(PolicyErrors):
        stored(source, kind)


def test_places_are_found_when_asked_and_not_before(monkeypatch: pytest.MonkeyPatch) -> None:
    source = text(allow("s3:*", f"arn:aws:s3:::{ACME}/*"), deny("s3:Put*"))
    asked: list[str] = []

    def watched(text: str, kind: DocumentKind) -> object:
        asked.append(text)
        return parse(text, kind)

    monkeypatch.setattr(document_module, "parse", watched)
    found = stored(source, DocumentKind.MANAGED)
    layers = Layers(identity=compile_policies([Policy(found, "p")]))
    decision = decide(ask(action="s3:PutObject", of=f"arn:aws:s3:::{ACME}/x"), layers)
    assert [one.index for one in decision.statements] == [1]
    assert asked == []
    wanted = parse(source, DocumentKind.MANAGED).statements[1]
    for _ in range(2):
        (denying,) = decision.statements
        assert (denying.start, denying.end, denying.introduced) == (
            wanted.start,
            wanted.end,
            wanted.introduced,
        )
    assert asked == [source]
