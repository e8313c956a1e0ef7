"""Who asks, from where, and with what proof."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from policies.engine import Principal, PrincipalKind


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from.

    `source_ip` is the client's address after the trusted proxies; `secure` tells whether it
    reached us over TLS; `face` is the door it came through: aws, rest, console,
    workload or command.
    `source_arn` and `source_account` are what a service says of the resource that it acts for.
    """

    source_ip: str
    user_agent: str
    secure: bool
    request_id: str
    face: str
    referer: str = ""
    region: str = "us-east-1"
    source_arn: str = ""
    source_account: str = ""


@dataclass(frozen=True, slots=True)
class AccessKeyCredential:
    """A request signed with an access key.

    `verify` is given the secret access key and raises OperationError when the clock or the
    signature is wrong.
    """

    access_key_id: str
    session_token: str | None
    verify: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class SessionCredential:
    """A browser's console session: `token` is the value of its cookie.

    A session that has switched to a role acts as that role, unless `as_signed_in`.
    """

    token: str
    as_signed_in: bool = False


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No credential at all: only unsigned operations accept it."""


@dataclass(frozen=True, slots=True)
class Command:
    """The operator at the machine's own shell, acting as the root user of `account`.

    Whoever can run a management command can read the database; the trail records the face.
    """

    account: str


@dataclass(frozen=True, slots=True)
class Assertion:
    """What an identity provider says of whoever calls without a signature, proved to be its word.

    `account` is the one that trusts the provider, `principal` stands for whom it vouches for,
    `subject` is their name at the provider, `content` what else it says, for the operation.
    """

    account: str
    principal: Principal
    subject: str
    content: Any


Credential = AccessKeyCredential | SessionCredential | Anonymous | Command | Assertion


@dataclass(frozen=True, slots=True)
class Session:
    """What temporary credentials carry besides their principal (context-keys.md §2).

    `kind` is the operation that made them (AssumeRole, GetSessionToken, …) or "Console".
    `on_behalf_of` are the people it acts for, by the provider that says so. `id` is
    the console session that holds them, if one does; `signed_in_as` the ARN of who signed in to it
    and has switched to a role.
    """

    kind: str
    issued_at: datetime
    expires_at: datetime
    mfa_at: datetime | None = None
    name: str = ""
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str = ""
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    on_behalf_of: Mapping[str, str] = field(default_factory=dict)
    id: int | None = None
    signed_in_as: str = ""


class Membership(NamedTuple):
    """Where an account stands in its organization.

    `path` leads from the organization to the account's parent: `o-…/r-…/ou-…/`; `management` is
    the management account, `revision` the organization's.
    """

    path: str
    management: str
    revision: int

    @property
    def id(self) -> str:
        """The organization's."""
        return self.path.partition("/")[0]

    @property
    def nodes(self) -> tuple[str, ...]:
        """The root and the units above the account, from the root down."""
        return tuple(self.path.split("/")[1:-1])


@dataclass(frozen=True, slots=True)
class Source:
    """The resource on whose behalf a service calls, its account, and where that stands."""

    arn: str
    account: str
    organization: Membership | None


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated principal at one revision of its account.

    One that an identity provider vouches for has no policies of its own: its `assertion` is all.

    `tags` are the principal's own (a role's or user's), session tags aside. `subject_id` is the
    unique id whose policies count: the user's, or the role's. `organization` is where its account
    stands, None for an account in none. `source` is for whom a service acts, if it says so.
    """

    account: str
    principal: Principal
    revision: int
    subject_id: str
    name: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    boundary: str | None = None
    access_key_id: str = ""
    session: Session | None = None
    assertion: Assertion | None = None
    organization: Membership | None = None
    source: Source | None = None

    @property
    def kind(self) -> PrincipalKind:
        return self.principal.kind

    @property
    def is_root(self) -> bool:
        return self.principal.kind is PrincipalKind.ROOT

    @property
    def is_assumed_root(self) -> bool:
        """Whether it is a root session of AssumeRoot, which its task limits."""
        return self.session is not None and self.session.kind == "AssumeRoot"

    @property
    def is_on_task(self) -> bool:
        """Whether somebody acts in its name for a purpose that a session policy sets."""
        kinds = ("AssumeRoot", "GetDelegatedAccessToken")
        return self.session is not None and self.session.kind in kinds

    @property
    def user_id(self) -> str:
        """`aws:userid` and GetCallerIdentity's UserId (policy-language.md §8.1)."""
        if self.kind is PrincipalKind.ROLE_SESSION and self.session is not None:
            return f"{self.subject_id}:{self.session.name}"
        if self.kind is PrincipalKind.FEDERATED_USER and self.session is not None:
            return f"{self.account}:{self.session.name}"
        if self.is_root:
            return self.account
        return self.assertion.subject if self.assertion is not None else self.subject_id
