"""GetContextKeysForCustomPolicy and GetContextKeysForPrincipalPolicy."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.layers import held_by
from policies.engine import Document, DocumentKind, Policy, PolicyErrors, compile_policies, parse
from policies.operations.documents import input_document
from policies.operations.principals import get_by_arn
from policies.operations.simulation import inputs
from policies.operations.simulation.inputs import Strings
from policies.operations.simulation.operations import source

# Whatever kind of policy it is, its keys can be named.
OTHER_KINDS = (DocumentKind.RESOURCE, DocumentKind.TRUST)


@operation("iam:GetContextKeysForCustomPolicy", reads=True)
def get_context_keys_for_custom_policy(call: Call, PolicyInputList: Strings) -> dict[str, Any]:
    return _keys(_documents(PolicyInputList))


@operation("iam:GetContextKeysForPrincipalPolicy", resource=source, reads=True)
def get_context_keys_for_principal_policy(
    call: Call, PolicySourceArn: str, PolicyInputList: Strings = ()
) -> dict[str, Any]:
    _, found = get_by_arn(call, PolicySourceArn)
    identity, _ = inputs.held_policies(held_by(found.id))
    return _keys([*identity, *_documents(PolicyInputList)])


def _documents(texts: Strings) -> list[Policy]:
    inputs.check_size(texts)
    return [
        Policy(_document(text, f"PolicyInputList.member.{number}"), f"PolicyInputList.{number}")
        for number, text in enumerate(texts, 1)
    ]


def _document(text: str, place: str) -> Document:
    for kind in OTHER_KINDS:
        try:
            return parse(text, kind)
        except PolicyErrors:
            continue
    return input_document(text, DocumentKind.IDENTITY, place)


def _keys(policies: list[Policy]) -> dict[str, Any]:
    return {"ContextKeyNames": list(compile_policies(policies).context_keys())}
