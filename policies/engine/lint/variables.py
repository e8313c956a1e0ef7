"""Policy variables: written as the language knows them, where it knows them?"""

from __future__ import annotations

import re

from .source import Element, Findings, Statement

_START = re.compile(r"\$\{")
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
    for start in _START.finditer(item.text):
        body, closed, _ = item.text[start.end() :].partition("}")
        if not closed:
            findings.add("MISSING_BRACE_IN_VARIABLE", item)
            return
        if not active:
            findings.add("VARIABLE_UNSUPPORTED_IN_VERSION", item, '"Version": "2012-10-17"')
            return
        name, comma, default = body.partition(",")
        if not name.strip():
            findings.add("EMPTY_VARIABLE", item)
        elif " " in name:
            right = item.text.replace(name, name.replace(" ", ""))
            findings.add("UNSUPPORTED_SPACE_IN_VARIABLE", item, right)
        elif comma and not re.fullmatch(" '[^']*'", default):
            right = f"${{{name}, '{default.strip(chr(39) + ' ')}'}}"
            findings.add("MISSING_QUOTE_IN_VARIABLE", item, right)
