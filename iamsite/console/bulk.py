"""One action on many things, each with a result of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.action import Action
from iamsite.console.asking import Params, unauthenticated
from iamsite.console.forms import OperationForm, Text
from iamsite.console.preview import preview_of_each
from iamsite.console.steps import Step
from iamsite.console.templatetags.console import arn_name
from iamsite.operations import OperationError

MOST = 100


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one item; `why` is the refusal, none when it was done."""

    item: str
    url: str
    name: str
    why: OperationError | None = None


class BulkAction(Action):
    """An action on the items that the address names, `?item=…&item=…`.

    Each item is done or refused by itself: what was done stays done.
    """

    result_label: ClassVar[Text] = ""
    back_label: ClassVar[Text] = gettext_lazy("Back to the list")
    fields_template = "console/bulk_fields.html"

    # What subclasses give

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        """The operations that do it to one item."""
        raise NotImplementedError

    def item_name(self, item: str) -> str:
        """What people call an item."""
        return arn_name(item)

    def item_url(self, item: str) -> str:
        """The page of an item, "" if it has none."""
        return ""

    def wanted(self, form: OperationForm) -> Sequence[str]:
        """The items to do it to: all that are named, unless the form chooses among them."""
        return self.items

    # What every bulk action does

    def prepare(self) -> None:
        self.items = list(dict.fromkeys(self.request.GET.getlist("item")))[:MOST]

    def confirm(self) -> str:
        return str(len(self.items)) if self.is_danger else ""

    def performed(self, form: OperationForm) -> list[tuple[str, Params]]:
        return [step for item in self.wanted(form) for step in self.steps(item, form)]

    def previewed(self, form: OperationForm) -> dict[str, Any]:
        acts = {self.item_name(item): partial(self.steps, item, form) for item in self.wanted(form)}
        return preview_of_each(self.request, acts)

    def run(self, form: OperationForm) -> dict[str, Any]:
        return {"results": [self._result(item, form) for item in self.wanted(form)]}

    def _result(self, item: str, form: OperationForm) -> Result:
        try:
            self.request.ask.perform_all(self.steps(item, form))
        except OperationError as error:
            if unauthenticated(error):
                raise
            return Result(item, self.item_url(item), self.item_name(item), error)
        url = "" if self.is_danger else self.item_url(item)
        return Result(item, url, self.item_name(item))

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        results: Sequence[Result] = result["results"]
        refused = [one for one in results if one.why]
        context = {
            "title": self.title,
            "back": self.back,
            "back_label": self.back_label,
            "crumbs": self.crumbs(),
            "label": self.result_label,
            "results": [*refused, *(one for one in results if not one.why)],
            "refused": len(refused),
            "done": len(results) - len(refused),
        }
        return render(self.request, "console/bulk_results.html", context)

    def page(self, form: OperationForm, status: int = 200, **context: Any) -> HttpResponse:
        if not self.items:
            context["error"] = {
                "title": _("Nothing is chosen"),
                "text": _("Tick what this is about in the list, then choose the action."),
            }
        return super().page(form, status, **context)

    def context(self, form: OperationForm, **context: Any) -> dict[str, Any]:
        names = [self.item_name(item) for item in self.items]
        return super().context(form, items=names, **context)
