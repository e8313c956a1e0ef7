"""Session tags and transitive tags (IAM User Guide, "Pass session tags in AWS STS")."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from iamsite.operations.caller import Session
from iamsite.operations.errors import invalid_parameter_value
from identities.operations.tags import DUPLICATE_IN_ANY_CASE, RESERVED

NOT_PASSED = "The specified transitive tag key must be included in the requested tags."
CONFLICT = (
    "One of the specified transitive tag keys can't be set because it conflicts with a transitive "
    "tag key from the calling session."
)


@dataclass(frozen=True, slots=True)
class SessionTags:
    """The tags of a new session.

    `inherited` came down the chain and `passed` with this call; `transitive` are the keys that
    travel on.
    """

    inherited: dict[str, str]
    passed: dict[str, str]
    transitive: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.inherited or self.passed)

    @property
    def all(self) -> dict[str, str]:
        return {**self.passed, **self.inherited}

    def over(self, role_tags: dict[str, str]) -> dict[str, str]:
        """The role's tags as its trust policy sees them: inherited ones take the place of those
        with the same key (evaluation.md §7.1)."""
        taken = {key.lower() for key in self.inherited}
        kept = {key: value for key, value in role_tags.items() if key.lower() not in taken}
        return {**kept, **self.inherited}


def session_tags(
    session: Session | None,
    tags: list[dict[str, str]] | None,
    transitive_keys: list[str] | None = None,
) -> SessionTags:
    """The tags of a session that the holder of `session` asks for.

    Raises InvalidParameterValue for a reserved or repeated key, a transitive key that is not
    passed, or one that the chain has set already.
    """
    inherited = _inherited(session)
    fixed = {key.lower() for key in inherited}
    passed: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for tag in tags or []:
        key = tag["Key"]
        if RESERVED.match(key):
            raise invalid_parameter_value(
                f"The tag key {key} is reserved: keys cannot begin with aws: in any case."
            )
        if key.lower() in spelled:
            raise invalid_parameter_value(DUPLICATE_IN_ANY_CASE)
        if key.lower() in fixed:
            raise invalid_parameter_value(CONFLICT)
        spelled[key.lower()] = key
        passed[key] = tag["Value"]
    wanted = [key.lower() for key in transitive_keys or []]
    if fixed.intersection(wanted):
        raise invalid_parameter_value(CONFLICT)
    if not spelled.keys() >= set(wanted):
        raise invalid_parameter_value(NOT_PASSED)
    travelling = dict.fromkeys([*inherited, *(spelled[key] for key in wanted)])
    return SessionTags(inherited, passed, tuple(travelling))


def _inherited(session: Session | None) -> dict[str, str]:
    if session is None:
        return {}
    keys: Any = {key.lower() for key in session.transitive_tag_keys}
    return {key: value for key, value in session.tags.items() if key.lower() in keys}
