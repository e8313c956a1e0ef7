"""What a draft changes for one member account: each whom it concerns, before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from iamsite.operations import Call
from iamsite.operations.caller import Membership
from iamsite.operations.context import Keys
from iamsite.operations.layers import layers_of
from identities.models import Role
from policies.engine import Layers, Principal
from policies.engine.lint import ServiceCatalogue
from policies.operations.access.asking import Side
from policies.operations.access.comparing import Compared, Comparison, Places
from policies.operations.access.last_uses import Use
from policies.operations.access.population import Member
from policies.operations.access.probes import Probes
from policies.operations.authorize import keys_of
from policies.operations.known import catalogue
from policies.operations.limits.drafts import Draft

ROOT = ""


class At(NamedTuple):
    """Where somebody stands in the order of all: `account`, then `kind` and `name` as in a
    population's Place; the root user comes first."""

    account: str
    kind: str
    name: str


@dataclass(frozen=True)
class Concerned:
    """Somebody whom the change concerns, as it is and as it would be.

    `kind` is the portal model's accountPrincipalType; `known` are the services of the account
    whose limits change. `role` is the one thing that is asked for, None for whatever there is.
    `uses` are its own, the newest first.
    """

    at: At
    arn: str
    kind: str
    before: Side
    after: Side
    known: ServiceCatalogue
    role: str | None = None
    uses: Sequence[Use] | None = None

    def compared(self, comparison: Comparison) -> Compared:
        pair = self.before, self.after
        return comparison.of([pair], self.known, Places(self._of_role) if self.role else None)

    def _of_role(self, probes: Probes) -> list[Probes]:
        return [probes._replace(resources=[str(self.role)])]


class Change:
    """The change of the limits of the account of `call`, which must be entered to make one."""

    def __init__(self, call: Call, draft: Draft) -> None:
        self.call, account = call, call.account
        self.management = draft.before.management
        self.before, self.after = draft.before.limits(account), draft.after.limits(account)
        self._moved = _moved(call, draft.after.members.get(account))
        self.known = catalogue(account)
        self._limited: dict[Layers, Layers] = {}

    @property
    def is_of_resources(self) -> bool:
        return self.before.rcps != self.after.rcps

    def root(self, uses: Sequence[Use]) -> Concerned:
        now, then = self.call.caller, self._moved.caller
        keys = keys_of(self.call, now), keys_of(self._moved, then)
        at, arn = At(now.account, ROOT, ""), now.principal.arn
        return self._concerned(at, arn, "Root", now.principal, keys, layers_of(now), uses)

    def member(self, one: Member, uses: Sequence[Use]) -> Concerned:
        then = one if self._moved is self.call else replace(one, call=self._moved)
        kind = "Role" if isinstance(one.row, Role) else "User"
        at, keys = At(self.call.account, *one.place), (one.keys, then.keys)
        return self._concerned(at, one.arn, kind, one.principal, keys, one.layers, uses)

    def _concerned(
        self,
        at: At,
        arn: str,
        kind: str,
        principal: Principal,
        keys: tuple[Keys, Keys],
        layers: Layers,
        uses: Sequence[Use],
    ) -> Concerned:
        before = Side(self.call, principal, keys[0], layers)
        after = Side(self._moved, principal, keys[1], self._limit(layers))
        return Concerned(at, arn, kind, before, after, self.known, uses=uses)

    def _limit(self, layers: Layers) -> Layers:
        """The same for the same, so that what the engine works out is kept."""
        if layers not in self._limited:
            limited = replace(layers, scps=self.after.scps, rcps=self.after.rcps)
            self._limited[layers] = limited
        return self._limited[layers]


def _moved(call: Call, becomes: Membership | None) -> Call:
    """The account's call where the account then stands: the same if that is where it is."""
    was = call.caller.organization
    if was is not None and becomes is not None and was.path == becomes.path:
        return call
    return replace(call, caller=replace(call.caller, organization=becomes), found={})
