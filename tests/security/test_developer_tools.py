"""What a thief of codes, tokens and clicks tries at `aws login`, and does not get."""

import json
import time
from datetime import timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from django.db import transaction
from django.test import Client
from django.utils import timezone

from accounts import tenancy
from iamsite.operations import OperationError, SessionCredential, perform
from identities import temporary
from identities.models import ConsoleSession
from tests.cast import Acme, Evil, origin
from tests.iamsite.console.browser import Browser
from tests.identities.tool import (
    CALLBACK,
    CODE_EXPIRED,
    CONFIRMATION,
    CROSS,
    EXPIRED,
    SAME,
    WRONG,
    Tool,
    actor,
    denied,
    events,
    later,
    may,
    refused,
)


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    """One account for all: what attacks change is their own sessions."""
    return Acme()


@pytest.fixture(scope="module")
def carol(acme: Acme) -> Browser:
    may(acme)
    return Browser().sign_in(acme, "carol")


@pytest.mark.parametrize(
    "changes",
    [
        {"redirect_uri": "https://evil.example/oauth/callback"},
        {"redirect_uri": "http://127.0.0.1.evil.example:80/oauth/callback"},
        {"redirect_uri": "http://127.0.0.1:80@evil.example/oauth/callback"},
        {"redirect_uri": "http://127.0.0.1:43210/other"},
        {"redirect_uri": "http://127.0.0.1:99999/oauth/callback"},
        {"redirect_uri": "http://localhost:43210/oauth/callback"},
        {"redirect_uri": CONFIRMATION},
        {"client_id": CROSS},
        {"client_id": CROSS, "redirect_uri": "https://evil.example/v1/sessions/confirmation"},
        {"client_id": "arn:aws:signin:::devtools/other"},
        {"response_type": "token"},
        {"scope": "openid profile"},
        {"code_challenge_method": "plain"},
        {"code_challenge": "short"},
        {"state": ""},
        {"state": "a\r\nSet-Cookie: x=y"},
    ],
)
def test_an_answer_goes_nowhere_else(carol: Browser, changes: dict[str, str]) -> None:
    for response in (
        carol.get(Tool().address(**changes)),
        carol.post(Tool().address(**changes)),
    ):
        assert (response.status_code, "Location" in response) == (400, False)


def test_nobody_approves_by_following_a_link_or_on_another_s_page(
    acme: Acme, carol: Browser
) -> None:
    strict = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    strict.cookies = carol.cookies
    assert strict.post(Tool().address()).status_code == 403
    before = len(events(acme.id, "AuthorizeOAuth2Access"))
    page = carol.get(Tool().address())
    assert page["X-Frame-Options"] == "DENY"
    assert len(events(acme.id, "AuthorizeOAuth2Access")) == before


def test_a_code_counts_once_and_the_second_use_ends_the_session(acme: Acme, carol: Browser) -> None:
    tool = Tool()
    code = tool.approved(carol)
    tokens = tool.redeem(code).json()
    thief = Tool()
    assert refused(thief.redeem(code)) == WRONG  # without the verifier it does not even count
    assert actor(tokens).perform("GetCallerIdentity")
    assert refused(tool.redeem(code)) == CODE_EXPIRED
    assert denied(actor(tokens)) == "InvalidClientTokenId"
    assert refused(tool.refresh(tokens["refreshToken"])) == EXPIRED
    (*_, event) = events(acme.id, "CreateOAuth2Token")
    assert (event.outcome, event.principal_arn) == ("AccessDenied", acme.carol.arn)


def test_a_code_is_worth_nothing_without_its_verifier(carol: Browser) -> None:
    tool = Tool()
    code = tool.approved(carol)
    other = "http://127.0.0.1:43211/oauth/callback"
    for changes in (
        {"codeVerifier": "x" * 64},
        {"redirectUri": other},
        {"clientId": CROSS},
    ):
        assert refused(tool.redeem(code, **changes)) == WRONG
    for altered in ("", "x", code[:-2] + "AA", code + "A", "€" * 100, "A" * 600):
        response = tool.redeem(altered)
        assert response.status_code in (400, 403), altered
    assert tool.redeem(code).status_code == 200


def test_a_code_is_no_cookie_and_is_kept_as_a_digest(acme: Acme, carol: Browser) -> None:
    code = Tool().approved(carol)
    with pytest.raises(OperationError) as caught:
        perform(SessionCredential(code), "GetCallerIdentity", {}, origin("console"))
    assert caught.value.code == "MissingAuthenticationToken"
    with transaction.atomic():
        tenancy.enter(acme.id)
        rows = ConsoleSession.objects.filter(login__isnull=False)
        row = rows.latest("created_at")
    assert code not in json.dumps(row.login)
    assert code.encode() not in bytes(row.digest)


def test_an_old_code_is_refused(acme: Acme, carol: Browser) -> None:
    tool = Tool()
    code = tool.approved(carol)
    later(acme.id, created_at=timezone.now() - timedelta(minutes=10))
    assert refused(tool.redeem(code)) == CODE_EXPIRED


def test_a_stolen_refresh_token_needs_the_key_as_well(carol: Browser) -> None:
    tool, thief = Tool(), Tool()
    tokens = tool.signed_in(carol)
    assert refused(thief.refresh(tokens["refreshToken"])) == WRONG
    assert refused(tool.refresh(tokens["refreshToken"], clientId=CROSS)) == WRONG
    assert tool.refresh(tokens["refreshToken"]).status_code == 200


def test_a_lost_answer_is_asked_for_again_but_an_older_token_ends_the_session(
    acme: Acme, carol: Browser
) -> None:
    tool = Tool()
    first = tool.signed_in(carol)["refreshToken"]
    lost = tool.refresh(first).json()["refreshToken"]
    second = tool.refresh(first).json()["refreshToken"]
    assert len({first, lost, second}) == 3
    third = tool.refresh(second).json()
    assert tool.refresh(lost).status_code == 200  # of the same generation as the second
    assert refused(tool.refresh(first)) == EXPIRED
    assert denied(actor(third)) == "InvalidClientTokenId"
    assert refused(tool.refresh(third["refreshToken"])) == EXPIRED
    (*_, event) = events(acme.id, "CreateOAuth2Token")
    assert (event.outcome, "used before" in event.message) == ("AccessDenied", True)


def test_another_account_s_token_opens_nothing_here(acme: Acme, evil: Evil, carol: Browser) -> None:
    tool = Tool()
    tokens = tool.signed_in(carol)
    mallory = Tool()
    hers = mallory.signed_in(Browser().sign_in_root(evil))
    assert actor(hers).perform("GetCallerIdentity")["Account"] == evil.id
    assert refused(mallory.refresh(tokens["refreshToken"])) == WRONG
    mixed = {**hers["accessToken"], "sessionToken": tokens["accessToken"]["sessionToken"]}
    assert denied(actor({"accessToken": mixed})) == "InvalidClientTokenId"


def test_a_proof_is_for_one_request_of_now_with_the_key_that_it_names(carol: Browser) -> None:
    tool = Tool()
    token = tool.signed_in(carol)["refreshToken"]
    other = ec.generate_private_key(ec.SECP256R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(other.public_key(), as_dict=True)
    now = int(time.time())
    for proof in (
        "",
        "a.b.c",
        "x" * 5000,
        tool.proof(htm="GET"),
        tool.proof(htu="https://evil.example/v1/token"),
        tool.proof(htu="http://localhost/v1/other"),
        tool.proof(htu=None),
        tool.proof(iat=now - 400),
        tool.proof(iat=now + 400),
        tool.proof(iat="now"),
        tool.proof(iat=1e300),
        tool.proof(jti=""),
        tool.proof(jti="x" * 300),
        tool.proof(header={"typ": "jwt"}),
        tool.proof(header={"jwk": public}),  # not the key that signed
        tool.proof(header={"jwk": {"kty": "oct", "k": "AAAA"}}),
        tool.proof(header={"jwk": None}),
    ):
        response = tool.refresh(token, proof)
        assert refused(response) == (400, "ValidationException", "invalid_request"), proof
    once = tool.proof()
    assert tool.refresh(token, once).status_code == 200
    assert refused(tool.refresh(token, once)) == (
        400,
        "ValidationException",
        "invalid_request",
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("", "application/json"),
        ("[]", "application/json"),
        ('{"clientId": 1}', "application/json"),
        ('{"clientId": "x"}', "application/json"),
        (json.dumps({"clientId": SAME}), "application/json"),
        (json.dumps({"clientId": SAME, "grantType": "password"}), "application/json"),
        (json.dumps({"clientId": SAME, "grantType": "refresh_token"}), "application/json"),
        ("\xff", "application/json"),
        ("x" * 30_000, "application/json"),
        ("client_id=x", "application/x-www-form-urlencoded"),
    ],
)
def test_what_makes_no_sense_is_refused(body: str, kind: str) -> None:
    http = Client(SERVER_NAME="localhost")
    response = http.post("/v1/token", body, content_type=kind, headers={"DPoP": Tool().proof()})
    assert response.status_code == 400
    assert response["x-amzn-ErrorType"] == "ValidationException"
    assert response.json().keys() == {"error", "message"}
    assert http.get("/v1/token").status_code == 405


def test_a_form_is_read_as_well(carol: Browser) -> None:
    tool = Tool()
    params = {
        "client_id": SAME,
        "grant_type": "authorization_code",
        "code": tool.approved(carol),
        "redirect_uri": CALLBACK,
        "code_verifier": tool.verifier,
    }
    response = tool.http.post("/v1/token", params, headers={"DPoP": tool.proof()})
    assert response.status_code == 400  # multipart is no form of OAuth
    response = tool.http.post(
        "/v1/token",
        "&".join(f"{name}={value}" for name, value in params.items()),
        content_type="application/x-www-form-urlencoded",
        headers={"DPoP": tool.proof()},
    )
    assert response.status_code == 200


def test_a_token_that_says_more_time_than_its_session_has_is_none(
    acme: Acme, carol: Browser
) -> None:
    """The credentials hold no longer than the sign-in, and say of which they are."""
    found = Tool().signed_in(carol)["accessToken"]
    _secret, held = temporary.read(found["accessKeyId"], found["sessionToken"])
    assert (held.kind, held.account, held.sign_in > 0) == ("CreateOAuth2Token", acme.id, True)
    assert held.expires_at - timezone.now() <= timedelta(seconds=900)
