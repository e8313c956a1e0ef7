"""GetWebIdentityToken: who the caller is, signed for services outside (api-behaviour.md §11.4)."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.errors import OperationError, validation_error
from identities.models import SigningKey
from identities.operations.outbound_federation import federation_of
from identities.operations.sts.tags import session_tags
from identities.outbound import tokens
from identities.outbound.issuer import issuer_address
from identities.outbound.keys import signing_key

DEFAULT_SECONDS = 300
DISABLED = (
    "The outbound web identity federation feature is not enabled for this account. To use this "
    "feature, you must first enable it through the Amazon Web Services Management Console or API."
)
NO_ALGORITHM = (
    "1 validation error detected: Value '{}' at 'signingAlgorithm' failed to satisfy constraint: "
    "Member must satisfy enum value set: [RS256, ES384]"
)


def duration(call: Call) -> str:
    return str(call.params.get("DurationSeconds", DEFAULT_SECONDS))


def audiences(call: Call) -> tuple[str, ...]:
    return tuple(call.params["Audience"])


@operation(
    "sts:GetWebIdentityToken",
    issues=True,
    context={
        "sts:IdentityTokenAudience": audiences,
        "sts:SigningAlgorithm": "SigningAlgorithm",
        "sts:DurationSeconds": duration,
    },
    differs="Answered at the one endpoint that there is, the global one included; a token is good "
    "for AssumeRoleWithWebIdentity where an account trusts its issuer, and at most 20,000 "
    "characters long.",
)
def get_web_identity_token(
    call: Call,
    Audience: list[str],
    SigningAlgorithm: str,
    DurationSeconds: int = DEFAULT_SECONDS,
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    if SigningAlgorithm not in SigningKey.Algorithm.values:
        # The model gives a length only; the two names are in its documentation.
        raise validation_error(NO_ALGORITHM.format(SigningAlgorithm))
    federation = federation_of(call.account)
    if federation is None:
        raise OperationError("OutboundWebIdentityFederationDisabledException", DISABLED)
    tags = session_tags(None, Tags).passed
    if tags:
        call.authorize("sts:TagGetWebIdentityToken", call.anything(), call.tag_keys)
    expires_at = tokens.expiry(call, DurationSeconds)
    issuer = issuer_address(federation.identifier)
    payload = tokens.claims(call, issuer, Audience, tags, expires_at)
    token = tokens.signed(payload, signing_key(call.account, SigningAlgorithm, call.now))
    call.detail.update(TokenId=payload["jti"], Expiration=expires_at.isoformat())
    return {"WebIdentityToken": token, "Expiration": expires_at}
