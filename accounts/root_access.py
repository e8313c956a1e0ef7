"""Centralized root access: an organization's way to the root users of its members.

Source: IAM User Guide, "Centrally manage root access for member accounts".
"""

from __future__ import annotations

from iamsite.operations.rows import fetch_one

SERVICE = "iam.amazonaws.com"
CREDENTIALS = "RootCredentialsManagement"
SESSIONS = "RootSessions"

FOUND = "SELECT since, features FROM iamsite_root_access(%s)"


def held_since(issuer: str, feature: str) -> str | None:
    """What tells the membership of the entered account, if `issuer` may act as its root now.

    None when the entered account is no active member of an organization that trusts IAM and has
    `feature` enabled, or when `issuer` neither manages that organization nor administers IAM for
    it. An account that leaves and joins again is another membership.
    """
    since, features = fetch_one(FOUND, [issuer]) or (None, None)
    return since if feature in (features or ()) else None
