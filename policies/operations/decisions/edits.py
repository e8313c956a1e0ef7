"""How a proposed change is made: which operation, on which document, and who else gains by it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from iamsite.operations import Call
from iamsite.operations.layers import Held, as_policy
from identities.operations.sts.assume_role import role_at
from identities.operations.sts.role_arn import ARN as ROLE_ARN
from policies import registered
from policies.engine import Change, ChangeKind, Layer
from policies.engine.document import CURRENT_VERSION
from policies.models import RegisteredResource
from policies.operations.authorize import Question
from policies.operations.decisions.gains import NOBODY_ELSE, Gainers, Gains

KINDS = {"user": "User", "group": "Group", "role": "Role"}
MOST_EDITS = 4  # ways to make the same change


@dataclass(frozen=True, slots=True)
class Written:
    """One way to make a change: an operation with its parameters, and the document it changes."""

    operation: str
    parameters: dict[str, Any]
    name: str
    source: str
    source_name: str = ""
    arn: str | None = None
    before: str = ""
    after: str = ""
    gains: Gains = field(default=NOBODY_ELSE)

    @property
    def id(self) -> str:
        """Names the edit by all that it does: another document before it is another edit."""
        text = json.dumps([self.operation, self.parameters, self.before], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


class Editor:
    """Finds the ways to make changes that a question's answer proposes."""

    def __init__(self, call: Call, asked: Question, held: list[Held]) -> None:
        self.call = call
        self.asked = asked
        self.held = held

    @cached_property
    def gainers(self) -> Gainers:
        return Gainers(self.call, self.asked)

    def edits(self, change: Change) -> list[Written]:
        """The narrowest first; none where the portal cannot make the change."""
        by_layer = {
            Layer.IDENTITY: self._identity,
            Layer.BOUNDARY: self._boundary,
            Layer.RESOURCE: self._resource,
            Layer.TRUST: self._trust,
        }
        find = by_layer.get(change.layer)
        if find is None or change.kind in (ChangeKind.SET_VALUE, ChangeKind.LEAVE_OUT_VALUE):
            return []
        return list(find(change))[:MOST_EDITS]

    def _identity(self, change: Change) -> Iterator[Written]:
        if change.kind is ChangeKind.ADD_STATEMENT:
            yield from self._added(change)
            return
        for held in self._holding(change):
            if change.kind is ChangeKind.DETACH_POLICY:
                yield self._detached(held)
            else:
                yield self._rewritten(held, replaced(held.document, change))

    def _holding(self, change: Change) -> list[Held]:
        """The principal's policies that are the one of the change, by whichever holder."""
        policy = change.policy
        return [
            held
            for held in self.held
            if policy is not None
            and (held.holder == "boundary") == (change.layer is Layer.BOUNDARY)
            and (as_policy(held).id, held.arn) == (policy.id, policy.arn)
        ]

    def _added(self, change: Change) -> Iterator[Written]:
        proposal = json.loads(change.proposal or "{}")
        kind, name = self._principal()
        if kind:
            policy_name = self._new_name()
            after = pretty({"Version": CURRENT_VERSION, "Statement": [proposal]})
            yield Written(
                f"Put{kind}Policy",
                {f"{kind}Name": name, "PolicyName": policy_name, "PolicyDocument": after},
                policy_name,
                kind.lower(),
                name,
                after=after,
            )
        for held in self.held:
            if held.holder != "boundary" and is_own(held):
                yield self._rewritten(held, added(held.document, proposal))

    def _principal(self) -> tuple[str, str]:
        """The kind and name of the user or role whose policies count; empty for root."""
        caller = self.asked.caller
        if caller.subject_id.startswith("AROA"):
            return "Role", caller.name
        return ("User", caller.name) if caller.subject_id.startswith("AIDA") else ("", "")

    def _new_name(self) -> str:
        service, _, action = self.asked.request.action.partition(":")
        wanted = f"Allow-{service}-{action}"[:120]
        taken = {held.name.lower() for held in self.held if held.arn is None}
        names = [wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))]
        return next(one for one in names if one.lower() not in taken)

    def _rewritten(self, held: Held, after: str) -> Written:
        if held.arn is not None:
            parameters = {"PolicyArn": held.arn, "PolicyDocument": after, "SetAsDefault": True}
            return Written(
                "CreatePolicyVersion",
                parameters,
                held.name,
                held.holder,
                held.holder_name,
                held.arn,
                normal(held.document),
                after,
                self.gainers.of_policy(held, after),
            )
        kind = KINDS[held.holder]
        parameters = {
            f"{kind}Name": held.holder_name,
            "PolicyName": held.name,
            "PolicyDocument": after,
        }
        return Written(
            f"Put{kind}Policy",
            parameters,
            held.name,
            held.holder,
            held.holder_name,
            before=normal(held.document),
            after=after,
            gains=self.gainers.of_policy(held, after),
        )

    def _detached(self, held: Held) -> Written:
        kind = KINDS[held.holder]
        return Written(
            f"Detach{kind}Policy",
            {f"{kind}Name": held.holder_name, "PolicyArn": held.arn},
            held.name,
            held.holder,
            held.holder_name,
            held.arn,
            gains=self.gainers.of_policy(held, None),
        )

    def _boundary(self, change: Change) -> Iterator[Written]:
        for held in self.held:
            if held.holder != "boundary" or not is_own(held):
                continue
            if change.kind is ChangeKind.ADD_STATEMENT:
                yield self._rewritten(
                    held, added(held.document, json.loads(change.proposal or "{}"))
                )
            elif change.kind is ChangeKind.NARROW_DENY:
                yield self._rewritten(held, replaced(held.document, change))

    def _resource(self, change: Change) -> Iterator[Written]:
        request = self.asked.request
        if request.resource_account != self.call.account or request.resource == "*":
            return
        arns = registered.containing(request.resource)
        row = registered.nearest_policy(arns)
        if row is None:
            rows = RegisteredResource.objects.of(self.call.account).filter(arn__in=arns)
            row = max(rows, key=lambda one: len(one.arn), default=None)
        if row is None:
            return
        before = row.policy
        after = _changed(before, change)
        yield Written(
            "PutResourcePolicy",
            {"ResourceArn": row.arn, "PolicyDocument": after},
            "ResourcePolicy",
            "resource",
            row.arn,
            before=normal(before) if before else "",
            after=after,
        )

    def _trust(self, change: Change) -> Iterator[Written]:
        request = self.asked.request
        match = ROLE_ARN.fullmatch(request.resource)
        if match is None or match[1] != self.call.account:
            return
        role = role_at(*match.groups())
        if role is None:
            return
        after = _changed(role.trust_policy, change)
        yield Written(
            "UpdateAssumeRolePolicy",
            {"RoleName": role.name, "PolicyDocument": after},
            "AssumeRolePolicyDocument",
            "trust",
            role.name,
            before=normal(role.trust_policy),
            after=after,
        )


def is_own(held: Held) -> bool:
    """Whether the account itself can change the policy."""
    return held.arn is None or not held.arn.startswith("arn:aws:iam::aws:")


def _changed(before: str, change: Change) -> str:
    if change.kind is ChangeKind.NARROW_DENY:
        return replaced(before, change)
    return added(before, json.loads(change.proposal or "{}"))


def added(document: str, statement: dict[str, Any]) -> str:
    """The document with one statement more, on lines of its own."""
    whole = json.loads(document) if document else {"Version": CURRENT_VERSION, "Statement": []}
    return pretty({**whole, "Statement": [*statements(whole), statement]})


def replaced(document: str, change: Change) -> str:
    """The document with the change's proposal in the place of its statement."""
    whole = json.loads(document)
    found = statements(whole)
    assert change.statement is not None
    found[change.statement.index] = json.loads(change.proposal or "{}")
    return pretty({**whole, "Statement": found})


def statements(whole: dict[str, Any]) -> list[Any]:
    """The statements of a document, which may be one alone."""
    found = whole.get("Statement", [])
    return list(found) if isinstance(found, list) else [found]


def normal(document: str) -> str:
    """The document as `pretty` writes it, so that two can be compared line by line."""
    whole = json.loads(document)
    return pretty({**whole, "Statement": statements(whole)})


def pretty(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
