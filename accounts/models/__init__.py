from accounts.models.account import Account, PasswordPolicy
from accounts.models.attempts import Attempts
from accounts.models.decision import DecisionRecord
from accounts.models.keys import DataKey
from accounts.models.organization import (
    AccountCreation,
    DelegatedAdministrator,
    Handshake,
    Member,
    Organization,
    OrganizationalUnit,
    OrganizationPolicy,
    OrganizationResourcePolicy,
    PolicyTarget,
    ServiceAccess,
)
from accounts.models.person import Person
from accounts.models.recovery import RootRecovery
from accounts.models.report import CredentialReport
from accounts.models.trail import Event, TrailHead

__all__ = [
    "Account",
    "AccountCreation",
    "Attempts",
    "CredentialReport",
    "DataKey",
    "DecisionRecord",
    "DelegatedAdministrator",
    "Event",
    "Handshake",
    "Member",
    "Organization",
    "OrganizationPolicy",
    "OrganizationResourcePolicy",
    "OrganizationalUnit",
    "PasswordPolicy",
    "Person",
    "PolicyTarget",
    "RootRecovery",
    "ServiceAccess",
    "TrailHead",
]
