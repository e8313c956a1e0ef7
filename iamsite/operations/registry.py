"""What an operation is: one function, and what authorization and the trail need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from iamsite.operations.models import operation_name

if TYPE_CHECKING:
    from iamsite.operations.call import Call
    from iamsite.operations.caller import Assertion

Params = dict[str, Any]
Result = dict[str, Any]
Run = Callable[..., Result | None]
ContextValue = str | tuple[str, ...] | None


class Effect(Enum):
    """What performing an operation does to the database.

    READ changes nothing, runs on a read-only transaction and leaves no trace unless refused.
    CHANGE locks its account, raises the account's revision and is recorded. ISSUE hands something
    out, credentials or a report: recorded, but nothing of the account changes.
    """

    READ = "read"
    CHANGE = "change"
    ISSUE = "issue"


@dataclass(frozen=True, slots=True)
class Resource:
    """What an operation acts on, as authorization sees it.

    `shown` is the text in a denial where AWS prints something other than the ARN
    (evaluation.md §10). `tags` and `boundary` are those of the object, if it exists.
    """

    arn: str
    account: str
    shown: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str | None = None


ResourceOf = Callable[..., Resource]
KeyOf = str | Callable[["Call"], ContextValue]
Authorization = Callable[..., None]
Proof = Callable[..., "Assertion"]


@dataclass(frozen=True, slots=True)
class Registered:
    """An operation that can be performed."""

    name: str
    action: str
    run: Run
    effect: Effect
    resource: ResourceOf | None
    context: Mapping[str, KeyOf]
    authorization: Authorization | None
    proof: Proof | None
    beforehand: Callable[..., Any] | None
    differs: str


_operations: dict[str, Registered] = {}


def operation(
    action: str,
    *,
    resource: ResourceOf | None = None,
    reads: bool = False,
    issues: bool = False,
    context: Mapping[str, KeyOf] | None = None,
    authorizes_itself: bool | Authorization = False,
    proof: Proof | None = None,
    beforehand: Callable[..., Any] | None = None,
    name: str | None = None,
    differs: str = "",
) -> Callable[[Run], Run]:
    """Registers a function as the operation that `action` ("iam:CreateUser") names.

    `resource` is called with the call and the parameters and says what is acted upon; without it
    the resource is `*`. `context` maps condition keys to the parameter that fills each, or to a
    function of the call. `authorizes_itself` is for the few operations that need no permission or
    ask for it in a way of their own: True when the function does so as it runs, better a function
    of the call and the parameters that raises AccessDenied. `proof` is for operations that
    nobody signs: called with the time and the parameters, before the transaction begins, it says
    whom an identity provider vouches for, or raises OperationError. `beforehand` is called so as
    well, of an operation that somebody signs, for what must not be waited for in a transaction: the
    call has its result, who asks is not known yet, so it refuses nobody. `name` differs from the
    action's where several operations share one action. `differs` says where the operation behaves
    otherwise than AWS's and why, in a sentence of docs/compatibility.md.
    """

    def register(run: Run) -> Run:
        service, _, action_name = action.partition(":")
        unique_name = operation_name(service, name or action_name)
        if unique_name in _operations:
            raise RuntimeError(f"operation {unique_name} is registered twice")
        effect = Effect.READ if reads else Effect.ISSUE if issues else Effect.CHANGE
        authorization = _nothing if authorizes_itself is True else authorizes_itself or None
        _operations[unique_name] = Registered(
            unique_name,
            action,
            run,
            effect,
            resource,
            dict(context or {}),
            authorization,
            proof,
            beforehand,
            differs,
        )
        return run

    return register


def _nothing(call: Call, **params: Any) -> None:
    """Asks for no permission."""


def registered(name: str) -> Registered | None:
    return _operations.get(name)


def all_registered() -> Mapping[str, Registered]:
    return _operations
