"""Signatures at the AWS face: every form that clients send, every message, every attack."""

from __future__ import annotations

import base64
import hashlib
import io
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from iamsite.operations.caller import AccessKeyCredential
from tests.iamsite.aws.wire import (
    FORM,
    KEY_ID,
    URL,
    Pipeline,
    change_authorization,
    environ,
    face,
    get_caller_identity,
    get_user,
    presigned,
    send,
    signed,
    signed_at,
    stamp,
)

DOES_NOT_MATCH = (
    "The request signature we calculated does not match the signature you provided. "
    "Check your AWS Secret Access Key and signing method. "
    "Consult the service documentation for details."
)
NOT_CONFORMING = "The request signature does not conform to AWS standards."
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def answer(request: dict[str, Any], now: datetime | None = None) -> tuple[int, str, str]:
    """Status, code and message; (200, "", "") when the operation was performed."""
    pipeline = Pipeline()
    sent = send(face(pipeline, now), request)
    if sent.status == 200:
        assert len(pipeline.calls) == 1
        return 200, "", ""
    assert not pipeline.calls
    return sent.error


PERFORMED = (200, "", "")
REFUSED = (403, "SignatureDoesNotMatch", DOES_NOT_MATCH)


# Forms that clients send


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-3", "us-gov-west-1", "local"])
def test_a_header_signature_of_any_region_is_accepted(method: str, region: str) -> None:
    assert answer(signed(get_user(), method=method, region=region)) == PERFORMED


def test_the_headers_that_go_and_javascript_sign_are_accepted() -> None:
    extra = {
        "amz-sdk-invocation-id": "5a4e",
        "amz-sdk-request": "attempt=1; max=3",
        "Content-Length": str(len(urlencode(get_user()))),
        "X-Amz-User-Agent": "aws-sdk-js/3.0   os/linux",
        "X-Amz-Content-Sha256": hashlib.sha256(urlencode(get_user()).encode()).hexdigest(),
    }
    request = signed(get_user(), headers=extra)
    assert "content-length;content-type;host;x-amz-content-sha256" in request["HTTP_AUTHORIZATION"]
    assert answer(request) == PERFORMED


def test_a_session_token_in_the_header_reaches_the_pipeline() -> None:
    pipeline = Pipeline()
    send(face(pipeline), signed(get_user(), token="a+token/="))
    credential = pipeline.calls[0][0]
    assert isinstance(credential, AccessKeyCredential)
    assert (credential.access_key_id, credential.session_token) == (KEY_ID, "a+token/=")


def test_a_session_token_in_the_query_reaches_the_pipeline() -> None:
    pipeline = Pipeline()
    send(face(pipeline), presigned(get_caller_identity(), token="a+token/="))
    credential = pipeline.calls[0][0]
    assert isinstance(credential, AccessKeyCredential)
    assert credential.session_token == "a+token/="


def test_a_presigned_login_proof_with_a_header_of_its_own_is_accepted() -> None:
    request = presigned(get_caller_identity(), headers={"x-k8s-aws-id": "cluster"})
    assert "host%3Bx-k8s-aws-id" in request["QUERY_STRING"]
    assert answer(request) == PERFORMED
    assert answer({**request, "HTTP_X_K8S_AWS_ID": "another"}) == REFUSED


def test_a_presigned_post_without_a_body_is_accepted() -> None:
    import botocore.session

    session = botocore.session.Session()
    session.set_credentials(KEY_ID, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    client = session.create_client("sts", endpoint_url=URL, region_name="us-east-1")
    url = client.generate_presigned_url("get_caller_identity")
    assert answer(environ("POST", url)) == PERFORMED
    url = client.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    assert answer(environ("GET", url)) == PERFORMED


def test_values_with_every_kind_of_character_are_verified_and_read_alike() -> None:
    tricky = "a b+c%20&=;/?é\u1234~*'()"
    for method in ("GET", "POST"):
        pipeline = Pipeline()
        assert send(face(pipeline), signed(get_user(UserName=tricky), method=method)).status == 200
        assert pipeline.params == {"UserName": tricky}


# Presence and form


def test_an_unsigned_request_lacks_its_token() -> None:
    request = environ("POST", headers={"Content-Type": FORM}, body=urlencode(get_user()).encode())
    assert answer(request) == (
        403,
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
    )


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "AWS AKIAIOSFODNN7EXAMPLE:c2lnbmF0dXJl",
        "Basic YWxpY2U6c2VjcmV0",
        "Bearer token",
        "AWS4-ECDSA-P256-SHA256 Credential=a",
        "AWS4-HMAC-SHA256",
        "AWS4-HMAC-SHA256 nonsense",
        "AWS4-HMAC-SHA256 Credential=a, Credential=b, SignedHeaders=host, Signature=c",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=c, Bearer token",
        "AWS4-HMAC-SHA256 Credential=a, SignedHeaders=host, Signature=c, Extra=d",
    ],
)
def test_another_scheme_or_two_are_not_a_signature(authorization: str) -> None:
    request = {**signed(get_user()), "HTTP_AUTHORIZATION": authorization}
    assert answer(request) == (400, "IncompleteSignature", NOT_CONFORMING)


@pytest.mark.parametrize(
    ("pattern", "missing"),
    [
        (r"Credential=[^,]+, ", "'Credential'"),
        (r"SignedHeaders=[^,]+, ", "'SignedHeaders'"),
        (r", Signature=.*", "'Signature'"),
    ],
)
def test_a_missing_part_of_the_header_is_named(pattern: str, missing: str) -> None:
    request = change_authorization(signed(get_user()), pattern, "")
    digest = hashlib.sha256(request["HTTP_AUTHORIZATION"].encode()).digest()
    assert answer(request) == (
        400,
        "IncompleteSignature",
        (
            f"Authorization header requires {missing} parameter. "
            f"(Hashed with SHA-256 and encoded with Base64) "
            f"Authorization={base64.b64encode(digest).decode()}"
        ),
    )


def test_a_request_without_a_date_is_told_so() -> None:
    request = signed(get_user())
    del request["HTTP_X_AMZ_DATE"]
    status, code, message = answer(request)
    assert (status, code) == (400, "IncompleteSignature")
    assert message.startswith(
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        "(Hashed with SHA-256 and encoded with Base64) Authorization="
    )


@pytest.mark.parametrize(
    "date", ["Mon, 09 Sep 2011 23:36:00 GMT", "2026-11-01T00:00:00Z", "20261301T000000Z", "x"]
)
def test_a_date_of_another_form_is_shown_back(date: str) -> None:
    assert answer({**signed(get_user()), "HTTP_X_AMZ_DATE": date}) == (
        400,
        "IncompleteSignature",
        (
            f"Date must be in ISO-8601 'basic format'. Got '{date}'. "
            "See http://en.wikipedia.org/wiki/ISO_8601"
        ),
    )


@pytest.mark.parametrize("credential", ["AKIA", "a/b/c/d", "a/b/c/d/e/f", "/b/c/d/e"])
def test_a_credential_of_other_than_five_parts_is_shown_back(credential: str) -> None:
    request = change_authorization(
        signed(get_user()), r"Credential=[^,]+", f"Credential={credential}"
    )
    assert answer(request) == (
        400,
        "IncompleteSignature",
        (
            "Credential must have exactly 5 slash-delimited elements, "
            f"e.g. keyid/date/region/service/term, got '{credential}'"
        ),
    )


@pytest.mark.parametrize(
    "name", [f"X-Amz-{part}" for part in ("Algorithm", "Credential", "Signature", "Date")]
)
def test_a_missing_part_of_the_query_is_named(name: str) -> None:
    request = presigned(get_caller_identity())
    pairs = [pair for pair in request["QUERY_STRING"].split("&") if not pair.startswith(name)]
    assert answer({**request, "QUERY_STRING": "&".join(pairs)}) == (
        400,
        "IncompleteSignature",
        (
            f"AWS query-string parameters must include '{name}'. "
            "Re-examine the query-string parameters."
        ),
    )


def test_another_algorithm_in_the_query_is_no_token() -> None:
    request = presigned(get_caller_identity())
    query = request["QUERY_STRING"].replace("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")
    assert answer({**request, "QUERY_STRING": query}) == (
        403,
        "MissingAuthenticationToken",
        "Missing Authentication Token",
    )


def test_a_signature_in_both_places_is_refused() -> None:
    request = presigned(get_caller_identity())
    header = signed(get_caller_identity(), "sts")["HTTP_AUTHORIZATION"]
    both = {**request, "HTTP_AUTHORIZATION": header}
    assert answer(both) == (400, "IncompleteSignature", NOT_CONFORMING)


# Scope, before any key is looked up


def scoped(field: int, value: str, service: str = "iam") -> dict[str, Any]:
    request = signed(get_user() if service == "iam" else get_caller_identity(), service)
    scope = [KEY_ID, stamp(signed_at(request))[:8], "us-east-1", service, "aws4_request"]
    scope[field] = value
    return change_authorization(request, r"Credential=[^,]+", f"Credential={'/'.join(scope)}")


@pytest.mark.parametrize(
    ("field", "value", "service", "message"),
    [
        (4, "aws5", "iam", "Credential should be scoped with a valid terminator: 'aws4_request'."),
        (
            1,
            "20110909",
            "iam",
            (
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
                "from HTTP."
            ),
        ),
        (2, "", "iam", "Credential should be scoped to a valid region. "),
        (2, "US East", "iam", "Credential should be scoped to a valid region. "),
        (3, "s3", "iam", "Credential should be scoped to correct service: 'iam'. "),
        (3, "iam", "sts", "Credential should be scoped to correct service: 'sts'. "),
    ],
)
def test_a_signature_of_another_scope_is_refused(
    field: int, value: str, service: str, message: str
) -> None:
    assert answer(scoped(field, value, service)) == (403, "SignatureDoesNotMatch", message)


def test_region_and_service_are_named_together() -> None:
    request = change_authorization(signed(get_user()), "us-east-1/iam", "_/s3")
    assert answer(request)[2] == (
        "Credential should be scoped to a valid region. "
        "Credential should be scoped to correct service: 'iam'. "
    )


def test_the_scope_is_judged_before_the_key() -> None:
    request = signed(get_user(), key_id="AKIAUNKNOWN", service="s3")
    assert answer(request)[1] == "SignatureDoesNotMatch"
    assert answer(signed(get_user(), key_id="AKIAUNKNOWN"))[1] == "InvalidClientTokenId"


@pytest.mark.parametrize("key_id", ["AKIA%00", "AKIA%27%3B", "%C3%A9", "A" * 129])
def test_a_key_id_that_no_key_can_have_is_not_looked_up(key_id: str) -> None:
    request = presigned(get_caller_identity())
    query = request["QUERY_STRING"].replace(KEY_ID, key_id)
    pipeline = Pipeline()
    sent = send(face(pipeline), {**request, "QUERY_STRING": query})
    assert sent.error == (
        403,
        "InvalidClientTokenId",
        "The security token included in the request is invalid.",
    )


def test_signing_another_region_than_named_breaks_the_signature() -> None:
    request = change_authorization(signed(get_user()), "us-east-1", "us-east-2")
    assert answer(request) == REFUSED


# Time


@pytest.mark.parametrize(("service", "minutes"), [("iam", 5), ("sts", 15)])
def test_a_date_beyond_the_tolerance_is_refused_either_way(service: str, minutes: int) -> None:
    params = get_user() if service == "iam" else get_caller_identity()
    request = signed(params, service)
    at, window = signed_at(request), minutes * MINUTE

    def again(now: datetime) -> tuple[int, str, str]:
        return answer({**request, "wsgi.input": io.BytesIO(urlencode(params).encode())}, now)

    assert again(at + window) == PERFORMED
    assert again(at - window) == PERFORMED
    late, early = at + window + SECOND, at - window - SECOND
    assert again(late) == (
        403,
        "SignatureDoesNotMatch",
        (
            f"Signature expired: {stamp(at)} is now earlier than {stamp(late - window)} "
            f"({stamp(late)} - {minutes} min.)"
        ),
    )
    assert again(early) == (
        403,
        "SignatureDoesNotMatch",
        (
            f"Signature not yet current: {stamp(at)} is still later than {stamp(early + window)} "
            f"({stamp(early)} + {minutes} min.)"
        ),
    )


def test_a_presigned_sts_request_lives_fifteen_minutes_whatever_it_says() -> None:
    for expires in (1, 60, 604_800):
        request = presigned(get_caller_identity(), expires=expires)
        at = signed_at(request)
        assert answer(request, at + 15 * MINUTE) == PERFORMED
        assert answer(request, at + 15 * MINUTE + SECOND)[2].startswith("Signature expired: ")


def test_a_presigned_iam_request_lives_as_long_as_it_says() -> None:
    request = presigned(get_user(), "iam", expires=60)
    at = signed_at(request)
    assert answer(request, at + MINUTE) == PERFORMED
    late = at + MINUTE + SECOND
    assert answer(request, late)[2] == (
        f"Signature expired: {stamp(at)} is now earlier than {stamp(late - MINUTE)} "
        f"({stamp(late)} - 1 min.)"
    )
    week = presigned(get_user(), "iam", expires=604_800)
    assert answer(week, signed_at(week) + timedelta(days=7)) == PERFORMED
    assert answer(week, signed_at(week) - 6 * MINUTE)[2].startswith("Signature not yet current: ")


@pytest.mark.parametrize("expires", [604_801, 0, -1])
@pytest.mark.parametrize("service", ["iam", "sts"])
def test_a_request_presigned_beyond_seven_days_is_refused(expires: int, service: str) -> None:
    params = get_user() if service == "iam" else get_caller_identity()
    assert answer(presigned(params, service, expires=expires)) == (
        400,
        "IncompleteSignature",
        "X-Amz-Expires must be a number of seconds between 1 and 604800.",
    )


def test_the_clock_of_a_client_can_be_corrected_by_the_date_of_a_refusal() -> None:
    sent = send(face(Pipeline(), datetime(2030, 1, 1, tzinfo=UTC)), signed(get_user()))
    assert sent.status == 403
    assert abs(parsedate_to_datetime(sent.headers["Date"]) - datetime.now(UTC)) < MINUTE


# Attacks


def test_an_unsigned_host_is_refused() -> None:
    request = change_authorization(signed(get_user()), "content-type;host;", "content-type;")
    assert answer(request) == (
        403,
        "SignatureDoesNotMatch",
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    )


def test_another_host_breaks_the_signature() -> None:
    assert answer({**signed(get_user()), "HTTP_HOST": "elsewhere.example.test:8000"}) == REFUSED
    assert answer({**signed(get_user()), "HTTP_HOST": "portal.example.test"}) == REFUSED


@pytest.mark.parametrize("header", ["x-amz-target", "x-amz-content-sha256", "x-amz-security-token"])
def test_an_amazon_header_that_is_not_signed_is_named(header: str) -> None:
    added = {f"HTTP_{header.upper().replace('-', '_')}": "anything"}
    assert answer({**signed(get_user()), **added}) == (
        400,
        "IncompleteSignature",
        f"Header(s) not signed: {header}",
    )
    assert answer({**presigned(get_caller_identity()), **added})[2].endswith(header)


def test_headers_that_proxies_add_need_no_signature() -> None:
    added = {"HTTP_X_AMZ_CF_ID": "cdn", "HTTP_X_AMZN_TRACE_ID": "Root=1", "HTTP_VIA": "1.1 proxy"}
    assert answer({**signed(get_user()), **added}) == PERFORMED


def test_a_body_changed_under_its_signature_is_refused() -> None:
    changed = urlencode(get_user(UserName="mallory")).encode()
    request = signed(get_user(UserName="charlie"))
    assert len(changed) == int(request["CONTENT_LENGTH"])
    assert answer({**request, "wsgi.input": io.BytesIO(changed)}) == REFUSED


def test_a_body_changed_under_its_signed_hash_is_refused() -> None:
    body = urlencode(get_user(UserName="charlie")).encode()
    digest = {"X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest()}
    request = signed(get_user(UserName="charlie"), headers=digest)
    changed = body.replace(b"charlie", b"mallory")
    assert answer({**request, "wsgi.input": io.BytesIO(changed)}) == REFUSED


def test_an_unsigned_payload_is_refused() -> None:
    request = signed(get_user(), headers={"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD"})
    assert answer(request) == REFUSED


def test_a_body_slipped_into_a_presigned_get_is_refused() -> None:
    request = presigned(get_caller_identity())
    body = b"Action=CreateUser"
    slipped = {"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
    assert answer({**request, **slipped}) == REFUSED


def test_another_method_breaks_the_signature() -> None:
    assert answer({**presigned(get_caller_identity()), "REQUEST_METHOD": "POST"}) == REFUSED


def test_a_parameter_added_to_a_presigned_request_is_refused() -> None:
    request = presigned(get_user(), "iam")
    assert answer({**request, "QUERY_STRING": request["QUERY_STRING"] + "&UserName=bob"}) == REFUSED


def test_repeated_parameters_cannot_change_places_under_a_signature() -> None:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

    query = "Action=GetUser&Version=2010-05-08&UserName=alice&UserName=bob"
    request = AWSRequest("GET", f"{URL}?{query}")
    secret = Credentials(KEY_ID, "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    botocore.auth.SigV4Auth(secret, "iam", "us-east-1").add_auth(request)
    sent = environ("GET", request.url, dict(request.headers.items()))
    pipeline = Pipeline()
    assert send(face(pipeline), sent).status == 200
    assert pipeline.params == {"UserName": "alice"}
    swapped = query.replace("alice", "x").replace("bob", "alice").replace("=x", "=bob")
    assert answer({**sent, "QUERY_STRING": swapped}) == REFUSED


def test_a_signature_parameter_given_twice_is_refused() -> None:
    request = presigned(get_caller_identity())
    for name in ("X-Amz-Date", "X-Amz-Signature", "X-Amz-Security-Token", "X-Amz-Credential"):
        twice = f"{name}=1&{request['QUERY_STRING']}&{name}=2"
        assert answer({**request, "QUERY_STRING": twice})[:2] == (400, "IncompleteSignature")


def test_a_header_name_that_could_mean_two_headers_is_refused() -> None:
    request = change_authorization(signed(get_user()), "x-amz-date,", "x-amz-date;x_amz_date,")
    assert answer(request) == (400, "IncompleteSignature", NOT_CONFORMING)


def test_a_repeated_header_that_the_server_joined_breaks_the_signature() -> None:
    request = signed(get_user(), headers={"X-Amz-Target": "one"})
    assert answer({**request, "HTTP_X_AMZ_TARGET": "one,two"}) == REFUSED


@pytest.mark.parametrize("path", ["//", "/./", "/../", "/a/..", "/a/../", "/."])
def test_a_path_that_is_signed_as_another_is_refused(path: str) -> None:
    assert answer({**signed(get_user()), "PATH_INFO": path}) == REFUSED


def test_another_path_breaks_the_signature() -> None:
    assert answer({**signed(get_user()), "PATH_INFO": "/elsewhere"}) == REFUSED


@pytest.mark.parametrize("path", ["/iam", "/caf%C3%A9/", "/a%20b", "/arn:aws:iam::1:user%2Fx"])
def test_the_path_is_part_of_the_signature(path: str) -> None:
    expected = PERFORMED if "%2F" not in path else REFUSED
    assert answer(signed(get_user(), url=URL + path.removeprefix("/"))) == expected


@pytest.mark.parametrize("signature", ["", "0", "0" * 64, "é" * 64, "A" * 10_000])
def test_a_wrong_signature_is_refused(signature: str) -> None:
    request = change_authorization(signed(get_user()), r"Signature=.*", f"Signature={signature}")
    expected = REFUSED if signature else (400, "IncompleteSignature")
    assert answer(request)[: len(expected)] == expected


def test_an_upper_case_signature_is_refused() -> None:
    request = signed(get_user())
    given = request["HTTP_AUTHORIZATION"]
    head, _, value = given.rpartition("=")
    assert answer({**request, "HTTP_AUTHORIZATION": f"{head}={value.upper()}"}) == REFUSED


def test_the_secret_of_another_key_is_refused() -> None:
    assert answer(signed(get_user(), secret="wJalrXUtnFEMI/K7MDENG/bPxRfiCYANOTHERKEY")) == REFUSED


def test_an_access_key_in_other_case_is_another_key() -> None:
    assert answer(signed(get_user(), key_id=KEY_ID.lower()))[1] == "InvalidClientTokenId"


def test_signing_keys_are_kept_without_their_secrets_and_within_bounds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from iamsite.signing import proof

    monkeypatch.setattr(proof, "_KEPT", 3)
    monkeypatch.setattr(proof, "_keys", {})
    for number in range(10):
        key = proof.signing_key(f"secret-{number}", "20261101", "us-east-1", "iam")
        assert proof.signing_key(f"secret-{number}", "20261101", "us-east-1", "iam") == key
        assert len(proof._keys) <= 3
    assert b"secret" not in repr(proof._keys).encode()
