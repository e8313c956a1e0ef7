"""Who gains and who loses, before a policy is changed: as deciding before and after would tell."""

import itertools
import random

import pytest

from tests.cast import Acme, allow, deny, policy, trust
from tests.identities.operations.refusal import refusal

BUCKET = "arn:aws:s3:::reports"


def preview(account, **params) -> dict[str, list[dict]]:
    """Every principal that the change concerns with what changes for it."""
    found, marker = {}, {}
    while True:
        page = account.root.perform("PreviewPolicyChange", **params, **marker)
        found |= {one["PrincipalArn"]: one["Changes"] for one in page["Principals"]}
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def brief(changes) -> set[tuple[str, str, str]]:
    return {
        (one["Effect"], action, one["ResourceArn"])
        for one in changes
        for action in one["ActionNames"]
    }


def shared(account, document: str) -> str:
    made = account.root.perform("CreatePolicy", PolicyName="shared", PolicyDocument=document)
    return str(made["Policy"]["Arn"])


def test_everybody_who_has_a_policy_is_told_of_by_whichever_way(acme: Acme) -> None:
    arn = shared(acme, allow("sqs:SendMessage", "s3:GetObject", resource=f"{BUCKET}/*"))
    role = acme.role("Reader", trust(acme.arn("root")))
    acme.root.perform("AttachGroupPolicy", GroupName="Developers", PolicyArn=arn)
    acme.root.perform("AttachRolePolicy", RoleName="Reader", PolicyArn=arn)
    acme.root.perform("AttachUserPolicy", UserName="alice", PolicyArn=arn)
    after = policy(
        {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/*"},
        {"Effect": "Allow", "Action": "sns:Publish", "Resource": "*",
         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
    )  # fmt: skip
    found = preview(acme, ChangeType="NewVersion", PolicyArn=arn, PolicyDocument=after, MaxItems=1)
    assert found.keys() == {acme.alice.arn, acme.bob.arn, role}
    assert found[acme.alice.arn] == []  # she may do everything anyhow
    assert brief(found[role]) == {
        ("Loses", "sqs:SendMessage", f"{BUCKET}/*"),
        ("Gains", "sns:Publish", "*"),
    }
    (gain,) = [one for one in found[role] if one["Effect"] == "Gains"]
    assert (gain["Was"], gain["Becomes"]) == ("denied", "conditional")


def test_inline_policies_attachments_and_boundaries(acme: Acme) -> None:
    arn = shared(acme, allow("sqs:SendMessage"))
    carol, ci = {"PrincipalArn": acme.carol.arn}, {"PrincipalArn": acme.ci.arn}
    gains = {("Gains", "sqs:SendMessage", "*")}
    assert (
        brief(preview(acme, ChangeType="Attach", PolicyArn=arn, **carol)[acme.carol.arn]) == gains
    )
    inline = {"PolicyName": "new", "PolicyDocument": allow("sqs:SendMessage")}
    assert (
        brief(preview(acme, ChangeType="InlinePolicy", **carol, **inline)[acme.carol.arn]) == gains
    )
    (bob,) = preview(acme, ChangeType="InlinePolicy", PrincipalArn=acme.arn("group/Developers"),
                     **inline).values()  # fmt: skip
    assert brief(bob) == gains
    loses = {("Loses", "s3:PutObject", "arn:aws:s3:::releases/*")}
    assert (
        brief(preview(acme, ChangeType="DeleteInlinePolicy", PolicyName="p0", **ci)[acme.ci.arn])
        == loses
    )
    bounded = preview(acme, ChangeType="Boundary", PolicyArn=arn, PrincipalArn=acme.alice.arn)
    # All that the boundary does not speak of is lost.
    assert brief(bounded[acme.alice.arn]) == {("Loses", "*:*", "*")}
    acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
    detached = preview(acme, ChangeType="Detach", PolicyArn=arn, **carol)
    assert brief(detached[acme.carol.arn]) == {("Loses", "sqs:SendMessage", "*")}


def test_what_is_turned_is_told_where_no_policy_names_both_action_and_resource(acme: Acme) -> None:
    dora = acme.user(
        "dora", allow("s3:GetObject", resource=f"{BUCKET}/*"), allow("sqs:*", "x:Get*")
    )
    inline = {"ChangeType": "InlinePolicy", "PrincipalArn": dora.arn, "PolicyName": "not"}
    own = {"Effect": "Deny", "NotAction": ["sqs:*", "x:*Thing"], "Resource": "*"}
    kept = {
        "Effect": "Deny",
        "Action": "*",
        "NotResource": [f"{BUCKET}/open/*", "arn:aws:sqs:*:*:q"],
    }
    found = preview(acme, PolicyDocument=policy(own), **inline)
    assert brief(found[dora.arn]) == {
        ("Loses", "s3:GetObject", f"{BUCKET}/*"), ("Loses", "x:Get*", "*")
    }  # fmt: skip
    acme.root.perform("PutUserPolicy", UserName="dora", PolicyName="also",
                      PolicyDocument=policy(kept))  # fmt: skip
    found = preview(acme, PolicyDocument=policy(own), **inline)
    assert brief(found[dora.arn]) == {
        ("Loses", "s3:GetObject", f"{BUCKET}/open/*"),
        ("Loses", "x:Get*", f"{BUCKET}/open/*"),
        ("Loses", "x:Get*", "arn:aws:sqs:*:*:q"),
    }
    # What is part of what is told is not told again.
    wide = allow("s3:GetObject", resource=["*", f"{BUCKET}/open/*"])
    acme.root.perform("PutUserPolicy", UserName="carol", PolicyName="may", PolicyDocument=wide)
    change = {
        "ChangeType": "DeleteInlinePolicy",
        "PrincipalArn": acme.carol.arn,
        "PolicyName": "may",
    }
    assert brief(preview(acme, **change)[acme.carol.arn]) == {("Loses", "s3:GetObject", "*")}


def test_what_a_denial_takes_under_conditions_is_told(acme: Acme) -> None:
    arn = shared(acme, allow("sqs:SendMessage"))
    acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
    change = {"ChangeType": "NewVersion", "PolicyArn": arn}

    def stands(value: str) -> list[tuple[str, str, str]]:
        found = preview(acme, PolicyDocument=insecure(value), **change)[acme.carol.arn]
        return [(one["Effect"], one["Was"], one["Becomes"]) for one in found]

    def insecure(value: str) -> str:
        abroad = {"StringNotEquals": {"aws:RequestedRegion": value}}
        may = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
        return policy(may, {**may, "Effect": "Deny", "Condition": abroad})

    assert stands("eu-central-1") == [("Loses", "allowed", "conditional")]
    acme.root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=insecure("eu-central-1"),
                      SetAsDefault=True)  # fmt: skip
    assert stands("eu-central-1") == []
    assert stands("eu-west-1") == [("Changes", "conditional", "conditional")]


def test_of_what_another_account_has_the_own_side_is_told(acme: Acme, evil) -> None:
    theirs = evil.arn("role/Reader")
    change = {"ChangeType": "InlinePolicy", "PrincipalArn": acme.carol.arn, "PolicyName": "new"}
    document = allow("sts:AssumeRole", resource=theirs)
    found = preview(acme, PolicyDocument=document, **change)
    assert brief(found[acme.carol.arn]) == {("Gains", "sts:AssumeRole", theirs)}


def test_several_changes_are_told_of_as_if_they_were_made_together(acme: Acme) -> None:
    arn = shared(acme, allow("sqs:SendMessage"))
    acme.root.perform("CreateGroup", GroupName="Readers")
    acme.root.perform("PutGroupPolicy", GroupName="Readers", PolicyName="read",
                      PolicyDocument=allow("sqs:ReceiveMessage"))  # fmt: skip
    acme.root.perform("PutUserPolicy", UserName="carol", PolicyName="not",
                      PolicyDocument=deny("sns:Publish"))  # fmt: skip
    group, carol, dan = acme.arn("group/Readers"), acme.carol.arn, acme.arn("user/staff/dan")
    changes = [
        # In any order: who belongs where counts first, and what is in a policy last.
        {"ChangeType": "NewVersion", "PolicyArn": arn,
         "PolicyDocument": allow("sqs:PurgeQueue", "sns:Publish")},
        {"ChangeType": "Attach", "PrincipalArn": group, "PolicyArn": arn},
        {"ChangeType": "AddToGroup", "PrincipalArn": carol, "GroupName": "Readers"},
        {"ChangeType": "AddToGroup", "PrincipalArn": dan, "GroupName": "Readers"},
        {"ChangeType": "CreateUser", "PrincipalArn": dan,
         "Tags": [{"Key": "team", "Value": "blue"}]},
        {"ChangeType": "InlinePolicy", "PrincipalArn": dan, "PolicyName": "own",
         "PolicyDocument": allow("s3:GetObject",
                                 resource="arn:aws:s3:::b/${aws:PrincipalTag/team}/*")},
    ]  # fmt: skip
    found = preview(acme, Changes=changes, MaxItems=1)
    both = {("Gains", "sqs:ReceiveMessage", "*"), ("Gains", "sqs:PurgeQueue", "*")}
    assert {arn: brief(changes) for arn, changes in found.items()} == {
        carol: both,
        dan: both
        | {("Gains", "sns:Publish", "*"), ("Gains", "s3:GetObject", "arn:aws:s3:::b/blue/*")},
    }
    left = [{"ChangeType": "RemoveFromGroup", "PrincipalArn": acme.bob.arn,
             "GroupName": "Developers"},
            {"ChangeType": "DeletePolicy", "PolicyArn": arn}]  # fmt: skip
    lost = preview(acme, Changes=left)
    assert {one["Effect"] for one in lost[acme.bob.arn]} == {"Loses"}


def test_changes_that_cannot_be_made_together_are_refused(acme: Acme, evil) -> None:
    role = acme.role("Reader", trust(acme.carol.arn))
    taken = {"ChangeType": "CreateUser", "PrincipalArn": acme.arn("user/elsewhere/BOB")}
    theirs = {"ChangeType": "CreateUser", "PrincipalArn": evil.arn("user/new")}
    trusted = {"ChangeType": "TrustPolicy", "PrincipalArn": role,
               "PolicyDocument": trust(acme.bob.arn)}  # fmt: skip
    no_user = {"ChangeType": "AddToGroup", "PrincipalArn": role, "GroupName": "Developers"}
    for changes, code in (
        ([], "InvalidInput"),
        ([taken], "EntityAlreadyExists"),
        ([theirs], "InvalidInput"),
        ([no_user], "InvalidInput"),
        ([trusted, {**trusted}], "InvalidInput"),
        ([{"ChangeType": "DeleteGroup", "PrincipalArn": evil.arn("group/x")}], "NoSuchEntity"),
    ):
        asked = {"Changes": changes} if changes else {}
        assert refusal(acme.root, "PreviewPolicyChange", **asked)[0] == code
    both = {"ChangeType": "DeleteGroup", "Changes": [taken]}
    assert refusal(acme.root, "PreviewPolicyChange", **both)[0] == "InvalidInput"


def test_a_trust_policy_tells_who_could_become_the_role(acme: Acme, evil) -> None:
    role = acme.role("Reader", trust(acme.carol.arn))
    after = trust([acme.bob.arn, evil.arn("root")])
    found = preview(acme, ChangeType="TrustPolicy", PrincipalArn=role, PolicyDocument=after)
    assert {arn: brief(changes) for arn, changes in found.items()} == {
        acme.carol.arn: {("Loses", "sts:AssumeRole", role)},
        acme.bob.arn: {("Gains", "sts:AssumeRole", role)},
        evil.arn("root"): {("Gains", "sts:AssumeRole", role)},
    }


def test_a_trust_policy_may_let_everyone_in_and_services(acme: Acme, evil) -> None:
    role = acme.role("Reader", trust(acme.carol.arn))
    whom = {"AWS": ["*", evil.mallory.arn], "Service": "ec2.amazonaws.com"}
    page = acme.root.perform(
        "PreviewPolicyChange",
        ChangeType="TrustPolicy",
        PrincipalArn=role,
        PolicyDocument=trust(whom),
    )
    kinds = {one["PrincipalArn"]: one["PrincipalType"] for one in page["Principals"]}
    assert kinds["*"] == "Everyone"
    assert kinds["ec2.amazonaws.com"] == "Service"
    assert kinds[evil.mallory.arn] == "Principal"
    assert kinds[acme.bob.arn] == "User"


def test_what_was_asked_on_record_is_asked_again_of_the_draft(acme: Acme) -> None:
    assert refusal(acme.carol, "ListUsers")[0] == "AccessDenied"
    acme.root.perform("PutUserPolicy", UserName="carol", PolicyName="may",
                      PolicyDocument=allow("iam:ListGroups"))  # fmt: skip
    acme.carol.perform("ListGroups")
    change = {"ChangeType": "InlinePolicy", "PrincipalArn": acme.carol.arn, "PolicyName": "may",
              "PolicyDocument": allow("iam:ListUsers")}  # fmt: skip
    replay = acme.root.perform("PreviewPolicyChange", **change)["Replay"]
    changed = {(one["ActionName"], one["Was"], one["Becomes"]) for one in replay["Changes"]}
    assert ("iam:ListUsers", "denied", "allowed") in changed
    assert not replay["IsPartial"]
    # Nothing is changed by looking.
    assert refusal(acme.carol, "ListUsers")[0] == "AccessDenied"


def test_a_preview_needs_what_it_is_of_and_a_permission_of_its_own(acme: Acme, evil) -> None:
    arn = shared(acme, allow("s3:*"))

    def code(actor, **params) -> str:
        return refusal(actor, "PreviewPolicyChange", **params)[0]

    assert code(acme.root, ChangeType="NewVersion", PolicyArn=arn) == "InvalidInput"
    bad = {"ChangeType": "NewVersion", "PolicyArn": arn, "PolicyDocument": "{}"}
    assert code(acme.root, **bad) == "MalformedPolicyDocument"
    draft = {**bad, "PolicyDocument": deny("*")}
    assert code(acme.bob, **draft) == "AccessDenied"
    assert code(evil.mallory, **draft) == "NoSuchEntity"
    nobody = {"ChangeType": "Detach", "PolicyArn": arn, "PrincipalArn": acme.arn("user/nobody")}
    assert code(acme.root, **nobody) == "NoSuchEntity"


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_deciding_before_and_after_the_change(acme: Acme, seed: int) -> None:
    chance = random.Random(seed)
    actions = ("s3:GetObject", "s3:PutObject", "sqs:SendMessage")
    resources = {
        f"{BUCKET}/q1": ("*", f"{BUCKET}/*"),
        f"{BUCKET}/x/q1": ("*", f"{BUCKET}/*", f"{BUCKET}/x/*"),
    }

    def document() -> str:
        written = sorted({one for of in resources.values() for one in of})
        return policy(
            *(
                {
                    "Effect": chance.choice(["Allow", "Allow", "Deny"]),
                    chance.choice(["Action", "Action", "NotAction"]): chance.choice(
                        [*actions, "s3:*", "*"]
                    ),
                    chance.choice(["Resource", "Resource", "NotResource"]): chance.choice(written),
                }
                for _ in range(2)
            )
        )

    arn, after = shared(acme, document()), document()
    actors = [acme.user(f"u{number}", document()) for number in range(3)]
    for actor in actors:
        acme.root.perform("AttachUserPolicy", UserName=actor.name, PolicyArn=arn)

    def decided() -> dict[tuple[str, str, str], bool]:
        return {
            (actor.arn, action, resource): acme.root.perform(
                "Authorize", ActionName=action, ResourceArn=resource, PrincipalArn=actor.arn
            )["Decision"]
            == "allowed"
            for actor, action, resource in itertools.product(actors, actions, resources)
        }

    told = preview(acme, ChangeType="NewVersion", PolicyArn=arn, PolicyDocument=after)
    before = decided()
    acme.root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=after, SetAsDefault=True)
    for (principal, action, resource), now in decided().items():
        if now != before[principal, action, resource]:
            effect = "Gains" if now else "Loses"
            # Told of itself, of everything that it is a part of, or as one that nobody names.
            wider = {(effect, one, of) for one in (action, "*:*") for of in resources[resource]}
            assert wider & brief(told[principal]), (principal, action, resource)
