"""ProvidedContexts of AssumeRole: an application acts for somebody its account's issuer knows."""

import json
import time
from typing import Any

import pytest
from django.db import transaction

from accounts import tenancy
from accounts.models import Event
from iamsite.operations import OperationError
from tests.cast import Acme, Actor, Evil, allow, deny, trust
from tests.identities.federation.issuer import Issuer, rsa_key

BOTH = ["sts:AssumeRole", "sts:SetContext"]


class Applications:
    """Acme's application ci, which may act as the role App for whoever signs in at the issuer."""

    def __init__(self, acme: Acme, issuer: Issuer) -> None:
        self.acme, self.issuer = acme, issuer
        self.name = issuer.url.removeprefix("https://")
        self.provider = self.registered(acme)
        self.ci = acme.user("app", allow("sts:SetContext"))
        self.role = acme.role("App", trust(self.ci.arn, BOTH), allow("*"))

    def registered(self, account: Any) -> str:
        made = account.root.perform(
            "CreateOpenIDConnectProvider",
            Url=self.issuer.url,
            ClientIDList=["web"],
            ThumbprintList=[self.issuer.thumbprint],
        )
        return str(made["OpenIDConnectProviderArn"])

    def context(self, token: str | None = None, provider: str | None = None) -> dict[str, str]:
        return {
            "ProviderArn": provider or self.provider,
            "ContextAssertion": token or self.issuer.token(sub="ann", email="ann@acme.test"),
        }

    def assume(self, *contexts: dict[str, str], by: Actor | None = None, **params: Any) -> Actor:
        given = list(contexts) or [self.context()]
        return self.acme.assume(by or self.ci, self.role, ProvidedContexts=given, **params)

    def refusal(self, *contexts: dict[str, str], **params: Any) -> tuple[str, str]:
        with pytest.raises(OperationError) as caught:
            self.assume(*contexts, **params)
        return caught.value.code, caught.value.message

    def trusting(self, document: str) -> None:
        self.acme.root.perform("UpdateAssumeRolePolicy", RoleName="App", PolicyDocument=document)

    def events(self, operation: str) -> list[Event]:
        with transaction.atomic():
            tenancy.enter(self.acme.id)
            return list(Event.objects.filter(operation=operation).order_by("sequence"))


@pytest.fixture
def applications(acme: Acme, issuer: Issuer) -> Applications:
    return Applications(acme, issuer)


def bare(actor: Actor, role: str, action: str = "sts:SetContext") -> tuple[str, str]:
    return (
        "AccessDenied",
        f"User: {actor.arn} is not authorized to perform: {action} on resource: {role}",
    )


class TestSession:
    def test_it_carries_what_the_person_s_token_says(self, applications: Applications) -> None:
        mine = {
            "StringEquals": {
                f"{applications.name}:sub": "ann",
                f"{applications.name}:email": "ann@acme.test",
            }
        }
        document = allow("iam:ListUsers", Condition=mine)
        applications.acme.root.perform(
            "PutRolePolicy", RoleName="App", PolicyName="p0", PolicyDocument=document
        )
        assert applications.assume().perform("ListUsers")["Users"]
        for_bob = applications.assume(applications.context(applications.issuer.token(sub="bob")))
        for_nobody = applications.acme.assume(applications.ci, applications.role)
        for session in (for_bob, for_nobody):
            with pytest.raises(OperationError) as caught:
                session.perform("ListUsers")
            assert caught.value.code == "AccessDenied"

    def test_the_trail_says_for_whom_it_was_made_and_for_whom_it_acts(
        self, applications: Applications
    ) -> None:
        context = applications.context()
        session = applications.assume(context)
        session.perform("CreateGroup", GroupName="made")
        (assumed,) = applications.events("AssumeRole")
        assert assumed.detail["ProvidedContexts"] == {applications.provider: "ann"}
        kept = {"ProviderArn": applications.provider, "ContextAssertion": "***"}
        assert assumed.parameters["ProvidedContexts"] == [kept]
        made = next(one for one in applications.events("CreateGroup") if one.detail)
        assert made.detail == {"OnBehalfOf": {applications.provider: "ann"}}
        assert context["ContextAssertion"] not in json.dumps([assumed.detail, made.detail])

    def test_it_does_not_travel_down_a_chain(self, applications: Applications) -> None:
        acme = applications.acme
        acme.assume(applications.assume(), acme.deployer)
        seen = {"Null": {f"{applications.name}:sub": "true"}}
        role = acme.role("Next", trust(applications.role), allow("iam:ListUsers", Condition=seen))
        assert acme.assume(applications.assume(), role).perform("ListUsers")["Users"]

    def test_what_it_says_takes_room(self, applications: Applications) -> None:
        params = {"RoleArn": applications.role, "RoleSessionName": "app"}
        contexts = [applications.context()]
        output = applications.ci.perform("AssumeRole", **params, ProvidedContexts=contexts)
        assert 1 <= output["PackedPolicySize"] <= 10


class TestConsent:
    def test_the_role_must_allow_it_apart(self, applications: Applications) -> None:
        applications.trusting(trust(applications.ci.arn))
        assert applications.refusal() == bare(applications.ci, applications.role)
        assert applications.acme.assume(applications.ci, applications.role)

    def test_the_caller_must_be_allowed_it_on_the_provider(
        self, applications: Applications
    ) -> None:
        named = allow("sts:SetContext", resource=applications.provider)
        for document, granted in ((named, True), (deny("sts:SetContext"), False)):
            applications.acme.root.perform(
                "PutUserPolicy", UserName="app", PolicyName="p0", PolicyDocument=document
            )
            if granted:
                assert applications.assume()
        code, message = applications.refusal()
        assert (code, applications.provider in message) == ("AccessDenied", True)
        assert message.endswith("with an explicit deny in an identity-based policy")

    @pytest.mark.parametrize(
        ("operator", "key", "value", "granted"),
        [
            ("StringLike", "sts:RequestContext/{}:email", "*@acme.test", True),
            ("StringLike", "sts:RequestContext/{}:email", "*@evil.test", False),
            ("StringEquals", "sts:RequestContext/{}:aud", "web", True),
            ("ForAllValues:ArnEquals", "sts:RequestContextProviders", "{}", True),
            ("ForAllValues:ArnEquals", "sts:RequestContextProviders", "{}x", False),
        ],
    )
    def test_the_role_chooses_for_whom(
        self, applications: Applications, operator: str, key: str, value: str, granted: bool
    ) -> None:
        condition = {operator: {key.format(applications.name): value.format(applications.provider)}}
        document = json.loads(trust(applications.ci.arn))
        chosen = json.loads(trust(applications.ci.arn, "sts:SetContext", Condition=condition))
        document["Statement"] += chosen["Statement"]
        applications.trusting(json.dumps(document))
        if granted:
            assert applications.assume()
        else:
            assert applications.refusal() == bare(applications.ci, applications.role)

    def test_another_account_s_application_needs_both_sides(
        self, applications: Applications, evil: Evil
    ) -> None:
        applications.trusting(trust(evil.arn("root"), BOTH))
        assert applications.assume(by=evil.mallory)
        poor = evil.user("poor", allow("sts:AssumeRole"))
        code, message = applications.refusal(by=poor)
        assert (code, "sts:SetContext" in message) == ("AccessDenied", True)


class TestAssertion:
    def test_a_stranger_to_the_role_is_told_nothing_of_it(
        self, applications: Applications, evil: Evil
    ) -> None:
        expected = bare(evil.mallory, applications.role, "sts:AssumeRole")
        for context in (
            applications.context(),
            applications.context("a.b.c"),
            applications.context(provider="arn:aws:iam::aws:contextProvider/IdentityCenter"),
        ):
            assert applications.refusal(context, by=evil.mallory) == expected

    def test_only_a_provider_of_the_role_s_account_provides(
        self, applications: Applications, evil: Evil
    ) -> None:
        for arn in (
            "arn:aws:iam::aws:contextProvider/IdentityCenter",
            applications.registered(evil),
            f"{applications.provider}/other",
        ):
            assert applications.refusal(applications.context(provider=arn)) == (
                "InvalidParameterValue",
                (
                    f"{arn} is no context provider: it must be the ARN of an OpenID Connect "
                    "provider in the account of the role."
                ),
            )

    def test_a_token_that_does_not_count_is_refused(self, applications: Applications) -> None:
        issuer, now = applications.issuer, int(time.time())
        refused = {
            issuer.token(rsa_key("mallory")): "The signature of the web identity token could not",
            issuer.token(aud="another application"): "Incorrect token audience",
            issuer.token(iss="https://idp.example.test"): "The context assertion was not issued by",
            issuer.token(nbf=now + 600): "Token not yet valid",
            "not a token": "The ID Token provided is not a valid JWT",
        }
        for token, message in refused.items():
            code, text = applications.refusal(applications.context(token))
            assert (code, text[: len(message)]) == ("InvalidIdentityToken", message)
        expired = issuer.token(exp=now - 301)
        code, text = applications.refusal(applications.context(expired))
        assert (code, text[:14]) == ("ExpiredTokenException", "Token expired:")
        (last,) = applications.events("AssumeRole")[-1:]
        assert (last.outcome, expired in json.dumps(last.parameters)) == (code, False)

    def test_what_is_missing_or_given_twice_is_refused(self, applications: Applications) -> None:
        context = applications.context()
        null = "1 validation error detected: Value null at 'providedContexts.{}.member.{}' failed"
        half = {"ProviderArn": applications.provider}
        code, message = applications.refusal(half)
        begin = null.format(1, "contextAssertion")
        assert (code, message[: len(begin)]) == ("ValidationError", begin)
        assert applications.refusal(context, context) == (
            "InvalidParameterValue",
            f"The context provider {applications.provider} is given more than once.",
        )
        code, message = applications.refusal(*[context] * 6)
        assert (code, "less than or equal to 5" in message) == ("ValidationError", True)

    def test_what_an_administrator_has_taken_back_counts_no_more(
        self, applications: Applications
    ) -> None:
        assert applications.assume()
        applications.acme.root.perform(
            "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=applications.provider
        )
        code, message = applications.refusal()
        assert (code, "is no context provider" in message) == ("InvalidParameterValue", True)
