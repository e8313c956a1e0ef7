"""How many findings lint has in policies, for lists: each document is linted once and kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from django.db.models import F

from policies.engine import DocumentKind
from policies.engine.lint import FindingType, ServiceCatalogue, lint
from policies.models import Policy, PolicyVersion, Service
from policies.operations.known import catalogue_of
from policies.operations.validation import LONGEST_LINTED

KEPT = 20_000
NAMES = {
    FindingType.ERROR: "Errors",
    FindingType.SECURITY_WARNING: "SecurityWarnings",
    FindingType.WARNING: "Warnings",
    FindingType.SUGGESTION: "Suggestions",
}
# By the document and what the account's own services are, on which findings depend.
_kept: dict[tuple[bytes, tuple[object, ...]], dict[str, int]] = {}


def finding_counts(account: str, policies: Sequence[Policy]) -> dict[str, dict[str, int]]:
    """By policy id the findings of each kind in its default version; without those too long."""
    services = list(Service.objects.of(account).order_by("prefix"))
    known = tuple((one.account_id, one.prefix, one.updated_at) for one in services)
    catalogue = catalogue_of(services)
    versions = PolicyVersion.objects.filter(
        policy__in=policies, number=F("policy__default_version")
    )
    return {
        version.policy_id: _counted(bytes(version.digest), version.document, known, catalogue)
        for version in versions
        if len(version.document) <= LONGEST_LINTED
    }


def _counted(
    digest: bytes, text: str, known: tuple[object, ...], catalogue: ServiceCatalogue
) -> dict[str, int]:
    found = _kept.get((digest, known))
    if found is None:
        counted = Counter(one.type for one in lint(text, DocumentKind.MANAGED, catalogue))
        found = {name: counted[kind] for kind, name in NAMES.items()}
        if len(_kept) >= KEPT:
            _kept.clear()
        _kept[digest, known] = found
    return found
