from identities.models.credentials import AccessKey, ConsoleSession, LoginProfile, MFADevice
from identities.models.principals import Group, Membership, Role, User

__all__ = [
    "AccessKey",
    "ConsoleSession",
    "Group",
    "LoginProfile",
    "MFADevice",
    "Membership",
    "Role",
    "User",
]
