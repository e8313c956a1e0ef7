from policies.models.access_test import AccessTest
from policies.models.attachment import Attachment, Boundary, InlinePolicy
from policies.models.finding import Analysis, Finding
from policies.models.policy import Policy, PolicyVersion
from policies.models.resources import RegisteredResource
from policies.models.services import Service

__all__ = [
    "AccessTest",
    "Analysis",
    "Attachment",
    "Boundary",
    "Finding",
    "InlinePolicy",
    "Policy",
    "PolicyVersion",
    "RegisteredResource",
    "Service",
]
