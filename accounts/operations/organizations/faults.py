"""How Organizations refuses: the model's codes and reasons, AWS's words."""

from __future__ import annotations

from iamsite.operations import OperationError
from iamsite.operations.models import error_text

# What the live service says where that is known; elsewhere the model's own text is the message.
TEXTS = {
    "AWSOrganizationsNotInUseException": "Your account is not a member of an organization.",
    "AccessDeniedException": "You don't have permissions to access this resource.",
    "AccountNotFoundException": "You specified an account that doesn't exist.",
    "ChildNotFoundException": "You specified a child that doesn't exist.",
    "HandshakeNotFoundException": "You specified a handshake that doesn't exist.",
    "OrganizationalUnitNotFoundException": "You specified an organizational unit that doesn't "
    "exist.",
    "ParentNotFoundException": "You specified parent that doesn't exist.",
    "PolicyNotFoundException": "You specified a policy that doesn't exist.",
    "PolicyTypeNotEnabledException": "This operation can be performed only for enabled policy "
    "types.",
    "RootNotFoundException": "You specified a root that doesn't exist.",
    "TargetNotFoundException": "You specified a target that doesn't exist.",
}


def fault(code: str, message: str = "") -> OperationError:
    """A refusal of that code (without "Exception"), in AWS's words unless given others."""
    whole = f"{code}Exception"
    return OperationError(whole, message or TEXTS.get(whole) or error_text("organizations", whole))


def constraint(reason: str, message: str) -> OperationError:
    return OperationError("ConstraintViolationException", message, Reason=reason)


def invalid_input(reason: str, message: str) -> OperationError:
    return OperationError("InvalidInputException", message, Reason=reason)


def handshake_constraint(reason: str, message: str) -> OperationError:
    return OperationError("HandshakeConstraintViolationException", message, Reason=reason)
