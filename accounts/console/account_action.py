"""Actions on the account as a whole, which lead back to its settings."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from iamsite.console.action import Action, Crumb


class AccountAction(Action):
    def back_url(self) -> str:
        return reverse("console:account")

    def crumbs(self) -> list[Crumb]:
        return [(_("Account settings"), self.back)]
