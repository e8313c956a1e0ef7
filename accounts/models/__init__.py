from accounts.models.account import Account, PasswordPolicy
from accounts.models.attempts import Attempts
from accounts.models.keys import DataKey
from accounts.models.person import Person
from accounts.models.report import CredentialReport
from accounts.models.trail import Event, TrailHead

__all__ = [
    "Account",
    "Attempts",
    "CredentialReport",
    "DataKey",
    "Event",
    "PasswordPolicy",
    "Person",
    "TrailHead",
]
