"""Tags: one idea on users, roles and policies (IAM User Guide, "Tags for IAM resources")."""

from __future__ import annotations

import re
from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call
from iamsite.operations.errors import invalid_input, limit_exceeded, validation_error

RESERVED = re.compile("aws:", re.IGNORECASE)
DUPLICATE = "Duplicate tag keys found. Please note that Tag keys are case insensitive."


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """The `Tags` member: by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def checked_tags(
    call: Call,
    tags: list[dict[str, str]],
    *,
    ignoring_case: bool,
    onto: dict[str, str] | None = None,
) -> dict[str, str]:
    """`onto` (what the resource has) with `tags` put on it.

    Keys ignore case on users and roles, where a new spelling replaces the old entry, and respect it
    elsewhere. Raises InvalidInput for a key twice in one call, ValidationError for a reserved one,
    LimitExceeded above 50.
    """
    seen: set[str] = set()
    merged = dict(onto or {})
    for tag in tags:
        key, value = tag["Key"], tag.get("Value", "")
        if RESERVED.match(key):
            raise validation_error(
                f"The tag key {key} is reserved: keys cannot begin with aws: in any case."
            )
        if key.lower() in seen:
            raise invalid_input(DUPLICATE)
        seen.add(key.lower())
        if ignoring_case:
            merged = {old: kept for old, kept in merged.items() if old.lower() != key.lower()}
        merged[key] = value
    limit = quota(call.account, "TagsPerResource") if len(merged) > 1 else 1
    if len(merged) > limit:
        raise limit_exceeded("TagsPerResource", limit)
    return merged


def without(tags: dict[str, str], keys: list[str], *, ignoring_case: bool) -> dict[str, str]:
    """`tags` less `keys`; unknown keys are ignored."""
    gone: Any = {key.lower() for key in keys} if ignoring_case else set(keys)
    return {
        key: value
        for key, value in tags.items()
        if (key.lower() if ignoring_case else key) not in gone
    }
