"""Tags of customer managed policies; their keys respect case (IAM User Guide, "Tags")."""

from __future__ import annotations

from identities.operations.tags import tag_operations
from policies.operations import find

tag_operations("Policy", "PolicyArn", find.policy, find.get_policy, change=find.get_own_policy)
