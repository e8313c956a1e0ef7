"""What each kind of temporary credentials may call at all, before any policy is asked.

Source: IAM User Guide, "Compare AWS STS credentials"; api-behaviour.md §12.2.
"""

from __future__ import annotations

from iamsite.operations.caller import Caller
from iamsite.operations.errors import access_denied, invalid_client_token_id
from iamsite.operations.registry import registered
from iamsite.operations.services import OPERATIONS
from policies.engine import PrincipalKind


def refuse_restricted(caller: Caller, service: str, operation: str) -> None:
    """Raises OperationError when `caller`'s kind of credentials may never call `operation`."""
    if service == "sts" and operation == "AssumeRole" and caller.is_root:
        raise access_denied("Roles may not be assumed by root accounts.")
    if caller.kind is PrincipalKind.SERVICE and operation not in OPERATIONS:
        raise access_denied(
            f"A service cannot call {operation} as itself: it acts through a role that trusts it."
        )
    if caller.session is not None and caller.is_on_task:
        _refuse_beyond_task(caller.session.kind, service, operation)
        return
    if service == "sts" and operation == "AssumeRoot" and caller.is_root:
        raise access_denied("Cannot call AssumeRoot with root user credentials")
    session = caller.session
    if session is None or session.kind == "Console":
        return
    federated = session.kind == "GetFederationToken"
    in_console = session.id is not None
    if service == "sts":
        if operation in ("GetSessionToken", "GetFederationToken"):
            raise access_denied(f"Cannot call {operation} with session credentials")
        if session.kind == "GetSessionToken":
            permitted = operation in ("AssumeRole", "GetCallerIdentity")
        else:
            permitted = not federated or operation == "GetCallerIdentity"
        if not permitted:
            raise access_denied(f"Cannot call {operation} with session credentials")
    elif in_console:
        return  # the limits on federated users are the API's (IAM User Guide, GetFederationToken)
    elif federated or (session.kind == "GetSessionToken" and session.mfa_at is None):
        raise invalid_client_token_id()


def _refuse_beyond_task(kind: str, service: str, operation: str) -> None:
    """Such a session does what its session policy allows: nothing that asks no policy."""
    found = registered(operation)
    asks = found is None or found.authorization is None
    if operation != "GetCallerIdentity" and (service == "sts" or not asks):
        raise access_denied(f"Cannot call {operation} with the credentials of {kind}")
