"""Prints the service model of the portal's own operations, for the AWS CLI and SDKs."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from iamsite.operations.models import own_model, own_paginators, service


class Command(BaseCommand):
    help = "Prints the portal's service model, or installs it where the AWS CLI and boto3 look."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--install",
            nargs="?",
            const=Path.home() / ".aws" / "models",
            type=Path,
            metavar="FOLDER",
            help="write it, with paginators, below FOLDER (~/.aws/models unless given)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path | None = options["install"]
        if folder is None:
            self.stdout.write(own_model())
            return
        place = folder / "portal" / service("portal").version
        place.mkdir(parents=True, exist_ok=True)
        (place / "service-2.json").write_text(own_model())
        (place / "paginators-1.json").write_text(json.dumps(own_paginators(), indent=2) + "\n")
        self.stdout.write(f"The model is in {place}.")
