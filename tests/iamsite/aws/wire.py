"""Calls of the WSGI application without a server, signed by botocore's own signer."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit
from xml.etree import ElementTree

from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from iamsite.aws.face import Face
from iamsite.operations.caller import AccessKeyCredential, Credential, Origin
from iamsite.operations.errors import OperationError
from iamsite.signing import utc_now

KEY_ID = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
URL = "http://portal.example.test:8000/"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def error(self) -> tuple[int, str, str]:
        """Status, code, message."""
        root = ElementTree.fromstring(self.body)
        assert root.tag.endswith("}ErrorResponse"), self.body
        code, message = root.find("{*}Error/{*}Code"), root.find("{*}Error/{*}Message")
        assert code is not None
        return self.status, code.text or "", "" if message is None else message.text or ""


@dataclass
class Pipeline:
    """Stands in for `perform`: verifies with the one secret there is, and answers `output`."""

    output: dict[str, Any] | Exception = field(default_factory=dict)
    calls: list[tuple[Credential, str, dict[str, Any], Origin]] = field(default_factory=list)

    def __call__(
        self, credential: Credential, name: str, params: dict[str, Any], origin: Origin
    ) -> dict[str, Any]:
        if isinstance(credential, AccessKeyCredential):
            if credential.access_key_id != KEY_ID:
                raise OperationError("InvalidClientTokenId", "unknown to this test")
            credential.verify(SECRET)
        self.calls.append((credential, name, params, origin))
        if isinstance(self.output, Exception):
            raise self.output
        return self.output

    @property
    def params(self) -> dict[str, Any]:
        return self.calls[-1][2]


def face(pipeline: Pipeline, now: datetime | None = None) -> Face:
    return Face(pipeline, (lambda: now) if now else utc_now)


def environ(
    method: str, url: str = URL, headers: dict[str, str] | None = None, body: bytes = b""
) -> dict[str, Any]:
    """The environment that a server makes of a request."""
    parts = urlsplit(url)
    built: dict[str, Any] = {
        "REQUEST_METHOD": method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path, "latin-1"),
        "QUERY_STRING": parts.query,
        "REMOTE_ADDR": "192.0.2.44",
        "wsgi.url_scheme": parts.scheme,
        "wsgi.input": io.BytesIO(body),
    }
    if body:
        built["CONTENT_LENGTH"] = str(len(body))
    for name, value in {"Host": parts.netloc, **(headers or {})}.items():
        key = name.upper().replace("-", "_")
        built[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    return built


def send(application: Any, request: dict[str, Any]) -> Answer:
    seen: list[tuple[str, list[tuple[str, str]]]] = []
    body = b"".join(application(request, lambda status, headers: seen.append((status, headers))))
    ((status, headers),) = seen
    assert len(dict(headers)) == len(headers)
    return Answer(int(status.split()[0]), dict(headers), body)


def signed(
    params: dict[str, str],
    service: str = "iam",
    *,
    method: str = "POST",
    region: str = "us-east-1",
    key_id: str = KEY_ID,
    secret: str = SECRET,
    token: str | None = None,
    headers: dict[str, str] | None = None,
    url: str = URL,
) -> dict[str, Any]:
    """A request with the Authorization header; parameters in the form, or in a GET's query."""
    body = urlencode(params).encode() if method == "POST" else b""
    request = AWSRequest(
        method,
        url if method == "POST" else f"{url}?{urlencode(params, quote_via=quote)}",
        headers={**({"Content-Type": FORM} if body else {}), **(headers or {})},
        data=body,
    )
    SigV4Auth(Credentials(key_id, secret, token), service, region).add_auth(request)
    sent = {name: value for name, value in request.headers.items() if name != "Content-Length"}
    return environ(method, request.url, sent, body)


def presigned(
    params: dict[str, str],
    service: str = "sts",
    *,
    expires: int = 60,
    region: str = "us-east-1",
    token: str | None = None,
    headers: dict[str, str] | None = None,
) -> dict[str, Any]:
    """A request with the signature in its query string."""
    request = AWSRequest(
        "GET", f"{URL}?{urlencode(params, quote_via=quote)}", headers=headers or {}
    )
    credentials = Credentials(KEY_ID, SECRET, token)
    SigV4QueryAuth(credentials, service, region, expires=expires).add_auth(request)
    return environ("GET", request.url, dict(request.headers.items()))


def signed_at(request: dict[str, Any]) -> datetime:
    """When a request was signed, by its X-Amz-Date of either form."""
    text = request.get("HTTP_X_AMZ_DATE") or dict(parse_qsl(request["QUERY_STRING"]))["X-Amz-Date"]
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def stamp(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ")


def get_user(**params: str) -> dict[str, str]:
    return {"Action": "GetUser", "Version": "2010-05-08", **params}


def get_caller_identity(**params: str) -> dict[str, str]:
    return {"Action": "GetCallerIdentity", "Version": "2011-06-15", **params}


def change_authorization(request: dict[str, Any], pattern: str, by: str) -> dict[str, Any]:
    changed, count = re.subn(pattern, by, request["HTTP_AUTHORIZATION"])
    assert count == 1
    return {**request, "HTTP_AUTHORIZATION": changed}
