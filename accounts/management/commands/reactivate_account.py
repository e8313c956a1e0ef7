"""Reactivates an account that was closed or suspended."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import operators
from accounts.management import shell
from accounts.models import Account


class Command(shell.ShellCommand):
    help = "Reactivate an account that was closed or suspended: its credentials count again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account_id", metavar="N", help="the account's 12 digits")

    def handle(self, *args: Any, **options: Any) -> None:
        number = options["account_id"]
        try:
            operators.reactivate(operators.Shell(), number, shell.origin())
        except Account.DoesNotExist as error:
            raise CommandError(f"There is no account {number}.") from error
        self.stdout.write(f"The account {number} is active.")
