"""A web identity token: who the caller is, in claims that verifiers outside can read.

Claims: IAM User Guide, "Understanding token claims" (api-behaviour.md §11.4).
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

import jwt

from iamsite.operations import Call
from iamsite.operations.caller import Session
from iamsite.operations.context import principal_tags
from iamsite.operations.errors import OperationError
from identities.models import SigningKey
from identities.outbound.issuer import NAMESPACE
from identities.outbound.keys import private_key

# The longest token that AssumeRoleWithWebIdentity takes.
LONGEST_TOKEN = 20_000
# Claims of the session that a condition key of it has as well.
FROM_SESSION = {
    "federated_provider": "aws:FederatedProvider",
    "ec2_source_instance_arn": "ec2:SourceInstanceArn",
    "ec2_instance_source_vpc": "aws:Ec2InstanceSourceVpc",
    "ec2_instance_source_private_ipv4": "aws:Ec2InstanceSourcePrivateIPv4",
    "ec2_role_delivery": "ec2:RoleDelivery",
    "lambda_source_function_arn": "lambda:SourceFunctionArn",
    "glue_credential_issuing_service": "glue:CredentialIssuingService",
    "identity_store_user_id": "identitystore:UserId",
}


def claims(
    call: Call, issuer: str, audiences: list[str], tags: dict[str, str], expires_at: datetime
) -> dict[str, Any]:
    """The claims of a token for the caller, issued now."""
    return {
        "iss": issuer,
        "sub": _subject(call),
        "aud": audiences[0] if len(audiences) == 1 else audiences,
        "iat": int(call.now.timestamp()),
        "exp": int(expires_at.timestamp()),
        "jti": str(uuid.uuid4()),
        NAMESPACE: _of_sts(call, tags),
    }


def _subject(call: Call) -> str:
    """The user, or the role behind a session: what stays when sessions come and go."""
    principal = call.caller.principal
    return principal.role_arn or principal.arn


def _of_sts(call: Call, tags: dict[str, str]) -> dict[str, Any]:
    session, keys = call.caller.session, call.caller_keys
    of_principal = {} if call.caller.is_root else principal_tags(call.caller)
    found: dict[str, Any] = {
        "aws_account": call.account,
        "source_region": call.origin.region,
        "principal_id": _subject(call),
        "org_id": keys.get("aws:PrincipalOrgID"),
        "ou_path": _listed(keys.get("aws:PrincipalOrgPaths")),
        "principal_tags": of_principal,
        "request_tags": tags,
        **(_of_session(session) if session is not None else {}),
    }
    return {name: value for name, value in found.items() if value}


def _of_session(session: Session) -> dict[str, Any]:
    return {
        "original_session_exp": session.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "source_identity": session.source_identity,
        **{name: session.context.get(key) for name, key in FROM_SESSION.items()},
    }


def _listed(value: str | tuple[str, ...] | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


def signed(payload: dict[str, Any], key: SigningKey) -> str:
    """The claims as a signed token. Raises JWTPayloadSizeExceededException."""
    token = jwt.encode(payload, private_key(key), key.algorithm, {"kid": str(key.id)})
    if len(token) > LONGEST_TOKEN:
        raise OperationError(
            "JWTPayloadSizeExceededException",
            "The requested token payload size exceeds the maximum allowed size. Reduce the number "
            "of request tags included in the GetWebIdentityToken API call to reduce the token "
            "payload size.",
        )
    return token


def expiry(call: Call, seconds: int) -> datetime:
    """When a token of so many seconds expires: not after the session that asks for it.

    Raises SessionDurationEscalationException.
    """
    expires_at = call.now.replace(microsecond=0) + timedelta(seconds=seconds)
    session = call.caller.session
    if session is not None and expires_at > session.expires_at:
        raise OperationError(
            "SessionDurationEscalationException",
            "The requested token duration would extend the session beyond its original expiration "
            "time. You cannot use this operation to extend the lifetime of a session beyond what "
            "was granted when the session was originally created.",
        )
    return expires_at
