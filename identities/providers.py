"""Identity providers: which ones a trust policy may name, and finding one."""

from __future__ import annotations

import re

from identities.models import OIDCProvider, SAMLProvider
from policies.engine.principals import WEB_IDENTITY_HOSTS

OIDC_ARN = re.compile(r"arn:aws:iam::([0-9]{12}):oidc-provider/([!-~]+)")
SCHEME = "https://"
SAML_ARN = re.compile(r"arn:aws:iam::([0-9]{12}):saml-provider/([A-Za-z0-9_.-]+)")


def is_provider(name: str) -> bool:
    """Whether `name` is a provider of the entered account, by its ARN, or a host known to all.

    A role trusts providers of its own account only: row-level security shows no others.
    """
    if name in WEB_IDENTITY_HOSTS:
        return True
    if (match := OIDC_ARN.fullmatch(name)) is not None:
        return OIDCProvider.objects.of(match[1]).filter(url=match[2]).exists()
    if (match := SAML_ARN.fullmatch(name)) is not None:
        return SAMLProvider.objects.of(match[1]).filter(name=match[2]).exists()
    return False


def oidc_provider(account: str, arn: str) -> OIDCProvider | None:
    """The OpenID Connect provider of `account`, which must be entered, with this ARN."""
    match = OIDC_ARN.fullmatch(arn)
    if match is None or match[1] != account:
        return None
    return OIDCProvider.objects.of(account).filter(url=match[2]).first()


def oidc_provider_of(account: str, issuer: str) -> OIDCProvider | None:
    """The OpenID Connect provider of `account`, which must be entered, with exactly this issuer."""
    if not issuer.startswith(SCHEME):
        return None
    return OIDCProvider.objects.of(account).filter(url=issuer.removeprefix(SCHEME)).first()
