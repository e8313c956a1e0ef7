"""Skipping a first step, putting off a finding, and taking either up again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.console.posture import FINDINGS, STEPS
from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm
from iamsite.operations import OperationError


class RecommendationAction(Action):
    """About the step or finding that the address names; `known` are their titles."""

    names = {"recommendation": "RecommendationName"}
    known: dict[str, Any] = {}

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        title = self.known.get(kwargs["recommendation"])
        if title is None:
            raise OperationError("NoSuchEntity", _("There is no such recommendation."), 404)
        super().setup(request, *args, **{**kwargs, "what": title})

    def back_url(self) -> str:
        is_step = self.kwargs["recommendation"] in STEPS
        return reverse("console:getting-started" if is_step else "console:dashboard")

    def crumbs(self) -> list[Crumb]:
        is_step = self.kwargs["recommendation"] in STEPS
        return [(_("Getting started") if is_step else _("Dashboard"), self.back)]


class SkipStep(RecommendationAction):
    operation = "DismissRecommendation"
    known = STEPS
    title = gettext_lazy("Skip “%(what)s”")
    lead = gettext_lazy(
        "For everybody in this account. It can be taken up again on the page of the first steps."
    )
    submit = gettext_lazy("Skip this step")
    success = gettext_lazy("“%(what)s” is skipped.")


class SnoozeForm(OperationForm):
    Until = forms.TypedChoiceField(
        label=gettext_lazy("Tell it again"),
        coerce=int,
        initial="7",
        widget=forms.RadioSelect,
        choices=[
            ("1", gettext_lazy("Tomorrow")),
            ("7", gettext_lazy("In a week")),
            ("30", gettext_lazy("In 30 days")),
            ("90", gettext_lazy("In 90 days")),
        ],
    )

    def parameters(self) -> Params:
        until = timezone.now() + timedelta(days=self.cleaned_data["Until"])
        return {"Until": until.replace(microsecond=0)}


class SnoozeFinding(RecommendationAction):
    operation = "DismissRecommendation"
    form_class = SnoozeForm
    known = FINDINGS
    title = gettext_lazy("Put off “%(what)s”")
    lead = gettext_lazy("For everybody in this account. It stays as it is, and is told again.")
    submit = gettext_lazy("Put off")
    success = gettext_lazy("“%(what)s” is put off.")


class Restore(RecommendationAction):
    operation = "RestoreRecommendation"
    known = {**STEPS, **FINDINGS}
    title = gettext_lazy("Take “%(what)s” up again")
    lead = gettext_lazy("It is shown again, to everybody in this account.")
    submit = gettext_lazy("Show it again")
    success = gettext_lazy("“%(what)s” is shown again.")
