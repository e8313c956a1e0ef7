import base64
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import Event
from identities.models import ServiceSpecificCredential
from identities.service_credentials import digest
from tests.cast import allow, trust
from tests.identities.operations.refusal import conflict, denied, limit, missing, refusal
from tests.identities.quotas import set_quota

GIT = "codecommit.amazonaws.com"
KEYSPACES = "cassandra.amazonaws.com"
BEDROCK = "bedrock.amazonaws.com"
LOGS = "logs.amazonaws.com"
ID = "ServiceSpecificCredentialId"
NO_NAME = (
    "ValidationError",
    400,
    "Must specify userName when calling with non-User credentials",
)


def create(acme, service: str = GIT, user: str = "carol", **params) -> dict:
    return acme.root.perform(
        "CreateServiceSpecificCredential", UserName=user, ServiceName=service, **params
    )["ServiceSpecificCredential"]


def listed(actor, **params) -> list[dict]:
    return actor.perform("ListServiceSpecificCredentials", **params)["ServiceSpecificCredentials"]


def row(acme, made: dict) -> ServiceSpecificCredential:
    with transaction.atomic():
        tenancy.enter(acme.id)
        return ServiceSpecificCredential.objects.get(id=made[ID])


@pytest.mark.parametrize("service", [GIT, KEYSPACES])
def test_a_name_and_a_password_for_one_service(acme, service: str) -> None:
    made = create(acme, service)
    assert re.fullmatch(r"ACCA[A-Z2-7]{17}", made[ID])
    assert made["ServiceUserName"] == f"carol-at-{acme.id}"
    assert re.fullmatch(r"[A-Za-z0-9/+]{59}=", made["ServicePassword"])
    assert made["Status"] == "Active"
    assert made["ServiceName"] == service
    assert not {"ExpirationDate", "ServiceCredentialAlias", "ServiceCredentialSecret"} & set(made)
    del made["ServicePassword"]
    assert listed(acme.root, UserName="carol") == [made]


@pytest.mark.parametrize(("service", "prefix"), [(BEDROCK, "ABSK"), (LOGS, "ACWL")])
def test_an_api_key_holds_its_own_alias(acme, service: str, prefix: str) -> None:
    made = create(acme, service)
    alias, secret = made["ServiceCredentialAlias"], made["ServiceCredentialSecret"]
    assert alias == f"carol+1-at-{acme.id}"
    assert secret.startswith(prefix)
    name, word = base64.b64decode(secret.removeprefix(prefix)).decode().split(":")
    assert name == alias
    assert len(word) == 60
    assert not {"ServiceUserName", "ServicePassword", "ExpirationDate"} & set(made)


def test_the_secret_is_kept_as_a_digest_and_told_once(acme) -> None:
    made = create(acme)
    password = made["ServicePassword"]
    kept = row(acme, made)
    assert bytes(kept.digest) == digest(password)
    assert password not in repr(kept.__dict__)
    with transaction.atomic():
        tenancy.enter(acme.id)
        event = Event.objects.filter(operation="CreateServiceSpecificCredential").latest("sequence")
    assert event.detail == {ID: made[ID]}
    assert password not in repr(event.__dict__)
    assert password not in repr(listed(acme.root, UserName="carol"))


def test_two_for_each_service_and_user(acme) -> None:
    names = [create(acme)["ServiceUserName"] for _ in range(2)]
    assert names == [f"carol-at-{acme.id}", f"carol+1-at-{acme.id}"]
    given = {"UserName": "carol", "ServiceName": GIT}
    assert refusal(acme.root, "CreateServiceSpecificCredential", **given) == limit(
        "ServiceSpecificCredentialsPerUser", 2
    )
    create(acme, KEYSPACES)
    create(acme, user="bob")
    set_quota(acme, "ServiceSpecificCredentialsPerUser", 3)
    assert create(acme)["ServiceUserName"] == f"carol+2-at-{acme.id}"


def test_a_service_user_name_means_one_credential(acme) -> None:
    create(acme)
    acme.root.perform("CreateUser", UserName="carol+1")
    create(acme, user="carol+1")
    assert create(acme)["ServiceUserName"] == f"carol+2-at-{acme.id}"


def test_an_unknown_service_is_named(acme) -> None:
    gone = missing("No such service s3.amazonaws.com is supported for Service Specific Credentials")
    named = {"UserName": "carol", "ServiceName": "s3.amazonaws.com"}
    assert refusal(acme.root, "CreateServiceSpecificCredential", **named) == gone
    assert refusal(acme.root, "ListServiceSpecificCredentials", **named) == gone


def test_only_api_keys_expire(acme) -> None:
    made = create(acme, BEDROCK, CredentialAgeDays=30)
    assert made["ExpirationDate"] == made["CreateDate"] + timedelta(days=30)
    given = {"UserName": "carol", "ServiceName": GIT, "CredentialAgeDays": 30}
    assert refusal(acme.root, "CreateServiceSpecificCredential", **given) == (
        "ValidationError",
        400,
        f"CredentialAgeDays is only valid for services with API keys, not for {GIT}.",
    )
    with transaction.atomic():
        tenancy.enter(acme.id)
        ServiceSpecificCredential.objects.filter(id=made[ID]).update(expires_at=timezone.now())
    assert listed(acme.root, UserName="carol")[0]["Status"] == "Expired"


def test_a_credential_is_switched_off_and_on(acme) -> None:
    named = {"UserName": "carol", ID: create(acme)[ID]}
    for status in ("Inactive", "Active"):
        acme.root.perform("UpdateServiceSpecificCredential", **named, Status=status)
        assert listed(acme.root, UserName="carol")[0]["Status"] == status
    assert refusal(acme.root, "UpdateServiceSpecificCredential", **named, Status="Expired") == (
        "InvalidInput",
        400,
        "The status of a service-specific credential cannot be set to Expired.",
    )


@pytest.mark.parametrize(
    ("service", "member"), [(GIT, "ServicePassword"), (BEDROCK, "ServiceCredentialSecret")]
)
def test_a_reset_ends_the_old_secret_and_tells_the_new_one(acme, service, member) -> None:
    made = create(acme, service)
    again = acme.root.perform("ResetServiceSpecificCredential", UserName="carol", **{ID: made[ID]})[
        "ServiceSpecificCredential"
    ]
    old, new = made.pop(member), again.pop(member)
    assert again == made
    assert old != new
    assert bytes(row(acme, made).digest) == digest(new)


def test_a_credential_is_reached_by_its_own_user_only(acme) -> None:
    made = create(acme)
    gone = missing(f"No such credential {made[ID]} exists")
    named = {"UserName": "bob", ID: made[ID]}
    assert refusal(acme.root, "UpdateServiceSpecificCredential", **named, Status="Active") == gone
    assert refusal(acme.root, "ResetServiceSpecificCredential", **named) == gone
    assert refusal(acme.root, "DeleteServiceSpecificCredential", **named) == gone
    acme.root.perform("DeleteServiceSpecificCredential", UserName="carol", **{ID: made[ID]})
    assert listed(acme.root, UserName="carol") == []


def test_without_a_name_the_credentials_are_the_calling_users(acme) -> None:
    made = create(acme, user="alice")
    assert [one[ID] for one in listed(acme.alice)] == [made[ID]]
    acme.alice.perform("ResetServiceSpecificCredential", **{ID: made[ID]})
    acme.alice.perform("UpdateServiceSpecificCredential", **{ID: made[ID]}, Status="Inactive")
    acme.alice.perform("DeleteServiceSpecificCredential", **{ID: made[ID]})
    session = acme.assume(acme.alice, acme.role("Any", trust(acme.arn("root")), allow("*")))
    for actor in (acme.root, session):
        assert refusal(actor, "ListServiceSpecificCredentials") == NO_NAME
        assert refusal(actor, "DeleteServiceSpecificCredential", **{ID: made[ID]}) == NO_NAME


def test_lists_are_by_service_or_of_all_users(acme) -> None:
    git, keyspaces = create(acme), create(acme, KEYSPACES)
    bobs = create(acme, user="bob")
    mine = listed(acme.root, UserName="carol")
    assert [one[ID] for one in mine] == [git[ID], keyspaces[ID]]
    (only,) = listed(acme.root, UserName="carol", ServiceName=KEYSPACES)
    assert only[ID] == keyspaces[ID]
    everybodys = listed(acme.root, AllUsers=True, ServiceName=GIT)
    assert {(one["UserName"], one[ID]) for one in everybodys} == {
        ("carol", git[ID]),
        ("bob", bobs[ID]),
    }
    seen, marker = [], {}
    while True:
        page = acme.root.perform(
            "ListServiceSpecificCredentials", AllUsers=True, MaxItems=1, **marker
        )
        seen += [one[ID] for one in page["ServiceSpecificCredentials"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert seen == sorted([git[ID], keyspaces[ID], bobs[ID]])
    assert refusal(
        acme.root, "ListServiceSpecificCredentials", AllUsers=True, UserName="carol"
    ) == ("ValidationError", 400, "AllUsers cannot be specified together with UserName.")


def test_listing_all_users_needs_permission_on_all_users(acme) -> None:
    lister = acme.user(
        "lister", allow("iam:ListServiceSpecificCredentials", resource=acme.arn("user/lister"))
    )
    assert listed(lister) == []
    assert refusal(lister, "ListServiceSpecificCredentials", AllUsers=True) == denied(
        lister, "iam:ListServiceSpecificCredentials", acme.arn("user/*")
    )


def test_a_user_with_a_credential_is_not_deleted(acme) -> None:
    acme.root.perform("CreateUser", UserName="leaver")
    made = create(acme, user="leaver")
    assert refusal(acme.root, "DeleteUser", UserName="leaver") == conflict(
        "Cannot delete entity, must remove referenced objects first."
    )
    acme.root.perform("DeleteServiceSpecificCredential", UserName="leaver", **{ID: made[ID]})
    acme.root.perform("DeleteUser", UserName="leaver")


CHANGES = (
    ("UpdateServiceSpecificCredential", {"Status": "Active"}),
    ("ResetServiceSpecificCredential", {}),
    ("DeleteServiceSpecificCredential", {}),
)


def test_each_operation_asks_for_the_users_arn(acme) -> None:
    any_id = {"UserName": "bob", ID: "ACCA" + "A" * 17}
    for operation, given in (
        ("CreateServiceSpecificCredential", {"UserName": "bob", "ServiceName": GIT}),
        ("ListServiceSpecificCredentials", {"UserName": "bob"}),
        *((operation, {**any_id, **more}) for operation, more in CHANGES),
    ):
        assert refusal(acme.carol, operation, **given) == denied(
            acme.carol, f"iam:{operation}", acme.bob.arn
        )


def test_a_policy_may_name_the_service(acme) -> None:
    condition = {"StringEquals": {"iam:ServiceSpecificCredentialServiceName": GIT}}
    manager = acme.user("manager", allow("iam:*ServiceSpecificCredential", Condition=condition))
    creating = {"UserName": "carol", "ServiceName": KEYSPACES}
    assert refusal(manager, "CreateServiceSpecificCredential", **creating)[0] == "AccessDenied"
    other = create(acme, KEYSPACES)
    mine = manager.perform("CreateServiceSpecificCredential", UserName="carol", ServiceName=GIT)[
        "ServiceSpecificCredential"
    ]
    for operation, more in CHANGES:
        named = {"UserName": "carol", **more}
        assert refusal(manager, operation, **named, **{ID: other[ID]})[0] == "AccessDenied"
        manager.perform(operation, **named, **{ID: mine[ID]})


def test_a_policy_may_bound_the_age_of_api_keys(acme) -> None:
    short = {"NumericLessThanEquals": {"iam:ServiceSpecificCredentialAgeDays": "30"}}
    creator = acme.user("creator", allow("iam:CreateServiceSpecificCredential", Condition=short))
    named = {"UserName": "carol", "ServiceName": BEDROCK}
    creator.perform("CreateServiceSpecificCredential", **named, CredentialAgeDays=30)
    for days in ({"CredentialAgeDays": 31}, {}):
        assert (
            refusal(creator, "CreateServiceSpecificCredential", **named, **days)[0]
            == "AccessDenied"
        )
