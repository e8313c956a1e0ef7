"""The properties that an account can set (IAM, PutAccountProperties): switches of features."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Account


@dataclass(frozen=True, slots=True)
class Property:
    """What a property may be, and what it is until it is set."""

    default: str
    values: tuple[str, ...] = ("true", "false")


ROLE_MANAGER = "RoleManager/Enabled"
KNOWN = {ROLE_MANAGER: Property("true")}


def account_properties(account: str) -> dict[str, str]:
    """Every property of the entered account by its key, those that nobody has set included."""
    own = Account.objects.values_list("properties", flat=True).get(id=account)
    return {key: own.get(key, known.default) for key, known in KNOWN.items()}
