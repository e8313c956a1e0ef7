"""The text of Action and Resource entries as AWS checks it when a policy is saved.

Sources: policy-language §3, §4.2 and §10. Each check answers None or a TextFault.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .principals import PARTITIONS

_VENDOR = re.compile(r"[A-Za-z0-9.-]+")
_IAM_RESOURCE_TYPES = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
    # Accepted today, though not in the recorded message.
    "assumed-role/",
    "contextProvider/",
    "delegation-request/",
    "role-template/",
    "u2f/",
)
_S3_REGIONAL_TYPES = (
    "accesspoint/",
    "access-grants/",
    "async-request/",
    "job/",
    "storage-lens/",
    "storage-lens-group/",
)


class TextFault(NamedTuple):
    code: str
    message: str
    help: str
    aws_message: str


LEGACY = "The policy failed legacy parsing"


def action_fault(action: str) -> TextFault | None:
    """What AWS would object to in an Action or NotAction entry."""
    vendor, colon, name = action.partition(":")
    if action == "*":
        return None
    if not colon:
        return TextFault(
            "action-prefix",
            f"The action {action[:80]!r} names no service.",
            'Write it as service:Action, for example iam:GetUser, or "*" for every action.',
            "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.",
        )
    if ":" in name:
        return TextFault(
            "action-colons",
            f"The action {action[:80]!r} has more than one colon.",
            "Write it as service:Action, with one colon.",
            "Actions/Condition can contain only one colon.",
        )
    if vendor != "*" and not _VENDOR.fullmatch(vendor):
        return TextFault(
            "action-vendor",
            f"{vendor[:80]!r} is no service prefix.",
            "A prefix is letters, digits, dots and hyphens, without part wildcards.",
            f"Vendor {vendor} is not valid",
        )
    return None


def resource_fault(resource: str, *, short: bool = True) -> TextFault | None:
    """What AWS would object to in a Resource or NotResource entry.

    `short`: an ARN of fewer than six parts is completed; otherwise it is refused.
    """
    if resource == "*":
        return None
    head, colon, rest = resource.partition(":")
    no_arn = TextFault(
        "resource-arn",
        f"The resource {resource[:80]!r} is no ARN.",
        'Write an ARN (arn:aws:service:region:account:resource) or "*".',
        f'Resource {resource} must be in ARN format or "*".',
    )
    if not colon:
        return no_arn
    partition, _, rest = rest.partition(":")
    parts = rest.split(":", 3)
    if partition not in PARTITIONS and partition != "*":
        shown = [parts[0] if parts[0] or len(parts) > 1 else "*", *parts[1:]]
        shown += ["*"] * (4 - len(shown))
        return TextFault(
            "resource-partition",
            f"{partition[:80]!r} is no partition.",
            'The second part of an ARN is its partition, usually "aws".',
            f'Partition "{partition}" is not valid for resource "arn:{partition}:'
            f'{":".join(shown)}".',
        )
    if head != "arn":
        return no_arn
    service = parts[0]
    if resource.count(":") == 1 or "*" in service or "?" in service:
        return TextFault(
            "resource-vendor",
            f"The resource {resource[:80]!r} must name its service in full.",
            "No wildcard may stand in the third part of an ARN; name each service.",
            "Resource vendor must be fully qualified and cannot contain regexes.",
        )
    if not service or (resource.count(":") < 5 and "::" in resource):
        return TextFault(
            "resource-legacy",
            f"The resource {resource[:80]!r} lacks parts of its ARN.",
            "An ARN has six parts: arn:partition:service:region:account:resource.",
            LEGACY,
        )
    if len(parts) < 4:
        return None if short else _incomplete(resource)
    return _service_fault(resource, service, parts[1], parts[3])


def _incomplete(resource: str) -> TextFault:
    return TextFault(
        "resource-short",
        f"The resource {resource[:80]!r} is not a complete ARN.",
        "This kind of policy takes complete ARNs only, with six parts.",
        f'Resource {resource} must be in ARN format or "*".',
    )


def _service_fault(resource: str, service: str, region: str, rest: str) -> TextFault | None:
    if service == "iam" and region not in ("", "*"):
        return TextFault(
            "resource-region",
            "ARNs of IAM have no region.",
            "Leave the fourth part empty: arn:aws:iam::account:resource.",
            f"IAM resource {resource} cannot contain region information.",
        )
    if service == "s3" and region not in ("", "*") and not rest.startswith(_S3_REGIONAL_TYPES):
        return TextFault(
            "resource-region",
            "ARNs of S3 buckets and objects have no region.",
            "Leave the fourth part empty: arn:aws:s3:::bucket/key.",
            f"Resource {resource} can not contain region information.",
        )
    if service == "iam" and rest not in ("*", "root") and not rest.startswith(_IAM_RESOURCE_TYPES):
        return TextFault(
            "resource-type",
            f"{rest[:80]!r} does not begin with a resource type of IAM.",
            'Begin with the type in full, for example user/ or role/; or write "*".',
            'IAM resource path must either be "*" or start with user/, federated-user/, role/, '
            "group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, "
            "saml-provider/, oidc-provider/, report/, access-report/.",
        )
    return None
