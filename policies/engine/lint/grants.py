"""What the statements give together: too much, twice, or nothing."""

from __future__ import annotations

from ..document import DocumentKind
from .coverage import all_covered, covers
from .source import Element, Findings, Statement

MANY = 200


# What these allow is a limit: it gives nobody anything.
LIMITS = (DocumentKind.SCP, DocumentKind.RCP)


def check_grants(statements: list[Statement], kind: DocumentKind, findings: Findings) -> None:
    for statement in statements:
        if statement.effect == "Allow" and kind not in LIMITS:
            _check_broad(statement, "iam:PassRole", "PASS_ROLE", findings)
            _check_broad(statement, "iam:CreateServiceLinkedRole", "CREATE_SLR", findings)
    if len(statements) <= MANY:
        _check_pairs(statements, findings)


def _check_broad(statement: Statement, action: str, prefix: str, findings: Findings) -> None:
    """An action that hands out a role, on resources left open."""
    named = [item for item in statement.actions if covers(item.text.lower(), action.lower())]
    exact = [item for item in named if item.text.lower() == action.lower()]
    excluded = statement.elements.get("NotAction")
    if excluded is not None:
        patterns = [item.text.lower() for item in excluded.texts()]
        if any(covers(pattern, action.lower()) for pattern in patterns):
            return
    elif not named:
        return
    limiting = {"PASS_ROLE": "iam:passedtoservice", "CREATE_SLR": "iam:awsservicename"}[prefix]
    limited = any(one.key.lower() == limiting for one in statement.conditions())
    star = next((item for item in statement.resources if _all_roles(item)), None)
    open_resource = statement.elements.get("NotResource")
    at: Element | None = open_resource or star
    if at is None or limited:
        return
    if excluded is not None:
        code = "NOT_ACTION_AND_NOT_RESOURCE" if open_resource else "STAR_IN_RESOURCE_AND_NOT_ACTION"
    elif exact:
        code = "NOT_RESOURCE" if open_resource else "STAR_IN_RESOURCE"
    else:
        kind = "NOT_RESOURCE" if open_resource else "RESOURCE"
        code = f"STAR_IN_ACTION_AND_{kind}"
    findings.add(f"{prefix}_WITH_{code}", at)


def _all_roles(item: Element) -> bool:
    tail = item.text.split(":", 5)
    return item.text == "*" or (len(tail) == 6 and tail[5] in ("*", "role/*"))


def _check_pairs(statements: list[Statement], findings: Findings) -> None:
    for at, narrow in enumerate(statements):
        for other, wide in enumerate(statements):
            if other == at or not _covers_statement(wide, narrow):
                continue
            if wide.effect == "Deny" and narrow.effect == "Allow":
                if not wide.conditional:
                    where = f"see statement {other}, or remove this one"
                    findings.add("ALLOW_SHADOWED_BY_DENY", narrow.whole, where)
                    break
            elif wide.effect == narrow.effect and not wide.conditional:
                twin = _covers_statement(narrow, wide) and not narrow.conditional
                if not twin or other < at:
                    findings.add("REDUNDANT_STATEMENT", narrow.whole, f"see statement {other}")
                    break


def _covers_statement(wide: Statement, narrow: Statement) -> bool:
    """Whether all that the narrow one speaks of is spoken of by the wide one."""
    if any(name in one.elements for one in (wide, narrow) for name in
           ("NotAction", "NotResource", "NotPrincipal")):  # fmt: skip
        return False
    if not narrow.actions or not all_covered(wide.actions, narrow.actions, ignore_case=True):
        return False
    named = "Resource" in wide.elements or "Resource" in narrow.elements
    if named and not (
        narrow.resources and all_covered(wide.resources, narrow.resources, ignore_case=False)
    ):
        return False
    return _covers_principal(wide.elements.get("Principal"), narrow.elements.get("Principal"))


def _covers_principal(wide: Element | None, narrow: Element | None) -> bool:
    if wide is None or narrow is None:
        return wide is narrow
    everyone = wide.text == "*" or any(
        key == "AWS" and item.text == "*"
        for key, values in wide.members()
        for item in values.texts()
    )
    return everyone or _entries(narrow) <= _entries(wide)


def _entries(element: Element) -> set[tuple[str, str]]:
    if not element.is_object:
        return {("", element.text)}
    return {(key, item.text) for key, values in element.members() for item in values.texts()}
