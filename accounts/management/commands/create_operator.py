"""Makes an operator, who runs the installation and is nobody in any account."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from accounts.management import shell
from accounts.models import Person
from accounts.opening import AccountError, check_password


class Command(shell.ShellCommand):
    help = "Create an operator. It may do nothing until grant_operator, unless it is made for all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--email", required=True)
        parser.add_argument(
            "--password-stdin", action="store_true", help="read the password from standard input"
        )
        parser.add_argument(
            "--superuser",
            action="store_true",
            help="let it view, suspend, recover and delete every account",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        password = shell.required_password(options["password_stdin"])
        try:
            validate_email(email)
            check_password(password, email)
            with transaction.atomic():
                Person.objects.create_operator(email, password, is_superuser=options["superuser"])
        except ValidationError as error:
            raise CommandError(f"{email} is no email address.") from error
        except AccountError as error:
            raise CommandError(error.message) from error
        except IntegrityError as error:
            raise CommandError(f"The email address {email} is taken.") from error
        self.stdout.write(f"Created the operator {email}.")
