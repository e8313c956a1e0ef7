"""The request's context: an immutable mapping that ignores the case of its keys."""

from __future__ import annotations

import pytest

from policies.engine import Context


def test_keys_ignore_case_and_keep_their_spelling() -> None:
    context = Context({"aws:SourceIp": "10.0.0.1", "aws:TagKeys": ("a", "b")})
    assert context["AWS:sourceip"] == "10.0.0.1"
    assert context.get("aws:tagkeys") == ("a", "b")
    assert context.get("aws:absent") is None
    assert "AWS:SOURCEIP" in context
    assert 5 not in context
    assert list(context) == ["aws:SourceIp", "aws:TagKeys"]
    assert len(context) == 2
    assert repr(context) == "Context({'aws:SourceIp': '10.0.0.1', 'aws:TagKeys': ('a', 'b')})"


def test_a_copy_is_a_context_of_its_own() -> None:
    values: dict[str, str | tuple[str, ...]] = {"a:b": "1"}
    context = Context(values)
    values["a:b"] = "2"
    assert context["a:b"] == "1"
    assert Context(context) == context
    changed = context.with_values({"A:B": "3", "a:c": "4"})
    assert (context["a:b"], changed["a:b"], changed["a:c"]) == ("1", "3", "4")
    assert list(changed) == ["A:B", "a:c"]


def test_contexts_compare_by_values_and_cannot_be_written() -> None:
    assert Context({"a:b": "1"}) == Context({"A:B": "1"})
    assert hash(Context({"a:b": "1"})) == hash(Context({"A:B": "1"}))
    assert Context({"a:b": "1"}) != Context({"a:b": "2"})
    assert Context() == Context({})
    with pytest.raises(TypeError):
        Context()["a:b"] = "1"  # type: ignore[index]
