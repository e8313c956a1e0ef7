"""Registered services as callers: their keys, and the roles that trust them."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from iamsite.operations import OperationError, perform
from tests.cast import Acme, Actor, Evil, Key, allow, origin, policy, service, trust
from tests.identities.operations.refusal import limit, missing, refusal
from tests.identities.quotas import set_quota

BUCKET = "arn:aws:s3:::invoices"


def full_name(account: Acme | Evil, prefix: str) -> str:
    return f"{prefix}.{account.id}.iamsite.internal"


def refused(actor: Actor, role: str, **headers: str) -> str:
    with pytest.raises(OperationError) as caught:
        assumed(actor, role, **headers)
    assert caught.value.code == "AccessDenied"
    return caught.value.message


def assumed(actor: Actor, role: str, **source: str) -> dict[str, Any]:
    params = {"RoleArn": role, "RoleSessionName": "work"}
    return perform(actor.credential, "AssumeRole", params, origin("aws", **source))


@pytest.fixture(scope="module")
def shared(database: None) -> tuple[Acme, Actor]:
    account = Acme()
    return account, service(account, "ledger")


class TestItself:
    def test_it_is_who_it_says(self, shared: tuple[Acme, Actor]) -> None:
        acme, ledger = shared
        assert ledger.perform("GetCallerIdentity") == {
            "Account": acme.id,
            "Arn": f"arn:aws:portal::{acme.id}:service/ledger",
            "UserId": full_name(acme, "ledger"),
        }

    @pytest.mark.parametrize(
        ("operation", "params"),
        [
            ("ListUsers", {}),
            ("GetSessionToken", {}),
            ("GetFederationToken", {"Name": "x2", "Policy": allow("*")}),
            ("GetAccountPasswordPolicy", {}),
            ("ChangePassword", {"OldPassword": "x", "NewPassword": "y" * 12}),
            ("ListConsoleSessions", {}),
            ("Search", {"Text": "alice"}),
            ("CreateServiceAccessKey", {"ServicePrefix": "ledger"}),
            ("organizations:DescribeOrganization", {}),
        ],
    )
    def test_it_may_do_nothing_as_itself(
        self, shared: tuple[Acme, Actor], operation: str, params: dict[str, Any]
    ) -> None:
        code, status, message = refusal(shared[1], operation, **params)
        assert (code, status) == ("AccessDenied", 403)
        assert message.endswith("as itself: it acts through a role that trusts it.")

    def test_it_is_allowed_what_a_resource_says(self, shared: tuple[Acme, Actor]) -> None:
        acme, ledger = shared
        arn = f"{BUCKET}-{acme.id}"
        acme.root.perform("RegisterResource", ResourceArn=arn)
        asked = {"ActionName": "s3:GetObject", "ResourceArn": f"{arn}/2026"}
        assert ledger.perform("Authorize", **asked)["Decision"] == "implicitDeny"
        for name in ("ledger.example.com", full_name(acme, "ledger")):
            acme.root.perform(
                "PutResourcePolicy",
                ResourceArn=arn,
                PolicyDocument=trust({"Service": name}, "s3:GetObject", Resource=f"{arn}/*"),
            )
            assert ledger.perform("Authorize", **asked)["Decision"] == "allowed"


class TestKeys:
    def test_the_secret_is_shown_once_and_a_deactivated_key_counts_no_more(self, acme) -> None:
        ledger = service(acme, "ledger")
        assert ledger.key is not None
        key = {"ServicePrefix": "ledger", "AccessKeyId": ledger.key.id}
        (listed,) = acme.root.perform("ListServiceAccessKeys", ServicePrefix="ledger")[
            "AccessKeyMetadata"
        ]
        assert {name for name in listed if not name.endswith("Date")} == {*key, "Status"}
        acme.root.perform("UpdateServiceAccessKey", **key, Status="Inactive")
        assert refusal(ledger, "GetCallerIdentity")[0] == "InvalidClientTokenId"
        acme.root.perform("UpdateServiceAccessKey", **key, Status="Active")
        assert ledger.perform("GetCallerIdentity")["Account"] == acme.id
        (listed,) = acme.root.perform("ListServiceAccessKeys", ServicePrefix="ledger")[
            "AccessKeyMetadata"
        ]
        assert listed["LastUsedService"] == "sts"
        acme.root.perform("DeleteServiceAccessKey", **key)
        assert refusal(ledger, "GetCallerIdentity")[0] == "InvalidClientTokenId"
        assert refusal(acme.root, "DeleteServiceAccessKey", **key) == missing(
            f"The Access Key with id {ledger.key.id} cannot be found."
        )

    def test_a_rotated_key_counts_until_its_grace_ends(self, acme) -> None:
        old = service(acme, "ledger")
        assert old.key is not None
        key = {"ServicePrefix": "ledger", "AccessKeyId": old.key.id}
        made = acme.root.perform("RotateServiceAccessKey", **key)["ServiceAccessKey"]
        new = Actor("ledger", old.arn, Key.of(made).credential)
        for one in (old, new):
            assert one.perform("GetCallerIdentity")["Arn"] == old.arn
        assert refusal(acme.root, "RotateServiceAccessKey", **key)[0] == "InvalidInput"
        at_once = {"ServicePrefix": "ledger", "AccessKeyId": made["AccessKeyId"]}
        acme.root.perform("DeleteServiceAccessKey", **key)
        acme.root.perform("RotateServiceAccessKey", **at_once, GracePeriodSeconds=0)
        assert refusal(new, "GetCallerIdentity")[0] == "InvalidClientTokenId"
        params = {"ServicePrefix": "ledger"}
        listed = acme.root.perform("ListServiceAccessKeys", **params)["AccessKeyMetadata"]
        (left,) = listed
        assert left["AccessKeyId"] != made["AccessKeyId"]
        revived = {**at_once, "Status": "Active"}
        assert refusal(acme.root, "UpdateServiceAccessKey", **revived)[0] == "NoSuchEntity"

    def test_a_service_has_two_keys_unless_an_operator_raises_it(self, acme) -> None:
        service(acme, "ledger")
        more = {"ServicePrefix": "ledger"}
        acme.root.perform("CreateServiceAccessKey", **more)
        assert refusal(acme.root, "CreateServiceAccessKey", **more) == limit(
            "AccessKeysPerService", 2
        )
        set_quota(acme, "AccessKeysPerService", 3)
        acme.root.perform("CreateServiceAccessKey", **more)

    def test_they_go_with_their_service(self, acme) -> None:
        ledger = service(acme, "ledger")
        acme.root.perform("DeregisterService", ServicePrefix="ledger")
        assert refusal(ledger, "GetCallerIdentity")[0] == "InvalidClientTokenId"

    def test_a_suspended_account_has_no_services(self, acme) -> None:
        from django.db import transaction

        from accounts import tenancy
        from accounts.models import Account

        ledger = service(acme, "ledger")
        with transaction.atomic():
            tenancy.enter(acme.id)
            Account.objects.filter(id=acme.id).update(status=Account.Status.SUSPENDED)
        assert refusal(ledger, "GetCallerIdentity")[:2] == ("OptInRequired", 403)

    def test_making_one_is_permitted_and_recorded(self, acme) -> None:
        ledger = service(acme, "ledger")
        code, _, message = refusal(acme.bob, "CreateServiceAccessKey", ServicePrefix="ledger")
        assert code == "AccessDenied"
        assert f"arn:aws:portal::{acme.id}:service/ledger" in message
        ledger.perform("AssumeRole", RoleArn=_trusting(acme), RoleSessionName="work")
        (event, *_) = acme.root.perform("ListEvents", MaxItems=1)["Events"]
        assert (event["EventName"], event["PrincipalArn"]) == (
            "AssumeRole",
            "ledger.example.com",
        )


def _trusting(account: Acme, name: str = "ledger.example.com", **more: Any) -> str:
    return account.role("Worker", trust({"Service": name}, **more), allow("iam:ListUsers"))


class TestRoles:
    def test_a_role_that_names_the_service_is_assumed_by_it_alone(self, acme) -> None:
        ledger, other = service(acme, "ledger"), service(acme, "courier")
        role = _trusting(acme)
        answer = assumed(ledger, role)
        assert answer["AssumedRoleUser"]["Arn"] == (
            f"arn:aws:sts::{acme.id}:assumed-role/Worker/work"
        )
        session = Actor("work", "", Key.of(answer["Credentials"]).credential)
        assert len(session.perform("ListUsers")["Users"]) == 4
        assert refused(other, role) == (
            "User: courier.example.com is not authorized to perform: sts:AssumeRole on resource: "
            f"{role}"
        )
        # Nor does anybody else stand for the service, whatever they may do.
        assert refusal(acme.alice, "AssumeRole", RoleArn=role, RoleSessionName="work")[0] == (
            "AccessDenied"
        )

    def test_a_statement_that_denies_the_service_wins(self, acme) -> None:
        ledger = service(acme, "ledger")
        role = acme.role(
            "Worker",
            policy(
                {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"},
                {
                    "Effect": "Deny",
                    "Principal": {"Service": full_name(acme, "ledger")},
                    "Action": "sts:AssumeRole",
                },
            ),
        )
        refused(ledger, role)

    def test_tags_need_their_own_permission(self, acme) -> None:
        ledger = service(acme, "ledger")
        tags = {"Tags": [{"Key": "team", "Value": "sea"}], "RoleSessionName": "work"}
        assert refusal(ledger, "AssumeRole", RoleArn=_trusting(acme), **tags)[0] == "AccessDenied"
        role = acme.role(
            "Tagged",
            trust({"Service": "ledger.example.com"}, ["sts:AssumeRole", "sts:TagSession"]),
        )
        assert ledger.perform("AssumeRole", RoleArn=role, **tags)["Credentials"]


@pytest.fixture(scope="module")
def cast(database: None) -> tuple[Acme, Actor, str]:
    acme = Acme()
    condition = {
        "StringEquals": {"aws:SourceAccount": acme.id},
        "ArnLike": {"aws:SourceArn": f"arn:aws:ledger::{acme.id}:invoice/*"},
    }
    return acme, service(acme, "ledger"), _trusting(acme, Condition=condition)


class TestConfusedDeputy:
    """A service acts for many; the trust policy says for whom it may act in this role."""

    def test_on_behalf_of_the_resource_that_is_trusted(self, cast: tuple[Acme, Actor, str]) -> None:
        acme, ledger, role = cast
        arn = f"arn:aws:ledger::{acme.id}:invoice/7"
        assert assumed(ledger, role, source_arn=arn, source_account=acme.id)["Credentials"]
        assert assumed(ledger, role, source_arn=arn)["Credentials"]

    def test_not_on_behalf_of_another(self, cast: tuple[Acme, Actor, str]) -> None:
        acme, ledger, role = cast
        refused(ledger, role)
        refused(ledger, role, source_account=acme.id)
        refused(ledger, role, source_arn="arn:aws:ledger::999999999999:invoice/7")
        refused(ledger, role, source_arn=f"arn:aws:ledger::{acme.id}:order/7")

    @pytest.mark.parametrize(
        "source",
        [
            {"source_arn": "invoice/7"},
            {"source_arn": "arn:aws:ledger::1:invoice/7", "source_account": "1"},
            {"source_account": "acme"},
            {"source_arn": "arn:aws:s3:::a-bucket-that-nobody-has"},
            {
                "source_arn": "arn:aws:ledger::999999999999:invoice/7",
                "source_account": "888888888888",
            },
        ],
    )
    def test_what_cannot_be_is_refused(
        self, cast: tuple[Acme, Actor, str], source: dict[str, str]
    ) -> None:
        _, ledger, role = cast
        with pytest.raises(OperationError) as caught:
            assumed(ledger, role, **source)
        assert caught.value.code == "ValidationError"

    def test_the_account_of_a_registered_bucket_is_its_owners(
        self, acme, evil: Evil, cast: tuple[Acme, Actor, str]
    ) -> None:
        arn = f"{BUCKET}-{evil.id}"
        evil.root.perform("RegisterResource", ResourceArn=arn)
        _, ledger, role = cast
        with pytest.raises(OperationError, match="is not the account of the resource"):
            assumed(ledger, role, source_arn=arn, source_account=cast[0].id)

    def test_of_nobody_but_a_service_is_it_believed(self, cast: tuple[Acme, Actor, str]) -> None:
        """A user who sends the headers as well gets none of the keys."""
        acme, _, _ = cast
        arn = f"arn:aws:ledger::{acme.id}:invoice/7"
        condition = {"Null": {"aws:SourceArn": "false"}}
        role = acme.role("Sourced", trust(acme.arn("root"), Condition=condition))
        refused(acme.alice, role, source_arn=arn, source_account=acme.id)


class TestAcrossAccounts:
    def test_a_role_elsewhere_trusts_the_service_by_its_full_name(self, acme, evil: Evil) -> None:
        ledger = service(acme, "ledger")
        name = full_name(acme, "ledger")
        role = _trusting(evil, name, Condition={"StringEquals": {"aws:SourceAccount": evil.id}})
        refused(ledger, role)
        answer = assumed(ledger, role, source_account=evil.id)
        assert answer["AssumedRoleUser"]["Arn"] == (
            f"arn:aws:sts::{evil.id}:assumed-role/Worker/work"
        )
        events = evil.root.perform("ListEvents", MaxItems=3)["Events"]
        # There its short name would be a service of that account's own.
        assert name in {event["PrincipalArn"] for event in events}
        assert "ledger.example.com" not in {event["PrincipalArn"] for event in events}

    def test_a_name_that_two_accounts_gave_means_each_ones_own_service(
        self, acme, evil: Evil
    ) -> None:
        """Attack: registering the name that another account's roles trust."""
        service(acme, "ledger")
        impostor = service(evil, "ledger")
        role = _trusting(acme)
        refused(impostor, role)

    def test_no_trust_in_services_as_such_extends_to_those_of_others(
        self, acme, evil: Evil
    ) -> None:
        impostor = service(evil, "ledger")
        condition = {"Bool": {"aws:PrincipalIsAWSService": "true"}}
        role = acme.role("Open", trust("*", Condition=condition))
        refused(impostor, role)
        assert assumed(service(acme, "ledger"), role)["Credentials"]

    @pytest.mark.parametrize("name", ["courier.{}.iamsite.internal", "ledger.1.iamsite.internal"])
    def test_only_a_service_that_exists_can_be_trusted(self, acme, evil: Evil, name: str) -> None:
        service(evil, "ledger")
        document = trust({"Service": name.format(evil.id)})
        code, _, message = refusal(
            acme.root, "CreateRole", RoleName="r", AssumeRolePolicyDocument=document
        )
        assert code == "MalformedPolicyDocument"
        assert message.startswith("Invalid principal in policy")

    def test_nobody_can_register_a_full_name(self, acme, evil: Evil) -> None:
        for name in (full_name(evil, "ledger"), "x.iamsite.internal"):
            code, _, _ = refusal(
                acme.root,
                "RegisterService",
                ServicePrefix="ledger",
                ServiceName="x",
                ServicePrincipal=name,
            )
            assert code == "InvalidInput"


def test_over_http_the_headers_of_the_source_are_signed(acme, portal) -> None:
    ledger = service(acme, "ledger")
    arn = f"arn:aws:ledger::{acme.id}:invoice/7"
    role = _trusting(acme, Condition={"ArnEquals": {"aws:SourceArn": arn}})
    client = ledger.client("sts", portal.url)
    wanted = {"RoleArn": role, "RoleSessionName": "work"}
    with pytest.raises(ClientError, match="AccessDenied"):
        client.assume_role(**wanted)

    def say(request: Any, **_: Any) -> None:
        request.headers["x-amz-source-arn"] = arn
        request.headers["x-amz-source-account"] = acme.id

    client.meta.events.register("before-sign.sts.AssumeRole", say)
    assert client.assume_role(**wanted)["Credentials"]["AccessKeyId"].startswith("ASIA")

    def unsigned(request: Any, **_: Any) -> None:
        request.headers["x-amz-source-arn"] = arn

    other = ledger.client("sts", portal.url)
    other.meta.events.register("before-send.sts.AssumeRole", unsigned)
    with pytest.raises(ClientError, match="not signed: x-amz-source-arn"):
        other.assume_role(**wanted)


def test_the_end_of_a_rotated_keys_grace_is_the_databases(acme) -> None:
    """No node's clock lets an ended key live on: `now` given to a face would not help."""
    ledger = service(acme, "ledger")
    assert ledger.key is not None
    key = {"ServicePrefix": "ledger", "AccessKeyId": ledger.key.id}
    acme.root.perform("RotateServiceAccessKey", **key, GracePeriodSeconds=0)
    before = datetime.now(UTC) - timedelta(hours=1)
    credential = dataclasses.replace(ledger.key.credential)
    with pytest.raises(OperationError) as caught:
        perform(credential, "GetCallerIdentity", {}, origin(), before)
    assert caught.value.code == "InvalidClientTokenId"


def test_a_denied_service_learns_no_more_than_anybody(acme, evil: Evil) -> None:
    ledger = service(acme, "ledger")
    there = evil.role("There", trust({"Service": "ec2.amazonaws.com"}))
    missing_role = evil.arn("role/NotThere")
    messages = {refused(ledger, role).replace(role, "ROLE") for role in (there, missing_role)}
    assert len(messages) == 1
    evil.root.perform(
        "UpdateAssumeRolePolicy",
        RoleName="There",
        PolicyDocument=policy(
            *[
                {"Effect": effect, "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
                for effect in ("Allow", "Deny")
            ]
        ),
    )
    assert refused(ledger, there).replace(there, "ROLE") in messages
