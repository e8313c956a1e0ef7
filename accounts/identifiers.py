"""Identifiers as AWS spells them (IAM User Guide, "IAM identifiers")."""

from __future__ import annotations

import secrets
import string

BASE32 = string.ascii_uppercase + "234567"
SECRET = string.ascii_letters + string.digits + "/+"


def unique_id(prefix: str, length: int = 21) -> str:
    """A new unique id: `prefix` (AIDA, AROA, AGPA, ANPA, …) and random letters to `length`."""
    return prefix + "".join(secrets.choice(BASE32) for _ in range(length - len(prefix)))


def access_key_id(prefix: str = "AKIA") -> str:
    """A new access key id, 20 characters: AKIA for long-term keys, ASIA for temporary ones."""
    return unique_id(prefix, 20)


def secret_access_key() -> str:
    """A new secret access key: 40 characters of letters, digits, `/` and `+`."""
    return "".join(secrets.choice(SECRET) for _ in range(40))


def account_id() -> str:
    """A new 12-digit account id; never begins with 0, so that no tool takes it for a number."""
    return str(secrets.choice(range(1, 10))) + "".join(
        secrets.choice(string.digits) for _ in range(11)
    )
