"""What patterns have in common, as patterns.

Two patterns may have several in common: `a/*` and `*/z` have `a/*/z`, and `a/z`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import product

from .patterns import Glob, fold

MOST_STEPS = 5_000  # of one pair; patterns of ordinary length and shape take some dozens
MOST_WAYS = 50
Common = Sequence[str]
_glob = lru_cache(maxsize=4096)(Glob.of)


class Intricate(Exception):
    """Raised where what patterns have in common takes too much to work out."""


def cells(
    starts: Iterable[str],
    patterns: Iterable[str],
    overlap: Callable[[str, str], Common],
    most: int,
) -> dict[str, None]:
    """`starts`, and what they and any of `patterns` have in common, two, three or more of them.

    Whatever a start covers is covered by one of these and by no pattern that this one is not
    covered by. Raises Intricate where they are more than `most`.
    """
    found = dict.fromkeys(starts)
    for pattern in dict.fromkeys((*found, *patterns)):
        for one in [*found]:
            found |= dict.fromkeys(overlap(one, pattern))
        if len(found) > most:
            raise Intricate
    return found


@lru_cache(maxsize=65_536)
def resource_overlap(one: str, other: str) -> Common:
    """What two resource patterns both cover. Raises Intricate.

    Wildcards stay between the colons of an ARN (policies/engine/resources.py).
    """
    if one == other or other == "*":
        return (one,)
    if one == "*":
        return (other,)
    mine, theirs = (_parts(text) for text in (one, other))
    if mine is None or theirs is None:
        return ()
    common: list[Common] = []
    for number, (left, right) in enumerate(zip(mine, theirs, strict=True)):
        front = number < 5  # which compares ignoring case
        if front and fold(left) == fold(right):
            common.append((left,))
            continue
        both = glob_overlap(fold(left), fold(right)) if front else glob_overlap(left, right)
        if not both:
            return ()
        common.append(both)
    return tuple(map(":".join, product(*common)))


def next_wider(patterns: Sequence[str]) -> list[list[str]]:
    """Of each resource pattern those that cover it and more, without those around them in turn.

    Of two that cover the same the first counts as the wider one.
    """
    around = {
        narrow: {
            wide
            for other, wide in enumerate(patterns)
            if _covers(wide, narrow)
            and (other < number or (other > number and not _covers(narrow, wide)))
        }
        for number, narrow in enumerate(patterns)
    }
    return [
        [one for one in around[of] if not any(one in around[other] for other in around[of])]
        for of in patterns
    ]


def _covers(wide: str, narrow: str) -> bool:
    if wide == "*" or wide == narrow:
        return True
    outer, inner = _parts(wide), _parts(narrow)
    return (
        outer is not None
        and inner is not None
        and all(map(_is_within, map(fold, inner[:5]), map(fold, outer[:5])))
        and _is_within(inner[5], outer[5])
    )


def _is_within(narrow: str, wide: str) -> bool:
    # A star of it stands for more than the one letter that it is.
    return _glob(wide).matches(narrow.replace("*", "**"))


def _parts(text: str) -> list[str] | None:
    parts = text.split(":", 5)
    if len(parts) < 3 or parts[0] != "arn":
        return None
    return parts + ["*"] * (6 - len(parts))


def glob_overlap(one: str, other: str) -> Common:
    """What two patterns of `*`, `?` and literals both match. Raises Intricate."""
    if one == other:
        return (one,)
    heads = [text[: _wild(text)] for text in (one, other)]
    shorter = min(map(len, heads))
    if heads[0][:shorter] != heads[1][:shorter]:
        return ()
    ways = dict.fromkeys(_ways(one, other))
    return tuple(
        way for way in ways if not any(way != wide and _is_within(way, wide) for wide in ways)
    )


def _wild(text: str) -> int:
    return next((place for place, letter in enumerate(text) if letter in "*?"), len(text))


def _ways(one: str, other: str) -> Iterator[str]:
    """Every way side by side through both."""
    places: list[tuple[int, int, str]] = [(0, 0, "")]
    steps = ways = 0
    while places:
        i, j, text = places.pop()
        steps += 1
        if i == len(one) and j == len(other):
            ways += 1
            yield text
        if steps > MOST_STEPS or ways > MOST_WAYS:
            raise Intricate
        onward = _steps(one, i, other, j)
        places += ((left, right, text + added) for left, right, added in onward)


def _steps(one: str, i: int, other: str, j: int) -> Iterator[tuple[int, int, str]]:
    """The ways on from a place in both, and what each adds."""
    left, right = one[i : i + 1], other[j : j + 1]
    if left == "*" == right:
        yield from ((i + 1, j, "*"), (i, j + 1, "*"))
    elif left == "*":
        yield i + 1, j, ""
        if right:
            yield i, j + 1, right
    elif right == "*":
        yield i, j + 1, ""
        if left:
            yield i + 1, j, left
    elif left and right and (left == right or "?" in (left, right)):
        yield i + 1, j + 1, right if left == "?" else left
