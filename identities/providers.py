"""Identity providers: which ones a trust policy may name."""

from __future__ import annotations

import re

from identities.models import OIDCProvider
from policies.engine.principals import WEB_IDENTITY_HOSTS

OIDC_ARN = re.compile(r"arn:aws:iam::([0-9]{12}):oidc-provider/([!-~]+)")


def is_provider(name: str) -> bool:
    """Whether `name` is a provider of the entered account, by its ARN, or a host known to all.

    A role trusts providers of its own account only: row-level security shows no others.
    """
    if name in WEB_IDENTITY_HOSTS:
        return True
    match = OIDC_ARN.fullmatch(name)
    if match is None:
        return False
    account, url = match.groups()
    return OIDCProvider.objects.of(account).filter(url=url).exists()
