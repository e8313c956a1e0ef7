"""AWS Organizations: accounts under one management account (AWS Organizations API Reference)."""

from accounts.operations.organizations import accounts as accounts
from accounts.operations.organizations import attachments as attachments
from accounts.operations.organizations import creation as creation
from accounts.operations.organizations import delegation as delegation
from accounts.operations.organizations import handshakes as handshakes
from accounts.operations.organizations import organization as organization
from accounts.operations.organizations import policies as policies
from accounts.operations.organizations import resource_policy as resource_policy
from accounts.operations.organizations import tags as tags
from accounts.operations.organizations import units as units
