"""Lists the quotas of an account."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from accounts import tenancy
from accounts.management import shell
from accounts.models import Account
from accounts.quotas import DEFAULTS, quotas_of


class Command(shell.ShellCommand):
    help = "List the quotas of an account; those that differ from the default show it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account_id", metavar="N", help="the account's 12 digits")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        number = options["account_id"]
        tenancy.enter(number)
        if not Account.objects.exclude(id=tenancy.AWS).filter(id=number).exists():
            raise CommandError(f"There is no account {number}.")
        for name, limit in sorted(quotas_of(number).items()):
            default = DEFAULTS[name]
            differs = f"  (default {default})" if limit != default else ""
            self.stdout.write(f"{name:<35}{limit:>10}{differs}")
