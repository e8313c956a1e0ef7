"""Who besides the management account may act for the organization: members by its resource policy,
delegated administrators, and services that work across the accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from accounts.console.organization.acting import OrganizationAction
from accounts.console.organization.looking import Standing, all_of, standing
from accounts.console.organization.resource_policy import NONE
from iamsite.console.asking import Asking, ConsoleRequest
from iamsite.console.documents import readings_of
from iamsite.console.forms import OperationForm, Option
from iamsite.operations import OperationError
from identities.console.trust import trusted
from policies.engine import DocumentKind

ANY = {"AccountId": "000000000000", "ServicePrincipal": "iam.amazonaws.com"}


def delegated(request: ConsoleRequest, found: Standing) -> dict[str, Any]:
    """What the tab shows, each part to those who may see it."""
    ask = request.ask
    may = ask.may(
        policy=("organizations:DescribeResourcePolicy", {}),
        administrators=("organizations:ListDelegatedAdministrators", {}),
        listed=("organizations:ListDelegatedServicesForAccount", ANY),
        services=("organizations:ListAWSServiceAccessForOrganization", {}),
        put=("organizations:PutResourcePolicy", {"Content": "{}"}),
        drop=("organizations:DeleteResourcePolicy", {}),
        register=("organizations:RegisterDelegatedAdministrator", ANY),
        deregister=("organizations:DeregisterDelegatedAdministrator", ANY),
    )
    context: dict[str, Any] = {
        "may": may,
        "policy_denied": may["policy"].message,
        "administrators_denied": may["administrators"].message or may["listed"].message,
        "services_denied": may["services"].message,
    }
    if may["policy"]:
        context |= _policy(ask, (found.organization or {}).get("MasterAccountId", ""))
    if not context["administrators_denied"]:
        context["administrators"] = [
            {"account": account, "service": service}
            for account in all_of(ask, "ListDelegatedAdministrators", "DelegatedAdministrators")
            for service in all_of(
                ask, "ListDelegatedServicesForAccount", "DelegatedServices", AccountId=account["Id"]
            )
        ]
    if may["services"]:
        context["services"] = all_of(
            ask, "ListAWSServiceAccessForOrganization", "EnabledServicePrincipals"
        )
    return context


def _policy(ask: Asking, account: str) -> dict[str, Any]:
    try:
        policy = ask.perform("organizations:DescribeResourcePolicy")["ResourcePolicy"]
    except OperationError as error:
        if error.code != NONE:
            raise
        return {}
    return {
        "policy": policy,
        "readings": readings_of(ask, policy["Content"], DocumentKind.RESOURCE.value),
        "principals": trusted(policy["Content"], account),
    }


class AdministratorForm(OperationForm):
    AccountId = forms.ChoiceField(label=gettext_lazy("Account"), widget=forms.RadioSelect)
    ServicePrincipal = forms.ChoiceField(label=gettext_lazy("Service"), widget=forms.RadioSelect)


class RegisterAdministrator(OrganizationAction):
    operation = "organizations:RegisterDelegatedAdministrator"
    form_class = AdministratorForm
    title = gettext_lazy("Register a delegated administrator")
    lead = gettext_lazy("The account may then look after a service for the whole organization.")
    submit = gettext_lazy("Register administrator")
    success = gettext_lazy("The account administers the service.")
    tab = "delegation"

    def form(self, data: Any = None) -> OperationForm:
        form, ask = super().form(data), self.request.ask
        management = (standing(self.request).organization or {}).get("MasterAccountId")
        accounts = all_of(ask, "ListAccounts", "Accounts")
        form.offer(
            "AccountId",
            [
                (one["Id"], Option(one["Name"] or one["Id"], one["Id"]))
                for one in accounts
                if one["Id"] != management and one["Status"] == "ACTIVE"
            ],
        )
        services = all_of(ask, "ListAWSServiceAccessForOrganization", "EnabledServicePrincipals")
        form.offer(
            "ServicePrincipal",
            [(one["ServicePrincipal"], Option(one["ServicePrincipal"])) for one in services],
        )
        return form


class DeregisterAdministrator(OrganizationAction):
    operation = "organizations:DeregisterDelegatedAdministrator"
    names = {"account": "AccountId", "service": "ServicePrincipal"}
    title = gettext_lazy("End the administration of %(service)s by %(account)s")
    lead = gettext_lazy("The account can no longer look after the service for the organization.")
    submit = gettext_lazy("Deregister administrator")
    success = gettext_lazy("The account does not administer the service any more.")
    tab = "delegation"
