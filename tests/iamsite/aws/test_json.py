"""The AWS JSON protocol: what is read, what is answered, and how it refuses."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from iamsite.operations.errors import OperationError
from tests.cast import Acme, Key
from tests.iamsite.aws.wire import KEY_ID, SECRET, URL, Answer, Pipeline, environ, face, send
from tests.portal import Portal

TYPE = "application/x-amz-json-1.1"
TARGET = "AWSOrganizationsV20161128."


def ask(
    pipeline: Pipeline,
    body: bytes,
    target: str = f"{TARGET}DescribeAccount",
    *,
    secret: str = SECRET,
    service: str = "organizations",
    method: str = "POST",
) -> Answer:
    headers = {"Content-Type": TYPE, "X-Amz-Target": target}
    request = AWSRequest(method, URL, headers=headers, data=body)
    SigV4Auth(Credentials(KEY_ID, secret), service, "us-east-1").add_auth(request)
    sent = {name: value for name, value in request.headers.items() if name != "Content-Length"}
    return send(face(pipeline), environ(method, URL, sent, body))


def refusal(answer: Answer) -> tuple[int, str, str]:
    body = json.loads(answer.body)
    return answer.status, body["__type"], body["Message"]


def test_a_body_becomes_parameters_and_an_output_a_body() -> None:
    joined = datetime(2026, 11, 1, 12, 0, 0, 500_000, tzinfo=UTC)
    pipeline = Pipeline({"Account": {"Id": "123456789012", "JoinedTimestamp": joined}})
    answer = ask(pipeline, b'{"AccountId":"123456789012","Unknown":1}')
    assert (answer.status, answer.headers["Content-Type"]) == (200, TYPE)
    assert json.loads(answer.body) == {
        "Account": {"Id": "123456789012", "JoinedTimestamp": joined.timestamp()}
    }
    _, name, params, _ = pipeline.calls[0]
    assert (name, params) == ("organizations:DescribeAccount", {"AccountId": "123456789012"})


def test_an_operation_without_output_answers_an_empty_object() -> None:
    assert ask(Pipeline(), b"{}", f"{TARGET}LeaveOrganization").body == b"{}"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b"[]", "SerializationException"),
        (b'{"AccountId":"a","AccountId":"b"}', "SerializationException"),
        (b'{"AccountId":"\xff"}', "SerializationException"),
        (b'{"AccountId":NaN}', "SerializationException"),
        (b'{"AccountId":' + b"[" * 100_000, "SerializationException"),
    ],
)
def test_a_body_that_is_no_object_is_refused(body: bytes, code: str) -> None:
    pipeline = Pipeline()
    answer = ask(pipeline, body)
    assert refusal(answer)[:2] == (400, code)
    assert pipeline.calls == []


def test_a_bad_body_tells_nothing_to_who_cannot_sign() -> None:
    assert refusal(ask(Pipeline(), b"{", secret="x" * 40))[1] == "InvalidSignatureException"


@pytest.mark.parametrize("target", ["", "CreateUser", f"{TARGET}CreateUser", "X.DescribeAccount"])
def test_an_unknown_target_is_no_operation(target: str) -> None:
    assert refusal(ask(Pipeline(), b"{}", target))[:2] == (400, "UnknownOperationException")


def test_a_signature_for_another_service_does_not_count() -> None:
    assert refusal(ask(Pipeline(), b"{}", service="iam"))[1] == "InvalidSignatureException"


def test_an_unsigned_request_is_refused() -> None:
    sent = {"Content-Type": TYPE, "X-Amz-Target": f"{TARGET}ListRoots"}
    answer = send(face(Pipeline()), environ("POST", URL, sent, b"{}"))
    assert refusal(answer)[:2] == (400, "MissingAuthenticationTokenException")


def test_only_post_is_answered() -> None:
    assert ask(Pipeline(), b"{}", method="PUT").status == 404


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OperationError("AccessDenied", "no"), (400, "AccessDeniedException", "no")),
        (OperationError("ValidationError", "bad"), (400, "InvalidInputException", "bad")),
        (OperationError("InternalFailure", "oh"), (500, "InternalFailure", "oh")),
    ],
)
def test_a_refusal_has_the_protocols_own_codes(error: Exception, told: tuple[Any, ...]) -> None:
    assert refusal(ask(Pipeline(error), b"{}")) == told


def test_an_error_carries_its_further_members() -> None:
    error = OperationError("ConstraintViolationException", "no", Reason="OU_DEPTH_LIMIT_EXCEEDED")
    assert json.loads(ask(Pipeline(error), b"{}").body)["Reason"] == "OU_DEPTH_LIMIT_EXCEEDED"


def test_boto3_reads_the_refusal_of_an_operation_that_is_not_there(
    acme: Acme, portal: Portal
) -> None:
    organizations = acme.alice.client("organizations", portal.url)
    with pytest.raises(ClientError) as refused:
        organizations.describe_responsibility_transfer(Id="rt-12345678")
    assert refused.value.response["Error"] == {
        "Code": "UnsupportedOperationException",
        "Message": "The operation organizations:DescribeResponsibilityTransfer is not available in "
        "this installation.",
    }


def test_boto3_reads_the_refusal_of_a_wrong_secret(acme: Acme, portal: Portal) -> None:
    assert acme.alice.key is not None
    wrong = Key(acme.alice.key.id, "x" * 40).client("organizations", portal.url)
    with pytest.raises(ClientError, match="InvalidSignatureException"):
        wrong.list_roots()
