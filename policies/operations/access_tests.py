"""Access tests: what the account expects of its policies, tried against them as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from accounts.quotas import quota
from iamsite.operations import Call, OperationError, Resource, operation
from iamsite.operations.errors import limit_exceeded, no_such_entity
from iamsite.operations.paging import page_by_name
from policies.engine import decide
from policies.models import AccessTest
from policies.operations.authorize import policies_of_session, question

ALLOWED, DENIED = "allowed", "denied"
QUOTA = "AccessTests"


def _test(call: Call, TestName: str, **_: Any) -> Resource:
    return Resource(f"arn:aws:portal::{call.account}:access-test/{TestName}", call.account)


def _output(test: AccessTest) -> dict[str, Any]:
    return {
        "TestName": test.name,
        "PrincipalArn": test.principal,
        "ActionName": test.action,
        "ResourceArn": test.resource,
        "ContextEntries": test.context,
        **({"SessionPolicy": test.session_policy} if test.session_policy else {}),
        "SessionPolicyArns": test.session_policy_arns,
        "ExpectedDecision": ALLOWED if test.is_allowed else DENIED,
        "UpdateDate": test.updated_at,
    }


@operation("portal:PutAccessTest", resource=_test)
def put_access_test(
    call: Call,
    TestName: str,
    PrincipalArn: str,
    ActionName: str,
    ExpectedDecision: str,
    ResourceArn: str = "*",
    ContextEntries: Sequence[Mapping[str, Any]] = (),
    SessionPolicy: str | None = None,
    SessionPolicyArns: Sequence[str] = (),
) -> None:
    """Raises what asking it would: InvalidInput, NoSuchEntity, MalformedPolicyDocument; and
    LimitExceeded."""
    session = policies_of_session(call, SessionPolicy, SessionPolicyArns)
    question(call, ActionName, ResourceArn, PrincipalArn, ContextEntries, session)
    tests = AccessTest.objects.of(call.account)
    values = {
        "name": TestName,
        "principal": PrincipalArn,
        "action": ActionName,
        "resource": ResourceArn,
        "context": [dict(one) for one in ContextEntries],
        "session_policy": SessionPolicy or "",
        "session_policy_arns": list(SessionPolicyArns),
        "is_allowed": ExpectedDecision == ALLOWED,
        "updated_at": call.now,
    }
    if tests.filter(lower_name=TestName.lower()).update(**values):
        return
    limit = quota(call.account, QUOTA)
    if tests.count() >= limit:
        raise limit_exceeded(QUOTA, limit)
    AccessTest.objects.create(account_id=call.account, **values)


@operation("portal:ListAccessTests", reads=True)
def list_access_tests(
    call: Call, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    tests, paging = page_by_name(call, AccessTest.objects.of(call.account))
    return {"AccessTests": [_output(one) for one in tests], **paging}


@operation("portal:DeleteAccessTest", resource=_test)
def delete_access_test(call: Call, TestName: str) -> None:
    found = AccessTest.objects.of(call.account).filter(lower_name=TestName.lower())
    if not found.delete()[0]:
        raise no_such_entity(f"The access test with name {TestName} cannot be found.")


@operation("portal:RunAccessTests", reads=True)
def run_access_tests(
    call: Call, Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    tests, paging = page_by_name(call, AccessTest.objects.of(call.account))
    return {"Results": [_result(call, one) for one in tests], **paging}


def _result(call: Call, test: AccessTest) -> dict[str, Any]:
    try:
        policies = policies_of_session(call, test.session_policy or None, test.session_policy_arns)
        asked = question(call, test.action, test.resource, test.principal, test.context, policies)
    except OperationError as error:
        # The principal or the resource is not what it was: nothing can be said of it.
        return {**_output(test), "Passed": False, "Message": error.message}
    decision = decide(asked.request, asked.layers)
    return {
        **_output(test),
        "Passed": decision.allowed is test.is_allowed,
        "Decision": ALLOWED if decision.allowed else DENIED,
        "DecidingLayer": decision.layer.value,
    }
