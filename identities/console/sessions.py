"""Ending every session of a user at once: its browsers, and temporary credentials it fetched."""

from __future__ import annotations

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from iamsite.console.forms import OperationForm
from iamsite.console.steps import InSteps, Step
from identities.console.revocation import POLICY, revoking
from identities.console.users import UserAction


class RevokeUser(InSteps, UserAction):
    operation = "PutUserPolicy"
    title = gettext_lazy("Revoke the sessions of %(name)s")
    lead = gettext_lazy(
        "Browsers are signed out, and temporary credentials that the user has fetched are refused. "
        "Access keys and the password go on working: disable the user to close those too."
    )
    submit = gettext_lazy("Revoke sessions")
    success = gettext_lazy("Every session of %(name)s that had begun is over.")
    is_danger = True
    confirmed_by = "name"
    tab = "sessions"

    def prepare(self) -> None:
        who = {"UserName": self.kwargs["name"]}
        self.sessions = self.request.ask.everything("ListConsoleSessions", "ConsoleSessions", who)
        # One's own comes last, as nothing can be asked for after it.
        self.sessions.sort(key=lambda one: one["IsCurrent"])

    def consequences(self) -> list[str]:
        count = len(self.sessions)
        browsers = ngettext(
            "%(n)d signed-in browser is signed out.",
            "%(n)d signed-in browsers are signed out.",
            count,
        )
        policy = _("An inline policy %(policy)s denies everything to sessions begun before now.")
        own = [_("One of them is yours.")] if any(one["IsCurrent"] for one in self.sessions) else []
        return [browsers % {"n": count}, *own, policy % {"policy": POLICY}]

    def performed(self, form: OperationForm) -> list[Step]:
        ends: list[Step] = [
            ("EndConsoleSession", {"SessionId": one["SessionId"]}) for one in self.sessions
        ]
        return [revoking("User", self.kwargs["name"], timezone.now()), *ends]
