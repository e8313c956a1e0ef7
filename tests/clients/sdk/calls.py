"""Calls by boto3 over HTTP, each noted with what came of it."""

from __future__ import annotations

from functools import cache
from typing import Any

import boto3
from botocore import UNSIGNED, xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from iamsite.operations.models import operations
from tests.cast import Actor

CONFIG = {"retries": {"max_attempts": 0}, "parameter_validation": False}
NOBODY = None  # signs nothing


class Calls:
    """Performs operations against the portal at `url`.

    `seen` is what came of them: (operation, None) for a success, else (operation, the error's code).
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.seen: set[tuple[str, str | None]] = set()
        self.client = cache(self._client)

    def __call__(self, actor: Actor | None, operation: str, /, **params: Any) -> dict[str, Any]:
        """The answer. An error is botocore's ClientError."""
        client = self.client(actor, operations()[operation].service)
        return getattr(client, xform_name(operation))(**params)

    def attempt(self, actor: Actor | None, operation: str, /, **params: Any) -> str | None:
        """The code of the error that the operation answers with, or None."""
        try:
            self(actor, operation, **params)
        except ClientError as error:
            return error.response["Error"]["Code"]
        return None

    def _client(self, actor: Actor | None, service: str) -> Any:
        signing = {"config": Config(**CONFIG)}
        if actor is None:
            signing = {"config": Config(**CONFIG, signature_version=UNSIGNED)}
        elif key := actor.key:
            signing |= {
                "aws_access_key_id": key.id,
                "aws_secret_access_key": key.secret,
                "aws_session_token": key.token,
            }
        client = boto3.client(service, endpoint_url=self.url, region_name="us-east-1", **signing)
        client.meta.events.register(f"after-call.{service}", self._note)
        return client

    def _note(self, parsed: dict[str, Any], model: Any, **_: Any) -> None:
        self.seen.add((model.name, parsed.get("Error", {}).get("Code")))
