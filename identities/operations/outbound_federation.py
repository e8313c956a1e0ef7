"""The account as an issuer of web identity tokens: on, off, where, and its keys.

Source: the service models of IAM; api-behaviour.md §8.13.
"""

from __future__ import annotations

import uuid
from typing import Any

from iamsite.operations import Call, operation
from iamsite.operations.errors import OperationError
from identities.models import OutboundFederation
from identities.outbound.issuer import issuer_address
from identities.outbound.keys import make_keys, published, rotate

ENABLED = (
    "The request failed because outbound identity federation is already enabled for your Amazon "
    "Web Services account. You cannot enable the feature multiple times. To fetch the current "
    "configuration (including the unique issuer URL), use the GetOutboundWebIdentityFederationInfo "
    "operation."
)
DISABLED = (
    "The request failed because outbound identity federation is already disabled for your Amazon "
    "Web Services account. You cannot disable the feature multiple times"
)


def federation_of(account: str) -> OutboundFederation | None:
    """The account's issuer, if the feature is enabled."""
    return OutboundFederation.objects.filter(account_id=account, enabled=True).first()


def _enabled(call: Call) -> OutboundFederation:
    found = federation_of(call.account)
    if found is None:
        raise OperationError("FeatureDisabled", DISABLED)
    return found


@operation(
    "iam:EnableOutboundWebIdentityFederation",
    differs="The issuer is an address of this installation below `IAMSITE_URL`, and enabling again "
    "brings the same one back, since whoever trusts it must not be cut off.",
)
def enable_outbound_web_identity_federation(call: Call) -> dict[str, Any]:
    federation, is_new = OutboundFederation.objects.get_or_create(
        account_id=call.account,
        defaults={"identifier": str(uuid.uuid4()), "created_at": call.now},
    )
    if is_new:
        make_keys(call.account, call.now)
    elif federation.enabled:
        raise OperationError("FeatureEnabled", ENABLED)
    else:
        federation.enabled = True
        federation.save(update_fields=["enabled"])
    return {"IssuerIdentifier": issuer_address(federation.identifier)}


@operation("iam:DisableOutboundWebIdentityFederation")
def disable_outbound_web_identity_federation(call: Call) -> None:
    """The keys stay published: tokens of before are good until they expire."""
    federation = _enabled(call)
    federation.enabled = False
    federation.save(update_fields=["enabled"])


@operation("iam:GetOutboundWebIdentityFederationInfo", reads=True)
def get_outbound_web_identity_federation_info(call: Call) -> dict[str, Any]:
    federation = _enabled(call)
    return {
        "IssuerIdentifier": issuer_address(federation.identifier),
        "JwtVendingEnabled": federation.enabled,
    }


@operation("portal:RotateOutboundSigningKeys")
def rotate_outbound_signing_keys(call: Call, Revoke: bool = False) -> dict[str, Any]:
    _enabled(call)
    rotate(call.account, call.now, revoke=Revoke)
    return {
        "SigningKeys": [
            {
                "KeyId": str(key.id),
                "Algorithm": key.algorithm,
                "SigningSince": key.signs_from,
                **({"PublishedUntil": key.published_until} if key.published_until else {}),
            }
            for key in published(call.account, call.now)
        ]
    }
