"""At the door: guessing, spying on who exists, planting sessions, and using ones that are over.

What the sign-in promises in itself is in tests/identities/test_signin.py.
"""

from __future__ import annotations

import re
import statistics
import time
import uuid
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction

from accounts import tenancy
from identities.models import ConsoleSession
from tests.cast import PASSWORD, Acme
from tests.iamsite.rest.client import Client
from tests.identities.devices import device_for
from tests.portal import Portal
from tests.security.browser import FORM, SESSION, Answer, Browser
from tests.security.conftest import USER_PASSWORD

WRONG = "Wrong-Horse-7-battery"


def told(answer: Answer, *typed: str) -> tuple[int, str]:
    """What an answer tells, but for its random parts and what was typed."""
    text = re.sub(r"\b[A-Za-z0-9]{64}\b", "", answer.text)
    for one in typed:
        text = text.replace(one, "")
    return answer.status, text


class TestWhoExists:
    def test_every_failure_is_the_same_page(self, acme: Acme, browser: Browser) -> None:
        acme.root.perform("CreateLoginProfile", UserName="carol", Password=USER_PASSWORD)
        pages = set()
        for account, name in (
            (acme.id, "carol"),  # a wrong password
            (acme.id, "nobody"),
            (acme.id, "ci"),  # has no password
            ("000000000001", "carol"),
            ("no-such-alias", "carol"),
        ):
            answer = browser.sign_in(account, name, WRONG)
            pages.add(told(answer, f'value="{account}"', f'value="{name}"'))
        assert len(pages) == 1
        assert pages.pop()[0] == 403

    def test_every_failure_of_root_is_the_same_page(self, acme: Acme, browser: Browser) -> None:
        pages = set()
        for email in (acme.email, "nobody@example.test", f"x{acme.email}", "not an address"):
            pages.add(told(browser.sign_in_root(email, WRONG), f'value="{email}"'))
        assert len(pages) == 1

    def test_every_failure_takes_as_long(self, browser: Browser) -> None:
        """One hash each. The portal hashes at full cost, so a missing one would show clearly."""
        email = f"{uuid.uuid4().hex}@example.test"
        opening = {"name": "Timed", "email": email, "password": PASSWORD}
        assert browser.submit("/console/sign-up", **opening).status == 302
        browser.cookies.clear()
        token = browser.csrf

        def seconds(email: str) -> float:
            fields = {
                "kind": "root",
                "email": email,
                "password": WRONG,
                "csrfmiddlewaretoken": token,
            }
            started = time.perf_counter()
            answer = browser(
                "POST", "/console/sign-in", urlencode(fields).encode(), {"Content-Type": FORM}
            )
            assert answer.status == 403
            return time.perf_counter() - started

        samples = [(seconds(email), seconds("nobody@example.test")) for _ in range(7)]
        real, nobody = (statistics.median(column) for column in zip(*samples, strict=True))
        assert 1 / 3 < real / nobody < 3

    def test_a_locked_or_unlocked_root_is_not_told_apart_without_the_password(
        self, acme: Acme, browser: Browser
    ) -> None:
        before = told(browser.sign_in_root(acme.email, WRONG))
        acme.root.perform("LockRoot")
        assert told(browser.sign_in_root(acme.email, WRONG)) == before


class TestGuessing:
    def test_guesses_at_one_name_are_slowed_and_the_right_one_with_them(
        self, acme: Acme, browser: Browser
    ) -> None:
        for _ in range(10):
            assert browser.sign_in_root(acme.email, WRONG).status == 403
        answer = browser.sign_in_root(acme.email.upper(), PASSWORD)
        assert "Too many attempts" in answer.text
        assert SESSION not in browser.cookies

    def test_guesses_lock_out_neither_other_people_nor_keys(
        self, acme: Acme, browser: Browser, portal: Portal
    ) -> None:
        acme.root.perform("CreateLoginProfile", UserName="carol", Password=USER_PASSWORD)
        for _ in range(11):
            browser.sign_in(acme.id, "carol", WRONG)
        assert browser.sign_in_root(acme.email, PASSWORD).status == 302
        assert Client(portal.url, acme.carol.key, "sts")("GET", "caller-identity").status == 200

    def test_a_forged_address_does_not_make_a_new_guesser(
        self, acme: Acme, browser: Browser
    ) -> None:
        """The portal is behind no proxy, so the header is the guesser's own word."""
        token = browser.csrf
        fields = {
            "kind": "root",
            "email": acme.email,
            "password": WRONG,
            "csrfmiddlewaretoken": token,
        }
        last = None
        for number in range(11):
            headers = {
                "Content-Type": FORM,
                "X-Forwarded-For": f"198.51.100.{number}",
                "X-Real-IP": "1.1.1.1",
            }
            last = browser("POST", "/console/sign-in", urlencode(fields).encode(), headers)
        assert last is not None
        assert "Too many attempts" in last.text

    def test_a_name_in_other_case_or_with_spaces_is_the_same_name(
        self, acme: Acme, browser: Browser
    ) -> None:
        spelled = [acme.email, acme.email.upper(), f" {acme.email}", f"{acme.email} "]
        for number in range(10):
            browser.sign_in_root(spelled[number % 4], WRONG)
        assert "Too many attempts" in browser.sign_in_root(acme.email, WRONG).text

    def test_a_code_is_not_guessed_by_coming_in_again(self, acme: Acme, browser: Browser) -> None:
        device = device_for(acme)
        answer = browser.sign_in_root(acme.email, PASSWORD)
        for number in range(10):
            challenge = answer.challenge
            wrong = browser.submit(
                "/console/sign-in/code", challenge=challenge, code=f"{number:06}"
            )
            assert wrong.status == 403
            answer = browser.sign_in_root(acme.email, PASSWORD)
        right = browser.submit(
            "/console/sign-in/code", challenge=answer.challenge, code=device.code()
        )
        assert "Too many attempts" in right.text
        assert SESSION not in browser.cookies


class TestChallenges:
    def test_the_password_alone_is_no_session(self, acme: Acme, browser: Browser) -> None:
        device_for(acme)
        answer = browser.sign_in_root(acme.email, PASSWORD)
        assert answer.status == 200
        assert SESSION not in browser.cookies
        browser.cookies[SESSION] = answer.challenge
        assert browser("GET", "/api/v1/users").status == 403

    def test_a_challenge_of_one_step_or_person_is_good_for_no_other(
        self, acme: Acme, browser: Browser
    ) -> None:
        device = device_for(acme)
        challenge = browser.sign_in_root(acme.email, PASSWORD).challenge
        acme.root.perform(
            "CreateLoginProfile",
            UserName="carol",
            Password=USER_PASSWORD,
            PasswordResetRequired=True,
        )
        other = browser.sign_in(acme.id, "carol", USER_PASSWORD).challenge
        for path, fields in {
            "/console/sign-in/password": {"challenge": challenge, "password": "Another-Horse-8"},
            "/console/sign-in/code": {"challenge": challenge[:-1] + "x", "code": device.code()},
        }.items():
            assert browser.submit(path, **fields).status == 403
        # Carol has no device, so a code proves nothing of her; her new password still waits.
        browser.submit("/console/sign-in/code", challenge=other, code=device.code())
        assert SESSION not in browser.cookies


class TestSessions:
    def test_a_planted_session_is_not_taken_over(self, acme: Acme, browser: Browser) -> None:
        planted = "x" * 43
        browser.cookies[SESSION] = planted
        assert browser.sign_in_root(acme.email, PASSWORD).status == 302
        assert browser.cookies[SESSION] != planted
        assert (
            Browser(browser.port)(
                "GET", "/api/v1/users", None, {"Cookie": f"{SESSION}={planted}"}
            ).status
            == 403
        )

    def test_a_planted_session_of_the_attackers_own_ends_at_sign_in(
        self, acme: Acme, alice: Browser, browser: Browser
    ) -> None:
        planted = alice.cookies[SESSION]
        browser.cookies[SESSION] = planted
        assert browser.sign_in_root(acme.email, PASSWORD).status == 302
        assert browser.cookies[SESSION] != planted
        assert alice("GET", "/api/v1/users").status == 403

    def test_nobody_is_signed_in_from_another_site(self, acme: Acme, browser: Browser) -> None:
        """Login CSRF: a victim put into the attacker's account would leave its secrets there."""
        fields = {"kind": "root", "email": acme.email, "password": PASSWORD}
        body = urlencode(fields).encode()
        assert browser("POST", "/console/sign-in", body, {"Content-Type": FORM}).status == 403
        token = browser.csrf
        body = urlencode({**fields, "csrfmiddlewaretoken": token}).encode()
        headers = {"Content-Type": FORM, "Origin": "https://evil.example"}
        assert browser("POST", "/console/sign-in", body, headers).status == 403
        query = urlencode(fields)
        assert browser.get(f"/console/sign-in?{query}").status == 200
        assert SESSION not in browser.cookies

    def test_a_cookie_kept_from_before_signing_out_is_worth_nothing(
        self, alice: Browser, acme: Acme
    ) -> None:
        kept = {"Cookie": f"{SESSION}={alice.cookies[SESSION]}"}
        assert alice("GET", "/api/v1/users", None, kept).status == 200
        assert alice.submit("/console/sign-out").status == 302
        assert SESSION not in alice.cookies
        assert alice("GET", "/api/v1/users", None, kept).code == (403, "MissingAuthenticationToken")
        answer = alice("GET", "/console/users/", None, kept)
        assert (answer.status, answer.location[:16]) == (302, "/console/sign-in")

    def test_a_new_password_ends_the_session_on_the_next_request(
        self, alice: Browser, acme: Acme
    ) -> None:
        acme.root.perform("UpdateLoginProfile", UserName="alice", Password="Other-Horse-8")
        assert alice("GET", "/api/v1/users").code == (403, "MissingAuthenticationToken")
        assert alice.sign_in(acme.id, "alice", USER_PASSWORD).status == 403

    def test_roots_new_password_ends_its_other_sessions(self, acme: Acme, portal: Portal) -> None:
        here, thief = Browser(portal.port), Browser(portal.port)
        for one in (here, thief):
            assert one.sign_in_root(acme.email, PASSWORD).status == 302
        changed = here.submit(
            "/console/security-credentials/password",
            OldPassword=PASSWORD,
            NewPassword="another horse battery",
            NewPasswordAgain="another horse battery",
            again="another horse battery",
            confirm="another horse battery",
        )
        assert changed.status == 302, changed.text
        assert here("GET", "/api/v1/users").status == 200
        assert thief("GET", "/api/v1/users").status == 403

    def test_a_detached_policy_counts_for_the_session_on_the_next_request(
        self, alice: Browser, acme: Acme
    ) -> None:
        assert alice("GET", "/api/v1/users").status == 200
        acme.root.perform("DeleteUserPolicy", UserName="alice", PolicyName="p0")
        assert alice("GET", "/api/v1/users").code == (403, "AccessDenied")

    def test_an_idle_or_old_session_is_over_at_the_portal(self, alice: Browser, acme: Acme) -> None:
        for change in ("seen_at", "expires_at"):
            with transaction.atomic():
                tenancy.enter(acme.id)
                row = ConsoleSession.objects.get(account_id=acme.id)
                kept = getattr(row, change)
                setattr(row, change, row.created_at.replace(year=row.created_at.year - 1))
                row.save()
            assert alice("GET", "/api/v1/users").status == 403
            with transaction.atomic():
                tenancy.enter(acme.id)
                ConsoleSession.objects.filter(pk=row.pk).update(**{change: kept})
            assert alice("GET", "/api/v1/users").status == 200

    def test_the_cookie_is_for_the_server_and_this_site_alone(
        self, acme: Acme, browser: Browser
    ) -> None:
        cookie = browser.sign_in_root(acme.email, PASSWORD).cookies[SESSION]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"
        assert cookie["path"] == "/"
        assert cookie["domain"] == ""
        assert cookie["expires"] == ""
        assert len(cookie.value) >= 43  # 256 bits


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "/console/../../\\evil.example",
        "/console/\r\nLocation: https://evil.example",
        "/console/\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "data:text/html,x",
        "console/",
        "http:/console/",
        "/console//evil.example",
        "//evil.example/console/",
        "https://evil.example/console/",
        "\t//evil.example/console/",
        "/console\x00/",
        "/consolevil",
    ],
)
def test_signing_in_leads_to_no_other_site(acme: Acme, browser: Browser, wanted: str) -> None:
    answer = browser.sign_in_root(acme.email, PASSWORD, next=wanted)
    assert answer.status == 302
    assert answer.location.startswith("/console/")
    assert "\\" not in answer.location
    assert "Location" not in [name for name in answer.headers if name != "location"][1:]
    assert "a" not in answer.cookies
    page = Browser(browser.port).get(f"/console/sign-in?next={quote(wanted)}")
    assert page.status == 200
    assert f'value="{wanted}"' not in page.text or wanted.startswith("/console/")
