"""Access tests: saved from the simulator, and tried against the policies at every look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Asking, ConsoleRequest, Params
from iamsite.console.export import exported, file_urls
from iamsite.console.forms import OperationForm
from iamsite.console.listing import address
from iamsite.console.table import file_columns
from policies.console.simulator import OF_KEY, entries_of, session_of

COLUMNS = file_columns(
    ("TestName", gettext_lazy("Test")),
    ("PrincipalArn", gettext_lazy("Who")),
    ("ActionName", gettext_lazy("Action")),
    ("ResourceArn", gettext_lazy("On")),
    ("ExpectedDecision", gettext_lazy("Expected")),
    ("Decision", gettext_lazy("Now")),
    ("Passed", gettext_lazy("Holds")),
    ("DecidingLayer", gettext_lazy("Decided by")),
    ("Message", gettext_lazy("Message")),
)
PAGE_SIZE = 100
SHOWN_FAILING = 5  # on the dashboard


@require_safe
def access_tests(request: ConsoleRequest) -> HttpResponseBase:
    if file := exported(request, "access-tests", COLUMNS, ("RunAccessTests", "Results"), {}):
        return file
    marker = request.GET.get("marker", "")
    asked: Params = {"MaxItems": PAGE_SIZE, **({"Marker": marker} if marker else {})}
    seen = request.ask.see(tests=("RunAccessTests", asked))
    results = seen["tests"].result.get("Results", [])
    following = seen["tests"].result.get("Marker", "")
    context = {
        **seen,
        "rows": [{"test": one, "url": simulated(one)} for one in results],
        "failed": sum(not one["Passed"] for one in results),
        "may": request.ask.may(delete=("DeleteAccessTest", {"TestName": "any"})),
        **file_urls(request),
        "next_url": address(request, marker=following) if following else "",
        "first_url": address(request, marker="") if marker else "",
    }
    return render(request, "policies/access_tests.html", context)


@require_safe
def failing_tests(request: ConsoleRequest) -> HttpResponse:
    """The tests that do not hold, as rows of the dashboard's list: run when the page is there, as
    they take as long as there are tests."""
    failed = []
    if request.ask.may(run=("RunAccessTests", {}))["run"]:
        results = request.ask.everything("RunAccessTests", "Results")
        failed = [{"test": one, "url": simulated(one)} for one in results if not one["Passed"]]
    context = {"rows": failed[:SHOWN_FAILING], "more": len(failed[SHOWN_FAILING:])}
    return render(request, "policies/failing_tests.html", context)


def has_tests(ask: Asking) -> bool:
    """Whether there are access tests that the viewer may run."""
    if not ask.may(run=("RunAccessTests", {}))["run"]:
        return False
    seen = ask.see(tests=("ListAccessTests", {"MaxItems": 1}))["tests"]
    return not seen or bool(seen.result["AccessTests"])


def simulated(test: dict[str, Any]) -> str:
    """The simulator with the request of a test filled in."""
    keys = {
        OF_KEY + one["ContextKeyName"]: ",".join(one["ContextKeyValues"])
        for one in test.get("ContextEntries", ())
    }
    about = {"principal": test["PrincipalArn"], "action": test["ActionName"]}
    session = {
        "session_policy": test.get("SessionPolicy", ""),
        "session_arns": "\n".join(test.get("SessionPolicyArns", ())),
    }
    about |= {name: value for name, value in session.items() if value}
    return f"{reverse('console:simulator')}?" + urlencode(
        {**about, "resource": test["ResourceArn"], **keys}
    )


class TestForm(OperationForm):
    blames = {"LimitExceeded": "TestName"}

    TestName = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=128,
        widget=forms.TextInput(attrs={"autofocus": True}),
        help_text=gettext_lazy("A test of that name is replaced."),
    )
    ExpectedDecision = forms.ChoiceField(
        label=gettext_lazy("It should be"),
        choices=[("allowed", gettext_lazy("Allowed")), ("denied", gettext_lazy("Denied"))],
        widget=forms.RadioSelect,
    )


class TestAction(Action):
    def back_url(self) -> str:
        return reverse("console:access-tests")

    def crumbs(self) -> Sequence[Crumb]:
        return [(_("Simulator"), reverse("console:simulator")), (_("Access tests"), self.back)]


class SaveTest(TestAction):
    operation = "PutAccessTest"
    form_class = TestForm
    title = gettext_lazy("Save as an access test")
    lead = gettext_lazy(
        "It is tried against the policies as they are, whenever somebody looks: a change that "
        "breaks it shows."
    )
    submit = gettext_lazy("Save test")
    success = gettext_lazy("The test %(TestName)s is saved.")

    def initial(self) -> dict[str, Any]:
        action = self.request.GET.get("action", "")
        who = self.request.GET.get("principal", "").rpartition("/")[2]
        decision = "allowed" if self.request.GET.get("decision") == "allowed" else "denied"
        name = " ".join(one for one in (who, action.replace(":", " ")) if one)
        return {"TestName": name[:128], "ExpectedDecision": decision}

    def target(self) -> Params:
        given = self.request.GET
        entries = entries_of(given)
        return {
            "PrincipalArn": given.get("principal", ""),
            "ActionName": given.get("action", ""),
            "ResourceArn": given.get("resource", "") or "*",
            **({"ContextEntries": entries} if entries else {}),
            **session_of(given),
        }


class DeleteTest(TestAction):
    operation = "DeleteAccessTest"
    names = {"name": "TestName"}
    title = gettext_lazy("Delete the access test %(name)s")
    submit = gettext_lazy("Delete test")
    success = gettext_lazy("The test %(name)s was deleted.")
