"""Tabs of a detail page, each a link of its own (`?tab=groups`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.functional import Promise


@dataclass(frozen=True, slots=True)
class Tab:
    name: str
    label: str | Promise
    url: str
    current: bool
    count: int | None = None


def chosen_tab(request: HttpRequest, names: Sequence[str]) -> str:
    """The tab that the URL asks for, else the first."""
    wanted = request.GET.get("tab", "")
    return wanted if wanted in names else names[0]


def tabs(
    request: HttpRequest,
    chosen: str,
    labels: Mapping[str, str | Promise],
    counts: dict[str, int] | None = None,
) -> list[Tab]:
    """The tabs in order; the first one's link is the page itself."""
    first = next(iter(labels))
    return [
        Tab(
            name,
            label,
            request.path if name == first else f"{request.path}?tab={name}",
            name == chosen,
            (counts or {}).get(name),
        )
        for name, label in labels.items()
    ]
