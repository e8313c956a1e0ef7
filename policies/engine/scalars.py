"""Texts read as numbers, instants, networks and bytes. Exact: no floats, no local time.

Each reader answers None for a text that is not of its kind. Results are kept, bounded, since the
same few values come back with every request.
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import NamedTuple

_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,6})?")
_EPOCH = re.compile(r"[0-9]{1,19}")
_DATE = re.compile(
    r"([0-9]{4})-([0-9]{2})(?:-([0-9]{2})"
    r"(?:T([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,9}))?)?"
    r"(?:Z|([+-])([0-9]{2}):([0-9]{2})))?)?",
    re.IGNORECASE | re.ASCII,
)
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_MAPPED = 0xFFFF << 32
_MAXIMUM_DIGITS = 1000


@lru_cache(maxsize=4096)
def number(text: str) -> Decimal | None:
    """An integer or decimal number, exactly."""
    if len(text) > _MAXIMUM_DIGITS or not _NUMBER.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:  # pragma: no cover - the pattern admits nothing Decimal refuses
        return None


@lru_cache(maxsize=4096)
def instant(text: str) -> int | None:
    """Nanoseconds since 1970 of a W3C date and time, or of whole seconds since 1970."""
    if _EPOCH.fullmatch(text):
        return int(text) * 1_000_000_000
    match = _DATE.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, east, past = match.groups()
    try:
        days = date(int(year), int(month), int(day or 1)).toordinal() - _EPOCH_DAY
    except ValueError:
        return None
    if int(hour or 0) > 23 or int(minute or 0) > 59 or int(second or 0) > 59:
        return None
    if int(east or 0) > 23 or int(past or 0) > 59:
        return None
    offset = int(east or 0) * 3600 + int(past or 0) * 60
    seconds = days * 86400 + int(hour or 0) * 3600 + int(minute or 0) * 60 + int(second or 0)
    seconds -= -offset if sign == "-" else offset
    return seconds * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


class Network(NamedTuple):
    """Addresses whose first bits, `value >> shift`, are `bits`; an IPv4 range is version 4."""

    version: int
    bits: int
    shift: int

    def holds(self, address: tuple[int, int]) -> bool:
        return address[0] == self.version and address[1] >> self.shift == self.bits


@lru_cache(maxsize=4096)
def address(text: str) -> tuple[int, int] | None:
    """(version, number) of an IP address; an IPv4-mapped IPv6 address is the IPv4 address."""
    try:
        if ":" not in text:
            return 4, int(IPv4Address(text))
        if "%" in text:
            return None
        value = int(IPv6Address(text))
    except AddressValueError:
        return None
    return (4, value & 0xFFFFFFFF) if value >> 32 == 0xFFFF else (6, value)


def network(text: str) -> Network | None:
    """A CIDR range; host bits are masked, and a missing prefix length means one address."""
    head, slash, length = text.partition("/")
    base = address(head)
    if base is None:
        return None
    mapped = ":" in head and base[0] == 4
    full = 128 if ":" in head else 32
    if not slash:
        prefix = full
    elif length.isascii() and length.isdigit() and len(length) <= 3 and int(length) <= full:
        prefix = int(length)
    else:
        return None
    if mapped and prefix >= 96:
        return Network(4, base[1] >> (128 - prefix), 128 - prefix)
    value = base[1] | _MAPPED if mapped else base[1]
    return Network(4 if full == 32 else 6, value >> (full - prefix), full - prefix)


def binary(text: str) -> bytes | None:
    """The bytes that a base64 text stands for."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
