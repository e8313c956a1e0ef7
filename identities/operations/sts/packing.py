"""Session policies: what they may be, and how much room they, session tags and contexts take.

AWS does not say how it packs them. Here `PackedPolicySize` is the larger of two shares, rounded up
to whole percent: the characters of the inline policy and the managed policies' ARNs in 2,048, and
the bytes of these, the tags and the provided contexts, deflated, in 4,096 (api-behaviour.md §10.2).
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from accounts.tenancy import AWS
from iamsite.operations.errors import (
    OperationError,
    malformed_policy_document,
    validation_error,
)
from iamsite.operations.layers import document_of
from identities.temporary import IssuedCredentials
from policies.engine import DocumentKind, PolicyErrors
from policies.models import Policy
from policies.operations.find import ARN

PLAIN = 2048
PACKED = 4096
MOST_ARNS = 10
LARGEST_TOKEN = 8192  # twice what a request may ask for at least (MinimumSessionTokenSize)

Keys = Mapping[str, str | tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class SessionPolicies:
    """Session policies that were found good; `size` is PackedPolicySize, None without any."""

    inline: str | None
    arns: tuple[str, ...]
    size: int | None

    @property
    def output(self) -> dict[str, Any]:
        return {} if self.size is None else {"PackedPolicySize": self.size}


def session_policies(
    account: str,
    inline: str | None,
    descriptors: list[dict[str, str]] | None,
    tags: Mapping[str, str],
    context: Keys | None = None,
) -> SessionPolicies:
    """The session policies of a new session in `account`, which must be entered.

    Raises MalformedPolicyDocument for a policy that is none, ValidationError for too many,
    PackedPolicyTooLarge above 100 percent.
    """
    arns = tuple(dict.fromkeys(one["arn"] for one in descriptors or [] if "arn" in one))
    if len(descriptors or []) > MOST_ARNS:
        raise validation_error(
            "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MOST_ARNS}"
        )
    if not (inline or arns or tags or context):
        return SessionPolicies(None, (), None)
    size = packed_size(inline, arns, tags, context)
    if size > 100:
        raise OperationError(
            "PackedPolicyTooLarge",
            f"Packed policy consumes {size}% of allotted space, please use smaller policy.",
        )
    if inline is not None:
        try:
            document_of(inline, DocumentKind.SESSION)
        except PolicyErrors as error:
            raise OperationError(error.aws_code, error.aws_message) from error
    for arn in arns:
        _check_managed(account, arn)
    return SessionPolicies(inline, arns, size)


def packed_size(
    inline: str | None,
    arns: tuple[str, ...],
    tags: Mapping[str, str],
    context: Keys | None = None,
) -> int:
    """The room that session policies, tags and provided contexts take, in percent."""
    policies = [inline or "", *arns]
    plain = sum(len(text) for text in policies)
    carried = [policies, dict(tags), *([dict(context)] if context else [])]
    text = json.dumps(carried, ensure_ascii=False, separators=(",", ":"))
    packed = len(zlib.compress(text.encode(), 9))
    return max(-(-100 * plain // PLAIN), -(-100 * packed // PACKED))


def handed_out(credentials: IssuedCredentials) -> dict[str, Any]:
    """The members of an answer that tell the credentials and the size of their token.

    Raises PackedPolicyTooLarge for a token that no header might have room for.
    """
    size = len(credentials.session_token)
    if size > LARGEST_TOKEN:
        raise OperationError(
            "PackedPolicyTooLarge",
            f"The session token has {size} bytes, more than {LARGEST_TOKEN}: ask for less.",
        )
    return {
        "Credentials": credentials.as_output(),
        "SessionTokenSize": size,
        "SessionTokenUtilization": -(-100 * size // LARGEST_TOKEN),
    }


def _check_managed(account: str, arn: str) -> None:
    match = ARN.fullmatch(arn)
    if match is not None:
        owner, path, name = match.groups()
        if owner in (account, AWS):
            rows = Policy.objects.filter(account_id=owner, path=path, name=name)
            if rows.exists():
                return
    raise malformed_policy_document(f"Policy {arn} does not exist or is not attachable.")
