"""The AWS protocols at `/`, Query and JSON: what the AWS CLI, SDKs and Terraform speak."""

from iamsite.aws.face import Face, is_query_request
from iamsite.operations import perform

__all__ = ["application", "is_query_request"]

application = Face(perform)
