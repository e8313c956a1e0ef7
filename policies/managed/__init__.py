"""The AWS managed policies that come with the portal, read from the files beside this one."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

FOLDER = Path(__file__).parent
INDENT = 2


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """One AWS managed policy as its file describes it."""

    name: str
    path: str
    description: str
    version: int
    created_at: datetime
    updated_at: datetime
    document: str

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::aws:policy{self.path}{self.name}"

    @property
    def id(self) -> str:
        """Its unique id, the same in every installation: derived from the ARN."""
        digest = base64.b32encode(hashlib.sha256(self.arn.encode()).digest()).decode()
        return "ANPA" + digest[:17]

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.document.encode()).digest()

    @property
    def is_attachable(self) -> bool:
        """Whether customers may attach it: those of service-linked roles they may not."""
        return not self.path.startswith("/aws-service-role/")


def managed_policies(folder: Path = FOLDER) -> Iterator[ManagedPolicy]:
    """Every policy under `folder`, by path and name."""
    for file in sorted(folder.rglob("*.json")):
        held = json.loads(file.read_text())
        parts = file.relative_to(folder).parent.parts
        yield ManagedPolicy(
            name=file.stem,
            path="/" + "".join(f"{part}/" for part in parts),
            description=held.get("Description", ""),
            version=int(held["DefaultVersionId"].removeprefix("v")),
            created_at=datetime.fromisoformat(held["CreateDate"]),
            updated_at=datetime.fromisoformat(held["UpdateDate"]),
            document=json.dumps(held["Document"], indent=INDENT, ensure_ascii=False),
        )
