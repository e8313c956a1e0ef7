"""Sealing of secrets: AES-256-GCM under data keys, which the master key seals in turn.

A sealed value is the data key's number (4 bytes), a nonce (12 bytes) and the ciphertext with its
tag; `context` is authenticated with it, so that a value cannot be moved to another row. Tokens of
temporary credentials are sealed under keys of their own purpose.
"""

from __future__ import annotations

import logging
import os
import struct
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from accounts.models import DataKey

SECRET = DataKey.Purpose.SECRET
TOKEN = DataKey.Purpose.TOKEN

AGE = 60.0  # seconds after which a process looks which keys there are

_NUMBER = struct.Struct(">I")
_NONCE = 12

logger = logging.getLogger(__name__)


class SealError(Exception):
    """A sealed value that was altered, moved, or sealed under a key that is gone."""


class WrongMasterKey(Exception):
    """The master key does not open the installation's data keys."""


class SealedField(models.BinaryField):  # type: ignore[type-arg]
    """A secret, sealed with the text of the row's `bound_to` as its context; b"" is none."""

    def __init__(self, *args: Any, bound_to: str = "id", **options: Any) -> None:
        self.bound_to = bound_to
        super().__init__(*args, **options)

    def deconstruct(self) -> tuple[str, str, Sequence[Any], dict[str, Any]]:
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.BinaryField", args, options


class _Keys:
    """The data keys of this process, each opened once; which there are is looked up once in AGE."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: dict[int, tuple[str, AESGCM]] = {}
        self._newest: dict[str, int] = {}
        self._due = 0.0

    def newest(self, purpose: str) -> tuple[int, AESGCM]:
        if time.monotonic() >= self._due or purpose not in self._newest:
            self._load()
        number = self._newest.get(purpose)
        if number is None:
            raise SealError(f"no data key for {purpose}: run `manage.py make_data_keys`")
        return number, self._opened[number][1]

    def get(self, number: int, purpose: str) -> AESGCM:
        if time.monotonic() >= self._due or number not in self._opened:
            self._load()
        found = self._opened.get(number)
        if found is None or found[0] != purpose:
            raise SealError("sealed under a key that is not there")
        return found[1]

    def _load(self) -> None:
        with self._lock:
            opened: dict[int, tuple[str, AESGCM]] = {}
            newest: dict[str, int] = {}
            rows = DataKey.objects.filter(retired_at=None).order_by("id")
            for number, purpose, sealed in rows.values_list("id", "purpose", "sealed"):
                try:
                    opened[number] = self._opened.get(number) or (
                        purpose,
                        AESGCM(_open_data_key(bytes(sealed), purpose)),
                    )
                except WrongMasterKey:
                    if not self._opened:
                        raise
                    # The master key was rotated while this process runs under the one before.
                    logger.error("the data key %d needs a master key that is not this one", number)
                    continue
                newest[purpose] = number
            self._opened, self._newest, self._due = opened, newest, time.monotonic() + AGE

    def forget(self) -> None:
        """Reads the keys anew at the next use (after a rotation)."""
        self._opened, self._newest = {}, {}


keys = _Keys()


def seal(value: bytes, context: str, purpose: str = SECRET) -> bytes:
    """`value` sealed under the newest key of `purpose`, bound to `context`."""
    number, key = keys.newest(purpose)
    nonce = os.urandom(_NONCE)
    return _NUMBER.pack(number) + nonce + key.encrypt(nonce, value, context.encode())


def unseal(sealed: bytes, context: str, purpose: str = SECRET) -> bytes:
    """The value that was sealed with the same `context`.

    Raises SealError when it was altered or moved, or when its key is retired.
    """
    if len(sealed) < _NUMBER.size + _NONCE + 16:
        raise SealError("too short to be sealed")
    (number,) = _NUMBER.unpack(sealed[: _NUMBER.size])
    nonce = sealed[_NUMBER.size : _NUMBER.size + _NONCE]
    try:
        return keys.get(number, purpose).decrypt(
            nonce, sealed[_NUMBER.size + _NONCE :], context.encode()
        )
    except InvalidTag as error:
        raise SealError("altered, or sealed elsewhere") from error


def is_newest(sealed: bytes, purpose: str = SECRET) -> bool:
    """Whether `sealed` is under the key of `purpose` that seals now."""
    return sealed[: _NUMBER.size] == _NUMBER.pack(keys.newest(purpose)[0])


def make_data_key(purpose: str) -> DataKey:
    """A new data key, which seals from now on."""
    key = DataKey.objects.create(purpose=purpose, sealed=_seal_data_key(os.urandom(32), purpose))
    keys.forget()
    return key


def ensure_data_keys() -> None:
    """Makes the first key of each purpose; safe when two processes start at once.

    Raises WrongMasterKey when the keys that are there do not open.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtext('iamsite data keys'))")
        try:
            for purpose in DataKey.Purpose.values:
                sealed = (
                    DataKey.objects.filter(purpose=purpose, retired_at=None)
                    .values_list("sealed", flat=True)
                    .last()
                )
                if sealed is None:
                    make_data_key(purpose)
                else:
                    _open_data_key(bytes(sealed), purpose)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtext('iamsite data keys'))")


def reseal_data_keys(old: bytes, new: bytes) -> int:
    """Seals every data key under the `new` master key (32 bytes); returns how many."""
    rows = list(DataKey.objects.filter(retired_at=None))
    for row in rows:
        plain = _open_data_key(bytes(row.sealed), row.purpose, old)
        row.sealed = _seal_data_key(plain, row.purpose, new)
    DataKey.objects.bulk_update(rows, ["sealed"])
    keys.forget()
    return len(rows)


def retire(retired: Iterable[DataKey]) -> None:
    """Ends keys: what they sealed does not open again, in other processes within AGE."""
    DataKey.objects.filter(pk__in=[key.pk for key in retired]).update(retired_at=timezone.now())
    keys.forget()


def _seal_data_key(plain: bytes, purpose: str, master: bytes | None = None) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(master or settings.IAMSITE_MASTER_KEY).encrypt(
        nonce, plain, purpose.encode()
    )


def _open_data_key(sealed: bytes, purpose: str, master: bytes | None = None) -> bytes:
    try:
        return AESGCM(master or settings.IAMSITE_MASTER_KEY).decrypt(
            sealed[:_NONCE], sealed[_NONCE:], purpose.encode()
        )
    except InvalidTag as error:
        raise WrongMasterKey(
            "the master key does not open this installation's data keys; "
            "give the one that it was set up with (IAMSITE_MASTER_KEY or its file)"
        ) from error
