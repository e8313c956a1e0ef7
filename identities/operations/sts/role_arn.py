"""The ARN of a role, as calls name it."""

from __future__ import annotations

import re

ARN = re.compile(r"arn:aws:iam::(\d{12}):role(/(?:[!-~]*/)?)([\w+=,.@-]+)", re.ASCII)


def account_of(role_arn: str) -> str:
    """The account of the role; "" for what is no ARN of a role, where nothing is to be found."""
    match = ARN.fullmatch(role_arn)
    return match[1] if match is not None else ""
