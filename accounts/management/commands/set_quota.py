"""Gives one account another quota than AWS's default."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import operators
from accounts.management import shell
from accounts.models import Account
from accounts.quotas import DEFAULTS

MOST = 10_000_000


class Command(shell.ShellCommand):
    help = "Raise or lower a quota of one account; `manage.py quotas N` lists them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account_id", metavar="N", help="the account's 12 digits")
        parser.add_argument("quota", metavar="QUOTA", help="its name, such as RolesPerAccount")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("limit", nargs="?", type=int, metavar="LIMIT", help="the new limit")
        which.add_argument("--default", action="store_true", help="AWS's default again")

    def handle(self, *args: Any, **options: Any) -> None:
        number, name, limit = options["account_id"], options["quota"], options["limit"]
        if name not in DEFAULTS:
            raise CommandError(f"There is no quota {name}; `manage.py quotas {number}` lists them.")
        if limit is not None and not 0 <= limit <= MOST:
            raise CommandError(f"A limit is a number from 0 to {MOST}.")
        try:
            operators.set_quota(operators.Shell(), number, name, limit, shell.origin())
        except Account.DoesNotExist as error:
            raise CommandError(f"There is no account {number}.") from error
        holds = DEFAULTS[name] if limit is None else limit
        self.stdout.write(f"{name} is {holds} in the account {number}.")
