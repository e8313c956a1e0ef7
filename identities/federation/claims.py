"""What a web identity token's claims mean to a session: condition keys, tags, source identity.

Source: context-keys.md §8; IAM User Guide, "Pass session tags in AWS STS".
"""

from __future__ import annotations

import json
import re
from typing import Any

from iamsite.operations.errors import invalid_identity_token
from identities.federation.tokens import Token, client_of

TAGS = "https://aws.amazon.com/tags"
ONE_TAG = f"{TAGS}/principal_tags/"
TRANSITIVE = f"{TAGS}/transitive_tag_keys"
SOURCE_IDENTITY = "https://aws.amazon.com/source_identity"
SOURCE_IDENTITY_FORM = re.compile(r"(?!aws:)[\w+=,.@-]{2,64}", re.ASCII)
# Of the registered claims, those that are no names of anybody.
APART = {"exp", "iat", "nbf", "iss", "aud", "sub", "azp", "amr"}
BAD_TAGS = "The session tags in the web identity token are malformed."

Keys = dict[str, str | tuple[str, ...]]


def keys(token: Token, provider: str) -> Keys:
    """The condition keys `<provider>:<claim>` that the call brings."""
    found = lasting_keys(token, provider)
    found[f"{provider}:oaud"] = _key(token.claims["aud"]) or ""
    if "azp" in token.claims:
        found[f"{provider}:azp"] = token.claims["azp"]
    for name, claim in token.claims.items():
        if name.lower() not in APART | {"oaud"} and (value := _key(claim)) is not None:
            found[f"{provider}:{name}"] = value
    return found


def lasting_keys(token: Token, provider: str) -> Keys:
    """The condition keys that the session keeps (context-keys.md §8)."""
    found: Keys = {f"{provider}:aud": client_of(token), f"{provider}:sub": token.subject}
    methods = token.claims.get("amr")
    if isinstance(methods, list) and methods and all(isinstance(one, str) for one in methods):
        found[f"{provider}:amr"] = tuple(methods)
    elif isinstance(methods, str):
        found[f"{provider}:amr"] = methods
    return found


def _key(claim: Any) -> str | tuple[str, ...] | None:
    """A claim as a condition key has it; None for one that cannot be a key's value."""
    if isinstance(claim, list):
        values = [_key(one) for one in claim]
        texts = [one for one in values if isinstance(one, str)]
        return tuple(texts) if texts and len(texts) == len(values) else None
    if isinstance(claim, str):
        return claim
    if isinstance(claim, bool | int | float):
        return json.dumps(claim)
    return None


def tags(token: Token) -> tuple[list[dict[str, str]], list[str]]:
    """Session tags and transitive keys that the token asks for. Raises InvalidIdentityToken."""
    whole = token.claims.get(TAGS, {})
    if not isinstance(whole, dict):
        raise invalid_identity_token(BAD_TAGS)
    named = whole.get("principal_tags", {})
    if not isinstance(named, dict):
        raise invalid_identity_token(BAD_TAGS)
    flat = {
        name.removeprefix(ONE_TAG): value
        for name, value in token.claims.items()
        if name.startswith(ONE_TAG)
    }
    transitive = whole.get("transitive_tag_keys", token.claims.get(TRANSITIVE, []))
    if not isinstance(transitive, list) or not all(isinstance(one, str) for one in transitive):
        raise invalid_identity_token(BAD_TAGS)
    found = [*named.items(), *flat.items()]
    return [{"Key": key, "Value": _one(value)} for key, value in found], transitive


def _one(value: Any) -> str:
    """A tag has one value, alone or in a list."""
    one = value[0] if isinstance(value, list) and len(value) == 1 else value
    if not isinstance(one, str):
        raise invalid_identity_token(BAD_TAGS)
    return one


def source_identity(token: Token) -> str:
    """The source identity that the token sets, or "". Raises InvalidIdentityToken."""
    found = token.claims.get(SOURCE_IDENTITY)
    if found is None:
        return ""
    if not isinstance(found, str) or not SOURCE_IDENTITY_FORM.fullmatch(found):
        raise invalid_identity_token(
            'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,64} and not begin with "aws:"'
        )
    return found
