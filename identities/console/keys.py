"""Access keys with their last use."""

from __future__ import annotations

from iamsite.console.asking import Answer, Asking, Params


def keys_with_use(ask: Asking, who: Params) -> Answer:
    """The keys of `who` ({} is the caller), each with `LastUsed`: two at most, by quota."""
    keys = ask.see(keys=("ListAccessKeys", who))["keys"]
    listed = keys.result.get("AccessKeyMetadata", [])
    used = ask.see(
        **{
            key["AccessKeyId"]: ("GetAccessKeyLastUsed", {"AccessKeyId": key["AccessKeyId"]})
            for key in listed
        }
    )
    for key in listed:
        key["LastUsed"] = used[key["AccessKeyId"]].result.get("AccessKeyLastUsed", {})
    return keys
