"""The owner's side: taking a request, handing it on, accepting, rejecting, sending the token."""

from __future__ import annotations

from iamsite.operations import Call, operation
from iamsite.operations.errors import access_denied
from identities.operations.delegation import scope
from identities.operations.delegation.scope import State
from policies.engine import PrincipalKind


@operation("iam:AssociateDelegationRequest", authorizes_itself=scope.authorized(default=False))
def associate_delegation_request(call: Call, DelegationRequestId: str) -> None:
    with scope.changing(call, DelegationRequestId, State.UNASSIGNED) as row:
        row.owner_account, row.owner = call.account, call.caller.principal.arn
        row.state = State.ASSIGNED


@operation("iam:UpdateDelegationRequest", authorizes_itself=scope.authorized(default=True))
def update_delegation_request(call: Call, DelegationRequestId: str, Notes: str = "") -> None:
    """Hands the request on to somebody who may approve it."""
    states = (State.ASSIGNED, State.PENDING_APPROVAL)
    with scope.changing(call, DelegationRequestId, *states) as row:
        row.notes, row.state = Notes or row.notes, State.PENDING_APPROVAL


@operation(
    "iam:AcceptDelegationRequest",
    authorizes_itself=scope.authorized(default=False),
    differs="Neither the root user nor a session that a session policy limits can accept.",
)
def accept_delegation_request(call: Call, DelegationRequestId: str) -> None:
    """The provider will act as the identity that accepts, within the permission policy.

    What that identity may do is looked up whenever it acts; of a role session, its session tags
    are kept.
    """
    caller, session = call.caller, call.caller.session
    limited = session is not None and (session.policy is not None or bool(session.policy_arns))
    if caller.kind not in (PrincipalKind.USER, PrincipalKind.ROLE_SESSION) or limited:
        raise access_denied(
            f"{caller.principal.arn} cannot accept a delegation request: only a user, or a role "
            "session without session policies, can delegate its permissions."
        )
    states = (State.ASSIGNED, State.PENDING_APPROVAL)
    with scope.changing(call, DelegationRequestId, *states) as row:
        row.state = State.ACCEPTED
        row.approver, row.approver_id = caller.principal.arn, caller.subject_id
        row.approver_tags = dict(session.tags) if session is not None else {}


@operation("iam:RejectDelegationRequest", authorizes_itself=scope.authorized(default=False))
def reject_delegation_request(call: Call, DelegationRequestId: str, Notes: str = "") -> None:
    states = (State.ASSIGNED, State.PENDING_APPROVAL, State.ACCEPTED)
    with scope.changing(call, DelegationRequestId, *states) as row:
        row.state, row.rejection = State.REJECTED, Notes


@operation(
    "iam:SendDelegationToken",
    authorizes_itself=scope.authorized(default=False),
    differs="The provider picks the token up with portal:ListSentDelegationRequests.",
)
def send_delegation_token(call: Call, DelegationRequestId: str) -> None:
    """The time that the provider has begins now."""
    with scope.changing(call, DelegationRequestId, State.ACCEPTED) as row:
        if row.only_send_by_owner and row.owner != call.caller.principal.arn:
            raise access_denied(
                f"Only the owner of the delegation request, {row.owner}, may send its token."
            )
        row.state, row.sent_at = State.FINALIZED, call.now
