import pytest
from django.db import transaction

from accounts import tenancy
from accounts.models import Account
from tests.cast import allow, deny, policy, trust
from tests.iamsite.rest.client import Client
from tests.identities.operations.refusal import denied, missing, refusal
from tests.policies.operations.test_resources import bucket, registered, sharing


def ask(actor, action="s3:GetObject", arn="*", **params) -> dict[str, str]:
    answer = actor.perform("Authorize", ActionName=action, ResourceArn=arn, **params)
    of_denials = ("EncodedMessage", "DecisionId")
    assert all((name in answer) is (answer["Decision"] != "allowed") for name in of_denials)
    return {name: value for name, value in answer.items() if name not in of_denials}


def share(account, arn, principal, *actions, effect="Allow") -> None:
    document = sharing(arn, principal, *actions, effect=effect)
    account.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)


def entry(name, *values, kind="string") -> dict[str, object]:
    return {
        "ContextKeyName": name,
        "ContextKeyValues": list(values),
        "ContextKeyType": kind,
    }


def sentence(actor, action, arn, reason="") -> str:
    whole = f"User: {actor.arn} is not authorized to perform: {action} on resource: {arn} {reason}"
    return whole.strip()


ALLOWED = {"Decision": "allowed", "DecidingLayer": "identity"}


def test_a_bucket_lets_another_account_in_only_if_both_sides_allow(acme, evil) -> None:
    releases = registered(acme)
    app = f"{releases}/app.tgz"
    mallory, guest = evil.mallory, evil.user("guest")
    closed = {
        "Decision": "implicitDeny",
        "DecidingLayer": "resource",
        "Message": sentence(mallory, "s3:GetObject", app),
    }
    # Mallory's own policies allow everything; the bucket's owner has said nothing.
    assert ask(mallory, arn=app) == closed
    share(acme, releases, {"AWS": evil.arn("root")})
    assert ask(mallory, arn=app) == ALLOWED
    assert ask(evil.root, arn=app) == {"Decision": "allowed", "DecidingLayer": "root"}
    # What the owner does not share stays closed.
    assert ask(mallory, "s3:PutObject", app)["Decision"] == "implicitDeny"
    # The guest's own account has not given it anything, whatever the bucket says.
    share(acme, releases, "*")
    assert ask(guest, arn=app) == {
        "Decision": "implicitDeny",
        "DecidingLayer": "identity",
        "Message": sentence(
            guest,
            "s3:GetObject",
            app,
            "because no identity-based policy allows the s3:GetObject action",
        ),
    }
    acme.root.perform("DeleteResourcePolicy", ResourceArn=releases)
    assert ask(mallory, arn=app) == closed


def test_the_other_sides_deny_is_not_told_from_its_silence(acme, evil) -> None:
    arn = registered(acme)
    share(acme, arn, {"AWS": evil.arn("root")}, effect="Deny")
    assert ask(evil.mallory, arn=arn) == {
        "Decision": "implicitDeny",
        "DecidingLayer": "resource",
        "Message": sentence(evil.mallory, "s3:GetObject", arn),
    }


def test_in_its_own_account_a_policy_that_names_a_user_is_enough(acme) -> None:
    arn = registered(acme)
    assert ask(acme.carol, arn=arn)["Decision"] == "implicitDeny"
    share(acme, arn, {"AWS": acme.carol.arn})
    assert ask(acme.carol, arn=arn) == {"Decision": "allowed", "DecidingLayer": "resource"}
    # One that names the account leaves it to the account's own policies.
    share(acme, arn, {"AWS": acme.arn("root")})
    assert ask(acme.carol, arn=arn)["DecidingLayer"] == "identity"
    assert ask(acme.bob, arn=arn) == ALLOWED
    share(acme, arn, {"AWS": acme.bob.arn}, effect="Deny")
    assert ask(acme.bob, arn=arn) == {
        "Decision": "explicitDeny",
        "DecidingLayer": "resource",
        "Message": sentence(
            acme.bob, "s3:GetObject", arn, "with an explicit deny in a resource-based policy"
        ),
    }


def test_a_user_made_anew_is_not_the_one_that_the_policy_named(acme) -> None:
    arn = registered(acme)
    acme.root.perform("CreateUser", UserName="temp")
    share(acme, arn, {"AWS": acme.arn("user/temp")})
    who = {"PrincipalArn": acme.arn("user/temp")}
    assert ask(acme.root, arn=arn, **who)["Decision"] == "allowed"
    acme.root.perform("DeleteUser", UserName="temp")
    acme.root.perform("CreateUser", UserName="temp")
    assert ask(acme.root, arn=arn, **who)["Decision"] == "implicitDeny"


def test_the_policy_of_a_part_goes_before_that_of_the_whole(acme) -> None:
    arn = registered(acme)
    registered(acme, f"{arn}/open")
    share(acme, arn, {"AWS": acme.carol.arn}, "s3:GetObject")
    # A part without policy of its own is under that of the whole.
    assert ask(acme.carol, arn=f"{arn}/open")["Decision"] == "allowed"
    share(acme, f"{arn}/open", {"AWS": acme.carol.arn}, "s3:PutObject")
    assert ask(acme.carol, arn=f"{arn}/open")["Decision"] == "implicitDeny"
    assert ask(acme.carol, arn=f"{arn}/openly")["Decision"] == "allowed"


def test_the_resource_is_found_however_its_arn_is_cased(acme, evil) -> None:
    arn = registered(acme)
    shouted = arn.replace("arn:aws:s3", "arn:AWS:S3")
    assert ask(evil.mallory, arn=shouted)["Decision"] == "implicitDeny"
    share(acme, arn, {"AWS": evil.arn("root")})
    assert ask(evil.mallory, arn=shouted)["Decision"] == "allowed"


def test_a_resource_nobody_registered_belongs_to_the_account_in_its_arn(acme, evil) -> None:
    assert ask(evil.mallory, arn=bucket()) == ALLOWED
    queue = f"arn:aws:sqs:us-east-1:{acme.id}:work"
    assert ask(evil.mallory, "sqs:SendMessage", queue)["Decision"] == "implicitDeny"
    assert ask(acme.alice, "sqs:SendMessage", queue) == ALLOWED


def test_a_suspended_accounts_resources_are_closed_to_others(acme, evil) -> None:
    arn = registered(acme)
    share(acme, arn, "*")
    assert ask(evil.mallory, arn=arn)["Decision"] == "allowed"
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(status="suspended")
    assert ask(evil.mallory, arn=arn)["Decision"] == "implicitDeny"


def test_about_oneself_one_may_always_ask(acme) -> None:
    assert ask(acme.carol)["Message"] == sentence(
        acme.carol,
        "s3:GetObject",
        "*",
        "because no identity-based policy allows the s3:GetObject action",
    )
    assert ask(acme.carol, PrincipalArn=acme.carol.arn) == ask(acme.carol)


def test_about_others_one_needs_permission(acme) -> None:
    assert refusal(
        acme.carol, "Authorize", ActionName="s3:GetObject", PrincipalArn=acme.bob.arn
    ) == denied(acme.carol, "portal:Authorize", acme.bob.arn)
    gate = acme.user("gate", allow("portal:Authorize", resource=acme.bob.arn))
    assert ask(gate, PrincipalArn=acme.bob.arn) == ALLOWED
    assert refusal(
        gate, "Authorize", ActionName="s3:GetObject", PrincipalArn=acme.carol.arn
    ) == denied(gate, "portal:Authorize", acme.carol.arn)


def test_a_user_is_decided_on_with_groups_boundary_and_denies(acme) -> None:
    who = {"PrincipalArn": acme.bob.arn}
    assert ask(acme.root, **who) == ALLOWED
    limits = acme.root.perform(
        "CreatePolicy", PolicyName="limits", PolicyDocument=allow("iam:GetUser")
    )["Policy"]["Arn"]
    acme.root.perform("PutUserPermissionsBoundary", UserName="bob", PermissionsBoundary=limits)
    answer = ask(acme.root, **who)
    assert (answer["Decision"], answer["DecidingLayer"]) == ("implicitDeny", "boundary")
    assert answer["Message"].endswith(
        "because no permissions boundary allows the s3:GetObject action"
    )
    acme.root.perform("DeleteUserPermissionsBoundary", UserName="bob")
    acme.root.perform("PutUserPolicy", UserName="bob", PolicyName="no", PolicyDocument=deny("s3:*"))
    assert ask(acme.root, **who)["Decision"] == "explicitDeny"


def test_a_role_is_decided_on_and_a_session_by_itself(acme) -> None:
    assert ask(acme.root, PrincipalArn=acme.deployer) == ALLOWED
    narrow = acme.assume(acme.alice, acme.deployer, Policy=allow("iam:GetUser"))
    assert ask(narrow)["DecidingLayer"] == "session"
    # Its session policies are in its token, which only it has.
    answer = refusal(acme.root, "Authorize", ActionName="s3:GetObject", PrincipalArn=narrow.arn)
    assert answer[:2] == ("InvalidInput", 400)


def test_the_context_of_the_request_decides(acme) -> None:
    conditions = {
        "IpAddress": {"aws:SourceIp": "198.51.100.0/24"},
        "NumericLessThan": {"orders:Amount": "100"},
    }
    acme.root.perform(
        "PutUserPolicy",
        UserName="carol",
        PolicyName="orders",
        PolicyDocument=allow("orders:PlaceOrder", Condition=conditions),
    )
    who = {"PrincipalArn": acme.carol.arn}
    near = entry("aws:SourceIp", "198.51.100.7", kind="ip")

    def placing(*entries) -> str:
        return ask(acme.root, "orders:PlaceOrder", ContextEntries=list(entries), **who)["Decision"]

    assert placing(near, entry("orders:Amount", "99", kind="numeric")) == "allowed"
    assert placing(near, entry("orders:Amount", "100", kind="numeric")) == "implicitDeny"
    assert placing(entry("orders:Amount", "99", kind="numeric")) == "implicitDeny"


def test_tags_of_the_principal_count(acme) -> None:
    acme.root.perform("TagUser", UserName="carol", Tags=[{"Key": "team", "Value": "blue"}])
    acme.root.perform(
        "PutUserPolicy",
        UserName="carol",
        PolicyName="team",
        PolicyDocument=policy(
            {
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::${aws:PrincipalTag/team}/${aws:username}/*",
            }
        ),
    )
    who = {"PrincipalArn": acme.carol.arn}
    assert ask(acme.root, arn="arn:aws:s3:::blue/carol/x", **who)["Decision"] == "allowed"
    assert ask(acme.root, arn="arn:aws:s3:::red/carol/x", **who)["Decision"] == "implicitDeny"


@pytest.mark.parametrize(
    "key",
    [
        "aws:PrincipalArn",
        "AWS:principaltag/team",
        "aws:PrincipalOrgID",
        "aws:userid",
        "aws:ResourceAccount",
        "aws:ResourceTag/team",
    ],
)
def test_what_follows_from_the_principal_or_the_resource_cannot_be_claimed(acme, key) -> None:
    answer = refusal(
        acme.carol, "Authorize", ActionName="s3:GetObject", ContextEntries=[entry(key, "x" * 12)]
    )
    assert answer[:2] == ("InvalidInput", 400)
    assert answer[2].startswith(f"ContextEntries.member.1: {key} follows from the principal")


def test_who_or_what_cannot_be_asked_about_is_refused(acme, evil) -> None:
    group = acme.arn("group/Developers")
    assert refusal(acme.root, "Authorize", ActionName="s3:GetObject", PrincipalArn=group) == (
        "InvalidInput",
        400,
        f"PrincipalArn: {group} is a group, which does nothing by itself.",
    )
    assert refusal(
        acme.root, "Authorize", ActionName="s3:GetObject", PrincipalArn=acme.arn("user/nobody")
    ) == missing("The user with name nobody cannot be found.")
    stranger = refusal(
        acme.root, "Authorize", ActionName="s3:GetObject", PrincipalArn=evil.mallory.arn
    )
    assert stranger[0] == "AccessDenied"
    for params in (
        {"ActionName": "s3:*"},
        {"ActionName": "s3:GetObject", "ResourceArn": "releases"},
        {"ActionName": "STS:AssumeRole", "ResourceArn": acme.deployer},
    ):
        assert refusal(acme.root, "Authorize", **params)[0] == "InvalidInput"


def test_a_service_of_the_accounts_own_is_decided_on_like_one_of_aws(acme, evil) -> None:
    arn = f"arn:aws:orders::{acme.id}:order/17"
    acme.root.perform(
        "RegisterService",
        ServicePrefix="orders",
        ServiceName="Orders",
        ServicePrincipal="orders.example.com",
        Actions=[{"ActionName": "ReadOrder", "ResourceTypes": ["order"]}],
        ResourceTypes=[
            {
                "ResourceTypeName": "order",
                "ArnFormat": "arn:aws:orders::${Account}:order/${OrderId}",
            }
        ],
    )
    registered(acme, arn)
    share(acme, arn, {"AWS": evil.arn("root")}, "orders:ReadOrder")
    assert ask(evil.mallory, "orders:ReadOrder", arn) == ALLOWED
    assert ask(evil.mallory, "orders:CancelOrder", arn)["Decision"] == "implicitDeny"


def test_a_role_of_another_account_named_in_the_policy_comes_in(acme, evil) -> None:
    arn = registered(acme)
    role = evil.role("reader", trust(evil.arn("root")), allow("s3:GetObject"))
    share(acme, arn, {"AWS": role})
    session = evil.assume(evil.mallory, role)
    assert ask(session, arn=arn) == ALLOWED
    assert ask(evil.mallory, arn=arn)["Decision"] == "implicitDeny"


def test_an_application_asks_over_rest(acme, evil, portal) -> None:
    owner, guest = (Client(portal.url, one.key) for one in (acme.alice, evil.mallory))
    arn = bucket()
    assert owner("POST", "resources", {"ResourceArn": arn}).status == 200
    document = {"PolicyDocument": sharing(arn, {"AWS": evil.arn("root")})}
    assert owner("PUT", f"resource-policies/{arn}", document).status == 204
    shown = owner("GET", f"resource-policies/{arn}").body
    assert shown["PolicyDocument"] == document["PolicyDocument"]
    question = {"ActionName": "s3:GetObject", "ResourceArn": f"{arn}/x"}
    assert guest("POST", "authorizations", question).body == ALLOWED
    assert owner("DELETE", f"resource-policies/{arn}").status == 204
    assert guest("POST", "authorizations", question).body["Decision"] == "implicitDeny"
