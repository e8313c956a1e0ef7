"""The MFA code that a call for temporary credentials may bring (evaluation.md §7.3)."""

from __future__ import annotations

from datetime import timedelta

from accounts.models import Event
from iamsite.operations import Call
from iamsite.operations.errors import access_denied
from identities import totp
from identities.models import MFADevice
from policies.engine import PrincipalKind

FAILED = "MultiFactorAuthentication failed"
WRONG_CODE = f"{FAILED} with invalid MFA one time pass code. "
NO_DEVICE = (
    f"{FAILED}, unable to validate MFA code.  "
    "Please verify your MFA serial number is valid and associated with this user."
)
BOTH = f"{FAILED}, must provide both MFA serial number and one time pass code."

# A code has a million values: so many wrong ones in this time, and none is looked at.
WRONG_CODES = 10
WINDOW = timedelta(minutes=15)


def proved(call: Call, serial_number: str | None, code: str | None) -> bool:
    """Whether the call proves a second factor; False when it does not try to.

    The device must be enabled for the calling user, or for root when root calls. Raises
    AccessDenied.
    """
    if serial_number is None and code is None:
        return False
    if serial_number is None or code is None:
        raise access_denied(BOTH)
    device = _device(call, serial_number)
    if device is None:
        raise access_denied(NO_DEVICE)
    if _exhausted(call) or not totp.check(device, code, call.now):
        raise access_denied(WRONG_CODE)
    return True


def _device(call: Call, serial_number: str) -> MFADevice | None:
    rows = MFADevice.objects.of(call.account).filter(credential_id=None).exclude(enabled_at=None)
    if call.caller.is_root:
        rows = rows.filter(holder=MFADevice.Holder.ROOT)
    elif call.caller.kind is PrincipalKind.USER:
        rows = rows.filter(holder=MFADevice.Holder.USER, user_id=call.caller.subject_id)
    else:
        return None
    return next((row for row in rows if row.serial_number == serial_number), None)


def _exhausted(call: Call) -> bool:
    """The trail knows of every wrong code."""
    wrong = Event.objects.of(call.account).filter(
        principal_arn=call.caller.principal.arn,
        at__gt=call.now - WINDOW,
        message=WRONG_CODE,
    )
    return wrong.count() >= WRONG_CODES
