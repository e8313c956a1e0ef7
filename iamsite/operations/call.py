"""One performance of one operation, as its function sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from iamsite.operations.caller import Caller, Membership, Origin
from iamsite.operations.context import (
    Keys,
    caller_keys,
    region_of,
    request_tag_keys,
    resource_keys,
)
from iamsite.operations.decided import Decided
from iamsite.operations.errors import OperationError
from iamsite.operations.layers import across, layers_of
from iamsite.operations.organization import limits_of, membership_of
from iamsite.operations.registry import Params, Registered, Resource
from iamsite.operations.services import seen_in, service_keys
from policies.engine import (
    Context,
    Decision,
    Layers,
    PrincipalKind,
    Request,
    decide,
    denial_message,
)


class AccessDenied(OperationError):
    """A refusal by policy, with what it was decided from.

    `request` and `decision` let a face explain it; the message is AWS's (evaluation.md §11).
    `request`, `decision` and `layers` are what may be told to the caller's account of it.
    """

    def __init__(self, request: Request, decision: Decision, layers: Layers, message: str) -> None:
        super().__init__("AccessDenied", message)
        self.request = request
        self.decision = decision
        self.layers = layers


@dataclass(eq=False)
class Call:
    """Who performs what: passed to an operation's function as its first argument.

    `now` is the one time of the whole call, UTC, whole microseconds. `found` keeps what was looked
    up for authorization so that the function need not look again. `detail` is what the function
    wants the trail to keep besides the parameters (the id of a created key, for one);
    `shared_with` are other accounts whose trail keeps the call too, once it has succeeded.
    `beforehand` is what the operation found out before the transaction began.
    """

    caller: Caller
    origin: Origin
    registered: Registered
    service: str
    params: Params
    now: datetime
    found: dict[Any, Any] = field(default_factory=dict)
    resources: list[str] = field(default_factory=list)
    detail: dict[str, Any] = field(default_factory=dict)
    shared_with: list[str] = field(default_factory=list)
    decided: list[Decided] = field(default_factory=list)
    beforehand: Any = None

    @property
    def account(self) -> str:
        return self.caller.account

    @cached_property
    def layers(self) -> Layers:
        return layers_of(self.caller)

    @cached_property
    def caller_keys(self) -> Keys:
        region = region_of(self.service, self.origin)
        return caller_keys(self.caller, self.origin, self.now, region)

    @property
    def tag_keys(self) -> Keys:
        """The condition keys of the tags that the call sends, if it sends any."""
        return request_tag_keys(self.params)

    def organization_of(self, account: str) -> Membership | None:
        """Where the account of a resource stands."""
        if account == self.account:
            return self.caller.organization
        key = (Membership, account)
        if key not in self.found:
            self.found[key] = membership_of(account)
        found: Membership | None = self.found[key]
        return found

    def layers_on(self, account: str) -> Layers:
        """The caller's layers for a resource of `account`, whose organization's RCPs count."""
        if account == self.account:
            return self.layers
        return across(self.layers, limits_of(account, self.organization_of(account)).rcps)

    def anything(self) -> Resource:
        """The resource of operations that act on the account as a whole."""
        return Resource("*", self.account)

    def request(
        self, action: str, resource: Resource, context: Mapping[str, Any] | None = None
    ) -> Request:
        """What the engine is asked for `action` on `resource`; None values in `context` drop."""
        keys = {
            **self.caller_keys,
            **resource_keys(resource, action, self.organization_of(resource.account)),
        }
        principal = self.caller.principal
        if principal.kind is PrincipalKind.SERVICE:
            principal = seen_in(self.caller, resource.account)
            keys.update(service_keys(self.caller, resource.account))
        for key, value in (context or {}).items():
            if value is not None:
                keys[key] = value
        return Request(principal, action, resource.arn, resource.account, Context(keys))

    def authorize(
        self,
        action: str,
        resource: Resource,
        context: Mapping[str, Any] | None = None,
        layers: Layers | None = None,
    ) -> None:
        """Raises AccessDenied unless the caller may do `action` on `resource`."""
        if resource.arn not in self.resources:
            self.resources.append(resource.arn)
        request = self.request(action, resource, context)
        layers = layers or self.layers_on(resource.account)
        decision = decide(request, layers)
        if not decision.allowed:
            message = denial_message(request, decision, resource.shown)
            raise AccessDenied(request, decision, layers, message)
        self.decided.append(Decided(self.caller, request, decision, layers))

    def may(self, action: str, resource: Resource) -> bool:
        """Whether `authorize` would pass; nothing is kept of having asked."""
        return decide(self.request(action, resource), self.layers_on(resource.account)).allowed

    def denied(self, error: OperationError) -> Decided:
        """What is kept of a denial: the decision, or that a rule of the service refused."""
        if isinstance(error, AccessDenied):
            asked = error.request, error.decision, error.layers
            return Decided(self.caller, *asked, message=error.message)
        resource = Resource(self.resources[-1] if self.resources else "*", self.account)
        request = self.request(self.registered.action, resource)
        return Decided(self.caller, request, message=error.message)

    def authorize_operation(self) -> None:
        """Asks for the operation's own action, as its registration describes it."""
        registered = self.registered
        if registered.authorization is not None:
            registered.authorization(self, **self.params)
            return
        if registered.resource is None:
            resource = self.anything()
        else:
            resource = registered.resource(self, **self.params)
        context: dict[str, Any] = dict(self.tag_keys)
        for key, source in registered.context.items():
            context[key] = self.params.get(source) if isinstance(source, str) else source(self)
        self.authorize(registered.action, resource, context)
