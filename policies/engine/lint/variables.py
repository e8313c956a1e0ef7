"""Policy variables: written as the language knows them, where it knows them?"""

from __future__ import annotations

import re
from collections.abc import Callable

from .source import Element, Findings, Statement

VARIABLE = re.compile(r"\$\{([^},]*)[^}]*\}")  # its name is the group
_VARIABLE_OPERATORS = ("string", "arn", "bool")


def check_variables(statement: Statement, active: bool, findings: Findings) -> None:
    for item in statement.texts("Resource", "NotResource"):
        _check_text(item, active, findings)
    for condition in statement.conditions():
        for item in condition.values.texts():
            if "${" not in item.text:
                continue
            if condition.base.startswith(_VARIABLE_OPERATORS):
                _check_text(item, active, findings)
            else:
                findings.add("INVALID_VARIABLE_FOR_OPERATOR", item)


def _check_text(item: Element, active: bool, findings: Findings) -> None:
    """Each kind of fault once: the same mistake all through a text is one mistake."""
    text, found = item.text, set[str]()

    def add(code: str, right: str = "") -> None:
        if code not in found:
            found.add(code)
            findings.add(code, item, right)

    start = text.find("${")
    while start >= 0:
        end = text.find("}", start)
        if end < 0:
            add("MISSING_BRACE_IN_VARIABLE")
            return
        if not active:
            add("VARIABLE_UNSUPPORTED_IN_VERSION", '"Version": "2012-10-17"')
            return
        name, comma, default = text[start + 2 : end].partition(",")
        if not name.strip():
            add("EMPTY_VARIABLE")
        elif " " in name:
            if "UNSUPPORTED_SPACE_IN_VARIABLE" not in found:
                add("UNSUPPORTED_SPACE_IN_VARIABLE", replaced(text, _without_space))
        elif comma and not re.fullmatch(" '[^']*'", default):
            add("MISSING_QUOTE_IN_VARIABLE", f"${{{name}, '{default.strip(chr(39) + ' ')}'}}")
        start = text.find("${", end)


def _without_space(variable: re.Match[str]) -> str:
    name = variable[1]
    return variable[0].replace(name, name.replace(" ", ""), 1)


def replaced(text: str, by: Callable[[re.Match[str]], str]) -> str:
    """The text with each closed variable replaced, in a time that is linear in its length."""
    end = text.rfind("}") + 1  # beyond it, every opening would be sought to the end in vain
    return VARIABLE.sub(by, text[:end]) + text[end:]
