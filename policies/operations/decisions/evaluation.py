"""A request decided now: each layer's word, and the smallest changes that would allow it.

What the caller's account may not read is never searched: an organization's policies and another
account's are taken as if they allowed, so that no proposal tells what they hold.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from iamsite.operations import Call
from iamsite.operations.decided import OF_RESOURCE
from iamsite.operations.layers import Held, held_by, names_of
from policies.engine import (
    Change,
    Explanation,
    denial_message,
    explain,
    remedies,
)
from policies.ladder import Hides, hide_found, hides_from, ladder_of
from policies.operations.authorize import Question
from policies.operations.decisions.edits import Editor, Written
from policies.operations.decisions.sides import own_side

MOST_REMEDIES = 6
OTHER_SIDE = "other-side"


def evaluation(call: Call, asked: Question) -> dict[str, Any]:
    """The portal model's AccessEvaluation of a question."""
    request, layers = asked.request, asked.layers
    explanation = explain(request, layers)
    held = [] if asked.caller.is_root else held_by(asked.caller.subject_id)
    hides = hides_from(call.account, request.resource_account)
    across = request.resource_account not in (call.account, "aws")
    ladder = ladder_of(explanation, names_of(held), hides)
    if across:
        hide_found(ladder, OF_RESOURCE)
    output: dict[str, Any] = {
        "Decision": ladder["Outcome"],
        "DecidingLayer": ladder["DecidingLayer"],
        "Ladder": ladder,
        "MissingContextValues": _missing(explanation, hides),
        "Remedies": [],
    }
    if explanation.decision.allowed:
        return output
    output["Message"] = denial_message(request, explanation.decision)
    if hides(explanation.decision.layer):
        layer = explanation.decision.layer.value
        output["Remedies"] = [{"Changes": [{"Kind": OTHER_SIDE, "Layer": layer, "Edits": []}]}]
    else:
        output["Remedies"] = list(_remedies(call, asked, held, across))
    return output


def _missing(explanation: Explanation, hides: Hides) -> list[str]:
    shown = replace(
        explanation, layers=tuple(one for one in explanation.layers if not hides(one.layer))
    )
    return list(shown.missing_keys())


def _remedies(
    call: Call, asked: Question, held: list[Held], across: bool
) -> Iterator[dict[str, Any]]:
    layers = own_side(asked.layers, across=across)
    editor = Editor(call, asked, held)
    for remedy in remedies(asked.request, layers, MOST_REMEDIES):
        yield {"Changes": [_change(editor, change) for change in remedy.changes]}


def _change(editor: Editor, change: Change) -> dict[str, Any]:
    output: dict[str, Any] = {"Kind": change.kind.value, "Layer": change.layer.value}
    if change.policy is not None:
        output["PolicyName"] = change.policy.id
        if change.policy.arn is not None:
            output["PolicyArn"] = change.policy.arn
    if change.statement is not None:
        output["StartLine"] = change.statement.start.line
    if change.proposal is not None:
        output["Statement"] = change.proposal
    if change.key is not None:
        value = change.value
        output["ContextKeyName"] = change.key
        output["IsMFA"] = change.is_mfa
        if value is not None:
            output["ContextKeyValues"] = [value] if isinstance(value, str) else list(value)
    output["Edits"] = [_written(one) for one in editor.edits(change)]
    return output


def _written(edit: Written) -> dict[str, Any]:
    """An edit in the portal model's shape AccessEdit."""
    optional = {
        "PolicyArn": edit.arn,
        "SourceName": edit.source_name,
        "DocumentBefore": edit.before,
        "DocumentAfter": edit.after,
    }
    return {
        "EditId": edit.id,
        "Operation": edit.operation,
        "Parameters": json.dumps(edit.parameters),
        "PolicyName": edit.name,
        "Source": edit.source,
        "Gains": list(edit.gains.arns),
        "GainCount": edit.gains.count,
        "IsPartial": edit.gains.is_partial,
        **{name: value for name, value in optional.items() if value},
    }


def context_entries(context: Mapping[str, str | Sequence[str]]) -> list[dict[str, Any]]:
    """The keys of a request in the shape of ContextEntries."""
    return [_entry(key, context[key]) for key in sorted(context)]


def _entry(key: str, value: str | Sequence[str]) -> dict[str, Any]:
    is_one = isinstance(value, str)
    return {
        "ContextKeyName": key,
        "ContextKeyType": "string" if is_one else "stringList",
        "ContextKeyValues": [value] if is_one else [*value],
    }
