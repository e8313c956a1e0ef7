"""Who can do an action on a resource: exact, paged, with the way that lets each."""

import itertools
import random
from collections.abc import Iterable

import pytest

from iamsite.operations import layers
from policies.models import InlinePolicy
from policies.operations.access import graph, who_can
from tests.cast import Acme, allow, deny, policy, trust
from tests.identities.operations.refusal import refusal
from tests.policies.operations.access.test_trust_graph import forget_graphs
from tests.policies.operations.test_resources import registered, sharing

REPORTS = "arn:aws:s3:::reports"


def who(account, action="s3:GetObject", arn=f"{REPORTS}/q1", **params) -> list[dict]:
    found, marker = [], {}
    while True:
        page = account.root.perform(
            "ListPrincipalsWithAccess", ActionName=action, ResourceArn=arn, **params, **marker
        )
        found += page["Principals"]
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def brief(found) -> dict[str, tuple[str, int]]:
    return {one["PrincipalArn"]: (one["Decision"], one["Steps"]) for one in found}


def test_each_way_of_having_access_is_told_with_its_statement(acme: Acme) -> None:
    root = acme.root
    root.perform("PutGroupPolicy", GroupName="Developers", PolicyName="read",
                 PolicyDocument=policy({"Sid": "Reading", "Effect": "Allow", "Action": "s3:Get*",
                                        "Resource": f"{REPORTS}/*"}))  # fmt: skip
    dora = acme.user("dora", allow("sts:AssumeRole"))
    reader = acme.role("Reader", trust(dora.arn), allow("s3:GetObject", resource=f"{REPORTS}/*"))
    hop = acme.role("Hop", trust(acme.carol.arn), allow("sts:AssumeRole", resource=reader))
    root.perform("UpdateAssumeRolePolicy", RoleName="Reader",
                 PolicyDocument=trust([dora.arn, hop]))  # fmt: skip
    found = who(acme)
    assert brief(found) == {
        acme.root.arn: ("allowed", 0),
        acme.alice.arn: ("allowed", 0),
        acme.bob.arn: ("allowed", 0),
        acme.carol.arn: ("allowed", 2),
        dora.arn: ("allowed", 1),
        reader: ("allowed", 0),
        acme.arn("role/Deployer"): ("allowed", 0),
        hop: ("allowed", 1),
    }
    by_arn = {one["PrincipalArn"]: one for one in found}
    statements = by_arn[acme.bob.arn]["Statements"]
    (statement,) = [one for one in statements if one.get("Sid") == "Reading"]
    assert (statement["Source"], statement["SourceName"]) == ("Group", "Developers")
    assert [(one["PrincipalArn"], one["RoleArn"]) for one in by_arn[acme.carol.arn]["Way"]] == [
        (acme.carol.arn, hop),
        (hop, reader),
    ]


def test_what_is_deleted_while_it_is_read_counts_no_more(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    dora, eve = (acme.user(name, allow("s3:GetObject")) for name in ("dora", "eve"))
    read = layers._documents_of

    def later(query: str, ids: Iterable[int | None]) -> dict[int, str]:
        InlinePolicy.objects.using("owner").filter(principal_id=gone).delete()
        return read(query, ids)

    gone = acme.root.perform("GetUser", UserName="dora")["User"]["UserId"]
    monkeypatch.setattr(layers, "_documents_of", later)
    found = brief(who(acme))
    assert dora.arn not in found
    assert found[eve.arn] == ("allowed", 0)


def test_a_condition_that_a_plain_request_lacks_makes_access_conditional(acme: Acme) -> None:
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    dora = acme.user("dora", allow("s3:GetObject", Condition=mfa))
    emil = acme.user("emil", allow("s3:*"), deny("s3:*", Condition={
        "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}))  # fmt: skip
    never = acme.user("never", allow("s3:*", Condition={"StringEquals": {"aws:username": "eve"}}))
    found = {one["PrincipalArn"]: one for one in who(acme)}
    for one in (dora, emil):
        assert found[one.arn]["Decision"] == "conditional"
        assert found[one.arn]["MissingContextValues"] == ["aws:MultiFactorAuthPresent"]
    assert never.arn not in found
    entry = {"ContextKeyName": "aws:MultiFactorAuthPresent", "ContextKeyValues": ["true"],
             "ContextKeyType": "boolean"}  # fmt: skip
    assert brief(who(acme, ContextEntries=[entry]))[dora.arn] == ("allowed", 0)


def test_outsiders_come_in_by_resource_and_trust_policies(acme: Acme, evil) -> None:
    bucket = registered(acme)
    document = sharing(bucket, {"AWS": evil.arn("root")}, "s3:GetObject")
    acme.root.perform("PutResourcePolicy", ResourceArn=bucket, PolicyDocument=document)
    reader = acme.role("Reader", trust(evil.mallory.arn), allow("s3:GetObject"))
    found = brief(who(acme, arn=f"{bucket}/x"))
    assert found[evil.arn("root")] == ("allowed", 0)
    assert found[evil.mallory.arn] == ("allowed", 1)
    assert brief(who(acme, "sts:AssumeRole", reader)).keys() == {evil.mallory.arn}


def test_the_list_is_sorted_and_narrowed_page_by_page(acme: Acme, evil) -> None:
    bucket = registered(acme)
    document = sharing(bucket, {"AWS": evil.arn("root")}, "s3:GetObject")
    acme.root.perform("PutResourcePolicy", ResourceArn=bucket, PolicyDocument=document)
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    zoe = acme.user("zoe", allow("s3:GetObject", Condition=mfa))
    acme.role("Hop", trust(acme.arn("root")), allow("s3:GetObject"))
    acme.root.perform("PutGroupPolicy", GroupName="Developers", PolicyName="may",
                      PolicyDocument=allow("s3:GetObject", "sts:AssumeRole"))  # fmt: skip
    ann = acme.user("ann")
    acme.root.perform("AddUserToGroup", GroupName="Developers", UserName="ann")
    eve = acme.user("eve", allow("sts:AssumeRole"))

    def asked(**params) -> list[str]:
        found = who(acme, arn=f"{bucket}/x", MaxItems=2, **params)
        return [one["PrincipalArn"].rpartition("/")[2].rpartition(":")[2] for one in found]

    mine = ["alice", "ann", "bob", "eve", "zoe", "Deployer", "Hop"]
    assert asked() == ["root", *mine, "root"]
    assert asked(SortOrder="descending") == ["root", *mine[::-1], "root"]
    by_name = ["alice", "ann", "bob", "Deployer", "eve", "Hop", "zoe"]
    assert asked(SortBy="Name") == ["root", *by_name, "root"]
    assert asked(SortBy="Name", SortOrder="descending") == ["root", *by_name[::-1], "root"]
    newest = asked(SortBy="CreateDate", SortOrder="descending", PrincipalTypes=["User", "Role"])
    assert newest[:4] == ["eve", "ann", "Hop", "zoe"]

    assert asked(PrincipalTypes=["Role"]) == ["Deployer", "Hop"]
    assert asked(PrincipalTypes=["Account"]) == ["root"]
    assert asked(Contains="O", PrincipalTypes=["User", "Role"]) == ["bob", "zoe", "Deployer", "Hop"]
    assert asked(AccessPaths=["RootUser"]) == ["root"]
    assert asked(AccessPaths=["AssumedRole"]) == ["eve"]
    assert asked(AccessPaths=["Group"]) == ["ann", "bob"]
    assert asked(AccessPaths=["ResourcePolicy"]) == ["root"]
    assert asked(AccessPaths=["ResourcePolicy", "AssumedRole"]) == ["eve", "root"]
    assert asked(Decision="conditional") == ["zoe"]
    told = {one["PrincipalArn"]: one for one in who(acme, arn=f"{bucket}/x")}
    assert told[eve.arn]["Way"][0]["RoleArn"] == acme.arn("role/Deployer")
    assert told[zoe.arn]["AccessPaths"] == ["OwnPolicy"]
    got = acme.root.perform("GetUser", UserName="ann")["User"]
    assert (told[ann.arn]["PrincipalId"], told[ann.arn]["CreateDate"]) == (
        got["UserId"],
        got["CreateDate"],
    )


def test_a_page_ends_after_so_many_were_looked_at(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(who_can, "MOST_LOOKED_AT", 2)
    acme.user("ann", allow("s3:GetObject"))
    asked = {"ActionName": "s3:GetObject", "PrincipalTypes": ["User"], "Decision": "conditional"}
    page = acme.root.perform("ListPrincipalsWithAccess", **asked)
    assert (page["Principals"], page["ExaminedCount"], page["IsTruncated"]) == ([], 2, True)
    page = acme.root.perform("ListPrincipalsWithAccess", **asked, Marker=page["Marker"])
    assert (page["Principals"], page["ExaminedCount"], page["IsTruncated"]) == ([], 1, False)
    # Whom no policy allows it is not looked at: of alice, ann, bob, carol and ci the first three.
    assert [one.rpartition("/")[2] for one in brief(who(acme, PrincipalTypes=["User"]))] == [
        "alice",
        "ann",
        "bob",
    ]


def test_roles_are_followed_however_many_users_have_no_part_in_it(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    hop = acme.role("Hop", trust(acme.carol.arn), allow("s3:GetObject"))
    acme.role("Open", trust("*"), allow("sqs:*"))
    monkeypatch.setattr(graph, "MOST_PRINCIPALS", 6)  # alice, bob, carol and three roles
    page = acme.root.perform("ListPrincipalsWithAccess", ActionName="s3:GetObject")
    assert brief(page["Principals"])[acme.carol.arn] == ("allowed", 1)
    # Everyone may become Open, and not all of them are looked at.
    assert not page["AreRolesFollowed"]
    acme.root.perform("UpdateAssumeRolePolicy", RoleName="Open", PolicyDocument=trust(hop))
    assert acme.root.perform("ListPrincipalsWithAccess", ActionName="s3:GetObject")[
        "AreRolesFollowed"
    ]
    around = acme.root.perform("GetTrustGraph", RoleArn=hop)
    assert around["IsComplete"]
    forget_graphs(monkeypatch)
    monkeypatch.setattr(graph, "MOST_PRINCIPALS", 5)
    page = acme.root.perform("ListPrincipalsWithAccess", ActionName="s3:GetObject")
    assert acme.carol.arn not in brief(page["Principals"])
    assert not page["AreRolesFollowed"]
    assert refusal(acme.root, "GetTrustGraph")[0] == "InvalidInput"


def test_nobody_can_is_an_empty_list_and_bad_input_is_refused(acme: Acme, evil) -> None:
    bucket = registered(acme)
    document = sharing(bucket, "*", "s3:*", effect="Deny")
    acme.root.perform("PutResourcePolicy", ResourceArn=bucket, PolicyDocument=document)
    assert who(acme, arn=f"{bucket}/x") == []
    asked = {"ActionName": "GetObject"}
    assert refusal(acme.root, "ListPrincipalsWithAccess", **asked)[0] == "InvalidInput"
    asked = {"ActionName": "s3:GetObject"}
    assert refusal(acme.bob, "ListPrincipalsWithAccess", **asked)[0] == "AccessDenied"


@pytest.mark.parametrize("seed", range(3))
def test_it_agrees_with_asking_for_each_principal(acme: Acme, seed: int) -> None:
    chance = random.Random(seed)
    conditions = [
        {},
        {"Condition": {"StringEquals": {"aws:username": "u1"}}},
        {"Condition": {"StringLike": {"aws:PrincipalArn": "*u[02]*"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}},
    ]

    def document() -> str:
        return policy(
            *(
                {
                    "Effect": chance.choice(["Allow", "Allow", "Deny"]),
                    "Action": chance.choice(["s3:GetObject", "s3:*", "s3:Put*", "*"]),
                    "Resource": chance.choice(["*", f"{REPORTS}/*", f"{REPORTS}/q1"]),
                    **chance.choice(conditions),
                }
                for _ in range(2)
            )
        )

    actors = [acme.user(f"u{number}", document()) for number in range(6)]
    roles = [acme.role(f"r{number}", trust(acme.arn("root")), document()) for number in range(2)]
    for name in ("u3", "u4"):
        acme.root.perform("AddUserToGroup", GroupName="Developers", UserName=name)
    acme.root.perform("PutGroupPolicy", GroupName="Developers", PolicyName="p",
                      PolicyDocument=document())  # fmt: skip
    for action, arn in itertools.product(
        ("s3:GetObject", "s3:PutObject"), ("*", f"{REPORTS}/q1", f"{REPORTS}/q2")
    ):
        listed = {
            one["PrincipalArn"]
            for one in who(acme, action, arn, MaxItems=3)
            if one["Decision"] == "allowed" and not one["Steps"]
        }
        asked = {
            principal
            for principal in [*(one.arn for one in actors), *roles]
            if acme.root.perform(
                "Authorize", ActionName=action, ResourceArn=arn, PrincipalArn=principal
            )["Decision"]
            == "allowed"
        }
        assert listed & {*(one.arn for one in actors), *roles} == asked
