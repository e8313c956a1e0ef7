"""Taking away from a principal what "who can" says it has, and keeping the question as tests."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params, unauthenticated
from iamsite.console.bulk import BulkAction
from iamsite.console.errors import failure_of
from iamsite.console.forms import OperationForm, Option, PickField
from iamsite.console.principals import Shown, shown
from iamsite.console.steps import Step
from iamsite.operations import OperationError, Verdict
from policies.console.remedies import label
from policies.console.who_can import narrowing, question_of, who_can_url
from policies.difference import diff

MOST_TESTS = 50
LONGEST_NAME = 128


@dataclass(frozen=True, slots=True)
class Revocation:
    """One change that takes the access away, as the page shows it."""

    told: dict[str, Any]
    url: str
    may: Verdict
    closes: int = 1  # so many of the ways

    @property
    def headline(self) -> str:
        told = self.told
        words = {
            "deny": _("Deny it by an inline policy of its own"),
            "remove-statement": _("Take the statement out that allows it"),
            "delete-policy": _("Delete the policy %(policy)s, which allows nothing else"),
            "leave-group": _("Take it out of the group %(group)s"),
            "detach-policy": _("Detach %(policy)s"),
        }
        text = words[told["Kind"]]
        return text % {"policy": told.get("PolicyName", ""), "group": told["SourceName"]}

    @property
    def place(self) -> str:
        return "" if self.told["Kind"] == "leave-group" else label(self.told)

    @property
    def losers(self) -> str:
        """Who else loses it, in a line."""
        count = self.told["LoserCount"]
        if not count:
            return _("Nobody else loses it.")
        names = ", ".join(arn.rpartition("/")[2] for arn in self.told["Losers"][:5])
        names += "…" if count > 5 else ""
        if self.told["IsPartial"]:
            return _("At least %(n)d others lose it: %(names)s") % {"n": count, "names": names}
        words = ngettext(
            "%(n)d other loses it: %(names)s", "%(n)d others lose it: %(names)s", count
        )
        return words % {"n": count, "names": names}

    @property
    def diff(self) -> list[tuple[str, str]]:
        before, after = self.told.get("DocumentBefore", ""), self.told.get("DocumentAfter", "")
        if self.told["Kind"] in ("leave-group", "detach-policy"):
            return []
        if before and after:
            return diff(before, after)
        sign, name = ("-", "removed") if before else ("+", "added")
        return [(name, f"{sign} {line}") for line in (before or after).splitlines()]


@dataclass(frozen=True, slots=True)
class WayOfAccess:
    """A way by which the principal has the access, and what takes it away: by assuming `roles`, in
    order, or by its own policies."""

    roles: Sequence[Shown]
    revocations: Sequence[Revocation]


def _listed(request: ConsoleRequest) -> dict[str, Any]:
    asked = {"PrincipalArn": request.GET.get("principal", ""), **question_of(request.GET.dict())}
    return request.ask.perform("ListRevocations", asked)


@require_safe
def revoke(request: ConsoleRequest) -> HttpResponse:
    given = request.GET.dict()
    arn = given.get("principal", "")
    page: dict[str, Any] = {
        "principal": shown(arn, "Role" if ":role/" in arn else "User") if arn else None,
        "question": question_of(given),
        "back": who_can_url(given),
    }
    status = 200
    try:
        found = _listed(request)
    except OperationError as error:
        if unauthenticated(error):
            raise
        page["error"], status = failure_of(request, error), error.status
    else:
        may = request.ask.may(
            **{
                one["RevocationId"]: (one["Operation"], json.loads(one["Parameters"]))
                for way in found["Ways"]
                for one in way["Revocations"]
            }
        )
        query = request.GET.urlencode()
        closes = Counter(one["RevocationId"] for way in found["Ways"] for one in way["Revocations"])

        def revocation(one: dict[str, Any]) -> Revocation:
            url = reverse("console:make-revocation", args=[one["RevocationId"]])
            which = one["RevocationId"]
            return Revocation(one, f"{url}?{query}", may[which], closes[which])

        page["ways"] = [
            WayOfAccess(
                [shown(step["RoleArn"], "Role") for step in way["Way"]],
                [revocation(one) for one in way["Revocations"]],
            )
            for way in found["Ways"]
        ]
    return render(request, "policies/revoke.html", page, status=status)


class MakeRevocation(Action):
    """Makes one of the changes that take the access away."""

    submit = gettext_lazy("Make this change")
    success = gettext_lazy("The change is made. This is who can now.")
    wide = True
    is_danger = True
    previews = True
    fields_template = "policies/revocation_fields.html"

    def prepare(self) -> None:
        ways = _listed(self.request)["Ways"]
        for one in [one for way in ways for one in way["Revocations"]]:
            if one["RevocationId"] == self.kwargs["revocation"]:
                self.revocation = Revocation(one, "", Verdict(True))
                self.title, self.lead = self.revocation.headline, self.revocation.place
                self.operation = one["Operation"]
                return
        raise OperationError(
            "PoliciesHaveChanged",
            _("The policies have changed since this was proposed. Nothing was done."),
            409,
        )

    def confirm(self) -> str:
        return self.request.GET.get("principal", "").rpartition("/")[2]

    def consequences(self) -> Sequence[str]:
        return [self.revocation.losers]

    def back_url(self) -> str:
        return who_can_url(self.request.GET.dict())

    def crumbs(self) -> Sequence[Crumb]:
        return [(_("Who can"), self.back)]

    def target(self) -> Params:
        parameters: Params = json.loads(self.revocation.told["Parameters"])
        return parameters

    def context(self, form: OperationForm, **context: Any) -> dict[str, Any]:
        return super().context(form, revocation=self.revocation, **context)


class TestsForm(OperationForm):
    Can = PickField(
        label=gettext_lazy("Who should be allowed"),
        empty=gettext_lazy("Nobody can."),
    )
    Cannot = forms.CharField(
        label=gettext_lazy("Who should be denied"),
        required=False,
        help_text=gettext_lazy("ARNs of users or roles, one per line."),
        widget=forms.Textarea(attrs={"rows": 4, "class": "input mono", "spellcheck": "false"}),
    )


class SaveTests(BulkAction):
    """Keeps the question as access tests, one for each principal: it may, or it may not."""

    operation = "PutAccessTest"
    form_class = TestsForm
    fields_template = "console/action_fields.html"
    title = gettext_lazy("Save as access tests")
    lead = gettext_lazy(
        "Each is tried against the policies as they are, whenever somebody looks: a change that "
        "gives this to somebody else's list, or takes it from them, shows."
    )
    submit = gettext_lazy("Save tests")
    result_label = gettext_lazy("Principal")
    back_label = gettext_lazy("Back to who can")

    def prepare(self) -> None:
        self.question = question_of(self.request.GET.dict())
        asked = {**self.question, **narrowing(self.request.GET.dict()), "MaxItems": MOST_TESTS}
        found = self.request.ask.perform("ListPrincipalsWithAccess", asked)["Principals"]
        # Root has everything always; a test is about what a principal's own policies say.
        self.can = [
            one["PrincipalArn"]
            for one in found
            if one["PrincipalType"] in ("User", "Role")
            and one["Decision"] == "allowed"
            and not one["Way"]
        ]
        self.items = self.can or [""]

    def initial(self) -> dict[str, Any]:
        return {"Can": self.can}

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("Can", [(arn, Option(arn.split(":", 5)[5])) for arn in self.can])
        return form

    def wanted(self, form: OperationForm) -> Sequence[str]:
        typed = form.cleaned_data
        return list(dict.fromkeys([*typed["Can"], *typed["Cannot"].split()]))[: 2 * MOST_TESTS]

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        allowed = item in form.cleaned_data["Can"]
        return [("PutAccessTest", self._test(item, "allowed" if allowed else "denied"))]

    def _test(self, arn: str, decision: str) -> Params:
        words = [arn.split(":", 5)[-1], self.question["ActionName"].replace(":", " ")]
        if self.question["ResourceArn"] != "*":
            words.append(self.question["ResourceArn"].split(":", 5)[-1])
        name = "".join(c if c.isalnum() or c in " .,=@_+-" else "-" for c in " ".join(words))
        if len(name) > LONGEST_NAME:
            name = f"{name[: LONGEST_NAME - 9]}-{sha256(name.encode()).hexdigest()[:8]}"
        return {
            "TestName": name,
            "PrincipalArn": arn,
            **self.question,
            "ExpectedDecision": decision,
        }

    def parameters(self, form: OperationForm) -> Params:
        return {}

    def back_url(self) -> str:
        return who_can_url(self.request.GET.dict())

    def crumbs(self) -> Sequence[Crumb]:
        return [(_("Who can"), self.back)]
