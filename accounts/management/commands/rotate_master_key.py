"""Seals the data keys under another master key."""

from __future__ import annotations

import base64
import os
import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import transaction

from accounts.management import shell
from accounts.sealing import reseal_data_keys

BYTES = 32


class Command(shell.ShellCommand):
    help = (
        "Seal the data keys under the master key in a file, made anew when the file is missing. "
        "Nothing else is sealed again: the portal needs a restart with the new key, and no more."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--to", required=True, type=Path, metavar="FILE", help="32 bytes in base64"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["to"]
        new = _key(path)
        with transaction.atomic(durable=True):
            count = reseal_data_keys(settings.IAMSITE_MASTER_KEY, new)
        self.stdout.write(
            f"{count} data keys are sealed under the key in {path}. Start the portal with it "
            "(IAMSITE_MASTER_KEY_FILE, or in place of secrets/master-key in the data folder); "
            "what runs goes on until its next start."
        )


def _key(path: Path) -> bytes:
    """The key in the file. Raises CommandError when it is none."""
    try:
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(base64.b64encode(secrets.token_bytes(BYTES)).decode() + "\n")
                file.flush()
                os.fsync(file.fileno())
        key = base64.b64decode(path.read_text("ascii").strip(), validate=True)
    except OSError as error:
        raise CommandError(f"Cannot use {path}: {error.strerror}.") from error
    except ValueError:
        key = b""
    if len(key) != BYTES:
        raise CommandError(f"{path} does not hold {BYTES} bytes in base64.")
    return key
