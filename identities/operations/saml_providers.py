"""SAML 2.0 providers (IAM API Reference; api-behaviour.md §8.10)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from accounts.identifiers import unique_id
from accounts.quotas import quota
from accounts.sealing import seal
from iamsite.operations import Call, Resource, operation
from iamsite.operations.errors import (
    entity_already_exists,
    invalid_input,
    limit_exceeded,
    no_such_entity,
    validation_error,
)
from identities.federation import metadata
from identities.models import SAMLPrivateKey, SAMLProvider
from identities.operations.tags import checked_tags, new_resource, tag_list, tag_operations
from identities.providers import SAML_ARN

MOST_PRIVATE_KEYS = 2
SMALLEST_RSA = 2048
# What AWS says of metadata that never ends; Ansible's module wants some time there.
CENTURY = timedelta(days=36525)
REQUIRED = SAMLProvider.EncryptionMode.REQUIRED
ALLOWED = SAMLProvider.EncryptionMode.ALLOWED.value
NEEDS_KEY = (
    "Unable to set assertion encryption mode to Required because no private key is provided."
)
NOTHING = (
    "Unable to update identity provider. No updates are defined for metadata or encryption "
    "assertion."
)
BOTH = (
    "Unable to add and remove private keys in the same request. Set a value for only one of the "
    "two parameters."
)


def saml_provider(call: Call, SAMLProviderArn: str, **_: Any) -> Resource:
    found = _find(call, SAMLProviderArn)
    return Resource(SAMLProviderArn, call.account, tags=found.tags if found else {})


def new_saml_provider(call: Call, Name: str, **_: Any) -> Resource:
    return new_resource(call, f"arn:aws:iam::{call.account}:saml-provider/{Name}")


def all_providers(call: Call, **_: Any) -> Resource:
    return Resource(f"arn:aws:iam::{call.account}:saml-provider/*", call.account)


def _find(call: Call, arn: str) -> SAMLProvider | None:
    """The provider of the caller's own account, kept for the call."""
    key = (SAMLProvider, arn)
    if key not in call.found:
        match = SAML_ARN.fullmatch(arn)
        rows = SAMLProvider.objects.of(call.account)
        own = match is not None and match[1] == call.account
        call.found[key] = rows.filter(name=match[2]).first() if match and own else None
    found: SAMLProvider | None = call.found[key]
    return found


def get_provider(call: Call, arn: str) -> SAMLProvider:
    """Raises ValidationError for what is no ARN, NoSuchEntity."""
    if not arn.startswith("arn:"):
        raise validation_error(f"ARN {arn} is not valid.")
    if (found := _find(call, arn)) is None:
        raise no_such_entity(f"Manifest not found for arn {arn}")
    return found


@operation("iam:CreateSAMLProvider", resource=new_saml_provider)
def create_saml_provider(
    call: Call,
    SAMLMetadataDocument: str,
    Name: str,
    Tags: list[dict[str, str]] | None = None,
    AssertionEncryptionMode: str = "",
    AddPrivateKey: str | None = None,
) -> dict[str, Any]:
    tags = checked_tags(call, Tags or [], ignoring_case=False)
    if Tags:
        call.authorize("iam:TagSAMLProvider", new_saml_provider(call, Name), call.tag_keys)
    described = _described(SAMLMetadataDocument)
    if AssertionEncryptionMode == REQUIRED and AddPrivateKey is None:
        raise invalid_input(NEEDS_KEY)
    rows = SAMLProvider.objects.of(call.account)
    if rows.filter(name=Name).exists():
        raise entity_already_exists(f"SAMLProvider with name {Name} already exists.")
    limit = quota(call.account, "SAMLProvidersPerAccount")
    if rows.count() >= limit:
        raise limit_exceeded("SAMLProvidersPerAccount", limit)
    provider = SAMLProvider.objects.create(
        id=unique_id("", 26),
        account_id=call.account,
        name=Name,
        metadata=SAMLMetadataDocument,
        valid_until=described.valid_until,
        encryption_mode=AssertionEncryptionMode,
        tags=tags,
        created_at=call.now,
    )
    if AddPrivateKey is not None:
        _add_private_key(call, provider, AddPrivateKey)
    output: dict[str, Any] = {"SAMLProviderArn": provider.arn}
    return {**output, "Tags": tag_list(tags)} if tags else output


def _described(document: str) -> metadata.Metadata:
    try:
        return metadata.read(document)
    except metadata.MetadataError as error:
        raise invalid_input(f"Could not parse metadata: {error}") from error


def _add_private_key(call: Call, provider: SAMLProvider, text: str) -> None:
    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise invalid_input("The private key must be an unencrypted RSA key in PEM.") from error
    if not isinstance(key, RSAPrivateKey) or key.key_size < SMALLEST_RSA:
        raise invalid_input(f"The private key must be an RSA key of {SMALLEST_RSA} bits or more.")
    if _private_keys(provider).count() >= MOST_PRIVATE_KEYS:
        raise invalid_input(f"Private key limit of {MOST_PRIVATE_KEYS} is reached.")
    key_id = unique_id("", 26)
    SAMLPrivateKey.objects.create(
        id=key_id,
        account_id=call.account,
        provider=provider,
        secret=seal(text.encode(), key_id),
        created_at=call.now,
    )
    call.detail["AddedPrivateKeyId"] = key_id


def _private_keys(provider: SAMLProvider) -> Any:
    rows = SAMLPrivateKey.objects.of(provider.account_id).filter(provider=provider)
    return rows.order_by("created_at", "id")


@operation("iam:GetSAMLProvider", resource=saml_provider, reads=True)
def get_saml_provider(call: Call, SAMLProviderArn: str) -> dict[str, Any]:
    provider = get_provider(call, SAMLProviderArn)
    keys = [{"KeyId": key.id, "Timestamp": key.created_at} for key in _private_keys(provider)]
    return {
        "SAMLProviderUUID": provider.id,
        "SAMLMetadataDocument": provider.metadata,
        **_times(provider),
        "Tags": tag_list(provider.tags),
        "AssertionEncryptionMode": provider.encryption_mode or ALLOWED,
        "PrivateKeyList": keys,
    }


def _times(provider: SAMLProvider) -> dict[str, Any]:
    end = provider.valid_until or provider.created_at + CENTURY
    return {"CreateDate": provider.created_at, "ValidUntil": end}


@operation("iam:ListSAMLProviders", resource=all_providers, reads=True)
def list_saml_providers(call: Call) -> dict[str, Any]:
    rows = SAMLProvider.objects.of(call.account).defer("metadata").order_by("name")
    return {"SAMLProviderList": [{"Arn": one.arn, **_times(one)} for one in rows]}


@operation("iam:UpdateSAMLProvider", resource=saml_provider)
def update_saml_provider(
    call: Call,
    SAMLProviderArn: str,
    SAMLMetadataDocument: str | None = None,
    AssertionEncryptionMode: str | None = None,
    AddPrivateKey: str | None = None,
    RemovePrivateKey: str | None = None,
) -> dict[str, Any]:
    provider = get_provider(call, SAMLProviderArn)
    if AddPrivateKey is not None and RemovePrivateKey is not None:
        raise invalid_input(BOTH)
    given = (SAMLMetadataDocument, AssertionEncryptionMode, AddPrivateKey, RemovePrivateKey)
    if all(one is None for one in given):
        raise invalid_input(NOTHING)
    if SAMLMetadataDocument is not None:
        provider.valid_until = _described(SAMLMetadataDocument).valid_until
        provider.metadata = SAMLMetadataDocument
    if AssertionEncryptionMode is not None:
        provider.encryption_mode = AssertionEncryptionMode
    if AddPrivateKey is not None:
        _add_private_key(call, provider, AddPrivateKey)
    if RemovePrivateKey is not None:
        removed, _ = _private_keys(provider).filter(id=RemovePrivateKey).delete()
        if not removed:
            raise no_such_entity(f"The private key with id {RemovePrivateKey} cannot be found.")
    if provider.encryption_mode == REQUIRED and not _private_keys(provider).exists():
        raise invalid_input(NEEDS_KEY)
    provider.save(update_fields=["metadata", "valid_until", "encryption_mode"])
    return {"SAMLProviderArn": provider.arn}


@operation("iam:DeleteSAMLProvider", resource=saml_provider)
def delete_saml_provider(call: Call, SAMLProviderArn: str) -> None:
    """Roles that trust the provider stay as they are; assuming them through it fails."""
    provider = get_provider(call, SAMLProviderArn)
    _private_keys(provider).delete()
    provider.delete()


tag_operations("SAMLProvider", "SAMLProviderArn", saml_provider, get_provider)
