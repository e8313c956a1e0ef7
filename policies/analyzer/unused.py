"""What nobody has used for a while: users, roles, keys, passwords, and services that are granted.

Nothing younger than that counts. Services are judged only once their use has been tracked for as
long.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from iamsite.operations.layers import as_policy, held_by_each
from iamsite.operations.namespaces import Namespaces
from iamsite.operations.rows import fetch
from policies.analyzer.found import Found, Kind, Severity
from policies.granted import Granted

SHOWN = 50  # services that a finding names

USERS = """
SELECT u.id, 'arn:aws:iam::' || u.account_id || ':user' || u.path || u.name, greatest(
        u.password_last_used, u.keys_used_at,
        (SELECT max(a.at) FROM identities_lastaccess a
            WHERE a.account_id = u.account_id AND a.principal_id = u.id))
    FROM identities_user u WHERE u.account_id = %s AND u.created_at < %s ORDER BY u.id
"""
ROLES = """
SELECT r.id, 'arn:aws:iam::' || r.account_id || ':role' || r.path || r.name, greatest(
        r.last_used_at,
        (SELECT max(a.at) FROM identities_lastaccess a
            WHERE a.account_id = r.account_id AND a.principal_id = r.id))
    FROM identities_role r WHERE r.account_id = %s AND r.created_at < %s
        AND r.path NOT LIKE '/aws-service-role/%%' ORDER BY r.id
"""
KEYS = """
SELECT k.id, k.user_id, coalesce('arn:aws:iam::' || u.account_id || ':user' || u.path || u.name,
        'arn:aws:iam::' || k.account_id || ':root'), k.last_used_at
    FROM identities_accesskey k LEFT JOIN identities_user u ON u.id = k.user_id
    WHERE k.account_id = %s AND k.status = 'Active' AND k.created_at < %s
        AND coalesce(k.last_used_at, k.created_at) < %s ORDER BY k.id
"""
PASSWORDS = """
SELECT u.id, 'arn:aws:iam::' || u.account_id || ':user' || u.path || u.name, u.password_last_used
    FROM identities_loginprofile p JOIN identities_user u ON u.id = p.user_id
    WHERE p.account_id = %s AND p.changed_at < %s
        AND coalesce(u.password_last_used, p.changed_at) < %s ORDER BY u.id
"""
ACCESSED = """
SELECT DISTINCT principal_id, service FROM identities_lastaccess WHERE account_id = %s AND at >= %s
"""
# Use is known from when the portal began to track it, at the latest from the oldest that is kept.
TRACKED = """
SELECT least((SELECT min(applied) FROM django_migrations
                  WHERE app = 'identities' AND name LIKE '%%last_access'),
             (SELECT min(at) FROM identities_lastaccess WHERE account_id = %s))
"""


@dataclass(frozen=True, slots=True)
class Period:
    """`days` until `now`."""

    now: datetime
    days: int

    @property
    def start(self) -> datetime:
        return self.now - timedelta(days=self.days)

    def told(self, used: datetime | None) -> str:
        if used is None:
            return "has never been used"
        return f"has not been used for {(self.now - used).days} days"


def unused(account: str, period: Period, namespaces: Namespaces) -> Iterator[Found]:
    """What of the entered account was unused for the whole period."""
    idle: set[str] = set()
    busy: dict[str, str] = {}
    for statement, type_, what in ((USERS, "UnusedUser", "user"), (ROLES, "UnusedRole", "role")):
        for unique_id, arn, used in fetch(statement, [account, period.start]):
            if used is not None and used >= period.start:
                busy[unique_id] = arn
                continue
            idle.add(unique_id)
            message = f"The {what} {_name(arn)} {period.told(used)}."
            yield _found(type_, Severity.MEDIUM, arn, (unique_id,), message, used)
    yield from _credentials(account, period, idle)
    (tracked,) = fetch(TRACKED, [account])[0]
    if tracked is not None and tracked <= period.start:
        yield from _permissions(account, period, busy, namespaces)


def _credentials(account: str, period: Period, idle: set[str]) -> Iterator[Found]:
    """Keys and passwords of users who are there in other ways; of the root user too."""
    start = period.start
    for key, owner, arn, used in fetch(KEYS, [account, start, start]):
        if owner not in idle:
            severity = Severity.HIGH if owner is None else Severity.MEDIUM
            whose = "the root user" if owner is None else _name(arn)
            message = f"The access key {key} of {whose} {period.told(used)}."
            yield _found("UnusedAccessKey", severity, arn, (key,), message, used, key=key)
    for owner, arn, used in fetch(PASSWORDS, [account, start, start]):
        if owner not in idle:
            message = f"The password of {_name(arn)} {period.told(used)}."
            yield _found("UnusedPassword", Severity.MEDIUM, arn, (owner,), message, used)


def _permissions(
    account: str, period: Period, busy: Mapping[str, str], namespaces: Namespaces
) -> Iterator[Found]:
    """Services that users and roles in use are granted and have not tried."""
    accessed: dict[str, set[str]] = defaultdict(set)
    for principal, service in fetch(ACCESSED, [account, period.start]):
        accessed[principal].add(service)
    names = namespaces.names()
    known: dict[tuple[bytes, ...], frozenset[str]] = {}
    for unique_id, held in held_by_each(list(busy)).items():
        policies = [one for one in held if one.holder != "boundary"]
        same = tuple(sorted(one.digest for one in policies))
        if same not in known:
            granted = Granted(as_policy(one).document for one in policies)
            known[same] = frozenset(granted.services(names))
        left = sorted(known[same] - accessed[unique_id])
        if left:
            arn, total = busy[unique_id], len(known[same])
            what = "service" if total == 1 else f"{total} services"
            message = (
                f"{_name(arn)} is granted {'the ' if total == 1 else ''}{what} and has not tried "
                f"{'it' if total == 1 else len(left)} for {period.days} days."
            )
            yield _found(
                "UnusedPermissions",
                Severity.LOW,
                arn,
                (unique_id,),
                message,
                services=tuple(left[:SHOWN]),
            )


def _found(
    type_: str,
    severity: Severity,
    arn: str,
    about: tuple[str, ...],
    message: str,
    used: datetime | None = None,
    key: str = "",
    services: tuple[str, ...] = (),
) -> Found:
    return Found(
        Kind.UNUSED_ACCESS,
        type_,
        severity,
        arn,
        about,
        message,
        key=key,
        services=services,
        used=used,
    )


def _name(arn: str) -> str:
    return arn.rpartition("/")[2]
