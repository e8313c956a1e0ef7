"""A language for tests, which nobody speaks: each text is longer, and stands in brackets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from django.core.management import call_command

LANGUAGE = "ar"  # it is written from the right
BEGIN, END = "⟦", "⟧"
_TRANSLATION = re.compile(r'^(msgstr(?:\[\d\])? )"((?:.*"\n")*?)(.*)"$', re.M)


def folder(locales: Path) -> Path:
    return locales / LANGUAGE / "LC_MESSAGES"


def make_catalogues(locales: Path) -> None:
    """What `make messages` finds and `manage.py compilemessages` makes of the translation."""
    call_command("messages", LANGUAGE, verbosity=0)
    for path in folder(locales).glob("*.po"):
        english = subprocess.run(
            ["msgen", "--no-wrap", path], capture_output=True, text=True, check=True
        ).stdout
        header, separator, rest = english.partition("\n\n")
        translated = _TRANSLATION.sub(rf'\1"{BEGIN}\2\3 …{END}"', rest)
        path.write_text(header + separator + translated)
        subprocess.run(["msgfmt", path, "-o", path.with_suffix(".mo")], check=True)
