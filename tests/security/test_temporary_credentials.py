"""Session tokens in a thief's, a forger's and a former employee's hands, at the portal itself.

What the token's format promises in itself is in tests/identities/test_sts_tokens.py.
"""

from __future__ import annotations

import base64
import os
import struct
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import transaction

from accounts import operators, tenancy
from accounts.models import DataKey
from accounts.opening import close_account, open_account
from accounts.sealing import make_data_key
from iamsite.operations import OperationError, perform
from tests.cast import PASSWORD, Acme, Actor, Evil, Key, allow, deny, origin, trust
from tests.iamsite.rest.client import Client
from tests.identities.devices import device_for
from tests.portal import Portal

REFUSED = (403, "InvalidClientTokenId", "The security token included in the request is invalid.")


def call(portal: Portal, key: Key, path: str = "caller-identity") -> tuple[int, str, str]:
    answer = Client(portal.url, key, "sts" if path == "caller-identity" else "iam")("GET", path)
    if answer.status == 200:
        return 200, "", ""
    return (*answer.error, answer.message)


def session_of(actor: Actor, **params: str) -> Key:
    return Key.of(actor.perform("GetSessionToken", **params)["Credentials"])


def flipped(token: str, position: int) -> str:
    sealed = bytearray(base64.b64decode(token))
    sealed[position] ^= 1
    return base64.b64encode(sealed).decode()


def test_an_altered_token_is_refused_wherever_it_was_altered(acme: Acme, portal: Portal) -> None:
    key = session_of(acme.alice)
    assert key.token is not None
    assert call(portal, key)[0] == 200
    size = len(base64.b64decode(key.token))
    for position in (0, 3, 4, 15, 16, size // 2, size - 16, size - 1):
        assert call(portal, Key(key.id, key.secret, flipped(key.token, position))) == REFUSED


def test_a_token_cut_short_stretched_or_of_another_alphabet_is_refused(
    acme: Acme, portal: Portal
) -> None:
    key = session_of(acme.alice)
    token = key.token or ""
    for other in (
        token[:-4],
        token[:40],
        "AAAA",
        "x",
        token + "AAAA",
        token[4:],
        token + token,
        token.replace("+", "-").replace("/", "_") + "-_",
        "A" * 6000,
    ):
        assert call(portal, Key(key.id, key.secret, other)) == REFUSED


def test_a_token_goes_with_no_other_key(acme: Acme, evil: Evil, portal: Portal) -> None:
    mine, other, strangers = (session_of(one) for one in (acme.alice, acme.bob, evil.mallory))
    long_term = acme.alice.key
    assert long_term is not None
    for key in (
        Key(mine.id, mine.secret, other.token),
        Key(mine.id, mine.secret, strangers.token),
        Key(other.id, mine.secret, mine.token),
        Key(strangers.id, strangers.secret, mine.token),
        Key(long_term.id, long_term.secret, mine.token),
        Key(mine.id.lower(), mine.secret, mine.token),
        Key(mine.id, mine.secret),  # temporary credentials without their token
    ):
        assert call(portal, key) == REFUSED


def test_a_token_without_its_secret_is_worth_nothing(acme: Acme, portal: Portal) -> None:
    key = session_of(acme.alice)
    assert acme.alice.key is not None
    for secret in ("x" * 40, acme.alice.key.secret):
        assert call(portal, Key(key.id, secret, key.token))[:2] == (403, "SignatureDoesNotMatch")


def test_a_token_sealed_by_another_installation_is_refused(acme: Acme, portal: Portal) -> None:
    """Even under the number of a key that is there."""
    key = session_of(acme.alice)
    sealed = base64.b64decode(key.token or "")
    (number,) = struct.unpack(">I", sealed[:4])
    for said in (number, 0, number + 1000, 2**32 - 1):
        nonce = os.urandom(12)
        body = AESGCM(os.urandom(32)).encrypt(nonce, b"[]", key.id.encode())
        forged = base64.b64encode(struct.pack(">I", said) + nonce + body).decode()
        assert call(portal, Key(key.id, key.secret, forged)) == REFUSED


def test_a_secret_sealed_for_a_row_is_no_token(acme: Acme, portal: Portal) -> None:
    """Keys of one purpose open nothing of another."""
    with transaction.atomic():
        tenancy.enter(acme.id)
        from identities.models import AccessKey

        assert acme.alice.key is not None
        row = AccessKey.objects.get(id=acme.alice.key.id)
    token = base64.b64encode(bytes(row.secret)).decode()
    assert call(portal, Key(row.id, acme.alice.key.secret, token)) == REFUSED


def test_a_token_under_a_new_key_is_good_on_every_node_at_once(acme: Acme, portal: Portal) -> None:
    """Rotation under load: this process seals under a key that the portal has not seen."""
    assert call(portal, session_of(acme.alice))[0] == 200
    make_data_key(DataKey.Purpose.TOKEN)
    make_data_key(DataKey.Purpose.SECRET)
    assert call(portal, session_of(acme.alice))[0] == 200
    made = Key.of(acme.root.perform("CreateAccessKey", UserName="carol")["AccessKey"])
    assert call(portal, made)[0] == 200
    assert acme.alice.key is not None
    assert call(portal, acme.alice.key)[0] == 200


def test_an_expired_token_is_told_so_before_its_signature_is_looked_at(
    acme: Acme, portal: Portal
) -> None:
    then = datetime.now(UTC) - timedelta(hours=2)
    params = {"DurationSeconds": 900}
    made = perform(acme.alice.credential, "GetSessionToken", params, origin(), now=then)
    key = Key.of(made["Credentials"])
    for secret in (key.secret, "x" * 40):
        assert call(portal, Key(key.id, secret, key.token))[:2] == (403, "ExpiredToken")


def test_a_session_dies_with_its_user_at_the_portal(acme: Acme, portal: Portal) -> None:
    key = session_of(acme.ci)
    assert call(portal, key)[0] == 200
    assert acme.ci.key is not None
    acme.root.perform("DeleteAccessKey", UserName="ci", AccessKeyId=acme.ci.key.id)
    acme.root.perform("DeleteUserPolicy", UserName="ci", PolicyName="p0")
    acme.root.perform("DeleteUser", UserName="ci")
    assert call(portal, key) == REFUSED
    acme.root.perform("CreateUser", UserName="ci")
    assert call(portal, key) == REFUSED


def test_a_session_dies_with_its_role_at_the_portal(acme: Acme, portal: Portal) -> None:
    document = trust(acme.arn("root"))
    session = acme.assume(acme.alice, acme.role("brief", document))
    assert session.key is not None
    assert call(portal, session.key)[0] == 200
    acme.root.perform("DeleteRole", RoleName="brief")
    assert call(portal, session.key) == REFUSED
    acme.role("brief", document)
    assert call(portal, session.key) == REFUSED


class TestRootsSessions:
    """The root user has no unique id but its account's, so its sessions go by its password."""

    def session(self, acme: Acme) -> Actor:
        device = device_for(acme)
        key = session_of(acme.root, **device.params)
        actor = Actor("root", acme.root.arn, key.credential, key)
        assert actor.perform("ListUsers")["Users"]
        return actor

    def refused(self, actor: Actor) -> bool:
        with pytest.raises(OperationError) as caught:
            actor.perform("GetCallerIdentity")
        return caught.value.code == "InvalidClientTokenId"

    def test_an_account_opened_anew_under_the_same_id_knows_none_of_the_old_ones(
        self, acme: Acme
    ) -> None:
        then = datetime.now(UTC) - timedelta(minutes=1)
        device = device_for(acme)
        params = {"SerialNumber": device.serial, "TokenCode": device.code()}
        made = perform(acme.root.credential, "GetSessionToken", params, origin(), now=then)
        key = Key.of(made["Credentials"])
        old = Actor("root", acme.root.arn, key.credential, key)
        guest = Key.of(
            perform(
                acme.root.credential, "GetFederationToken", {"Name": "guest"}, origin(), now=then
            )["Credentials"]
        )
        assert close_account(acme.id)
        open_account(acme.email, PASSWORD, account_id=acme.id)
        assert self.refused(old)
        assert self.refused(Actor("guest", "", guest.credential, guest))
        assert acme.alice.key is not None
        for actor in (acme.alice, acme.bob):
            assert self.refused(actor)

    def test_recovery_by_an_operator_ends_them(self, acme: Acme) -> None:
        then = datetime.now(UTC) - timedelta(minutes=1)
        made = perform(acme.root.credential, "GetSessionToken", {}, origin(), now=then)
        key = Key.of(made["Credentials"])
        thief = Actor("root", acme.root.arn, key.credential, key)
        assert thief.perform("GetCallerIdentity")["Arn"] == acme.root.arn
        operators.recover(operators.Shell(), acme.id, "another horse battery", origin())
        assert self.refused(thief)

    def test_they_last_until_then(self, acme: Acme) -> None:
        assert self.session(acme).perform("GetCallerIdentity")["Arn"] == acme.root.arn

    def test_root_locked_away_has_none(self, acme: Acme) -> None:
        session = self.session(acme)
        acme.root.perform("LockRoot")
        assert self.refused(session)


def test_a_session_policy_binds_the_session_at_the_portal(acme: Acme, portal: Portal) -> None:
    role = acme.role("wide", trust(acme.arn("root")), allow("iam:*"))
    params = {"Policy": allow("iam:GetUser")}
    session = acme.assume(acme.alice, role, **params)
    assert session.key is not None
    assert call(portal, session.key, "users/bob")[0] == 200
    assert call(portal, session.key, "users")[:2] == (403, "AccessDenied")
    for document in (allow("*"), deny("iam:DeleteUser")):
        with pytest.raises(OperationError, match="no session policy allows"):
            session.perform(
                "PutRolePolicy", RoleName="wide", PolicyName="more", PolicyDocument=document
            )
    with pytest.raises(OperationError, match="AccessDenied"):
        acme.assume(session, role)
    with pytest.raises(OperationError, match="AccessDenied"):
        session.perform("GetSessionToken")
    with pytest.raises(OperationError, match="AccessDenied"):
        session.perform("GetFederationToken", Name="wider")
