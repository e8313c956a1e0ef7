"""What takes a principal's access away: each change tried, with who else would lose by it."""

import json

import pytest

from iamsite.operations import OperationError
from tests.cast import Acme, allow, policy, trust
from tests.policies.operations.test_resources import registered

REPORTS = "arn:aws:s3:::plans"  # registered here, and by no other test
OBJECT = f"{REPORTS}/q1"


def revocations(account, arn: str, action="s3:GetObject", resource=OBJECT) -> dict:
    return account.root.perform(
        "ListRevocations", PrincipalArn=arn, ActionName=action, ResourceArn=resource
    )


def changes(found: dict) -> list[dict]:
    """What takes away the access that there is one way to."""
    (way,) = found["Ways"]
    return way["Revocations"]


def make(account, told: dict) -> None:
    account.root.perform(told["Operation"], **json.loads(told["Parameters"]))


def can(account, arn: str) -> bool:
    found = account.root.perform(
        "ListPrincipalsWithAccess", ActionName="s3:GetObject", ResourceArn=OBJECT
    )["Principals"]
    return arn in [one["PrincipalArn"] for one in found]


@pytest.fixture
def account() -> Acme:
    """Dora reads by her group, as Emil does; by a policy that Emil has too; and by her own."""
    acme = Acme()
    root = acme.root
    reads = {"Effect": "Allow", "Action": "s3:Get*", "Resource": f"{REPORTS}/*"}
    lists = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
    for name in ("dora", "emil"):
        acme.user(name)
    root.perform("CreateGroup", GroupName="Readers")
    root.perform(
        "PutGroupPolicy",
        GroupName="Readers",
        PolicyName="read",
        PolicyDocument=policy(lists, reads),
    )
    for name in ("dora", "emil"):
        root.perform("AddUserToGroup", GroupName="Readers", UserName=name)
    return acme


def test_each_change_takes_the_access_away_and_says_who_else_loses_it(account: Acme) -> None:
    dora, emil = account.arn("user/dora"), account.arn("user/emil")
    found = revocations(account, dora)
    assert found["HasAccess"] is True
    told = [(one["Kind"], one["LoserCount"], one["Losers"]) for one in changes(found)]
    assert told == [
        ("deny", 0, []),
        ("leave-group", 0, []),
        ("remove-statement", 1, [emil]),
    ]
    removed = json.loads(changes(found)[2]["DocumentAfter"])
    assert [one["Action"] for one in removed["Statement"]] == ["s3:ListBucket"]
    make(account, changes(found)[2])
    assert not can(account, dora)
    assert not can(account, emil)


@pytest.mark.parametrize("kind", ["deny", "leave-group"])
def test_what_was_told_of_one_alone_leaves_the_others(account: Acme, kind: str) -> None:
    dora, emil = account.arn("user/dora"), account.arn("user/emil")
    (one,) = (one for one in changes(revocations(account, dora)) if one["Kind"] == kind)
    make(account, one)
    assert not can(account, dora)
    assert can(account, emil)
    assert revocations(account, dora) == {"HasAccess": False, "Ways": []}


def test_what_leaves_another_way_open_is_not_told(account: Acme) -> None:
    root, dora = account.root, account.arn("user/dora")
    made = root.perform("CreatePolicy", PolicyName="Reading", PolicyDocument=allow("s3:*"))
    arn = made["Policy"]["Arn"]
    root.perform("AttachUserPolicy", UserName="dora", PolicyArn=arn)
    assert [one["Kind"] for one in changes(revocations(account, dora))] == ["deny"]
    root.perform("RemoveUserFromGroup", GroupName="Readers", UserName="dora")
    root.perform("AttachUserPolicy", UserName="emil", PolicyArn=arn)
    found = changes(revocations(account, dora))
    assert [one["Kind"] for one in found] == ["deny", "detach-policy"]
    assert found[1]["LoserCount"] == 0


def test_access_by_a_role_is_taken_with_the_step_to_it(account: Acme) -> None:
    carol = account.carol.arn
    reader = account.role("Reader", trust(account.root.arn), allow("s3:GetObject"))
    account.root.perform(
        "PutUserPolicy",
        UserName="carol",
        PolicyName="hop",
        PolicyDocument=allow("sts:AssumeRole", resource=reader),
    )
    found = revocations(account, carol)
    (way,) = found["Ways"]
    assert [step["RoleArn"] for step in way["Way"]] == [reader]
    assert [one["Kind"] for one in changes(found)] == ["deny", "delete-policy"]
    make(account, changes(found)[1])
    assert not can(account, carol)
    account.root.perform("AddUserToGroup", GroupName="Readers", UserName="carol")
    make(account, changes(found)[0])


def test_every_way_is_told_and_one_change_of_each_takes_the_access_away(account: Acme) -> None:
    dora = account.arn("user/dora")
    reads, hops = allow("s3:GetObject"), allow("sts:AssumeRole")
    first = account.role("First", trust(dora), reads)
    last = account.arn("role/Deployer")  # which trusts the account, and reads as well
    through = account.role("Through", trust(account.root.arn), hops)
    back = account.role("Back", trust(account.root.arn), allow("iam:ListUsers"))
    account.root.perform("PutUserPolicy", UserName="dora", PolicyName="hop",
                         PolicyDocument=allow("sts:AssumeRole", resource=[through, back]))  # fmt: skip
    found = revocations(account, dora)
    ways = [[step["RoleArn"] for step in way["Way"]] for way in found["Ways"]]
    # A role that leads nowhere is none; nobody comes back to whom they began as.
    assert ways == [[], [first], [through, last]]
    own, by_trust, by_policy = (way["Revocations"] for way in found["Ways"])
    assert [one["Kind"] for one in own] == ["deny", "leave-group", "remove-statement"]
    # Whom a trust policy names needs no policy of its own: a denial of its own it obeys.
    assert [one["Kind"] for one in by_trust] == ["deny"]
    assert [one["Kind"] for one in by_policy] == ["deny", "delete-policy"]
    for one in (own[1], by_policy[1], by_trust[0]):
        assert can(account, dora)
        make(account, one)
    assert not can(account, dora)
    assert revocations(account, dora) == {"HasAccess": False, "Ways": []}


def test_an_outsider_loses_it_with_the_statement_of_the_resource(acme: Acme, evil) -> None:
    mallory = evil.mallory.arn
    registered(acme, REPORTS)
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": one}, "Action": "s3:GetObject", "Resource": f"{REPORTS}/*"}
        for one in (mallory, acme.carol.arn)
    ]  # fmt: skip
    acme.root.perform("PutResourcePolicy", ResourceArn=REPORTS, PolicyDocument=policy(*statements))
    (one,) = changes(revocations(acme, mallory))
    assert (one["Kind"], one["Operation"], one["LoserCount"]) == (
        "remove-statement",
        "PutResourcePolicy",
        0,
    )
    make(acme, one)
    assert not can(acme, mallory)
    assert can(acme, acme.carol.arn)


def test_a_stranger_learns_and_changes_nothing(acme: Acme, evil) -> None:
    found = revocations(evil, acme.alice.arn)
    assert found == {"HasAccess": False, "Ways": []}
    with pytest.raises(OperationError, match="AccessDenied"):
        acme.carol.perform(
            "ListRevocations", PrincipalArn=acme.alice.arn, ActionName="s3:GetObject"
        )
