"""Switching to a role in the console and back: who may, as whom one acts, and when it ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Account
from iamsite.operations import OperationError, SessionCredential, perform
from identities import signin, temporary
from identities.models import ConsoleSession
from identities.signin import SwitchRefused
from tests.cast import PASSWORD, Acme, Evil, allow, trust
from tests.identities.devices import device_for
from tests.identities.test_signin import USER_PASSWORD, browser, change, events, with_password


def signed_in(acme: Acme, name: str = "bob") -> str:
    with_password(acme, name)
    return signin.sign_in_user(acme.id, name, USER_PASSWORD, browser()).token


def arn(token: str) -> str:
    answer = perform(SessionCredential(token), "GetCallerIdentity", {}, browser())
    return str(answer["Arn"])


def code(token: str, operation: str = "GetCallerIdentity", **params) -> str:
    with pytest.raises(OperationError) as caught:
        perform(SessionCredential(token), operation, params, browser())
    return caught.value.code


class TestSwitching:
    def test_one_acts_as_the_role_and_then_as_oneself_again(self, acme: Acme) -> None:
        token = signed_in(acme)
        role = signin.switch_role(token, acme.id, "Deployer", browser())
        assert role == f"arn:aws:sts::{acme.id}:assumed-role/Deployer/bob"
        assert arn(token) == role
        assert perform(SessionCredential(token), "ListUsers", {}, browser())["Users"]
        assert code(token, "ListGroups") == "AccessDenied"  # which Bob himself may
        assert signin.switch_back(token, browser())
        assert arn(token) == acme.bob.arn
        assert perform(SessionCredential(token), "ListGroups", {}, browser())["Groups"]
        assert not signin.switch_back(token, browser())

    def test_a_role_of_another_account_by_its_alias_and_path(self, acme: Acme, evil: Evil) -> None:
        """Both sides must agree: whoever acts there acts under that account's policies."""
        alias = f"other-{evil.id}"
        evil.root.perform("CreateAccountAlias", AccountAlias=alias)
        evil.role("auditor", trust(acme.bob.arn), allow("iam:ListRoles"), Path="/ops/")
        token = signed_in(acme)
        role = signin.switch_role(token, alias.upper(), "/ops/auditor", browser())
        assert role == f"arn:aws:sts::{evil.id}:assumed-role/auditor/bob"
        names = perform(SessionCredential(token), "ListRoles", {}, browser())["Roles"]
        assert [one["RoleName"] for one in names] == ["auditor"]

    def test_it_is_recorded_as_assume_role_and_as_a_switch_of_the_session(self, acme: Acme) -> None:
        token = signed_in(acme)
        role = signin.switch_role(token, acme.id, "Deployer", browser())
        signin.switch_back(token, browser())
        (assumed,) = events(acme.id, "AssumeRole")
        assert (assumed.principal_arn, assumed.face) == (acme.bob.arn, "console")
        (switched,), (left,) = events(acme.id, "SwitchRole"), events(acme.id, "ExitRole")
        assert switched.detail["SwitchTo"] == left.detail["SwitchFrom"] == role
        assert switched.principal_arn == left.principal_arn == acme.bob.arn

    def test_from_role_to_role_whoever_signed_in_asks(self, acme: Acme) -> None:
        """Deployer itself may assume nothing: the second switch is Bob's own."""
        acme.role("Second", trust(acme.bob.arn), allow("iam:ListRoles"))
        token = signed_in(acme)
        signin.switch_role(token, acme.id, "Deployer", browser())
        assert signin.switch_role(token, acme.id, "Second", browser()).endswith("/Second/bob")
        assert signin.switch_back(token, browser())
        assert arn(token) == acme.bob.arn

    def test_the_list_of_sessions_says_what_one_acts_as(self, acme: Acme) -> None:
        token = signed_in(acme)
        role = signin.switch_role(token, acme.id, "Deployer", browser())
        (row,) = acme.root.perform("ListConsoleSessions", UserName="bob")["ConsoleSessions"]
        assert (row["PrincipalArn"], row["ActsAs"]) == (acme.bob.arn, role)
        told = perform(SessionCredential(token), "GetConsoleSession", {}, browser())
        assert (told["PrincipalArn"], told["ActsAs"]) == (acme.bob.arn, role)

    def test_it_lasts_as_the_role_allows_but_not_beyond_the_session(self, acme: Acme) -> None:
        token = signed_in(acme)
        for allowed, seconds in ((7200, 7200), (43_200, 3 * 3600)):
            acme.root.perform("UpdateRole", RoleName="Deployer", MaxSessionDuration=allowed)
            change(acme.id, ConsoleSession, expires_at=timezone.now() + timedelta(hours=3))
            signin.switch_role(token, acme.id, "Deployer", browser())
            told = perform(SessionCredential(token), "GetConsoleSession", {}, browser())
            lasts = (told["ExpirationDate"] - timezone.now()).total_seconds()
            assert seconds - 60 < lasts <= seconds


class TestWhoMayNot:
    def test_both_sides_must_allow_it(self, acme: Acme) -> None:
        token = signed_in(acme, "carol")  # may assume nothing
        with pytest.raises(SwitchRefused):
            signin.switch_role(token, acme.id, "Deployer", browser())
        assert arn(token) == acme.carol.arn
        (refused,) = events(acme.id, "AssumeRole")
        assert refused.outcome == "AccessDenied"

    def test_nobody_learns_whether_a_role_or_account_is_there(self, acme: Acme, evil: Evil) -> None:
        evil.role("closed", trust(evil.arn("root")))
        token = signed_in(acme)
        told = set()
        for account, role in (
            (evil.id, "closed"), (evil.id, "nobody"), ("000000000001", "closed"),
            ("no-such-alias", "closed"), ("", ""), ("a\0b", "c\0d"), (acme.id, "bad name"),
            (acme.id, "x" * 600), (acme.id, "user/../Deployer"), (acme.id, "*"),
        ):  # fmt: skip
            with pytest.raises(SwitchRefused) as caught:
                signin.switch_role(token, account, role, browser())
            told.add(caught.value.message)
        assert len(told) == 1
        assert arn(token) == acme.bob.arn

    def test_root_switches_to_no_role(self, acme: Acme) -> None:
        token = signin.sign_in_root(acme.email, PASSWORD, browser()).token
        with pytest.raises(SwitchRefused, match="may not be assumed by root"):
            signin.switch_role(token, acme.id, "Deployer", browser())

    def test_a_second_factor_counts_for_the_switch_and_not_in_the_role(self, acme: Acme) -> None:
        demanded = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
        acme.role(
            "guarded",
            trust(acme.bob.arn, Condition=demanded),
            allow("iam:ListUsers", Condition=demanded),
            allow("iam:ListRoles"),
        )
        device = device_for(acme, "bob")
        with_password(acme, "bob")
        begun = signin.sign_in_user(acme.id, "bob", USER_PASSWORD, browser())
        token = signin.answer_mfa(begun.challenge, device.code(), browser()).token
        signin.switch_role(token, acme.id, "guarded", browser())
        assert perform(SessionCredential(token), "ListRoles", {}, browser())["Roles"]
        assert code(token, "ListUsers") == "AccessDenied"


class TestWhenItEnds:
    @pytest.fixture
    def token(self, acme: Acme) -> str:
        token = signed_in(acme)
        signin.switch_role(token, acme.id, "Deployer", browser())
        return token

    def test_signing_out_ends_both(self, acme: Acme, token: str) -> None:
        signin.sign_out(token, browser())
        assert code(token) == "MissingAuthenticationToken"
        assert events(acme.id, "ConsoleLogout")[0].principal_arn == acme.bob.arn

    def test_a_new_password_ends_both(self, acme: Acme, token: str) -> None:
        acme.root.perform("UpdateLoginProfile", UserName="bob", Password="Another-Horse-8")
        assert code(token) == "MissingAuthenticationToken"

    def test_deleting_the_role_or_what_it_may_counts_at_once(self, acme: Acme, token: str) -> None:
        acme.root.perform("DeleteRolePolicy", RoleName="Deployer", PolicyName="p0")
        assert code(token, "ListUsers") == "AccessDenied"
        acme.root.perform("DeleteRole", RoleName="Deployer")
        assert code(token) == "MissingAuthenticationToken"
        assert signin.switch_back(token, browser())
        assert arn(token) == acme.bob.arn

    def test_suspending_the_home_account_ends_what_one_does_elsewhere(
        self, acme: Acme, evil: Evil
    ) -> None:
        evil.role("guest", trust(acme.arn("root")), allow("iam:ListRoles"))
        token = signed_in(acme)
        signin.switch_role(token, evil.id, "guest", browser())
        assert arn(token)
        change(acme.id, Account, status=Account.Status.SUSPENDED)
        assert code(token) == "MissingAuthenticationToken"

    def test_the_roles_time_ends_before_the_session(
        self, acme: Acme, token: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read = temporary.read

        def late(key: str, kept: str):
            secret, held = read(key, kept)
            return secret, temporary.TemporaryCredentials(
                **{
                    **{name: getattr(held, name) for name in held.__slots__},
                    "expires_at": held.issued_at,
                }
            )

        monkeypatch.setattr(temporary, "read", late)
        assert code(token) == "ExpiredToken"
        assert signin.switch_back(token, browser())
        assert arn(token) == acme.bob.arn

    def test_a_session_moved_to_another_role_by_hand_opens_nothing(
        self, acme: Acme, token: str
    ) -> None:
        """Whoever can write rows cannot make credentials: the token is sealed to its key."""
        row = {
            "account": acme.id,
            "subject": acme.id,
            "arn": acme.root.arn,
            "key": "ASIA" + "A" * 16,
        }
        change(acme.id, ConsoleSession, acts_with={**row, "token": "AAAA"})
        assert code(token) == "MissingAuthenticationToken"

    def test_revoking_older_sessions_of_the_role_counts(self, acme: Acme, token: str) -> None:
        acme.root.perform(
            "PutRolePolicy",
            RoleName="Deployer",
            PolicyName="revoke",
            PolicyDocument=allow("s3:*").replace("Allow", "Deny").replace(
                '"Resource": "*"',
                '"Resource": "*", "Condition": {"DateLessThan": {"aws:TokenIssueTime": "2999-01-01T00:00:00Z"}}',
            ).replace("s3:*", "*"),
        )  # fmt: skip
        assert code(token, "ListUsers") == "AccessDenied"
