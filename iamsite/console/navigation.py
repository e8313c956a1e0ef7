"""The console's navigation and its keys, all in one place."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from iamsite.console.nodes import address


@dataclass(frozen=True, slots=True)
class Place:
    """A page that the navigation and the palette lead to; `key` is its shortcut ("g u")."""

    route: str
    label: str | Promise
    icon: str
    key: str = ""

    @property
    def url(self) -> str:
        return address(f"console:{self.route}")


GROUPS: tuple[tuple[str | Promise, tuple[Place, ...]], ...] = (
    (
        "",
        (
            Place("dashboard", _("Dashboard"), "layout-dashboard", "g d"),
            Place("getting-started", _("Getting started"), "rocket"),
        ),
    ),
    (
        _("Access"),
        (
            Place("users", _("Users"), "user", "g u"),
            Place("groups", _("Groups"), "users-group", "g g"),
            Place("roles", _("Roles"), "id-badge-2", "g r"),
            Place("providers", _("Identity providers"), "plug-connected", "g i"),
            Place("policies", _("Policies"), "shield", "g p"),
            Place("delegation-requests", _("Delegation requests"), "login-2"),
        ),
    ),
    (
        _("Analysis"),
        (
            Place("who-can", _("Who can"), "user-search", "g w"),
            Place("effective-access", _("Effective access"), "layout-grid", "g e"),
            Place("trust", _("Trust"), "sitemap", "g t"),
            Place("simulator", _("Simulator"), "scale"),
            Place("decisions", _("Decisions"), "ban", "g c"),
            Place("analyzer", _("Analyzer"), "radar"),
        ),
    ),
    (
        _("Applications"),
        (
            Place("services", _("Services"), "box", "g v"),
            Place("workloads", _("Workloads"), "terminal-2", "g l"),
            Place("resources", _("Resources"), "database", "g o"),
        ),
    ),
    (
        _("Organization"),
        (
            Place("organization", _("Organization"), "building", "g n"),
            Place("organization-roots", _("Accounts and root"), "shield-lock"),
        ),
    ),
    (
        _("Account"),
        (
            Place("activity", _("Activity"), "activity", "g a"),
            Place("credential-report", _("Credential report"), "clipboard-list"),
            Place("sessions", _("Sessions"), "device-laptop"),
            Place("account", _("Account settings"), "settings", "g s"),
            Place("security-credentials", _("Security credentials"), "key", "g k"),
        ),
    ),
)
PLACES = tuple(place for _title, places in GROUPS for place in places)


def navigation(path: str) -> SafeString:
    """The navigation with the place that `path` belongs to marked ("page" or, below it, "true")."""
    marks = tuple((place.route, mark) for place in PLACES if (mark := _mark(place, path)))
    return _navigation(get_language(), marks)


def _mark(place: Place, path: str) -> str:
    url = place.url
    below = place.route != "dashboard" and path.startswith(url.rstrip("/") + "/")
    return "page" if path == url else "true" if below else ""


@cache  # as many as there are places
def _navigation(language: str, marks: tuple[tuple[str, str], ...]) -> SafeString:
    current = dict(marks)
    groups = [
        (title, [(place, current.get(place.route, "")) for place in places])
        for title, places in GROUPS
    ]
    return render_to_string("console/navigation.html", {"groups": groups})


@dataclass(frozen=True, slots=True)
class Shortcut:
    label: str | Promise
    keys: tuple[str, ...]


SHORTCUTS = (
    Shortcut(_("Search everything"), ("Ctrl", "K")),
    Shortcut(_("Focus the filter"), ("/",)),
    *(Shortcut(place.label, tuple(place.key.split())) for place in PLACES if place.key),
    Shortcut(_("Show these keys"), ("?",)),
    Shortcut(_("Complete, in a policy's JSON"), ("Ctrl", "Space")),
    Shortcut(_("Go to what is wrong next, in a policy's JSON"), ("F8",)),
    Shortcut(_("Leave a policy's JSON, where Tab indents"), ("Esc", "Tab")),
)


def dialogs() -> SafeString:
    """The palette and the list of keys, which are on every page until somebody opens them."""
    return _dialogs(get_language())


@cache
def _dialogs(language: str) -> SafeString:
    return render_to_string("console/dialogs.html", {"shortcuts": SHORTCUTS})
