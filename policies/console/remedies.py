"""The smallest changes that would allow what was denied, as pages show them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from iamsite.console.asking import Asking
from iamsite.console.forms import Text
from iamsite.console.templatetags.ladder import layer_name
from iamsite.operations import Verdict
from policies.difference import diff


@dataclass(frozen=True, slots=True)
class Edit:
    """One way to make a change, as the page shows it."""

    told: dict[str, Any]
    label: str
    url: str
    may: Verdict

    @property
    def gains(self) -> str:
        return gains(self.told)

    @property
    def diff(self) -> list[tuple[str, str]]:
        if "DocumentAfter" not in self.told:
            return []
        before, after = self.told.get("DocumentBefore", ""), self.told["DocumentAfter"]
        return diff(before, after) if before else [("added", f"+ {x}") for x in after.splitlines()]


@dataclass(frozen=True, slots=True)
class Change:
    headline: str
    edits: list[Edit]
    statement: str


def proposals(
    ask: Asking, now: Mapping[str, Any] | None, address: Callable[[str], str]
) -> list[list[Change]]:
    """The remedies of an evaluation with their edits, each with whether the viewer may make it;
    `address` tells where the edit of an id is made.
    """
    if not now:
        return []
    remedies = now["Remedies"]
    edits = {
        edit["EditId"]: edit
        for remedy in remedies
        for change in remedy["Changes"]
        for edit in change["Edits"]
    }
    may = ask.may(
        **{one: (edit["Operation"], json.loads(edit["Parameters"])) for one, edit in edits.items()}
    )
    return [
        [
            Change(
                headline(change),
                [
                    Edit(
                        edit,
                        label(edit),
                        address(edit["EditId"]),
                        may[edit["EditId"]],
                    )
                    for edit in change["Edits"]
                ],
                change.get("Statement", "") if not change["Edits"] else "",
            )
            for change in remedy["Changes"]
        ]
        for remedy in remedies
    ]


# Where a statement is added, by layer.
PLACES: dict[str, Text] = {
    "identity": gettext_lazy("Allow it in an identity policy"),
    "boundary": gettext_lazy("Allow it in the permissions boundary"),
    "resource": gettext_lazy("Allow it in the policy of the resource"),
    "trust": gettext_lazy("Let the role trust the principal"),
    "session": gettext_lazy("Make the session with a session policy that allows it"),
}


def headline(change: Mapping[str, Any]) -> str:
    """What a change is, in a line."""
    kind, layer = change["Kind"], layer_name(change["Layer"])
    policy, key = change.get("PolicyName", ""), change.get("ContextKeyName", "")
    if kind == "set-value":
        if change.get("IsMFA"):
            return _("Sign in with MFA")
        value = ", ".join(change.get("ContextKeyValues", ()))
        return _("Send %(key)s = %(value)s with the request") % {"key": key, "value": value}
    if kind == "leave-out-value":
        return _("Leave %(key)s out of the request") % {"key": key}
    if kind == "narrow-deny":
        return _("Make an exception in the denial of %(policy)s") % {"policy": policy}
    if kind == "detach-policy":
        return _("Detach %(policy)s, which denies it") % {"policy": policy}
    if kind == "other-side":
        return _("%(layer)s: whoever they belong to would have to allow it") % {"layer": layer}
    return str(PLACES.get(change["Layer"], layer))


def label(edit: Mapping[str, Any]) -> str:
    """Where an edit is made."""
    words = {
        "user": _("user %(name)s"),
        "group": _("group %(name)s"),
        "role": _("role %(name)s"),
    }
    name, source = edit["PolicyName"], edit["Source"]
    holder = words.get(source, "") % {"name": edit.get("SourceName", "")}
    if edit["Operation"] == "PutResourcePolicy":
        return _("In the policy of the resource %(arn)s") % {"arn": edit["SourceName"]}
    if edit["Operation"] == "UpdateAssumeRolePolicy":
        return _("In the trust policy of role %(name)s") % {"name": edit["SourceName"]}
    if edit["Operation"].startswith("Detach"):
        return _("From %(holder)s") % {"holder": holder}
    if edit["Operation"] == "CreatePolicyVersion":
        if source == "boundary":
            return _("In the permissions boundary %(name)s") % {"name": name}
        return _("In the managed policy %(name)s of %(holder)s") % {"name": name, "holder": holder}
    if edit.get("DocumentBefore"):
        return _("In the inline policy %(name)s of %(holder)s") % {"name": name, "holder": holder}
    return _("In a new inline policy of %(holder)s") % {"holder": holder}


def gains(edit: Mapping[str, Any]) -> str:
    """Who else gains by an edit, in a line."""
    count = edit["GainCount"]
    if not count:
        return _("Nobody else gains by it.")
    names = ", ".join(arn.rpartition("/")[2] for arn in edit["Gains"][:5])
    more = "…" if count > 5 else ""
    text = ngettext(
        "%(count)d other gains by it: %(names)s", "%(count)d others gain by it: %(names)s", count
    )
    return text % {"count": count, "names": names} + more
