"""What the checks of parameters say, in words for people.

Every other face says it as AWS does (iamsite/operations/validation.py): a pattern is a regular
expression there, which helps nobody who has mistyped an email address in a form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from iamsite.operations.models import operations

# "Value at 'userName' failed to satisfy constraint: Member must …", also "Value 'x' at 'tags.1…' …"
_FAULT = re.compile(
    r"Value(?: null| '.*?')? at '([^']+)' failed to satisfy constraint: ([^;]+)", re.DOTALL
)
_BEGIN = re.compile(r"\d+ validation errors? detected: ")
NOT_NULL = "not be null"
_PATTERN = "satisfy regular expression pattern: "
_ENUM = re.compile(r"satisfy enum value set: \[(.*)\]", re.DOTALL)
_BOUND = re.compile(r"have (length|value) (less|greater) than or equal to (\S+)")
_OF_EACH = re.compile(r"satisfy constraint: \[(.*)\]", re.DOTALL)

_PLAIN = gettext_lazy("It must have letters without accents, digits and {marks} only.")
_ASCII = gettext_lazy(
    "It must have letters without accents, digits, spaces and the punctuation of a keyboard only."
)
_LATIN = gettext_lazy(
    "It must have characters of Western European languages only: no other letters, no curly "
    "quotes, no emoji."
)
_TEXT = gettext_lazy("It must have no control characters.")
_TAG = gettext_lazy("It must have letters, digits, spaces and _.:/=+-@ only.")
_DIGITS = gettext_lazy("It must have digits only.")
_ALPHANUMERIC = gettext_lazy("It must have letters without accents and digits only.")
_PATH = gettext_lazy("It must begin and end with / and have no spaces and accents: /team/.")
_PREFIX = gettext_lazy("It must begin with / and have no spaces and accents: /team/.")
_ACCOUNT = gettext_lazy("It must be the id of an account: 12 digits.")
_HEX = gettext_lazy("It must be an id of digits, the letters a to f, and hyphens.")
_ID = gettext_lazy("It must be an id such as {example}.")
_PLACE = gettext_lazy("It must be the id of an account, or an id such as {example}.")


def _with(marks: str) -> Promise:
    return format_lazy(_PLAIN, marks=marks)


def _like(example: str, template: Promise = _ID) -> Promise:
    return format_lazy(template, example=example)


_NAME, _ARN, _UNIT = _with("_+=,.@-"), _with("_+=/:,.@-"), "ou-ab12-1a2b3c4d"

# What a text has to be, by the pattern of the service models; a test tells which are missing.
PATTERNS: dict[str, Promise] = {
    # Names and ids
    r"[\w+=,.@-]+": _NAME,
    r"[\w+=,.@-]*": _NAME,
    r"[\w+=,.@-]{1,64}": _NAME,
    r"[\w+=,.@ -]+": gettext_lazy(
        "It must have letters without accents, digits, spaces and _+=,.@- only."
    ),
    r"[\w._-]+": _with("._-"),
    r"[\w-]+": _with("_-"),
    r"[\w-]*": _with("_-"),
    r"[\w]+": _with("_"),
    r"[\w]*": _with("_"),
    r"[\w+=/:,.@-]+": _ARN,
    r"[\w+=/:,.@-]*": _ARN,
    r"[\w+=,.@:\/-]*": _ARN,
    r"^[a-zA-Z0-9:/+=,.@_-]+$": _ARN,
    r"^[a-zA-Z0-9:_.-]+$": _with(":_.-"),
    r"[A-Z0-9]+": gettext_lazy("It must have capital letters and digits only."),
    r"[A-Za-z][A-Za-z0-9]*": _ALPHANUMERIC,
    r"[A-Za-z][A-Za-z0-9_-]*": gettext_lazy(
        "It must begin with a letter, and have letters without accents, digits and _- only."
    ),
    r"^[A-Za-z][A-Za-z0-9/_-]*$": gettext_lazy(
        "It must begin with a letter, and have letters without accents, digits and /_- only."
    ),
    r"[a-z][a-z0-9-]*": gettext_lazy(
        "It must begin with a small letter, and have small letters, digits and hyphens only."
    ),
    r"^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$": gettext_lazy(
        "It must have 3 to 63 small letters, digits and single hyphens, with no hyphen at either "
        "end."
    ),
    r"[0-9]+": _DIGITS,
    r"[\d]+": _DIGITS,
    r"[\d]*": _DIGITS,
    r"[0-9a-f-]+": _HEX,
    r"[0-9a-fA-F-]+": _HEX,
    r"v[1-9][0-9]*(\.[A-Za-z0-9-]*)?": gettext_lazy("It must be a version such as v2."),
    # Accounts and what organizations are made of
    r"[^\s@]+@[^\s@]+\.[^\s@]+": gettext_lazy(
        "This is no email address. Write one such as name@example.com."
    ),
    r"\d{12}": _ACCOUNT,
    r"^\d{12}$": _ACCOUNT,
    r"^(\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$": _like(_UNIT, _PLACE),
    r"^(r-[0-9a-z]{4,32})|(\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$": _like(_UNIT, _PLACE),
    r"^(r-[0-9a-z]{4,32})|(\d{12})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})|(^p-[0-9a-zA-Z_]{8,128})"
    r"|(^rp-[0-9a-zA-Z_]{4,128})|(^rt-[0-9a-zA-Z_]{8,32})$": _like(_UNIT, _PLACE),
    r"^(r-[0-9a-z]{4,32})|(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})$": _like(_UNIT),
    r"^ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}$": _like(_UNIT),
    r"^r-[0-9a-z]{4,32}$": _like("r-ab12"),
    r"^p-[0-9a-zA-Z_]{8,128}$": _like("p-1a2b3c4d"),
    r"^h-[0-9a-z]{8,32}$": _like("h-1a2b3c4d"),
    r"^rt-[0-9a-z]{8,32}$": _like("rt-1a2b3c4d"),
    r"^car-[a-z0-9]{8,32}$": _like("car-1a2b3c4d"),
    r"^o-[0-9a-z]{10,32}\/r-[0-9a-z]{4,32}[0-9a-z-\/]*": _like("o-1a2b3c4d5e/r-ab12"),
    # Paths, addresses, what services are made of
    r"((/[A-Za-z0-9\.,\+@=_-]+)*)/": _PATH,
    r"(\u002F)|(\u002F[\u0021-\u007E]+\u002F)": _PATH,
    r"\u002F[\u0021-\u007F]*": _PREFIX,
    r"^http(s?)://[a-zA-Z0-9._/-]*(\?[a-zA-Z0-9._=&-]*)?(#[a-zA-Z0-9._/-]*)?$": gettext_lazy(
        "It must be an address such as https://example.com/done."
    ),
    r"arn:aws:[a-z0-9-]+:[^:]*:[^:]*:\S+": gettext_lazy(
        "It must be an ARN such as arn:aws:ledger::${Account}:entry/${EntryId}."
    ),
    r"[A-Za-z][A-Za-z0-9-]*:[A-Za-z0-9:/${}._-]+": gettext_lazy(
        "It must be a condition key such as ledger:Region."
    ),
    r"[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)+": gettext_lazy(
        "It must be a name such as ledger.example.com: small letters, digits, hyphens and dots."
    ),
    # Texts
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*": _TAG,
    r"[\p{L}\p{Z}\p{N}_.:/=+\-@]+": _TAG,
    r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$": _TAG,
    r"[ -~]+": _ASCII,
    r"^[ -~]+$": _ASCII,
    r"[\u0020-\u007E]+": _ASCII,
    r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]*": _LATIN,
    r"[\u0009\u000A\u000D\u0020-\u007E\u00A1-\u00FF]+": _LATIN,
    r"[\u0009\u000A\u000D\u0020-\u00FF]+": _LATIN,
    r"[\u0020-\u00FF]+": _LATIN,
    r"[\u0009\u000A\u000D\u0020-\u007E\u0085\u00A0-\uD7FF\uE000-\uFFFD\u10000-\u10FFFF]+": _TEXT,
    r"[^\u0000-\u001f\u007f]+": _TEXT,
    r"[^\u0000]*": _TEXT,
    r"[\s\S]*": _TEXT,
}


class Fault(NamedTuple):
    """The parameter, spelt as the model does, and what is wrong with it, in words."""

    parameter: str
    told: str


def faults_of(message: str) -> Iterator[Fault]:
    """What an operation's message says of its parameters; nothing if it is about another thing."""
    for found in _FAULT.finditer(message):
        parameter = parameter_of(found[1])
        is_list = "." not in found[1] and parameter in _lists()
        yield Fault(parameter, _told(found[2].strip(), is_list))


def parameter_of(path: str) -> str:
    """The parameter of a path such as `tags.1.member.key`."""
    first = path.partition(".")[0]
    return first[:1].upper() + first[1:]


def _place(path: str) -> str:
    """`tags.1.member.key` as people read it: Tags.1.Key."""
    steps = [step for step in path.split(".") if step != "member"]
    return ".".join(step[:1].upper() + step[1:] for step in steps)


def in_words(message: str) -> str:
    """The message as pages tell it."""
    paths = [found[1] for found in _FAULT.finditer(message)]
    faults = zip(paths, faults_of(message), strict=True)
    told = [f"{_place(path)}: {one.told}" for path, one in faults]
    return " ".join(told) if told and _BEGIN.match(message) else message


@cache
def _lists() -> frozenset[str]:
    members = (pair for one in operations().values() for pair in one.members.items())
    return frozenset(name for name, shape in members if shape.type_name in ("list", "map"))


def _told(constraint: str, is_list: bool) -> str:
    rule = constraint.removeprefix("Member must ")
    if rule.startswith(_PATTERN):
        words = PATTERNS.get(rule.removeprefix(_PATTERN))
        return str(words) if words else _("It has characters, or a form, that it must not have.")
    if found := _OF_EACH.fullmatch(rule):
        rules = [one for one in found[1].split(", Member must ") if one != NOT_NULL]
        told = " ".join(_told(one, is_list=False) for one in rules)
        return _("Of each entry: %(rules)s") % {"rules": told}
    if found := _ENUM.fullmatch(rule):
        return _("It must be one of %(values)s.") % {"values": found[1]}
    if found := _BOUND.fullmatch(rule):
        return _bound(found[1] == "length", found[2] == "less", found[3], is_list)
    if rule == NOT_NULL:
        return _("This is missing.")
    return _("It must %(rule)s.") % {"rule": rule}


def _bound(is_length: bool, is_most: bool, limit: str, is_list: bool) -> str:
    if not is_length:
        told = _("It must be at most %(n)s.") if is_most else _("It must be at least %(n)s.")
        return told % {"n": limit}
    number = int(limit)
    if is_list and is_most:
        told = ngettext(
            "It must have at most %(n)d entry.", "It must have at most %(n)d entries.", number
        )
    elif is_list:
        told = ngettext(
            "It must have at least %(n)d entry.", "It must have at least %(n)d entries.", number
        )
    elif is_most:
        told = ngettext(
            "It must have at most %(n)d character.",
            "It must have at most %(n)d characters.",
            number,
        )
    else:
        told = ngettext(
            "It must have at least %(n)d character.",
            "It must have at least %(n)d characters.",
            number,
        )
    return told % {"n": number}
