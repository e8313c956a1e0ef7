"""AssumeRoleWithWebIdentity: a role for whom an OpenID Connect provider vouches.

Source: api-behaviour.md §11.1.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.caller import Assertion
from iamsite.operations.errors import invalid_identity_token
from identities.federation import claims, tokens
from identities.federation.issuer_keys import issuer_keys
from identities.operations.sts.federated import Asked, asserted_tags, assume
from identities.operations.sts.reading import Reading
from identities.operations.sts.role_arn import account_of
from identities.providers import oidc_provider_of
from policies.engine import Principal, PrincipalKind

NO_ACCESS_TOKENS = (
    "ProviderId is for OAuth 2.0 access tokens, which this installation does not take."
)


def bearer(
    now: datetime,
    RoleArn: str,
    WebIdentityToken: str,
    ProviderId: str | None = None,
    **_: Any,
) -> Assertion:
    """Whom the token is about, once a provider of the role's account is proved to have signed it.

    Raises InvalidIdentityToken, IDPCommunicationError.
    """
    if ProviderId is not None:
        raise invalid_identity_token(NO_ACCESS_TOKENS)
    token = tokens.read(WebIdentityToken)
    account = account_of(RoleArn)
    with Reading(account) as reading:
        provider = oidc_provider_of(account, token.issuer) if reading.is_open else None
    if provider is None:
        raise _no_provider(token)
    # The issuer is asked while no transaction is open.
    keys = issuer_keys.fitting(token, tuple(provider.thumbprints))
    tokens.verify(token, keys)
    principal = Principal(PrincipalKind.WEB_IDENTITY, provider.arn, "", provider=provider.arn)
    return Assertion(account, principal, token.subject[:128], token)


def _no_provider(token: tokens.Token) -> Exception:
    return invalid_identity_token(
        f"No OpenIDConnect provider found in your account for {token.issuer[:255]}"
    )


@operation(
    "sts:AssumeRoleWithWebIdentity",
    issues=True,
    authorizes_itself=True,
    proof=bearer,
    differs="Keys are not fetched from the internal network unless the operator allows it. "
    "ProviderId is for providers of OAuth 2.0, of which there are none. "
    "PackedPolicySize is by a measure of ours, as AWS does not say how it packs.",
)
def assume_role_with_web_identity(
    call: Call,
    RoleArn: str,
    RoleSessionName: str,
    WebIdentityToken: str,
    ProviderId: str | None = None,
    PolicyArns: list[dict[str, str]] | None = None,
    Policy: str | None = None,
    DurationSeconds: int = 3600,
    MinimumSessionTokenSize: int = 0,
) -> dict[str, Any]:
    assert call.caller.assertion is not None
    token: tokens.Token = call.caller.assertion.content
    # Read again: what an administrator has changed meanwhile counts.
    if (provider := oidc_provider_of(call.account, token.issuer)) is None:
        raise _no_provider(token)
    call.detail.update(Subject=token.subject, Issuer=token.issuer)
    client = tokens.client_of(token)
    if client not in provider.client_ids:
        raise invalid_identity_token(tokens.WRONG_AUDIENCE)
    tokens.check_time(token, call.now)
    federated = {"aws:FederatedProvider": provider.arn}
    answer = assume(
        call,
        Asked(
            role_arn=RoleArn,
            name=RoleSessionName,
            seconds=DurationSeconds,
            tags=asserted_tags(*claims.tags(token)),
            source_identity=claims.source_identity(token),
            keys=claims.keys(token, provider.url),
            lasting={**claims.lasting_keys(token, provider.url), **federated},
            policy=Policy,
            policy_arns=PolicyArns,
            minimum_size=MinimumSessionTokenSize,
        ),
    )
    return {
        **answer,
        "SubjectFromWebIdentityToken": token.subject,
        "Provider": provider.arn,
        "Audience": client,
    }
