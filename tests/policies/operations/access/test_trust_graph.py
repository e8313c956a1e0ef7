"""Who can become whom, in how many steps, and which ways end at an administrator."""

import time
from collections import OrderedDict
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from accounts import tenancy
from iamsite.operations.perform import perform
from identities.models import Role, User
from policies.models import InlinePolicy
from policies.operations.documents import digest
from tests.cast import Acme, allow, origin, policy, trust
from tests.identities.operations.refusal import refusal

CROWD = 1_000


def graph(account, **params) -> dict[str, dict]:
    found, marker = {}, {}
    while True:
        page = account.root.perform("GetTrustGraph", **params, **marker)
        assert page["IsComplete"]
        found |= {one["PrincipalArn"]: one for one in page["Principals"]}
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def becomes(principal: dict) -> list[tuple[str, bool]]:
    return [(one["RoleArn"], one["IsConditional"]) for one in principal["CanBecome"]]


def test_both_sides_must_allow_a_step_and_ways_lead_to_administrators(acme: Acme) -> None:
    admin = acme.role("Admin", trust(acme.arn("root")), allow("*"))
    hop = acme.role("Hop", trust(acme.carol.arn), allow("sts:AssumeRole", resource=admin))
    found = graph(acme, MaxItems=2)
    assert becomes(found[acme.carol.arn]) == [(hop, False)]
    assert found[acme.carol.arn]["StepsToAdministrator"] == 2
    assert becomes(found[hop]) == [(admin, False)]
    assert found[admin]["IsAdministrator"]
    assert (admin, False) in becomes(found[acme.alice.arn])
    # The trust policy would let ci in as well, but its own policies do not.
    assert acme.ci.arn not in found
    around = graph(acme, RoleArn=admin)
    assert {arn: one.get("StepsToRole") for arn, one in around.items()} == {
        acme.alice.arn: 1,
        acme.bob.arn: 1,
        acme.carol.arn: 2,
        hop: 1,
        admin: 0,
        acme.arn("role/Deployer"): None,  # which the administrator can become
    }


def test_outsiders_conditions_and_those_who_are_gone(acme: Acme, evil) -> None:
    gone = acme.user("gone")
    external = {"StringEquals": {"sts:ExternalId": "secret"}}
    other = acme.role("Other", trust(evil.arn("root"), Condition=external))
    service = acme.role("Service", trust({"Service": "ec2.amazonaws.com"}))
    stale = acme.role("Stale", trust(gone.arn))
    for name in acme.root.perform("ListAccessKeys", UserName="gone")["AccessKeyMetadata"]:
        acme.root.perform("DeleteAccessKey", UserName="gone", AccessKeyId=name["AccessKeyId"])
    acme.root.perform("DeleteUser", UserName="gone")
    found = graph(acme)
    partner = found[evil.arn("root")]
    assert (partner["PrincipalType"], partner["IsOutside"]) == ("Account", True)
    assert becomes(partner) == [(other, True)]
    assert partner["CanBecome"][0]["MissingContextValues"] == ["sts:ExternalId"]
    assert becomes(found["ec2.amazonaws.com"]) == [(service, False)]
    assert found[gone.arn]["PrincipalType"] == "Deleted"
    assert not found[gone.arn]["IsResolvable"]
    assert becomes(found[gone.arn]) == [(stale, False)]
    nowhere = {"RoleArn": acme.arn("role/nowhere")}
    assert refusal(acme.root, "GetTrustGraph", **nowhere)[0] == "NoSuchEntity"
    assert refusal(acme.bob, "GetTrustGraph")[0] == "AccessDenied"


def test_what_is_decided_once_for_those_alike_is_what_is_decided_for_each(
    acme: Acme, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"Condition": {"StringLike": {"aws:PrincipalArn": "*/u1"}}}
    variable = {"Condition": {"StringEquals": {"sts:RoleSessionName": "${aws:username}"}}}
    own = "arn:aws:iam::*:role/${aws:username}"
    for number in range(3):
        acme.user(f"u{number}", allow("sts:AssumeRole"))
        acme.user(f"v{number}", allow("sts:AssumeRole", resource=own))
    root, one = acme.arn("root"), acme.arn("user/u1")
    acme.role("v1", trust(root))
    acme.role("Named", trust(root, **named), allow("sts:AssumeRole"))
    acme.role("Variable", trust(root, **variable))
    acme.role("Direct", trust([root, one], Condition={"Null": {"sts:ExternalId": "false"}}))
    denied = {"Effect": "Deny", "Principal": {"AWS": one}, "Action": "sts:AssumeRole"}
    let = {"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole"}
    acme.role("Denied", policy(let, denied))
    # Sessions are not the role: one of it that is denied, one of another account's namesake.
    accounts = (acme.id, "999999999999")
    sessions = [f"arn:aws:sts::{account}:assumed-role/Named/s" for account in accounts]
    barred = {"Effect": "Deny", "Principal": {"AWS": sessions}, "Action": "sts:AssumeRole"}
    acme.role("Barred", policy(let, barred))
    shared = graph(acme)
    forget_graphs(monkeypatch)
    monkeypatch.setattr("policies.operations.access.trusting.decides_alike", lambda *_: False)
    assert graph(acme) == shared
    reached = {
        name: {arn.rpartition("/")[2] for arn, _ in becomes(shared[acme.arn(f"user/{name}")])}
        for name in ("u0", "u1", "v1")
    }
    common = {"Barred", "Direct", "v1", "Variable", "Deployer"}
    assert reached == {
        "u0": {"Denied", *common},
        "u1": {"Named", *common},
        "v1": {"v1"},
    }
    assert acme.arn("user/v0") not in shared
    assert (acme.arn("role/Barred"), False) in becomes(shared[acme.arn("role/Named")])


def test_the_roles_of_one_principal_are_told_from_it_on_and_only_as_many_as_asked_for(
    acme: Acme,
) -> None:
    acme.user("climber", allow("sts:AssumeRole"))
    climber, root = acme.arn("user/climber"), acme.arn("root")
    roles = [acme.role(f"Rung{n}", trust(root)) for n in range(3)]
    summit = acme.role("Summit", trust(roles[0]))
    onto = {"PolicyName": "up", "PolicyDocument": allow("sts:AssumeRole", resource=summit)}
    acme.root.perform("PutRolePolicy", RoleName="Rung0", **onto)
    whole = graph(acme)[climber]
    assert whole["CanBecomeCount"] == len(whole["CanBecome"]) >= 3
    assert becomes(whole) == sorted(becomes(whole))
    part = graph(acme, MaxRoles=1)[climber]
    assert (becomes(part), part["CanBecomeCount"]) == (
        becomes(whole)[:1],
        whole["CanBecomeCount"],
    )
    # Around a role those that lead to it come first.
    assert becomes(graph(acme, RoleArn=summit, MaxRoles=1)[climber]) == [(roles[0], False)]
    onwards = graph(acme, PrincipalArn=climber)
    steps = {arn: one["StepsFromPrincipal"] for arn, one in onwards.items()}
    assert steps == {climber: 0, summit: 2, **{arn: 1 for arn, _ in becomes(whole)}}
    acme.user("grounded")
    grounded = graph(acme, PrincipalArn=acme.arn("user/grounded"))
    assert [one["CanBecomeCount"] for one in grounded.values()] == [0]
    elsewhere = "arn:aws:iam::999999999999:user/climber"
    for nobody in (
        acme.arn("user/nobody"),
        acme.arn("group/Developers"),
        "ec2.example.com",
        elsewhere,
    ):
        assert refusal(acme.root, "GetTrustGraph", PrincipalArn=nobody)[0] == "NoSuchEntity"
    acme.role("Machine", trust({"Service": "ec2.amazonaws.com"}))
    assert acme.arn("role/Machine") in graph(acme, PrincipalArn="ec2.amazonaws.com")
    both = {"PrincipalArn": climber, "RoleArn": summit}
    assert refusal(acme.root, "GetTrustGraph", **both)[0] == "InvalidInput"


def test_a_graph_is_kept_until_something_changes_that_it_depends_on(acme: Acme, evil) -> None:
    stranger = evil.user("stranger")
    let = acme.role("Let", trust(stranger.arn))
    assert becomes(graph(acme)[stranger.arn]) == [(let, False)]
    with connection.execute_wrapper(counted := Counted()):
        graph(acme)
    assert counted.number < 8
    # Another account's change raises no revision here.
    evil.root.perform("UpdateUser", UserName="stranger", NewUserName="renamed")
    found = graph(acme)
    assert becomes(found[evil.arn("user/renamed")]) == [(let, False)]
    assert stranger.arn not in found
    acme.root.perform("DeleteRole", RoleName="Let")
    assert evil.arn("user/renamed") not in graph(acme)


def test_a_graph_that_depends_on_the_time_is_worked_out_each_time(acme: Acme) -> None:
    now = datetime.now(UTC)
    until = (now + timedelta(hours=1)).isoformat()
    timely = {"DateLessThan": {"aws:CurrentTime": until}}
    role = acme.role("Timely", trust(acme.bob.arn, Condition=timely))

    def found(at: datetime) -> list[str]:
        asked = {"PrincipalArn": acme.bob.arn}
        page = perform(acme.root.credential, "GetTrustGraph", asked, origin(), at)
        return [one["PrincipalArn"] for one in page["Principals"]]

    assert role in found(now)
    assert role not in found(now + timedelta(hours=2))
    assert role in found(now)


def test_a_thousand_principals_are_answered_for_within_seconds(acme: Acme) -> None:
    """Half users, half roles that trust the account; a tenth may assume roles."""
    crowd(acme)
    for operation, params in (
        ("GetTrustGraph", {}),
        ("ListPrincipalsWithAccess", {"ActionName": "s3:GetObject"}),
        ("ListAccountAccess", {}),
    ):
        began = time.process_time()
        with connection.execute_wrapper(counted := Counted()):
            acme.root.perform(operation, **params)
        assert time.process_time() - began < 5
        assert counted.number < 25


def forget_graphs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("policies.operations.access.kept_graphs._graphs", OrderedDict())


class Counted:
    def __init__(self) -> None:
        self.number = 0

    def __call__(self, execute, sql, params, many, context):
        self.number += 1
        return execute(sql, params, many, context)


def crowd(account: Acme) -> None:
    now, half = datetime.now(UTC), CROWD // 2
    texts = [allow("s3:GetObject"), allow("s3:*", "ec2:Describe*"), allow("sts:AssumeRole")]
    with transaction.atomic():
        tenancy.enter(account.id)
        common = {"account_id": account.id, "created_at": now}
        User.objects.bulk_create(
            User(id=f"AIDA{account.id}{n:05d}", name=f"crowd-{n}", **common) for n in range(half)
        )
        Role.objects.bulk_create(
            Role(
                id=f"AROA{account.id}{n:05d}",
                name=f"crowd-{n}",
                trust_policy=trust(account.arn("root")),
                **common,
            )
            for n in range(half)
        )
        InlinePolicy.objects.bulk_create(
            InlinePolicy(
                account_id=account.id,
                principal_id=f"{kind}{account.id}{n:05d}",
                name="p",
                document=text,
                digest=digest(text),
            )
            for kind in ("AIDA", "AROA")
            for n in range(half)
            for text in [texts[2 if n % 10 == 0 else n % 2]]
        )
