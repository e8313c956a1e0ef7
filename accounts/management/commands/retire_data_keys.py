"""Ends the data keys that newer ones have replaced."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from accounts.management import shell
from accounts.retiring import NotSettled, retire_older


class Command(shell.ShellCommand):
    help = (
        "Seal again, under the newest data keys, what older ones sealed, and retire the older ones "
        "once nothing that was given out under them can be good any more: after 36 hours."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--at-once",
            action="store_true",
            help="retire all of the older ones now, which ends every temporary credential that was "
            "given out under them: for when one became known",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count, ended, closed = retire_older(timezone.now(), at_once=options["at_once"])
        except NotSettled as error:
            raise CommandError(str(error)) from error
        for what in closed:
            self.stderr.write(f"Did not open: {what}")
        self.stdout.write(f"Sealed {count} secrets again and retired {ended} data keys.")
