"""Removes one account and all that it owns."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import operators
from accounts.management import shell


class Command(shell.ShellCommand):
    help = "Delete an account and all that it owns, its audit trail too, in one transaction."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account_id", metavar="N", help="the account's 12 digits")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        number = options["account_id"]
        if not options["yes"]:
            raise CommandError(f"This deletes everything in the account {number}: say --yes.")
        if number == "aws" or not operators.delete(operators.Shell(), number):
            raise CommandError(f"There is no account {number}.")
        self.stdout.write(f"Deleted the account {number}.")
