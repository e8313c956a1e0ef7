"""From a credential to a caller: one query, in the order of api-behaviour.md §2.3.

The database function that looks the credential up also enters its account, so everything that
follows in the transaction sees that account only.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from accounts import root_access
from accounts.sealing import unseal
from iamsite.operations import services
from iamsite.operations.caller import (
    AccessKeyCredential,
    Anonymous,
    Assertion,
    Caller,
    Command,
    Credential,
    Membership,
    Origin,
    Session,
    SessionCredential,
)
from iamsite.operations.errors import (
    OperationError,
    access_denied,
    expired_token,
    invalid_client_token_id,
    missing_authentication_token,
)
from iamsite.operations.regions import DEFAULT_REGIONS
from iamsite.operations.registry import Effect
from iamsite.operations.rows import fetch, fetch_one, parsed
from identities import root_tasks, temporary
from policies.engine import Principal, PrincipalKind

# Where the subject's account stands in its organization comes with the subject.
ORGANIZATION = "of_account.path, management, of_account.revision"
OF_SUBJECT = "LATERAL iamsite_membership((subject).account_id) AS of_account"

WORKLOAD = "SELECT 1 FROM identities_workload WHERE id = %s"
SIGN_IN = "SELECT 1 FROM identities_consolesession WHERE id = %s"
# The provider that a delegation request is of, unless it is suspended.
DELEGATED_BY = "SELECT iamsite_delegation_provider(%s)"


class Subject(NamedTuple):
    """A row of the database's `iamsite_subject`, and where its account stands."""

    account: str
    account_status: str
    root_locked: bool
    revision: int
    id: str | None
    name: str
    path: str
    tags: dict[str, str]
    boundary: str | None
    organization: Membership | None = None


def session_digest(token: str) -> bytes:
    """What the database keeps of a console session's token."""
    return hashlib.sha256(token.encode()).digest()


def authenticate(
    credential: Credential, effect: Effect, origin: Origin, service: str, now: datetime
) -> Caller:
    """The caller whom `credential` proves, its account entered for this transaction.

    Raises OperationError: MissingAuthenticationToken, InvalidClientTokenId, ExpiredToken,
    SignatureDoesNotMatch, OptInRequired (suspended account).
    """
    match credential:
        case AccessKeyCredential():
            if credential.session_token is not None and not _is_long_term(credential):
                return _by_token(credential, effect, origin, now)
            return _by_access_key(credential, effect, origin, service)
        case SessionCredential():
            return _by_console_session(credential, effect, origin, now)
        case Command():
            return _by_command(credential, effect)
        case Assertion():
            return _by_assertion(credential, effect)
        case Anonymous():
            raise missing_authentication_token()


def _is_long_term(credential: AccessKeyCredential) -> bool:
    return credential.access_key_id.startswith("AKIA")


def _by_access_key(
    credential: AccessKeyCredential, effect: Effect, origin: Origin, service: str
) -> Caller:
    row = _row(
        f"SELECT (subject).*, {ORGANIZATION}, status, secret"  # noqa: S608
        f" FROM iamsite_access_key(%s, %s, %s, %s, %s), {OF_SUBJECT}",
        [credential.access_key_id, *_flags(effect), service, origin.region],
    )
    subject, (status, secret) = _subject(row), row[-2:]
    if subject is None or subject.id is None or status != "Active" or _is_locked_root(subject):
        raise invalid_client_token_id()
    credential.verify(unseal(bytes(secret), credential.access_key_id).decode())
    if credential.session_token is not None:
        raise invalid_client_token_id()
    _refuse_suspended(subject)
    caller = _caller(subject, access_key_id=credential.access_key_id)
    if caller.kind is PrincipalKind.SERVICE:
        return replace(caller, subject_id=caller.principal.id, source=services.source_of(origin))
    return caller


def _by_token(
    credential: AccessKeyCredential, effect: Effect, origin: Origin, now: datetime
) -> Caller:
    try:
        secret, held = temporary.read(credential.access_key_id, credential.session_token or "")
    except temporary.InvalidToken as error:
        raise invalid_client_token_id() from error
    if held.expires_at <= now:
        raise expired_token()
    if held.default_regions_only and origin.region not in DEFAULT_REGIONS:
        raise invalid_client_token_id()
    row = _row(
        f"SELECT (subject).*, {ORGANIZATION}"  # noqa: S608
        f" FROM iamsite_temporary(%s, %s, %s, %s, %s) AS subject, {OF_SUBJECT}",
        [held.account, held.subject_id, *_flags(effect), origin.region],
    )
    subject = _subject(row)
    if subject is None or subject.id is None or not _still_holds(held, subject):
        raise invalid_client_token_id()
    for lived_by, query in ((held.workload, WORKLOAD), (held.sign_in, SIGN_IN)):
        if lived_by and fetch_one(query, [lived_by]) is None:
            raise invalid_client_token_id()
    credential.verify(secret)
    _refuse_suspended(subject)
    return _caller(subject, access_key_id=credential.access_key_id, session=_session(held))


def _session(held: temporary.TemporaryCredentials, **more: Any) -> Session:
    return Session(
        kind=held.kind,
        issued_at=held.issued_at,
        expires_at=held.expires_at,
        mfa_at=held.mfa_at,
        name=held.name,
        policy=held.policy,
        policy_arns=held.policy_arns,
        tags=held.tags,
        transitive_tag_keys=held.transitive_tag_keys,
        source_identity=held.source_identity,
        context=held.context,
        on_behalf_of=held.on_behalf_of,
        **more,
    )


def _still_holds(held: temporary.TemporaryCredentials, subject: Subject) -> bool:
    """Whether what a session of the root user came from is still so; any other's is its subject."""
    if held.kind == "AssumeRoot":
        task = root_tasks.BY_NAME[held.name]
        return root_access.held_since(held.issuer, task.feature) == held.root_since
    if held.kind == "GetDelegatedAccessToken":
        return fetch_one(DELEGATED_BY, [held.name]) == (held.issuer,)
    if subject.id != subject.account:
        return True
    return not subject.root_locked and held.root_since == temporary.root_since(subject.account)


def _by_console_session(
    credential: SessionCredential, effect: Effect, origin: Origin, now: datetime
) -> Caller:
    idle = timedelta(seconds=settings.CONSOLE_SESSION_IDLE_SECONDS)
    row = _row(
        f"SELECT (subject).*, {ORGANIZATION}, session_id, created_at, expires_at, mfa_at, held,"  # noqa: S608
        " signed_in_as, home_status"
        f" FROM iamsite_console_session(%s, %s, %s, %s, %s, %s), {OF_SUBJECT}",
        [
            session_digest(credential.token),
            idle,
            *_flags(effect),
            credential.as_signed_in,
            origin.region,
        ],
    )
    subject = _subject(row)
    if subject is None or subject.id is None:
        raise missing_authentication_token()
    _refuse_suspended(subject)
    number, created_at, expires_at, mfa_at, held, signed_in_as, home_status = row[-7:]
    if held is not None:
        home = HomeSession(number, signed_in_as or "", home_status or subject.account_status)
        return _by_held(subject, parsed(held), home, now)
    if _is_locked_root(subject) and mfa_at is None:
        raise missing_authentication_token()
    session = Session("Console", created_at, expires_at, mfa_at, id=number)
    return _caller(subject, session=session)


class HomeSession(NamedTuple):
    """The console session that holds temporary credentials.

    `signed_in_as` is the ARN of who switched to a role, "" where nobody did, `status` that of the
    account which the session belongs to.
    """

    id: int
    signed_in_as: str
    status: str


def _by_held(subject: Subject, kept: dict[str, str], home: HomeSession, now: datetime) -> Caller:
    """The principal of the temporary credentials that a console session holds."""
    try:
        _secret, held = temporary.read(kept["key"], kept["token"])
    except temporary.InvalidToken as error:
        raise missing_authentication_token() from error
    if held.expires_at <= now:
        raise expired_token()
    if home.status != "active" or not _still_holds(held, subject):
        raise missing_authentication_token()
    session = _session(held, id=home.id, signed_in_as=home.signed_in_as)
    return _caller(subject, access_key_id=kept["key"], session=session)


def _by_command(credential: Command, effect: Effect) -> Caller:
    row = _row(
        f"SELECT (subject).*, {ORGANIZATION}"  # noqa: S608
        f" FROM iamsite_enter(%s, %s, %s, %s) AS subject, {OF_SUBJECT}",
        [credential.account, credential.account, *_flags(effect)],
    )
    subject = _subject(row)
    if subject is None:
        raise OperationError("NoSuchEntity", f"There is no account {credential.account}.")
    return _caller(subject)


def _by_assertion(credential: Assertion, effect: Effect) -> Caller:
    row = _row(
        f"SELECT (subject).*, {ORGANIZATION}"  # noqa: S608
        f" FROM iamsite_enter(%s, %s, %s, %s) AS subject, {OF_SUBJECT}",
        [credential.account, credential.account, *_flags(effect)],
    )
    subject = _subject(row)
    if subject is None:
        raise access_denied(f"There is no account {credential.account}.")
    _refuse_suspended(subject)
    return Caller(
        account=subject.account,
        principal=credential.principal,
        revision=subject.revision,
        subject_id="",
        assertion=credential,
        organization=subject.organization,
    )


def _flags(effect: Effect) -> tuple[bool, bool]:
    return effect is Effect.CHANGE, effect is Effect.READ


def _row(query: str, values: list[Any]) -> tuple[Any, ...]:
    (row,) = fetch(query, values)
    return row


def _subject(row: tuple[Any, ...]) -> Subject | None:
    if row[0] is None:
        return None
    subject = Subject(*row[:9])
    organization = None if row[9] is None else Membership(*row[9:12])
    return subject._replace(tags=parsed(subject.tags) or {}, organization=organization)


def _is_locked_root(subject: Subject) -> bool:
    """Root locked away: none of its keys counts, nor a session of it without MFA."""
    return subject.root_locked and subject.id == subject.account


def _refuse_suspended(subject: Subject) -> None:
    if subject.account_status != "active":
        raise OperationError("OptInRequired", f"The account {subject.account} is suspended.")


def _caller(subject: Subject, access_key_id: str = "", session: Session | None = None) -> Caller:
    return Caller(
        account=subject.account,
        principal=_principal(subject, session),
        revision=subject.revision,
        subject_id=subject.id or subject.account,
        name=subject.name,
        tags=subject.tags,
        boundary=subject.boundary,
        access_key_id=access_key_id,
        session=session,
        organization=subject.organization,
    )


def _principal(subject: Subject, session: Session | None) -> Principal:
    account, name, subject_id = subject.account, subject.name, subject.id or subject.account
    bounded = subject.boundary is not None
    if subject_id.startswith(services.SUBJECT):
        return services.principal_of(account, subject_id.removeprefix(services.SUBJECT), name)
    if subject_id.startswith("AROA"):
        label = session.name if session else ""
        return Principal(
            PrincipalKind.ROLE_SESSION,
            f"arn:aws:sts::{account}:assumed-role/{name}/{label}",
            account,
            subject_id,
            role_arn=f"arn:aws:iam::{account}:role{subject.path}{name}",
            has_boundary=bounded,
            service_linked=subject.path.startswith("/aws-service-role/"),
        )
    user_arn = f"arn:aws:iam::{account}:user{subject.path}{name}"
    if session is not None and session.kind == "GetFederationToken":
        is_user = subject_id.startswith("AIDA")
        return Principal(
            PrincipalKind.FEDERATED_USER,
            f"arn:aws:sts::{account}:federated-user/{session.name}",
            account,
            subject_id,
            issuer_arn=user_arn if is_user else f"arn:aws:iam::{account}:root",
            issuer_id=subject_id,
            has_boundary=bounded,
        )
    if subject_id.startswith("AIDA"):
        return Principal(PrincipalKind.USER, user_arn, account, subject_id, has_boundary=bounded)
    return Principal(PrincipalKind.ROOT, f"arn:aws:iam::{account}:root", account, account)
