"""The managed policies that a form offers to choose from."""

from __future__ import annotations

from collections.abc import Collection

from django.utils.translation import gettext as _

from iamsite.console.asking import Asking
from iamsite.console.forms import Option
from policies.console.sources import AWS_MANAGED

Choice = tuple[str, Option]


def offered_policies(ask: Asking, held: Collection[str] = ()) -> list[Choice]:
    """Every attachable policy by its ARN, the account's own first, without those in `held`.

    Empty for a viewer who may not list policies.
    """
    if not ask.may(list=("ListPolicies", {}))["list"]:
        return []
    found = ask.everything("ListPolicies", "Policies", {"Scope": "Local"})
    found += ask.everything("ListPolicies", "Policies", {"Scope": "AWS"})
    return [
        (
            policy["Arn"],
            Option(
                policy["PolicyName"],
                _("AWS managed") if policy["Arn"].startswith(AWS_MANAGED) else "",
            ),
        )
        for policy in found
        if policy["Arn"] not in held and policy["IsAttachable"]
    ]
