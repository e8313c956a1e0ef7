"""Who in the members gains and who loses, before the organization's limits are changed."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from iamsite.operations import noted_decisions
from policies.operations.access import between, spending
from policies.operations.limits import preview as previews
from policies.operations.limits import replay as replays
from tests.accounts.organizations.cast import RCP, SCP, Member, Organization, do
from tests.cast import Acme, Actor, Evil, allow, deny, policy, trust
from tests.identities.operations.refusal import refusal

NAME = "PreviewOrganizationChange"
BUCKET = "arn:aws:s3:::reports"
Told = set[tuple[str, str, str]]


def previewed(actor: Actor, **change: Any) -> dict[str, Told]:
    """What changes, by whom, of every page; nobody for whom nothing does."""
    found: dict[str, Told] = {}
    marker: dict[str, str] = {}
    while True:
        page = actor.perform(NAME, **change, **marker)
        for one in page["Principals"]:
            if one["Changes"]:
                found.setdefault(one["PrincipalArn"], set()).update(told(one["Changes"]))
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def told(changes: list[dict[str, Any]]) -> Told:
    return {
        (f"{one['Effect']} {one['Becomes']}", action, one["ResourceArn"])
        for one in changes
        for action in one["ActionNames"]
    }


@pytest.fixture
def organization(acme: Acme) -> Organization:
    return Organization(acme, SCP, RCP)


@pytest.fixture
def member(organization: Organization) -> Member:
    return organization.member()


def test_members_lose_what_a_policy_takes_from_what_each_of_them_may(
    organization: Organization, member: Member
) -> None:
    unit = organization.unit("Work")
    elsewhere = organization.member("elsewhere")
    organization.move(member, unit)
    bob = member.user("bob", allow("s3:Get*", "sqs:SendMessage", resource=f"{BUCKET}/*"))
    carol = member.user("carol", allow("sqs:SendMessage"))
    limit = organization.policy("no-reading", deny("s3:GetObject", "s3:GetObjectAcl"))
    change = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": unit}
    found = previewed(organization.management.root, MaxItems=1, **change)
    everything = {("Loses denied", one, "*") for one in ("s3:GetObject", "s3:GetObjectAcl")}
    assert found == {
        member.root.arn: everything,
        member.alice.arn: everything,
        bob.arn: {(how, what, f"{BUCKET}/*") for how, what, _ in everything},
    }
    assert carol.arn not in found
    assert elsewhere.root.arn not in found
    page = organization.management.root.perform(NAME, **change)
    assert (page["AccountCount"], page["AccountsLeftOut"], page["AffectedCount"]) == (1, 0, 4)
    assert {one["AccountId"] for one in page["Principals"]} == {member.id}
    assert {one["AccountName"] for one in page["Principals"]} == {"Member"}
    # Nothing is changed by looking.
    assert organization.do("ListTargetsForPolicy", PolicyId=limit)["Targets"] == []


def test_of_equal_policies_each_is_told_by_its_own_name_and_tags(
    organization: Organization, member: Member
) -> None:
    colour = {"StringEquals": {"aws:PrincipalTag/Été": "blue"}}
    document = policy(
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/${{aws:username}}/*"},
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*", "Condition": colour},
    )
    actors = [member.user(name, document) for name in ("ann", "ben")]
    for actor, value in zip(actors, ("blue", "red"), strict=True):
        tags = [{"Key": "été", "Value": value}]
        member.root.perform("TagUser", UserName=actor.name, Tags=tags)
    limit = organization.policy("limit", deny("s3:*", "sns:*"))
    change = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": member.id}
    found = previewed(organization.management.root, **change)
    own = [{("Loses denied", "s3:GetObject", f"{BUCKET}/{one.name}/*")} for one in actors]
    assert found[actors[0].arn] == own[0] | {("Loses denied", "sns:Publish", "*")}
    assert found[actors[1].arn] == own[1]


def test_a_new_text_gives_back_what_the_old_one_took(
    organization: Organization, member: Member
) -> None:
    limit = organization.limit(organization.root, deny("s3:GetObject", "sqs:SendMessage"))
    content = deny("sqs:SendMessage", "sns:Publish")
    change = {"ChangeType": "UpdatePolicy", "PolicyId": limit, "Content": content}
    found = previewed(organization.management.root, **change)
    both = {("Gains allowed", "s3:GetObject", "*"), ("Loses denied", "sns:Publish", "*")}
    assert found == {member.root.arn: both, member.alice.arn: both}
    # The management account is never limited, and what limits nobody changes nothing.
    assert not any(f":{organization.management.id}:" in arn for arn in found)
    alone = organization.policy("alone", deny("s3:*"))
    unused = {**change, "PolicyId": alone}
    page = organization.management.root.perform(NAME, **unused)
    assert (page["AccountCount"], page["AffectedCount"], page["Principals"]) == (0, 0, [])


def test_what_is_left_of_an_allowlist_is_told_by_what_each_may(
    organization: Organization, member: Member
) -> None:
    bob = member.user("bob", allow("s3:GetObject"), allow("sqs:SendMessage"))
    organization.limit(member.id, allow("sqs:*"))
    change = {"PolicyId": "p-FullAWSAccess", "TargetId": member.id}
    found = previewed(organization.management.root, ChangeType="DetachPolicy", **change)
    assert found[bob.arn] == {("Loses denied", "s3:GetObject", "*")}
    assert found[member.alice.arn] == {("Loses denied", "*:*", "*")}


def test_what_a_denial_takes_under_conditions_is_told(
    organization: Organization, member: Member
) -> None:
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    abroad = {"StringNotEquals": {"aws:RequestedRegion": "eu-central-1"}}
    tagged = {"StringEquals": {"aws:PrincipalTag/team": "blue"}}
    member.root.perform("TagUser", UserName="alice", Tags=[{"Key": "team", "Value": "red"}])
    limit = organization.policy(
        "limit",
        policy(
            {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*", "Condition": insecure},
            {"Effect": "Deny", "Action": "sns:Publish", "Resource": "*", "Condition": abroad},
            {"Effect": "Deny", "Action": "sqs:PurgeQueue", "Resource": "*", "Condition": tagged},
        ),
    )
    change = {"PolicyId": limit, "TargetId": member.id}
    root = organization.management.root
    found = previewed(root, ChangeType="AttachPolicy", **change)
    assert found[member.alice.arn] == {
        ("Loses conditional", "s3:GetObject", "*"),
        ("Loses conditional", "sns:Publish", "*"),
    }
    organization.attach(limit, member.id)
    # The same once more, further up, takes nothing that is not taken.
    again = {**change, "TargetId": organization.root}
    assert previewed(root, ChangeType="AttachPolicy", **again) == {}
    elsewhere = {"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}}
    content = deny("sns:Publish", Condition=elsewhere)
    edit = {"ChangeType": "UpdatePolicy", "PolicyId": limit, "Content": content}
    assert previewed(root, **edit)[member.alice.arn] == {
        ("Gains allowed", "s3:GetObject", "*"),
        ("Changes conditional", "sns:Publish", "*"),
    }
    found = previewed(root, ChangeType="DetachPolicy", **change)
    assert found[member.alice.arn] == {
        ("Gains allowed", "s3:GetObject", "*"),
        ("Gains allowed", "sns:Publish", "*"),
    }


def test_moving_removing_and_disabling_are_changes_of_limits_too(
    organization: Organization, member: Member
) -> None:
    root, unit = organization.management.root, organization.unit("Work")
    organization.limit(unit, deny("sqs:PurgeQueue"))
    path = f"{organization.id}/{organization.root}/{unit}/"
    there = {"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{path}*"}}
    carol = member.user("carol", allow("sns:Publish", Condition=there))
    move = {"AccountId": member.id, "SourceParentId": organization.root}
    found = previewed(root, ChangeType="MoveAccount", DestinationParentId=unit, **move)
    lost = {("Loses denied", "sqs:PurgeQueue", "*")}
    assert found == {
        member.root.arn: lost,
        member.alice.arn: lost,
        carol.arn: {("Gains allowed", "sns:Publish", "*")},
    }
    organization.move(member, unit)
    gained = {("Gains allowed", "sqs:PurgeQueue", "*")}
    disabled = {"RootId": organization.root, "PolicyType": SCP}
    assert previewed(root, ChangeType="DisablePolicyType", **disabled) == {
        member.root.arn: gained,
        member.alice.arn: gained,
    }
    left = previewed(root, ChangeType="RemoveAccountFromOrganization", AccountId=member.id)
    assert left == {
        member.root.arn: gained,
        member.alice.arn: gained,
        carol.arn: {("Loses denied", "sns:Publish", "*")},
    }


def test_a_resource_control_policy_closes_resources_to_whom_they_let_in(
    organization: Organization, member: Member, evil: Evil
) -> None:
    bucket = f"{BUCKET}-{member.id}"
    member.root.perform("RegisterResource", ResourceArn=bucket)
    let_in = {"AWS": [evil.arn("root"), organization.management.arn("root")]}
    member.root.perform(
        "PutResourcePolicy",
        ResourceArn=bucket,
        PolicyDocument=policy(
            {"Effect": "Allow", "Principal": let_in, "Action": "s3:GetObject",
             "Resource": f"{bucket}/*"}
        ),
    )  # fmt: skip
    role = member.role("Reader", trust(evil.mallory.arn))
    perimeter = policy(
        {"Effect": "Deny", "Principal": "*", "Action": ["s3:*", "sts:AssumeRole"], "Resource": "*",
         "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": organization.id}}}
    )  # fmt: skip
    limit = organization.policy("perimeter", perimeter, RCP)
    change = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": organization.root}
    found = previewed(organization.management.root, MaxItems=1, **change)
    assert found == {
        evil.arn("root"): {("Loses denied", "s3:GetObject", f"{bucket}/*")},
        evil.mallory.arn: {("Loses denied", "sts:AssumeRole", role)},
    }


@pytest.mark.parametrize("seed", range(2))
def test_it_agrees_with_deciding_before_and_after_the_change(
    organization: Organization, member: Member, seed: int
) -> None:
    chance = random.Random(seed)
    actions, resources = ("s3:GetObject", "s3:PutObject", "sqs:SendMessage"), ("*", f"{BUCKET}/*")

    def document(*wide: str, effects: tuple[str, ...]) -> str:
        names = ("Action", "NotAction")
        return policy(
            *(
                {
                    "Effect": chance.choice(effects),
                    chance.choice(names if wide else names[:1]): chance.choice([*actions, *wide]),
                    "Resource": chance.choice(resources),
                }
                for _ in range(2)
            )
        )

    actors = [member.user(f"u{one}", document("s3:*", effects=("Allow",))) for one in range(4)]
    limit = organization.limit(member.id, document("s3:*", "*", effects=("Deny",)))
    content = document("s3:*", "*", effects=("Deny",))

    def decided() -> dict[tuple[str, str, str], bool]:
        asked = itertools.product(actors, actions, resources)
        return {
            (actor.arn, action, resource): actor.perform(
                "Authorize", ActionName=action, ResourceArn=resource
            )["Decision"]
            == "allowed"
            for actor, action, resource in asked
        }

    change = {"PolicyId": limit, "Content": content}
    found = previewed(organization.management.root, ChangeType="UpdatePolicy", **change)
    before = decided()
    organization.do("UpdatePolicy", **change)
    for (principal, action, resource), becomes in decided().items():
        was, rows = before[principal, action, resource], found.get(principal, set())
        effect = "Gains allowed" if becomes else "Loses denied"
        if was != becomes:
            # Told of itself, of everything that it is a part of, or as one that nobody names.
            wider = {(effect, one, where) for one in (action, "*:*") for where in (resource, "*")}
            assert wider & rows
        if (effect, action, resource) in rows:
            assert was != becomes


def test_what_members_asked_on_record_is_asked_again(
    organization: Organization, member: Member
) -> None:
    limit = organization.limit(organization.root, deny("iam:ListUsers"))
    assert refusal(member.alice, "ListUsers")[0] == "AccessDenied"
    change = {"ChangeType": "UpdatePolicy", "PolicyId": limit, "Content": deny("iam:ListGroups")}
    replay = organization.management.root.perform(NAME, **change)["Replay"]
    (again,) = replay["Changes"]
    assert again.pop("LastTime")
    assert again == {
        "PrincipalArn": member.alice.arn,
        "ActionName": "iam:ListUsers",
        "ResourceArn": f"arn:aws:iam::{member.id}:user/",
        "Was": "denied",
        "Becomes": "allowed",
        "RequestCount": 1,
    }
    assert (replay["RecordCount"], replay["IsPartial"]) == (1, False)


def test_when_it_was_last_used_is_told_of_what_is_lost(
    organization: Organization, member: Member
) -> None:
    member.alice.perform("ListUsers")
    limit = organization.policy("limit", deny("iam:ListUsers", "iam:ListRoles"))
    change = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": member.id}
    page = organization.management.root.perform(NAME, **change)
    used = {one["PrincipalArn"]: one["Changes"][0].get("UsedActions") for one in page["Principals"]}
    (last,) = used.pop(member.alice.arn) or ()
    assert (last["ActionName"], used) == ("iam:ListUsers", {member.root.arn: []})


def test_what_an_account_asked_before_it_joined_is_its_own(organization: Organization) -> None:
    account = Member("late")
    bob = account.user("bob")
    assert refusal(bob, "ListUsers")[0] == "AccessDenied"
    do(account.root, "AcceptHandshake", HandshakeId=organization.invite(account))
    assert refusal(bob, "ListGroups")[0] == "AccessDenied"
    limit = organization.policy("limit", deny("sns:Publish"))
    change = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": account.id}
    assert organization.management.root.perform(NAME, **change)["Replay"]["RecordCount"] == 1


def test_the_bounds_are_told_and_pages_go_on_where_they_ended(
    organization: Organization, member: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, other = organization.management.root, organization.member("other")
    for account in (member, other):
        for name in ("ListUsers", "ListGroups"):
            assert refusal(account.user(f"u-{name}"), name)[0] == "AccessDenied"
    limit = organization.policy("limit", deny("sns:Publish"))
    change = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": organization.root}
    whole = previewed(root, **change)
    assert whole.keys() == {one.arn for of in (member, other) for one in (of.root, of.alice)}
    monkeypatch.setattr(spending, "MOST_SECONDS", 0.0)
    page = root.perform(NAME, **change)
    assert (len(page["Principals"]), page["IsTruncated"]) == (1, True)
    assert (page["Replay"]["RecordCount"], page["Replay"]["IsPartial"]) == (0, True)
    assert previewed(root, **change) == whole
    monkeypatch.undo()
    monkeypatch.setattr(previews, "MOST_DECISIONS", 2)
    assert len(root.perform(NAME, **change)["Principals"]) == 1
    assert previewed(root, **change) == whole
    with monkeypatch.context() as fewer:
        fewer.setattr(between, "MOST_OF_ONE", 1)
        topics = ["arn:aws:sns:*:*:a", "arn:aws:sns:*:*:b"]
        wide = {"ChangeType": "AttachPolicy", "TargetId": member.id}
        wide["PolicyId"] = organization.policy("wide", deny("sns:Publish", resource=topics))
        assert not root.perform(NAME, **wide)["IsComplete"]
    monkeypatch.setattr(replays, "MOST_OF_AN_ACCOUNT", 1)
    replay = root.perform(NAME, **change)["Replay"]
    assert (replay["RecordCount"], replay["IsPartial"]) == (2, True)
    monkeypatch.setattr(previews, "MOST_ACCOUNTS", 1)
    page = root.perform(NAME, **change)
    assert (page["AccountCount"], page["AccountsLeftOut"]) == (2, 1)
    first, second = sorted((member, other), key=lambda one: one.id)
    assert previewed(root, **change).keys() == {first.root.arn, first.alice.arn}
    asked = {**change, "AccountIds": [second.id]}
    assert previewed(root, **asked).keys() == {second.root.arn, second.alice.arn}


def test_service_linked_roles_and_closed_accounts_lose_nothing(
    organization: Organization, member: Member
) -> None:
    member.root.perform("CreateServiceLinkedRole", AWSServiceName="autoscaling.amazonaws.com")
    limit = organization.policy("limit", deny("ec2:*", "autoscaling:*"))
    change = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": member.id}
    root = organization.management.root
    assert previewed(root, **change).keys() == {member.root.arn, member.alice.arn}
    organization.do("CloseAccount", AccountId=member.id)
    page = root.perform(NAME, **change)
    assert (page["AffectedCount"], page["Principals"]) == (0, [])


def test_only_who_may_make_the_change_and_look_into_members_previews_it(
    organization: Organization, member: Member, evil: Evil
) -> None:
    acme = organization.management
    limit = organization.limit(organization.root, deny("sns:Publish"))
    arn = organization.policy_arn(limit)
    change = {"ChangeType": "UpdatePolicy", "PolicyId": limit, "Content": deny("sqs:*")}
    look, edit = allow(f"portal:{NAME}"), allow("organizations:UpdatePolicy")
    for name, documents, missing in (
        ("looks", [look], "organizations:UpdatePolicy"),
        ("edits", [edit], f"portal:{NAME}"),
        ("own", [allow("portal:PreviewPolicyChange"), edit], f"portal:{NAME}"),
        ("other", [edit, allow(f"portal:{NAME}", resource=f"{arn}x")], f"portal:{NAME}"),
        ("kind", [edit, allow(f"portal:{NAME}", Condition={
            "StringEquals": {"organizations:PolicyType": RCP}})], f"portal:{NAME}"),
    ):  # fmt: skip
        code, _status, message = refusal(acme.user(name, *documents), NAME, **change)
        assert (code, missing in message, arn in message) == ("AccessDenied", True, True)
    both = acme.user("both", edit, allow(f"portal:{NAME}", resource=arn))
    assert previewed(both, **change).keys() == {member.root.arn, member.alice.arn}
    # Nobody of a member, or of another organization or none, whatever its own policies allow.
    for actor in (member.root, member.alice):
        assert refusal(actor, NAME, **change)[0] == "AccessDeniedException"
    assert refusal(evil.mallory, NAME, **change)[0] == "AWSOrganizationsNotInUseException"
    Organization(evil)
    assert refusal(evil.mallory, NAME, **change)[0] == "PolicyNotFoundException"


def test_whoever_looks_is_kept_in_the_trail_of_the_one_who_looks_alone(
    organization: Organization, member: Member
) -> None:
    acme, limit = organization.management, organization.limit(organization.root, deny("sns:*"))
    change = {"ChangeType": "UpdatePolicy", "PolicyId": limit, "Content": deny("sqs:*")}
    acme.user("looks", allow(f"portal:{NAME}"))
    acme.root.perform(NAME, **change)
    (event,) = [
        one for one in acme.root.perform("ListEvents")["Events"] if one["EventName"] == NAME
    ]
    assert organization.policy_arn(limit) in event["Resources"]
    assert member.id in str(event["Detail"])
    theirs = member.root.perform("ListEvents")["Events"]
    assert NAME not in {one["EventName"] for one in theirs}


def test_a_delegate_sees_members_if_it_administers_iam_for_them(
    organization: Organization, member: Member, evil: Evil
) -> None:
    acme, delegate = organization.management, organization.member("delegate")
    limit = organization.limit(organization.root, deny("sns:Publish", "iam:ListUsers"))
    change = {"ChangeType": "UpdatePolicy", "PolicyId": limit, "Content": deny("sqs:PurgeQueue")}

    def code() -> str:
        return refusal(delegate.alice, NAME, **change)[0]

    assert code() == "AccessDeniedException"
    granted = policy(
        {"Effect": "Allow", "Principal": {"AWS": delegate.id}, "Resource": "*",
         "Action": ["organizations:UpdatePolicy", "organizations:DescribePolicy"]}
    )  # fmt: skip
    organization.do("PutResourcePolicy", Content=granted)
    assert code() == "AccessDeniedException"
    organization.trust_iam(delegate)
    assert refusal(member.alice, "ListUsers")[0] == "AccessDenied"
    found = previewed(delegate.alice, **change)
    both = {account.root.arn for account in (member, delegate)}
    assert found.keys() == both | {member.alice.arn, delegate.alice.arn}
    attached = {"ChangeType": "DetachPolicy", "PolicyId": limit, "TargetId": organization.root}
    assert refusal(delegate.alice, NAME, **attached)[0] == "AccessDeniedException"
    for account in (acme, delegate):
        events = account.root.perform("ListEvents")["Events"]
        assert NAME in {one["EventName"] for one in events}
    organization.do("DeleteResourcePolicy")
    assert code() == "AccessDeniedException"


def test_a_delegate_sees_nothing_of_the_management_account(
    organization: Organization, member: Member
) -> None:
    acme, delegate = organization.management, organization.member("delegate")
    organization.trust_iam(delegate)
    bucket = f"{BUCKET}-{member.id}"
    member.root.perform("RegisterResource", ResourceArn=bucket)
    let_in = trust(acme.arn("root"), "s3:GetObject", Resource=f"{bucket}/*")
    member.root.perform("PutResourcePolicy", ResourceArn=bucket, PolicyDocument=let_in)
    limit = organization.limit(member.id, policy({
        "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "*"}), RCP)  # fmt: skip
    asked = {"ActionName": "s3:GetObject", "ResourceArn": f"{bucket}/x"}
    assert acme.alice.perform("Authorize", **asked)["Decision"] == "implicitDeny"
    noted_decisions.flush()
    organization.do("PutResourcePolicy", Content=policy(
        {"Effect": "Allow", "Principal": {"AWS": delegate.id}, "Resource": "*",
         "Action": "organizations:DetachPolicy"}))  # fmt: skip
    change = {"ChangeType": "DetachPolicy", "PolicyId": limit, "TargetId": member.id}
    (again,) = acme.root.perform(NAME, **change)["Replay"]["Changes"]
    assert (again["PrincipalArn"], again["Becomes"]) == (acme.alice.arn, "allowed")
    page = delegate.alice.perform(NAME, **change)
    assert page["Replay"]["Changes"] == []
    assert [one["PrincipalArn"] for one in page["Principals"] if one["Changes"]] == [
        member.root.arn,
        member.alice.arn,
        acme.arn("root"),
    ]


def test_an_account_that_left_or_never_joined_is_not_looked_into(
    organization: Organization, member: Member, evil: Evil
) -> None:
    root, left = organization.management.root, organization.member("left")
    limit = organization.policy("limit", deny("sns:Publish"))
    change = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": organization.root}
    assert left.root.arn in previewed(root, **change)
    do(left.root, "LeaveOrganization")
    assert previewed(root, **change).keys() == {member.root.arn, member.alice.arn}
    for account in (left, evil):
        asked = {**change, "AccountIds": [account.id]}
        assert refusal(root, NAME, **asked)[0] == "InvalidInput"
        target = {**change, "TargetId": account.id}
        assert refusal(root, NAME, **target)[0] == "TargetNotFoundException"
        gone = {"ChangeType": "RemoveAccountFromOrganization", "AccountId": account.id}
        assert refusal(root, NAME, **gone)[0] == "AccountNotFoundException"


def test_what_the_change_would_be_refused_its_preview_is_refused(
    organization: Organization, member: Member
) -> None:
    root, limit = organization.management.root, organization.limit(organization.root, deny("s3:*"))
    attach = {"ChangeType": "AttachPolicy", "PolicyId": limit, "TargetId": organization.root}
    full = {"PolicyId": "p-FullAWSAccess", "TargetId": member.id}
    for change, code in (
        (attach, "DuplicatePolicyAttachmentException"),
        ({**attach, "TargetId": ""}, "ValidationError"),
        ({"ChangeType": "AttachPolicy", "PolicyId": limit}, "InvalidInput"),
        ({"ChangeType": "UpdatePolicy", "PolicyId": limit}, "InvalidInput"),
        ({"ChangeType": "DeletePolicy", "PolicyId": limit}, "ValidationError"),
        ({"ChangeType": "DetachPolicy", **full}, "ConstraintViolationException"),
        ({"ChangeType": "UpdatePolicy", "PolicyId": limit, "Content": "{}"},
         "MalformedPolicyDocumentException"),
        ({"ChangeType": "UpdatePolicy", "PolicyId": "p-FullAWSAccess", "Content": deny("*")},
         "InvalidInputException"),
    ):  # fmt: skip
        assert refusal(root, NAME, **change)[0] == code
