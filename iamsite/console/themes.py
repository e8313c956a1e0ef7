"""The themes one may choose."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Theme:
    name: str
    label: str | Promise
    icon: str


THEMES = (
    Theme("system", _("Theme of the system"), "device-desktop"),
    Theme("light", _("Light theme"), "sun"),
    Theme("dark", _("Dark theme"), "moon"),
    Theme("contrast", _("High contrast"), "contrast"),
)
