"""What would put a fault or a finding of a document right, as changes of its text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from policies.engine.reader import Node, NodeKind, Reader, Unreadable

VERSION = "2012-10-17"
# Findings whose suggestion is right in the place of the value they mark, or of the name before it.
VALUES = frozenset({
    "ARN_ACCOUNT_NOT_ALLOWED", "ARN_REGION_NOT_ALLOWED", "INVALID_ACTION", "INVALID_ARN_PREFIX",
    "INVALID_ARN_SERVICE_CASE", "INVALID_EFFECT", "INVALID_PARTITION", "INVALID_SERVICE",
    "INVALID_SERVICE_IN_ACTION", "INVALID_SERVICE_PRINCIPAL_FORMAT", "RCP_SYNTAX_ERROR_ALLOW",
    "UNSUPPORTED_SID",
})  # fmt: skip
NAMES = frozenset({
    "INVALID_CONDITION_OPERATOR", "INVALID_GLOBAL_CONDITION_KEY", "INVALID_POLICY_ELEMENT",
    "INVALID_PRINCIPAL_KEY", "INVALID_SERVICE_CONDITION_KEY", "NULL_WITH_IF_EXISTS",
    "NULL_WITH_QUALIFIER", "UNSUPPORTED_GLOBAL_CONDITION_KEY",
})  # fmt: skip
OPERATORS = frozenset({
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY", "MISSING_QUALIFIER",
    "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS",
})  # fmt: skip
VERSIONS = frozenset({
    "INVALID_VERSION", "MISSING_VERSION", "VARIABLE_UNSUPPORTED_IN_VERSION", "version-too-old",
    "version-unknown",
})  # fmt: skip
STRAYS = frozenset({"characters", "json-literal", "json-name", "json-syntax"})

_STRING = r'"(?:[^"\\\n]|\\.)*"'
# What stands between a document's strings and does not belong there.
_BETWEEN = re.compile(
    rf"(?P<string>{_STRING})|(?P<comment>[ \t]*(?://[^\n]*|/\*.*?\*/))"
    r"|'(?P<single>(?:[^'\\\n\"]|\\.)*)'|(?P<quote>[\u201c\u201d\u201e])"
    r"|(?P<space>[^\S \t\r\n]|\ufeff|\u200b)",
    re.DOTALL,
)


class Change(NamedTuple):
    """`was` at this offset becomes `now`."""

    at: int
    was: str
    now: str


class Fixes:
    """The fixes of one text; offsets count from 0."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._lines = [0, *accumulate(len(line) + 1 for line in text.split("\n"))]
        try:
            self._root: Node | None = Reader(text, lambda *_: None).read()
        except Unreadable:
            self._root = None

    def offset(self, line: int, column: int) -> int:
        return self._lines[line - 1] + column - 1

    def of_fault(self, fault: Mapping[str, Any]) -> list[Change]:
        """The changes that put a fault right; none where only its writer knows."""
        code, at = fault["Code"], self.offset(fault["Line"], fault["Column"])
        if code in VERSIONS:
            return self._version()
        if code == "json-trailing-comma":
            return [Change(at, ",", "")]
        if code == "json-comma":
            return [Change(len(self.text[:at].rstrip()), "", ",")]
        strays = list(self._strays()) if code in STRAYS else []
        return strays if any(one.at <= at < one.at + len(one.was) for one in strays) else []

    def of_finding(self, finding: Mapping[str, Any]) -> list[Change]:
        """The changes that put a finding right; none where only its writer knows."""
        code, right = finding["Code"], finding.get("Suggestion", "")
        if code in VERSIONS:
            return self._version()
        if not right or " " in right or "${" in right.replace("${aws:", ""):
            return []
        start = self.offset(finding["StartLine"], finding["StartColumn"])
        end = self.offset(finding["EndLine"], finding["EndColumn"])
        path = finding["Path"]
        is_key = self._name(path) is not None
        if code in NAMES or (code == "INVALID_SERVICE" and is_key and path[-3:-2] == ["Condition"]):
            return self._renamed(path, right)
        if code in OPERATORS and len(path) > 1:
            block = self._at(path[:-1])
            return self._renamed(path[:-1], right) if block and len(block.members) == 1 else []
        if code in VALUES and self.text[start : start + 1] == '"':
            return [Change(start, self.text[start:end], json.dumps(right, ensure_ascii=False))]
        return []

    def name_before(self, finding: Mapping[str, Any]) -> int | None:
        """Where the name begins whose value a finding marks."""
        return self._name(finding["Path"])

    def _at(self, path: Sequence[str]) -> Node | None:
        node = self._root
        for part in path:
            if node is None:
                return None
            if node.kind is NodeKind.ARRAY:
                node = node.items[int(part)]
            else:
                node = next((one.value for one in node.members if one.name == part), None)
        return node

    def _name(self, path: Sequence[str]) -> int | None:
        holder = self._at(path[:-1]) if path else None
        members = holder.members if holder is not None else ()
        return next((one.start for one in members if one.name == path[-1]), None)

    def _renamed(self, path: Sequence[str], name: str) -> list[Change]:
        start = self._name(path)
        if start is None:
            return []
        written = re.compile(_STRING).match(self.text, start)
        return [Change(start, written.group(), json.dumps(name))] if written else []

    def _version(self) -> list[Change]:
        """The current version, in the place of another one or as the first element."""
        if self._root is None or self._root.kind is not NodeKind.OBJECT:
            return []
        start = self._root.start
        for name, _, value in self._root.members:
            if name.lower() == "version":
                was = self.text[value.start : value.end]
                written = [] if name == "Version" else self._renamed([name], "Version")
                return [*written, Change(value.start, was, json.dumps(VERSION))]
        space = re.compile(r"\s*").match(self.text, start + 1)
        before = space.group() if space and "\n" in space.group() else ""
        comma = "," if self._root.members else ""
        after = " " if comma and not before else ""
        return [Change(start + 1, "", f'{before}"Version": "{VERSION}"{comma}{after}')]

    def _strays(self) -> Iterator[Change]:
        """Comments, white space that JSON does not know and quotes that are not straight."""
        for found in _BETWEEN.finditer(self.text):
            was, now = found.group(), ""
            if found["string"] is not None:
                continue
            if found["single"] is not None:
                now = f'"{found["single"]}"'
            elif found["quote"] is not None:
                now = '"'
            elif found["space"] is not None:
                now = " " if was.isspace() else ""
            yield Change(found.start(), was, now)
