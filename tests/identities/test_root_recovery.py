"""A new password for root by email: for whom, once, for how long, and what a stranger learns."""

import re
import statistics
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core import mail as outgoing
from django.db import transaction
from django.utils import timezone

from accounts import mail, opening, tenancy
from accounts.models import Account, Attempts, Person, RootRecovery
from iamsite.operations import SessionCredential, perform
from identities import signin
from identities.signin import PasswordRefused, SignInRefused, steps
from tests.cast import PASSWORD, Acme
from tests.iamsite.console.browser import Browser, text
from tests.identities.authenticator import Authenticator
from tests.identities.devices import device_for
from tests.identities.test_signin import browser, change, events, is_over, refused

NEW = "a quite different battery staple"


@pytest.fixture(autouse=True)
def _mail(settings, database: None) -> Iterator[None]:
    settings.IAMSITE_EMAIL_URL = {"EMAIL_BACKEND": "locmem"}
    Attempts.objects.all().delete()
    yield
    mail.drain()


def letters(to: str) -> list:
    mail.drain()
    return [one for one in outgoing.outbox if one.to == [to]]


def asked(email: str) -> str:
    """The token of the link that is sent."""
    signin.request_recovery(email, browser())
    found = re.search(r"/console/recover/(\S+)", letters(email)[-1].body)
    assert found is not None
    return found[1]


class TestRecovery:
    def test_a_link_leads_to_a_new_password_and_ends_every_session(self, acme: Acme) -> None:
        before = signin.sign_in_root(acme.email, PASSWORD, browser()).token
        token = asked(acme.email)
        assert signin.is_good_link(token)
        signin.recover(token, NEW, browser())
        assert is_over(before)
        assert refused(lambda: signin.sign_in_root(acme.email, PASSWORD, browser()))
        after = signin.sign_in_root(acme.email, NEW, browser()).token
        assert perform(SessionCredential(after), "GetCallerIdentity", {}, browser())["Arn"] == (
            acme.root.arn
        )
        assert letters(acme.email)[-1].subject == "Your password was changed"

    def test_who_guessed_too_often_comes_in_with_the_new_password_at_once(self, acme: Acme) -> None:
        here = browser()
        for _ in range(steps.PASSWORDS_AT_ONE_NAME + 1):
            last = refused(lambda: signin.sign_in_root(acme.email, "forgotten", here))
        assert last.message == signin.TOO_MANY
        signin.recover(asked(acme.email), NEW, here)
        assert signin.sign_in_root(acme.email.upper(), NEW, here).token

    def test_it_is_recorded_without_its_secret(self, acme: Acme) -> None:
        token = asked(acme.email)
        signin.recover(token, NEW, browser())
        (requested,) = events(acme.id, "PasswordRecoveryRequested")
        (completed,) = events(acme.id, "PasswordRecoveryCompleted")
        assert requested.principal_arn == completed.principal_arn == acme.root.arn
        assert token.partition("-")[2] not in str([vars(requested), vars(completed)])

    def test_root_without_a_password_gets_one(self) -> None:
        email = f"new-{timezone.now().timestamp()}@example.test"
        opening.open_account(email, None)
        signin.recover(asked(email), NEW, browser())
        assert signin.sign_in_root(email, NEW, browser()).token

    def test_the_second_factor_is_asked_for_as_before(self, acme: Acme) -> None:
        """The mailbox alone must not be enough."""
        device_for(acme)
        acme.root.perform("LockRoot")
        signin.recover(asked(acme.email), NEW, browser())
        signed_in = signin.sign_in_root(acme.email, NEW, browser())
        assert signed_in.needs_mfa
        assert not signed_in.token
        assert acme.root.perform("GetAccountStatus")["RootLocked"] is True

    def test_a_weak_password_is_refused_and_the_link_is_still_good(self, acme: Acme) -> None:
        token = asked(acme.email)
        with pytest.raises(PasswordRefused) as caught:
            signin.recover(token, "short", browser())
        assert caught.value.faults
        signin.recover(token, NEW, browser())


class TestAttacks:
    def test_a_link_works_once(self, acme: Acme) -> None:
        token = asked(acme.email)
        signin.recover(token, NEW, browser())
        assert not signin.is_good_link(token)
        with pytest.raises(SignInRefused, match="was used"):
            signin.recover(token, f"{NEW} again", browser())

    def test_and_for_half_an_hour(self, acme: Acme) -> None:
        token = asked(acme.email)
        change(acme.id, RootRecovery, expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(SignInRefused):
            signin.recover(token, NEW, browser())
        assert signin.is_good_link(asked(acme.email))

    def test_a_password_chosen_meanwhile_ends_all_links(self, acme: Acme) -> None:
        first, second = asked(acme.email), asked(acme.email)
        signin.recover(first, NEW, browser())
        assert not signin.is_good_link(second)
        third = asked(acme.email)
        token = signin.sign_in_root(acme.email, NEW, browser()).token
        params = {"OldPassword": NEW, "NewPassword": PASSWORD}
        perform(SessionCredential(token), "ChangeRootPassword", params, browser())
        assert not signin.is_good_link(third)

    @pytest.mark.parametrize("odd", ["", "x", "-", "000000000001-" + "A" * 43, "é", "a\0b"])
    def test_a_link_is_not_guessed(self, acme: Acme, odd: str) -> None:
        assert not signin.is_good_link(odd)
        with pytest.raises(SignInRefused):
            signin.recover(odd, NEW, browser())

    def test_a_link_of_one_account_opens_no_other(self, acme: Acme, evil) -> None:
        secret = asked(evil.email).partition("-")[2]
        with pytest.raises(SignInRefused):
            signin.recover(f"{acme.id}-{secret}", NEW, browser())

    def test_only_a_digest_is_kept(self, acme: Acme) -> None:
        secret = asked(acme.email).partition("-")[2]
        with transaction.atomic():
            tenancy.enter(acme.id)
            (row,) = RootRecovery.objects.filter(account_id=acme.id)
        assert len(bytes(row.digest)) == 32
        assert secret.encode() not in bytes(row.digest)

    def test_nobody_learns_whose_address_it_is(self, acme: Acme) -> None:
        pages = set()
        for email in (acme.email, "nobody@example.test", "carol", f"x{acme.email}"):
            answer = Browser().post("/console/recover", {"email": email})
            said = re.sub(r'value="\w{64}"|"X-CSRFToken": "\w+"', "", answer.content.decode())
            pages.add((answer.status_code, said))
        assert len(pages) == 1
        assert letters("nobody@example.test") == []
        assert len(letters(acme.email)) == 1

    def test_nobody_learns_it_by_time_or_by_a_slow_mail_server(
        self, acme: Acme, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(mail, "EmailMessage", _Slow)
        monkeypatch.setattr("identities.signin.recovery.LETTERS_TO_ONE_ADDRESS", 100)

        def seconds(email: str) -> float:
            started = time.perf_counter()
            signin.request_recovery(email, browser())
            return time.perf_counter() - started

        pairs = [(seconds(acme.email), seconds("nobody@example.test")) for _ in range(7)]
        real, nobody = (statistics.median(column) for column in zip(*pairs, strict=True))
        assert 1 / 4 < real / nobody < 4

    def test_letters_to_one_address_are_few_and_their_links_good(self, acme: Acme) -> None:
        tokens = [asked(acme.email) for _ in range(3)]
        signin.request_recovery(acme.email.upper(), browser())
        assert len(letters(acme.email)) == 3
        assert signin.is_good_link(tokens[0])

    def test_a_suspended_account_gets_no_link(self, acme: Acme) -> None:
        change(acme.id, Account, status=Account.Status.SUSPENDED)
        signin.request_recovery(acme.email, browser())
        assert letters(acme.email) == []

    def test_the_link_is_the_portals_own_whatever_host_was_asked(
        self, acme: Acme, settings
    ) -> None:
        settings.ALLOWED_HOSTS = ["*"]
        answer = Browser().post(
            "/console/recover", {"email": acme.email}, headers={"Host": "evil.example"}
        )
        assert answer.status_code == 200
        (letter,) = letters(acme.email)
        assert f"{settings.IAMSITE_URL}/console/recover/" in letter.body
        assert "evil.example" not in letter.body

    def test_the_page_of_the_link_leaves_no_referrer_and_uses_nothing_up(self, acme: Acme) -> None:
        token = asked(acme.email)
        stranger = Browser()
        for _ in range(2):
            page = stranger.get(f"/console/recover/{token}")
            assert page.status_code == 200
            assert page["Referrer-Policy"] == "strict-origin"
            assert page["Cache-Control"] == "no-store"
            assert "At least 12 characters" in text(page)
        answer = stranger.post(f"/console/recover/{token}", {"password": NEW})
        assert (answer.status_code, answer["Location"]) == (302, "/console/sign-in?kind=root")
        assert "Your password is changed" in text(stranger.get(answer["Location"]))
        assert stranger.get(f"/console/recover/{token}").status_code == 403

    def test_without_email_nothing_is_promised(self, acme: Acme, settings) -> None:
        settings.IAMSITE_EMAIL_URL = {}
        assert "sends no email" in text(Browser().get("/console/recover"))
        assert Browser().post("/console/recover", {"email": acme.email}).status_code == 422
        assert "/console/recover" in Browser().get("/console/sign-in").content.decode()
        assert events(acme.id, "PasswordRecoveryRequested") == []


class _Slow:
    def __init__(self, *_args: object, **_more: object) -> None:
        pass

    def send(self) -> None:
        time.sleep(0.05)


class TestOpeningAnAccount:
    FORM = {"name": "New", "password": PASSWORD}

    def test_the_address_is_confirmed_before_the_account_is_opened(self) -> None:
        email = f"new-{timezone.now().timestamp()}@example.test"
        person = Browser()
        answer = person.post("/console/sign-up", {**self.FORM, "email": email})
        assert f"We have sent a letter to {email} ." in text(answer)
        assert refused(lambda: signin.sign_in_root(email, PASSWORD, browser()))
        link = re.search(r"http\S+confirm\?token=\S+", letters(email)[0].body)
        assert link is not None
        path = link[0][link[0].index("/console") :]
        page = person.get(path)
        assert page["Referrer-Policy"] == "strict-origin"
        assert (
            f"the account New is opened, and you are signed in as its root user with the address {email} ."
            in text(page)
        )
        token = re.search(r'name="token" value="([^"]+)"', page.content.decode())
        assert token is not None
        opened = person.post("/console/sign-up/confirm", {"token": token[1]})
        assert opened["Location"] == "/console/getting-started"
        assert signin.sign_in_root(email, PASSWORD, browser()).token
        again = Browser().post("/console/sign-up/confirm", {"token": token[1]})
        assert again.status_code == 422
        assert "This email address has an account already. Sign in" in text(again)
        assert "Open the account" not in text(again)

    def test_it_does_not_tell_whose_address_it_is(self, acme: Acme) -> None:
        email = f"new-{timezone.now().timestamp()}@example.test"
        pages = set()
        for address in (acme.email, email):
            answer = Browser().post("/console/sign-up", {**self.FORM, "email": address})
            said = re.sub(r'value="\w{64}"|"X-CSRFToken": "\w+"', "", answer.content.decode())
            pages.add((answer.status_code, said.replace(address, "the address")))
        assert len(pages) == 1
        (letter,) = letters(acme.email)
        assert letter.subject == "You have an account already"

    @pytest.mark.parametrize("odd", ["", "AAAA", "é", "x" * 500])
    def test_a_link_is_not_made_by_hand(self, odd: str) -> None:
        for ask in (Browser().post, Browser().get):
            answer = ask("/console/sign-up/confirm", {"token": odd})
            assert answer.status_code == 422
            assert "not the portal" in text(answer)
            assert "Then the account" not in text(answer)


def test_root_whose_organization_lets_it_have_no_password_comes_in_by_no_way(acme: Acme) -> None:
    key = Authenticator().register(acme.root)
    token = asked(acme.email)
    change(acme.id, Person, login_profile_at=None)
    assert not signin.is_good_link(token)
    signin.request_recovery(acme.email, browser())
    assert len(letters(acme.email)) == 1
    begun = signin.begin_passkey()
    assert begun is not None
    answer = key.get(begun.options)
    with pytest.raises(SignInRefused, match="not accepted"):
        signin.sign_in_with_passkey(begun.state, answer, browser())
