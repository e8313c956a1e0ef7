"""Creating many users at once, from a list of names or a spreadsheet, each with a result."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Params, unauthenticated
from iamsite.console.forms import OperationForm, Option, PickField
from iamsite.console.steps import Step
from iamsite.console.viewer import viewer_of
from iamsite.operations import OperationError
from identities.console.creation import new_password, shortest_password
from identities.console.handover import sign_in_address
from identities.console.undoing import perform_or_take_back
from policies.console.offered import offered_policies

MOST = 100
COLUMNS = ("UserName", "Path", "Groups", "Policies", "PermissionsBoundary", "Tags")
_KNOWN = {name.lower(): name for name in COLUMNS} | {"name": "UserName"}
# No name of a group or policy holds a semicolon or a space; a comma may be in either.
_BETWEEN = re.compile(r"\s*;\s*|,\s+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One user of the list."""

    name: str
    path: str = ""
    groups: list[str] = field(default_factory=list)
    policies: list[str] = field(default_factory=list)  # names or ARNs
    boundary: str = ""
    tags: list[dict[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one user: its credentials as far as asked for, or why there is none."""

    name: str
    url: str = ""
    password: str = ""
    key: Mapping[str, Any] = field(default_factory=dict)
    why: OperationError | None = None


def read(text: str) -> list[Wanted]:
    """The users of `text`: a name a line, or a table whose first line names its columns.

    Cells are separated by commas, semicolons or tabs. Raises ValidationError with what is wrong
    and where.
    """
    lines = [line for line in text.lstrip("\ufeff").splitlines() if line.strip()]
    if not lines:
        raise ValidationError(_("Name at least one user."))
    first = lines[0]
    separator = "\t" if "\t" in first else "," if "," in first else ";"
    try:
        rows = list(csv.reader(lines, delimiter=separator))
    except csv.Error as error:
        raise ValidationError(_("This is no table: %(why)s.") % {"why": error}) from error
    columns = [_column(cell) for cell in rows[0]]
    if "UserName" in columns:
        head, *rows = rows
        for name, said in zip(columns, head, strict=True):
            if name not in COLUMNS:
                raise ValidationError(
                    _("There is no column “%(said)s”. There are: %(columns)s.")
                    % {"said": said, "columns": ", ".join(COLUMNS)}
                )
    elif len(columns) > 1:
        raise ValidationError(
            _("Name the columns in the first line, UserName among them: %(columns)s.")
            % {"columns": ", ".join(COLUMNS)}
        )
    else:
        columns = ["UserName"]
    if not rows:
        raise ValidationError(_("Name at least one user."))
    if len(rows) > MOST:
        raise ValidationError(
            _("%(most)d users are imported at a time, and these are %(count)d.")
            % {"most": MOST, "count": len(rows)}
        )
    return [_wanted(number, columns, row) for number, row in enumerate(rows, start=1)]


def _column(cell: str) -> str:
    return _KNOWN.get(re.sub(r"[\s_]", "", cell).lower(), "")


def _wanted(number: int, columns: list[str], row: list[str]) -> Wanted:
    if len(row) > len(columns):
        raise ValidationError(
            _("User %(number)d has %(cells)d cells, and there are %(columns)d columns.")
            % {"number": number, "cells": len(row), "columns": len(columns)}
        )
    # An apostrophe is what spreadsheets and our own files put before what looks like a formula.
    cells = {name: cell.strip().removeprefix("'") for name, cell in zip(columns, row, strict=False)}
    if not cells["UserName"]:
        raise ValidationError(_("User %(number)d has no name.") % {"number": number})
    return Wanted(
        cells["UserName"],
        cells.get("Path", ""),
        _several(cells.get("Groups", "")),
        _several(cells.get("Policies", "")),
        cells.get("PermissionsBoundary", ""),
        [_tag(number, one) for one in _several(cells.get("Tags", ""))],
    )


def _several(cell: str) -> list[str]:
    return [one for one in _BETWEEN.split(cell) if one]


def _tag(number: int, text: str) -> dict[str, str]:
    key, equals, value = text.partition("=")
    if not equals:
        raise ValidationError(
            _("User %(number)d has the tag “%(text)s”: write key=value.")
            % {"number": number, "text": text}
        )
    return {"Key": key.strip(), "Value": value.strip()}


class UsersField(forms.CharField):
    """A list of users as text; cleaned to a list of Wanted."""

    def clean(self, value: Any) -> Any:
        return read(super().clean(value))


class ImportForm(OperationForm):
    Users = UsersField(
        label=gettext_lazy("Users"),
        help_text=gettext_lazy(
            "A name a line, or a table with its columns named in the first line: UserName, Path, "
            "Groups, Policies, PermissionsBoundary, Tags. Several groups or policies in one cell "
            "are separated by semicolons, and so are tags: team=payments; site=oslo."
        ),
        widget=forms.Textarea(
            attrs={
                "rows": 8,
                "class": "input code",
                "wrap": "off",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )
    Groups = PickField(
        label=gettext_lazy("Groups for all of them"),
        empty=gettext_lazy("There are no groups yet."),
    )
    Console = forms.BooleanField(
        label=gettext_lazy("Console access, with a generated password that each must change"),
        required=False,
    )
    Programmatic = forms.BooleanField(
        label=gettext_lazy("Programmatic access, with an access key"), required=False
    )


class ImportUsers(Action):
    """Each user is made with all that was asked for or not at all, whatever becomes of others."""

    operation = "CreateUser"
    form_class = ImportForm
    fields_template = "identities/import_fields.html"
    title = gettext_lazy("Import users")
    lead = gettext_lazy("Many users at once, from a list or a spreadsheet.")
    previews = True

    def prepare(self) -> None:
        ask = self.request.ask
        seen = ask.see(groups=("ListGroups", {"MaxItems": 1000}))["groups"]
        self.groups = [group["GroupName"] for group in seen.result.get("Groups", [])]

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("Groups", [(name, Option(name)) for name in self.groups])
        return form

    def back_url(self) -> str:
        return reverse("console:users")

    def crumbs(self) -> list[Crumb]:
        return [(_("Users"), reverse("console:users"))]

    @cached_property
    def arns(self) -> dict[str, str]:
        """The ARN of each managed policy by its name, the account's own before AWS's."""
        offered = offered_policies(self.request.ask)
        return {str(option): arn for arn, option in reversed(offered)}

    @cached_property
    def shortest(self) -> int:
        return shortest_password(self.request.ask)

    def steps(self, wanted: Wanted, form: OperationForm) -> list[Step]:
        typed = form.cleaned_data
        who = {"UserName": wanted.name}
        made = {
            **who,
            "Path": wanted.path,
            "PermissionsBoundary": self._arn(wanted.boundary),
            "Tags": wanted.tags,
        }
        groups = dict.fromkeys([*typed["Groups"], *wanted.groups])
        policies = dict.fromkeys(self._arn(one) for one in wanted.policies)
        steps: list[Step] = [("CreateUser", {name: one for name, one in made.items() if one})]
        steps += [("AddUserToGroup", {"GroupName": name, **who}) for name in groups]
        steps += [("AttachUserPolicy", {**who, "PolicyArn": arn}) for arn in policies]
        if typed["Console"]:
            login = {"Password": new_password(self.shortest), "PasswordResetRequired": True}
            steps.append(("CreateLoginProfile", {**who, **login}))
        if typed["Programmatic"]:
            steps.append(("CreateAccessKey", who))
        return steps

    def _arn(self, policy: str) -> str:
        return self.arns.get(policy, policy) if policy else ""

    def performed(self, form: OperationForm) -> list[Step]:
        return [step for one in form.cleaned_data["Users"] for step in self.steps(one, form)]

    def parameters(self, form: OperationForm) -> Params:
        return {}

    def run(self, form: OperationForm) -> dict[str, Any]:
        return {"results": list(self._results(form))}

    def _results(self, form: OperationForm) -> Iterator[Imported]:
        for wanted in form.cleaned_data["Users"]:
            steps = self.steps(wanted, form)
            try:
                made = perform_or_take_back(self.request.ask, steps)
            except OperationError as error:
                if unauthenticated(error):
                    raise
                taken = error.code == "EntityAlreadyExists"
                url = reverse("console:user", args=[wanted.name]) if taken else ""
                yield Imported(wanted.name, url, why=error)
                continue
            yield Imported(
                wanted.name,
                reverse("console:user", args=[wanted.name]),
                next((params["Password"] for _name, params in steps if "Password" in params), ""),
                made.get("AccessKey", {}),
            )

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        """The one answer that holds the secrets is the page itself: nothing keeps it."""
        results: list[Imported] = result["results"]
        done = [one for one in results if not one.why]
        viewer = viewer_of(self.request)
        context = {
            "title": self.title,
            "back": self.back,
            "crumbs": self.crumbs(),
            "refused": [one for one in results if one.why],
            "done": done,
            "passwords": any(one.password for one in done),
            "keys": any(one.key for one in done),
            "sign_in": sign_in_address(self.request),
            "account": viewer.account if viewer else "",
        }
        return render(self.request, "identities/users_imported.html", context)
