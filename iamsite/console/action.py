"""A page with one form that performs one operation.

The same address answers a plain page and, when htmx asks, the content of the dialog. Posting with
`_show` performs nothing and answers the same change as AWS CLI, Terraform and REST; with `_look`
it answers the form with what is to be told of the documents in it, with `_difference` how they
differ from those that they replace.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import View
from django_htmx.http import HttpResponseClientRedirect

from iamsite.console.asking import ConsoleRequest, Params, is_dialog, unauthenticated
from iamsite.console.documents import DocumentForm
from iamsite.console.equivalents import equivalents
from iamsite.console.errors import Failure, failure_of
from iamsite.console.forms import OperationForm, Text
from iamsite.console.preview import preview
from iamsite.operations import OperationError
from iamsite.operations.errors import DECISION_HEADER

Crumb = tuple[str, str]
CHANGED = "ConcurrentModification"
BEGAN = "_began"  # the field with the digest of what an edit began from


class Action(View):
    """What subclasses say: the operation, its form, words, and where to go afterwards.

    `names` maps the address's parts to the operation's parameters; `fixed` are parameters that are
    always the same. `is_danger` asks for the thing's name (`confirmed_by`, a part of the address)
    to be typed. `previews` offers to work out who would gain and who would lose by the operations
    that it performs. `edits` says that the form begins from what is there (`initial`): when that
    has changed by the time it is sent, the person is told and decides again.
    """

    operation: ClassVar[str]
    form_class: type[OperationForm] = OperationForm
    names: ClassVar[dict[str, str]] = {}
    fixed: ClassVar[Params] = {}
    title: Text = ""
    lead: Text = ""
    submit: Text = ""
    success: Text = ""
    is_danger = False
    confirmed_by = ""
    edits = False
    wide = False
    shows = True
    previews = False
    form_template = "console/action_form.html"
    fields_template = "console/action_fields.html"

    request: ConsoleRequest  # type: ignore[assignment]
    back: str

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.back = self.back_url()
        self.title = str(self.title) % kwargs
        self.lead = str(self.lead) % kwargs
        self.prepare()

    # What subclasses give

    def prepare(self) -> None:
        """Looks up what the form needs."""

    def back_url(self) -> str:
        """Where Cancel leads, and success unless `done_url` says otherwise."""
        raise NotImplementedError

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return self.back

    def taken_url(self, form: OperationForm) -> str:
        """The page of what has the name already that was asked for; "" if it has none."""
        return ""

    def crumbs(self) -> Sequence[Crumb]:
        return ()

    def initial(self) -> dict[str, Any]:
        return {}

    def form(self, data: Any = None) -> OperationForm:
        return self.form_class(data, initial=self.beginning if data is None else None)

    def standing(self, form: DocumentForm) -> dict[str, str]:
        """The documents that those of the form replace, by the field's name."""
        if not self.edits:
            return {}
        return {name: self.beginning[name] for name, _field in form.documents()}

    def target(self) -> Params:
        """The parameters that the form does not ask for."""
        named = {parameter: self.kwargs[part] for part, parameter in self.names.items()}
        return {**named, **self.fixed}

    def run(self, form: OperationForm) -> dict[str, Any]:
        """Performs what was asked for; raises OperationError."""
        return self.request.ask.perform(self.operation, self.parameters(form))

    def parameters(self, form: OperationForm) -> Params:
        return {**self.target(), **form.parameters()}

    def performed(self, form: OperationForm) -> list[tuple[str, Params]]:
        """The operations that the form stands for, in order, for "Show as"."""
        return [(self.operation, self.parameters(form))]

    def consequences(self) -> Sequence[str]:
        """What else a destructive action affects, a line each."""
        return ()

    # What every action does

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.page(self.form())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponseBase:
        form = self.form(request.POST)
        showing = "_show" in request.POST
        if "_look" in request.POST:
            return self.page(form)
        if "_difference" in request.POST:
            return self.difference(form)
        if self.previews and ("_preview" in request.POST or "_marker" in request.POST):
            return self.preview(form)
        if not form.is_valid():
            return self.show(form) if showing else self.page(form, status=422)
        if showing:
            return self.show(form)
        if self.is_danger and request.POST.get("confirm", "") != self.confirm():
            return self.page(
                form, status=422, confirm_error=_("This is not the name. Nothing was done.")
            )
        if self.edits and request.POST.get(BEGAN, self.began()) != self.began():
            told = self.changed_meanwhile()
            return self.page(form, status=409, error=told, began=self.began(), compares=True)
        try:
            result = self.run(form)
        except OperationError as error:
            if unauthenticated(error):
                raise
            if form.refuse(error):
                taken = self.taken_url(form) if error.code == "EntityAlreadyExists" else ""
                return self.page(form, status=422, taken=taken)
            told, compares = failure_of(self.request, error), error.code == CHANGED
            page = self.page(form, status=error.status, error=told, compares=compares)
            if error.decision_id:
                page.headers[DECISION_HEADER] = error.decision_id
            return page
        return self.done(result, self.parameters(form))

    @cached_property
    def beginning(self) -> dict[str, Any]:
        return self.initial()

    def began(self) -> str:
        """A digest of what the form begins from."""
        state = json.dumps(self.beginning, default=str, sort_keys=True)
        return sha256(state.encode()).hexdigest()[:32]

    def changed_meanwhile(self) -> Failure:
        told = OperationError(
            CHANGED,
            _(
                "Somebody changed this since you opened the form. Nothing of yours was saved and "
                "nothing that you entered is lost: compare it with what is there now, and save "
                "again to replace that."
            ),
            409,
        )
        return failure_of(self.request, told)

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        if self.success:
            messages.success(self.request, str(self.success) % {**self.kwargs, **params})
        return self.go(self.done_url(result, params))

    def go(self, url: str) -> HttpResponseBase:
        if self.is_dialog():
            return HttpResponseClientRedirect(url)
        return HttpResponseRedirect(url)

    def confirm(self) -> str:
        return str(self.kwargs[self.confirmed_by]) if self.is_danger else ""

    def is_dialog(self) -> bool:
        return is_dialog(self.request)

    def page(self, form: OperationForm, status: int = 200, **context: Any) -> HttpResponse:
        template = "console/action_dialog.html" if self.is_dialog() else "console/action.html"
        return render(self.request, template, self.context(form, **context), status=status)

    def show_once(self, template: str, title: Text, **shown: Any) -> HttpResponse:
        """The one answer that holds a secret, which `template` shows: nothing keeps it."""
        page = "console/shown_once" + ("_dialog" if self.is_dialog() else "") + ".html"
        about = {"title": title, "shows": template, "back": self.back, "crumbs": self.crumbs()}
        return render(self.request, page, about | shown)

    def show(self, form: OperationForm) -> HttpResponse:
        context = self.context(form, show_open=True)
        if form.is_valid():
            context["equivalents"] = equivalents(self.performed(form), self.request)
        htmx: Any = getattr(self.request, "htmx", None)
        template = "components/show_as.html#answer" if htmx else "console/action.html"
        return render(self.request, template, context)

    def preview(self, form: OperationForm) -> HttpResponse:
        """Who would gain and who would lose; without scripts as a part of the whole page."""
        if form.is_valid():
            found = self.previewed(form)
        else:
            found = {"nothing": _("Fill in the form first.")}
        htmx: Any = getattr(self.request, "htmx", None)
        if htmx:
            return render(self.request, "components/preview_body.html", {"preview": found})
        return self.page(form, preview=found)

    def previewed(self, form: OperationForm) -> dict[str, Any]:
        return preview(self.request, self.performed(form))

    def difference(self, form: OperationForm) -> HttpResponse:
        """How the document of the field that `_difference` names differs from what it replaces;
        without scripts as a part of the whole page."""
        htmx: Any = getattr(self.request, "htmx", None)
        if htmx and isinstance(form, DocumentForm):
            name, standing = self.request.POST["_difference"], self.standing(form)
            if name in standing:
                told = form.difference(name, standing[name])
                return render(self.request, "components/difference.html", {"difference": told})
        return self.page(form, compares=True)

    def context(
        self, form: OperationForm, *, compares: bool = False, **context: Any
    ) -> dict[str, Any]:
        if isinstance(form, DocumentForm):
            form.target = self.target()
            form.look_at(self.request.ask, self.standing(form), compares)
        about = {
            "title": self.title,
            "lead": self.lead,
            "submit": self.submit or self.title,
            "back": self.back,
            "danger": self.is_danger,
            "confirm": self.confirm(),
            "consequences": self.consequences(),
            "wide": self.wide,
            "shows": self.shows,
            "previews": self.previews,
            "form_template": self.form_template,
            "fields_template": self.fields_template,
        }
        if self.edits:
            context.setdefault("began", self.request.POST.get(BEGAN) or self.began())
        return {
            "action": about,
            "form": form,
            "crumbs": self.crumbs(),
            "dialog": self.is_dialog(),
            # Documents are compared on the page itself.
            "standing_elsewhere": compares and not isinstance(form, DocumentForm),
            "confirm_typed": self.request.POST.get("confirm", ""),
            **context,
        }
