"""Signing in to the console: who gets in, who does not, and what nobody learns on the way."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts import operators, tenancy, throttle
from accounts.models import Account, Attempts, Event, Person
from accounts.opening import AccountError
from iamsite.operations import OperationError, Origin, SessionCredential, perform
from iamsite.operations.authentication import session_digest
from identities import signin
from identities.models import ConsoleSession, LoginProfile
from identities.signin import PasswordRefused, SignedIn, SignInRefused, admission, steps
from tests.cast import PASSWORD, Acme, Evil, allow, origin
from tests.identities.devices import device_for, wrong

USER_PASSWORD = "Correct-Horse-7"
ANOTHER = "Battery-Staple-8"
_addresses = iter(range(1, 60_000))


def browser() -> Origin:
    """A browser at an address of its own, so that tests do not slow each other down."""
    number = next(_addresses)
    return origin("console", source_ip=f"10.9.{number // 250}.{number % 250 + 1}")


def with_password(acme: Acme, name: str = "carol", **params: Any) -> None:
    acme.root.perform("CreateLoginProfile", UserName=name, Password=USER_PASSWORD, **params)


def sign_in(acme: Acme, password: str = USER_PASSWORD, **params: Any) -> SignedIn:
    return signin.sign_in_user(acme.id, "carol", password, params.pop("at", browser()), **params)


def identity(signed_in: SignedIn) -> str:
    assert signed_in.token
    answer = perform(SessionCredential(signed_in.token), "GetCallerIdentity", {}, browser())
    return str(answer["Arn"])


def is_over(token: str) -> bool:
    try:
        perform(SessionCredential(token), "GetCallerIdentity", {}, browser())
    except OperationError as error:
        assert error.code == "MissingAuthenticationToken"
        return True
    return False


def refused(act: Callable[[], object]) -> SignInRefused:
    with pytest.raises(SignInRefused) as caught:
        act()
    return caught.value


def change(account: str, model: type[Any], **values: Any) -> None:
    with transaction.atomic():
        tenancy.enter(account)
        model.objects.filter(**{"id" if model is Account else "account_id": account}).update(
            **values
        )


def events(account: str, operation: str) -> list[Event]:
    with transaction.atomic():
        tenancy.enter(account)
        of_account = Event.objects.filter(account_id=account, operation=operation)
        return list(of_account.order_by("sequence"))


class TestWhoGetsIn:
    def test_root_by_email_and_password(self, acme: Acme) -> None:
        signed_in = signin.sign_in_root(f" {acme.email.upper()} ", PASSWORD, browser())
        assert identity(signed_in) == acme.root.arn

    def test_a_user_by_account_id_or_alias_name_and_password(self, acme: Acme) -> None:
        with_password(acme)
        assert identity(sign_in(acme)) == acme.carol.arn
        alias = f"acme-{acme.id}"
        acme.root.perform("CreateAccountAlias", AccountAlias=alias)
        assert (
            identity(signin.sign_in_user(alias.upper(), "Carol", USER_PASSWORD, browser()))
            == acme.carol.arn
        )

    def test_whoever_opens_an_account_is_signed_in_as_its_root(self) -> None:
        email = f"new-{timezone.now().timestamp()}@example.test"
        opened = signin.open_account(email, PASSWORD, "New", browser())
        arn = identity(opened)
        account = arn.split(":")[4]
        assert arn.endswith(":root")
        assert [event.principal_arn for event in events(account, "CreateAccount")] == [arn]
        assert len(events(account, "ConsoleLogin")) == 1

    @pytest.mark.parametrize(
        ("values", "field"),
        [
            ({"email": "nobody"}, "email"),
            ({"password": "short"}, "password"),
            ({"password": "password1234"}, "password"),
            ({"name": "a\x00b"}, "name"),
        ],
    )
    def test_an_account_is_not_opened_with_what_cannot_be(
        self, values: dict[str, str], field: str
    ) -> None:
        email = f"new-{timezone.now().timestamp()}@example.test"
        params = {"email": email, "password": PASSWORD, "name": "New", **values}
        with pytest.raises(AccountError) as caught:
            signin.open_account(**params, origin=browser())
        assert caught.value.field == field

    def test_an_email_address_opens_one_account_whatever_its_case(self, acme: Acme) -> None:
        with pytest.raises(AccountError) as caught:
            signin.open_account(acme.email.upper(), PASSWORD, "", browser())
        assert caught.value.field == "email"

    def test_the_last_use_of_the_password_is_kept(self, acme: Acme) -> None:
        with_password(acme)
        before = timezone.now()
        sign_in(acme)
        signin.sign_in_root(acme.email, PASSWORD, browser())
        user = acme.root.perform("GetUser", UserName="carol")["User"]
        assert user["PasswordLastUsed"] >= before
        assert acme.root.perform("GetUser")["User"]["PasswordLastUsed"] >= before


class TestWhoDoesNot:
    @pytest.fixture
    def failures(self, acme: Acme, evil: Evil) -> dict[str, Callable[[], object]]:
        with_password(acme)
        return {
            "wrong password": lambda: sign_in(acme, "wrong"),
            "no such user": lambda: signin.sign_in_user(acme.id, "nobody", "x", browser()),
            "no password": lambda: signin.sign_in_user(acme.id, "bob", "x", browser()),
            "no such account": lambda: signin.sign_in_user("000000000000", "x", "x", browser()),
            "another account": lambda: signin.sign_in_user(
                evil.id, "carol", USER_PASSWORD, browser()
            ),
            "the account aws": lambda: signin.sign_in_user("aws", "root", "x", browser()),
            "root's wrong password": lambda: signin.sign_in_root(acme.email, "x", browser()),
            "no such root": lambda: signin.sign_in_root("no@example.test", "x", browser()),
            "a user's name for root": lambda: signin.sign_in_root("carol", "x", browser()),
            "NUL": lambda: signin.sign_in_user("a\0b", "c\0d", "e\0f", browser()),
            "NUL in an email": lambda: signin.sign_in_root("a\0b", "x", browser()),
            "nothing": lambda: signin.sign_in_user("", "", "", browser()),
        }

    def test_every_failure_is_told_in_the_same_words(
        self, failures: dict[str, Callable[[], object]]
    ) -> None:
        told = {(refused(act).message, refused(act).until) for act in failures.values()}
        assert told == {(signin.FAILED, None)}

    def test_every_failure_takes_the_same_work(
        self, failures: dict[str, Callable[[], object]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        hashed: list[int] = []
        encode = Argon2PasswordHasher.encode
        verify = Argon2PasswordHasher.verify
        monkeypatch.setattr(
            Argon2PasswordHasher,
            "encode",
            lambda self, *args: hashed.append(1) or encode(self, *args),
        )
        monkeypatch.setattr(
            Argon2PasswordHasher,
            "verify",
            lambda self, *args: hashed.append(1) or verify(self, *args),
        )
        work = set()
        for name, act in failures.items():
            hashed.clear()
            with CaptureQueriesContext(connection) as queries:
                refused(act)
            of_root = "root" in name or "email" in name
            work.add((of_root, len(hashed), len(queries)))
        assert {hashes for _, hashes, _ in work} == {1}
        assert len(work) == 2

    def test_a_password_is_not_cut(self, acme: Acme) -> None:
        with_password(acme)
        assert refused(lambda: sign_in(acme, USER_PASSWORD + "x" * 5000)).message == signin.FAILED

    def test_a_suspended_account_lets_nobody_in(self, acme: Acme) -> None:
        with_password(acme)
        signed_in = sign_in(acme)
        change(acme.id, Account, status="suspended")
        message = f"The account {acme.id} is suspended. Whoever runs this portal can reactivate it."
        assert refused(lambda: sign_in(acme)).message == message
        assert refused(lambda: sign_in(acme, "wrong")).message == signin.FAILED
        with pytest.raises(OperationError, match="suspended"):
            identity(signed_in)

    def test_an_operator_does_not_sign_in_to_an_account(self) -> None:
        email = f"op-{timezone.now().timestamp()}@example.test"
        Person.objects.create_operator(email, PASSWORD)
        assert refused(lambda: signin.sign_in_root(email, PASSWORD, browser())).message == (
            signin.FAILED
        )


class TestGuessing:
    def test_guesses_at_one_name_from_one_address_end(self, acme: Acme) -> None:
        with_password(acme)
        stranger = browser()
        for _ in range(steps.PASSWORDS_AT_ONE_NAME):
            assert refused(lambda: sign_in(acme, "wrong", at=stranger)).message == signin.FAILED
        error = refused(lambda: sign_in(acme, at=stranger))
        assert error.message == signin.TOO_MANY
        assert error.until is not None
        assert timedelta(0) < error.until - timezone.now() <= throttle.WINDOW

    def test_a_stranger_locks_nobody_out(self, acme: Acme) -> None:
        stranger = browser()
        for _ in range(steps.PASSWORDS_AT_ONE_NAME + 1):
            refused(lambda: signin.sign_in_root(acme.email, "wrong", stranger))
        assert identity(signin.sign_in_root(acme.email, PASSWORD, browser()))

    def test_names_that_do_not_exist_are_counted_alike(self, acme: Acme) -> None:
        stranger = browser()
        for _ in range(steps.PASSWORDS_AT_ONE_NAME):
            refused(lambda: signin.sign_in_user(acme.id, "nobody", "x", stranger))
        error = refused(lambda: signin.sign_in_user(acme.id, "nobody", "x", stranger))
        assert error.message == signin.TOO_MANY

    def test_spraying_many_names_from_one_address_ends(
        self, acme: Acme, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(steps, "GUESSES_FROM_ONE_ADDRESS", 3)
        stranger = browser()
        for number in range(3):
            refused(lambda n=number: signin.sign_in_user(acme.id, f"u{n}", "x", stranger))
        error = refused(lambda: signin.sign_in_user(acme.id, "u4", "x", stranger))
        assert error.message == signin.TOO_MANY

    def test_a_right_password_is_no_guess(
        self, acme: Acme, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(steps, "GUESSES_FROM_ONE_ADDRESS", 2)
        with_password(acme)
        office = browser()
        for _ in range(5):
            assert sign_in(acme, at=office).token

    def test_an_ipv6_network_is_one_address(self) -> None:
        first, second = "2001:db8:1:2::1", "2001:db8:1:2:ffff::9"
        assert throttle.address(first) == throttle.address(second)
        assert throttle.address("2001:db8:1:3::1") != throttle.address(first)
        assert throttle.address("::ffff:192.0.2.1") == "192.0.2.1"

    def test_what_is_counted_is_forgotten_after_its_time(self) -> None:
        now = timezone.now()
        about = ("test", str(now))
        for _ in range(3):
            throttle.count(3, now, *about)
        with pytest.raises(throttle.TooManyAttempts):
            throttle.count(3, now, *about)
        throttle.count(3, now + throttle.WINDOW, *about)

    def test_neither_names_nor_addresses_are_kept_in_clear(self, acme: Acme) -> None:
        refused(lambda: signin.sign_in_user(acme.id, "planted-name", "x", browser()))
        assert all(len(bytes(row.digest)) == 32 for row in Attempts.objects.all())


class TestMFA:
    def test_the_password_alone_only_leads_to_the_code(self, acme: Acme) -> None:
        with_password(acme)
        device = device_for(acme, "carol")
        step = sign_in(acme)
        assert (step.token, step.needs_mfa) == ("", True)
        assert identity(signin.answer_mfa(step.challenge, device.code(), browser()))

    def test_password_and_code_may_come_together(self, acme: Acme) -> None:
        with_password(acme)
        assert sign_in(acme, mfa_code=device_for(acme, "carol").code()).token

    def test_the_session_satisfies_a_condition_on_mfa(self, acme: Acme) -> None:
        guarded = allow("iam:ListUsers", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        acme.root.perform("PutUserPolicy", UserName="carol", PolicyName="p", PolicyDocument=guarded)
        with_password(acme)
        without = SessionCredential(sign_in(acme).token)
        with pytest.raises(OperationError, match="ListUsers"):
            perform(without, "ListUsers", {}, browser())
        signed_in = sign_in(acme, mfa_code=device_for(acme, "carol").code())
        assert perform(SessionCredential(signed_in.token), "ListUsers", {}, browser())["Users"]

    def test_a_wrong_code_a_used_one_and_anothers_are_refused(self, acme: Acme) -> None:
        with_password(acme)
        device, other = device_for(acme, "carol"), device_for(acme, "bob")
        used = device.code()
        assert sign_in(acme, mfa_code=used).token
        for code in (used, wrong(used), other.code(), "", "x" * 1000):
            step = sign_in(acme)
            assert step.needs_mfa
            if code:
                error = refused(lambda s=step, c=code: signin.answer_mfa(s.challenge, c, browser()))
                assert error.message == signin.WRONG_CODE
        assert sign_in(acme, mfa_code=device.code()).token

    def test_codes_are_not_guessed_from_many_addresses(self, acme: Acme) -> None:
        with_password(acme)
        device = device_for(acme, "carol")
        guess = wrong(device.code())
        for _ in range(admission.CODES):
            refused(lambda: sign_in(acme, mfa_code=guess))
        assert refused(lambda: sign_in(acme, mfa_code=device.code())).message == signin.TOO_MANY

    def test_a_challenge_of_another_kind_forged_or_old_is_refused(self, acme: Acme) -> None:
        with_password(acme)
        device = device_for(acme, "carol")
        challenge = sign_in(acme).challenge
        for bad in ("", "x", challenge[:-1], challenge + "x"):
            error = refused(lambda b=bad: signin.answer_mfa(b, "123456", browser()))
            assert error.message == signin.BEGIN_AGAIN
        refused(lambda: signin.change_password(challenge, ANOTHER, browser()))
        acme.root.perform("UpdateLoginProfile", UserName="carol", Password=ANOTHER)
        error = refused(lambda: signin.answer_mfa(challenge, device.code(), browser()))
        assert error.message == signin.BEGIN_AGAIN

    def test_a_challenge_lasts_five_minutes(
        self, acme: Acme, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with_password(acme)
        device = device_for(acme, "carol")
        challenge = sign_in(acme).challenge
        monkeypatch.setattr(admission, "CHALLENGE_SECONDS", -1)
        error = refused(lambda: signin.answer_mfa(challenge, device.code(), browser()))
        assert error.message == signin.BEGIN_AGAIN


class TestPasswordsThatMustChange:
    def test_a_temporary_password_leads_to_a_new_one(self, acme: Acme) -> None:
        with_password(acme, PasswordResetRequired=True)
        step = sign_in(acme)
        assert (step.token, step.reset_required) == ("", True)
        assert identity(signin.change_password(step.challenge, ANOTHER, browser()))
        assert sign_in(acme, ANOTHER).token
        assert refused(lambda: sign_in(acme)).message == signin.FAILED
        with pytest.raises(SignInRefused):
            signin.change_password(step.challenge, USER_PASSWORD, browser())

    def test_it_works_without_permission_to_change_ones_password(self, acme: Acme) -> None:
        with_password(acme, PasswordResetRequired=True)
        assert signin.change_password(sign_in(acme).challenge, ANOTHER, browser()).token

    @pytest.mark.parametrize("password", [USER_PASSWORD, "Sh0rt!", "password123", ""])
    def test_the_new_one_must_be_new_and_fit_the_policy(self, acme: Acme, password: str) -> None:
        with_password(acme, PasswordResetRequired=True)
        challenge = sign_in(acme).challenge
        with pytest.raises(PasswordRefused) as caught:
            signin.change_password(challenge, password, browser())
        assert caught.value.faults
        assert signin.change_password(challenge, ANOTHER, browser()).token

    def test_that_it_is_the_present_one_is_said_once(self, acme: Acme) -> None:
        with_password(acme, PasswordResetRequired=True)
        for policy, said in (
            ({"RequireNumbers": True}, "Password should not be the present one"),
            (
                {"PasswordReusePrevention": 2},
                "Password should not be the same as one of the previous 2 passwords",
            ),
        ):
            acme.root.perform("UpdateAccountPasswordPolicy", **policy)
            with pytest.raises(PasswordRefused) as caught:
                signin.change_password(sign_in(acme).challenge, USER_PASSWORD, browser())
            assert caught.value.faults == [said]

    def test_an_expired_password_must_change(self, acme: Acme) -> None:
        with_password(acme)
        acme.root.perform("UpdateAccountPasswordPolicy", MaxPasswordAge=1)
        assert sign_in(acme).token
        change(acme.id, LoginProfile, changed_at=timezone.now() - timedelta(days=2))
        step = sign_in(acme)
        assert step.reset_required
        assert signin.change_password(step.challenge, ANOTHER, browser()).token

    def test_after_a_hard_expiry_only_an_administrator_helps(self, acme: Acme) -> None:
        with_password(acme)
        acme.root.perform("UpdateAccountPasswordPolicy", MaxPasswordAge=1, HardExpiry=True)
        change(acme.id, LoginProfile, changed_at=timezone.now() - timedelta(days=2))
        assert refused(lambda: sign_in(acme)).message == signin.EXPIRED

    def test_mfa_comes_before_the_new_password(self, acme: Acme) -> None:
        with_password(acme, PasswordResetRequired=True)
        device = device_for(acme, "carol")
        step = sign_in(acme)
        assert (step.needs_mfa, step.reset_required) == (True, False)
        for early in (
            lambda: signin.change_password(step.challenge, ANOTHER, browser()),
            lambda: signin.password_policy(step.challenge),
        ):
            with pytest.raises(SignInRefused):
                early()
        proved = signin.answer_mfa(step.challenge, device.code(), browser())
        assert proved.reset_required
        assert signin.password_policy(proved.challenge) == {}
        signed_in = signin.change_password(proved.challenge, ANOTHER, browser())
        assert identity(signed_in)

    def test_who_need_not_change_it_cannot_change_it_here(self, acme: Acme) -> None:
        with_password(acme)
        device_for(acme, "carol")
        challenge = sign_in(acme).challenge
        refused(lambda: signin.change_password(challenge, ANOTHER, browser()))
        refused(lambda: signin.password_policy(challenge))
        assert sign_in(acme).needs_mfa


class TestSessions:
    def test_each_sign_in_makes_a_new_token_and_only_a_digest_is_kept(self, acme: Acme) -> None:
        with_password(acme)
        tokens = {sign_in(acme).token for _ in range(3)}
        assert len(tokens) == 3
        with transaction.atomic():
            tenancy.enter(acme.id)
            rows = list(ConsoleSession.objects.values_list("digest", flat=True))
        assert {bytes(row) for row in rows} == {session_digest(token) for token in tokens}

    def test_signing_out_ends_it_at_once_and_it_alone(self, acme: Acme) -> None:
        with_password(acme)
        first, second = sign_in(acme), sign_in(acme)
        signin.sign_out(first.token, browser())
        assert is_over(first.token)
        assert identity(second)
        signin.sign_out(first.token, browser())
        signin.sign_out("nonsense", browser())
        assert len(events(acme.id, "ConsoleLogout")) == 1

    def test_it_ends_when_idle(self, acme: Acme, settings: Any) -> None:
        with_password(acme)
        token = sign_in(acme).token
        idle = timedelta(seconds=settings.CONSOLE_SESSION_IDLE_SECONDS)
        change(acme.id, ConsoleSession, seen_at=timezone.now() - idle + timedelta(minutes=1))
        assert not is_over(token)
        change(acme.id, ConsoleSession, seen_at=timezone.now() - idle)
        assert is_over(token)

    def test_it_ends_after_its_whole_time_however_busy(self, acme: Acme, settings: Any) -> None:
        with_password(acme)
        token = sign_in(acme).token
        with transaction.atomic():
            tenancy.enter(acme.id)
            row = ConsoleSession.objects.get()
        lasts = (row.expires_at - row.created_at).total_seconds()
        assert lasts == settings.CONSOLE_SESSION_SECONDS
        change(acme.id, ConsoleSession, expires_at=timezone.now())
        assert is_over(token)

    def test_it_ends_with_its_user(self, acme: Acme) -> None:
        acme.root.perform("CreateUser", UserName="dan")
        with_password(acme, "dan")
        token = signin.sign_in_user(acme.id, "dan", USER_PASSWORD, browser()).token
        acme.root.perform("DeleteLoginProfile", UserName="dan")
        assert is_over(token)

    def test_a_new_password_ends_the_sessions_of_the_old_one(self, acme: Acme) -> None:
        with_password(acme)
        token = sign_in(acme).token
        acme.root.perform("UpdateLoginProfile", UserName="carol", Password=ANOTHER)
        assert is_over(token)


class TestRootLockedAway:
    def test_root_signs_in_with_mfa_only(self, acme: Acme) -> None:
        device = device_for(acme)
        before = signin.sign_in_root(acme.email, PASSWORD, browser(), device.code())
        acme.root.perform("LockRoot")
        assert identity(before)
        step = signin.sign_in_root(acme.email, PASSWORD, browser())
        assert (step.token, step.needs_mfa) == ("", True)
        assert identity(signin.answer_mfa(step.challenge, device.code(), browser()))

    def test_without_a_device_it_needs_an_operator(self, acme: Acme) -> None:
        token = signin.sign_in_root(acme.email, PASSWORD, browser()).token
        acme.root.perform("LockRoot")
        assert is_over(token)
        error = refused(lambda: signin.sign_in_root(acme.email, PASSWORD, browser()))
        assert error.message == signin.LOCKED
        operators.recover(operators.Shell(), acme.id, "a wholly new password", browser())
        assert identity(signin.sign_in_root(acme.email, "a wholly new password", browser()))

    def test_others_sign_in_as_before(self, acme: Acme) -> None:
        with_password(acme)
        acme.root.perform("LockRoot")
        assert identity(sign_in(acme)) == acme.carol.arn


class TestTrail:
    def test_a_sign_in_and_a_sign_out_are_recorded(self, acme: Acme) -> None:
        with_password(acme)
        at = browser()
        signed_in = sign_in(acme, at=at)
        signin.sign_out(signed_in.token, at)
        (login,), (logout,) = (
            events(acme.id, "ConsoleLogin"),
            events(acme.id, "ConsoleLogout"),
        )
        assert (login.service, login.outcome, login.detail) == (
            "signin",
            "Success",
            {"MFAUsed": "No"},
        )
        for event in (login, logout):
            assert event.principal_arn == acme.carol.arn
            assert event.source_ip == at.source_ip
            assert event.face == "console"

    def test_a_failure_of_somebody_who_exists_is_recorded(self, acme: Acme) -> None:
        with_password(acme)
        refused(lambda: sign_in(acme, "wrong"))
        (event,) = events(acme.id, "ConsoleLogin")
        assert (event.outcome, event.message) == ("AccessDenied", "Failed authentication")
        assert event.principal_arn == acme.carol.arn

    def test_a_name_that_is_nobodys_is_not_kept(self, acme: Acme) -> None:
        refused(lambda: signin.sign_in_user(acme.id, "my-password", "x", browser()))
        (event,) = events(acme.id, "ConsoleLogin")
        assert event.principal_arn == "HIDDEN_DUE_TO_SECURITY_REASONS"
        assert "my-password" not in repr(vars(event))

    def test_no_password_and_no_token_is_in_the_trail(self, acme: Acme) -> None:
        with_password(acme, PasswordResetRequired=True)
        step = sign_in(acme)
        signed_in = signin.change_password(step.challenge, ANOTHER, browser())
        with transaction.atomic():
            tenancy.enter(acme.id)
            kept = repr([vars(event) for event in Event.objects.all()])
        for secret in (USER_PASSWORD, ANOTHER, PASSWORD, signed_in.token, step.challenge):
            assert secret not in kept
        assert acme.root.perform("VerifyTrail")["Intact"] is True
