"""Temporary delegation from the request to the provider's acts, and every way around consent."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import operators, tenancy
from iamsite.operations import OperationError, perform
from identities.models import DelegationRequest
from tests.cast import Account, Acme, Actor, Evil, Key, allow, deny, origin, policy, refused, trust
from tests.portal import Portal

BUCKETS = "arn:aws:s3:::@{BucketName}/*"
TEMPLATE = policy(
    {"Effect": "Allow", "Action": "s3:GetObject", "Resource": BUCKETS},
    {
        "Effect": "Allow",
        "Action": ["iam:GetUser", "iam:CreateRole"],
        "Resource": "*",
        "Condition": {
            "StringEqualsIfExists": {
                "iam:PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"
            }
        },
    },
)
PARAMETERS = [{"Name": "BucketName", "Values": ["reports", "logs"], "Type": "stringList"}]


class Provider(Account):
    """An account that offers a product, and asks as Pat."""

    def __init__(self) -> None:
        super().__init__("provider")
        self.root.perform(
            "RegisterService",
            ServicePrefix="product",
            ServiceName="Product",
            ServicePrincipal="product.example.com",
        )
        made = self.root.perform("CreatePolicy", PolicyName="onboarding", PolicyDocument=TEMPLATE)
        self.template = made["Policy"]["Arn"]
        self.channel = f"arn:aws:sns:us-east-1:{self.id}:delegation"
        self.pat = self.user("pat", allow("*"))

    def asking(self, **changes: Any) -> dict[str, Any]:
        return {
            "Description": "Reads your reports",
            "Permissions": {"PolicyTemplateArn": self.template, "Parameters": PARAMETERS},
            "RequestorWorkflowId": uuid.uuid4().hex,
            "NotificationChannel": self.channel,
            "SessionDuration": 900,
            **changes,
        }

    def ask(self, **changes: Any) -> str:
        made = self.pat.perform("CreateDelegationRequest", **self.asking(**changes))
        return str(made["DelegationRequestId"])

    def sent(self, request: str) -> dict[str, Any]:
        listed = self.pat.perform("ListSentDelegationRequests")["DelegationRequests"]
        (one,) = [one for one in listed if one["DelegationRequestId"] == request]
        return dict(one)

    def trade(self, request: str) -> Actor:
        token = self.sent(request)["ExchangeToken"]
        made = self.pat.perform("GetDelegatedAccessToken", TradeInToken=token)
        key = Key.of(made["Credentials"])
        return Actor("provider", made["AssumedPrincipal"], key.credential, key)


@pytest.fixture(scope="module")
def provider(database: None) -> Provider:
    return Provider()


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


def on(request: str, **more: Any) -> dict[str, Any]:
    return {"DelegationRequestId": request, **more}


def state(actor: Actor, request: str) -> str:
    return str(actor.perform("GetDelegationRequest", **on(request))["DelegationRequest"]["State"])


def delegate(provider: Provider, acme: Acme, approver: Actor, **changes: Any) -> str:
    """A request that `approver` took, accepted and finalized."""
    request = provider.ask(OwnerAccountId=acme.id, **changes)
    for act in ("Associate", "Accept"):
        approver.perform(f"{act}DelegationRequest", **on(request))
    approver.perform("SendDelegationToken", **on(request))
    return request


def test_a_provider_gets_what_was_asked_and_allowed_for_as_long_as_was_said(
    provider: Provider, acme: Acme
) -> None:
    request = provider.ask(
        OwnerAccountId=acme.id, RequestMessage="Please", RedirectUrl="https://product.example.com/"
    )
    assert provider.sent(request)["State"] == "UNASSIGNED"
    acme.alice.perform("AssociateDelegationRequest", **on(request))
    asked = acme.alice.perform("GetDelegationRequest", **on(request))["DelegationRequest"]
    statement = json.loads(asked["PermissionPolicy"])["Statement"][0]
    assert statement["Resource"] == ["arn:aws:s3:::reports/*", "arn:aws:s3:::logs/*"]
    assert {
        name: asked[name]
        for name in (
            "State",
            "OwnerId",
            "OwnerAccountId",
            "RequestorId",
            "RequestorName",
            "RequestMessage",
            "RolePermissionRestrictionArns",
            "RedirectUrl",
            "OnlySendByOwner",
            "SessionDuration",
        )
    } == {
        "State": "ASSIGNED",
        "OwnerId": acme.alice.arn,
        "OwnerAccountId": acme.id,
        "RequestorId": provider.id,
        "RequestorName": "Provider",
        "RequestMessage": "Please",
        "RolePermissionRestrictionArns": ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
        "RedirectUrl": "https://product.example.com/",
        "OnlySendByOwner": False,
        "SessionDuration": 900,
    }
    acme.alice.perform("UpdateDelegationRequest", **on(request, Notes="Fine by me"))
    assert state(acme.alice, request) == "PENDING_APPROVAL"
    acme.alice.perform("AcceptDelegationRequest", **on(request))
    assert "ExchangeToken" not in provider.sent(request)
    before = timezone.now().replace(microsecond=0)
    acme.alice.perform("SendDelegationToken", **on(request))
    assert state(acme.alice, request) == "FINALIZED"
    token = provider.sent(request)["ExchangeToken"]
    made = provider.pat.perform("GetDelegatedAccessToken", TradeInToken=token)
    assert made["AssumedPrincipal"] == acme.alice.arn
    assert 0 < made["PackedPolicySize"] <= 100
    left = made["Credentials"]["Expiration"] - before
    assert timedelta(seconds=900) <= left < timedelta(seconds=930)
    session = provider.trade(request)
    assert session.perform("GetCallerIdentity")["Arn"] == acme.alice.arn
    assert session.perform("GetUser", UserName="bob")
    message = refused(session, "DeleteUser", UserName="bob")[1]
    assert "no session policy allows the iam:DeleteUser action" in message
    key = session.key
    assert key is not None
    (event,) = acme.root.perform("ListEvents", EventName="DeleteUser")["Events"]
    assert json.loads(event["Detail"])["DelegationRequestId"] == request
    (trade, *_) = acme.root.perform("ListEvents", EventName="GetDelegatedAccessToken")["Events"]
    assert (trade["PrincipalArn"], key.id in trade["Detail"]) == (provider.pat.arn, True)
    assert token not in json.dumps(trade, default=str)


def test_the_identity_that_accepted_is_the_limit(provider: Provider, acme: Acme) -> None:
    held = [
        allow("iam:*DelegationRequest*", "iam:SendDelegationToken"),
        allow("iam:GetUser", resource=acme.arn("user/bob")),
    ]
    dora = acme.user("dora", *held)
    session = provider.trade(delegate(provider, acme, dora))
    assert session.perform("GetUser", UserName="bob")
    assert refused(session, "GetUser", UserName="carol")[0] == "AccessDenied"
    acme.root.perform("DeleteUserPolicy", UserName="dora", PolicyName="p1")
    assert refused(session, "GetUser", UserName="bob")[0] == "AccessDenied"


def test_a_role_session_delegates_as_its_role_with_its_tags(provider: Provider, acme: Acme) -> None:
    tagged = trust(acme.arn("root"), ["sts:AssumeRole", "sts:TagSession"])
    condition = {"StringEquals": {"aws:PrincipalTag/team": "data"}}
    role = acme.role(
        "approver",
        tagged,
        allow("iam:*DelegationRequest*", "iam:SendDelegationToken"),
        allow("iam:GetUser", Condition=condition),
    )
    approver = acme.assume(acme.alice, role, Tags=[{"Key": "team", "Value": "data"}])
    request = delegate(provider, acme, approver)
    session = provider.trade(request)
    assert session.arn == f"arn:aws:sts::{acme.id}:assumed-role/approver/{request}"
    assert session.perform("GetCallerIdentity")["Arn"] == session.arn
    assert session.perform("GetUser", UserName="bob")
    acme.root.perform("DeleteRolePolicy", RoleName="approver", PolicyName="p0")
    acme.root.perform("DeleteRolePolicy", RoleName="approver", PolicyName="p1")
    acme.root.perform("DeleteRole", RoleName="approver")
    assert refused(session, "GetCallerIdentity")[0] == "InvalidClientTokenId"


class TestStates:
    def test_only_the_next_step_is_there(self, provider: Provider, acme: Acme) -> None:
        request = provider.ask(OwnerAccountId=acme.id)
        acts: dict[str, Callable[[], Any]] = {
            act: lambda act=act: acme.alice.perform(act, **on(request))  # type: ignore[misc]
            for act in (
                "AssociateDelegationRequest",
                "UpdateDelegationRequest",
                "AcceptDelegationRequest",
                "SendDelegationToken",
                "RejectDelegationRequest",
            )
        }

        def closed(*names: str) -> None:
            for name in names:
                with pytest.raises(OperationError) as caught:
                    acts[name]()
                assert caught.value.code == "InvalidInput", name
                assert "it must be" in caught.value.message

        associate, update, accept, send, reject = acts
        closed(update, accept, send, reject)
        acts[associate]()
        closed(associate, send)
        acts[accept]()
        closed(associate, update, accept)
        acts[reject]()
        closed(associate, update, accept, send, reject)
        assert provider.sent(request)["State"] == "REJECTED"
        done = delegate(provider, acme, acme.alice)
        for act in acts:
            assert refused(acme.alice, act, **on(done))[0] == "InvalidInput"

    def test_a_rejection_says_why_to_the_provider(self, provider: Provider, acme: Acme) -> None:
        request = provider.ask()
        acme.alice.perform("AssociateDelegationRequest", **on(request))
        acme.alice.perform("RejectDelegationRequest", **on(request, Notes="Too much"))
        assert provider.sent(request)["RejectionReason"] == "Too much"

    def test_what_nobody_takes_expires_in_a_day_and_the_rest_in_a_week(
        self, provider: Provider, acme: Acme
    ) -> None:
        request = provider.ask()
        asked = acme.alice.perform("GetDelegationRequest", **on(request))["DelegationRequest"]
        assert asked["ExpirationTime"] - asked["CreateDate"] == timedelta(days=1)
        acme.alice.perform("AssociateDelegationRequest", **on(request))
        asked = acme.alice.perform("GetDelegationRequest", **on(request))["DelegationRequest"]
        assert asked["ExpirationTime"] - asked["UpdatedTime"] == timedelta(days=7)
        later = timezone.now() + timedelta(days=8)
        with pytest.raises(OperationError, match="is EXPIRED"):
            perform(acme.alice.credential, "AcceptDelegationRequest", on(request), origin(), later)

    def test_a_workflow_is_asked_for_once(self, provider: Provider) -> None:
        asking = provider.asking()
        provider.pat.perform("CreateDelegationRequest", **asking)
        assert (
            refused(provider.pat, "CreateDelegationRequest", **asking)[0] == "EntityAlreadyExists"
        )


class TestTemplates:
    @pytest.mark.parametrize(
        ("parameters", "says"),
        [
            ([], "BucketName needs a value"),
            ([*PARAMETERS, {"Name": "Other", "Values": ["x"]}], "Other is not in the template"),
            ([*PARAMETERS, *PARAMETERS], "is given twice"),
            ([{**PARAMETERS[0], "Type": "string"}], "must have one value"),
            ([{"Name": "BucketName", "Values": ["*"]}], "no wildcard or variable"),
            ([{"Name": "BucketName", "Values": ["${aws:username}"]}], "no wildcard or variable"),
            ([{"Name": "BucketName", "Values": ["@{BucketName}"]}], "no wildcard or variable"),
            ([{"Name": "BucketName", "Values": []}], "must have a name and a value"),
        ],
    )
    def test_parameters_fill_places_and_nothing_else(
        self, parameters: list[Any], says: str, provider: Provider
    ) -> None:
        permissions = {"PolicyTemplateArn": provider.template, "Parameters": parameters}
        asking = provider.asking(Permissions=permissions)
        code, message = refused(provider.pat, "CreateDelegationRequest", **asking)
        assert (code, says in message) == ("InvalidInput", True), message

    def test_a_value_cannot_break_out_of_its_text(self, provider: Provider, acme: Acme) -> None:
        value = 'x"],"Action":["iam:CreateUser'
        permissions = {
            "PolicyTemplateArn": provider.template,
            "Parameters": [{"Name": "BucketName", "Values": [value]}],
        }
        request = provider.ask(Permissions=permissions)
        asked = acme.alice.perform("GetDelegationRequest", **on(request))["DelegationRequest"]
        (first, _) = json.loads(asked["PermissionPolicy"])["Statement"]
        assert first["Resource"] == f"arn:aws:s3:::{value}/*"
        assert first["Action"] == "s3:GetObject"

    def test_a_later_version_changes_nothing_that_was_asked(
        self, provider: Provider, acme: Acme
    ) -> None:
        made = provider.root.perform(
            "CreatePolicy", PolicyName="moving", PolicyDocument=allow("s3:GetObject")
        )
        arn = made["Policy"]["Arn"]
        request = provider.ask(Permissions={"PolicyTemplateArn": arn})
        provider.root.perform(
            "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow("*"), SetAsDefault=True
        )
        asked = acme.alice.perform("GetDelegationRequest", **on(request))["DelegationRequest"]
        assert json.loads(asked["PermissionPolicy"])["Statement"][0]["Action"] == ["s3:GetObject"]

    def test_only_a_provider_asks_and_with_templates_of_its_own(
        self, provider: Provider, acme: Acme
    ) -> None:
        code, message = refused(acme.alice, "CreateDelegationRequest", **provider.asking())
        assert (code, "RegisterService" in message) == ("AccessDenied", True)
        for arn in ("arn:aws:iam::aws:policy/AdministratorAccess", acme.arn("policy/x")):
            asking = provider.asking(Permissions={"PolicyTemplateArn": arn})
            assert refused(provider.pat, "CreateDelegationRequest", **asking)[0] == "InvalidInput"
        asking = provider.asking(NotificationChannel=f"arn:aws:sns:us-east-1:{acme.id}:topic")
        assert refused(provider.pat, "CreateDelegationRequest", **asking)[0] == "InvalidInput"


class TestWhoMay:
    def test_another_account_knows_nothing_of_a_request_that_is_not_its_own(
        self, provider: Provider, acme: Acme, evil: Evil
    ) -> None:
        request = provider.ask(OwnerAccountId=acme.id)
        missing = str(uuid.uuid4())
        acts = ("Get", "Associate", "Accept", "Update", "Reject")
        for act in (*(f"{one}DelegationRequest" for one in acts), "SendDelegationToken"):
            told, made_up = (refused(evil.mallory, act, **on(one)) for one in (request, missing))
            assert told[0] == "NoSuchEntity"
            assert told[1].replace(request, "") == made_up[1].replace(missing, "")
        arn = f"arn:aws:iam::{acme.id}:delegation-request/{request}"
        assert refused(evil.mallory, "GetHumanReadableSummary", EntityArn=arn)[0] == "NoSuchEntity"
        assert evil.mallory.perform("ListDelegationRequests") == {
            "DelegationRequests": [],
            "isTruncated": False,
        }

    def test_whoever_takes_an_open_request_first_keeps_it(
        self, provider: Provider, acme: Acme, evil: Evil
    ) -> None:
        request = provider.ask()
        assert state(evil.mallory, request) == state(acme.alice, request) == "UNASSIGNED"
        acme.alice.perform("AssociateDelegationRequest", **on(request))
        assert (
            refused(evil.mallory, "AssociateDelegationRequest", **on(request))[0] == "NoSuchEntity"
        )
        assert refused(evil.mallory, "GetDelegationRequest", **on(request))[0] == "NoSuchEntity"
        assert refused(acme.bob, "AssociateDelegationRequest", **on(request))[0] == "AccessDenied"

    def test_the_owner_reads_and_updates_by_default_unless_denied(
        self, provider: Provider, acme: Acme
    ) -> None:
        eve = acme.user("eve", allow("iam:AssociateDelegationRequest"))
        request = provider.ask(OwnerAccountId=acme.id)
        assert refused(eve, "GetDelegationRequest", **on(request))[0] == "AccessDenied"
        eve.perform("AssociateDelegationRequest", **on(request))
        assert state(eve, request) == "ASSIGNED"
        arn = acme.arn(f"delegation-request/{request}")
        assert eve.perform("GetHumanReadableSummary", EntityArn=arn)["SummaryState"] == "AVAILABLE"
        eve.perform("UpdateDelegationRequest", **on(request))
        for act in ("AcceptDelegationRequest", "RejectDelegationRequest", "SendDelegationToken"):
            assert refused(eve, act, **on(request))[0] == "AccessDenied"
        assert refused(acme.carol, "GetDelegationRequest", **on(request))[0] == "AccessDenied"
        document = deny("iam:GetDelegationRequest")
        acme.root.perform("PutUserPolicy", UserName="eve", PolicyName="no", PolicyDocument=document)
        assert refused(eve, "GetDelegationRequest", **on(request))[0] == "AccessDenied"

    def test_policies_can_ask_whose_a_request_is(self, provider: Provider, acme: Acme) -> None:
        condition = {"StringEquals": {"iam:DelegationRequestOwner": acme.alice.arn}}
        frank = acme.user(
            "frank",
            allow("iam:GetDelegationRequest", "iam:ListDelegationRequests", Condition=condition),
        )
        request = provider.ask(OwnerAccountId=acme.id)
        assert refused(frank, "GetDelegationRequest", **on(request))[0] == "AccessDenied"
        acme.alice.perform("AssociateDelegationRequest", **on(request))
        assert state(frank, request) == "ASSIGNED"
        listed = frank.perform("ListDelegationRequests", OwnerId=acme.alice.arn, MaxItems=1)
        assert len(listed["DelegationRequests"]) == 1
        assert refused(frank, "ListDelegationRequests")[0] == "AccessDenied"

    def test_a_token_may_be_the_owners_to_send(self, provider: Provider, acme: Acme) -> None:
        gina = acme.user("gina", allow("iam:*Delegation*"))
        request = provider.ask(OwnerAccountId=acme.id, OnlySendByOwner=True)
        gina.perform("AssociateDelegationRequest", **on(request))
        acme.alice.perform("AcceptDelegationRequest", **on(request))
        code, message = refused(acme.alice, "SendDelegationToken", **on(request))
        assert (code, gina.arn in message) == ("AccessDenied", True)
        gina.perform("SendDelegationToken", **on(request))
        assert provider.trade(request).arn == acme.alice.arn

    def test_root_and_limited_sessions_cannot_accept(self, provider: Provider, acme: Acme) -> None:
        role = acme.role("limited", trust(acme.arn("root")), allow("*"))
        session = acme.assume(acme.alice, role, Policy=allow("iam:*Delegation*"))
        request = provider.ask(OwnerAccountId=acme.id)
        session.perform("AssociateDelegationRequest", **on(request))
        for actor in (acme.root, session):
            code, message = refused(actor, "AcceptDelegationRequest", **on(request))
            assert (code, "cannot accept" in message) == ("AccessDenied", True)
        assert state(acme.alice, request) == "ASSIGNED"


class TestTokens:
    def test_a_token_is_worth_nothing_to_anybody_else(
        self, provider: Provider, acme: Acme, evil: Evil
    ) -> None:
        request = delegate(provider, acme, acme.alice)
        token = provider.sent(request)["ExchangeToken"]
        for actor in (evil.mallory, acme.alice):
            assert (
                refused(actor, "GetDelegatedAccessToken", TradeInToken=token)[0] == "AccessDenied"
            )
        for other in (token[:-8], token[:40] + "AAAA" + token[44:], "x", "é"):
            told = refused(provider.pat, "GetDelegatedAccessToken", TradeInToken=other)
            assert told[0] == "AccessDenied"

    def test_it_ends_with_the_time_that_was_asked_for(self, provider: Provider, acme: Acme) -> None:
        request = delegate(provider, acme, acme.alice, SessionDuration=300)
        token = {"TradeInToken": provider.sent(request)["ExchangeToken"]}
        later = timezone.now() + timedelta(seconds=301)
        with pytest.raises(OperationError) as caught:
            perform(provider.pat.credential, "GetDelegatedAccessToken", token, origin(), later)
        assert caught.value.code == "ExpiredTradeInTokenException"
        session = provider.trade(request)
        with pytest.raises(OperationError, match="ExpiredToken"):
            perform(session.credential, "GetCallerIdentity", {}, origin(), later)

    def test_a_delegated_session_leads_nowhere_else(self, provider: Provider, acme: Acme) -> None:
        made = provider.root.perform("CreatePolicy", PolicyName="all", PolicyDocument=allow("*"))
        permissions = {"PolicyTemplateArn": made["Policy"]["Arn"]}
        session = provider.trade(delegate(provider, acme, acme.alice, Permissions=permissions))
        assert session.perform("ListUsers")
        acme.role("open", trust("*"), allow("*"))
        pending = provider.ask(OwnerAccountId=acme.id)
        acme.alice.perform("AssociateDelegationRequest", **on(pending))
        for operation, params in (
            ("AssumeRole", {"RoleArn": acme.arn("role/open"), "RoleSessionName": "s1"}),
            ("GetSessionToken", {}),
            ("GetFederationToken", {"Name": "name"}),
            ("GetWebIdentityToken", {"Audience": ["a"], "SigningAlgorithm": "RS256"}),
            ("ChangePassword", {"OldPassword": "x", "NewPassword": "y"}),
            ("GetDelegationRequest", on(pending)),
            ("AcceptDelegationRequest", on(pending)),
            ("Authorize", {"ActionName": "s3:GetObject", "ResourceArn": "arn:aws:s3:::x/y"}),
        ):
            assert refused(session, operation, **params)[0] == "AccessDenied", operation

    def test_a_suspended_provider_has_nothing(self, acme: Acme) -> None:
        provider = Provider()
        session = provider.trade(delegate(provider, acme, acme.alice))
        operators.suspend(operators.Shell(), provider.id, origin())
        assert refused(session, "GetCallerIdentity")[0] == "InvalidClientTokenId"


class TestReview:
    @pytest.mark.parametrize(
        ("documents", "result"),
        [
            ((allow("s3:*"), allow("iam:*")), "ALLOWED"),
            ((allow("s3:GetObject", resource="arn:aws:s3:::reports/*"), allow("iam:*")), "DENIED"),
            (
                (
                    allow("s3:*", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
                    allow("iam:*"),
                ),
                "UNSURE",
            ),
            ((allow("*"), deny("iam:CreateRole")), "DENIED"),
        ],
    )
    def test_whoever_asks_learns_whether_it_has_the_permissions(
        self, documents: tuple[str, ...], result: str, provider: Provider, acme: Acme
    ) -> None:
        name = f"checker-{uuid.uuid4().hex[:8]}"
        checker = acme.user(name, *documents, allow("iam:GetDelegationRequest"))
        request = provider.ask(OwnerAccountId=acme.id)
        got = checker.perform("GetDelegationRequest", **on(request, DelegationPermissionCheck=True))
        assert (got["PermissionCheckStatus"], got["PermissionCheckResult"]) == ("COMPLETE", result)

    def test_the_permissions_are_read_out_in_plain_words(
        self, provider: Provider, acme: Acme
    ) -> None:
        request = provider.ask(OwnerAccountId=acme.id)
        arn = acme.arn(f"delegation-request/{request}")
        told = acme.alice.perform("GetHumanReadableSummary", EntityArn=arn, Locale="en-GB")
        assert (told["SummaryState"], told["Locale"]) == ("AVAILABLE", "en-GB")
        first, second = told["SummaryContent"].split("\n")
        assert first.startswith("Allow ")
        assert "(s3:GetObject)" in first
        assert "reports" in first
        assert "iam:CreateRole" in second
        told = acme.alice.perform("GetHumanReadableSummary", EntityArn=arn, Locale="ja")
        assert told == {"SummaryContent": "", "Locale": "ja", "SummaryState": "NOT_SUPPORTED"}
        told = refused(acme.alice, "GetHumanReadableSummary", EntityArn=acme.alice.arn)
        assert told[0] == "InvalidInput"


def test_row_level_security_shows_a_request_to_its_two_parties_alone(
    provider: Provider, acme: Acme, evil: Evil
) -> None:
    request = provider.ask(OwnerAccountId=acme.id)
    for account, seen in ((provider, True), (acme, True), (evil, False)):
        with transaction.atomic():
            tenancy.enter(account.id)
            assert DelegationRequest.objects.filter(id=request).exists() is seen
            updated = DelegationRequest.objects.filter(id=request).update(notes="")
            assert updated == int(account is provider)


def test_boto3_takes_a_request_from_asking_to_trading_in(
    provider: Provider, acme: Acme, portal: Portal
) -> None:
    asking = provider.pat.client("iam", portal.url)
    request = asking.create_delegation_request(**provider.asking(OwnerAccountId=acme.id))
    owner = acme.alice.client("iam", portal.url)
    named = {"DelegationRequestId": request["DelegationRequestId"]}
    owner.associate_delegation_request(**named)
    listed = owner.list_delegation_requests(OwnerId=acme.alice.arn)
    assert named["DelegationRequestId"] in {
        one["DelegationRequestId"] for one in listed["DelegationRequests"]
    }
    owner.accept_delegation_request(**named)
    owner.send_delegation_token(**named)
    token = provider.sent(named["DelegationRequestId"])["ExchangeToken"]
    sts = provider.pat.client("sts", portal.url)
    made = sts.get_delegated_access_token(TradeInToken=token)
    acting = Key.of(made["Credentials"]).client("iam", portal.url)
    assert acting.get_user(UserName="bob")["User"]["UserName"] == "bob"
