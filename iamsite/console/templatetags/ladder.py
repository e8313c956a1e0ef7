"""The ladder of a decision as a component: `{% load ladder %}{% ladder answer.Ladder %}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

LAYERS: dict[str, tuple[str | Promise, str]] = {
    "scp": (gettext_lazy("Service control policies"), "building"),
    "rcp": (gettext_lazy("Resource control policies"), "building"),
    "resource": (gettext_lazy("Resource policy"), "database"),
    "trust": (gettext_lazy("Trust policy of the role"), "id-badge-2"),
    "identity": (gettext_lazy("Identity policies"), "user"),
    "boundary": (gettext_lazy("Permissions boundary"), "fence"),
    "session": (gettext_lazy("Session policies"), "clock"),
    "root": (gettext_lazy("Root user"), "shield"),
}
ABSENT: dict[str, str | Promise] = {
    "scp": gettext_lazy("None applies"),
    "rcp": gettext_lazy("None applies"),
    "resource": gettext_lazy("The resource has none"),
    "trust": gettext_lazy("None"),
    "identity": gettext_lazy("The principal has none"),
    "boundary": gettext_lazy("None is set"),
    "session": gettext_lazy("The session has none"),
}
OWNERS = {"user": "console:user", "group": "console:group", "role": "console:role"}
NEAREST = 2  # statements that nearly allowed what nothing allowed


@dataclass(frozen=True, slots=True)
class Shown:
    """A statement and the page of its policy, if there is one."""

    statement: dict[str, Any]
    url: str

    @property
    def failed(self) -> int:
        parts = self.statement["Elements"]
        conditions = self.statement["Conditions"]
        return sum(not one["Matched"] for one in parts) + sum(not c["Holds"] for c in conditions)


@dataclass(frozen=True, slots=True)
class Rung:
    """One layer as it is drawn. `tone` is good, bad or none; `lit`: it decided."""

    title: str
    icon: str
    tone: str
    mark: str
    word: str
    lit: bool
    shown: list[Shown]
    rest: list[Shown]


@register.inclusion_tag("components/ladder.html")
def ladder(answer: dict[str, Any]) -> dict[str, Any]:
    """Draws a structure of the portal model's shape `Ladder` (policies/ladder.py)."""
    decided = answer["Outcome"] == "allowed"
    return {"rungs": [_rung(rung, decided) for rung in answer["Rungs"]], "allowed": decided}


@register.filter
def layer_name(layer: str) -> str:
    """What a layer is called, from the engine's word for it."""
    return str(LAYERS[layer][0]) if layer in LAYERS else layer


@register.filter
def policy_url(statement: dict[str, Any]) -> str:
    """The page where the policy of a ladder's statement or of a change can be read, or ""."""
    try:
        if statement.get("PolicyArn"):
            return reverse("console:policy", args=[statement["PolicyArn"]])
        owner = OWNERS.get(statement.get("Source", ""))
        name = statement.get("SourceName")
        return reverse(owner, args=[name]) if owner and name else ""
    except NoReverseMatch:
        return ""


def _rung(rung: dict[str, Any], allowed: bool) -> Rung:
    layer, outcome, lit = rung["Layer"], rung["Outcome"], rung["Decides"]
    title, icon = LAYERS.get(layer, (layer, "shield"))
    statements = [Shown(one, policy_url(one)) for one in rung["Statements"]]
    deciding = [one for one in statements if one.statement["Decides"]]
    shown = deciding or (statements[:NEAREST] if lit else [])
    tone, mark = _mark(outcome, lit, layer)
    return Rung(
        title=_("%(layer)s, level %(level)s") % {"layer": title, "level": rung["Level"] + 1}
        if rung["Level"]
        else str(title),
        icon=icon,
        tone=tone,
        mark=mark,
        word=str(_word(rung, allowed)),
        lit=lit,
        shown=shown,
        rest=[one for one in statements if one not in shown],
    )


def _mark(outcome: str, lit: bool, layer: str) -> tuple[str, str]:
    if outcome == "allowed":
        return "good", "check"
    if outcome == "explicitDeny":
        return "bad", "x"
    if outcome == "implicitDeny":
        return ("bad", "ban") if lit else ("none", "minus")
    return "absent", "minus"


def _word(rung: dict[str, Any], allowed: bool) -> str | Promise:
    layer, outcome, lit = rung["Layer"], rung["Outcome"], rung["Decides"]
    if rung["IsHidden"]:
        if outcome == "notApplicable":
            return _("Not shown: it belongs to somebody else")
        if outcome == "allowed":
            return _("Let the request pass")
        return _("Did not let the request pass; what it says belongs to somebody else")
    if outcome == "notApplicable":
        return ABSENT.get(layer, _("Does not apply"))
    if layer == "root":
        return _("Root may do everything in its account")
    if outcome == "explicitDeny":
        return _("Denies it") if lit else _("Denies it as well")
    if outcome == "allowed":
        return _("Allows it")
    if lit:
        if not rung["StatementCount"]:
            return _("Nothing here allows anything")
        if not rung["Statements"]:
            return _("No statement is about this action")
        return _("No statement allows it")
    return _("Says nothing about it") if layer == "resource" else _("Does not allow it")
