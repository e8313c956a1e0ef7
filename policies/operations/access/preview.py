"""PreviewPolicyChange: who gains and who loses what, before a policy is changed.

Proved twice: everything that the changed statements speak of is decided before and after for
everybody concerned, and what was asked on record is asked again of the draft.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from accounts.models import DecisionRecord
from iamsite.operations import Call, operation
from iamsite.operations.errors import invalid_input
from iamsite.operations.layers import compiled
from iamsite.operations.paging import page, page_of_list
from identities.models import Role, User
from identities.operations.sts.assume_role import trusting
from policies.engine import Document, Layers, Policy, compile_policies, decide
from policies.operations.access.drafts import Draft
from policies.operations.access.graph import Edge, becoming
from policies.operations.access.population import START, Member, Place, members, of_rows
from policies.operations.access.probes import Probe, probes_of
from policies.operations.access.standing import (
    ALLOWED,
    CONDITIONAL,
    DENIED,
    Difference,
    differences,
    standing,
)
from policies.operations.access.together import Together, together
from policies.operations.decisions.now import asked_again
from policies.registered import catalogue

MOST_RECORDS = 200
MOST_DECISIONS = 40_000  # of one page; each takes some microseconds


@operation("portal:PreviewPolicyChange", reads=True)
def preview_policy_change(
    call: Call,
    ChangeType: str | None = None,
    Changes: Sequence[dict[str, Any]] = (),
    Marker: str | None = None,
    MaxItems: int | None = None,
    **change: Any,
) -> dict[str, Any]:
    if bool(ChangeType) == bool(Changes):
        raise invalid_input("Either ChangeType or Changes must be given.")
    drafted = together(call, Changes or [{"ChangeType": ChangeType, **change}])
    if drafted.role is not None:
        return _of_trust(call, drafted.drafts[0], drafted.role)
    probes, is_complete = probes_of(drafted.documents, catalogue(call.account))

    def fetch(after: Any, limit: int) -> list[Member]:
        new = [Member(call, user, ()) for user in drafted.created] if after is None else []
        place = START if after is None else Place(*after)
        return [*new, *members(call, place, limit, drafted.users, drafted.roles)][:limit]

    most = max(1, MOST_DECISIONS // (2 * len(probes) or 1))
    found, paging = page(call, fetch, _place, most=max(most, len(drafted.created)))
    after = drafted.held_by(found)
    return {
        "AffectedCount": _count(call, drafted),
        "IsComplete": is_complete,
        "Principals": [_principal(one, one.with_held(after[one.row.id]), probes) for one in found],
        **({"Replay": _replay(call, drafted)} if Marker is None else {}),
        **paging,
    }


def _place(member: Member) -> list[str]:
    """Who is not there yet comes before all others."""
    return list(START if member.row._state.adding else member.place)


def _count(call: Call, drafted: Together) -> int:
    users = User.objects.of(call.account).filter(drafted.users).count()
    roles = Role.objects.of(call.account).filter(drafted.roles).count()
    return int(users + roles + len(drafted.created))


def _principal(member: Member, after: Member, probes: Sequence[Probe]) -> dict[str, Any]:
    return {
        "PrincipalArn": member.arn,
        "PrincipalType": "Role" if isinstance(member.row, Role) else "User",
        "Changes": [
            one.output()
            for one in differences(
                member.keys, probes, partial(standing, member), partial(standing, after)
            )
        ],
    }


def _replay(call: Call, drafted: Together) -> dict[str, Any]:
    """What was asked on record by those concerned, decided before and after."""
    users = User.objects.of(call.account).filter(drafted.users)
    roles = Role.objects.of(call.account).filter(drafted.roles)
    rows = DecisionRecord.objects.of(call.account).order_by("-last_at", "id")
    concerned: dict[str, User | Role] = {}
    ids = [*users.values_list("id", flat=True)[:1000], *roles.values_list("id", flat=True)[:1000]]
    records = list(rows.filter(principal_id__in=ids)[: MOST_RECORDS + 1])
    asked = {record.principal_id for record in records}
    for model in (User, Role):
        concerned |= {one.id: one for one in model.objects.of(call.account).filter(id__in=asked)}
    held = drafted.held_by(of_rows(call, list(concerned.values())))
    after = {of: compiled(policies) for of, policies in held.items()}

    def layers_then(record: DecisionRecord, layers: Layers) -> Layers | None:
        if record.principal_id not in after:
            return None
        identity, boundary = after[record.principal_id]
        return replace(layers, identity=identity, boundary=boundary)

    return _replayed(call, records, layers_then)


def _replayed(call: Call, records: Sequence[DecisionRecord], layers_then: Any) -> dict[str, Any]:
    changes = []
    for record in records[:MOST_RECORDS]:
        again = asked_again(call, record)
        layers = layers_then(record, again.layers) if again is not None else None
        if again is None or layers is None:
            continue
        was = decide(again.request, again.layers).allowed
        becomes = decide(again.request, layers).allowed
        if was != becomes:
            changes.append(
                {
                    "DecisionId": str(record.id),
                    "PrincipalArn": again.request.principal.arn,
                    "ActionName": record.action,
                    "ResourceArn": record.resource,
                    "Was": ALLOWED if was else DENIED,
                    "Becomes": ALLOWED if becomes else DENIED,
                    "RequestCount": record.count,
                    "LastTime": record.last_at,
                }
            )
    return {
        "RecordCount": min(len(records), MOST_RECORDS),
        "IsPartial": len(records) > MOST_RECORDS,
        "Changes": changes,
    }


def _of_trust(call: Call, draft: Draft, role: Role) -> dict[str, Any]:
    """Who could become the role, and who could then."""
    (member,) = of_rows(call, [role])
    before, after = (
        becoming(call, member, document) for document in draft.documents[0] if document is not None
    )
    changed = [
        (arn, was, becomes)
        for arn in {**before, **after}
        for was, becomes in [(_way(before.get(arn)), _way(after.get(arn)))]
        if was != becomes
    ]
    known = {**before, **after}
    found, paging = page_of_list(call, changed, lambda one: one[0])
    return {
        "AffectedCount": len(changed),
        "IsComplete": True,
        "Principals": [
            {
                "PrincipalArn": arn,
                "PrincipalType": known[arn][1],
                "Changes": [
                    Difference("sts", role.arn, was, becomes, [known[arn][0].action]).output()
                ],
            }
            for arn, was, becomes in found
        ],
        **({} if call.params.get("Marker") else {"Replay": _replay_of_trust(call, draft, role)}),
        **paging,
    }


def _way(found: tuple[Edge, str] | None) -> str:
    if found is None:
        return DENIED
    return CONDITIONAL if found[0].lacks else ALLOWED


def _replay_of_trust(call: Call, draft: Draft, role: Role) -> dict[str, Any]:
    _before, after = draft.documents[0]
    assert after is not None
    trusted = compile_policies([_as_policy(after)])
    rows = DecisionRecord.objects.of(call.account).order_by("-last_at", "id")
    records = list(rows.filter(resource=role.arn, action="sts:AssumeRole")[: MOST_RECORDS + 1])
    return _replayed(call, records, lambda record, layers: trusting(layers, trusted))


def _as_policy(document: Document) -> Policy:
    return Policy(document, "AssumeRolePolicyDocument", None, "role")
