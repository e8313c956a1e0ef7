"""Temporary credentials: sealed tokens, so that issuing and checking them writes no row.

The token carries everything about the session, its secret access key included, sealed under the
token key and bound to its access key id (STS, "Using temporary security credentials": a token is
opaque and of no fixed length).
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime

from accounts.identifiers import access_key_id, secret_access_key
from accounts.models import Person
from accounts.sealing import TOKEN, SealError, seal, unseal


@dataclass(frozen=True, slots=True)
class TemporaryCredentials:
    """What a session token says.

    `kind` is the operation that issued it; `subject_id` the unique id of the role or user behind
    it (the account id for root, with `root_since` in place of a unique id). Of AssumeRoot, `name`
    is the task, `issuer` the account that assumed root, `root_since` the membership; of
    GetDelegatedAccessToken, they are the delegation request and its provider. Times are whole
    seconds, UTC. `default_regions_only` marks AWS's first version of tokens. `workload` is the id
    of the workload that it was issued to, with which it ends. `on_behalf_of` are the subjects
    of provided contexts, by provider. `sign_in` is the session of a developer tool that it is of.
    """

    kind: str
    account: str
    subject_id: str
    issued_at: datetime
    expires_at: datetime
    name: str = ""
    mfa_at: datetime | None = None
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()
    tags: dict[str, str] = field(default_factory=dict)
    transitive_tag_keys: tuple[str, ...] = ()
    source_identity: str = ""
    chained: bool = False
    context: dict[str, str | tuple[str, ...]] = field(default_factory=dict)
    root_since: str = ""
    issuer: str = ""
    default_regions_only: bool = False
    workload: str = ""
    on_behalf_of: dict[str, str] = field(default_factory=dict)
    sign_in: int = 0


@dataclass(frozen=True, slots=True)
class IssuedCredentials:
    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: datetime

    def as_output(self) -> dict[str, object]:
        """The `Credentials` member of an STS answer."""
        return {
            "AccessKeyId": self.access_key_id,
            "SecretAccessKey": self.secret_access_key,
            "SessionToken": self.session_token,
            "Expiration": self.expires_at,
        }

    def as_detail(self) -> dict[str, str]:
        """What the trail keeps of them."""
        return {
            "IssuedAccessKeyId": self.access_key_id,
            "Expiration": self.expires_at.isoformat(),
        }


class InvalidToken(Exception):
    """A session token that is not ours, was altered, or belongs to another access key."""


def root_since(account: str) -> str:
    """What tells the root user of the entered `account` from an earlier one: its password's time.

    Recovery, a new password and a new account under an old id all end the sessions of before.
    """
    rows = Person.objects.filter(account_id=account).values_list("password_changed_at", flat=True)
    changed_at = rows.first()
    return changed_at.isoformat() if changed_at is not None else ""


def issue(credentials: TemporaryCredentials, minimum_size: int = 0) -> IssuedCredentials:
    """New temporary credentials; their token has at least `minimum_size` characters."""
    key_id, secret = access_key_id("ASIA"), secret_access_key()
    body = {
        name: _plain(value)
        for name in credentials.__slots__
        if (value := getattr(credentials, name)) or name in ("kind", "account", "subject_id")
    }
    # Raw deflate keeps tokens short: session policies are repetitive text.
    packed = zlib.compress(json.dumps([secret, body], separators=(",", ":")).encode())
    # What follows the compressed text is not read.
    padded = packed.ljust(minimum_size * 3 // 4, b"\0")
    token = base64.b64encode(seal(padded, key_id, TOKEN)).decode()
    return IssuedCredentials(key_id, secret, token, credentials.expires_at)


def read(key_id: str, token: str) -> tuple[str, TemporaryCredentials]:
    """The secret access key and the session that `token` holds for `key_id`.

    Raises InvalidToken. Expiry is the caller's to check.
    """
    try:
        packed = unseal(base64.b64decode(token, validate=True), key_id, TOKEN)
    except (ValueError, SealError) as error:
        raise InvalidToken from error
    secret, body = json.loads(zlib.decompressobj().decompress(packed))
    for name in ("issued_at", "expires_at", "mfa_at"):
        if name in body:
            body[name] = datetime.fromtimestamp(body[name], UTC)
    for name in ("policy_arns", "transitive_tag_keys"):
        if name in body:
            body[name] = tuple(body[name])
    for key, value in body.get("context", {}).items():
        if isinstance(value, list):
            body["context"][key] = tuple(value)
    return secret, TemporaryCredentials(**body)


def _plain(value: object) -> object:
    return int(value.timestamp()) if isinstance(value, datetime) else value
