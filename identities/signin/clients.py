"""The developer tools that sign in as whoever is at the console: `aws login` and its like.

Source: AWS Sign-In User Guide, "Sign in through the AWS CLI"; the service model of Sign-In; Service
Authorization Reference, "Actions, resources, and condition keys for AWS Signin".
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts import tenancy
from iamsite.operations import AccessDenied, Call, Origin, Resource
from iamsite.operations.caller import Caller
from iamsite.operations.context import GLOBAL_REGION
from iamsite.operations.decided import keep, record_of
from iamsite.operations.registry import Effect, Registered
from iamsite.operations.trail import Author
from identities.signin.admission import SERVICE, record

SAME_DEVICE = "arn:aws:signin:::devtools/same-device"
CROSS_DEVICE = "arn:aws:signin:::devtools/cross-device"
# What the client is called in the ARN that policies name.
CLIENTS = {SAME_DEVICE: "localhost", CROSS_DEVICE: "remote"}
AUTHORIZE = "AuthorizeOAuth2Access"
CREATE_TOKEN = "CreateOAuth2Token"


def decide(caller: Caller, action: str, client: str, origin: Origin, now: datetime) -> None:
    """Raises AccessDenied unless the caller may do `action` with the client.

    In the transaction in which the caller was authenticated; a refusal is not recorded.
    """
    call = _call(caller, action, origin, now)
    name = CLIENTS[client]
    arn = f"arn:aws:signin:{GLOBAL_REGION}:{caller.account}:oauth2/public-client/{name}"
    call.authorize(f"{SERVICE}:{action}", Resource(arn, caller.account))


def record_denial(
    caller: Caller, action: str, error: AccessDenied, origin: Origin, now: datetime
) -> None:
    """Keeps the refusal and what it was decided from, in a transaction of its own."""
    call = _call(caller, action, origin, now)
    with transaction.atomic(durable=True):
        tenancy.enter(caller.account)
        decided = call.denied(error)
        kept = decided.id()
        keep(record_of(decided, kept, origin, now, action))
        error.decision_id = str(kept)
        record(
            caller.account,
            author_of(caller),
            origin,
            now,
            action,
            outcome=error.code,
            message=error.message,
            DecisionId=str(kept),
        )


def author_of(caller: Caller) -> Author:
    return Author(caller.kind.value, caller.principal.arn, caller.user_id)


def _call(caller: Caller, action: str, origin: Origin, now: datetime) -> Call:
    asked = Registered(
        name=action,
        action=f"{SERVICE}:{action}",
        run=lambda *_: None,
        effect=Effect.ISSUE,
        resource=None,
        context={},
        authorization=None,
        proof=None,
        beforehand=None,
        differs="",
    )
    return Call(caller, origin, asked, SERVICE, {}, now)
