"""Temporary delegation: a product provider asks an account for access, whose people decide.

Source: IAM User Guide, "IAM temporary delegation"; the service model of IAM.
"""

from identities.operations.delegation import approval as approval
from identities.operations.delegation import provider as provider
from identities.operations.delegation import review as review
