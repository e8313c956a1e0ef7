"""What is asked: who, which action, on what, in which context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from .patterns import fold
from .variables import Value

# Keys repeat from request to request; their folding is bounded work kept.
_folded = lru_cache(maxsize=4096)(fold)


class PrincipalKind(StrEnum):
    ROOT = "Root"
    USER = "User"
    ROLE_SESSION = "RoleSession"
    FEDERATED_USER = "FederatedUser"
    SERVICE = "Service"
    WEB_IDENTITY = "WebIdentity"
    SAML = "SAML"
    ANONYMOUS = "Anonymous"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks.

    `arn` is what messages show: the ARN of the user, the session or the root user, or the
    service's name. `account` has 12 digits, and is empty for services and the anonymous. `id`
    is the unique id: `AIDA…`, `AROA…` (of the role, without the session's name), the account
    for root; for a service another name of it, or empty. `has_boundary` says that a permissions
    boundary is set, for NotPrincipal's trap.
    """

    kind: PrincipalKind
    arn: str
    account: str
    id: str = ""
    role_arn: str = ""
    issuer_arn: str = ""
    issuer_id: str = ""
    provider: str = ""
    has_boundary: bool = False
    service_linked: bool = False


class Context(Mapping[str, Value]):
    """Condition keys and their values. Keys compare ignoring case; a tuple is a multivalued key.

    Immutable. A key that is absent is not in it: absent differs from empty and from "false".
    """

    __slots__ = ("_names", "by_key")

    by_key: dict[str, Value]  # folded key to value; what the engine reads, never changed
    _names: tuple[str, ...]

    def __init__(self, values: Mapping[str, Value] | None = None) -> None:
        self._names = tuple(values) if values else ()
        self.by_key = {_folded(name): value for name, value in values.items()} if values else {}

    def __getitem__(self, key: str) -> Value:
        return self.by_key[_folded(key)]

    def __iter__(self) -> Iterator[str]:
        return iter({_folded(name): name for name in self._names}.values())

    def __len__(self) -> int:
        return len(self.by_key)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and _folded(key) in self.by_key

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Context) and self.by_key == other.by_key

    def __hash__(self) -> int:
        return hash(frozenset(self.by_key.items()))

    def __repr__(self) -> str:
        return f"Context({dict(self)!r})"

    def with_values(self, values: Mapping[str, Value]) -> Context:
        """A copy in which these keys have these values."""
        changed = {_folded(name) for name in values}
        kept = {name: self[name] for name in self if _folded(name) not in changed}
        return Context({**kept, **values})


EMPTY = Context()


@dataclass(frozen=True, slots=True)
class Request:
    """One question. `resource` is an ARN or "*"; `resource_account` owns it."""

    principal: Principal
    action: str
    resource: str
    resource_account: str
    context: Context = field(default=EMPTY)
