"""Values of any shape of the service models, for Hypothesis."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from botocore.model import Shape
from hypothesis import strategies as st

# Everything that XML can hold.
TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
    | st.sampled_from("\t\n\r<>&\"'%+ {}"),
    max_size=8,
)
TIMES = st.integers(0, 253_402_300_799).map(lambda second: datetime.fromtimestamp(second, UTC))


Values = st.SearchStrategy[Any]


def values(shape: Shape, *, at_least: int = 0, within: tuple[str, ...] = ()) -> Values:
    """Values of the shape's type; lists and maps have `at_least` that many members.

    A structure that holds structures of its own kind (`within`) holds none of them here.
    """
    match shape.type_name:
        case "structure":
            members = {
                name: values(member, at_least=at_least, within=(*within, shape.name))
                for name, member in shape.members.items()
                if not (member.type_name == "list" and member.member.name in (*within, shape.name))
            }
            return st.fixed_dictionaries({}, optional=members)
        case "list":
            member = values(shape.member, at_least=at_least, within=within)
            return st.lists(member, min_size=at_least, max_size=2)
        case "map":
            return st.dictionaries(
                values(shape.key), values(shape.value, at_least=1), min_size=at_least, max_size=2
            )
        case "string":
            return TEXT
        case "integer":
            return st.integers(-(2**31), 2**31 - 1)
        case "long":
            return st.integers(-(2**63), 2**63 - 1)
        case "boolean":
            return st.booleans()
        case "timestamp":
            return TIMES
        case "blob":
            return st.binary(max_size=8)
    raise AssertionError(f"no values of {shape.type_name}")
