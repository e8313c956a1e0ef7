"""botocore signs in as `aws login` does, and the AWS SDKs refresh what it keeps in its cache."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, urlsafe_b64decode
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from awscrt.crypto import EC
from botocore import UNSIGNED, credentials
from botocore.config import Config
from botocore.exceptions import LoginRefreshRequired
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.cast import Acme
from tests.iamsite.console.browser import Browser
from tests.identities.tool import SAME, Tool, may
from tests.portal import Portal


def keep(folder: Path, session: str, token: dict[str, Any]) -> Path:
    """The file in which the AWS CLI keeps a sign-in."""
    path = folder / f"{hashlib.sha256(session.encode()).hexdigest()}.json"
    path.write_text(json.dumps(token))
    return path


def test_a_profile_signs_in_and_stays_signed_in(
    acme: Acme, portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    may(acme)
    carol = Browser().sign_in(acme, "carol")
    config = tmp_path / "config"
    for name, value in {
        "AWS_CONFIG_FILE": str(config),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_LOGIN_CACHE_DIRECTORY": str(tmp_path),
        "AWS_ENDPOINT_URL": portal.url,
        "AWS_ENDPOINT_URL_SIGNIN": portal.url,
        "AWS_DEFAULT_REGION": "eu-central-1",
    }.items():
        monkeypatch.setenv(name, value)

    # As the AWS CLI does it (awscli/customizations/login), but for the key: one key in 256 of
    # awscrt's begins with a zero, which its export leaves out and its import then misses.
    tool = Tool()
    pem = tool.key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    key = EC.new_key_from_der_data(b64decode("".join(pem.decode().splitlines()[1:-1])))
    client = botocore.session.get_session().create_client(
        "signin", config=Config(signature_version=UNSIGNED, retries={"max_attempts": 0})
    )
    client.meta.events.register(
        "before-call.signin.CreateOAuth2Token", credentials._build_add_dpop_header_handler(key)
    )
    grant = {
        "clientId": SAME,
        "grantType": "authorization_code",
        "code": tool.approved(carol),
        "codeVerifier": tool.verifier,
        "redirectUri": tool.redirect_uri,
    }
    output = client.create_o_auth2_token(tokenInput=grant)["tokenOutput"]
    with pytest.raises(client.exceptions.AccessDeniedException) as refused:
        client.create_o_auth2_token(tokenInput={**grant, "code": "another"})
    assert refused.value.response["error"] == "AUTHCODE_EXPIRED"
    with pytest.raises(client.exceptions.ValidationException):
        client.create_o_auth2_token(tokenInput={**grant, "codeVerifier": "x" * 64})
    payload = output["idToken"].split(".")[1]
    session = json.loads(urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sub"]
    assert session == acme.carol.arn

    config.write_text(f"[profile me]\nlogin_session = {session}\n")
    over = datetime.now(UTC) - timedelta(minutes=1)
    kept = keep(
        tmp_path,
        session,
        {
            "accessToken": {
                **output["accessToken"],
                "accountId": acme.id,
                "expiresAt": over.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
            "tokenType": output["tokenType"],
            "clientId": SAME,
            "refreshToken": output["refreshToken"],
            "idToken": output["idToken"],
            "dpopKey": pem.decode(),
        },
    )
    me = boto3.Session(profile_name="me")
    assert me.client("sts").get_caller_identity()["Arn"] == acme.carol.arn
    renewed = json.loads(kept.read_text())
    assert renewed["refreshToken"] != output["refreshToken"]
    assert renewed["accessToken"]["accessKeyId"] != output["accessToken"]["accessKeyId"]

    acme.root.perform("UpdateLoginProfile", UserName="carol", Password="Another horse battery 2")
    renewed["accessToken"]["expiresAt"] = over.strftime("%Y-%m-%dT%H:%M:%SZ")
    keep(tmp_path, session, renewed)
    with pytest.raises(LoginRefreshRequired):
        boto3.Session(profile_name="me").client("sts").get_caller_identity()
