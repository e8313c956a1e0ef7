#!/usr/bin/env python3
"""`python -m policies.engine`, and the same as a script, for hooks that have no environment."""

import sys

if not __package__:
    from pathlib import Path

    # The folder of this file goes: its modules are not meant to stand beside Python's own.
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from policies.engine.cli import main

if __name__ == "__main__":
    sys.exit(main())
