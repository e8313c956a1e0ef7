"""Whose credentials an operation is about, where it may leave the name out."""

from __future__ import annotations

from typing import Any

from iamsite.operations import Call, Resource
from identities.models import User
from identities.operations import find


def get_user(call: Call, name: str | None = None) -> User:
    """The named user, else the calling one.

    Raises ValidationError for any other caller without a name, the root user too, and NoSuchEntity.
    """
    own = find.own_name(call, name)
    if own is None:
        raise find.must_specify_user_name()
    return find.get_user(call, own)


def means_root(call: Call, name: str | None) -> bool:
    """Whether the root user means itself: by no name, or by the account's id.

    Outputs that must have a `UserName` carry the account's id for the root user.
    """
    if not call.caller.is_root:
        return False
    return name is None or (name == call.account and find.find(call, User, name) is None)


def user_or_root(call: Call, UserName: str | None = None, **_: Any) -> Resource:
    """What authorization sees of a user or the root user."""
    return find.own_user(call, None if means_root(call, UserName) else UserName)


def get_user_or_root(call: Call, name: str | None) -> User | None:
    """The user, or None for the root user; raises as `get_user` does."""
    return None if means_root(call, name) else get_user(call, name)
