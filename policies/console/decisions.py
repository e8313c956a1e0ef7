"""A decision on record: why, what it would be now, and what would change it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.documents import DocumentForm
from iamsite.console.forms import DocumentField, OperationForm
from iamsite.operations import OperationError, Verdict
from policies.console.remedies import Edit, gains, headline, label, proposals
from policies.console.simulator import FOLLOWING, OF_KEY, request_of
from policies.engine import DocumentKind

# Keys that say nothing of the request in question when it is asked again.
OF_EVERY_REQUEST = ("aws:currenttime", "aws:epochtime", "aws:viaawsservice")


@require_safe
def decision(request: ConsoleRequest, decision_id: str) -> HttpResponse:
    asked = {key: request.GET.get(key, "") for key in ("principal", "action", "resource")}
    again = f"{reverse('console:simulator')}?{urlencode(asked)}" if asked["action"] else ""
    try:
        answer = request.ask.see(decision=("GetDecision", {"DecisionId": decision_id}))["decision"]
    except OperationError as error:
        if error.status not in (400, 404):
            raise
        context = {"wanted": decision_id, "again": again, "asked": asked}
        return render(request, "policies/decision_gone.html", context, status=404)
    found = answer.result
    context: dict[str, Any] = {"answer": answer, "found": found}
    if answer:
        about = _about(found)
        path = reverse("console:decision", args=[decision_id])
        context |= {
            "share": request.build_absolute_uri(f"{path}?{about}"),
            "again": f"{reverse('console:simulator')}?{about}&{_keys(found)}",
            "proposals": proposals(
                request.ask,
                found.get("Now"),
                lambda edit: reverse("console:make-edit", args=[decision_id, edit]),
            ),
            "same": _is_same(found),
            "may": request.ask.may(simulate=("EvaluateDecision", {"ActionName": "iam:GetUser"})),
        }
    return render(request, "policies/decision.html", context)


def _about(found: Mapping[str, Any]) -> str:
    return urlencode(
        {
            "principal": found["PrincipalArn"],
            "action": found["ActionName"],
            "resource": found["ResourceArn"],
        }
    )


def _keys(found: Mapping[str, Any]) -> str:
    """The condition keys of the request that were its own, as the simulator takes them."""
    return urlencode(
        {
            OF_KEY + one["ContextKeyName"]: ",".join(one["ContextKeyValues"])
            for one in found.get("Context", ())
            if not one["ContextKeyName"].startswith((*FOLLOWING, *OF_EVERY_REQUEST))
        }
    )


def _is_same(found: Mapping[str, Any]) -> bool:
    """Whether every layer says now what it said then, by the same statements."""
    now = found.get("Now")
    return bool(now) and _words(now["Ladder"]) == _words(found.get("Ladder", {"Rungs": []}))


def _words(ladder: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {name: word for name, word in rung.items() if name != "StatementCount"}
        for rung in ladder["Rungs"]
    ]


class EditForm(OperationForm):
    """Nothing to ask for: what is detached is settled."""


class PolicyForm(DocumentForm):
    blames = {"MalformedPolicyDocument": "PolicyDocument"}

    PolicyDocument = DocumentField(label=gettext_lazy("Document"))


class ResourcePolicyForm(PolicyForm):
    kind = DocumentKind.RESOURCE


class TrustForm(PolicyForm):
    kind = DocumentKind.TRUST


FORMS = {"resource": ResourcePolicyForm, "trust": TrustForm}


class MakeEdit(Action):
    """Makes one of the changes that a decision's page proposes."""

    submit = gettext_lazy("Make this change")
    success = gettext_lazy("The change is made. This is what it would be decided now.")
    wide = True
    fields_template = "policies/edit_fields.html"

    def evaluated(self) -> Mapping[str, Any]:
        """The evaluation whose remedies hold the change; raises OperationError."""
        found = self.request.ask.perform("GetDecision", {"DecisionId": self.kwargs["decision_id"]})
        now: Mapping[str, Any] = found.get("Now", {})
        return now

    def prepare(self) -> None:
        wanted = self.kwargs["edit_id"]
        for remedy in self.evaluated().get("Remedies", ()):
            for change in remedy["Changes"]:
                for edit in change["Edits"]:
                    if edit["EditId"] == wanted:
                        self.edit, self.title, self.lead = edit, headline(change), label(edit)
                        return
        raise OperationError(
            "PoliciesHaveChanged",
            _("The policies have changed since this was proposed. Nothing was done."),
            409,
        )

    def back_url(self) -> str:
        return reverse("console:decision", args=[self.kwargs["decision_id"]])

    def crumbs(self) -> Sequence[Crumb]:
        return [(_("Decisions"), reverse("console:decisions")), (_("Decision"), self.back)]

    def form(self, data: Any = None) -> OperationForm:
        after = self.edit.get("DocumentAfter")
        if after is None:
            return EditForm(data)
        kind = FORMS.get(self.edit["Source"], PolicyForm)
        return kind(data, initial={"PolicyDocument": after} if data is None else None)

    def target(self) -> Params:
        parameters: Params = json.loads(self.edit["Parameters"])
        return parameters

    def performed(self, form: OperationForm) -> list[tuple[str, Params]]:
        return [(self.edit["Operation"], self.parameters(form))]

    def run(self, form: OperationForm) -> dict[str, Any]:
        return self.request.ask.perform(*self.performed(form)[0])

    def consequences(self) -> Sequence[str]:
        return [gains(self.edit)] if self.edit["GainCount"] else []

    def context(self, form: OperationForm, **context: Any) -> dict[str, Any]:
        edit = Edit(self.edit, label(self.edit), "", Verdict(True))
        return super().context(form, edit=edit, **context)


class MakeSimulatedEdit(MakeEdit):
    """Makes one of the changes that the simulator proposes, of the request in the address."""

    def evaluated(self) -> Mapping[str, Any]:
        asked = request_of(self.request.GET)
        now: Mapping[str, Any] = self.request.ask.perform("EvaluateDecision", asked)["Now"]
        return now

    def back_url(self) -> str:
        return f"{reverse('console:simulator')}?{self.request.GET.urlencode()}"

    def crumbs(self) -> Sequence[Crumb]:
        return [(_("Simulator"), self.back)]
