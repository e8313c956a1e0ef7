"""Registered resources, their policies, and who outside the account can reach them."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import cached_property
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Answer, ConsoleRequest, Params
from iamsite.console.documents import DocumentForm
from iamsite.console.export import exported, file_urls
from iamsite.console.forms import DocumentField, OperationForm
from iamsite.console.listing import listing
from iamsite.console.table import file_columns
from iamsite.console.viewer import viewer_of
from iamsite.operations import Somewhere
from identities.console.trust import Trusted, trusted
from policies.console.statements import statements
from policies.engine import DocumentKind
from policies.registered import read_full_name

COLUMNS = file_columns(
    ("ResourceArn", gettext_lazy("ARN")),
    ("ServicePrefix", gettext_lazy("Service")),
    ("HasResourcePolicy", gettext_lazy("Has a policy")),
    ("CreateDate", gettext_lazy("Registered")),
    ("PolicyDocument", gettext_lazy("Policy")),
)
ACCOUNT_OF = re.compile(r"arn:[^:]*:[^:]*:[^:]*:(\d{12}):|(\d{12})")


def outside(policy: dict[str, Any], account: str) -> list[Trusted]:
    """The principals of other accounts, and whoever else is no account's, that the policy names
    to let them in; those for whom the evaluator allowed no request are kept out all the same.

    `policy` has PolicyDocument and OutsidePrincipals; neither where it may not be seen.
    """
    document, let_in = policy.get("PolicyDocument", ""), policy.get("OutsidePrincipals", [])
    return [
        replace(one, is_kept_out=not {one.principal, "*"}.intersection(let_in))
        for one in trusted(document, account)
        if one.effect == "Allow" and not one.is_dead and _is_outside(one, account)
    ]


def _is_outside(one: Trusted, account: str) -> bool:
    if one.kind == "Service":
        full = read_full_name(one.principal)
        return full is not None and full[1] != account
    match = ACCOUNT_OF.match(one.principal)
    return match is None or (match[1] or match[2]) != account


def _account(request: ConsoleRequest) -> str:
    viewer = viewer_of(request)
    return viewer.account if viewer else ""


@require_safe
def list_resources(request: ConsoleRequest) -> HttpResponseBase:
    service = request.GET.get("service", "")
    params: Params = {"IncludePolicies": True}
    if service:
        params["ServicePrefix"] = service
    source = ("ListResources", "Resources")
    if file := exported(request, "resources", COLUMNS, source, params):
        return file
    page = listing(request, *source, params, ["service"])
    account = _account(request)
    for row in page.rows:
        row["Outside"] = outside(row, account)
    context = {
        "listing": page,
        "service": service,
        **file_urls(request),
        "may": request.ask.may(
            register=Somewhere("RegisterResource", {"ResourceArn": "arn:aws:s3:::new"})
        ),
    }
    return render(request, "policies/resources.html", context)


@require_safe
def resource(request: ConsoleRequest, arn: str) -> HttpResponse:
    which = {"ResourceArn": arn}
    found = request.ask.perform("GetResource", which)["Resource"]
    parts = {"policy": ("GetResourcePolicy", which)} if found["HasResourcePolicy"] else {}
    policy = request.ask.see(**parts).get("policy", Answer({}))
    document = policy.result.get("PolicyDocument", "")
    account = _account(request)
    named = outside(policy.result, account)
    context = {
        "resource": found,
        "arn": arn,
        "policy": policy,
        "document": document,
        "statements": statements(document),
        "principals": trusted(document, account),
        "outside": named,
        "reached": any(not one.is_kept_out for one in named),
        "may": request.ask.may(
            put=("PutResourcePolicy", {**which, "PolicyDocument": "{}"}),
            drop=("DeleteResourcePolicy", which),
            delete=("DeregisterResource", which),
        ),
    }
    return render(request, "policies/resource.html", context)


def policy_of(request: ConsoleRequest, which: Params) -> str:
    """The text of the resource's policy, "" without one."""
    found = request.ask.perform("GetResource", which)["Resource"]
    if not found["HasResourcePolicy"]:
        return ""
    return str(request.ask.perform("GetResourcePolicy", which)["PolicyDocument"])


class ResourceForm(OperationForm):
    blames = {
        "EntityAlreadyExists": "ResourceArn",
        "InvalidInput": "ResourceArn",
        "AccessDenied": "ResourceArn",
    }

    ResourceArn = forms.CharField(
        label=gettext_lazy("ARN"),
        max_length=1024,
        help_text=gettext_lazy(
            "Of a service of AWS's or of your own, such as arn:aws:s3:::reports. "
            "Everything in it belongs to it."
        ),
        widget=forms.TextInput(attrs={"autofocus": True, "class": "input mono"}),
    )


class RegisterResource(Action):
    operation = "RegisterResource"
    form_class = ResourceForm
    title = gettext_lazy("Register resource")
    lead = gettext_lazy("Then it is this account's, and can have a policy of its own.")
    success = gettext_lazy("The resource is registered.")

    def back_url(self) -> str:
        return reverse("console:resources")

    def crumbs(self) -> list[Crumb]:
        return [(_("Resources"), reverse("console:resources"))]

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:resource", args=[params["ResourceArn"]])


class ResourceAction(Action):
    """An action on the resource whose ARN the address holds."""

    names = {"arn": "ResourceArn"}

    def back_url(self) -> str:
        return reverse("console:resource", args=[self.kwargs["arn"]])

    def crumbs(self) -> list[Crumb]:
        return [
            (_("Resources"), reverse("console:resources")),
            (self.kwargs["arn"], reverse("console:resource", args=[self.kwargs["arn"]])),
        ]


class PolicyForm(DocumentForm):
    kind = DocumentKind.RESOURCE
    blames = {"MalformedPolicyDocument": "PolicyDocument", "LimitExceeded": "PolicyDocument"}

    PolicyDocument = DocumentField(label=gettext_lazy("Policy"))


class EditResourcePolicy(ResourceAction):
    operation = "PutResourcePolicy"
    form_class = PolicyForm
    title = gettext_lazy("Resource policy")
    lead = gettext_lazy(
        "Says who may do what with it. Principals of another account need their own account's "
        "permission as well."
    )
    submit = gettext_lazy("Save policy")
    success = gettext_lazy("The resource policy is saved.")
    wide = True
    edits = True
    previews = True

    def initial(self) -> dict[str, Any]:
        return {"PolicyDocument": self.current or self.example()}

    @cached_property
    def current(self) -> str:
        return policy_of(self.request, self.target())

    def standing(self, form: DocumentForm) -> dict[str, str]:
        return super().standing(form) if self.current else {}

    def example(self) -> str:
        arn = self.kwargs["arn"]
        statement = {
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{_account(self.request)}:root"},
            "Action": f"{arn.split(':')[2]}:*",
            "Resource": [arn, f"{arn}/*"],
        }
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


class DeleteResourcePolicy(ResourceAction):
    operation = "DeleteResourcePolicy"
    title = gettext_lazy("Delete the policy of the resource")
    submit = gettext_lazy("Delete policy")
    success = gettext_lazy("The policy of the resource was deleted.")
    is_danger = True
    confirmed_by = "arn"
    previews = True

    def consequences(self) -> list[str]:
        document = policy_of(self.request, self.target())
        return [
            _("%(who)s loses what it allows.") % {"who": one.label}
            for one in trusted(document, _account(self.request))
            if one.effect == "Allow"
        ]


class DeregisterResource(ResourceAction):
    operation = "DeregisterResource"
    title = gettext_lazy("Deregister resource")
    lead = gettext_lazy("Its policy goes with it. An ARN without an account is free for others.")
    submit = gettext_lazy("Deregister resource")
    success = gettext_lazy("The resource was deregistered.")
    is_danger = True
    confirmed_by = "arn"
    previews = True

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:resources")
