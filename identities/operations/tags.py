"""Tags: one idea on users, roles and policies (IAM User Guide, "Tags for IAM resources")."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, OperationError, Resource, operation
from iamsite.operations.errors import invalid_input, validation_error
from iamsite.operations.paging import page_of_list
from iamsite.operations.registry import ResourceOf

RESERVED = re.compile("aws:", re.IGNORECASE)
DUPLICATE = "Duplicate tag keys found."
DUPLICATE_IN_ANY_CASE = f"{DUPLICATE} Please note that Tag keys are case insensitive."


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    """The `Tags` member: by key."""
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def new_resource(call: Call, arn: str, shown: str | None = None) -> Resource:
    """What the call would make, as authorization sees it: with the tags that it asks for."""
    tags = {tag["Key"]: tag.get("Value", "") for tag in call.params.get("Tags") or []}
    return Resource(arn, call.account, shown, tags)


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
        same = key.lower() if ignoring_case else key
        if same in seen:
            raise invalid_input(DUPLICATE_IN_ANY_CASE if ignoring_case else DUPLICATE)
        seen.add(same)
        if ignoring_case:
            merged = {old: kept for old, kept in merged.items() if old.lower() != key.lower()}
        merged[key] = value
    limit = quota(call.account, "TagsPerResource") if len(merged) > 1 else 1
    if len(merged) > limit:
        raise OperationError("LimitExceeded", "The number of tags has reached the maximum limit.")
    return merged


def without(tags: dict[str, str], keys: list[str], *, ignoring_case: bool) -> dict[str, str]:
    """`tags` less `keys`; unknown keys are ignored."""
    gone: Any = {key.lower() for key in keys} if ignoring_case else set(keys)
    return {
        key: value
        for key, value in tags.items()
        if (key.lower() if ignoring_case else key) not in gone
    }


def tag_operations(
    kind: str,
    parameter: str,
    resource: ResourceOf,
    get: Callable[[Call, str], Any],
    *,
    change: Callable[[Call, str], Any] | None = None,
    ignoring_case: bool = False,
) -> None:
    """Registers Tag, Untag and List…Tags for a kind of thing.

    `kind` is as the operations spell it (User, MFADevice), `parameter` names one; `get` finds it
    or raises, and so does `change` where not all that can be seen may be changed.
    """
    changed = change or get

    def tag(call: Call, Tags: list[dict[str, str]], **named: str) -> None:
        one = changed(call, named[parameter])
        one.tags = checked_tags(call, Tags, ignoring_case=ignoring_case, onto=one.tags)
        one.save(update_fields=["tags"])

    def untag(call: Call, TagKeys: list[str], **named: str) -> None:
        one = changed(call, named[parameter])
        one.tags = without(one.tags, TagKeys, ignoring_case=ignoring_case)
        one.save(update_fields=["tags"])

    def list_tags(call: Call, **named: Any) -> dict[str, Any]:
        one = get(call, named[parameter])
        tags, paging = page_of_list(call, tag_list(one.tags), lambda tag: tag["Key"])
        return {"Tags": tags, **paging}

    operation(f"iam:Tag{kind}", resource=resource)(tag)
    operation(f"iam:Untag{kind}", resource=resource)(untag)
    operation(f"iam:List{kind}Tags", resource=resource, reads=True)(list_tags)
