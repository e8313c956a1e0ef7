"""Says which accounts an operator may view, suspend, recover or delete."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts import operators
from accounts.management import shell
from accounts.models import Account


class Command(shell.ShellCommand):
    help = "Let an operator view, suspend, recover or delete one account, or all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="the operator's email address")
        parser.add_argument("actions", nargs="+", choices=operators.ACTIONS, metavar="ACTION")
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--account", metavar="N", help="the account's 12 digits")
        which.add_argument("--all", action="store_true", help="every account, later ones too")
        parser.add_argument("--revoke", action="store_true", help="take back instead")

    def handle(self, *args: Any, **options: Any) -> None:
        operator, account = shell.operator(options["email"]), options["account"]
        change = operators.revoke if options["revoke"] else operators.grant
        try:
            for action in options["actions"]:
                change(operator, action, account)
        except Account.DoesNotExist as error:
            raise CommandError(f"There is no account {account}.") from error
        verb = "no longer" if options["revoke"] else "now"
        where = f"the account {account}" if account else "every account"
        self.stdout.write(f"{operator.email} may {verb} {', '.join(options['actions'])} {where}.")
