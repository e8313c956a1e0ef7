"""The shape of a document: which elements, of which type, in which policy."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from itertools import count

from ..document import DocumentKind
from ..grammar import DOCUMENT_ELEMENTS, STATEMENT_ELEMENTS
from ..reader import NodeKind
from .catalogue import nearest
from .source import Element, Findings, Statement

VERSIONS = ("2012-10-17", "2008-10-17")
WITH_PRINCIPAL = (DocumentKind.TRUST, DocumentKind.RESOURCE, DocumentKind.RCP)
PAIRS = (("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal"))
IDENTITY_QUOTA = 6144
SCP_QUOTA = 10240
RCP_QUOTA = 5120
TRUST_QUOTA = 2048
# Latin letters that are no letter with a mark.
_LETTERS = str.maketrans({
    "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O",
    "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ł": "l", "Ł": "L", "þ": "th", "Þ": "Th", "\u0131": "i",
})  # fmt: skip
POLICY_TYPES = {
    DocumentKind.IDENTITY: "identity policy",
    DocumentKind.MANAGED: "identity policy",
    DocumentKind.SESSION: "session policy",
    DocumentKind.SCP: "service control policy",
}


def check_document(root: Element, kind: DocumentKind, findings: Findings) -> list[Statement]:
    """Check the document's own elements and return its statements."""
    if not root.is_object:
        findings.add("DATA_TYPE_MISMATCH", root, expected="object")
        return []
    elements = dict(root.members())
    for name, element in elements.items():
        if name not in DOCUMENT_ELEMENTS:
            _unknown_element(name, element, DOCUMENT_ELEMENTS, findings)
    version = elements.get("Version")
    if version is None:
        findings.add("MISSING_VERSION", root, 'add "Version": "2012-10-17"')
    elif not version.is_text:
        findings.add("DATA_TYPE_MISMATCH", version, expected="string")
    elif version.text not in VERSIONS:
        findings.add("INVALID_VERSION", version, VERSIONS[0], version=version.text)
    if "Id" in elements and not elements["Id"].is_text:
        findings.add("DATA_TYPE_MISMATCH", elements["Id"], expected="string")
    if "Statement" not in elements:
        findings.add("MISSING_STATEMENT", root)
        return []
    statements = []
    for item in elements["Statement"].items():
        if item.is_object:
            statements.append(_statement(item, kind, findings))
        else:
            findings.add("DATA_TYPE_MISMATCH", item, expected="object")
    if not statements and elements["Statement"].is_list:
        findings.add("MISSING_STATEMENT", elements["Statement"])
    _check_sids(statements, kind, findings)
    return statements


def check_size(text: str, root: Element, kind: DocumentKind, findings: Findings) -> None:
    """The size quotas, by their default values."""
    if kind is DocumentKind.SCP and len(text) > SCP_QUOTA:
        findings.add("POLICY_SIZE_EXCEEDS_SCP_QUOTA", root, size=len(text), limit=SCP_QUOTA)
    if kind is DocumentKind.RCP and len(text) > RCP_QUOTA:
        findings.add("POLICY_SIZE_EXCEEDS_RCP_QUOTA", root, size=len(text), limit=RCP_QUOTA)
    size = len(re.sub(r"\s", "", text))
    if kind is DocumentKind.TRUST and size > TRUST_QUOTA:
        code = "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA"
        findings.add(code, root, size=size, limit=TRUST_QUOTA)
    if kind in (DocumentKind.IDENTITY, DocumentKind.MANAGED) and size > IDENTITY_QUOTA:
        code = "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA"
        findings.add(code, root, size=size, limit=IDENTITY_QUOTA)


def _unknown_element(
    name: str, element: Element, known: tuple[str, ...], findings: Findings
) -> None:
    findings.add("INVALID_POLICY_ELEMENT", element, nearest(name, known), element=name)


def _statement(whole: Element, kind: DocumentKind, findings: Findings) -> Statement:
    elements = dict(whole.members())
    for name, element in elements.items():
        if name not in STATEMENT_ELEMENTS:
            _unknown_element(name, element, STATEMENT_ELEMENTS, findings)
    for first, second in PAIRS:
        if first in elements and second in elements:
            code = "UNSUPPORTED_ELEMENT_COMBINATION"
            findings.add(code, elements[second], first=first, second=second)
    _check_effect(whole, elements, findings)
    _check_presence(whole, elements, kind, findings)
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        if name in elements:
            _check_texts(name, elements[name], findings)
    if "Condition" in elements:
        _check_condition(elements["Condition"], findings)
    return Statement(whole, elements)


def _check_effect(whole: Element, elements: dict[str, Element], findings: Findings) -> None:
    effect = elements.get("Effect")
    if effect is None:
        findings.add("MISSING_EFFECT", whole)
    elif not effect.is_text:
        findings.add("DATA_TYPE_MISMATCH", effect, expected="string")
    elif effect.text not in ("Allow", "Deny"):
        right = nearest(effect.text, ("Allow", "Deny"))
        findings.add("INVALID_EFFECT", effect, right, effect=effect.text)


def _check_presence(
    whole: Element, elements: dict[str, Element], kind: DocumentKind, findings: Findings
) -> None:
    if "Action" not in elements and "NotAction" not in elements:
        findings.add("MISSING_ACTION", whole)
    resource = elements.get("Resource") or elements.get("NotResource")
    if kind is DocumentKind.TRUST:
        if resource:
            findings.add("ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE", resource)
    elif resource is None and kind is not DocumentKind.RESOURCE:
        findings.add("MISSING_RESOURCE", whole)
    principal = elements.get("Principal") or elements.get("NotPrincipal")
    if kind in WITH_PRINCIPAL:
        if principal is None:
            findings.add("MISSING_PRINCIPAL", whole)
    elif principal is not None:
        if kind is DocumentKind.SCP:
            findings.add("SCP_SYNTAX_ERROR_PRINCIPAL", principal)
        else:
            findings.add("UNSUPPORTED_PRINCIPAL", principal, kind=POLICY_TYPES[kind])


def _check_texts(name: str, element: Element, findings: Findings) -> None:
    if element.is_list and not element.node.items:
        code = "EMPTY_ARRAY_ACTION" if "Action" in name else "EMPTY_ARRAY_RESOURCE"
        findings.add(code, element)
    for item in element.items():
        if not item.is_text:
            findings.add("DATA_TYPE_MISMATCH", item, expected="string")


def _check_condition(element: Element, findings: Findings) -> None:
    if not element.is_object:
        findings.add("DATA_TYPE_MISMATCH", element, expected="object")
        return
    if not element.node.members:
        findings.add("EMPTY_OBJECT_CONDITION", element)
    for _, keys in element.members():
        if not keys.is_object:
            findings.add("DATA_TYPE_MISMATCH", keys, expected="object")
        elif not keys.node.members:
            findings.add("EMPTY_OBJECT_CONDITION", keys)
        for _, values in keys.members():
            for value in values.items():
                if value.node.kind in (NodeKind.OBJECT, NodeKind.ARRAY, NodeKind.NULL):
                    findings.add("DATA_TYPE_MISMATCH", value, expected="string")


def _check_sids(statements: list[Statement], kind: DocumentKind, findings: Findings) -> None:
    seen: set[str] = set()
    plain = _PlainSids(statements)
    resource = kind is DocumentKind.RESOURCE
    for statement in statements:
        sid = statement.elements.get("Sid")
        if sid is None:
            continue
        if not sid.is_text:
            findings.add("DATA_TYPE_MISMATCH", sid, expected="string")
        elif sid.text == "":
            findings.add("EMPTY_SID_VALUE", sid)
        elif kind not in WITH_PRINCIPAL and not re.fullmatch("[0-9A-Za-z]*", sid.text):
            findings.add("UNSUPPORTED_SID", sid, plain.of(sid.text))
        elif sid.text in seen:
            findings.add("UNIQUE_SIDS_RECOMMENDED" if resource else "UNIQUE_SIDS_REQUIRED", sid)
        seen.add(sid.text)


class _PlainSids:
    """Ids of letters and digits alone, in place of others, that no statement has yet."""

    def __init__(self, statements: list[Statement]) -> None:
        sids = (one.elements.get("Sid") for one in statements)
        self._taken = {sid.text for sid in sids if sid is not None and sid.is_text}
        self._numbers: dict[str, count[int]] = defaultdict(lambda: count(2))

    def of(self, text: str) -> str:
        """`Fur` for `Für`; "" where nothing can be kept."""
        letters = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        plain = found = re.sub("[^0-9A-Za-z]", "", letters)
        while found in self._taken:
            found = f"{plain}{next(self._numbers[plain])}"
        if found:
            self._taken.add(found)
        return found
