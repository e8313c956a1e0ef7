"""Signing in to the console through an identity provider: what an account sets up for it.

AWS leaves this to each identity provider; the operations are the portal's own.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from accounts.sealing import seal
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import invalid_input, no_such_entity, validation_error
from identities.models import OIDCProvider, SAMLProvider, SignInClient
from identities.operations import oidc_providers, saml_providers
from identities.operations.sts.assume_role import role_at
from identities.operations.sts.role_arn import ARN
from identities.providers import OIDC_ARN, SAML_ARN

FOR_OIDC = "ClientId, ClientSecret and RoleArns are for OpenID Connect providers."
NEEDS_ALL = "An OpenID Connect provider needs ClientId and RoleArns."


def provider(call: Call, ProviderArn: str, **_: Any) -> Resource:
    if OIDC_ARN.fullmatch(ProviderArn):
        return oidc_providers.oidc_provider(call, ProviderArn)
    return saml_providers.saml_provider(call, ProviderArn)


def get_provider(call: Call, arn: str) -> OIDCProvider | SAMLProvider:
    """Raises ValidationError for what is no provider's ARN, NoSuchEntity."""
    if OIDC_ARN.fullmatch(arn):
        return oidc_providers.get_provider(call, arn)
    if SAML_ARN.fullmatch(arn):
        return saml_providers.get_provider(call, arn)
    raise validation_error(f"ARN {arn} is not valid.")


def _of(found: OIDCProvider | SAMLProvider) -> dict[str, Any]:
    kind = "oidc_provider" if isinstance(found, OIDCProvider) else "saml_provider"
    return {kind: found}


def _find(call: Call, found: OIDCProvider | SAMLProvider) -> SignInClient | None:
    client: SignInClient | None = SignInClient.objects.of(call.account).filter(**_of(found)).first()
    return client


def _get(call: Call, arn: str) -> SignInClient:
    if (client := _find(call, get_provider(call, arn))) is None:
        raise no_such_entity(f"Nobody signs in through {arn}.")
    return client


@operation("portal:PutSignInClient", resource=provider)
def put_sign_in_client(
    call: Call,
    ProviderArn: str,
    DisplayName: str,
    ClientId: str | None = None,
    ClientSecret: str | None = None,
    RoleArns: list[str] | None = None,
) -> dict[str, Any]:
    found = get_provider(call, ProviderArn)
    client = _find(call, found) or SignInClient(
        id=uuid4(), account_id=call.account, created_at=call.now, **_of(found)
    )
    client.name = DisplayName
    if isinstance(found, SAMLProvider):
        if ClientId is not None or ClientSecret is not None or RoleArns is not None:
            raise invalid_input(FOR_OIDC)
    else:
        if ClientId is None or not RoleArns:
            raise invalid_input(NEEDS_ALL)
        if ClientId not in found.client_ids:
            raise invalid_input(f"{ClientId} is none of the provider's client ids.")
        client.client_id = ClientId
        client.role_arns = [_checked_role(call, one) for one in dict.fromkeys(RoleArns)]
        if ClientSecret is not None:
            client.secret = seal(ClientSecret.encode(), str(client.id))
    client.save()
    return {"SignInClient": _output(client)}


def _checked_role(call: Call, arn: str) -> str:
    match = ARN.fullmatch(arn)
    if match is None or match[1] != call.account or role_at(*match.groups()) is None:
        raise no_such_entity(f"The role {arn} cannot be found in this account.")
    return arn


@operation("portal:GetSignInClient", resource=provider, reads=True)
def get_sign_in_client(call: Call, ProviderArn: str) -> dict[str, Any]:
    return {"SignInClient": _output(_get(call, ProviderArn))}


@operation("portal:DeleteSignInClient", resource=provider)
def delete_sign_in_client(call: Call, ProviderArn: str) -> None:
    _get(call, ProviderArn).delete()


def _output(client: SignInClient) -> dict[str, Any]:
    """Never the secret, only whether there is one."""
    output: dict[str, Any] = {
        "SignInClientId": str(client.id),
        "DisplayName": client.name,
        "CreateDate": client.created_at,
    }
    if client.client_id:
        output |= {
            "ClientId": client.client_id,
            "HasClientSecret": bool(client.secret),
            "RoleArns": client.role_arns,
        }
    return output
