"""Opens an account, for automation and for those who have no browser at hand."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from accounts.management import shell
from accounts.opening import AccountError, close_account, open_account, record_opening
from accounts.operators import Shell, author_of
from accounts.sealing import ensure_data_keys
from iamsite.operations.trail import record_event
from identities.access_keys import make_access_key


class Command(shell.ShellCommand):
    help = (
        "Open an account with its root user. Safe beside a running portal. Without a password the "
        "root user can only use keys until recover_account gives it one."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True, help="the root user's email address")
        parser.add_argument("--account-id", metavar="N", help="12 digits; else chosen at random")
        parser.add_argument("--name", default="", help="the account's name")
        parser.add_argument(
            "--password-stdin",
            action="store_true",
            help="read the root user's password from standard input",
        )
        parser.add_argument(
            "--with-root-key", action="store_true", help="make an access key for the root user"
        )
        parser.add_argument(
            "--replace",
            action="store_true",
            help="first delete the account of that id and all that it owns",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        number = options["account_id"]
        if options["replace"] and not number:
            raise CommandError("--replace needs --account-id.")
        password = shell.password(options["password_stdin"])
        try:
            if options["with_root_key"]:
                ensure_data_keys()
            answer = self._open(number, password, options)
        except AccountError as error:
            raise CommandError(error.message) from error
        if options["format"] == "json":
            self.stdout.write(json.dumps(answer))
        else:
            self.stdout.write("\n".join(f"{name}: {value}" for name, value in answer.items()))

    @transaction.atomic(durable=True)
    def _open(
        self, number: str | None, password: str | None, options: dict[str, Any]
    ) -> dict[str, str]:
        if options["replace"] and number:
            close_account(number)
        opened = open_account(options["email"], password, options["name"], number)
        account, origin = opened.account, shell.origin()
        operator = author_of(Shell())
        record_opening(opened, origin, operator)
        answer = {"AccountId": account.id, "RootArn": account.root_arn}
        if options["with_root_key"]:
            key, secret = make_access_key(account.id, None, account.created_at)
            record_event(
                account.id,
                operator,
                origin,
                account.created_at,
                "iam",
                "CreateAccessKey",
                resources=[account.root_arn],
                detail={"AccessKeyId": key.id},
            )
            answer |= {"AccessKeyId": key.id, "SecretAccessKey": secret}
        return answer
