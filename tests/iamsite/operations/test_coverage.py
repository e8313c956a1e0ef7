"""Every operation of IAM and STS is there, and answers with the shape of its model.

That answers fit is proved by every other test that performs operations (tests/outputs.py).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from iamsite.operations.models import operation_model, operations
from iamsite.operations.registry import all_registered
from tests.cast import Acme
from tests.outputs import faults


@pytest.mark.parametrize("service", ["iam", "sts", "portal"])
def test_every_operation_is_there(service: str) -> None:
    known = {one.name for one in operations().values() if one.service == service}
    assert known - all_registered().keys() == set()


WRONG: list[tuple[str, Any, str]] = [
    ("GetUser", {}, "GetUser must have the member User"),
    ("GetGroup", {"Group": {}, "Users": []}, "GetGroup.Group must have the member Arn"),
    ("ListGroups", {"Groups": [], "Total": 1}, "ListGroups has no member Total"),
    ("ListGroups", {"Groups": [{"Colour": "red"}]}, "ListGroups.Groups[0] has no member Colour"),
    ("ListGroups", {"Groups": None}, "ListGroups.Groups is no list but None"),
    ("ListGroups", {"Groups": [], "IsTruncated": 0}, "ListGroups.IsTruncated is no boolean but 0"),
    ("ListGroups", {"Groups": [], "Marker": None}, "ListGroups.Marker is no string but None"),
    ("GetAccountSummary", {"SummaryMap": {"Users": True}}, "is no integer but True"),
    ("GetAccountSummary", {"SummaryMap": {"Colours": 1}}, "is 'Colours', not one of"),
    ("DeleteUser", {"User": {}}, "DeleteUser answers something"),
    ("GetCredentialReport", {"Content": "text"}, "GetCredentialReport.Content is no blob"),
    (
        "GetCredentialReport",
        {"GeneratedTime": datetime(2026, 1, 1)},  # noqa: DTZ001
        "GetCredentialReport.GeneratedTime is a time of no zone",
    ),
]


@pytest.mark.parametrize(("operation", "answer", "told"), WRONG, ids=lambda one: str(one)[:30])
def test_an_answer_that_its_model_does_not_know_is_told(
    operation: str, answer: Any, told: str
) -> None:
    found = list(faults(operation_model(operation).output, answer, operation))
    assert any(told in one for one in found), found


def test_every_test_checks_the_answers_that_it_gets(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = replace(all_registered()["GetUser"], run=lambda call, **params: {"Nobody": 1})
    monkeypatch.setitem(all_registered(), "GetUser", wrong)  # type: ignore[arg-type]
    with pytest.raises(AssertionError, match="GetUser has no member Nobody"):
        acme.root.perform("GetUser")
