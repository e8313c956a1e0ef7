"""Encoded authorization messages: what a refusal was decided from, for who may know it.

Whoever is refused gets a text that only the installation can read, and passes it on; whoever may
call DecodeAuthorizationMessage in the same account reads it (STS API Reference; evaluation.md
§11.1). A statement of another account, or of the organization, is in no message: its owner alone
may know it.
"""

from __future__ import annotations

import json
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from accounts.sealing import TOKEN, SealError, seal, unseal
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.caller import Caller
from policies.engine import Decision, Effect, Layer, Outcome, Request, Statement

LONGEST = 10_240  # `EncodedMessage` in the model
GOOD_FOR = timedelta(days=7)  # AWS's expire too, and does not say when
CUT = 256  # characters that a value keeps where the message would be too long
# What a resource of another account tells of that account.
OF_OWNER = frozenset(("aws:resourceaccount", "aws:resourceorgid", "aws:resourceorgpaths"))
OF_CALLER = (Layer.IDENTITY, Layer.BOUNDARY, Layer.SESSION)

Items = dict[str, list[Any]]


def encoded(caller: Caller, request: Request, decision: Decision, now: datetime) -> str:
    """The message of a refusal of `caller`, for its account; LONGEST characters at most."""
    for told in _ever_shorter(_told(caller, request, decision)):
        content = json.dumps([int(now.timestamp()), told], separators=(",", ":"))
        sealed = seal(zlib.compress(content.encode()), _binding(caller.account), TOKEN)
        text = urlsafe_b64encode(sealed).decode().rstrip("=")
        if len(text) <= LONGEST:
            return text
    raise AssertionError("the shortest form has no text of the client's")


@operation(
    "sts:DecodeAuthorizationMessage",
    reads=True,
    differs="Refusals of `portal:Authorize` carry a message; as on AWS, those of IAM and STS do "
    "not. A message is good for seven days.",
)
def decode_authorization_message(call: Call, EncodedMessage: str) -> dict[str, Any]:
    try:
        padded = EncodedMessage + "=" * (-len(EncodedMessage) % 4)
        sealed = urlsafe_b64decode(padded.encode("ascii"))
        if urlsafe_b64encode(sealed).decode().rstrip("=") != EncodedMessage:
            raise ValueError("characters that are not those of a message")
        content = zlib.decompress(unseal(sealed, _binding(call.account), TOKEN))
    except (ValueError, SealError) as error:
        raise _invalid() from error
    made, told = json.loads(content)
    if call.now.timestamp() - made > GOOD_FOR.total_seconds():
        raise _invalid()
    return {"DecodedMessage": json.dumps(told, separators=(",", ":"))}


def _invalid() -> OperationError:
    return OperationError("InvalidAuthorizationMessageException", "Message is not valid")


def _binding(account: str) -> str:
    return f"authorization message of {account}"


def _told(caller: Caller, request: Request, decision: Decision) -> dict[str, Any]:
    """What the message says, in the shape of AWS's."""
    at_home = request.resource_account == caller.account
    is_own = decision.layer in OF_CALLER or (decision.layer is Layer.RESOURCE and at_home)
    # Whether the other side is silent or says no is not the caller's to know.
    hidden = decision.layer in (Layer.RESOURCE, Layer.RCP) and not at_home
    context = {
        name: value
        for name, value in request.context.items()
        if at_home or name.lower() not in OF_OWNER
    }
    return {
        "allowed": False,
        "explicitDeny": decision.outcome is Outcome.EXPLICIT_DENY and not hidden,
        "matchedStatements": _items(
            _statement(request, one) for one in (decision.statements if is_own else ())
        ),
        "failures": _items(()),
        "context": {
            "principal": _principal(caller, request),
            "action": request.action,
            "resource": request.resource,
            "conditions": _items(_condition(name, value) for name, value in context.items()),
        },
    }


def _principal(caller: Caller, request: Request) -> dict[str, str]:
    arn = request.principal.arn
    session = caller.session
    if request.principal.role_arn and session is None:  # a role that somebody asks about
        arn = request.principal.role_arn
    name = session.name if session is not None and session.name else caller.name
    return {"id": caller.user_id, "name": name, "arn": arn}


def _statement(request: Request, statement: Statement) -> dict[str, Any]:
    told: dict[str, Any] = {
        "statementId": statement.sid or "",
        "effect": "DENY" if statement.effect is Effect.DENY else "ALLOW",
        "principals": _items([{"value": request.principal.id or request.principal.arn}]),
        "principalGroups": _items(()),
    }
    for name, texts in (
        ("actions", statement.actions),
        ("notActions", statement.not_actions),
        ("resources", statement.resources),
        ("notResources", statement.not_resources),
    ):
        if texts is not None:
            told[name] = _items({"value": text} for text in texts)
    told["conditions"] = _items(_condition(one.key, one.values) for one in statement.conditions)
    return told


def _condition(key: str, value: str | Iterable[str]) -> dict[str, Any]:
    values = [value] if isinstance(value, str) else list(value)
    return {"key": key, "values": _items({"value": one} for one in values)}


def _items(items: Iterable[Any]) -> Items:
    return {"items": list(items)}


def _ever_shorter(told: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The message; then with long texts cut; then without conditions; then without statements."""
    yield told
    cut: dict[str, Any] = _cut(told)
    yield cut
    bare = {**cut, "context": {**cut["context"], "conditions": _items(())}}
    yield bare
    yield {**bare, "matchedStatements": _items(())}


def _cut(value: Any) -> Any:
    if isinstance(value, str):
        return value if len(value) <= CUT else value[:CUT] + "…"
    if isinstance(value, Mapping):
        return {name: _cut(one) for name, one in value.items()}
    return [_cut(one) for one in value] if isinstance(value, list) else value
