"""Who gains and who loses by creating and deleting users, groups and roles."""

from datetime import UTC, datetime, timedelta

import pytest

from iamsite.operations import noted_decisions
from policies.operations.access import preview_trust
from tests.cast import Acme, allow, trust
from tests.identities.operations.refusal import refusal
from tests.policies.operations.access.test_preview import brief, preview, shared

MINUTE = timedelta(minutes=1)


def rows(account, *changes: dict, **params) -> dict[str, dict]:
    """The row of everybody whom the changes concern, by ARN, and the replay as "replay"."""
    page = account.root.perform("PreviewPolicyChange", Changes=list(changes), **params)
    assert not page["IsTruncated"]
    found = {one["PrincipalArn"]: one for one in page["Principals"]}
    assert page["AffectedCount"] == len(found)
    return {**found, "replay": page["Replay"]}


def used(row: dict) -> dict[str, list[str]]:
    """What a principal loses that it has used, by resource."""
    lost = [one for one in row["Changes"] if one["Effect"] == "Loses"]
    for one in lost:
        for use in one["UsedActions"]:
            assert datetime.now(UTC) - use["LastAccessedDate"] < MINUTE
    return {
        one["ResourceArn"]: [use["ActionName"] for use in one["UsedActions"]]
        for one in lost
        if one["UsedActions"]
    }


def test_a_deleted_user_loses_all_and_what_it_used_of_it_is_told(acme: Acme) -> None:
    dora = acme.user("dora", allow("iam:ListUsers", "iam:ListGroups"))
    acme.root.perform("CreateLoginProfile", UserName="dora", Password="a long Password 1")
    acme.root.perform("AddUserToGroup", UserName="dora", GroupName="Developers")
    idle = acme.root.perform("CreateAccessKey", UserName="dora")["AccessKey"]["AccessKeyId"]
    acme.root.perform("UpdateAccessKey", UserName="dora", AccessKeyId=idle, Status="Inactive")
    # By the trust policy alone, and by the name that she had then.
    keeper = acme.role("Keeper", trust([dora.arn, acme.alice.arn]))
    acme.root.perform("UpdateUser", UserName="dora", NewUserName="thea")
    acme.root.perform("UpdateUser", UserName="thea", NewUserName="dora")
    dora.perform("ListUsers")
    assert refusal(dora, "CreateGroup", GroupName="x")[0] == "AccessDenied"
    found = rows(acme, {"ChangeType": "DeleteUser", "PrincipalArn": dora.arn})
    assert found.keys() == {dora.arn, "replay"}
    row = found[dora.arn]
    assert row["IsDeleted"] is True
    assert row["TrustingRoles"] == [keeper]
    password, key, inactive = row["Credentials"]
    assert password == {"CredentialType": "Password"}
    assert key["CredentialId"] == dora.key.id
    assert (key["Status"], key["LastUsedService"]) == ("Active", "iam")
    assert datetime.now(UTC) - key["LastUsedDate"] < MINUTE
    assert inactive == {"CredentialType": "AccessKey", "CredentialId": idle, "Status": "Inactive"}
    lost = brief(row["Changes"])
    assert {("Loses", "iam:ListUsers", "*"), ("Loses", "iam:ListGroups", "*")} < lost
    assert {effect for effect, *_ in lost} == {"Loses"}
    # What was refused is not told of: only what it could do is lost.
    assert used(row) == {"*": ["iam:ListUsers"]}
    assert acme.root.perform("GetUser", UserName="dora")["User"]["Arn"] == dora.arn


def test_what_is_lost_with_all_actions_is_told_by_what_was_used_of_them(acme: Acme) -> None:
    dora = acme.user("dora", allow("*"), allow("iam:ListGroups"))
    for operation in ("ListUsers", "ListGroups"):
        dora.perform(operation)
    change = {"ChangeType": "DeleteInlinePolicy", "PrincipalArn": dora.arn, "PolicyName": "p0"}
    assert used(rows(acme, change)[dora.arn]) == {"*": ["iam:ListUsers"]}


def test_with_a_deleted_role_those_who_can_assume_it_lose_it(acme: Acme, evil) -> None:
    hop = allow("sts:AssumeRole")
    dora, emil = acme.user("dora", hop), acme.user("emil", hop)
    reader = acme.role("Reader", trust([dora.arn, evil.mallory.arn]), allow("iam:ListUsers"))
    other = acme.role("Other", trust(emil.arn))
    session = acme.assume(dora, reader)
    session.perform("ListUsers")
    found = rows(acme, {"ChangeType": "DeleteRole", "PrincipalArn": reader})
    assert found.keys() == {reader, dora.arn, evil.mallory.arn, "replay"}
    role = found[reader]
    assert role["IsDeleted"] is True
    assert datetime.now(UTC) - role["LastUsedDate"] < MINUTE
    assert used(role) == {"*": ["iam:ListUsers"]}
    step = {("Loses", "sts:AssumeRole", reader)}
    assert brief(found[dora.arn]["Changes"]) == step
    assert used(found[dora.arn]) == {reader: ["sts:AssumeRole"]}
    assert used(found[evil.mallory.arn]) == {}
    assert (found[evil.mallory.arn]["PrincipalType"], "IsDeleted" in found[dora.arn]) == (
        "Principal",
        False,
    )
    # Of several together each is told of once, and of one that goes itself as gone.
    several = [
        {"ChangeType": "DeleteRole", "PrincipalArn": reader},
        {"ChangeType": "DeleteRole", "PrincipalArn": other},
        {"ChangeType": "DeleteUser", "PrincipalArn": dora.arn},
    ]
    found = rows(acme, *several)
    assert found.keys() == {reader, other, dora.arn, emil.arn, evil.mallory.arn, "replay"}
    assert "LastUsedDate" not in found[other]
    assert "TrustingRoles" not in found[dora.arn]  # which goes as well
    assert ("Loses", "sts:AssumeRole", "*") in brief(found[dora.arn]["Changes"])
    paged = preview(acme, Changes=several, MaxItems=1)
    assert paged.keys() == found.keys() - {"replay"}


def test_what_is_further_back_than_anybody_looked_is_not_called_unused(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preview_trust, "MOST_EVENTS", 1)
    dora = acme.user("dora", allow("sts:AssumeRole"))
    emil = acme.user("emil", allow("sts:AssumeRole"))
    reader = acme.role("Reader", trust([dora.arn, emil.arn]), allow("iam:ListUsers"))
    for user in (dora, emil):
        acme.assume(user, reader)
    found = rows(acme, {"ChangeType": "DeleteRole", "PrincipalArn": reader})
    assert used(found[emil.arn]) == {reader: ["sts:AssumeRole"]}
    (lost,) = found[dora.arn]["Changes"]
    assert "UsedActions" not in lost


def test_what_a_deleted_user_was_allowed_on_record_is_refused_then(acme: Acme) -> None:
    acme.root.perform("UpdateDecisionSettings", AllowedSamplePercent=100)
    dora = acme.user("dora", allow("iam:ListUsers"))
    dora.perform("ListUsers")
    dora.perform("ListUsers")
    noted_decisions.flush()
    (told,) = rows(acme, {"ChangeType": "DeleteUser", "PrincipalArn": dora.arn})["replay"][
        "Changes"
    ]
    assert (told["ActionName"], told["Was"], told["Becomes"]) == (
        "iam:ListUsers",
        "allowed",
        "denied",
    )
    assert told["RequestCount"] == 2


def test_a_role_to_be_tells_what_it_may_and_who_could_become_it(acme: Acme, evil) -> None:
    arn = shared(acme, allow("sqs:SendMessage", "s3:GetObject"))
    dora = acme.user("dora", allow("sts:AssumeRole"))
    auditor = acme.arn("role/teams/Auditor")
    tags = [{"Key": "team", "Value": "blue"}]
    changes = [
        {"ChangeType": "CreateRole", "PrincipalArn": auditor, "Tags": tags,
         "PolicyDocument": trust([acme.arn("root"), evil.arn("root")])},
        {"ChangeType": "Attach", "PrincipalArn": auditor, "PolicyArn": arn},
        {"ChangeType": "InlinePolicy", "PrincipalArn": auditor, "PolicyName": "own",
         "PolicyDocument": allow("sns:Publish",
                                 resource="arn:aws:sns:*:*:${aws:PrincipalTag/team}")},
    ]  # fmt: skip
    found = rows(acme, *changes)
    gains = {("Gains", "sqs:SendMessage", "*"), ("Gains", "s3:GetObject", "*"),
             ("Gains", "sns:Publish", "arn:aws:sns:*:*:blue")}  # fmt: skip
    assert brief(found[auditor]["Changes"]) == gains
    step = {("Gains", "sts:AssumeRole", auditor)}
    assert brief(found[dora.arn]["Changes"]) == step
    assert brief(found[evil.arn("root")]["Changes"]) == step
    assert found[evil.arn("root")]["PrincipalType"] == "Account"
    assert acme.carol.arn not in found
    assert preview(acme, Changes=changes, MaxItems=1).keys() == found.keys() - {"replay"}
    assert refusal(acme.root, "GetRole", RoleName="Auditor")[0] == "NoSuchEntity"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"ChangeType": "CreateRole", "PrincipalArn": "{role}/deployer", "PolicyDocument": "{ok}"},
         "EntityAlreadyExists"),
        ({"ChangeType": "CreateRole", "PrincipalArn": "{user}/new", "PolicyDocument": "{ok}"},
         "InvalidInput"),
        ({"ChangeType": "CreateRole", "PrincipalArn": "{role}/new"}, "InvalidInput"),
        ({"ChangeType": "CreateRole", "PrincipalArn": "{role}/new", "PolicyDocument": "{}"},
         "MalformedPolicyDocument"),
        ({"ChangeType": "DeleteRole", "PrincipalArn": "{user}/bob"}, "InvalidInput"),
        ({"ChangeType": "DeleteUser", "PrincipalArn": "{role}/Deployer"}, "InvalidInput"),
        ({"ChangeType": "DeleteUser", "PrincipalArn": "{evil}/mallory"}, "NoSuchEntity"),
    ],
)  # fmt: skip
def test_what_cannot_be_created_or_deleted_has_no_preview(acme, evil, change, code) -> None:
    words = {"{role}": acme.arn("role"), "{user}": acme.arn("user"), "{evil}": evil.arn("user"),
             "{ok}": trust(acme.carol.arn)}  # fmt: skip
    for word, value in words.items():
        change = {name: given.replace(word, value) for name, given in change.items()}
    assert refusal(acme.root, "PreviewPolicyChange", Changes=[change])[0] == code
