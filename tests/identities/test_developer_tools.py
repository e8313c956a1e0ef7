"""`aws login`: a developer tool acts as whoever approved it in the console, and as nobody else."""

import base64
import json
from datetime import timedelta
from urllib.parse import parse_qsl

import jwt
import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts import tenancy
from accounts.models import Account
from iamsite.operations import OperationError
from tests.cast import Acme, Evil, allow, deny, trust
from tests.iamsite.console.browser import Browser, text
from tests.identities.tool import (
    CALLBACK,
    CHANGED,
    CONFIRMATION,
    CROSS,
    EXPIRED,
    POOR,
    SAME,
    Tool,
    actor,
    denied,
    events,
    later,
    may,
    refused,
    resource,
)

MAY = "arn:aws:iam::aws:policy/SignInLocalDevelopmentAccess"


@pytest.fixture
def carol(acme: Acme) -> Browser:
    """Carol's browser; she may sign tools in, and nothing else."""
    may(acme)
    return Browser().sign_in(acme, "carol")


class TestApproval:
    def test_the_page_says_who_what_and_where(self, acme: Acme, carol: Browser) -> None:
        tool = Tool()
        began = Client(SERVER_NAME="localhost").get(tool.address("/v1/authorize"))
        assert began["Location"] == tool.address()
        page = carol.get(began["Location"])
        assert page.status_code == 200
        for said in ("carol", f"arn:aws:iam::{acme.id}:user/carol", "On this machine", "Allow"):
            assert said in text(page)
        # What the browser sends the form's answer to is this portal, and that port alone.
        assert "form-action 'self' http://127.0.0.1:43210;" in f"{page['Content-Security-Policy']};"
        assert f"{CALLBACK}?error=access_denied&amp;state={tool.state}" in page.content.decode()
        assert not events(acme.id, "AuthorizeOAuth2Access")

    def test_whoever_is_not_signed_in_signs_in_first(self, acme: Acme) -> None:
        may(acme)
        tool, browser = Tool(), Browser()
        response = browser.get(tool.address())
        address, _, query = response["Location"].partition("?")
        assert address == "/console/sign-in"
        assert dict(parse_qsl(query))["next"] == tool.address()

    def test_the_credentials_are_the_user_s_own_for_a_quarter_of_an_hour(
        self, acme: Acme, carol: Browser
    ) -> None:
        tokens = Tool().signed_in(carol)
        assert tokens.keys() == {
            "accessToken",
            "tokenType",
            "expiresIn",
            "refreshToken",
            "idToken",
        }
        assert (tokens["tokenType"], 890 < tokens["expiresIn"] <= 900) == ("aws_sigv4", True)
        claims = jwt.decode(tokens["idToken"], options={"verify_signature": False})
        assert (claims["sub"], claims["aud"]) == (acme.carol.arn, SAME)
        tool = actor(tokens)
        assert tool.perform("GetCallerIdentity")["Arn"] == acme.carol.arn
        assert denied(tool, "ListUsers") == "AccessDenied"
        seen = {
            "ArnLike": {"aws:SignInSessionArn": f"arn:aws:signin:us-east-1:{acme.id}:session/*"}
        }
        may(acme, "carol", allow("iam:ListUsers", Condition=seen))
        assert tool.perform("ListUsers")["Users"]
        assert denied(acme.carol, "ListUsers") == "AccessDenied"
        for operation in ("GetSessionToken", "GetFederationToken"):
            params = {"Name": "x-y"} if operation == "GetFederationToken" else {}
            with pytest.raises(OperationError) as caught:
                tool.perform(operation, **params)
            assert caught.value.code == "AccessDenied"

    def test_root_needs_no_permission(self, acme: Acme) -> None:
        tool = actor(Tool().signed_in(Browser().sign_in_root(acme)))
        assert tool.perform("GetCallerIdentity")["Arn"] == acme.root.arn
        assert tool.perform("ListUsers")["Users"]

    def test_a_role_that_was_switched_to_is_what_the_tool_acts_as(
        self, acme: Acme, evil: Evil
    ) -> None:
        role = evil.role("Guest", trust(acme.carol.arn), allow("signin:*", "iam:ListRoles"))
        may(acme, "carol", allow("sts:AssumeRole"))
        browser = Browser().sign_in(acme, "carol")
        browser.post("/console/switch-role", {"account": evil.id, "roleName": "Guest"})
        tool = Tool()
        tokens = tool.signed_in(browser)
        arn = actor(tokens).perform("GetCallerIdentity")["Arn"]
        assert arn == f"arn:aws:sts::{evil.id}:assumed-role/Guest/carol"
        assert actor(tokens).perform("ListRoles")["Roles"]
        again = tool.refresh(tokens["refreshToken"]).json()
        assert actor(again).perform("GetCallerIdentity")["Arn"] == arn
        evil.root.perform("DeleteRolePolicy", RoleName="Guest", PolicyName="p0")
        evil.root.perform("DeleteRole", RoleName=role.rpartition("/")[2])
        assert denied(actor(again)) == "InvalidClientTokenId"
        assert refused(tool.refresh(again["refreshToken"])) == CHANGED

    def test_a_second_factor_at_the_console_counts_for_the_tool(
        self, acme: Acme, carol: Browser
    ) -> None:
        only = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        tool = Tool()
        code = tool.approved(carol)
        may(acme, "carol", allow("iam:ListUsers", "signin:*", Condition=only))
        assert refused(tool.redeem(code)) == POOR
        later(acme.id, mfa_at=timezone.now())
        assert actor(tool.redeem(code).json()).perform("ListUsers")["Users"]

    def test_a_code_for_another_machine_is_shown_to_be_copied(
        self, acme: Acme, carol: Browser
    ) -> None:
        tool = Tool(CROSS, CONFIRMATION)
        assert "On another machine" in text(carol.get(tool.address()))
        page = carol.post(tool.address())
        assert page.status_code == 200
        (shown,) = [word for word in text(page).split() if len(word) > 100]
        answer = dict(parse_qsl(base64.b64decode(shown).decode()))
        assert answer["state"] == tool.state
        assert actor(tool.redeem(answer["code"]).json()).perform("GetCallerIdentity")

    def test_it_is_in_the_trail_without_a_secret(self, acme: Acme, carol: Browser) -> None:
        tool = Tool()
        code = tool.approved(carol)
        tokens = tool.redeem(code).json()
        tool.refresh(tokens["refreshToken"])
        kept = events(acme.id, "AuthorizeOAuth2Access", "CreateOAuth2Token")
        assert [one.operation for one in kept] == [
            "AuthorizeOAuth2Access",
            *["CreateOAuth2Token"] * 2,
        ]
        assert {one.principal_arn for one in kept} == {acme.carol.arn}
        assert {one.detail["SignInSession"] for one in kept} == {kept[0].detail["SignInSession"]}
        assert kept[1].detail["IssuedAccessKeyId"] == tokens["accessToken"]["accessKeyId"]
        everything = json.dumps([[one.detail, one.parameters] for one in kept])
        secrets = [code, tool.verifier, tokens["refreshToken"], *tokens["accessToken"].values()]
        assert not [one for one in secrets[:3] if one in everything]
        assert tokens["accessToken"]["secretAccessKey"] not in everything

    def test_it_is_among_the_sessions_and_ends_with_a_press(
        self, acme: Acme, carol: Browser
    ) -> None:
        tool = Tool()
        code = tool.approved(carol)
        assert (
            len(acme.root.perform("ListConsoleSessions", UserName="carol")["ConsoleSessions"]) == 1
        )
        tokens = tool.redeem(code).json()
        (session,) = [
            one
            for one in acme.root.perform("ListConsoleSessions", UserName="carol")["ConsoleSessions"]
            if one.get("ClientId") == SAME
        ]
        assert "Developer tool" in text(carol.get("/console/sessions"))
        carol.post(f"/console/sessions/{session['SessionId']}/end")
        assert denied(actor(tokens)) == "InvalidClientTokenId"
        assert refused(tool.refresh(tokens["refreshToken"])) == EXPIRED


class TestPermission:
    def test_who_may_not_is_told_and_it_is_recorded(self, acme: Acme) -> None:
        browser, tool = Browser().sign_in(acme, "carol"), Tool()
        shown = browser.get(tool.address())
        assert shown.status_code == 403
        assert "signin:AuthorizeOAuth2Access" in text(shown)
        assert "Allow" not in text(shown).split()
        response = browser.post(tool.address())
        assert response.status_code == 403
        (event,) = events(acme.id, "AuthorizeOAuth2Access")
        assert (event.outcome, event.principal_arn) == ("AccessDenied", acme.carol.arn)
        decision = acme.root.perform("GetDecision", DecisionId=event.detail["DecisionId"])
        assert resource(acme.id) in json.dumps(decision, default=str)

    def test_this_machine_and_another_are_allowed_apart(self, acme: Acme) -> None:
        may(acme, "carol", allow("signin:*", resource=resource(acme.id, "remote")))
        browser = Browser().sign_in(acme, "carol")
        assert browser.get(Tool().address()).status_code == 403
        assert browser.get(Tool(CROSS, CONFIRMATION).address()).status_code == 200

    def test_the_managed_policy_of_aws_is_enough(self, acme: Acme) -> None:
        acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=MAY)
        assert Tool().signed_in(Browser().sign_in(acme, "carol"))

    def test_what_is_taken_back_counts_at_the_next_refresh(
        self, acme: Acme, carol: Browser
    ) -> None:
        tool = Tool()
        tokens = tool.signed_in(carol)
        may(acme, "carol", deny("signin:CreateOAuth2Token"))
        assert refused(tool.refresh(tokens["refreshToken"])) == POOR
        (*_, event) = events(acme.id, "CreateOAuth2Token")
        assert (event.outcome, event.principal_arn) == ("AccessDenied", acme.carol.arn)
        may(acme)
        assert tool.refresh(tokens["refreshToken"]).status_code == 200


class TestEnd:
    """What ends a browser's session ends those of tools."""

    @pytest.mark.parametrize(
        ("operation", "params"),
        [
            ("UpdateLoginProfile", {"Password": "Another horse battery 2"}),
            ("DeleteLoginProfile", {}),
        ],
    )
    def test_another_password_ends_it_at_once(
        self, acme: Acme, carol: Browser, operation: str, params: dict[str, str]
    ) -> None:
        tool = Tool()
        tokens = tool.signed_in(carol)
        acme.root.perform(operation, UserName="carol", **params)
        assert denied(actor(tokens)) == "InvalidClientTokenId"
        assert refused(tool.refresh(tokens["refreshToken"])) == EXPIRED

    def test_a_deleted_user_is_gone_from_the_tool(self, acme: Acme) -> None:
        gone = acme.user("gone", allow("signin:*"))
        tool = Tool()
        tokens = tool.signed_in(Browser().sign_in(acme, "gone"))
        acme.root.perform("DeleteLoginProfile", UserName="gone")
        acme.root.perform("DeleteUserPolicy", UserName="gone", PolicyName="p0")
        assert gone.key is not None
        acme.root.perform("DeleteAccessKey", UserName="gone", AccessKeyId=gone.key.id)
        acme.root.perform("DeleteUser", UserName="gone")
        assert denied(actor(tokens)) == "InvalidClientTokenId"
        assert refused(tool.refresh(tokens["refreshToken"])) == EXPIRED

    def test_a_suspended_account_gets_nothing(self, acme: Acme, carol: Browser) -> None:
        tool = Tool()
        tokens = tool.signed_in(carol)
        with transaction.atomic():
            tenancy.enter(acme.id)
            Account.objects.filter(id=acme.id).update(status="suspended")
        assert refused(tool.refresh(tokens["refreshToken"])) == POOR

    def test_revoking_older_sessions_concerns_what_a_tool_renews_as_well(
        self, acme: Acme, carol: Browser
    ) -> None:
        tool = Tool()
        tokens = tool.signed_in(carol)
        now = timezone.now().replace(microsecond=0) + timedelta(seconds=1)
        older = {"DateLessThan": {"aws:TokenIssueTime": now.strftime("%Y-%m-%dT%H:%M:%SZ")}}
        document = deny("*", Condition=older)
        params = {"PolicyName": "AWSRevokeOlderSessions", "PolicyDocument": document}
        acme.root.perform("PutUserPolicy", UserName="carol", **params)
        later(acme.id, created_at=timezone.now() - timedelta(minutes=1))
        assert refused(tool.refresh(tokens["refreshToken"])) == POOR

    def test_it_lasts_as_long_as_the_sign_in_would(self, acme: Acme, carol: Browser) -> None:
        tool = Tool()
        tokens = tool.signed_in(carol)
        carol.post("/console/sign-out")
        tokens = tool.refresh(tokens["refreshToken"]).json()
        later(acme.id, expires_at=timezone.now() + timedelta(seconds=60))
        tokens = tool.refresh(tokens["refreshToken"]).json()
        assert 50 < tokens["expiresIn"] <= 60
        assert "idToken" not in tokens
        later(acme.id, expires_at=timezone.now())
        assert refused(tool.refresh(tokens["refreshToken"])) == EXPIRED
