"""The policy simulator: what the engine would decide, with whose word (evaluation.md §12)."""

from policies.operations.simulation import context_keys as context_keys
from policies.operations.simulation import operations as operations
