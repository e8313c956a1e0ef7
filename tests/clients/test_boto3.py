"""boto3 calls every operation of IAM and STS, and meets every error that it can meet."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iamsite.management.never import never
from iamsite.operations.models import Operation, operations
from iamsite.operations.registry import registered
from tests.cast import Acme
from tests.clients.sdk import account, credentials, delegation, identities, policies, sessions
from tests.clients.sdk.absent import nothing
from tests.clients.sdk.calls import Calls
from tests.identities.federation.issuer import Issuer
from tests.portal import Portal

AVAILABLE = [
    operation
    for operation in operations().values()
    if operation.service in ("iam", "sts") and registered(operation.name)
]
Seen = set[tuple[str, str | None]]  # an operation, and None for a success or an error's code
MISSING = [one for one in AVAILABLE if "NoSuchEntity" in one.errors.keys() - never(one).keys()]
FAMILIES = [
    identities.users,
    identities.groups,
    identities.roles,
    credentials.access_keys,
    credentials.passwords,
    credentials.devices,
    credentials.signing_certificates,
    credentials.ssh_keys,
    credentials.server_certificates,
    credentials.service_credentials,
    policies.managed,
    policies.simulation,
    policies.last_accessed,
    account.settings,
    account.reports,
    account.providers,
    account.organization,
    delegation.requests,
    delegation.templates,
    sessions.own,
    sessions.saml,
]


@pytest.fixture(scope="module")
def seen(database: None, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """What came of all calls, which are made at once."""
    data = Path(os.environ["IAMSITE_DATA"])
    networks = {"IAMSITE_IDP_ALLOW_NETWORKS": "127.0.0.0/8"}
    with Portal(data, IAMSITE_DATABASE_DURABLE="off", **networks) as portal:
        call = Calls(portal.url)
        for family in FAMILIES:
            family(call, Acme())
        acme = Acme()
        with Issuer(tmp_path_factory.mktemp("issuer"), "/realms/acme") as issuer:
            sessions.web_identity(call, acme, issuer)
            sessions.unreachable(call, acme, issuer)
        for operation in MISSING:
            call.attempt(acme.alice, operation.name, **nothing(acme, operation.name))
    return call.seen


@pytest.mark.parametrize("operation", AVAILABLE, ids=lambda one: one.name)
def test_it_succeeds_and_meets_each_error_that_it_can_meet(
    operation: Operation, seen: Seen
) -> None:
    outcomes = {code for name, code in seen if name == operation.wire_name}
    possible = operation.errors.keys() - never(operation).keys()
    assert {None, *possible} - outcomes == set()


def test_what_can_never_be_met_was_not(seen: Seen) -> None:
    met = {(one.name, code) for one in AVAILABLE for code in never(one)} & seen
    assert met == set()
