from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.identities.federation.issuer import Issuer


@pytest.fixture
def loopback(settings: Any) -> None:
    """Identity providers may be on this machine."""
    settings.IAMSITE_IDP_ALLOW_NETWORKS = ["127.0.0.0/8"]


@pytest.fixture
def issuer(tmp_path: Path, loopback: None) -> Iterator[Issuer]:
    """A running issuer with keys of its own."""
    with Issuer(tmp_path, "/realms/acme") as running:
        yield running
