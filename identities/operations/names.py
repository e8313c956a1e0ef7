"""The second look at names and paths, in IAM's own words (api-behaviour.md §3 and §4.1)."""

from __future__ import annotations

import re

from iamsite.operations.errors import validation_error

NAME = re.compile(r"[A-Za-z0-9_+=,.@-]+")
PATH = re.compile(r"/([!-~]+/)?")
PATH_PREFIX = re.compile(r"/[!-\x7f]*")


def check_name(value: str, parameter: str) -> None:
    """Raises ValidationError unless `value` is a name; `parameter` as the message spells it."""
    if not NAME.fullmatch(value):
        raise validation_error(
            f"The specified value for {parameter} is invalid. It must contain only "
            "alphanumeric characters and/or the following: +=,.@_-"
        )


def check_path(value: str, parameter: str = "path") -> None:
    if not PATH.fullmatch(value):
        raise validation_error(
            f"The specified value for {parameter} is invalid. It must begin and end with / and "
            "contain only alphanumeric characters and/or / characters."
        )


def check_path_prefix(value: str) -> None:
    if not PATH_PREFIX.fullmatch(value):
        raise validation_error(
            "The specified value for pathPrefix is invalid. It must begin with the / character "
            "and contain only alphanumeric characters and/or / characters."
        )
