import threading
import uuid
from typing import Any

import pytest
from django.db import close_old_connections

from iamsite.operations import OperationError
from tests.cast import allow, policy
from tests.identities.operations.refusal import (
    denied,
    exists,
    limit,
    missing,
    refusal,
)
from tests.identities.quotas import set_quota


def bucket() -> str:
    """A bucket's ARN that no other test has."""
    return f"arn:aws:s3:::b-{uuid.uuid4().hex}"


def sharing(arn: str, principal: Any, *actions: str, effect: str = "Allow") -> str:
    return policy(
        {
            "Effect": effect,
            "Principal": principal,
            "Action": list(actions) or "s3:GetObject",
            "Resource": [arn, f"{arn}/*"],
        }
    )


def registered(account: Any, arn: str | None = None) -> str:
    arn = arn or bucket()
    account.root.perform("RegisterResource", ResourceArn=arn)
    return arn


def test_a_registered_resource_is_listed(acme, evil) -> None:
    mine, queue = bucket(), f"arn:aws:sqs:us-east-1:{acme.id}:work"
    made = acme.root.perform("RegisterResource", ResourceArn=mine)["Resource"]
    assert made == {
        "ResourceArn": mine,
        "ServicePrefix": "s3",
        "HasResourcePolicy": False,
        "CreateDate": made["CreateDate"],
    }
    registered(acme, queue)
    first = acme.root.perform("ListResources", MaxItems=1)
    assert first["Resources"] == [made]
    rest = acme.root.perform("ListResources", MaxItems=1, Marker=first["Marker"])
    assert [one["ResourceArn"] for one in rest["Resources"]] == [queue]
    of_queue = acme.root.perform("ListResources", ServicePrefix="sqs")["Resources"]
    assert [one["ResourceArn"] for one in of_queue] == [queue]
    assert evil.root.perform("ListResources")["Resources"] == []


BAD = [
    ("not an arn at all", "is not the ARN of a resource."),
    ("arn:aws:s3:::rel*", "is not the ARN of a resource."),
    ("arn:aws:s3:::${aws:username}", "is not the ARN of a resource."),
    ("arn:AWS:s3:::releases", "is not the ARN of a resource."),
    ("arn:aws:warehouse:::shelf", "there is no service warehouse."),
    ("arn:aws:sqs:us-east-1::work/shop", "is no resource of the service sqs."),
    ("arn:aws:iam::aws:policy/AdministratorAccess", "is not the ARN of a resource."),
    ("arn:aws:iam::123456789012:role/x", "the resources of iam are the portal's own."),
]


@pytest.mark.parametrize(("arn", "message"), BAD, ids=[arn for arn, _ in BAD])
def test_what_is_no_resource_is_refused(acme, arn, message) -> None:
    code, status, said = refusal(acme.root, "RegisterResource", ResourceArn=arn)
    assert (code, status) == ("InvalidInput", 400)
    assert said.startswith("ResourceArn: ")
    assert said.endswith(message)


def test_a_resource_of_another_account_cannot_be_registered(acme, evil) -> None:
    arn = f"arn:aws:sqs:us-east-1:{acme.id}:work"
    assert refusal(evil.root, "RegisterResource", ResourceArn=arn) == (
        "AccessDenied",
        403,
        "Cannot register resources outside your own account.",
    )


def test_a_bucket_has_one_owner_with_everything_in_it(acme, evil) -> None:
    arn = registered(acme)
    taken = exists(f"Resource {arn} already exists.")
    assert refusal(acme.root, "RegisterResource", ResourceArn=arn) == taken
    assert refusal(evil.root, "RegisterResource", ResourceArn=arn) == taken
    assert refusal(evil.root, "RegisterResource", ResourceArn=f"{arn}/secret") == exists(
        f"Resource {arn}/secret already exists."
    )
    registered(acme, f"{arn}/open")
    registered(evil, f"{arn}-other")


def test_who_has_a_part_of_a_bucket_keeps_others_from_the_whole(acme, evil) -> None:
    arn = bucket()
    registered(acme, f"{arn}/mine")
    assert refusal(evil.root, "RegisterResource", ResourceArn=arn) == exists(
        f"Resource {arn} already exists."
    )


def test_of_two_accounts_that_claim_one_bucket_at_once_one_gets_it(acme, evil) -> None:
    arn = bucket()
    outcomes: list[str] = []
    ready = threading.Barrier(2)

    def claim(account: Any, wanted: str) -> None:
        ready.wait()
        try:
            account.root.perform("RegisterResource", ResourceArn=wanted)
            outcomes.append("made")
        except OperationError as error:
            outcomes.append(error.code)
        finally:
            close_old_connections()

    claims = [
        threading.Thread(target=claim, args=pair) for pair in ((acme, arn), (evil, f"{arn}/part"))
    ]
    for one in claims:
        one.start()
    for one in claims:
        one.join()
    assert sorted(outcomes) == ["EntityAlreadyExists", "made"]


def test_a_bucket_that_is_given_up_is_free_again(acme, evil) -> None:
    arn = registered(acme)
    acme.root.perform("DeregisterResource", ResourceArn=arn)
    assert refusal(acme.root, "DeregisterResource", ResourceArn=arn) == missing(
        f"The resource {arn} is not registered."
    )
    registered(evil, arn)


def test_there_are_as_many_resources_as_the_quota_allows(acme) -> None:
    set_quota(acme, "ResourcesPerAccount", 1)
    registered(acme)
    assert refusal(acme.root, "RegisterResource", ResourceArn=bucket()) == limit(
        "ResourcesPerAccount", 1
    )


def test_a_policy_is_put_shown_and_deleted(acme, evil) -> None:
    arn = registered(acme)
    none = missing(f"The resource {arn} has no policy.")
    assert refusal(acme.root, "GetResourcePolicy", ResourceArn=arn) == none
    document = sharing(arn, {"AWS": evil.arn("root")})
    acme.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)
    shown = acme.root.perform("GetResourcePolicy", ResourceArn=arn)
    assert shown["PolicyDocument"] == document
    assert acme.root.perform("ListResources")["Resources"][0]["HasResourcePolicy"] is True
    acme.root.perform("DeleteResourcePolicy", ResourceArn=arn)
    assert refusal(acme.root, "GetResourcePolicy", ResourceArn=arn) == none
    assert refusal(acme.root, "DeleteResourcePolicy", ResourceArn=arn) == none


def test_an_account_id_becomes_the_root_users_arn(acme, evil) -> None:
    arn = registered(acme)
    acme.root.perform(
        "PutResourcePolicy", ResourceArn=arn, PolicyDocument=sharing(arn, {"AWS": evil.id})
    )
    shown = acme.root.perform("GetResourcePolicy", ResourceArn=arn)["PolicyDocument"]
    assert shown == sharing(arn, {"AWS": evil.arn("root")})


def test_a_policy_shows_a_renamed_user_and_the_id_of_a_deleted_one(acme) -> None:
    arn = registered(acme)
    user = acme.root.perform("CreateUser", UserName="temp")["User"]
    acme.root.perform(
        "PutResourcePolicy", ResourceArn=arn, PolicyDocument=sharing(arn, {"AWS": user["Arn"]})
    )

    def shown() -> str:
        return acme.root.perform("GetResourcePolicy", ResourceArn=arn)["PolicyDocument"]

    acme.root.perform("UpdateUser", UserName="temp", NewUserName="renamed")
    assert shown() == sharing(arn, {"AWS": acme.arn("user/renamed")})
    acme.root.perform("DeleteUser", UserName="renamed")
    assert shown() == sharing(arn, {"AWS": user["UserId"]})


@pytest.mark.parametrize(
    ("principal", "shown"),
    [
        ({"AWS": "arn:aws:iam::999999999999:root"}, '"AWS":"arn:aws:iam::999999999999:root"'),
        ({"AWS": "arn:aws:iam::999999999999:user/x"}, '"AWS":"arn:aws:iam::999999999999:user/x"'),
        ({"Service": "nothing.amazonaws.com"}, '"SERVICE":"nothing.amazonaws.com"'),
        ({"CanonicalUser": "ab" * 32}, f'"CANONICALUSER":"{"ab" * 32}"'),
    ],
)
def test_a_principal_that_is_not_there_is_refused(acme, principal, shown) -> None:
    arn = registered(acme)
    answer = refusal(
        acme.root, "PutResourcePolicy", ResourceArn=arn, PolicyDocument=sharing(arn, principal)
    )
    assert answer == ("MalformedPolicyDocument", 400, f"Invalid principal in policy: {shown}")


def test_a_document_without_principal_is_refused(acme) -> None:
    arn = registered(acme)
    answer = refusal(
        acme.root, "PutResourcePolicy", ResourceArn=arn, PolicyDocument=allow("s3:GetObject")
    )
    assert answer[:2] == ("MalformedPolicyDocument", 400)


def test_a_policy_may_be_as_long_as_the_quota_allows(acme) -> None:
    set_quota(acme, "ResourcePolicySize", 100)
    arn = registered(acme)
    answer = refusal(
        acme.root, "PutResourcePolicy", ResourceArn=arn, PolicyDocument=sharing(arn, "*")
    )
    assert answer == limit("ResourcePolicySize", 100)


def test_nobody_sees_or_sets_the_policy_of_another_accounts_resource(acme, evil) -> None:
    arn = registered(acme)
    document = sharing(arn, {"AWS": evil.arn("root")}, "s3:*")
    acme.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)
    absent = missing(f"The resource {arn} is not registered.")
    assert refusal(evil.root, "GetResourcePolicy", ResourceArn=arn) == absent
    assert refusal(evil.root, "DeleteResourcePolicy", ResourceArn=arn) == absent
    assert refusal(evil.root, "DeregisterResource", ResourceArn=arn) == absent
    put = {"ResourceArn": arn, "PolicyDocument": sharing(arn, "*", "s3:*")}
    assert refusal(evil.root, "PutResourcePolicy", **put) == absent
    shown = acme.root.perform("GetResourcePolicy", ResourceArn=arn)["PolicyDocument"]
    assert shown == document


def test_each_operation_needs_its_permission_on_the_resource(acme) -> None:
    arn = registered(acme)
    document = sharing(arn, "*")
    asked = {
        "RegisterResource": {},
        "DeregisterResource": {},
        "GetResourcePolicy": {},
        "DeleteResourcePolicy": {},
        "PutResourcePolicy": {"PolicyDocument": document},
    }
    for operation, params in asked.items():
        assert refusal(acme.carol, operation, ResourceArn=arn, **params) == denied(
            acme.carol, f"portal:{operation}", arn
        )
    assert refusal(acme.carol, "ListResources") == denied(acme.carol, "portal:ListResources", "*")
    keeper = acme.user("keeper", allow("portal:PutResourcePolicy", resource=arn))
    keeper.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)


def test_a_list_shows_the_policies_that_the_caller_may_get(acme) -> None:
    mine, other = registered(acme), registered(acme)
    for arn in (mine, other):
        document = sharing(arn, {"AWS": acme.bob.arn})
        acme.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)
    dora = acme.user(
        "dora", allow("portal:ListResources"), allow("portal:GetResourcePolicy", resource=mine)
    )
    shown = dora.perform("ListResources", IncludePolicies=True)["Resources"]
    assert {one["ResourceArn"]: "PolicyDocument" in one for one in shown} == {
        mine: True,
        other: False,
    }
    plain = acme.root.perform("ListResources")["Resources"]
    assert not any("PolicyDocument" in one for one in plain)
