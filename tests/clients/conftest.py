"""What the tests of real clients share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.witness import Witness
from tests.portal import Portal


@pytest.fixture
def witness(portal: Portal, request: pytest.FixtureRequest) -> Iterator[Witness]:
    """Stands between the test's client and the portal."""
    with Witness(portal.port, request.node.name) as running:
        yield running
