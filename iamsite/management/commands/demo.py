"""`manage.py demo`: fill the portal with a believable organisation."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts.management.shell import ShellCommand
from accounts.opening import AccountError
from iamsite.demo.fill import Filler, empty
from iamsite.demo.organisation import ORGANISATIONS, PRODUCTION_ACCOUNT

PASSWORD = "northwind-Demo-2026"


class Command(ShellCommand):
    help = "Fill the portal with a company, its partner, their policies and a month of activity."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password", default=PASSWORD, help="everybody's password")
        parser.add_argument("--replace", action="store_true", help="begin by deleting the demo")

    def handle(self, *args: Any, password: str, replace: bool, **options: Any) -> None:
        if replace:
            empty()
        filler = Filler(timezone.now(), password)
        try:
            filler.fill()
        except AccountError as error:
            raise CommandError(f"{error.message} Use --replace to begin anew.") from error
        self.stdout.write(f"{len(ORGANISATIONS)} accounts filled by {filler.performed} operations.")
        self.stdout.write(f"Everybody's password is {password}")
        self.stdout.write(f"  root user   {PRODUCTION_ACCOUNT.email}")
        self.stdout.write(f"  IAM user    account {PRODUCTION_ACCOUNT.alias}, name amara.okafor")
