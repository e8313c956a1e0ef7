"""A node of the organization's tree: what is attached to it, what limits it, and its own acts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.console.organization.looking import (
    KINDS,
    Node,
    all_of,
    levels,
    node_of,
    path_to,
    standing,
    tree,
)
from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.forms import OperationForm, Option


@require_safe
def node(request: ConsoleRequest, node: str) -> HttpResponse:
    found = standing(request)
    one = node_of(request.ask, node)
    path = path_to(request.ask, one)
    target = {"TargetId": node, "PolicyId": "p-FullAWSAccess"}
    move = {"AccountId": node, "SourceParentId": node, "DestinationParentId": node}
    context = {
        "standing": found,
        "node": one,
        "path": path,
        "levels": levels(request.ask, path, found.kinds),
        "is_management": one.id == (found.organization or {}).get("MasterAccountId"),
        "may": request.ask.may(
            attach=("organizations:AttachPolicy", target),
            detach=("organizations:DetachPolicy", target),
            unit=("organizations:CreateOrganizationalUnit", {"ParentId": node, "Name": "any"}),
            rename=("organizations:UpdateOrganizationalUnit", {"OrganizationalUnitId": node}),
            delete=("organizations:DeleteOrganizationalUnit", {"OrganizationalUnitId": node}),
            move=("organizations:MoveAccount", move),
            remove=("organizations:RemoveAccountFromOrganization", {"AccountId": node}),
            close=("organizations:CloseAccount", {"AccountId": node}),
        ),
    }
    return render(request, "accounts/organization/node.html", context)


class NodeAction(Action):
    node: Node

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        self.node = node_of(request.ask, kwargs["node"])
        super().setup(request, *args, **{**kwargs, "name": self.node.name})

    def back_url(self) -> str:
        return self.node.url

    def crumbs(self) -> list[Crumb]:
        return [
            (_("Organization"), reverse("console:organization")),
            (self.node.name, self.node.url),
        ]

    def confirm(self) -> str:
        return self.node.name if self.is_danger else ""


class UnitForm(OperationForm):
    blames = {"DuplicateOrganizationalUnitException": "Name"}

    Name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=128,
        widget=forms.TextInput(attrs={"autofocus": True}),
    )


class CreateUnit(NodeAction):
    operation = "organizations:CreateOrganizationalUnit"
    form_class = UnitForm
    names = {"node": "ParentId"}
    title = gettext_lazy("Create unit below %(name)s")
    lead = gettext_lazy("A place for accounts that the same policies limit.")
    submit = gettext_lazy("Create unit")
    success = gettext_lazy("The unit %(Name)s was created.")

    def back_url(self) -> str:
        return reverse("console:organization")


class RenameUnit(NodeAction):
    operation = "organizations:UpdateOrganizationalUnit"
    form_class = UnitForm
    names = {"node": "OrganizationalUnitId"}
    title = gettext_lazy("Rename %(name)s")
    submit = gettext_lazy("Save name")
    success = gettext_lazy("The unit is called %(Name)s now.")
    edits = True

    def initial(self) -> dict[str, Any]:
        return {"Name": self.node.name}


class DeleteUnit(NodeAction):
    operation = "organizations:DeleteOrganizationalUnit"
    names = {"node": "OrganizationalUnitId"}
    title = gettext_lazy("Delete %(name)s")
    lead = gettext_lazy("Only a unit that is empty can be deleted.")
    submit = gettext_lazy("Delete unit")
    success = gettext_lazy("The unit %(name)s was deleted.")
    is_danger = True

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:organization")


class MoveForm(OperationForm):
    DestinationParentId = forms.ChoiceField(label=gettext_lazy("Move to"), widget=forms.RadioSelect)


class MoveAccount(NodeAction):
    operation = "organizations:MoveAccount"
    form_class = MoveForm
    names = {"node": "AccountId"}
    title = gettext_lazy("Move %(name)s")
    lead = gettext_lazy("The policies of its new place count from its next request.")
    submit = gettext_lazy("Move account")
    success = gettext_lazy("The account was moved.")
    previews = True

    def prepare(self) -> None:
        (parent,) = all_of(self.request.ask, "ListParents", "Parents", ChildId=self.node.id)
        self.parent = parent["Id"]
        self.places = [
            place
            for place in tree(self.request.ask, standing(self.request).root)
            if place.kind != "account" and place.id != self.parent
        ]

    def target(self) -> Params:
        return {**super().target(), "SourceParentId": self.parent}

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer(
            "DestinationParentId",
            [(one.id, Option(one.name, one.id)) for one in self.places],
        )
        return form


class RemoveAccount(NodeAction):
    operation = "organizations:RemoveAccountFromOrganization"
    names = {"node": "AccountId"}
    title = gettext_lazy("Remove %(name)s")
    lead = gettext_lazy("The account goes on by itself; no policy of the organization limits it.")
    submit = gettext_lazy("Remove account")
    success = gettext_lazy("The account %(name)s was removed from the organization.")
    is_danger = True
    previews = True

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:organization")


class CloseAccount(NodeAction):
    operation = "organizations:CloseAccount"
    names = {"node": "AccountId"}
    title = gettext_lazy("Close %(name)s")
    submit = gettext_lazy("Close account")
    success = gettext_lazy(
        "The account %(name)s is closed: it is suspended, and nothing of it is deleted."
    )
    is_danger = True

    def consequences(self) -> list[str]:
        return [
            _("No password, key or session of the account counts any more, from the next request."),
            _("Nothing is deleted. Only an operator of this installation can open it again."),
        ]


class AttachForm(OperationForm):
    PolicyId = forms.ChoiceField(label=gettext_lazy("Policy"), widget=forms.RadioSelect)


class AttachPolicy(NodeAction):
    operation = "organizations:AttachPolicy"
    form_class = AttachForm
    names = {"node": "TargetId"}
    title = gettext_lazy("Attach a policy to %(name)s")
    lead = gettext_lazy("It limits every account from here down, from the next request.")
    submit = gettext_lazy("Attach policy")
    success = gettext_lazy("The policy was attached.")
    previews = True

    def prepare(self) -> None:
        ask, kinds = self.request.ask, standing(self.request).kinds
        attached = {
            policy["Id"]
            for kind in kinds
            for policy in all_of(
                ask, "ListPoliciesForTarget", "Policies", TargetId=self.node.id, Filter=kind
            )
        }
        self.offered = [
            policy
            for kind in kinds
            for policy in all_of(ask, "ListPolicies", "Policies", Filter=kind)
            if policy["Id"] not in attached
        ]

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer(
            "PolicyId",
            [
                (one["Id"], Option(one["Name"], one["Description"] or KINDS[one["Type"]]))
                for one in self.offered
            ],
        )
        return form


class DetachPolicy(NodeAction):
    operation = "organizations:DetachPolicy"
    names = {"node": "TargetId", "policy": "PolicyId"}
    title = gettext_lazy("Detach %(policy_name)s from %(name)s")
    lead = gettext_lazy("It no longer limits the accounts from here down, from the next request.")
    submit = gettext_lazy("Detach policy")
    success = gettext_lazy("The policy was detached.")
    previews = True

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        asked = {"PolicyId": kwargs["policy"]}
        found = request.ask.perform("organizations:DescribePolicy", asked)["Policy"]
        named = {**kwargs, "policy_name": found["PolicySummary"]["Name"]}
        super().setup(request, *args, **named)
