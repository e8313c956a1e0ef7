"""Brings the catalogues of a language up to date with what the pages say (docs/languages.md)."""

from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

# What says nothing on a page, or is made of what does.
ELSEWHERE = [
    ".venv",
    "benchmarks/*",
    "tests/*",
    "static/dist",
    "static/node_modules",
    "templates/rest",
]
OF_SCRIPTS = "static/src/*"


class Command(BaseCommand):
    help = "Makes or renews the catalogues of LANGUAGE in the folder of catalogues."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("language", help="such as de or pt_BR")

    def handle(self, *args: Any, language: str, verbosity: int, **options: Any) -> None:
        common = {"locale": [language], "no_obsolete": True, "verbosity": verbosity}
        call_command("makemessages", ignore_patterns=[*ELSEWHERE, OF_SCRIPTS], **common)
        call_command(
            "makemessages", domain="djangojs", ignore_patterns=[*ELSEWHERE, "*.html"], **common
        )
