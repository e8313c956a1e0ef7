"""ListRevocations: the changes of policies that each take a principal's access away, for every way
by which it has it: by its own policies, and by each role that it can assume first.

What the remedies of a decision are for gaining, these are for losing. Each is tried before it is
told: with it the principal may not, and everybody else whom it concerns is asked before and after.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.errors import no_such_entity
from iamsite.operations.layers import Held
from identities import trust
from identities.models import Group, Role, User
from policies import registered
from policies.engine import DocumentKind, Policy, PolicySet, compile_policies
from policies.engine.document import CURRENT_VERSION
from policies.operations.access.drafts import Draft, draft_of
from policies.operations.access.edges import Edge
from policies.operations.access.graph import trust_graph
from policies.operations.access.outsiders import Outsider
from policies.operations.access.population import START, Member, members, of_rows
from policies.operations.access.question import Access, Question
from policies.operations.access.words import edge_output
from policies.operations.decisions.edits import KINDS, Written, is_own, normal, pretty, statements
from policies.operations.decisions.gains import Gains
from policies.operations.principals import find_by_arn

MOST_CANDIDATES = 1_000
MOST_SHOWN = 100
DENY, REMOVE_STATEMENT, DELETE_POLICY = "deny", "remove-statement", "delete-policy"
DETACH, LEAVE_GROUP = "detach-policy", "leave-group"
# The smallest first: what else a change takes from the principal itself.
RANKS = (DENY, REMOVE_STATEMENT, DELETE_POLICY, LEAVE_GROUP, DETACH)


@dataclass(frozen=True)
class Candidate:
    """A change that may take the access away."""

    kind: str
    written: Written
    draft: Draft


@operation("portal:ListRevocations", reads=True)
def list_revocations(
    call: Call,
    PrincipalArn: str,
    ActionName: str,
    ResourceArn: str = "*",
    ContextEntries: Sequence[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    question = Question(call, ActionName, ResourceArn, ContextEntries)
    found = find_by_arn(call, PrincipalArn)
    if found is None:
        return _from_outside(question, PrincipalArn)
    if isinstance(found[1], Group):
        raise no_such_entity("A group does nothing by itself: name one of its users.")
    (member,) = of_rows(call, [found[1]])
    own = question.of_member(member)
    ways = [_way_output(question, member, own, [])] if own is not None else []
    for way in _ways(question, member):
        step = Question(call, way[0].action, way[0].target, ContextEntries)
        ways.append(_way_output(step, member, step.of_member(member), way))
    return {"HasAccess": bool(ways), "Ways": ways}


def _way_output(
    question: Question, member: Member, access: Access | None, way: Sequence[Edge]
) -> dict[str, Any]:
    """A way to the access with what takes away its first step, or of none the access itself."""
    found = _revocations(question, member, access) if access is not None else []
    return {
        "Way": [edge_output(edge) for edge in way],
        "Revocations": [_output(kind, written) for kind, written in found],
    }


def _ways(question: Question, member: Member) -> list[list[Edge]]:
    """The shortest way by assuming roles behind each first step that leads to the access; none
    where the account is too large to tell."""
    graph = trust_graph(question.call)
    if graph is None:
        return []
    sure = {one.arn for one in question.roles() if one.is_sure and one.arn != member.arn}
    # A way that comes back to where it began is no other way.
    onwards = graph.edges.ways(sure, past=member.arn)
    ways = [
        [edge.of(member.arn), *onwards.get(edge.target, ())]
        for edge in graph.edges.out_of(member.arn)
        if edge.target in sure or edge.target in onwards
    ]
    return sorted(ways, key=len)


def _revocations(question: Question, member: Member, access: Access) -> list[tuple[str, Written]]:
    found = []
    for candidate in _candidates(question, member, access):
        lost, is_partial = _losers(question, candidate)
        if member.arn not in lost:
            continue
        others = sorted(arn for arn in lost if arn != member.arn)
        losers = Gains(tuple(others[:MOST_SHOWN]), len(others), is_partial)
        found.append((candidate.kind, replace(candidate.written, gains=losers)))
    found.sort(key=lambda one: (one[1].gains.count, RANKS.index(one[0])))
    return found


def _losers(question: Question, candidate: Candidate) -> tuple[set[str], bool]:
    """Everybody who has the access and would not have it; and whether there were more to ask."""
    draft = candidate.draft
    concerned = members(question.call, START, MOST_CANDIDATES + 1, draft.users, draft.roles)
    lost = {
        one.arn
        for one in concerned[:MOST_CANDIDATES]
        if question.of_member(one) is not None
        and question.of_member(one.with_held(draft.apply(one.held))) is None
    }
    return lost, len(concerned) > MOST_CANDIDATES


def _candidates(question: Question, member: Member, access: Access) -> Iterator[Candidate]:
    yield _denied(question, member)
    granting: dict[Held, set[int]] = {}
    for policy, statement in access.statements:
        held = access.names.get(policy.arn or policy.id)
        if held is not None and held.holder != "boundary" and policy.source != "resource":
            granting.setdefault(held, set()).add(statement.index)
    for held, indexes in granting.items():
        holder = _holder(question.call, member, held)
        if rewritten := _without(question.call, held, holder, indexes):
            yield rewritten
        if held.arn is not None:
            yield _detached(question.call, held, holder)
    for name in {held.holder_name for held in granting if held.holder == "group"}:
        yield _left(member, name)


def _holder(call: Call, member: Member, held: Held) -> User | Group | Role:
    if held.holder != "group":
        return member.row
    rows = Group.objects.of(call.account)
    found: Group = rows.get(lower_name=held.holder_name.lower())
    return found


def _denied(question: Question, member: Member) -> Candidate:
    kind = KINDS[member.row.KIND]
    service, _, action = question.action.partition(":")
    taken = {one.name.lower() for one in member.held if one.arn is None}
    wanted = f"Deny-{service}-{action}"[:120]
    names = [wanted, *(f"{wanted}-{number}" for number in range(2, len(taken) + 3))]
    name = next(one for one in names if one.lower() not in taken)
    statement = {"Effect": "Deny", "Action": question.action, "Resource": question.resource}
    after = pretty({"Version": CURRENT_VERSION, "Statement": [statement]})
    parameters = {f"{kind}Name": member.row.name, "PolicyName": name, "PolicyDocument": after}
    written = Written(
        f"Put{kind}Policy", parameters, name, member.row.KIND, member.row.name, after=after
    )
    change = _change("InlinePolicy", PrincipalArn=member.arn, PolicyName=name, PolicyDocument=after)
    return Candidate(DENY, written, draft_of(question.call, change, {}))


def _without(
    call: Call, held: Held, holder: User | Group | Role, indexes: set[int]
) -> Candidate | None:
    """The policy without the statements that allow it; None for one that is not the account's, or
    a managed one that would be empty."""
    whole = json.loads(held.document)
    kept = [one for number, one in enumerate(statements(whole)) if number not in indexes]
    if not is_own(held) or (not kept and held.arn is not None):
        return None
    after = pretty({**whole, "Statement": kept}) if kept else ""
    kind = KINDS[holder.KIND]
    named = {f"{kind}Name": holder.name, "PolicyName": held.name}
    inline = {"PrincipalArn": holder.arn, "PolicyName": held.name}
    about = (held.name, held.holder, held.holder_name, held.arn, normal(held.document))
    if held.arn is not None:
        change = _change("NewVersion", PolicyArn=held.arn, PolicyDocument=after)
        parameters = {"PolicyArn": held.arn, "PolicyDocument": after, "SetAsDefault": True}
        written = Written("CreatePolicyVersion", parameters, *about, after)
    elif kept:
        change = _change("InlinePolicy", **inline, PolicyDocument=after)
        written = Written(f"Put{kind}Policy", {**named, "PolicyDocument": after}, *about, after)
    else:
        change = _change("DeleteInlinePolicy", **inline)
        written = Written(f"Delete{kind}Policy", named, *about)
    kind_of_change = REMOVE_STATEMENT if kept else DELETE_POLICY
    return Candidate(kind_of_change, written, draft_of(call, change, {}))


def _detached(call: Call, held: Held, holder: User | Group | Role) -> Candidate:
    kind = KINDS[holder.KIND]
    parameters = {f"{kind}Name": holder.name, "PolicyArn": held.arn}
    written = Written(
        f"Detach{kind}Policy", parameters, held.name, held.holder, held.holder_name, held.arn
    )
    change = _change("Detach", PrincipalArn=holder.arn, PolicyArn=held.arn)
    return Candidate(DETACH, written, draft_of(call, change, {}))


def _left(member: Member, group: str) -> Candidate:
    parameters = {"UserName": member.row.name, "GroupName": group}
    written = Written("RemoveUserFromGroup", parameters, "", "group", group)
    change = _change("RemoveFromGroup", PrincipalArn=member.arn, GroupName=group)
    return Candidate(LEAVE_GROUP, written, draft_of(member.call, change, {}))


def _change(kind: str, **given: str | None) -> dict[str, Any]:
    """A PolicyChange of the portal's model."""
    return {"ChangeType": kind, **given}


def _from_outside(question: Question, arn: str) -> dict[str, Any]:
    """Of whom the resource's own policy lets in: the policy without the statements that do."""
    outsiders = {one.arn: one for one in question.outsiders()}
    access = question.of_outsider(outsiders[arn]) if arn in outsiders else None
    if access is None:
        return {"HasAccess": False, "Ways": []}
    found = _of_resource(question, outsiders, arn, access)
    return {"HasAccess": True, "Ways": [{"Way": [], "Revocations": found}]}


def _of_resource(
    question: Question, outsiders: Mapping[str, Outsider], arn: str, access: Access
) -> list[dict[str, Any]]:
    if question.policies is None:
        return []
    row = registered.nearest_policy(registered.containing(question.resource))
    if row is None:
        return []
    indexes = {one.index for policy, one in access.statements if policy.source == "resource"}
    whole = json.loads(row.policy)
    kept = [one for number, one in enumerate(statements(whole)) if number not in indexes]
    named = {"ResourceArn": row.arn}
    about = ("ResourcePolicy", "resource", row.arn, None, normal(row.policy))
    after = pretty({**whole, "Statement": kept}) if kept else ""
    if kept:
        written = Written("PutResourcePolicy", {**named, "PolicyDocument": after}, *about, after)
    else:
        written = Written("DeleteResourcePolicy", named, *about)
    changed = copy(question)
    changed.policies = _compiled(after, row.pins) if kept else None
    if changed.of_outsider(outsiders[arn]) is not None:
        return []
    concerned = members(question.call, START, MOST_CANDIDATES + 1)
    others = [
        one.arn
        for one in outsiders.values()
        if one.arn != arn
        and question.of_outsider(one) is not None
        and changed.of_outsider(one) is None
    ]
    others += [
        one.arn
        for one in concerned[:MOST_CANDIDATES]
        if question.of_member(one) is not None and changed.of_member(one) is None
    ]
    is_partial = len(concerned) > MOST_CANDIDATES
    losers = Gains(tuple(sorted(others)[:MOST_SHOWN]), len(others), is_partial)
    kind = REMOVE_STATEMENT if kept else DELETE_POLICY
    return [_output(kind, replace(written, gains=losers))]


def _compiled(text: str, pins: Mapping[str, str]) -> PolicySet:
    document = trust.pinned_document(text, pins, DocumentKind.RESOURCE)
    return compile_policies([Policy(document, "ResourcePolicy", None, "resource")])


def _output(kind: str, written: Written) -> dict[str, Any]:
    found: dict[str, Any] = {
        "RevocationId": written.id,
        "Kind": kind,
        "Operation": written.operation,
        "Parameters": json.dumps(written.parameters),
        "PolicyName": written.name,
        "Source": written.source,
        "SourceName": written.source_name,
        "Losers": list(written.gains.arns),
        "LoserCount": written.gains.count,
        "IsPartial": written.gains.is_partial,
    }
    optional = {
        "PolicyArn": written.arn,
        "DocumentBefore": written.before,
        "DocumentAfter": written.after,
    }
    return found | {name: value for name, value in optional.items() if value}
