"""`python -m policies.engine decide|explain|lint FILE…`."""

import sys

from .cli import main

sys.exit(main())
