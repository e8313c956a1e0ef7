"""The pipeline: resolve, validate, authorise, run in one transaction, record.

Nothing may be done in iamsite except through `perform` (sign-in apart), so nothing can be done
unauthorised or unrecorded.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)
from django.utils import timezone

from accounts import tenancy
from iamsite.operations.authentication import authenticate
from iamsite.operations.call import AccessDenied, Call
from iamsite.operations.caller import Anonymous, Caller, Command, Credential, Origin
from iamsite.operations.context import region_of
from iamsite.operations.decided import keep, record_of
from iamsite.operations.errors import OperationError, missing_authentication_token
from iamsite.operations.last_access import note as note_access
from iamsite.operations.models import operation_model
from iamsite.operations.noted_decisions import note_allowed
from iamsite.operations.registry import Effect, Params, Registered, Result, registered
from iamsite.operations.restrictions import refuse_restricted
from iamsite.operations.trail import record
from iamsite.operations.validation import validate
from iamsite.postgresql.base import Undecided
from policies.engine import Decision, Layers, Outcome
from policies.granted import Granted

logger = logging.getLogger(__name__)

# Deadlock, serialization failure, a prepared statement gone: the transaction left nothing and may
# be tried again.
AGAIN = {"40P01", "40001", "26000"}
TRIES = 3


def perform(
    credential: Credential,
    name: str,
    params: Params,
    origin: Origin,
    now: datetime | None = None,
) -> Result:
    """Performs operation `name` as whoever `credential` proves, and returns its output.

    Parameters and output have the shapes of the service model: times are aware datetimes, policy
    documents JSON text, blobs bytes. Raises OperationError with AWS's code and words for every
    refusal; a refused call has changed nothing, a returned one is durable with its trail event.
    `now` is the time of the call, the clock's unless given; no face ever gives it.
    """
    for attempt in range(1, TRIES + 1):
        try:
            return _perform(credential, name, params, origin, now or timezone.now())
        except (OperationalError, InterfaceError, ProgrammingError) as error:
            if attempt == TRIES or not _may_try_again(error, attempt):
                if isinstance(error, ProgrammingError):
                    raise
                raise _unavailable(origin, error) from error
    raise AssertionError("unreachable")


def _may_try_again(error: Exception, attempt: int) -> bool:
    """Whether what failed left nothing behind and may succeed now."""
    if getattr(error.__cause__, "sqlstate", None) in AGAIN:
        return True
    lost = connection.connection is None or connection.connection.closed
    if not lost or isinstance(error, Undecided) or attempt > 1:
        return False
    connection.close()  # the database restarted since the last call: a new connection will do
    return True


def _perform(
    credential: Credential, name: str, params: Params, origin: Origin, now: datetime
) -> Result:
    model = operation_model(name)
    found = registered(name)
    if isinstance(credential, Anonymous) and model.is_signed:
        raise missing_authentication_token()
    effect = found.effect if found else Effect.READ
    fault = _fault(name, params)
    if not model.is_signed:
        if found is None or found.proof is None:
            raise not_available(name)
        if fault is not None:
            raise fault
        # A signature means nothing here: whoever calls is whom the provider vouches for.
        credential = found.proof(now, **params)
    beforehand = None
    if found is not None and found.beforehand is not None and fault is None:
        beforehand = found.beforehand(now, **params)
    caller: Caller | None = None
    call: Call | None = None
    try:
        with transaction.atomic(durable=True):
            caller = authenticate(credential, effect, origin, model.service, now)
            if found is not None:
                call = Call(
                    caller, origin, found, model.service, params, now, beforehand=beforehand
                )
                if not isinstance(credential, Command):
                    note_access(caller, found.action, region_of(model.service, origin), now)
            refuse_restricted(caller, model.service, name)
            if fault is not None:
                raise fault
            if found is None or call is None:
                raise not_available(name)
            # Loaded before anything changes, since what is compiled is kept by revision.
            call.layers  # noqa: B018
            call.authorize_operation()
            result = found.run(call, **params) or {}
            note_allowed(call)
            if effect is not Effect.READ:
                record(call)
        return result
    except OperationError as error:
        if caller is not None:
            denied = error.code == "AccessDenied"
            with transaction.atomic(durable=True):
                _enter_again(credential, caller, origin, model.service, now)
                if call and error is not fault and (denied or effect is not Effect.READ):
                    _record_refusal(call, error)
        raise
    except IntegrityError as error:
        # The account's lock makes this rare: a name that is unique over all accounts.
        logger.warning("conflict in %s: %s", name, error, extra={"request_id": origin.request_id})
        raise OperationError(
            "ConcurrentModification",
            "The request was rejected because multiple requests to change this object were "
            "submitted simultaneously. Wait a few minutes and submit your request again.",
        ) from error


def _fault(name: str, params: Params) -> OperationError | None:
    try:
        validate(operation_model(name), params)
    except OperationError as error:
        return error
    return None


def _enter_again(
    credential: Credential, caller: Caller, origin: Origin, service: str, now: datetime
) -> None:
    """Enters the caller's account after a refusal, which rolled its transaction back and with it
    the note that the credential was used: hence it is authenticated again."""
    try:
        authenticate(credential, Effect.ISSUE, origin, service, now)
    except OperationError:  # ended meanwhile
        tenancy.enter(caller.account)


def _record_refusal(call: Call, error: OperationError) -> None:
    """Records a refused call; of a denial the decision is kept too, and the error told its id."""
    if error.code == "AccessDenied":
        decided = call.denied(error)
        kept = decided.id()
        operation = operation_model(call.registered.name).wire_name
        keep(record_of(decided, kept, call.origin, call.now, operation))
        call.detail["DecisionId"] = error.decision_id = str(kept)
    record(call, error.code, error.message)


def _unavailable(origin: Origin, error: Exception) -> OperationError:
    logger.error("database unavailable: %s", error, extra={"request_id": origin.request_id})
    connection.close()
    return OperationError(
        "ServiceUnavailable", "The request has failed due to a temporary failure of the server."
    )


def not_available(name: str) -> OperationError:
    return OperationError(
        "UnsupportedOperation", f"The operation {name} is not available in this installation.", 400
    )


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a caller may perform an operation; `message` and `decision` say why not."""

    allowed: bool
    message: str = ""
    decision: Decision | None = None

    def __bool__(self) -> bool:
        return self.allowed


class Somewhere(NamedTuple):
    """A check that is of nothing in particular, such as a button to create: it is permitted where
    the caller's policies grant the action on some resource, not only on the one in `params`."""

    operation: str
    params: Params


def permitted(
    credential: Credential, checks: Sequence[tuple[str, Params]], origin: Origin
) -> list[Verdict]:
    """Asks, in one read-only transaction, whether each of `checks` (operation, parameters) would
    be authorised; performs and records nothing.

    Raises OperationError when the credential itself is refused.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        caller = authenticate(credential, Effect.READ, origin, "iam", now)
        return [_checked(Call(caller, origin, *_of(one[0]), one[1], now), one) for one in checks]


def authorize_all(
    credential: Credential, checks: Sequence[tuple[str, Params]], origin: Origin
) -> None:
    """Raises the refusal of the first of `checks` (operation, parameters) that would not be
    authorised, and records it as if that operation had been asked for; performs nothing.
    """
    now = timezone.now()
    call: Call | None = None
    try:
        with transaction.atomic(durable=True):
            caller = authenticate(credential, Effect.READ, origin, "iam", now)
            for name, params in checks:
                call = Call(caller, origin, *_of(name), params, now)
                _authorize(call)
    except OperationError as error:
        if call is not None:
            with transaction.atomic(durable=True):
                tenancy.enter(call.account)
                _record_refusal(call, error)
        raise


def _of(name: str) -> tuple[Registered, str]:
    found = registered(name)
    if found is None:
        raise not_available(name)
    return found, operation_model(name).service


def _checked(call: Call, check: tuple[str, Params]) -> Verdict:
    verdict = _verdict(call)
    is_granted = (
        isinstance(check, Somewhere)
        and verdict.decision is not None
        and verdict.decision.outcome is Outcome.IMPLICIT_DENY
        and _grants(call.layers, call.registered.action)
    )
    return Verdict(True) if is_granted else verdict


def _grants(layers: Layers, action: str) -> bool:
    """Whether every layer on the caller's own side grants the action on some resource."""
    service, _colon, name = action.lower().partition(":")
    over = (layers.boundary, layers.session, *(layers.scps or ()))
    return layers.identity is not None and all(
        Granted(policy.document for policy in one.policies).action(service, name)
        for one in (layers.identity, *over)
        if one is not None
    )


def _verdict(call: Call) -> Verdict:
    try:
        _authorize(call)
    except AccessDenied as error:
        return Verdict(False, error.message, error.decision)
    except OperationError as error:
        return Verdict(False, error.message)
    return Verdict(True)


def _authorize(call: Call) -> None:
    refuse_restricted(call.caller, call.service, call.registered.name)
    call.authorize_operation()
