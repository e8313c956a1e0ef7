"""Retiring data keys: what older ones sealed is sealed again under the newest, then they end."""

from __future__ import annotations

import itertools
import math
from datetime import datetime, timedelta

from django.apps import apps
from django.db import models

from accounts.models import DataKey
from accounts.sealing import AGE, SealedField, SealError, is_newest, retire, seal, unseal

# Whatever is sealed and handed out has ended after that: GetSessionToken gives the longest life.
LONGEST = timedelta(hours=36)
# A process seals under the key before for AGE, and what it seals then is written a moment later.
SETTLED = timedelta(seconds=2 * AGE)


class NotSettled(Exception):
    """A process may still seal under a key that would be retired."""


def retire_older(now: datetime, *, at_once: bool) -> tuple[int, int, list[str]]:
    """Seals again what is kept under keys that a newer one replaced, and retires those of which
    nothing that was handed out can be good any more; all of them `at_once`.

    Returns how many secrets were sealed again, how many keys are retired, and which secrets did not
    open. Raises NotSettled.
    """
    ended: list[DataKey] = []
    for purpose in DataKey.Purpose.values:
        rows = DataKey.objects.filter(purpose=purpose, retired_at=None).order_by("id")
        for key, newer in itertools.pairwise(rows):
            if newer.created_at > now - SETTLED:
                seconds = (newer.created_at + SETTLED - now).total_seconds()
                raise NotSettled(
                    "A new data key was made just now, and the portal may still seal under the one "
                    f"before: try again in {math.ceil(seconds)} seconds."
                )
            if at_once or newer.created_at <= now - SETTLED - LONGEST:
                ended.append(key)
    count, closed = 0, []
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedField):
                done, failed = _seal_again(model, field)
                count += done
                closed += failed
    retire(ended)
    return count, len(ended), closed


def _seal_again(model: type[models.Model], field: SealedField) -> tuple[int, list[str]]:
    # As the schema's owner, whom row-level security lets see the rows of all accounts.
    rows = model._base_manager.using("owner")
    count, closed = 0, []
    for row in rows.exclude(**{field.name: b""}).iterator():
        sealed, context = bytes(getattr(row, field.name)), str(getattr(row, field.bound_to))
        if is_newest(sealed):
            continue
        try:
            fresh = seal(unseal(sealed, context), context)
        except SealError:
            closed.append(f"{model._meta.db_table} {row.pk}")
            continue
        # Only if nobody has changed it meanwhile: then it is under the newest key.
        count += rows.filter(pk=row.pk, **{field.name: sealed}).update(**{field.name: fresh})
    return count, closed
