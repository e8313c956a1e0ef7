"""The whole dictionary of AWS managed policies, as an optional package carries it.

moto (Apache-2.0) keeps the documents of all of them up to date and releases every few weeks. Only
its file of data is read; nothing of its code runs. Descriptions are not in it.
"""

from __future__ import annotations

import ast
import importlib.metadata
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from policies.managed import INDENT, ManagedPolicy

PACKAGE = "moto"
DATA = "moto/iam/aws_managed_policies.py"
NAME = "aws_managed_policies_data"
# The order in which AWS writes documents, which the package sorts by letter.
ORDER = ("Version", "Id", "Statement", "Sid", "Effect", "Action", "NotAction", "Resource")


class NotInstalled(Exception):
    """The package is not installed, or has its data elsewhere now."""


def packaged_policies() -> Iterator[ManagedPolicy]:
    """Every policy that the package carries, by name. Raises NotInstalled."""
    for name, held in sorted(_data().items()):
        yield ManagedPolicy(
            name=name,
            path=held["Path"],
            description=held.get("Description", ""),
            version=int(held["DefaultVersionId"].removeprefix("v")),
            created_at=datetime.fromisoformat(held["CreateDate"]),
            updated_at=datetime.fromisoformat(held["UpdateDate"]),
            document=json.dumps(_ordered(held["Document"]), indent=INDENT, ensure_ascii=False),
        )


def _data() -> Mapping[str, Any]:
    try:
        file = importlib.metadata.distribution(PACKAGE).locate_file(DATA)
        text = _constant(Path(str(file)).read_text(encoding="utf-8"))
    except (importlib.metadata.PackageNotFoundError, OSError) as error:
        raise NotInstalled(
            f"The package {PACKAGE}, which carries the documents, is not installed: "
            "pip install --group managed"
        ) from error
    found: Mapping[str, Any] = json.loads(text)
    return found


def _constant(source: str) -> str:
    """The text that the module gives the name of its data."""
    for one in ast.parse(source).body:
        if isinstance(one, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == NAME for target in one.targets
        ):
            return str(ast.literal_eval(one.value))
    raise NotInstalled(f"The installed {PACKAGE} has no {NAME} in {DATA}.")


def _ordered(document: Mapping[str, Any]) -> dict[str, Any]:
    statements = document.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    return _sorted({**document, "Statement": [_sorted(one) for one in statements]})


def _sorted(members: Mapping[str, Any]) -> dict[str, Any]:
    def place(name: str) -> tuple[int, str]:
        return (ORDER.index(name) if name in ORDER else len(ORDER), name)

    return {name: members[name] for name in sorted(members, key=place)}
