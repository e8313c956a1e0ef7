"""What the management commands have in common: the operator at the machine's own shell."""

from __future__ import annotations

import getpass
import sys
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from accounts.models import Person
from accounts.sealing import WrongMasterKey
from iamsite.operations.caller import Origin

# PostgreSQL's codes for a table, column or function that is not there
MISSING = {"42P01", "42703", "42883"}


class ShellCommand(BaseCommand):
    """A command that says what is wrong with the installation in one line."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except WrongMasterKey as error:
            raise CommandError(str(error)) from error
        except ProgrammingError as error:
            if getattr(error.__cause__, "sqlstate", None) not in MISSING:
                raise
            raise CommandError(
                "The database is not up to date: start the portal once, or run manage.py prepare."
            ) from error


def origin() -> Origin:
    """Where an operator's commands come from, as the trail keeps it."""
    return Origin(
        source_ip="",
        user_agent="manage.py",
        secure=True,
        request_id=str(uuid.uuid4()),
        face="command",
    )


def password(from_stdin: bool) -> str | None:
    """A password: the first line of standard input, else asked for at a terminal, else None.

    Never an argument, which every user of the machine could read. Raises CommandError.
    """
    if from_stdin:
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise CommandError("Standard input holds no password.")
        return line
    if not sys.stdin.isatty():
        return None
    first = getpass.getpass("Password: ")
    if first != getpass.getpass("Password, once more: "):
        raise CommandError("The two passwords differ.")
    return first


def required_password(from_stdin: bool) -> str:
    """As `password`; raises CommandError when there is none."""
    found = password(from_stdin)
    if found is None:
        raise CommandError("Give the password on standard input, with --password-stdin.")
    return found


def operator(email: str) -> Person:
    """The operator with that email address; raises CommandError."""
    found = Person.objects.filter(email__iexact=email, account=None).first()
    if found is None:
        raise CommandError(f"There is no operator {email}; make one with create_operator.")
    return found
