"""Makes new keys for an account's web identity tokens."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from accounts.management import shell
from iamsite.operations import OperationError, perform
from iamsite.operations.caller import Command as Shell


class Command(shell.ShellCommand):
    help = (
        "Make new signing keys for the web identity tokens of an account. They are published at "
        "once and sign five minutes later; the older ones stay published until their tokens have "
        "expired."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("account", nargs="+", metavar="ACCOUNT")
        parser.add_argument(
            "--revoke",
            action="store_true",
            help="end the older keys at once, and every token that they signed: for when one "
            "became known",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for account in options["account"]:
            params = {"Revoke": options["revoke"]}
            try:
                answer = perform(
                    Shell(account), "RotateOutboundSigningKeys", params, shell.origin()
                )
            except OperationError as error:
                raise CommandError(f"{account}: {error.message}") from error
            for key in answer["SigningKeys"]:
                until = key.get("PublishedUntil")
                self.stdout.write(
                    f"{account} {key['Algorithm']} {key['KeyId']} signs from "
                    f"{key['SigningSince']:%Y-%m-%d %H:%M:%S}Z"
                    + (f", published until {until:%Y-%m-%d %H:%M:%S}Z" if until else "")
                )
