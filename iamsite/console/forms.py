"""Forms whose fields carry the names of an operation's parameters.

The browser checks what is required; every other rule is the operation's own, whose messages are
put beside the field that they speak of.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.validators import ProhibitNullCharactersValidator
from django.templatetags.static import static
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from iamsite.console.constraints import faults_of, in_words, parameter_of
from iamsite.operations import OperationError

Text = str | Promise


@dataclass(frozen=True, slots=True)
class Option:
    """A choice with a line of explanation."""

    title: Text
    help: Text = ""

    def __str__(self) -> str:
        return str(self.title)


class TagsWidget(forms.Widget):
    """Rows of NAME.Key and NAME.Value; the template draws them."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, str]]:
        if not isinstance(data, MultiValueDict):
            return []
        rows = zip(data.getlist(f"{name}.Key"), data.getlist(f"{name}.Value"), strict=False)
        return [{"Key": key, "Value": value} for key, value in rows if key or value]

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}.Key" not in data


class TagsField(forms.Field):
    """Tags as the operations take them: a list of {"Key", "Value"}."""

    widget = TagsWidget


class DocumentField(forms.CharField):
    """A policy document, edited as JSON; kept character for character as it was typed.

    `kind` and `place` say what it is for, `review` what is told beside it, `difference` how it
    differs from the document that it replaces, if it replaces one (iamsite/console/documents.py);
    that is unfolded if `is_compared`.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strip=False, widget=forms.Textarea, **kwargs)
        self.kind = ""
        self.place: Any = None
        self.review: Any = None
        self.difference: Any = None
        self.is_compared = False

    def to_python(self, value: Any) -> str:
        # Browsers send every line end as CRLF.
        return str(value or "").replace("\r\n", "\n")


class PickField(forms.MultipleChoiceField):
    """Any number of what there is; `empty` says what to tell when there is nothing.

    With `finds`, the form offers a part of what there is and the server looks for the rest: the
    text to look for is posted as FIND, with what is ticked already.
    """

    FIND = "find"
    widget = forms.CheckboxSelectMultiple

    def __init__(self, *, empty: Text = "", finds: bool = False, **kwargs: Any) -> None:
        super().__init__(**{"required": False, **kwargs})
        self.error_messages["required"] = _("Choose at least one.")
        self.empty = empty
        self.finds = finds
        self.found = ""  # what was looked for


class OperationForm(forms.Form):
    """A form for one operation.

    `blames` says which field an error code belongs to where the message names none.
    """

    blames: Mapping[str, str] = {}
    required_css_class = "required"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # The browser keeps to lengths and ranges; what is wrong otherwise, the operation says.
            field.validators = [
                one for one in field.validators if isinstance(one, ProhibitNullCharactersValidator)
            ]
            attributes = field.widget.attrs
            if isinstance(field, DocumentField):
                attributes |= {"class": "input code", "spellcheck": "false", "wrap": "off"}
                attributes["data-editor"] = static("editor.js")
            elif not isinstance(field.widget, forms.CheckboxInput | forms.RadioSelect | TagsWidget):
                attributes.setdefault("class", "input")
            if isinstance(field.widget, forms.TextInput) and name != "Description":
                attributes.setdefault("autocomplete", "off")
                attributes.setdefault("spellcheck", "false")

    def offer(self, name: str, options: Sequence[tuple[str, Option]]) -> None:
        """Gives the choice field `name` its choices."""
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(options)

    def focus(self, name: str) -> None:
        """Has the page begin at the field `name`."""
        for field in self.fields.values():
            field.widget.attrs.pop("autofocus", None)
        self.fields[name].widget.attrs["autofocus"] = True

    def add_error(self, field: str | None, error: Any) -> None:
        super().add_error(field, error)
        for name in self.fields:
            if name in self.errors:
                self.focus(name)
                return

    def parameters(self) -> dict[str, Any]:
        """What to perform the operation with: fields left empty are left out."""
        return {
            name: value for name, value in self.cleaned_data.items() if value not in ("", None, [])
        }

    def refuse(self, error: OperationError) -> bool:
        """Puts the operation's messages beside their fields; False if none belongs to one."""
        placed = False
        for name, message in blamed(error, self.fields, self.blames):
            self.add_error(name, message)
            placed = True
        return placed


_SPECIFIED = re.compile(r"The specified value for (\w+) is invalid")
# "Duplicate tag keys found. …", "Cannot exceed quota for TagsPerUser: 50"
_OF_TAGS = re.compile(r"\btag keys?\b|\bTagsPer")


def blamed(
    error: OperationError, fields: Iterable[str], blames: Mapping[str, str]
) -> list[tuple[str, str]]:
    """The (field, message) pairs that `error` speaks of, in its own words or in those of
    constraints.py."""
    known = set(fields)
    pairs: list[tuple[str, str]] = list(faults_of(error.message))
    if not pairs and (found := _SPECIFIED.search(error.message)):
        pairs = [(parameter_of(found[1]), error.message)]
    if not pairs and "Tags" in known and _OF_TAGS.search(error.message):
        pairs = [("Tags", error.message)]
    if pairs and all(name in known for name, _message in pairs):
        return pairs
    return [(blames[error.code], in_words(error.message))] if error.code in blames else []
