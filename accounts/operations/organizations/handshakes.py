"""Handshakes: inviting an account, and what the invited account does about it."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db.models import QuerySet

from accounts import tenancy
from accounts.models import Account, Handshake, Member, Organization
from accounts.operations.organizations.faults import (
    constraint,
    fault,
    handshake_constraint,
    invalid_input,
)
from accounts.operations.organizations.scope import arn, found, known_accounts, managing, node
from accounts.operations.organizations.tags import checked_tags
from accounts.operations.organizations.tree import join, new_id
from accounts.quotas import quota
from iamsite.operations import Call, Resource, operation
from iamsite.operations.paging import page_of_list
from iamsite.operations.rows import fetch_one

LASTING = timedelta(days=15)
State = Handshake.State


def handshake_output(call: Call, row: Handshake) -> dict[str, Any]:
    organization = {
        "Type": "ORGANIZATION",
        "Value": row.organization_id,
        "Resources": [
            {"Type": "MASTER_EMAIL", "Value": row.inviter_email},
            {"Type": "MASTER_NAME", "Value": row.inviter_name},
            {"Type": "ORGANIZATION_FEATURE_SET", "Value": row.feature_set},
        ],
    }
    parties = [{"Id": row.organization_id, "Type": "ORGANIZATION"}]
    resources: list[dict[str, Any]] = [organization]
    if row.party:
        parties.append({"Id": row.party, "Type": row.party_type})
        resources.append({"Type": row.party_type, "Value": row.party})
    if row.notes:
        resources.append({"Type": "NOTES", "Value": row.notes})
    return {
        "Id": row.id,
        "Arn": row.arn,
        "Parties": parties,
        "State": state_of(call, row),
        "RequestedTimestamp": row.requested_at,
        "ExpirationTimestamp": row.expires_at,
        "Action": row.action,
        "Resources": resources,
    }


def state_of(call: Call, row: Handshake) -> str:
    is_over = row.state == State.OPEN and row.expires_at <= call.now
    return "EXPIRED" if is_over else str(row.state)


def _invited(call: Call, Target: dict[str, str], **_: Any) -> Resource:
    if Target["Type"] == "ACCOUNT":
        return node(call, Target["Id"])
    return Resource(arn(call, "account", "*"), call.account)


@managing("InviteAccountToOrganization", resource=_invited)
def invite_account_to_organization(
    call: Call,
    organization: Organization,
    Target: dict[str, str],
    Notes: str = "",
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    if Tags:
        call.authorize("organizations:TagResource", _invited(call, Target), call.tag_keys)
    party_type, party = Target["Type"], Target["Id"]
    account = organization.account_id
    invited = _account_of(party_type, party)
    if invited is not None and Member.objects.of(account).filter(member=invited).exists():
        raise handshake_constraint(
            "ALREADY_IN_AN_ORGANIZATION", "The specified account is already in your organization."
        )
    rows = Handshake.objects.of(account)
    if rows.filter(party=party, state=State.OPEN, expires_at__gt=call.now).exists():
        raise fault("DuplicateHandshake")
    today = rows.filter(action="INVITE", requested_at__gt=call.now - timedelta(days=1))
    if today.count() >= quota(account, "HandshakesPerDay"):
        raise handshake_constraint(
            "HANDSHAKE_RATE_LIMIT_EXCEEDED",
            "You have exceeded the number of handshakes that you can send in one day.",
        )
    row = _handshake(call, organization, party_type=party_type, party=party, invited=invited)
    row.notes, row.tags = Notes, checked_tags(Tags or [])
    row.save(force_insert=True)
    return {"Handshake": handshake_output(call, row)}


def _account_of(party_type: str, party: str) -> str | None:
    """The account that is invited; None where there is none, which the inviter is not told."""
    if party_type == "ACCOUNT":
        if not re.fullmatch(r"[0-9]{12}", party):
            raise invalid_input("INVALID_PATTERN", "You specified an invalid account id.")
        row = fetch_one("SELECT iamsite_account_named(%s)", [party])
    elif party_type == "EMAIL":
        row = fetch_one("SELECT iamsite_account_of_root(%s)", [party])
    else:
        raise invalid_input(
            "INVALID_PARTY_TYPE_TARGET", "You specified a party type that can't be invited."
        )
    return None if row is None else row[0]


def _handshake(call: Call, organization: Organization, **more: Any) -> Handshake:
    account = Account.objects.get(id=organization.account_id)
    return Handshake(
        id=new_id("h-", 10),
        account_id=account.id,
        organization_id=organization.id,
        feature_set=organization.feature_set,
        inviter_email=known_accounts()[account.id].email,
        inviter_name=account.name,
        requested_at=call.now,
        expires_at=call.now + LASTING,
        **more,
    )


@managing(
    "EnableAllFeatures",
    differs="Members that were invited are not asked one by one: while there are any, the call is "
    "refused, because they joined an organization that could not limit them.",
)
def enable_all_features(call: Call, organization: Organization) -> dict[str, Any]:
    if organization.feature_set == Organization.FeatureSet.ALL:
        raise handshake_constraint(
            "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
            "The organization already has all features enabled.",
        )
    members = Member.objects.of(organization.account_id).exclude(member=organization.account_id)
    if members.filter(method=Member.Method.INVITED).exists():
        raise fault(
            "InvalidHandshakeTransition",
            "Accounts that were invited joined an organization without all features. They must "
            "leave before all features are enabled, and can be invited again then.",
        )
    organization.feature_set = Organization.FeatureSet.ALL
    organization.save(update_fields=["feature_set"])
    row = _handshake(call, organization, action="ENABLE_ALL_FEATURES", state=State.ACCEPTED)
    row.save(force_insert=True)
    return {"Handshake": handshake_output(call, row)}


def _find(call: Call, handshake_id: str) -> Handshake | None:
    """The handshake, for either of its parties."""
    key = (Handshake, handshake_id)
    if key not in call.found:
        # Row-level security shows an account its own handshakes, and those that invite it.
        call.found[key] = Handshake.objects.filter(id=handshake_id).first()
    row: Handshake | None = call.found[key]
    return row


def _get(call: Call, handshake_id: str) -> Handshake:
    row = _find(call, handshake_id)
    if row is None:
        raise fault("HandshakeNotFound")
    return row


def _resource(call: Call, HandshakeId: str, **_: Any) -> Resource:
    row = _find(call, HandshakeId)
    if row is not None:
        return Resource(row.arn, call.account)
    return Resource(
        f"arn:aws:organizations::{call.account}:handshake/*/invite/{HandshakeId}", call.account
    )


@operation("organizations:DescribeHandshake", reads=True, resource=_resource)
def describe_handshake(call: Call, HandshakeId: str) -> dict[str, Any]:
    return {"Handshake": handshake_output(call, _get(call, HandshakeId))}


def _settle(call: Call, row: Handshake, state: str) -> None:
    """Sets the state of an open handshake, in the management account; raises what AWS answers
    to one that is no longer open."""
    kept = Handshake.objects.of(row.account_id).get(id=row.id)
    if kept.state == state:
        raise fault("HandshakeAlreadyInState")
    if state_of(call, kept) != State.OPEN:
        raise fault("InvalidHandshakeTransition")
    kept.state = row.state = state
    kept.save(update_fields=["state"])


def _answering(action: str) -> Callable[..., Any]:
    return operation(f"organizations:{action}", resource=_resource)


def _of_invited(call: Call, handshake_id: str) -> Handshake:
    """The handshake, if it is the caller's to answer."""
    row = _get(call, handshake_id)
    if row.invited != call.account:
        raise fault("AccessDenied")
    return row


@_answering("AcceptHandshake")
def accept_handshake(call: Call, HandshakeId: str) -> dict[str, Any]:
    """The caller's account joins the organization, at its root."""
    row = _of_invited(call, HandshakeId)
    management = row.account_id
    with tenancy.entered(management, back=call.account):
        organization = found(management, changes=True)
        _settle(call, row, State.ACCEPTED)
        if call.caller.organization is not None:
            raise handshake_constraint(
                "ALREADY_IN_AN_ORGANIZATION",
                "The account is already a member of an organization. It must leave that first.",
            )
        refuse_too_many(organization)
        joining = Member(
            account_id=management,
            member=call.account,
            parent=organization.root_id,
            path=organization.root_path,
            method=Member.Method.INVITED,
            tags=row.tags,
            joined_at=call.now,
        )
        join(organization, joining)
    call.shared_with.append(management)
    return {"Handshake": handshake_output(call, row)}


def refuse_too_many(organization: Organization) -> None:
    account = organization.account_id
    limit = quota(account, "AccountsPerOrganization")
    if Member.objects.of(account).count() >= limit:
        raise constraint(
            "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
            f"You have exceeded the allowed number of Amazon Web Services accounts: {limit}.",
        )


@_answering("DeclineHandshake")
def decline_handshake(call: Call, HandshakeId: str) -> dict[str, Any]:
    row = _of_invited(call, HandshakeId)
    with tenancy.entered(row.account_id, back=call.account):
        _settle(call, row, State.DECLINED)
    call.shared_with.append(row.account_id)
    return {"Handshake": handshake_output(call, row)}


@_answering("CancelHandshake")
def cancel_handshake(call: Call, HandshakeId: str) -> dict[str, Any]:
    row = _get(call, HandshakeId)
    if row.account_id != call.account:
        raise fault("AccessDenied")
    _settle(call, row, State.CANCELED)
    return {"Handshake": handshake_output(call, row)}


@operation("organizations:ListHandshakesForAccount", reads=True)
def list_handshakes_for_account(
    call: Call, Filter: dict[str, str] | None = None, **_: Any
) -> dict[str, Any]:
    return _page(call, Handshake.objects.filter(invited=call.account), Filter)


@managing("ListHandshakesForOrganization", reads=True)
def list_handshakes_for_organization(
    call: Call, organization: Organization, Filter: dict[str, str] | None = None, **_: Any
) -> dict[str, Any]:
    return _page(call, Handshake.objects.of(organization.account_id), Filter)


def _page(call: Call, rows: QuerySet[Handshake], wanted: dict[str, str] | None) -> dict[str, Any]:
    if wanted and wanted.get("ActionType"):
        rows = rows.filter(action=wanted["ActionType"])
    handshakes, paging = page_of_list(
        call, list(rows), lambda row: (-row.requested_at.timestamp(), row.id)
    )
    return {"Handshakes": [handshake_output(call, row) for row in handshakes], **paging}
