"""The federation endpoint as AWS's tools use it, and what it must not do for anybody."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from tests.cast import Acme, Evil, Key, allow, trust
from tests.portal import Portal
from tests.security.browser import FORM, SESSION, Browser


def session_of(key: Key) -> str:
    """As aws-vault and Amazon's own example put it."""
    parts = {"sessionId": key.id, "sessionKey": key.secret, "sessionToken": key.token}
    return json.dumps(parts)


@pytest.fixture
def deployer(acme: Acme, portal: Portal) -> Key:
    """Alice's session in the role Deployer, obtained with her long-term key over the wire."""
    sts: Any = acme.alice.client("sts", portal.url)
    assumed = sts.assume_role(RoleArn=acme.deployer, RoleSessionName="alice")
    return Key.of(assumed["Credentials"])


def token_for(browser: Browser, key: Key, **more: str) -> str:
    query = urlencode({"Action": "getSigninToken", "Session": session_of(key), **more})
    answer = browser("GET", f"/federation?{query}")
    assert answer.status == 200, answer.text
    return str(answer.json["SigninToken"])


def refused(browser: Browser, session: str, **more: str) -> str:
    query = urlencode({"Action": "getSigninToken", "Session": session, **more})
    answer = browser("GET", f"/federation?{query}")
    assert answer.status == 400
    assert list(answer.json) == ["message"]
    return str(answer.json["message"])


def login(browser: Browser, token: str, destination: str = "") -> Any:
    query = {"Action": "login", "Issuer": "https://example.com", "SigninToken": token}
    return browser("GET", f"/federation?{urlencode({**query, 'Destination': destination})}")


class TestTools:
    def test_a_tools_link_opens_the_console_as_the_role(
        self, acme: Acme, browser: Browser, deployer: Key, portal: Portal
    ) -> None:
        answer = login(browser, token_for(browser, deployer), f"{portal.url}/console/users/?q=a")
        assert (answer.status, answer.location) == (302, "/console/users/?q=a")
        assert browser.get(answer.location).status == 200
        identity = browser("GET", "/api/v1/caller-identity").json
        assert identity["Arn"] == acme.arn("x").replace("iam", "sts").replace(
            ":x", ":assumed-role/Deployer/alice"
        )
        assert browser("GET", "/api/v1/groups").code == (403, "AccessDenied")

    def test_posting_works_as_well(self, browser: Browser, deployer: Key) -> None:
        form = urlencode({"Action": "getSigninToken", "Session": session_of(deployer)}).encode()
        answer = browser("POST", "/federation", form, {"Content-Type": FORM})
        assert login(browser, answer.json["SigninToken"]).status == 302

    def test_a_federated_user_sees_iam_in_the_console(
        self, acme: Acme, browser: Browser, portal: Portal
    ) -> None:
        """By API it may call nothing of IAM; in the console it may what its policies allow."""
        sts: Any = acme.alice.client("sts", portal.url)
        made = sts.get_federation_token(Name="dora", Policy=allow("iam:ListUsers"))
        assert login(browser, token_for(browser, Key.of(made["Credentials"]))).status == 302
        assert browser("GET", "/api/v1/users").status == 200
        assert browser("GET", "/api/v1/groups").code == (403, "AccessDenied")
        page = browser.get("/console/")
        assert page.status == 200
        assert "dora" in page.text
        assert browser.get("/console/security-credentials").status == 200

    def test_it_is_recorded(self, acme: Acme, browser: Browser, deployer: Key) -> None:
        login(browser, token_for(browser, deployer))
        events = acme.root.perform("ListEvents")["Events"]
        names = [event["EventName"] for event in events][:2]
        assert names == ["ConsoleLogin", "GetSigninToken"]
        assert deployer.secret not in str(events)

    def test_it_lasts_as_the_credentials_or_as_was_asked(
        self, acme: Acme, browser: Browser, deployer: Key
    ) -> None:
        for asked, seconds in (({}, 3600), ({"SessionDuration": "43200"}, 43_200)):
            other = Browser(browser.port)
            assert login(other, token_for(other, deployer, **asked)).status == 302
            rows = acme.root.perform("ListConsoleSessions", AllUsers=True)["ConsoleSessions"]
            left = (rows[0]["ExpirationDate"] - timezone.now()).total_seconds()
            assert seconds - 60 < left <= seconds
            assert other("GET", "/api/v1/users").status == 200

    def test_awss_own_destination_leads_to_the_dashboard(
        self, browser: Browser, deployer: Key
    ) -> None:
        aws = "https://console.aws.amazon.com/console/home?region=us-east-1"
        assert login(browser, token_for(browser, deployer), aws).location == "/console/"

    def test_a_session_of_a_role_is_ended_by_who_may(
        self, acme: Acme, browser: Browser, deployer: Key
    ) -> None:
        login(browser, token_for(browser, deployer))
        (row,) = acme.root.perform("ListConsoleSessions", AllUsers=True)["ConsoleSessions"]
        assert row["PrincipalArn"].endswith(":assumed-role/Deployer/alice")
        assert acme.root.perform("ListConsoleSessions")["ConsoleSessions"] == []  # root's own
        with pytest.raises(Exception, match="AccessDenied"):
            acme.carol.perform("EndConsoleSession", SessionId=row["SessionId"])
        acme.alice.perform("EndConsoleSession", SessionId=row["SessionId"])
        assert browser("GET", "/api/v1/users").status == 403


class TestAttacks:
    def test_a_sign_in_token_is_good_once(self, browser: Browser, deployer: Key) -> None:
        token = token_for(browser, deployer)
        assert login(browser, token).status == 302
        again = Browser(browser.port)
        assert login(again, token).status == 400
        assert SESSION not in again.cookies

    def test_and_for_fifteen_minutes(
        self, acme: Acme, browser: Browser, deployer: Key, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from identities import signin
        from identities.signin import FederationRefused, federation
        from tests.identities.test_signin import browser as at

        monkeypatch.setattr(federation, "TOKEN_LIFE", timedelta(seconds=-1))
        token = signin.signin_token(session_of(deployer), None, at())
        with pytest.raises(FederationRefused, match="15 minutes"):
            signin.sign_in_with_token(token, at())

    def test_only_whole_valid_credentials_get_one(
        self, acme: Acme, evil: Evil, browser: Browser, deployer: Key
    ) -> None:
        def other(**changes: Any) -> str:
            return session_of(Key(**{"id": deployer.id, "secret": deployer.secret,
                                     "token": deployer.token, **changes}))  # fmt: skip

        assert acme.alice.key is not None
        stranger = evil.assume(evil.mallory, evil.role("r", trust(evil.arn("root")))).key
        assert stranger is not None
        messages = {
            refused(browser, session)
            for session in (
                other(secret="x" * 40),
                other(secret=deployer.secret.swapcase()),
                other(id=stranger.id),
                other(token=stranger.token),
                other(token="AAAA"),
                other(id=acme.alice.key.id, secret=acme.alice.key.secret),
            )
        }
        assert len(messages) == 1
        for odd in ("", "x", "[]", "{}", '{"sessionId": 1}', other(token=None), "[" * 9000,
                    session_of(acme.alice.key)):  # fmt: skip
            assert "JSON object" in refused(browser, odd)

    def test_a_token_is_not_made_by_hand(self, browser: Browser, deployer: Key) -> None:
        token = token_for(browser, deployer)
        for odd in ("", "AAAA", token[:-4] + "AAAA", deployer.token or "", "é"):
            assert login(browser, odd).status == 400
        assert SESSION not in browser.cookies

    def test_credentials_of_get_session_token_are_refused(
        self, acme: Acme, browser: Browser, portal: Portal
    ) -> None:
        sts: Any = acme.alice.client("sts", portal.url)
        key = Key.of(sts.get_session_token()["Credentials"])
        assert "SSO to console is not allowed" in refused(browser, session_of(key))

    def test_a_duration_is_for_roles_that_were_not_chained(
        self, acme: Acme, browser: Browser, deployer: Key, portal: Portal
    ) -> None:
        for odd in ("0", "899", "43201", "x", "-1", "1e3", "٩٠٠"):
            assert "900 to 43200" in refused(browser, session_of(deployer), SessionDuration=odd)
        hop = acme.role("hop", trust(acme.deployer), allow("s3:*"))
        acme.root.perform(
            "PutRolePolicy", RoleName="Deployer", PolicyName="hop",
            PolicyDocument=allow("sts:AssumeRole"),
        )  # fmt: skip
        sts: Any = deployer.client("sts", portal.url)
        chained = Key.of(sts.assume_role(RoleArn=hop, RoleSessionName="hop")["Credentials"])
        federated = Key.of(
            acme.alice.client("sts", portal.url).get_federation_token(Name="dora")["Credentials"]
        )
        for key in (chained, federated):
            message = refused(browser, session_of(key), SessionDuration="3600")
            assert message.startswith("SessionDuration is for")

    def test_what_is_deleted_meanwhile_opens_nothing(
        self, acme: Acme, browser: Browser, deployer: Key
    ) -> None:
        token = token_for(browser, deployer)
        signed_in = Browser(browser.port)
        login(signed_in, token_for(browser, deployer))
        acme.root.perform("DeleteRolePolicy", RoleName="Deployer", PolicyName="p0")
        acme.root.perform("DeleteRole", RoleName="Deployer")
        assert login(browser, token).status == 400
        assert signed_in("GET", "/api/v1/users").status == 403

    def test_a_browser_that_is_signed_in_is_asked_first(
        self, acme: Acme, alice: Browser, deployer: Key
    ) -> None:
        """Login CSRF: any page can send a victim's browser here."""
        kept = alice.cookies[SESSION]
        token = token_for(Browser(alice.port), deployer)
        page = login(alice, token, "/console/users/")
        assert (page.status, alice.cookies[SESSION]) == (200, kept)
        form = urlencode({"token": token, "next": "/console/users/"}).encode()
        path = "/console/sign-in/federated"
        assert alice("POST", path, form, {"Content-Type": FORM}).status == 403
        answer = alice.submit(path, token=token, next="/console/users/")
        assert (answer.status, answer.location) == (302, "/console/users/")
        assert alice.cookies[SESSION] != kept

    def test_it_leads_to_no_other_site(self, browser: Browser, deployer: Key) -> None:
        for wanted in (
            "https://evil.example/console/", "//evil.example/console/", "/\\evil.example", "x",
            "javascript:alert(1)", "http:/console/", "/console\\@evil.example", "/api/v1/users",
            "https://127.0.0.1@evil.example/console/", "/console/\r\nX: y",
        ):  # fmt: skip
            answer = login(Browser(browser.port), token_for(browser, deployer), wanted)
            assert (answer.status, answer.location) == (302, "/console/"), wanted

    def test_the_token_leaves_by_no_referrer_and_no_cache(
        self, browser: Browser, deployer: Key
    ) -> None:
        answer = login(browser, token_for(browser, deployer))
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["Cache-Control"] == "no-store"

    def test_other_actions_and_methods_are_refused(self, browser: Browser, deployer: Key) -> None:
        token = token_for(browser, deployer)
        form = urlencode({"Action": "login", "SigninToken": token}).encode()
        assert browser("POST", "/federation", form, {"Content-Type": FORM}).status == 400
        assert browser("GET", "/federation?Action=logout").status == 400
        assert browser("DELETE", "/federation").status in (403, 405)
        assert SESSION not in browser.cookies
