"""Signing in with a security key as the second step, and with a passkey in place of everything."""

import pytest

from identities import signin
from identities.models import MFADevice
from identities.signin import SignInRefused
from identities.signin.outcomes import WRONG_KEY
from tests.cast import PASSWORD, Acme, Evil
from tests.identities.authenticator import PRESENT, Authenticator
from tests.identities.devices import device_for
from tests.identities.test_signin import browser, change, events, identity, refused, with_password


def password_proved(acme: Acme) -> str:
    return signin.sign_in_root(acme.email, PASSWORD, browser()).challenge


def answered(challenge: str, key: Authenticator, **changes):
    asked = signin.second_factors(challenge).key
    assert asked is not None
    return signin.answer_key(challenge, asked.state, key.get(asked.options, **changes), browser())


def passkey(key: Authenticator, **changes):
    begun = signin.begin_passkey()
    assert begun is not None
    return signin.sign_in_with_passkey(begun.state, key.get(begun.options, **changes), browser())


def reason(acme: Acme) -> str:
    return events(acme.id, "ConsoleLogin")[-1].message


class TestSecondStep:
    def test_a_key_lets_in_whoever_has_proved_the_password(self, acme: Acme) -> None:
        key = Authenticator(verifies=False).register(acme.root)
        challenge = password_proved(acme)
        assert not signin.second_factors(challenge).codes
        signed_in = answered(challenge, key)
        assert identity(signed_in) == acme.root.arn
        assert events(acme.id, "ConsoleLogin")[-1].detail["MFAUsed"] == "Yes"

    def test_any_of_several_devices_will_do(self, acme: Acme) -> None:
        app = device_for(acme)
        keys = [Authenticator().register(acme.root) for _ in range(2)]
        challenge = password_proved(acme)
        assert signin.second_factors(challenge).codes
        for key in keys:
            assert answered(challenge, key).token
        assert signin.answer_mfa(challenge, app.code(), browser()).token

    def test_a_key_that_was_taken_away_no_longer_counts(self, acme: Acme) -> None:
        lost, kept = (Authenticator().register(acme.root) for _ in range(2))
        acme.root.perform("DeactivateMFADevice", SerialNumber=lost.serial)
        challenge = password_proved(acme)
        assert refused(lambda: answered(challenge, lost)).message == WRONG_KEY
        assert answered(challenge, kept).token

    def test_no_code_fits_a_key(self, acme: Acme) -> None:
        Authenticator().register(acme.root)
        challenge = password_proved(acme)
        assert refused(lambda: signin.answer_mfa(challenge, "", browser())).message == (
            signin.WRONG_CODE
        )


class TestPasskey:
    def test_it_stands_for_name_password_and_second_factor(self, acme: Acme) -> None:
        with_password(acme)
        key = Authenticator().register(acme.root, UserName="carol")
        assert identity(passkey(key)) == acme.carol.arn
        assert events(acme.id, "ConsoleLogin")[-1].detail["MFAUsed"] == "Yes"

    def test_root_locked_away_comes_in_with_it(self, acme: Acme) -> None:
        key = Authenticator().register(acme.root)
        acme.root.perform("LockRoot")
        assert identity(passkey(key)) == acme.root.arn

    def test_a_user_without_a_console_password_has_no_console(self, acme: Acme) -> None:
        key = Authenticator().register(acme.root, UserName="carol")
        assert refused(lambda: passkey(key)).message == WRONG_KEY

    def test_a_suspended_accounts_passkey_opens_nothing(self, acme: Acme) -> None:
        from accounts.models import Account

        key = Authenticator().register(acme.root)
        change(acme.id, Account, status=Account.Status.SUSPENDED)
        assert "suspended" in refused(lambda: passkey(key)).message

    def test_a_temporary_password_must_still_be_changed(self, acme: Acme) -> None:
        with_password(acme, PasswordResetRequired=True)
        key = Authenticator().register(acme.root, UserName="carol")
        assert passkey(key).reset_required


class TestAttacks:
    @pytest.fixture
    def key(self, acme: Acme) -> Authenticator:
        return Authenticator().register(acme.root)

    def test_an_answer_counts_once(self, acme: Acme, key: Authenticator) -> None:
        begun = signin.begin_passkey()
        assert begun is not None
        answer = key.get(begun.options)
        assert signin.sign_in_with_passkey(begun.state, answer, browser()).token
        again = lambda: signin.sign_in_with_passkey(begun.state, answer, browser())  # noqa: E731
        assert refused(again).message == WRONG_KEY
        # Without a count to tell by, the challenge alone says that it was answered.
        change(acme.id, MFADevice, sign_count=0)
        assert refused(again).message == WRONG_KEY
        assert "answered before" in reason(acme)

    def test_a_challenge_is_good_for_five_minutes(
        self, acme: Acme, key: Authenticator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begun = signin.begin_passkey()
        assert begun is not None
        monkeypatch.setattr("identities.security_keys.SECONDS", -1)
        answer = key.get(begun.options)
        late = lambda: signin.sign_in_with_passkey(begun.state, answer, browser())  # noqa: E731
        assert refused(late).message == WRONG_KEY
        assert "took too long" in reason(acme)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"origin": "https://evil.example"}, "origin"),
            ({"origin": "http://localhost.evil.example"}, "origin"),
            ({"rp_id": "evil.example"}, "RP ID"),
            ({"challenge": "AAAA"}, "challenge"),
            ({"flags": PRESENT}, "verif"),
            ({"flags": 0}, "present"),
            ({"handle": b"somebody else"}, "somebody else"),
        ],
    )
    def test_what_another_site_challenge_or_hand_made_opens_nothing(
        self, acme: Acme, key: Authenticator, changes: dict, told: str
    ) -> None:
        assert refused(lambda: passkey(key, **changes)).message == WRONG_KEY
        assert told.lower() in reason(acme).lower()

    def test_a_copy_of_the_key_is_told_by_its_count(self, acme: Acme, key: Authenticator) -> None:
        copied_at = key.count
        for _ in range(3):
            assert passkey(key).token
        key.count = copied_at
        assert refused(lambda: passkey(key)).message == WRONG_KEY
        assert "sign count" in reason(acme)

    def test_a_signature_of_another_key_under_the_same_id_opens_nothing(
        self, acme: Acme, key: Authenticator
    ) -> None:
        forged = Authenticator(id=key.id, handle=key.handle, count=50)
        assert refused(lambda: passkey(forged)).message == WRONG_KEY

    def test_another_persons_key_is_no_second_factor(
        self, acme: Acme, evil: Evil, key: Authenticator
    ) -> None:
        with_password(acme)
        Authenticator().register(acme.root, UserName="carol")
        challenge = signin.sign_in_user(acme.id, "carol", "Correct-Horse-7", browser()).challenge
        stranger = Authenticator().register(evil.root)
        for one in (key, stranger):
            assert refused(lambda one=one: answered(challenge, one)).message == WRONG_KEY

    def test_a_challenge_for_one_purpose_is_good_for_no_other(
        self, acme: Acme, key: Authenticator
    ) -> None:
        """A second step's answer verifies nobody, so it must not do in place of a password."""
        asked = signin.second_factors(password_proved(acme)).key
        assert asked is not None
        answer = key.get(asked.options)
        act = lambda: signin.sign_in_with_passkey(asked.state, answer, browser())  # noqa: E731
        assert refused(act).message == WRONG_KEY
        assert "something else" in reason(acme)

    def test_nobody_learns_whether_a_passkey_is_known(self, acme: Acme) -> None:
        unknown = refused(lambda: passkey(Authenticator()))
        without_console = Authenticator().register(acme.root, UserName="bob")
        assert refused(lambda: passkey(without_console)).message == unknown.message

    @pytest.mark.parametrize("credential", ["", "{}", "[]", '{"id":"é"}', '{"id":"AAAA"}', "1e999"])
    def test_a_malformed_answer_is_refused(self, credential: str) -> None:
        begun = signin.begin_passkey()
        assert begun is not None
        with pytest.raises(SignInRefused, match="not accepted"):
            signin.sign_in_with_passkey(begun.state, credential, browser())

    def test_keys_are_not_guessed_without_end(self, acme: Acme, key: Authenticator) -> None:
        challenge = password_proved(acme)
        for _ in range(10):
            assert refused(lambda: answered(challenge, key, flags=0)).message == WRONG_KEY
        assert refused(lambda: answered(challenge, key)).message == signin.TOO_MANY
