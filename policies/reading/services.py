"""What services are called."""

from __future__ import annotations

import re
from collections.abc import Mapping

from policies.engine import Document

Names = Mapping[str, str]

_ABBREVIATION = re.compile(r" \([A-Za-z0-9 -]+\)\Z")


def service_title(prefix: str, names: Names) -> str:
    """A service's own name, if it is among `names` (by prefix): `Amazon S3` for `s3`."""
    return _ABBREVIATION.sub("", names.get(prefix.lower(), prefix))


def services_of(document: Document) -> set[str]:
    """The prefixes, in lower case, of the services that actions and resources are of."""
    found = set()
    for one in document.statements:
        for action in (*(one.actions or ()), *(one.not_actions or ())):
            found.add(action.partition(":")[0].lower())
        for arn in (*(one.resources or ()), *(one.not_resources or ())):
            found.update(part.lower() for part in arn.split(":", 3)[2:3])
    return {prefix for prefix in found if prefix and "*" not in prefix and "?" not in prefix}
