"""Which requests the AWS face takes, and how it answers whatever comes of them."""

from __future__ import annotations

import json
import logging
import re
from typing import Any
from urllib.parse import urlencode

import pytest

from iamsite.aws.face import is_query_request
from iamsite.operations.caller import Anonymous
from iamsite.operations.errors import OperationError
from tests.iamsite.aws.wire import (
    FORM,
    URL,
    Pipeline,
    environ,
    face,
    get_caller_identity,
    get_user,
    send,
    signed,
)

FAULT = "http://webservices.amazon.com/AWSFault/2005-15-09"
UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


def post(params: dict[str, str] | bytes, **headers: str) -> dict[str, Any]:
    body = params if isinstance(params, bytes) else urlencode(params).encode()
    return environ("POST", headers={"Content-Type": FORM, **headers}, body=body)


def test_a_result_is_answered_in_the_namespace_of_its_service() -> None:
    sent = send(face(Pipeline({"User": {"UserName": "alice"}})), signed(get_user()))
    request_id = sent.headers["x-amzn-RequestId"]
    assert re.fullmatch(UUID, request_id)
    assert sent.status == 200
    assert sent.headers["Content-Type"] == "text/xml"
    assert sent.headers["Content-Length"] == str(len(sent.body))
    assert sent.body.decode() == (
        '<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult>'
        "<User><UserName>alice</UserName></User></GetUserResult><ResponseMetadata>"
        f"<RequestId>{request_id}</RequestId></ResponseMetadata></GetUserResponse>"
    )
    identity = send(face(Pipeline()), signed(get_caller_identity(), "sts"))
    assert b'xmlns="https://sts.amazonaws.com/doc/2011-06-15/"' in identity.body


@pytest.mark.parametrize("accept", ["application/json", "text/html, Application/JSON;q=0.9"])
def test_sts_answers_in_json_whoever_asks_for_it(accept: str) -> None:
    arn = "arn:aws:iam::123456789012:user/alice"
    pipeline = Pipeline({"Arn": arn, "Account": "123456789012"})
    asking = {"Accept": accept}
    sent = send(face(pipeline), signed(get_caller_identity(), "sts", headers=asking))
    assert sent.headers["Content-Type"] == "application/json"
    assert json.loads(sent.body) == {
        "GetCallerIdentityResponse": {
            "GetCallerIdentityResult": {"Account": "123456789012", "Arn": arn},
            "ResponseMetadata": {"RequestId": sent.headers["x-amzn-RequestId"]},
        }
    }
    refused = send(face(pipeline), signed(get_caller_identity(), "sts", secret="x", headers=asking))
    told = json.loads(refused.body)
    assert (refused.status, told["Error"]["Code"]) == (403, "SignatureDoesNotMatch")
    assert told["Error"]["Type"] == "Sender"
    assert told["RequestId"] == refused.headers["x-amzn-RequestId"]
    for other in (
        signed(get_user(), headers=asking),
        signed(get_caller_identity(), "sts", headers={"Accept": "*/*"}),
    ):
        assert send(face(Pipeline()), other).headers["Content-Type"] == "text/xml"


def test_an_operation_without_output_answers_its_metadata_alone() -> None:
    params = {"Action": "DeleteUser", "Version": "2010-05-08", "UserName": "alice"}
    sent = send(face(Pipeline()), signed(params))
    assert sent.body.decode() == (
        '<DeleteUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/">'
        f"<ResponseMetadata><RequestId>{sent.headers['x-amzn-RequestId']}</RequestId>"
        "</ResponseMetadata></DeleteUserResponse>"
    )


def test_a_refusal_is_answered_with_its_code_status_and_message() -> None:
    refusal = OperationError("NoSuchEntity", "The user with name <b> & co cannot be found.")
    sent = send(face(Pipeline(refusal)), signed(get_user()))
    assert sent.status == 404
    assert sent.body.decode() == (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>'
        "<Type>Sender</Type><Code>NoSuchEntity</Code>"
        "<Message>The user with name &lt;b&gt; &amp; co cannot be found.</Message></Error>"
        f"<RequestId>{sent.headers['x-amzn-RequestId']}</RequestId></ErrorResponse>"
    )


def test_a_failure_is_logged_under_its_request_id_and_shows_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        sent = send(face(Pipeline(ZeroDivisionError("secret detail"))), signed(get_user()))
    assert sent.error[:2] == (500, "InternalFailure")
    assert b"<Type>Receiver</Type>" in sent.body
    assert b"secret detail" not in sent.body
    assert b"Traceback" not in sent.body
    (record,) = [record for record in caplog.records if record.name == "iamsite.aws.face"]
    assert record.__dict__["request_id"] == sent.headers["x-amzn-RequestId"]
    assert record.exc_info


def test_a_result_that_cannot_be_written_is_a_failure_and_no_half_answer() -> None:
    sent = send(face(Pipeline({"User": {"CreateDate": "no time"}})), signed(get_user()))
    assert sent.error[:2] == (500, "InternalFailure")


def test_answers_are_kept_by_no_cache_and_sniffed_by_no_browser() -> None:
    for request in (signed(get_user()), post(get_user()), post(b"")):
        headers = send(face(Pipeline()), request).headers
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"Action": "Fly", "Version": "2010-05-08"}, "Fly for version 2010-05-08"),
        ({"Action": "GetUser", "Version": "2011-06-15"}, "GetUser for version 2011-06-15"),
        ({"Action": "GetUser"}, "GetUser for version NO_VERSION_SPECIFIED"),
        ({"Action": "GetUser", "Version": ""}, "GetUser for version "),
        ({"Action": "", "Version": "2010-05-08"}, " for version 2010-05-08"),
        ({"Action": "getuser", "Version": "2010-05-08"}, "getuser for version 2010-05-08"),
    ],
)
def test_an_unknown_action_is_refused_before_authentication(
    params: dict[str, str], message: str
) -> None:
    sent = send(face(Pipeline()), post(params))
    assert sent.error == (400, "InvalidAction", f"Could not find operation {message}")
    assert f'<ErrorResponse xmlns="{FAULT}">'.encode() in sent.body


def test_the_first_of_a_repeated_parameter_counts() -> None:
    pipeline = Pipeline()
    body = b"Action=AssumeRoleWithWebIdentity&Action=GetUser&Version=2011-06-15&Version=x"
    body += b"&RoleArn=first&RoleArn=second&Unknown=1"
    assert send(face(pipeline), post(body)).status == 200
    credential, name, params, _ = pipeline.calls[0]
    assert (credential, name, params) == (
        Anonymous(),
        "AssumeRoleWithWebIdentity",
        {"RoleArn": "first"},
    )


def test_unsigned_operations_need_no_signature_and_heed_none() -> None:
    params = {"Action": "AssumeRoleWithSAML", "Version": "2011-06-15"}
    for extra in ({}, {"Authorization": "Bearer nothing"}):
        pipeline = Pipeline()
        assert send(face(pipeline), post(params, **extra)).status == 200
        assert pipeline.calls[0][0] == Anonymous()


def test_the_origin_is_that_of_the_connection() -> None:
    pipeline = Pipeline()
    request = signed(get_user(), region="eu-central-1", headers={"User-Agent": "aws-cli/2"})
    request |= {"wsgi.url_scheme": "https", "HTTP_X_FORWARDED_FOR": "203.0.113.1"}
    sent = send(face(pipeline), request)
    origin = pipeline.calls[0][3]
    assert (origin.source_ip, origin.secure, origin.face) == ("192.0.2.44", True, "aws")
    assert (origin.region, origin.user_agent) == ("eu-central-1", "aws-cli/2")
    assert origin.request_id == sent.headers["x-amzn-RequestId"]


def test_a_post_without_action_is_sent_to_the_portal() -> None:
    for request in (environ("POST"), post({"Version": "2010-05-08"})):
        sent = send(face(Pipeline()), request)
        assert (sent.status, sent.headers["Location"], sent.body) == (302, "/", b"")


def test_a_signed_get_without_action_is_not_sent_round_in_circles() -> None:
    request = signed({"Version": "2010-05-08"}, method="GET")
    assert send(face(Pipeline()), request).error == (
        400,
        "MissingAction",
        "The request must have an Action.",
    )


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/json", "multipart/form-data"]
)
def test_a_body_of_another_type_is_refused(content_type: str) -> None:
    request = environ("POST", headers={"Content-Type": content_type}, body=b"Action=GetUser")
    status, code, message = send(face(Pipeline()), request).error
    assert (status, code) == (400, "MissingAction")
    assert "application/x-www-form-urlencoded" in message


@pytest.mark.parametrize(
    "content_type", [FORM, "application/x-www-form-urlencoded", "Application/X-WWW-Form-Urlencoded ;charset=UTF-8"]
)  # fmt: skip
def test_a_form_may_name_its_charset(content_type: str) -> None:
    request = environ("POST", headers={"Content-Type": content_type}, body=b"Action=a&Version=b")
    assert send(face(Pipeline()), request).error[1] == "InvalidAction"


def test_a_path_without_action_is_unknown() -> None:
    for method in ("GET", "POST"):
        sent = send(face(Pipeline()), environ(method, f"{URL}somewhere"))
        assert (sent.status, sent.body) == (404, b"<UnknownOperationException/>")


def test_the_operation_is_chosen_whatever_the_path() -> None:
    assert send(face(Pipeline()), signed(get_user(), url=f"{URL}somewhere")).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
def test_other_methods_are_unknown(method: str) -> None:
    request = environ(method, f"{URL}?{urlencode(get_user())}")
    assert is_query_request(request)
    sent = send(face(Pipeline()), request)
    assert (sent.status, sent.body) == (404, b"<UnknownOperationException/>")


@pytest.mark.parametrize(
    ("request_", "taken"),
    [
        (environ("POST"), True),
        (environ("PUT"), True),
        (environ("GET", f"{URL}?Action=GetUser&Version=2010-05-08"), True),
        (environ("GET", f"{URL}?Version=2010-05-08&Action=GetUser"), True),
        (environ("GET", f"{URL}?X-Amz-Signature=0"), True),
        (environ("GET", headers={"Authorization": "AWS4-HMAC-SHA256 x"}), True),
        (environ("GET", headers={"Authorization": "Basic x"}), False),
        (environ("GET"), False),
        (environ("GET", f"{URL}?next=Action"), False),
        (environ("HEAD"), False),
        (environ("OPTIONS"), False),
        (environ("POST", f"{URL}console/sign-in"), False),
        (environ("GET", f"{URL}api/v1/users?Action=GetUser"), False),
    ],
)
def test_requests_of_browsers_are_left_to_django(request_: dict[str, Any], taken: bool) -> None:
    assert is_query_request(request_) is taken


def test_a_body_beyond_ten_million_bytes_is_refused_empty() -> None:
    sent = send(face(Pipeline()), post(b"a" * 10_000_001))
    assert (sent.status, sent.body) == (413, b"")
    assert send(face(Pipeline()), post(b"a" * 10_000_000)).status == 302


@pytest.mark.parametrize("length", ["100000001", "9" * 1_000])
def test_an_endless_body_is_refused_unread(length: str) -> None:
    request = {**post(b"Action=GetUser"), "CONTENT_LENGTH": length}
    assert send(face(Pipeline()), request).status == 413
    assert request["wsgi.input"].tell() == 0


@pytest.mark.parametrize("length", ["-1", "x", "1 2", "\u0663"])
def test_a_length_that_is_no_number_is_refused(length: str) -> None:
    assert send(face(Pipeline()), {**post(b"a"), "CONTENT_LENGTH": length}).status == 400


def test_parameters_are_judged_after_the_signature() -> None:
    params = {"Action": "ListUsers", "Version": "2010-05-08", "MaxItems": "many"}
    assert send(face(Pipeline()), post(params)).error[1] == "MissingAuthenticationToken"
    assert send(face(Pipeline()), signed(params, secret="x")).error[1] == "SignatureDoesNotMatch"
    assert send(face(Pipeline()), signed(params, key_id="A")).error[1] == "InvalidClientTokenId"
    assert send(face(Pipeline()), signed(params)).error == (400, "MalformedInput", "")
