"""A directed graph drawn in layers, from left to right, as plain numbers for an SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from iamsite.console.principals import Shown

HEIGHT = 40  # of a node, in the SVG's own pixels
DOWN = 16  # the gap between the nodes of a layer
EDGE = 2  # half of the widest stroke
LOOP = 60  # how far an arrow within a layer bends out at most
PAGE = 1134  # as wide as the picture may be without being scrolled
WIDEST = 360  # the gap between few layers, which have the page to themselves


@dataclass(frozen=True, slots=True)
class Scale:
    """How wide nodes are and how far apart layers, in pixels; how long a name in characters."""

    width: int
    across: int
    longest: int


ROOMY, TIGHT = Scale(240, 120, 28), Scale(160, 40, 18)
MOST_ROOMY = 3  # layers that fit a page beside each other


@dataclass(frozen=True, slots=True)
class Node:
    shown: Shown
    tone: str
    x: int
    y: int
    scale: Scale

    @property
    def name(self) -> str:
        name, longest = self.shown.name, self.scale.longest
        return name if len(name) <= longest else f"{name[: longest - 1]}…"


@dataclass(frozen=True, slots=True)
class Line:
    path: str
    is_conditional: bool


@dataclass(frozen=True, slots=True)
class Picture:
    width: int
    height: int
    nodes: list[Node]
    lines: list[Line]


def picture(
    nodes: Mapping[str, tuple[Shown, str]], edges: Sequence[tuple[str, str, bool]]
) -> Picture:
    """`nodes` by their ids; `edges` as (from, to, whether it is conditional)."""
    layers = _layers(nodes, edges)
    last = set(layers[-1])
    has_loops = any(one in last and other in last for one, other, _ in edges)
    scale = _scale(len(layers), has_loops)
    step = scale.width + scale.across
    _untangle(layers, edges)
    height = max(len(layer) for layer in layers) * (HEIGHT + DOWN) - DOWN + 2 * EDGE
    places: dict[str, tuple[int, int]] = {}
    for column, layer in enumerate(layers):
        free = height - len(layer) * (HEIGHT + DOWN) + DOWN
        for row, name in enumerate(layer):
            places[name] = column * step + EDGE, free // 2 + row * (HEIGHT + DOWN)
    width = len(layers) * step - scale.across + has_loops * LOOP + 2 * EDGE
    drawn = [Node(*nodes[name], x, y, scale) for name, (x, y) in places.items()]
    lines = [Line(_curve(places[one], places[other], scale), maybe) for one, other, maybe in edges]
    return Picture(width, height, drawn, lines)


def _scale(layers: int, has_loops: bool) -> Scale:
    """What fits the page; few layers have it to themselves."""
    if layers > MOST_ROOMY:
        return TIGHT
    room = PAGE - has_loops * LOOP - layers * ROOMY.width
    across = min(max(ROOMY.across, room // max(layers - 1, 1)), WIDEST)
    return replace(ROOMY, across=across)


def _layers(nodes: Mapping[str, object], edges: Sequence[tuple[str, str, bool]]) -> list[list[str]]:
    """Each node one layer behind the nearest that leads to it; circles are cut where one enters."""
    into = {other for one, other, _ in edges if one != other}
    depth = {name: 0 for name in nodes if name not in into} or {next(iter(nodes)): 0}
    waiting = list(depth)
    out: dict[str, list[str]] = {}
    for one, other, _ in edges:
        out.setdefault(one, []).append(other)
    while len(depth) < len(nodes):
        for name in waiting:  # grows as it is walked
            for other in out.get(name, ()):
                if other not in depth:
                    depth[other] = depth[name] + 1
                    waiting.append(other)
        rest = [name for name in nodes if name not in depth]
        if rest:  # a circle that nothing leads into
            depth[rest[0]] = 0
            waiting.append(rest[0])
    layers: list[list[str]] = [[] for _ in range(max(depth.values()) + 1)]
    for name in nodes:
        layers[depth[name]].append(name)
    return layers


def _untangle(layers: list[list[str]], edges: Sequence[tuple[str, str, bool]]) -> None:
    """Puts each node near the middle of those that lead to it, twice over."""
    for _ in range(2):
        for before, layer in pairwise(layers):
            place = {name: at for at, name in enumerate(before)}

            def middle(name: str, place: Mapping[str, int] = place) -> float:
                found = [place[one] for one, other, _ in edges if other == name and one in place]
                return sum(found) / len(found) if found else 0.0

            layer.sort(key=middle)


def _curve(start: tuple[int, int], end: tuple[int, int], scale: Scale) -> str:
    """An arrow from one node's side to the other's: to the right, down the same layer, or back."""
    y, to_y = start[1] + HEIGHT // 2, end[1] + HEIGHT // 2
    if end[0] > start[0]:
        x, to_x = start[0] + scale.width, end[0] - 6
        bend = (to_x - x) // 2
        return f"M{x} {y}C{x + bend} {y} {to_x - bend} {to_y} {to_x} {to_y}"
    to_x = end[0] + scale.width + 6
    if end[0] == start[0]:
        x, out = start[0] + scale.width, min(LOOP, scale.across // 2)
        return f"M{x} {y}C{x + out} {y} {to_x + out} {to_y} {to_x} {to_y}"
    x = start[0]
    bend = (x - to_x) // 2
    return f"M{x} {y}C{x - bend} {y} {to_x + bend} {to_y} {to_x} {to_y}"
