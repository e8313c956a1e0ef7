"""The AWS face of a running portal with real keys: the order of refusals, and login proofs."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.cast import Acme, Evil, Key, allow, trust
from tests.portal import Portal

INVALID_TOKEN = (
    403,
    "InvalidClientTokenId",
    "The security token included in the request is invalid.",
)


def refusal(key: Key, portal: Portal, service: str = "sts") -> tuple[int, str, str]:
    """How GetCallerIdentity (or GetUser) is refused to a key."""
    client = key.client(service, portal.url)
    call = client.get_caller_identity if service == "sts" else client.get_user
    with pytest.raises(ClientError) as refused:
        call()
    response = refused.value.response
    metadata, error = response["ResponseMetadata"], response["Error"]
    assert metadata["HTTPHeaders"]["x-amzn-requestid"] == metadata["RequestId"]
    return metadata["HTTPStatusCode"], error["Code"], error["Message"]


def key_of(acme: Acme, name: str = "alice") -> Key:
    key = getattr(acme, name).key
    assert isinstance(key, Key)
    return key


def wrong(key: Key) -> Key:
    return Key(key.id, "x" * 40, key.token)


def session(acme: Acme, **params: Any) -> Key:
    key = acme.assume(acme.alice, acme.deployer, **params).key
    assert key is not None
    return key


def test_a_key_proves_its_owner(acme: Acme, portal: Portal) -> None:
    identity = key_of(acme).client("sts", portal.url).get_caller_identity()
    assert identity["Arn"] == acme.alice.arn
    assert identity["Account"] == acme.id
    user = key_of(acme).client("iam", portal.url).get_user()["User"]
    assert user["Arn"] == acme.alice.arn


def test_an_unknown_key_is_refused_before_its_signature(acme: Acme, portal: Portal) -> None:
    unknown = Key("AKIAIOSFODNN7EXAMPLE", key_of(acme).secret)
    assert refusal(unknown, portal) == INVALID_TOKEN
    assert refusal(Key(key_of(acme).id.lower(), key_of(acme).secret), portal) == INVALID_TOKEN


def test_a_wrong_secret_is_a_wrong_signature(acme: Acme, portal: Portal) -> None:
    for service in ("iam", "sts"):
        status, code, message = refusal(wrong(key_of(acme)), portal, service)
        assert (status, code) == (403, "SignatureDoesNotMatch")
        assert message.startswith("The request signature we calculated does not match")


def test_a_deactivated_key_is_refused_on_the_next_request(acme: Acme, portal: Portal) -> None:
    key = key_of(acme)
    client = key.client("sts", portal.url)
    client.get_caller_identity()
    acme.root.perform("UpdateAccessKey", UserName="alice", AccessKeyId=key.id, Status="Inactive")
    assert refusal(key, portal) == INVALID_TOKEN
    assert refusal(wrong(key), portal) == INVALID_TOKEN
    acme.root.perform("UpdateAccessKey", UserName="alice", AccessKeyId=key.id, Status="Active")
    client.get_caller_identity()
    acme.root.perform("DeleteAccessKey", UserName="alice", AccessKeyId=key.id)
    assert refusal(key, portal) == INVALID_TOKEN


def test_a_temporary_key_needs_its_own_token(acme: Acme, evil: Evil, portal: Portal) -> None:
    key = session(acme)
    assert key.token
    key.client("sts", portal.url).get_caller_identity()
    other = session(acme)
    role = evil.role("Other", trust(evil.arn("root")), allow("*"))
    foreign = evil.assume(evil.mallory, role).key
    assert foreign is not None
    altered = key.token[:-8] + ("A" if key.token[-8] != "A" else "B") + key.token[-7:]
    for token in (None, other.token, foreign.token, altered, key.token[:-4], "x", "é", "=" * 100):
        assert refusal(Key(key.id, key.secret, token), portal) == INVALID_TOKEN, token


def test_a_token_beside_a_long_term_key_is_refused(acme: Acme, portal: Portal) -> None:
    key, token = key_of(acme), session(acme).token
    assert refusal(Key(key.id, key.secret, token), portal) == INVALID_TOKEN
    # Only once its signature is verified.
    assert refusal(Key(key.id, "x" * 40, token), portal)[1] == "SignatureDoesNotMatch"
    assert refusal(Key("AKIAIOSFODNN7EXAMPLE", key.secret, token), portal) == INVALID_TOKEN


def test_a_session_dies_with_its_role_even_if_the_name_comes_back(
    acme: Acme, portal: Portal
) -> None:
    role = acme.role("Brief", trust(acme.arn("root")))
    key = acme.assume(acme.alice, role).key
    assert key is not None
    key.client("sts", portal.url).get_caller_identity()
    acme.root.perform("DeleteRole", RoleName="Brief")
    assert refusal(key, portal) == INVALID_TOKEN
    assert refusal(wrong(key), portal) == INVALID_TOKEN
    acme.role("Brief", trust(acme.arn("root")))
    assert refusal(key, portal) == INVALID_TOKEN


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize("temporary", [False, True])
def test_a_presigned_login_proof_names_its_signer(
    acme: Acme, portal: Portal, temporary: bool
) -> None:
    key = session(acme) if temporary else key_of(acme)
    client = key.client("sts", portal.url)
    url = client.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    status, body = fetch(url)
    assert status == 200
    assert f"<Account>{acme.id}</Account>" in body
    status, body = fetch(f"{url[:-1]}{'0' if url[-1] != '0' else '1'}")
    assert status == 403
    assert "<Code>SignatureDoesNotMatch</Code>" in body


def test_a_presigned_mutation_works_within_its_life(acme: Acme, portal: Portal) -> None:
    client = key_of(acme).client("iam", portal.url)
    url = client.generate_presigned_url("create_user", {"UserName": "dora"}, HttpMethod="GET")
    assert fetch(url)[0] == 200
    status, body = fetch(url)
    assert status == 409
    assert "<Code>EntityAlreadyExists</Code>" in body


def test_every_region_reaches_the_same_portal(acme: Acme, portal: Portal) -> None:
    import boto3

    for region in ("eu-west-1", "ap-southeast-2", "us-gov-west-1"):
        key = key_of(acme)
        client = boto3.client(
            "iam",
            endpoint_url=portal.url,
            region_name=region,
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
        )
        assert client.get_user()["User"]["UserName"] == "alice"


def test_documents_come_back_as_they_were_sent(acme: Acme, portal: Portal) -> None:
    client = key_of(acme).client("iam", portal.url)
    document = '{\r\n  "Version": "2012-10-17",\n\t"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::a+b%20/*"}]}'
    client.put_user_policy(UserName="bob", PolicyName="spaced", PolicyDocument=document)
    seen: list[str] = []
    client.meta.events.register_first(
        "after-call.iam.GetUserPolicy", lambda parsed, **_: seen.append(parsed["PolicyDocument"])
    )
    answer = client.get_user_policy(UserName="bob", PolicyName="spaced")
    assert answer["PolicyDocument"]["Statement"][0]["Resource"] == "arn:aws:s3:::a+b%20/*"
    import urllib.parse

    assert "+" not in seen[0]
    assert urllib.parse.unquote(seen[0]) == document


def test_a_browser_is_left_to_the_pages(portal: Portal) -> None:
    request = urllib.request.Request(f"{portal.url}/", headers={"Accept": "text/html"})
    with urllib.request.urlopen(request) as answer:
        assert "x-amzn-RequestId" not in answer.headers
        assert answer.headers["Content-Type"].startswith("text/html")
