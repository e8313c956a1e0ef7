"""Why somebody may not look after their own credentials, and what would let them.

Source: IAM User Guide, "AWS: Allows IAM users to manage their own password, access keys, and MFA".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from iamsite.operations import Verdict

# With a path or without: no two users of an account have the same name.
OWN_USER = ("arn:aws:iam::*:user/${aws:username}", "arn:aws:iam::*:user/*/${aws:username}")
OWN_DEVICE = "arn:aws:iam::*:mfa/*"


@dataclass(frozen=True, slots=True)
class Part:
    """A kind of credential: the checks of the page that it takes, and the actions that allow it."""

    label: str | Promise
    checks: tuple[str, ...]
    actions: tuple[str, ...]


PARTS = (
    Part(
        gettext_lazy("Your password"),
        ("password",),
        ("iam:ChangePassword", "iam:GetLoginProfile"),
    ),
    Part(
        gettext_lazy("Your access keys"),
        ("key", "update", "delete"),
        (
            "iam:CreateAccessKey",
            "iam:DeleteAccessKey",
            "iam:GetAccessKeyLastUsed",
            "iam:ListAccessKeys",
            "iam:UpdateAccessKey",
        ),
    ),
    Part(
        gettext_lazy("Your MFA devices"),
        ("device", "security_key", "remove"),
        (
            "iam:DeactivateMFADevice",
            "iam:EnableMFADevice",
            "iam:ListMFADevices",
            "iam:ResyncMFADevice",
        ),
    ),
)
DEVICES = {
    "Sid": "MakeOwnDevices",
    "Effect": "Allow",
    "Action": ["iam:CreateVirtualMFADevice", "iam:DeleteVirtualMFADevice"],
    "Resource": OWN_DEVICE,
}


@dataclass(frozen=True, slots=True)
class Off:
    """A part that is off, with why: the message of the first check that refuses."""

    label: str | Promise
    why: Verdict


def off(may: Mapping[str, Verdict]) -> list[Off]:
    """The parts of self-service that the viewer may not do, none where it may do everything."""
    found = []
    for part in PARTS:
        refused = [may[one] for one in part.checks if not may[one]]
        if refused:
            found.append(Off(part.label, refused[0]))
    return found


def policy() -> str:
    """A policy that lets its users look after their own credentials and nobody else's."""
    own = {
        "Sid": "ManageOwnCredentials",
        "Effect": "Allow",
        "Action": sorted({action for part in PARTS for action in part.actions}),
        "Resource": list(OWN_USER),
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [own, DEVICES]}, indent=2)
