#!/usr/bin/env python
"""Administer the portal: `manage.py help` lists what it can do."""

import os
import sys

NEEDS_NO_DATABASE = {"check", "collectstatic", "diffsettings", "findstatic", "help", "version"}


def main() -> None:
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iamsite.settings")
    from django.core.management import execute_from_command_line

    from iamsite import database
    from iamsite.environment import ConfigurationError

    try:
        if len(sys.argv) > 1 and sys.argv[1] not in NEEDS_NO_DATABASE | {"--help", "--version"}:
            database.ensure_running()
        execute_from_command_line(sys.argv)
    except ConfigurationError as error:
        sys.exit(f"iamsite: {error}")


if __name__ == "__main__":
    main()
