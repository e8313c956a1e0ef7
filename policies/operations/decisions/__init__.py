"""Decisions on record: what was decided, why, what it would be now, and what would change it."""

from policies.operations.decisions import operations as operations
from policies.operations.decisions import settings as settings
