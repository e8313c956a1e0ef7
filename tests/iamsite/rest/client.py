"""A client of the REST face that signs as every AWS SDK does."""

import json
from typing import Any, NamedTuple

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.httpsession import URLLib3Session

from tests.cast import Key


class Answer(NamedTuple):
    status: int
    body: Any
    headers: dict[str, str]

    @property
    def error(self) -> tuple[int, str]:
        return self.status, self.body["Error"]["Code"]

    @property
    def message(self) -> str:
        return str(self.body["Error"]["Message"])


class Client:
    """Calls `url`/api/v1 signed with `key`, or unsigned without one."""

    def __init__(self, url: str, key: Key | None = None, service: str = "iam") -> None:
        self.base = f"{url}/api/v1/"
        self.key = key
        self.service = service

    def __call__(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        raw: bytes | None = None,
        content_type: str = "application/json",
    ) -> Answer:
        data = raw if raw is not None else json.dumps(body).encode() if body is not None else None
        headers = {"Content-Type": content_type} if data is not None else {}
        request = AWSRequest(method, self.base + path, data=data, headers=headers)
        if self.key is not None:
            credentials = Credentials(self.key.id, self.key.secret, self.key.token)
            SigV4Auth(credentials, self.service, "us-east-1").add_auth(request)
        answer = URLLib3Session().send(request.prepare())
        content = answer.content
        return Answer(
            answer.status_code, json.loads(content) if content else None, dict(answer.headers)
        )
