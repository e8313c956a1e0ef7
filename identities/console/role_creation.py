"""Creating a role with its trust policy and all that it may do on one page."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.documents import DocumentForm
from iamsite.console.forms import DocumentField, OperationForm, Option, PickField, TagsField
from iamsite.console.steps import Step
from iamsite.console.times import span
from iamsite.console.viewer import viewer_of
from identities.console.providers import is_oidc, named
from identities.console.undoing import perform_or_take_back
from policies.console.offered import offered_policies
from policies.engine import DocumentKind

length = lazy(span, str)


class RoleForm(DocumentForm):
    kind = DocumentKind.TRUST
    blames = {
        "EntityAlreadyExists": "RoleName",
        "MalformedPolicyDocument": "AssumeRolePolicyDocument",
    }

    RoleName = forms.CharField(
        label=gettext_lazy("Role name"),
        max_length=64,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    Description = forms.CharField(
        label=gettext_lazy("Description"), required=False, max_length=1000
    )
    AssumeRolePolicyDocument = DocumentField(
        label=gettext_lazy("Who may assume it"),
        help_text=gettext_lazy("The trust policy: its principals may assume this role."),
    )
    MaxSessionDuration = forms.ChoiceField(
        label=gettext_lazy("Longest session"),
        initial="3600",
        choices=[(str(hours * 3600), length(hours * 3600)) for hours in (1, 2, 4, 8, 12)],
    )
    Policies = PickField(
        label=gettext_lazy("Policies to attach"),
        empty=gettext_lazy("There is no policy that you may see."),
    )
    PermissionsBoundary = forms.ChoiceField(
        label=gettext_lazy("Permissions boundary"),
        required=False,
        help_text=gettext_lazy("The most that this role may ever do, whatever else allows it."),
    )
    Path = forms.CharField(
        label=gettext_lazy("Path"),
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "/"}),
    )
    Tags = TagsField(label=gettext_lazy("Tags"), required=False)

    def parameters(self) -> Params:
        typed = super().parameters()
        typed.pop("Policies", None)
        return {**typed, "MaxSessionDuration": int(typed["MaxSessionDuration"])}


# What a role is usually for; `%s` is the account.
TEMPLATES = (
    (
        "account",
        Option(
            gettext_lazy("This account"), gettext_lazy("Users and roles here that a policy allows.")
        ),
        {"Principal": {"AWS": "arn:aws:iam::%s:root"}, "Action": "sts:AssumeRole"},
    ),
    (
        "other",
        Option(
            gettext_lazy("Another account"), gettext_lazy("With an external id that it must send.")
        ),
        {
            "Principal": {"AWS": "arn:aws:iam::111122223333:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "choose-one"}},
        },
    ),
    (
        "service",
        Option(gettext_lazy("A service"), gettext_lazy("A program that acts by this role.")),
        {"Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
    ),
    (
        "provider",
        Option(
            gettext_lazy("An identity provider"),
            gettext_lazy("Whoever it vouches for, such as a pipeline."),
        ),
        {
            "Principal": {
                "Federated": "arn:aws:iam::%s:oidc-provider/token.actions.githubusercontent.com"
            },
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": {
                "StringEquals": {"token.actions.githubusercontent.com:aud": "sts.amazonaws.com"},
                "StringLike": {
                    "token.actions.githubusercontent.com:sub": "repo:organization/repository:*"
                },
            },
        },
    ),
)


def trust_templates(account: str) -> list[dict[str, Any]]:
    """The templates with their documents as text, for the form to offer."""
    offered = []
    for name, option, statement in TEMPLATES:
        document = {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", **statement}],
        }
        text = json.dumps(document, indent=2).replace("::%s:", f"::{account}:")
        offered.append({"name": name, "option": option, "text": text})
    return offered


def trust_of_provider(request: ConsoleRequest, arn: str) -> str:
    """A trust policy for whoever the provider vouches for, to begin a role from."""
    if is_oidc(arn):
        asked = ("GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": arn})
        clients = request.ask.see(it=asked)["it"].result.get("ClientIDList", [])
        action, key = "sts:AssumeRoleWithWebIdentity", f"{named(arn)}:aud"
        audience: Any = clients[0] if len(clients) == 1 else clients or "client-id"
    else:
        action, key = "sts:AssumeRoleWithSAML", "SAML:aud"
        audience = f"{settings.IAMSITE_URL}/saml"
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": arn},
        "Action": action,
        "Condition": {"StringEquals": {key: audience}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


class CreateRole(Action):
    """With its policies at once; if one is refused, there is no role."""

    operation = "CreateRole"
    form_class = RoleForm
    fields_template = "identities/role_fields.html"
    title = gettext_lazy("Create role")
    lead = gettext_lazy(
        "An identity without credentials of its own. Whom it trusts can take it on for a while."
    )
    success = gettext_lazy("Role %(RoleName)s was created.")
    wide = True
    previews = True

    def prepare(self) -> None:
        self.policies = offered_policies(self.request.ask)

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("Policies", self.policies)
        form.offer("PermissionsBoundary", [("", Option(_("None"))), *self.policies])
        return form

    def performed(self, form: OperationForm) -> list[Step]:
        who = {"RoleName": form.cleaned_data["RoleName"]}
        attached = form.cleaned_data["Policies"]
        return [
            (self.operation, self.parameters(form)),
            *(("AttachRolePolicy", {**who, "PolicyArn": arn}) for arn in attached),
        ]

    def run(self, form: OperationForm) -> dict[str, Any]:
        return perform_or_take_back(self.request.ask, self.performed(form))

    def taken_url(self, form: OperationForm) -> str:
        return reverse("console:role", args=[form["RoleName"].value()])

    def back_url(self) -> str:
        return reverse("console:roles")

    def crumbs(self) -> list[Crumb]:
        return [(_("Roles"), reverse("console:roles"))]

    def initial(self) -> dict[str, Any]:
        provider = self.request.GET.get("provider", "")
        if provider:
            return {"AssumeRolePolicyDocument": trust_of_provider(self.request, provider)}
        texts = {template["name"]: template["text"] for template in self.templates()}
        return {"AssumeRolePolicyDocument": texts.get(self.request.GET.get("for", "account"), "")}

    def templates(self) -> list[dict[str, Any]]:
        viewer = viewer_of(self.request)
        return trust_templates(viewer.account if viewer else "")

    def context(self, form: Any, **context: Any) -> dict[str, Any]:
        return super().context(form, templates=self.templates(), **context)

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:role", args=[result["Role"]["RoleName"]])
