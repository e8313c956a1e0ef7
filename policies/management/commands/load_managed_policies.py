"""Brings the AWS managed policies of the database up to those that come with the portal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections, transaction
from django.db.models import F

from accounts.models import Account
from accounts.tenancy import AWS
from policies.engine import DocumentKind, PolicyErrors, parse
from policies.managed import FOLDER, ManagedPolicy, managed_policies
from policies.models import Policy, PolicyVersion

# The owner of the schema alone may write rows of the account "aws" and see every account.
OWNER = "owner"
LOCK = 0x1A_A5_90_11


class Command(BaseCommand):
    help = (
        "Load the AWS managed policies that come with the portal. A changed document becomes a new "
        "default version; attachments stay. Does nothing when nothing has changed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--folder", type=Path, default=FOLDER, help="Folder of the documents.")

    def handle(self, *args: Any, folder: Path, verbosity: int, **options: Any) -> None:
        wanted = list(managed_policies(folder))
        with transaction.atomic(using=OWNER):
            with connections[OWNER].cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            changed = load(wanted)
            if changed:
                Account.objects.using(OWNER).update(revision=F("revision") + 1)
        if verbosity > 0:
            self.stdout.write(f"{len(wanted)} managed policies, {changed} new or changed")


def load(wanted: list[ManagedPolicy]) -> int:
    """Writes what differs; returns how many policies did. Raises CommandError."""
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
        if row is None:
            row = _add(policy)
        elif digests.get(row.id) != policy.digest:
            _add_version(row, policy, max(policy.version, row.latest_version + 1))
        elif row.description == policy.description and row.attachable == policy.is_attachable:
            continue
        row.description, row.attachable = policy.description, policy.is_attachable
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
        parse(policy.document, DocumentKind.MANAGED)
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
