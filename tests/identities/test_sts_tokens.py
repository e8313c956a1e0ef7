"""Temporary credentials from long-term ones, and who is behind credentials."""

import base64
import zlib
from datetime import UTC, datetime, timedelta

import pytest
from botocore.exceptions import ClientError

from accounts import sealing
from iamsite.operations import AccessKeyCredential, SessionCredential
from identities import signin, temporary
from identities.temporary import TemporaryCredentials
from tests.cast import Account, Acme, Actor, Evil, Key, allow, deny, origin, refused, trust
from tests.identities.devices import device_for, wrong
from tests.portal import Portal


def session_of(actor: Actor, operation: str = "GetSessionToken", **params: object) -> Actor:
    output = actor.perform(operation, **params)
    key = Key.of(output["Credentials"])
    arn = output.get("FederatedUser", {}).get("Arn", actor.arn)
    return Actor("session", arn, key.credential, key)


def lifetime(output: dict[str, object]) -> int:
    """In whole seconds, to the nearest ten."""
    credentials: dict[str, datetime] = output["Credentials"]  # type: ignore[assignment]
    left = credentials["Expiration"] - datetime.now(UTC)
    return round(left.total_seconds() / 10) * 10


def root_with_key(account: Account) -> Actor:
    key = Key.of(account.root.perform("CreateAccessKey")["AccessKey"])
    return Actor("root", account.root.arn, key.credential, key)


INVALID = ("InvalidClientTokenId", "The security token included in the request is invalid.")


class TestGetCallerIdentity:
    def test_of_root(self, acme: Acme) -> None:
        assert acme.root.perform("GetCallerIdentity") == {
            "UserId": acme.id,
            "Account": acme.id,
            "Arn": acme.arn("root"),
        }

    def test_of_a_user_and_its_session_token(self, acme: Acme) -> None:
        user_id = acme.root.perform("GetUser", UserName="bob")["User"]["UserId"]
        expected = {"UserId": user_id, "Account": acme.id, "Arn": acme.bob.arn}
        assert acme.bob.perform("GetCallerIdentity") == expected
        assert session_of(acme.bob).perform("GetCallerIdentity") == expected

    def test_of_a_role_session(self, acme: Acme) -> None:
        role_id = acme.root.perform("GetRole", RoleName="Deployer")["Role"]["RoleId"]
        assert acme.assume(acme.bob, acme.deployer).perform("GetCallerIdentity") == {
            "UserId": f"{role_id}:session",
            "Account": acme.id,
            "Arn": f"arn:aws:sts::{acme.id}:assumed-role/Deployer/session",
        }

    def test_of_a_federated_user(self, acme: Acme) -> None:
        assert session_of(acme.alice, "GetFederationToken", Name="Bob").perform(
            "GetCallerIdentity"
        ) == {
            "UserId": f"{acme.id}:Bob",
            "Account": acme.id,
            "Arn": f"arn:aws:sts::{acme.id}:federated-user/Bob",
        }

    def test_it_cannot_be_denied(self, acme: Acme) -> None:
        assert acme.user("dan", deny("*")).perform("GetCallerIdentity")["Account"] == acme.id


class TestGetAccessKeyInfo:
    def test_it_tells_the_account_of_a_key(self, acme: Acme) -> None:
        assert acme.bob.key is not None
        assert acme.alice.perform("GetAccessKeyInfo", AccessKeyId=acme.bob.key.id) == {
            "Account": acme.id
        }

    def test_it_tells_the_account_of_the_temporary_key_that_asks(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), allow("sts:GetAccessKeyInfo"))
        session = acme.assume(acme.carol, role)
        assert session.key is not None
        assert session.perform("GetAccessKeyInfo", AccessKeyId=session.key.id) == {
            "Account": acme.id
        }

    def test_it_needs_permission(self, acme: Acme) -> None:
        assert acme.bob.key is not None
        code, _ = refused(acme.carol, "GetAccessKeyInfo", AccessKeyId=acme.bob.key.id)
        assert code == "AccessDenied"

    def test_a_strangers_key_is_as_unknown_as_a_missing_one(self, acme: Acme, evil: Evil) -> None:
        assert acme.bob.key is not None
        there, missing = acme.bob.key.id, "AKIA" + "A" * 16
        first = refused(evil.mallory, "GetAccessKeyInfo", AccessKeyId=there)
        second = refused(evil.mallory, "GetAccessKeyInfo", AccessKeyId=missing)
        assert first[0] == second[0] == "ValidationError"
        assert first[1].replace(there, "") == second[1].replace(missing, "")


class TestGetSessionToken:
    def test_it_needs_no_permission_and_cannot_be_denied(self, acme: Acme) -> None:
        assert session_of(acme.carol)
        assert session_of(acme.user("dan", deny("*")))

    def test_its_session_is_the_user(self, acme: Acme) -> None:
        device = device_for(acme, "alice")
        session = session_of(acme.alice, **device.params)
        assert session.perform("ListUsers")["Users"]

    @pytest.mark.parametrize(("asked", "given"), [(None, 43_200), (900, 900), (129_600, 129_600)])
    def test_how_long_a_users_lasts(self, acme: Acme, asked: int | None, given: int) -> None:
        params = {} if asked is None else {"DurationSeconds": asked}
        assert lifetime(acme.bob.perform("GetSessionToken", **params)) == given

    @pytest.mark.parametrize(("asked", "given"), [(None, 3600), (900, 900), (43_200, 3600)])
    def test_roots_lasts_an_hour_at_most(self, acme: Acme, asked: int | None, given: int) -> None:
        params = {} if asked is None else {"DurationSeconds": asked}
        assert lifetime(acme.root.perform("GetSessionToken", **params)) == given

    @pytest.mark.parametrize("seconds", [899, 129_601])
    def test_not_outside_of_what_the_api_knows(self, acme: Acme, seconds: int) -> None:
        code, message = refused(acme.bob, "GetSessionToken", DurationSeconds=seconds)
        assert code == "ValidationError"
        assert "durationSeconds" in message

    def test_a_session_cannot_make_another(self, acme: Acme) -> None:
        for session in (session_of(acme.bob), acme.assume(acme.bob, acme.deployer)):
            for operation in ("GetSessionToken", "GetFederationToken"):
                params = {"Name": "Bob"} if operation == "GetFederationToken" else {}
                assert refused(session, operation, **params) == (
                    "AccessDenied",
                    f"Cannot call {operation} with session credentials",
                )

    def test_without_mfa_it_is_good_for_assuming_roles_only(self, acme: Acme) -> None:
        session = session_of(acme.alice)
        assert refused(session, "ListUsers") == INVALID
        assert refused(session, "GetAccountStatus") == INVALID
        assert refused(session, "GetAccessKeyInfo", AccessKeyId="AKIA" + "A" * 16)[0] == (
            "AccessDenied"
        )
        assert acme.assume(session, acme.deployer)

    def test_with_mfa_it_carries_its_age(self, acme: Acme) -> None:
        fresh = {
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
            "NumericLessThan": {"aws:MultiFactorAuthAge": "60"},
        }
        dan = acme.user("dan", allow("iam:ListUsers", Condition=fresh))
        assert refused(dan, "ListUsers")[0] == "AccessDenied"
        assert session_of(dan, **device_for(acme, "dan").params).perform("ListUsers")

    def test_a_wrong_code_gives_nothing(self, acme: Acme) -> None:
        device = device_for(acme, "bob")
        code, message = refused(
            acme.bob,
            "GetSessionToken",
            SerialNumber=device.serial,
            TokenCode=wrong(device.code()),
        )
        assert code == "AccessDenied"
        assert message.startswith("MultiFactorAuthentication failed")

    def test_roots_own_device_counts_for_root(self, acme: Acme) -> None:
        assert session_of(root_with_key(acme), **device_for(acme).params).perform("ListUsers")

    def test_it_dies_with_the_user(self, acme: Acme) -> None:
        dan = acme.user("dan")
        session = session_of(dan)
        assert dan.key is not None
        acme.root.perform("DeleteAccessKey", UserName="dan", AccessKeyId=dan.key.id)
        acme.root.perform("DeleteUser", UserName="dan")
        acme.user("dan")
        assert refused(session, "GetCallerIdentity") == INVALID


class TestGetFederationToken:
    def test_it_needs_permission_on_the_federated_user(self, acme: Acme) -> None:
        code, message = refused(acme.carol, "GetFederationToken", Name="Bob")
        arn = f"arn:aws:sts::{acme.id}:federated-user/Bob"
        assert code == "AccessDenied"
        assert f"sts:GetFederationToken on resource: {arn}" in message
        dan = acme.user("dan", allow("sts:GetFederationToken", resource=arn))
        assert session_of(dan, "GetFederationToken", Name="Bob").arn == arn
        assert refused(dan, "GetFederationToken", Name="Eve")[0] == "AccessDenied"

    def test_its_session_may_call_nothing_of_iam(self, acme: Acme) -> None:
        session = session_of(acme.alice, "GetFederationToken", Name="Bob", Policy=allow("*"))
        assert refused(session, "ListUsers") == INVALID
        code, _ = refused(session, "AssumeRole", RoleArn=acme.deployer, RoleSessionName="abc")
        assert code == "AccessDenied"

    def test_tags_need_a_permission_of_their_own(self, acme: Acme) -> None:
        dan = acme.user("dan", allow("sts:GetFederationToken"))
        tags = [{"Key": "team", "Value": "web"}]
        code, message = refused(dan, "GetFederationToken", Name="Bob", Tags=tags)
        assert code == "AccessDenied"
        assert "sts:TagSession" in message
        assert (
            acme.alice.perform("GetFederationToken", Name="Bob", Tags=tags)["PackedPolicySize"] == 1
        )

    def test_the_answer_names_the_federated_user(self, acme: Acme) -> None:
        output = acme.alice.perform("GetFederationToken", Name="Bob", Policy=allow("s3:*"))
        assert output["FederatedUser"] == {
            "FederatedUserId": f"{acme.id}:Bob",
            "Arn": f"arn:aws:sts::{acme.id}:federated-user/Bob",
        }
        assert output["PackedPolicySize"] > 0
        assert lifetime(output) == 43_200

    def test_roots_lasts_an_hour_at_most(self, acme: Acme) -> None:
        assert lifetime(acme.root.perform("GetFederationToken", Name="Bob")) == 3600


class TestTokens:
    def test_an_altered_truncated_or_foreign_token_is_refused(self, acme: Acme, evil: Evil) -> None:
        session, other = session_of(acme.bob), session_of(evil.mallory)
        assert session.key is not None
        assert session.key.token is not None
        assert other.key is not None
        token = session.key.token
        flipped = bytearray(base64.b64decode(token))
        flipped[-1] ^= 1
        for bad in (
            token[:-4],
            base64.b64encode(flipped).decode(),
            other.key.token,
            "",
            "!",
            token + "AAAA",
        ):
            actor = Actor("x", "", AccessKeyCredential(session.key.id, bad, lambda _: None))
            assert refused(actor, "GetCallerIdentity") == INVALID

    def test_a_token_belongs_to_its_access_key(self, acme: Acme) -> None:
        first, second = session_of(acme.bob).key, session_of(acme.bob).key
        assert first is not None
        assert second is not None
        swapped = AccessKeyCredential(first.id, second.token, lambda _: None)
        assert refused(Actor("x", "", swapped), "GetCallerIdentity") == INVALID

    def test_temporary_credentials_end(self, acme: Acme) -> None:
        user_id = acme.root.perform("GetUser", UserName="bob")["User"]["UserId"]
        now = datetime.now(UTC).replace(microsecond=0)
        issued = temporary.issue(
            TemporaryCredentials("GetSessionToken", acme.id, user_id, now - timedelta(hours=1), now)
        )
        credential = AccessKeyCredential(issued.access_key_id, issued.session_token, lambda _: None)
        assert refused(Actor("x", "", credential), "GetCallerIdentity") == (
            "ExpiredToken",
            "The security token included in the request is expired",
        )

    def test_a_token_under_a_retired_key_is_refused(self, acme: Acme) -> None:
        key = sealing.make_data_key(sealing.TOKEN)
        session = session_of(acme.bob)
        assert session.perform("GetCallerIdentity")
        sealing.make_data_key(sealing.TOKEN)
        assert session.perform("GetCallerIdentity")
        sealing.retire([key])
        assert refused(session, "GetCallerIdentity") == INVALID

    def test_a_token_says_nothing_in_clear(self, acme: Acme) -> None:
        key = session_of(acme.bob).key
        assert key is not None
        opened = base64.b64decode(key.token or "")
        assert key.secret.encode() not in opened
        assert acme.id.encode() not in opened
        with pytest.raises(zlib.error):
            zlib.decompress(opened[16:])


def test_roles_are_assumed_and_sessions_used_over_http(acme: Acme, portal: Portal) -> None:
    client = acme.bob.client("sts", portal.url)
    assumed = client.assume_role(RoleArn=acme.deployer, RoleSessionName="over-http")
    assert assumed["AssumedRoleUser"]["Arn"].endswith(":assumed-role/Deployer/over-http")
    session = Key.of(assumed["Credentials"])
    identity = session.client("sts", portal.url).get_caller_identity()
    assert identity["Arn"] == assumed["AssumedRoleUser"]["Arn"]
    assert session.client("iam", portal.url).list_users()["Users"]
    token = client.get_session_token()["Credentials"]
    assert Key.of(token).client("sts", portal.url).get_caller_identity()["Arn"] == acme.bob.arn
    with pytest.raises(ClientError) as caught:
        acme.carol.client("sts", portal.url).assume_role(
            RoleArn=acme.deployer, RoleSessionName="over-http"
        )
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


class TestFromTheConsole:
    @pytest.fixture
    def browser(self, acme: Acme) -> Actor:
        acme.root.perform("CreateLoginProfile", UserName="bob", Password="Correct-Horse-7")
        token = signin.sign_in_user(acme.id, "bob", "Correct-Horse-7", origin()).token
        return Actor("bob", acme.bob.arn, SessionCredential(token))

    def test_a_console_session_assumes_roles(self, acme: Acme, browser: Actor) -> None:
        assert acme.assume(browser, acme.deployer).perform("ListUsers")

    def test_a_console_session_is_no_long_term_credential(self, browser: Actor) -> None:
        assert refused(browser, "GetSessionToken") == (
            "AccessDenied",
            "Cannot call GetSessionToken with session credentials",
        )
