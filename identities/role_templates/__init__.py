"""The role templates that come with the portal, read from the files beside this one.

AWS's model leaves their content to the services that manage them; these are ours, for what people
make roles for most. A file is a template of one major version: what `RoleTemplateVersion` has in
common for all minor versions, and `Versions` with what is each one's own.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ARN = "arn:aws:iam::aws:role-template/"


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """One minor version of a template.

    `trust_policy` and the documents of `inline_policies` are parsed JSON; all texts may hold
    places. `enabled` is the template's, `version_enabled` the version's own.
    """

    name: str
    description: str
    major: int
    minor: int
    default_minor: int
    managed_by: str
    enabled: bool
    version_enabled: bool
    role_name: str
    role_path: str
    role_description: str
    trust_policy: Mapping[str, Any]
    inline_policies: Sequence[Mapping[str, Any]]
    managed_policy_arns: Sequence[str]
    boundary: str | None
    parameters: Sequence[Mapping[str, Any]]
    tags: Sequence[Mapping[str, str]]
    max_session_duration: int
    created_at: datetime
    updated_at: datetime

    @property
    def arn(self) -> str:
        return f"{ARN}{self.name}"

    @property
    def id(self) -> str:
        """The same in every installation: derived from the ARN and the version."""
        digest = hashlib.sha256(f"{self.arn}/{self.major}.{self.minor}".encode()).digest()
        return "ARTV" + base64.b32encode(digest).decode()[:17]


@cache
def templates() -> Mapping[str, Mapping[int, TemplateVersion]]:
    """Every version by the template's ARN and its minor number."""
    found = (_versions(file) for file in sorted(FOLDER.glob("*.json")))
    return {versions[0].arn: {one.minor: one for one in versions} for versions in found}


def _versions(file: Path) -> list[TemplateVersion]:
    held = json.loads(file.read_text())
    return [
        TemplateVersion(
            name=file.stem,
            description=held["Description"],
            major=held["MajorVersion"],
            minor=one["MinorVersion"],
            default_minor=held["DefaultMinorVersion"],
            managed_by=held["ManagedByValue"],
            enabled=held["Enabled"],
            version_enabled=one["VersionEnabled"],
            role_name=one["RoleNamePattern"],
            role_path=one["RolePathPattern"],
            role_description=one["RoleDescriptionPattern"],
            trust_policy=one["AssumeRolePolicyDocumentTemplate"],
            inline_policies=one.get("InlinePolicyTemplates", []),
            managed_policy_arns=one.get("ManagedPolicyArns", []),
            boundary=one.get("PermissionBoundaryArn"),
            parameters=one["ParametersDefinition"],
            tags=one.get("RoleTagsTemplate", []),
            max_session_duration=one.get("MaxSessionDuration", 3600),
            created_at=datetime.fromisoformat(one["CreateTimestamp"]),
            updated_at=datetime.fromisoformat(one["UpdateTimestamp"]),
        )
        for one in held["Versions"]
    ]
