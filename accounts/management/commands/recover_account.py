"""Gives an account's root user a new password and unlocks it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import operators
from accounts.management import shell
from accounts.models import Account
from accounts.opening import AccountError


class Command(shell.ShellCommand):
    help = (
        "Give the root user of an account a new password and unlock it. Its MFA devices are "
        "removed, its sessions end and its access keys become inactive."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account_id", metavar="N", help="the account's 12 digits")
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        number = options["account_id"]
        password = shell.required_password(options["password_stdin"])
        try:
            operators.recover(operators.Shell(), number, password, shell.origin())
        except Account.DoesNotExist as error:
            raise CommandError(f"There is no account {number}.") from error
        except AccountError as error:
            raise CommandError(error.message) from error
        self.stdout.write(f"The root user of {number} can sign in with the new password.")
