from policies.models.attachment import Attachment, Boundary, InlinePolicy
from policies.models.policy import Policy, PolicyVersion
from policies.models.resources import RegisteredResource
from policies.models.services import Service

__all__ = [
    "Attachment",
    "Boundary",
    "InlinePolicy",
    "Policy",
    "PolicyVersion",
    "RegisteredResource",
    "Service",
]
