"""A user's service-specific credentials, SSH public keys and signing certificates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _

from iamsite.console.asking import Asking, Check, ConsoleRequest, Params
from iamsite.console.errors import no_such_page
from iamsite.console.forms import OperationForm
from iamsite.console.steps import Step
from iamsite.operations import Verdict
from identities.console.credential_kinds import KINDS, Held, held_of
from identities.console.credentials import CredentialAction

OTHERS = {kind.slug: kind for kind in KINDS if kind.slug != "access-key"}
STATUS = {"activate": "Active", "deactivate": "Inactive"}


@dataclass(frozen=True, slots=True)
class Row:
    """A credential as the page lists it, with what the viewer may do to it."""

    held: Held
    user: str
    may_update: Verdict
    may_delete: Verdict

    @property
    def switch(self) -> str:
        return self._url("deactivate" if self.held.is_active else "activate")

    @property
    def delete(self) -> str:
        return self._url("delete")

    def _url(self, verb: str) -> str:
        return reverse(
            "console:switch-credential", args=[self.user, self.held.kind.slug, self.held.id, verb]
        )


def others_of(ask: Asking, name: str) -> dict[str, Any]:
    """The rows, and why a part of them is not shown."""
    who = {"UserName": name}
    seen = ask.see(**{kind.slug: (kind.listed, who) for kind in OTHERS.values()})
    found = [
        held
        for kind in OTHERS.values()
        for held in held_of(kind, seen[kind.slug].result.get(kind.member, ()))
    ]
    checks: dict[str, Check] = {}
    for held in found:
        checks[f"update {held.id}"] = held.switched(name, "Inactive")
        checks[f"delete {held.id}"] = (held.kind.delete, held.names(name))
    may = ask.may(**checks)
    return {
        "rows": [
            Row(held, name, may[f"update {held.id}"], may[f"delete {held.id}"]) for held in found
        ],
        "hidden": [answer.denied for answer in seen.values() if answer.denied],
    }


class SwitchCredential(CredentialAction):
    """Activates, deactivates or deletes one; `kind` and `verb` come from the address."""

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.kind, self.verb = OTHERS[kwargs["kind"]], kwargs["verb"]
        self.is_danger, self.confirmed_by = self.verb == "delete", "key"
        words = {"kind": str(self.kind.label).lower(), "key": kwargs["key"]}
        self.operation = self.kind.delete if self.is_danger else self.kind.update
        if self.verb == "activate":
            self.title = _("Activate the %(kind)s %(key)s") % words
            self.lead = _("What is signed in or signed with it is accepted again.")
            self.submit, self.success = _("Activate"), _("%(key)s is active.") % words
        elif self.verb == "deactivate":
            self.title = _("Deactivate the %(kind)s %(key)s") % words
            self.lead = _("It is refused from the next use on, and can be activated again.")
            self.submit, self.success = _("Deactivate"), _("%(key)s is inactive.") % words
        else:
            self.title = _("Delete the %(kind)s %(key)s") % words
            self.lead = _("It is refused from the next use on, and it never returns.")
            self.submit, self.success = _("Delete"), _("%(key)s was deleted.") % words
        super().setup(request, *args, **kwargs)

    def target(self) -> Params:
        named = {"UserName": self.kwargs["name"], self.kind.parameter: self.kwargs["key"]}
        return named if self.is_danger else {**named, "Status": STATUS[self.verb]}

    def performed(self, form: OperationForm) -> list[Step]:
        return [(self.operation, self.target())]


def switch(request: ConsoleRequest, **kwargs: str) -> HttpResponseBase:
    if kwargs["kind"] not in OTHERS or kwargs["verb"] not in (*STATUS, "delete"):
        return no_such_page(request)
    return SwitchCredential.as_view()(request, **kwargs)
