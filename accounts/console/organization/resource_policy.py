"""The organization's resource policy: what members may read and manage of the organization."""

from __future__ import annotations

import json
from functools import cached_property
from typing import Any

from django.utils.translation import gettext_lazy

from accounts.console.organization.acting import OrganizationAction
from accounts.console.organization.looking import all_of
from iamsite.console.documents import ORGANIZATION, DocumentForm
from iamsite.console.forms import DocumentField
from iamsite.operations import OperationError
from policies.engine import DocumentKind

NONE = "ResourcePolicyNotFoundException"
# What an example lets a member do: look, and change nothing.
LOOKS = (
    "DescribeOrganization",
    "DescribeAccount",
    "ListAccounts",
    "ListRoots",
    "ListOrganizationalUnitsForParent",
    "ListAccountsForParent",
)


class PolicyForm(DocumentForm):
    kind = DocumentKind.RESOURCE
    holder = ORGANIZATION
    blames = {"InvalidInputException": "Content"}

    Content = DocumentField(label=gettext_lazy("Policy"))


class ResourcePolicyAction(OrganizationAction):
    tab = "delegation"

    def content(self) -> str:
        """The text of the policy, "" without one."""
        try:
            found = self.request.ask.perform("organizations:DescribeResourcePolicy")
        except OperationError as error:
            if error.code != NONE:
                raise
            return ""
        return str(found["ResourcePolicy"]["Content"])


class EditResourcePolicy(ResourcePolicyAction):
    operation = "organizations:PutResourcePolicy"
    form_class = PolicyForm
    title = gettext_lazy("Resource policy of the organization")
    lead = gettext_lazy(
        "Says which principals of member accounts may read and manage the organization. Their own "
        "policies have to allow it as well."
    )
    submit = gettext_lazy("Save policy")
    success = gettext_lazy("The resource policy is saved.")
    wide = True
    edits = True

    def initial(self) -> dict[str, Any]:
        return {"Content": self.current or self.example()}

    @cached_property
    def current(self) -> str:
        return self.content()

    def standing(self, form: DocumentForm) -> dict[str, str]:
        return super().standing(form) if self.current else {}

    def example(self) -> str:
        organization = self.request.ask.perform("organizations:DescribeOrganization")
        management = organization["Organization"]["MasterAccountId"]
        accounts = [one["Id"] for one in all_of(self.request.ask, "ListAccounts", "Accounts")]
        member = next((one for one in accounts if one != management), management)
        statement = {
            "Sid": "MemberLooks",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{member}:root"},
            "Action": [f"organizations:{name}" for name in LOOKS],
            "Resource": "*",
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


class DeleteResourcePolicy(ResourcePolicyAction):
    operation = "organizations:DeleteResourcePolicy"
    title = gettext_lazy("Delete the resource policy of the organization")
    lead = gettext_lazy("Whom it let read or manage the organization cannot from the next request.")
    submit = gettext_lazy("Delete policy")
    success = gettext_lazy("The resource policy was deleted.")
    is_danger = True

    def confirm(self) -> str:
        found = self.request.ask.perform("organizations:DescribeOrganization")
        return str(found["Organization"]["Id"])
