"""What the actions of the organization's pages have alike."""

from __future__ import annotations

from django.urls import reverse
from django.utils.translation import gettext as _

from iamsite.console.action import Action, Crumb


class OrganizationAction(Action):
    """`tab` is the tab that it belongs to, "" for the first."""

    tab = ""

    def back_url(self) -> str:
        return reverse("console:organization") + (f"?tab={self.tab}" if self.tab else "")

    def crumbs(self) -> list[Crumb]:
        return [(_("Organization"), reverse("console:organization"))]
