"""Where and when a signature counts: its scope and its time. Source: api-behaviour.md §2.4."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta

from iamsite.operations.errors import signature_does_not_match
from iamsite.signing.claim import Signature
from iamsite.signing.proof import TERMINATOR

# How far a request's date may be off, either way.
TOLERANCE = {"sts": timedelta(minutes=15)}
USUAL_TOLERANCE = timedelta(minutes=5)


def check_scope(signature: Signature, services: Collection[str]) -> None:
    """Raises OperationError SignatureDoesNotMatch unless scoped to its own date and a service."""
    if signature.terminator != TERMINATOR:
        raise signature_does_not_match(
            f"Credential should be scoped with a valid terminator: '{TERMINATOR}'."
        )
    if signature.date != signature.time[:8]:
        raise signature_does_not_match(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date "
            "from HTTP."
        )
    faults = ""
    # One site serves every region: clients sign with whichever they have configured.
    if not re.fullmatch(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", signature.region):
        faults += "Credential should be scoped to a valid region. "
    if signature.service not in services:
        names = ", ".join(f"'{service}'" for service in sorted(services))
        faults += f"Credential should be scoped to correct service: {names}. "
    if faults:
        raise signature_does_not_match(faults)


def check_time(signature: Signature, now: datetime) -> None:
    """Raises OperationError SignatureDoesNotMatch when too old, or not yet current, at `now`."""
    tolerance = TOLERANCE.get(signature.service, USUAL_TOLERANCE)
    window = tolerance
    # A presigned STS request counts for 15 minutes whatever it says; Kubernetes relies on it.
    if signature.expires is not None and signature.service != "sts":
        window = timedelta(seconds=signature.expires)
    if signature.at < now - window:
        raise signature_does_not_match(
            f"Signature expired: {signature.time} is now earlier than {_text(now - window)} "
            f"({_text(now)} - {_minutes(window)} min.)"
        )
    if signature.at > now + tolerance:
        raise signature_does_not_match(
            f"Signature not yet current: {signature.time} is still later than "
            f"{_text(now + tolerance)} ({_text(now)} + {_minutes(tolerance)} min.)"
        )


def _text(time: datetime) -> str:
    return time.strftime("%Y%m%dT%H%M%SZ")


def _minutes(window: timedelta) -> str:
    return f"{window.total_seconds() / 60:g}"
