"""The kinds of policy that bear on a request, and those of one request together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING

from .compile import PolicySet
from .request import Principal, PrincipalKind

if TYPE_CHECKING:
    from .rest import Verdict


class Outcome(StrEnum):
    ALLOWED = "allowed"
    IMPLICIT_DENY = "implicitDeny"
    EXPLICIT_DENY = "explicitDeny"


class Layer(StrEnum):
    """Kinds of policy, by what they are attached to. ROOT: the root user's own full access."""

    IDENTITY = "identity"
    BOUNDARY = "boundary"
    SESSION = "session"
    RESOURCE = "resource"
    TRUST = "trust"
    SCP = "scp"
    RCP = "rcp"
    ROOT = "root"


# In which order an explicit deny is named when several layers deny (evaluation §11).
LAYERS_IN_DENY_ORDER = (
    Layer.RCP,
    Layer.SCP,
    Layer.RESOURCE,
    Layer.TRUST,
    Layer.IDENTITY,
    Layer.BOUNDARY,
    Layer.SESSION,
)

# Callers whose permissions come from resource policies alone.
WITHOUT_IDENTITY = (
    PrincipalKind.SERVICE,
    PrincipalKind.ANONYMOUS,
    PrincipalKind.WEB_IDENTITY,
    PrincipalKind.SAML,
)


@dataclass(frozen=True)
class Layers:
    """The policies that apply to a request. None: the layer does not apply.

    `scps` and `rcps` hold one set a level, from the organization's root to the account. `trust`:
    the resource policy is a role's trust policy, without whose consent nobody may act.

    A caller keeps the Layers of a principal as long as its policies stay: what they say about
    an action and a resource is worked out once, and kept on them.
    """

    identity: PolicySet | None = None
    boundary: PolicySet | None = None
    session: PolicySet | None = None
    resource: PolicySet | None = None
    scps: tuple[PolicySet, ...] | None = None
    rcps: tuple[PolicySet, ...] | None = None
    trust: bool = False
    verdicts: dict[tuple[str, str], Verdict] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    # Every policy set with its layer, in the order in which a deny is named.
    applying: tuple[tuple[Layer, PolicySet], ...] = field(init=False, repr=False, compare=False)
    # The actions asked for, so that one asked for again is worth an index.
    actions: dict[str, None] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found = [(Layer.RCP, level) for level in self.rcps or ()]
        found += [(Layer.SCP, level) for level in self.scps or ()]
        owner = Layer.TRUST if self.trust else Layer.RESOURCE
        for layer, policies in (
            (owner, self.resource),
            (Layer.IDENTITY, self.identity),
            (Layer.BOUNDARY, self.boundary),
            (Layer.SESSION, self.session),
        ):
            if policies is not None:
                found.append((layer, policies))
        object.__setattr__(self, "applying", tuple(found))

    def for_principal(self, principal: Principal) -> Layers:
        """The layers without the organization policies from which this caller is exempt.

        Service-linked roles are exempt from both kinds; who has no account, from SCPs.
        """
        if principal.service_linked and (self.scps or self.rcps):
            return self._without_organization
        if self.scps and principal.kind in WITHOUT_IDENTITY:
            return self._without_scps
        return self

    @cached_property
    def _without_organization(self) -> Layers:
        return replace(self, scps=None, rcps=None)

    @cached_property
    def _without_scps(self) -> Layers:
        return replace(self, scps=None)

    def sets(self, layer: Layer) -> tuple[PolicySet, ...]:
        """The policy sets of a layer; organization policies have one a level."""
        if layer is Layer.SCP:
            return self.scps or ()
        if layer is Layer.RCP:
            return self.rcps or ()
        one = None
        if layer is Layer.IDENTITY:
            one = self.identity
        elif layer is Layer.BOUNDARY:
            one = self.boundary
        elif layer is Layer.SESSION:
            one = self.session
        elif layer is (Layer.TRUST if self.trust else Layer.RESOURCE):
            one = self.resource
        return () if one is None else (one,)
