"""Brings the AWS managed policies of the database up to those that come with the portal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.db import connections, transaction
from django.db.models import F

from accounts.management.shell import ShellCommand
from accounts.models import Account
from accounts.tenancy import AWS
from policies.engine import DocumentKind, PolicyErrors, parse
from policies.managed import FOLDER, ManagedPolicy, managed_policies
from policies.managed.package import NotInstalled, packaged_policies
from policies.models import Policy, PolicyVersion

# The owner of the schema alone may write rows of the account "aws" and see every account.
OWNER = "owner"
LONGEST = 1_000_000  # characters; some of AWS's own are longer than it lets anybody write
LOCK = 0x1A_A5_90_11


class Command(ShellCommand):
    help = (
        "Load the AWS managed policies that come with the portal. A changed document becomes a new "
        "default version; attachments stay. Does nothing when nothing has changed. With --package, "
        "load all that AWS has, from the optional package that carries them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        source = parser.add_mutually_exclusive_group()
        source.add_argument("--folder", type=Path, default=FOLDER, help="Folder of the documents.")
        source.add_argument(
            "--package",
            action="store_true",
            help="All of them, from the package of the dependency group `managed`.",
        )

    def handle(
        self, *args: Any, folder: Path, package: bool, verbosity: int, **options: Any
    ) -> None:
        if package:
            wanted, refused = packaged()
            for refusal in refused:
                self.stderr.write(f"left out: {refusal}")
        else:
            wanted = list(managed_policies(folder))
        with transaction.atomic(using=OWNER):
            with connections[OWNER].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            changed = load(wanted)
            if changed:
                Account.objects.using(OWNER).update(revision=F("revision") + 1)
        if verbosity > 0:
            self.stdout.write(f"{len(wanted)} managed policies, {changed} new or changed")


def packaged() -> tuple[list[ManagedPolicy], list[str]]:
    """What the package carries, and why some of it cannot be loaded. Raises CommandError."""
    wanted, refused = [], []
    try:
        for policy in packaged_policies():
            try:
                parse(policy.document, DocumentKind.MANAGED, LONGEST)
            except PolicyErrors as error:
                refused.append(f"{policy.arn}: {error}")
            else:
                wanted.append(policy)
    except NotInstalled as error:
        raise CommandError(str(error)) from error
    return wanted, refused


def load(wanted: list[ManagedPolicy]) -> int:
    """Writes what differs; returns how many policies did. Raises CommandError.

    What is older than what is held changes nothing, so that the few that come with the portal do
    not undo what a newer package has brought.
    """
    rows = Policy.objects.using(OWNER).filter(account_id=AWS)
    held = {policy.arn: policy for policy in rows}
    versions = PolicyVersion.objects.using(OWNER).filter(
        account_id=AWS, number=F("policy__default_version")
    )
    digests = {
        policy: bytes(digest) for policy, digest in versions.values_list("policy_id", "digest")
    }
    changed = 0
    for policy in wanted:
        row = held.get(policy.arn)
        if row is not None and policy.updated_at < row.updated_at:
            continue
        description = policy.description or (row.description if row is not None else "")
        if row is None:
            row = _add(policy)
        elif digests.get(row.id) != policy.digest:
            _add_version(row, policy, max(policy.version, row.latest_version + 1))
        elif row.description == description and row.attachable == policy.is_attachable:
            continue
        row.description, row.attachable = description, policy.is_attachable
        row.save(using=OWNER)
        changed += 1
    return changed


def _add(policy: ManagedPolicy) -> Policy:
    row = Policy(
        id=policy.id,
        account_id=AWS,
        name=policy.name,
        path=policy.path,
        created_at=policy.created_at,
    )
    row.updated_at = policy.updated_at
    row.save(using=OWNER, force_insert=True)
    _add_version(row, policy, policy.version)
    return row


def _add_version(row: Policy, policy: ManagedPolicy, number: int) -> None:
    try:
        parse(policy.document, DocumentKind.MANAGED, LONGEST)
    except PolicyErrors as error:
        raise CommandError(f"{policy.arn}: {error}") from error
    PolicyVersion.objects.using(OWNER).create(
        account_id=AWS,
        policy=row,
        number=number,
        document=policy.document,
        digest=policy.digest,
        created_at=policy.updated_at,
    )
    row.default_version = row.latest_version = number
    row.updated_at = policy.updated_at
