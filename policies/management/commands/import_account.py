"""Brings the users, groups, roles and policies of an AWS account over into one of the portal's."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from accounts.management import shell
from iamsite.operations import OperationError, perform
from iamsite.operations.caller import Command as AsRoot
from policies.account_import import ImportRefused, Report, bring_over, read


class Command(shell.ShellCommand):
    help = (
        "Bring over the users, groups, roles and policies in a file that `aws iam "
        "get-account-authorization-details` has printed. What is there already stays as it is. "
        "Passwords, access keys, MFA devices, certificates, role descriptions and session lengths "
        "are not in such a file. Load AWS's managed policies before: manage.py "
        "load_managed_policies."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--account", metavar="N", required=True, help="the 12 digits of the account to fill"
        )
        parser.add_argument("file", metavar="FILE", type=Path, help="the file, JSON")

    def handle(self, *args: Any, account: str, file: Path, **options: Any) -> None:
        try:
            details = read(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{file} cannot be read: {error}") from error
        except ImportRefused as error:
            raise CommandError(str(error)) from error

        def act(operation: str, /, **params: Any) -> dict[str, Any]:
            return perform(AsRoot(account), operation, params, shell.origin())

        try:
            act("GetAccountSummary")
        except OperationError as error:
            raise CommandError(str(error)) from error
        self._print(bring_over(details, account, act))

    def _print(self, report: Report) -> None:
        """Raises CommandError, and so leaves with status 1, if anything could not be brought."""
        for kind, number in sorted(report.brought.items()):
            self.stdout.write(f"brought over: {kind}: {number}")
        for what in report.present:
            self.stdout.write(f"there already, left as it is: {what}")
        for note in report.notes:
            self.stdout.write(f"note: {note}")
        for failure in report.failures:
            self.stdout.write(f"not brought over: {failure}")
        if report.failures:
            raise CommandError(f"{len(report.failures)} could not be brought over.")
