from policies.models.attachment import Attachment, Boundary, InlinePolicy
from policies.models.policy import Policy, PolicyVersion

__all__ = ["Attachment", "Boundary", "InlinePolicy", "Policy", "PolicyVersion"]
