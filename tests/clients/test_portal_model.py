"""The portal's own operations in the AWS CLI and boto3, learnt from the model that it serves."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.management import call_command

from tests.cast import Acme
from tests.clients.aws_cli import AwsCli
from tests.portal import Portal

LEDGER = ("--service-prefix", "ledger")


@pytest.fixture
def alice(acme: Acme, portal: Portal, tmp_path: Path) -> AwsCli:
    """With the CLI's own `configure add-model`, of the file that the portal serves."""
    connection = HTTPConnection("127.0.0.1", portal.port, timeout=20)
    connection.request("GET", "/portal/service-2.json")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    (tmp_path / "portal.json").write_bytes(answer.read())
    connection.close()
    cli = AwsCli(portal.url, acme.alice.key, tmp_path)
    added = cli(
        *("configure", "add-model", "--service-name", "portal"),
        *("--service-model", f"file://{tmp_path / 'portal.json'}"),
    )
    assert added.code == 0, added.error
    return cli


def test_the_aws_cli_registers_a_service_and_a_workload(acme: Acme, alice: AwsCli) -> None:
    made = alice(
        *("portal", "register-service", *LEDGER, "--service-name", "General ledger"),
        *("--service-principal", "ledger.example.com"),
        *("--actions", "ActionName=PostEntry,AccessLevel=Write,ResourceTypes=entry"),
        "--resource-types",
        '[{"ResourceTypeName": "entry", "ArnFormat": "arn:aws:ledger::${Account}:entry/${EntryId}"}]',
    )
    assert made.code == 0, made.error
    assert made.json["Service"]["FullServicePrincipal"] == f"ledger.{acme.id}.iamsite.internal"
    key = alice("portal", "create-service-access-key", *LEDGER).json["ServiceAccessKey"]
    rotated = alice(
        *("portal", "rotate-service-access-key", *LEDGER, "--access-key-id", key["AccessKeyId"])
    )
    assert rotated.code == 0, rotated.error
    refused = alice("portal", "get-service", "--service-prefix", "nothing")
    assert "(NoSuchEntity) when calling the GetService operation" in refused.error


def test_boto3_finds_the_installed_model_and_pages_through_lists(
    acme: Acme, portal: Portal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    call_command("portal_model", "--install", str(tmp_path), stdout=(tmp_path / "said").open("w"))
    monkeypatch.setenv("AWS_DATA_PATH", str(tmp_path))
    assert acme.alice.key is not None
    client: Any = boto3.Session().client(
        "portal",
        endpoint_url=portal.url,
        region_name="us-east-1",
        aws_access_key_id=acme.alice.key.id,
        aws_secret_access_key=acme.alice.key.secret,
    )
    for prefix in ("ledger", "courier", "orders2"):
        client.register_service(
            ServicePrefix=prefix, ServiceName=prefix, ServicePrincipal=f"{prefix}.example.com"
        )
    pages = client.get_paginator("list_services").paginate(PaginationConfig={"PageSize": 2})
    names = [[one["ServicePrefix"] for one in page["Services"]] for page in pages]
    assert names == [["courier", "ledger"], ["orders2"]]


def test_the_command_prints_what_the_portal_serves(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("portal_model")
    assert json.loads(capsys.readouterr().out)["metadata"]["serviceId"] == "Portal"
