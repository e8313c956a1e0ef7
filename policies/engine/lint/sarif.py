"""Findings as SARIF 2.1.0, for code scanning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .codes import CODES, OWN_CODES
from .findings import Finding, FindingType

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
REFERENCE = (
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"
)
_LEVELS = {
    FindingType.ERROR: "error",
    FindingType.SECURITY_WARNING: "error",
    FindingType.WARNING: "warning",
    FindingType.SUGGESTION: "note",
}


def sarif(findings: Mapping[str, Sequence[Finding]]) -> dict[str, Any]:
    """One run with the findings of each file, keyed by its name."""
    used = sorted({one.code for found in findings.values() for one in found})
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "policies.engine lint",
                        "rules": [_rule(code) for code in used],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [
                    _result(name, one, used.index(one.code))
                    for name, found in findings.items()
                    for one in found
                ],
            }
        ],
    }


def _rule(code: str) -> dict[str, Any]:
    type_, message = CODES[code]
    rule = {
        "id": code,
        "shortDescription": {"text": message},
        "defaultConfiguration": {"level": _LEVELS[type_]},
        "properties": {"findingType": type_.value},
    }
    if code not in OWN_CODES:
        rule["helpUri"] = REFERENCE
    return rule


def _result(name: str, finding: Finding, index: int) -> dict[str, Any]:
    text = finding.message
    if finding.suggestion:
        text += f" Suggestion: {finding.suggestion}"
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": _LEVELS[finding.type],
        "message": {"text": text},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": name},
                    "region": {
                        "startLine": finding.line,
                        "startColumn": finding.column,
                        "endLine": finding.end_line,
                        "endColumn": finding.end_column,
                    },
                },
                "logicalLocations": [
                    {"fullyQualifiedName": "/".join(map(str, finding.path)) or "/"}
                ],
            }
        ],
    }
