"""Which features of centralized root access an organization has enabled.

Source: IAM API Reference; IAM User Guide, "Centralize root access for member accounts".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from accounts import tenancy
from accounts.models import Account, DelegatedAdministrator, Organization, ServiceAccess
from accounts.root_access import CREDENTIALS, SERVICE, SESSIONS
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import access_denied
from iamsite.operations.models import error_text
from iamsite.operations.paging import page_of_list
from iamsite.operations.rows import fetch


def _fault(name: str) -> OperationError:
    code = f"{name}Exception"
    return OperationError(code, error_text("iam", code))


@contextmanager
def managed(call: Call, *, delegates: bool) -> Iterator[Organization]:
    """The organization whose root access the caller manages, its management account entered and
    its row locked in a change.

    Raises the modelled exceptions, the same ones whichever member asks.
    """
    membership = call.caller.organization
    if membership is None:
        raise _fault("OrganizationNotFound")
    if membership.management != call.account and not delegates:
        raise _fault("CallerIsNotManagementAccount")
    with tenancy.entered(membership.management, back=call.account):
        rows = Organization.objects.of(membership.management)
        of_iam = {"account_id": membership.management, "service": SERVICE}
        if membership.management != call.account:
            delegations = DelegatedAdministrator.objects.filter(**of_iam, member=call.account)
            if not delegations.exists():
                raise _fault("AccountNotManagementOrDelegatedAdministrator")
        organization = rows.first()
        if organization is None:
            raise _fault("OrganizationNotFound")
        if organization.feature_set != Organization.FeatureSet.ALL:
            raise _fault("OrganizationNotInAllFeaturesMode")
        if not ServiceAccess.objects.filter(**of_iam).exists():
            raise _fault("ServiceAccessNotEnabled")
        yield organization


def _output(organization: Organization) -> dict[str, Any]:
    features = sorted(organization.features)
    return {"OrganizationId": organization.id, "EnabledFeatures": features}


@operation("iam:ListOrganizationsFeatures", reads=True)
def list_organizations_features(call: Call) -> dict[str, Any]:
    with managed(call, delegates=True) as organization:
        return _output(organization)


@operation("portal:ListMemberRoots", reads=True)
def list_member_roots(call: Call, **_: Any) -> dict[str, Any]:
    """As AssumeRoot with IAMAuditRootUserCredentials would tell, of all members at once."""
    with managed(call, delegates=True) as organization:
        if CREDENTIALS not in organization.features:
            raise access_denied(f"{CREDENTIALS} is not enabled in the organization.")
        roots, paging = page_of_list(call, fetch(MEMBER_ROOTS), lambda row: str(row[0]))
    return {"MemberRoots": [_root_output(*row) for row in roots], **paging}


MEMBER_ROOTS = """
SELECT id, name, status, email, has_password, login_profile_at IS NOT NULL, keys, has_mfa,
    root_locked_at IS NOT NULL, password_last_used FROM iamsite_member_roots()
"""


def _root_output(
    account: str,
    name: str,
    status: str,
    email: str | None,
    has_password: bool,
    recoverable: bool,
    keys: int,
    has_mfa: bool,
    locked: bool,
    used: datetime | None,
) -> dict[str, Any]:
    output = {
        "AccountId": account,
        "AccountName": name,
        "AccountStatus": "ACTIVE" if status == Account.Status.ACTIVE else "SUSPENDED",
        "RootEmailAddress": email or "",
        "PasswordPresent": has_password,
        "RecoveryAllowed": recoverable,
        "ActiveAccessKeys": keys,
        "MFAEnabled": has_mfa,
        "RootLocked": locked,
    }
    return output if used is None else {**output, "PasswordLastUsed": used}


def _switch(call: Call, feature: str, *, on: bool) -> dict[str, Any]:
    with managed(call, delegates=not on) as organization:
        # Locked, since the delegates of one organization are several accounts.
        locked = Organization.objects.select_for_update().get(id=organization.id)
        others = set(locked.features) - {feature}
        locked.features = sorted(others | {feature} if on else others)
        locked.save(update_fields=["features"])
        return _output(locked)


@operation("iam:EnableOrganizationsRootCredentialsManagement")
def enable_organizations_root_credentials_management(call: Call) -> dict[str, Any]:
    """From now on accounts are created without leave to recover a root password."""
    return _switch(call, CREDENTIALS, on=True)


@operation("iam:DisableOrganizationsRootCredentialsManagement")
def disable_organizations_root_credentials_management(call: Call) -> dict[str, Any]:
    return _switch(call, CREDENTIALS, on=False)


@operation("iam:EnableOrganizationsRootSessions")
def enable_organizations_root_sessions(call: Call) -> dict[str, Any]:
    return _switch(call, SESSIONS, on=True)


@operation("iam:DisableOrganizationsRootSessions")
def disable_organizations_root_sessions(call: Call) -> dict[str, Any]:
    return _switch(call, SESSIONS, on=False)
