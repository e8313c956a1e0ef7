"""What the checks of parameters say, as forms say it."""

import pytest
from botocore.model import Shape
from django.utils import translation

from iamsite.console.constraints import PATTERNS, faults_of, in_words
from iamsite.operations import OperationError
from iamsite.operations.models import operation_model, operations
from iamsite.operations.validation import validate


def patterns(shape: Shape | None, within: tuple[str, ...] = ()) -> set[str]:
    if shape is None or shape.name in within:
        return set()
    parts = list(getattr(shape, "members", {}).values())
    parts += [getattr(shape, name) for name in ("member", "key", "value") if hasattr(shape, name)]
    found = {shape.metadata["pattern"]} if "pattern" in shape.metadata else set()
    return found.union(*(patterns(one, (*within, shape.name)) for one in parts))


def test_every_pattern_of_the_models_has_words() -> None:
    assert set().union(*(patterns(one.input) for one in operations().values())) == set(PATTERNS)
    with translation.override("en"):
        assert [
            words for words in map(str, PATTERNS.values()) if "[" in words or "\\" in words
        ] == []


def test_each_constraint_is_told_in_words() -> None:
    for operation, params, told in (
        ("organizations:CreateAccount", {"Email": "nobody@x", "AccountName": "x" * 51}, [
            ("Email", "This is no email address. Write one such as name@example.com."),
            ("AccountName", "It must have at most 50 characters."),
        ]),
        ("CreateUser", {"UserName": "", "Tags": [{"Key": "k#", "Value": ""}] * 51}, [
            ("UserName", "It must have at least 1 character."),
            ("Tags", "It must have at most 50 entries."),
            ("Tags", "It must have letters, digits, spaces and _.:/=+-@ only."),
        ]),
        ("UpdateAccessKey", {"Status": "on"}, [
            ("AccessKeyId", "This is missing."),
            ("Status", "It must be one of Active, Inactive, Expired."),
        ]),
        ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": "{}", "MaxSessionDuration": 9}, [
            ("MaxSessionDuration", "It must be at least 3600."),
        ]),
        ("UntagUser", {"UserName": "bob", "TagKeys": ["a#"]}, [
            ("TagKeys", ("Of each entry: It must have at most 128 characters. "
              "It must have at least 1 character. "
              "It must have letters, digits, spaces and _.:/=+-@ only.")),
        ]),
    ):  # fmt: skip
        with pytest.raises(OperationError) as refused:
            validate(operation_model(operation), params)
        message = refused.value.message
        assert list(dict.fromkeys(faults_of(message))) == told
        assert in_words(message).startswith(": ".join(told[0]))
    assert in_words("The user with name bob cannot be found.").endswith("cannot be found.")
