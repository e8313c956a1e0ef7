"""Makes the keys that seal secrets, where there are none yet; `make run` does so by itself."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from accounts.management import shell
from accounts.models import DataKey
from accounts.sealing import ensure_data_keys, make_data_key


class Command(shell.ShellCommand):
    help = (
        "Make the first data key of each purpose, or with --rotate a new one that seals from now."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--rotate",
            action="store_true",
            help="add new keys, under which every process seals within a minute; what older ones "
            "sealed still opens (see retire_data_keys)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        ensure_data_keys()
        if options["rotate"]:
            for purpose in DataKey.Purpose.values:
                make_data_key(purpose)
        count = DataKey.objects.filter(retired_at=None).count()
        self.stdout.write(f"There are {count} data keys.")
