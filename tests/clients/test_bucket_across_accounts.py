"""docs/resources.md, as it is told there: a bucket lets another account in, by the AWS CLI."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management import call_command

from tests.cast import Acme, Actor, Evil, allow
from tests.clients.aws_cli import AwsCli
from tests.identities.operations.refusal import refusal
from tests.portal import Portal


def test_both_sides_must_let_her_in_and_either_can_take_it_back(
    acme: Acme, evil: Evil, portal: Portal, tmp_path: Path
) -> None:
    call_command(
        "portal_model",
        "--install",
        str(tmp_path / ".aws" / "models"),
        stdout=(tmp_path / "said").open("w"),
    )

    def cli(actor: Actor) -> AwsCli:
        return AwsCli(portal.url, actor.key, tmp_path)

    audit = evil  # a stranger, until it is let in
    ann_of_audit = audit.user("ann")
    owner, auditor, ann = cli(acme.alice), audit.mallory, cli(ann_of_audit)
    bucket = f"arn:aws:s3:::reports-{acme.id}"
    report = f"{bucket}/2026/q3.pdf"
    asked = ("portal", "authorize", "--action-name", "s3:GetObject", "--resource-arn", report)

    def decision() -> dict[str, Any]:
        return ann_of_audit.perform("Authorize", ActionName="s3:GetObject", ResourceArn=report)

    assert owner("portal", "register-resource", "--resource-arn", bucket).code == 0
    taken = refusal(auditor, "RegisterResource", ResourceArn=f"{bucket}/2026")
    assert taken[0] == "EntityAlreadyExists"

    outside = ann(*asked).json
    assert (outside["Decision"], outside["DecidingLayer"]) == ("implicitDeny", "resource")
    assert outside["Message"].startswith(f"User: {ann_of_audit.arn} is not authorized to perform")

    file = tmp_path / "reports.json"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": ann_of_audit.arn},
        "Action": "s3:GetObject",
        "Resource": f"{bucket}/*",
    }
    file.write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    put = owner(
        *("portal", "put-resource-policy", "--resource-arn", bucket),
        *("--policy-document", f"file://{file}"),
    )
    assert put.code == 0, put.error
    one_side = decision()
    assert (one_side["Decision"], one_side["DecidingLayer"]) == ("implicitDeny", "identity")

    own = {"UserName": "ann", "PolicyName": "read-reports"}
    auditor.perform(
        "PutUserPolicy", **own, PolicyDocument=allow("s3:GetObject", resource=f"{bucket}/*")
    )
    assert ann(*asked).json == {"Decision": "allowed", "DecidingLayer": "identity"}

    auditor.perform("DeleteUserPolicy", **own)
    assert decision()["Decision"] == "implicitDeny"
    shown = acme.alice.perform("GetResourcePolicy", ResourceArn=bucket)
    assert shown["PolicyDocument"] == file.read_text()
    assert refusal(auditor, "GetResourcePolicy", ResourceArn=bucket)[0] == "NoSuchEntity"
