"""A decision on record: why, what it would be now, and what would change it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Asking, ConsoleRequest, Params
from iamsite.console.documents import DocumentForm
from iamsite.console.forms import DocumentField, OperationForm, Text
from iamsite.console.templatetags.ladder import layer_name
from iamsite.operations import OperationError, Verdict
from policies.console.simulator import FOLLOWING, OF_KEY
from policies.difference import diff
from policies.engine import DocumentKind

# Keys that say nothing of the request in question when it is asked again.
OF_EVERY_REQUEST = ("aws:currenttime", "aws:epochtime", "aws:viaawsservice")


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to make a change, as the page shows it."""

    told: dict[str, Any]
    label: str
    url: str
    may: Verdict

    @property
    def gains(self) -> str:
        return gains(self.told)

    @property
    def diff(self) -> list[tuple[str, str]]:
        if "DocumentAfter" not in self.told:
            return []
        before, after = self.told.get("DocumentBefore", ""), self.told["DocumentAfter"]
        return diff(before, after) if before else [("added", f"+ {x}") for x in after.splitlines()]


@dataclass(frozen=True, slots=True)
class Change:
    headline: str
    edits: list[Edit]
    statement: str


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
            "proposals": proposals(request.ask, decision_id, found.get("Now")),
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


def proposals(ask: Asking, decision_id: str, now: Mapping[str, Any] | None) -> list[list[Change]]:
    """The remedies of an evaluation with their edits, each with whether the viewer may make it."""
    if not now:
        return []
    remedies = now["Remedies"]
    edits = {
        edit["EditId"]: edit
        for remedy in remedies
        for change in remedy["Changes"]
        for edit in change["Edits"]
    }
    may = ask.may(
        **{one: (edit["Operation"], json.loads(edit["Parameters"])) for one, edit in edits.items()}
    )
    return [
        [
            Change(
                headline(change),
                [
                    Edit(
                        edit,
                        label(edit),
                        reverse("console:make-edit", args=[decision_id, edit["EditId"]]),
                        may[edit["EditId"]],
                    )
                    for edit in change["Edits"]
                ],
                change.get("Statement", "") if not change["Edits"] else "",
            )
            for change in remedy["Changes"]
        ]
        for remedy in remedies
    ]


# Where a statement is added, by layer.
PLACES: dict[str, Text] = {
    "identity": gettext_lazy("Allow it in an identity policy"),
    "boundary": gettext_lazy("Allow it in the permissions boundary"),
    "resource": gettext_lazy("Allow it in the policy of the resource"),
    "trust": gettext_lazy("Let the role trust the principal"),
    "session": gettext_lazy("Make the session with a session policy that allows it"),
}


def headline(change: Mapping[str, Any]) -> str:
    """What a change is, in a line."""
    kind, layer = change["Kind"], layer_name(change["Layer"])
    policy, key = change.get("PolicyName", ""), change.get("ContextKeyName", "")
    if kind == "set-value":
        if change.get("IsMFA"):
            return _("Sign in with a second factor (MFA)")
        value = ", ".join(change.get("ContextKeyValues", ()))
        return _("Send %(key)s = %(value)s with the request") % {"key": key, "value": value}
    if kind == "leave-out-value":
        return _("Leave %(key)s out of the request") % {"key": key}
    if kind == "narrow-deny":
        return _("Make an exception in the denial of %(policy)s") % {"policy": policy}
    if kind == "detach-policy":
        return _("Detach %(policy)s, which denies it") % {"policy": policy}
    if kind == "other-side":
        return _("%(layer)s: whoever they belong to would have to allow it") % {"layer": layer}
    return str(PLACES.get(change["Layer"], layer))


def label(edit: Mapping[str, Any]) -> str:
    """Where an edit is made."""
    words = {
        "user": _("user %(name)s"),
        "group": _("group %(name)s"),
        "role": _("role %(name)s"),
    }
    name, source = edit["PolicyName"], edit["Source"]
    holder = words.get(source, "") % {"name": edit.get("SourceName", "")}
    if edit["Operation"] == "PutResourcePolicy":
        return _("In the policy of the resource %(arn)s") % {"arn": edit["SourceName"]}
    if edit["Operation"] == "UpdateAssumeRolePolicy":
        return _("In the trust policy of role %(name)s") % {"name": edit["SourceName"]}
    if edit["Operation"].startswith("Detach"):
        return _("From %(holder)s") % {"holder": holder}
    if edit["Operation"] == "CreatePolicyVersion":
        if source == "boundary":
            return _("In the permissions boundary %(name)s") % {"name": name}
        return _("In the managed policy %(name)s of %(holder)s") % {"name": name, "holder": holder}
    if edit.get("DocumentBefore"):
        return _("In the inline policy %(name)s of %(holder)s") % {"name": name, "holder": holder}
    return _("In a new inline policy of %(holder)s") % {"holder": holder}


def gains(edit: Mapping[str, Any]) -> str:
    """Who else gains by an edit, in a line."""
    count = edit["GainCount"]
    if not count:
        return _("Nobody else gains by it.")
    names = ", ".join(arn.rpartition("/")[2] for arn in edit["Gains"][:5])
    more = "…" if count > 5 else ""
    text = ngettext(
        "%(count)d other gains by it: %(names)s", "%(count)d others gain by it: %(names)s", count
    )
    return text % {"count": count, "names": names} + more


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

    def prepare(self) -> None:
        found = self.request.ask.perform("GetDecision", {"DecisionId": self.kwargs["decision_id"]})
        wanted = self.kwargs["edit_id"]
        for remedy in found.get("Now", {}).get("Remedies", ()):
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
