"""Principals of all kinds as pages show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from iamsite.console.asking import Asking

KINDS: dict[str, tuple[str, str | Promise]] = {
    "Root": ("shield-lock", _("Root user")),
    "User": ("user", _("User")),
    "Role": ("id-badge-2", _("Role")),
    "Account": ("building", _("Another account")),
    "Principal": ("user", _("Of another account")),
    "Service": ("box", _("Service")),
    "IdentityProvider": ("link", _("Identity provider")),
    "Everyone": ("users", _("Everyone")),
    "Deleted": ("ban", _("Deleted")),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A principal: its ARN, its kind (a key of KINDS), and its page's address, "" for none."""

    arn: str
    kind: str
    url: str = ""

    @property
    def icon(self) -> str:
        return KINDS[self.kind][0]

    @property
    def label(self) -> str:
        return str(KINDS[self.kind][1])

    @property
    def name(self) -> str:
        if self.kind == "Everyone":
            return str(_("Everyone"))
        if self.kind == "Root":
            return "root"
        if self.kind == "Account":
            return str(_("Account %(id)s")) % {"id": self.arn.split(":")[4]}
        if self.kind in ("User", "Role", "Deleted"):
            return self.arn.rpartition("/")[2]
        return self.arn.split(":", 5)[-1] if self.arn.startswith("arn:") else self.arn


def shown(arn: str, kind: str) -> Shown:
    if kind in ("User", "Role"):
        return Shown(arn, kind, _page(kind.lower(), arn.rpartition("/")[2]))
    return Shown(arn, kind)


@lru_cache(maxsize=10_000)
def _page(kind: str, name: str) -> str:
    return reverse(f"console:{kind}", args=[name])


def named(ask: Asking, text: str, kinds: Collection[str]) -> str:
    """The ARN of the one that is called `text` among users, groups and roles of `kinds`, as far as
    the viewer may list them; `text` itself for an ARN, or where there is none or more than one."""
    if not text or ":" in text:
        return text
    found = ask.see(found=("Search", {"Query": text}))["found"].result.get("Matches", [])
    arns = {
        one["Arn"]
        for one in found
        if one["Type"] in kinds and one["Name"].casefold() == text.casefold()
    }
    return str(arns.pop()) if len(arns) == 1 else text


def statement_url(statement: dict[str, str]) -> str:
    """The page of the policy that holds a statement; "" where it has none."""
    if arn := statement.get("PolicyArn"):
        return reverse("console:policy", args=[arn]) if ":policy/" in arn else ""
    source, name = statement.get("Source", ""), statement.get("SourceName", "")
    if source in ("User", "Group", "Role") and name:
        route = f"console:edit-inline-{source.lower()}-policy"
        return reverse(route, args=[name, statement["PolicyName"]])
    return ""
