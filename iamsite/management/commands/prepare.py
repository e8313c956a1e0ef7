"""`manage.py prepare`: all that starting the portal does before it serves."""

from __future__ import annotations

from typing import Any

from accounts.management.shell import ShellCommand
from iamsite import server


class Command(ShellCommand):
    help = (
        "Bring the schema, the managed policies and the static files up to date, as a start does."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        server.prepare()
