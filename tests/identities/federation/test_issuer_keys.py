"""The keys of an issuer: found by discovery, kept for some minutes, asked for again sparingly."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamsite.operations import OperationError
from identities.federation import fetch, tokens
from identities.federation.issuer_keys import FRESH, LEAST, IssuerKeys
from identities.federation.tokens import NO_KEY
from tests.identities.federation.issuer import Issuer, published, rsa_key


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(clock: Clock) -> IssuerKeys:
    return IssuerKeys(clock=clock)


def found(keys: IssuerKeys, issuer: Issuer, kid: str = "rsa") -> list[Any]:
    token = tokens.read(issuer.token(headers={"kid": kid}))
    return [key["kid"] for key in keys.fitting(token, (issuer.thumbprint,))]


def refusal(act: Callable[[], object]) -> tuple[str, str]:
    with pytest.raises(OperationError) as caught:
        act()
    return caught.value.code, caught.value.message


def test_keys_are_asked_for_once_while_they_are_fresh(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    for _ in range(3):
        assert found(keys, issuer) == ["rsa"]
        clock.now += FRESH / 3 - 1
    assert len(issuer.asked) == 2
    clock.now += FRESH
    assert found(keys, issuer) == ["rsa"]
    assert len(issuer.asked) == 4


def test_a_new_key_is_found_and_a_withdrawn_one_ends(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    assert found(keys, issuer) == ["rsa"]
    issuer.keys = [published(rsa_key("issuer"), "new")]
    clock.now += LEAST
    assert found(keys, issuer, "new") == ["new"]
    assert refusal(lambda: found(keys, issuer)) == ("InvalidIdentityToken", NO_KEY)


def test_made_up_key_ids_do_not_make_the_portal_ask_again_and_again(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    for number in range(5):
        assert refusal(lambda number=number: found(keys, issuer, f"k{number}"))[1] == NO_KEY
    assert len(issuer.asked) == 2


def test_keys_that_one_account_trusts_are_not_another_accounts(
    keys: IssuerKeys, issuer: Issuer
) -> None:
    assert found(keys, issuer) == ["rsa"]
    token = tokens.read(issuer.token())
    code, message = refusal(lambda: keys.fitting(token, ("0" * 40,)))
    assert (code, message) == (
        "InvalidIdentityToken",
        "OpenID Connect provider's HTTPS certificate has been rotated or is untrusted.",
    )


def test_an_issuer_that_is_down_is_told_as_what_may_pass(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    issuer.answers["/realms/acme/keys"] = lambda: (503, {}, b"")
    assert refusal(lambda: found(keys, issuer))[0] == "IDPCommunicationError"
    del issuer.answers["/realms/acme/keys"]
    assert found(keys, issuer) == ["rsa"]


def test_old_keys_are_not_believed_when_the_issuer_is_down(
    keys: IssuerKeys, issuer: Issuer, clock: Clock
) -> None:
    assert found(keys, issuer) == ["rsa"]
    issuer.answers["/realms/acme/keys"] = lambda: (503, {}, b"")
    clock.now += FRESH
    assert refusal(lambda: found(keys, issuer))[0] == "IDPCommunicationError"


@pytest.mark.parametrize(
    "about",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 100_000,
        b"\xff",
        b"{}",
        b'{"issuer": "ISSUER"}',
        b'{"issuer": "ISSUER", "jwks_uri": 7}',
        b'{"issuer": "ISSUER/", "jwks_uri": "ISSUER/keys"}',
        b'{"issuer": "ISSUER", "jwks_uri": "http://127.0.0.1/keys"}',
        b'{"issuer": "ISSUER", "jwks_uri": "file:///etc/passwd"}',
    ],
)
def test_a_discovery_document_that_is_none_gives_no_keys(
    keys: IssuerKeys, issuer: Issuer, about: bytes
) -> None:
    body = about.replace(b"ISSUER", issuer.url.encode())
    issuer.answers["/realms/acme/.well-known/openid-configuration"] = lambda: (200, {}, body)
    assert refusal(lambda: found(keys, issuer)) == ("InvalidIdentityToken", NO_KEY)


@pytest.mark.parametrize(
    "published_keys", [None, {}, [], [7], [{}], [{"kty": "RSA", "kid": "rsa", "n": "!", "e": 7}]]
)
def test_broken_keys_verify_nothing(issuer: Issuer, published_keys: Any, keys: IssuerKeys) -> None:
    body = json.dumps({"keys": published_keys}).encode()
    issuer.answers["/realms/acme/keys"] = lambda: (200, {}, body)
    token = tokens.read(issuer.token())

    def verify() -> None:
        tokens.verify(token, keys.fitting(token, (issuer.thumbprint,)))

    assert refusal(verify)[0] == "InvalidIdentityToken"


def test_keys_in_an_internal_network_are_not_fetched_for_a_public_issuer(
    keys: IssuerKeys, issuer: Issuer
) -> None:
    """The address of the keys is checked as the issuer's own is."""
    about = json.dumps({"issuer": issuer.url, "jwks_uri": "https://169.254.169.254/latest"})
    issuer.answers["/realms/acme/.well-known/openid-configuration"] = lambda: (
        200,
        {},
        about.encode(),
    )
    assert not fetch.is_permitted("169.254.169.254")
    assert refusal(lambda: found(keys, issuer)) == ("InvalidIdentityToken", NO_KEY)
