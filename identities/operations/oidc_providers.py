"""OpenID Connect providers (IAM API Reference; api-behaviour.md §8.11)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from accounts.quotas import quota
from iamsite.operations import Call, OperationError, Resource, operation
from iamsite.operations.errors import (
    entity_already_exists,
    invalid_input,
    limit_exceeded,
    no_such_entity,
    validation_error,
)
from identities.federation import fetch
from identities.models import OIDCProvider
from identities.operations.tags import checked_tags, new_resource, tag_list, tag_operations
from identities.providers import OIDC_ARN, SCHEME

PLACE = re.compile(r"[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?", re.ASCII)
MOST_THUMBPRINTS = 5


def arn_of(account: str, url: str) -> str:
    return f"arn:aws:iam::{account}:oidc-provider/{url}"


def oidc_provider(call: Call, OpenIDConnectProviderArn: str, **_: Any) -> Resource:
    found = _find(call, OpenIDConnectProviderArn)
    return Resource(OpenIDConnectProviderArn, call.account, tags=found.tags if found else {})


def new_oidc_provider(call: Call, Url: str, **_: Any) -> Resource:
    return new_resource(call, arn_of(call.account, Url.removeprefix(SCHEME)))


def _find(call: Call, arn: str) -> OIDCProvider | None:
    """The provider of the caller's own account, kept for the call."""
    key = (OIDCProvider, arn)
    if key not in call.found:
        match = OIDC_ARN.fullmatch(arn)
        rows = OIDCProvider.objects.of(call.account)
        own = match is not None and match[1] == call.account
        call.found[key] = rows.filter(url=match[2]).first() if match and own else None
    found: OIDCProvider | None = call.found[key]
    return found


def get_provider(call: Call, arn: str) -> OIDCProvider:
    """Raises ValidationError for what is no ARN, NoSuchEntity."""
    if not arn.startswith("arn:"):
        raise validation_error(f"ARN {arn} is not valid.")
    if (found := _find(call, arn)) is None:
        raise no_such_entity(f"OpenIDConnect Provider not found for arn {arn}")
    return found


@operation(
    "iam:CreateOpenIDConnectProvider",
    resource=new_oidc_provider,
    differs="Without thumbprints, the issuer's top certificate is fetched, but not from the "
    "internal network unless the operator allows it. The address may have a port, as issuers "
    "inside an organisation often do.",
)
def create_open_id_connect_provider(
    call: Call,
    Url: str,
    ClientIDList: list[str] | None = None,
    ThumbprintList: list[str] | None = None,
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    tags = checked_tags(call, Tags or [], ignoring_case=False)
    if Tags:
        resource = new_oidc_provider(call, Url)
        call.authorize("iam:TagOpenIDConnectProvider", resource, call.tag_keys)
    url = _checked_url(Url)
    clients = list(dict.fromkeys(ClientIDList or []))
    _check_clients(call, clients)
    thumbprints = _checked_thumbprints(ThumbprintList or [])
    rows = OIDCProvider.objects.of(call.account)
    if rows.filter(url=url).exists():
        raise entity_already_exists(f"Provider with url {Url} already exists.")
    limit = quota(call.account, "OpenIDConnectProvidersPerAccount")
    if rows.count() >= limit:
        raise limit_exceeded("OpenIDConnectProvidersPerAccount", limit)
    provider = OIDCProvider.objects.create(
        id=uuid4(),
        account_id=call.account,
        url=url,
        client_ids=clients,
        thumbprints=thumbprints or [_top_thumbprint(Url)],
        tags=tags,
        created_at=call.now,
    )
    output: dict[str, Any] = {"OpenIDConnectProviderArn": provider.arn}
    return {**output, "Tags": tag_list(tags)} if tags else output


def _checked_url(url: str) -> str:
    """The issuer's URL without its scheme.

    A port is taken, which AWS refuses: issuers inside an organisation often have one.
    """
    rest = url.removeprefix(SCHEME)
    if not url.startswith(SCHEME) or not PLACE.fullmatch(rest) or set(rest) & set("?#"):
        raise validation_error("Invalid Open ID Connect Provider URL")
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    # The name begins condition keys, as a service's does: `aws` alone would make claims aws:… keys.
    if port == 0 or not set(rest) & set(".:/"):
        raise validation_error("Invalid Open ID Connect Provider URL")
    return rest


def _check_clients(call: Call, clients: list[str]) -> None:
    limit = quota(call.account, "ClientIdsPerOpenIdConnectProvider")
    if len(clients) > limit:
        raise limit_exceeded("ClientIdsPerOpenIdConnectProvider", limit)


def _checked_thumbprints(thumbprints: list[str]) -> list[str]:
    if len(thumbprints) > MOST_THUMBPRINTS:
        raise invalid_input("Thumbprint list must contain fewer than 5 entries.")
    if not all(re.fullmatch(r"[0-9A-Fa-f]{40}", one) for one in thumbprints):
        raise invalid_input("Thumbprint must be the hex-encoded SHA-1 of a certificate.")
    return list(dict.fromkeys(one.lower() for one in thumbprints))


def _top_thumbprint(url: str) -> str:
    try:
        return fetch.top_thumbprint(url)
    except fetch.FetchError as error:
        raise OperationError(
            "OpenIdIdpCommunicationError",
            f"The certificate of {url} cannot be read. Check that the portal can reach it, or "
            "give its thumbprint.",
        ) from error


@operation("iam:GetOpenIDConnectProvider", resource=oidc_provider, reads=True)
def get_open_id_connect_provider(call: Call, OpenIDConnectProviderArn: str) -> dict[str, Any]:
    provider = get_provider(call, OpenIDConnectProviderArn)
    return {
        "Url": provider.url,
        "ClientIDList": provider.client_ids,
        "ThumbprintList": provider.thumbprints,
        "CreateDate": provider.created_at,
        "Tags": tag_list(provider.tags),
    }


def all_providers(call: Call, **_: Any) -> Resource:
    return Resource(arn_of(call.account, "*"), call.account)


@operation("iam:ListOpenIDConnectProviders", resource=all_providers, reads=True)
def list_open_id_connect_providers(call: Call) -> dict[str, Any]:
    rows = OIDCProvider.objects.of(call.account).order_by("url")
    return {"OpenIDConnectProviderList": [{"Arn": one.arn} for one in rows]}


@operation("iam:DeleteOpenIDConnectProvider", resource=oidc_provider)
def delete_open_id_connect_provider(call: Call, OpenIDConnectProviderArn: str) -> None:
    """Roles that trust the provider stay as they are.

    Not idempotent, on AWS neither, whatever the model's documentation says.
    """
    if not OIDC_ARN.fullmatch(OpenIDConnectProviderArn):
        raise validation_error(f"ARN {OpenIDConnectProviderArn} is not valid.")
    if (provider := _find(call, OpenIDConnectProviderArn)) is None:
        raise no_such_entity(f"OpenId connect Provider {OpenIDConnectProviderArn} cannot be found.")
    provider.delete()


@operation("iam:AddClientIDToOpenIDConnectProvider", resource=oidc_provider)
def add_client_id(call: Call, OpenIDConnectProviderArn: str, ClientID: str) -> None:
    """Idempotent."""
    provider = get_provider(call, OpenIDConnectProviderArn)
    if ClientID not in provider.client_ids:
        _check_clients(call, [*provider.client_ids, ClientID])
        provider.client_ids.append(ClientID)
        provider.save(update_fields=["client_ids"])


@operation("iam:RemoveClientIDFromOpenIDConnectProvider", resource=oidc_provider)
def remove_client_id(call: Call, OpenIDConnectProviderArn: str, ClientID: str) -> None:
    """Idempotent."""
    provider = get_provider(call, OpenIDConnectProviderArn)
    if ClientID in provider.client_ids:
        provider.client_ids.remove(ClientID)
        provider.save(update_fields=["client_ids"])


@operation("iam:UpdateOpenIDConnectProviderThumbprint", resource=oidc_provider)
def update_thumbprints(
    call: Call, OpenIDConnectProviderArn: str, ThumbprintList: list[str]
) -> None:
    provider = get_provider(call, OpenIDConnectProviderArn)
    provider.thumbprints = _checked_thumbprints(ThumbprintList)
    provider.save(update_fields=["thumbprints"])


tag_operations("OpenIDConnectProvider", "OpenIDConnectProviderArn", oidc_provider, get_provider)
