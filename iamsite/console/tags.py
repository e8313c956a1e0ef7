"""Editing tags: the rows as they should be; saving performs the differences."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from iamsite.console.action import Action
from iamsite.console.forms import OperationForm, TagsField, Text
from iamsite.console.steps import InSteps, Step


class TagsForm(OperationForm):
    Tags = TagsField(label=_("Tags"), required=False)


class EditTags(InSteps, Action):
    """Stands before the action of what has the tags; `kind` is User, Role or Policy."""

    kind: str
    form_class: type[OperationForm] = TagsForm
    submit: Text = _("Save tags")
    tab = "tags"
    edits = True

    def prepare(self) -> None:
        self.current = self.request.ask.everything(f"List{self.kind}Tags", "Tags", self.target())

    def initial(self) -> dict[str, Any]:
        return {"Tags": self.current}

    def performed(self, form: OperationForm) -> list[Step]:
        wanted = form.cleaned_data["Tags"] or []
        keys = {tag["Key"] for tag in wanted}
        gone = [tag["Key"] for tag in self.current if tag["Key"] not in keys]
        changed = [tag for tag in wanted if tag not in self.current]
        steps: list[Step] = []
        if gone:
            steps.append((f"Untag{self.kind}", {**self.target(), "TagKeys": gone}))
        if changed:
            steps.append((f"Tag{self.kind}", {**self.target(), "Tags": changed}))
        return steps
