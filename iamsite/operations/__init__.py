"""Operations: what can be done, written once, performed the same way by every face."""

from iamsite.operations.call import AccessDenied, Call
from iamsite.operations.caller import (
    AccessKeyCredential,
    Anonymous,
    Caller,
    Command,
    Credential,
    Origin,
    SessionCredential,
)
from iamsite.operations.errors import OperationError
from iamsite.operations.perform import Somewhere, Verdict, authorize_all, perform, permitted
from iamsite.operations.registry import Resource, operation

__all__ = [
    "AccessDenied",
    "AccessKeyCredential",
    "Anonymous",
    "Call",
    "Caller",
    "Command",
    "Credential",
    "OperationError",
    "Origin",
    "Resource",
    "SessionCredential",
    "Somewhere",
    "Verdict",
    "authorize_all",
    "operation",
    "perform",
    "permitted",
]
