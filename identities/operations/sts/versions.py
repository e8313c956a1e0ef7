"""The two versions of session tokens (IAM, SetSecurityTokenServicePreferences).

A call to the global endpoint gets a token of the version that its account prefers; one to a
region's endpoint always gets one that is good everywhere. There is one endpoint here, so the
region that a request is signed for says which of AWS's it means.
"""

from __future__ import annotations

from typing import Any

from iamsite.operations import Origin
from iamsite.operations.context import GLOBAL_REGION

FIRST = 1


def is_of_first_version(origin: Origin, holder: Any) -> bool:
    """Whether a token issued now is good only in the regions that are there by default.

    `holder` has the `token_version` of the account whose session it is.
    """
    return origin.region == GLOBAL_REGION and holder.token_version == FIRST
