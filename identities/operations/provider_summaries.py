"""Identity providers of both kinds, with what a person looks for in a list of them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from iamsite.operations import Call, operation
from identities import trust
from identities.models import OIDCProvider, Role, SAMLProvider
from policies.engine import Effect


@operation("portal:ListProviderSummaries", reads=True)
def list_provider_summaries(call: Call) -> dict[str, Any]:
    """All of them, which quotas keep few, by ARN; each with the roles that trust it."""
    roles = _trusting(call)
    summaries = []
    for model in (OIDCProvider, SAMLProvider):
        for one in model.objects.of(call.account).select_related("sign_in_client"):
            summary = {
                "ProviderArn": one.arn,
                "CreateDate": one.created_at,
                "RoleNames": roles[one.arn],
            }
            if until := getattr(one, "valid_until", None):
                summary["ValidUntil"] = until
            if client := getattr(one, "sign_in_client", None):
                summary["SignInName"] = client.name
            summaries.append(summary)
    return {"ProviderSummaries": sorted(summaries, key=lambda one: one["ProviderArn"])}


def _trusting(call: Call) -> dict[str, list[str]]:
    """The names of the roles that trust a provider, by its ARN."""
    found: dict[str, list[str]] = defaultdict(list)
    rows = Role.objects.of(call.account).filter(trust_policy__contains="-provider")
    for role in rows.order_by("name"):
        named = {
            principal.value
            for statement in trust.pinned(role).statements
            if statement.effect is Effect.ALLOW
            for principal in statement.principals or ()
            if principal.type == "Federated"
        }
        for arn in named:
            found[arn].append(role.name)
    return found
