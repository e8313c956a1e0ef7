"""Identifiers as AWS spells them (IAM User Guide, "IAM identifiers")."""

from __future__ import annotations

import base64
import secrets
import string

SECRET = string.ascii_letters + string.digits + "/+"


def unique_id(prefix: str, length: int = 21) -> str:
    """A new unique id: `prefix` (AIDA, AROA, AGPA, ANPA, …) and random letters to `length`."""
    missing = length - len(prefix)
    # Five random bits a letter; the alphabet, A to Z and 2 to 7, is that of base32.
    letters = base64.b32encode(secrets.token_bytes(-(-missing * 5 // 8))).decode()
    return prefix + letters[:missing]


def access_key_id(prefix: str = "AKIA") -> str:
    """A new access key id, 20 characters: AKIA for long-term keys, ASIA for temporary ones."""
    return unique_id(prefix, 20)


def secret_access_key() -> str:
    """A new secret access key: 40 characters of letters, digits, `/` and `+`."""
    return base64.b64encode(secrets.token_bytes(30)).decode()


def account_id() -> str:
    """A new 12-digit account id; never begins with 0, so that no tool takes it for a number."""
    return str(secrets.choice(range(1, 10))) + "".join(
        secrets.choice(string.digits) for _ in range(11)
    )
