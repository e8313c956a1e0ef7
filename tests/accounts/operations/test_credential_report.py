import csv
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import Account, Event, Person
from iamsite.operations import perform
from identities.models import AccessKey, SigningCertificate, User
from tests.cast import Actor, allow, origin
from tests.identities.devices import device_for
from tests.identities.operations.refusal import denied, refusal

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,"
    "password_next_rotation,mfa_active,access_key_1_active,access_key_1_last_rotated,"
    "access_key_1_last_used_date,access_key_1_last_used_region,access_key_1_last_used_service,"
    "access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
    "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated,additional_credentials_info"
)
NO_KEY = ["false", "N/A", "N/A", "N/A", "N/A"]
NO_CERTIFICATE = ["false", "N/A"]
NO_PASSWORD = ["false", "N/A", "N/A", "N/A"]
PASSWORD = "a Long enough passw0rd"


def generated(actor: Actor) -> str:
    actor.perform("GenerateCredentialReport")
    return actor.perform("GetCredentialReport")["Content"].decode()


def rows(content: str) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in csv.reader(content.splitlines())}


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S+00:00")


def change(account: Any, model: Any, values: dict[str, Any], **which: Any) -> None:
    with transaction.atomic():
        tenancy.enter(account.id)
        assert model.objects.filter(**which).update(**values) == 1


def get(account: Any, model: Any, **which: Any) -> Any:
    with transaction.atomic():
        tenancy.enter(account.id)
        return model.objects.get(**which)


def test_there_is_no_report_until_one_is_generated(acme) -> None:
    assert refusal(acme.root, "GetCredentialReport") == ("ReportNotPresent", 410, "")
    assert acme.root.perform("GenerateCredentialReport") == {
        "State": "STARTED",
        "Description": "No report exists. Starting a new report generation task",
    }
    assert acme.root.perform("GenerateCredentialReport") == {"State": "COMPLETE"}
    report = acme.root.perform("GetCredentialReport")
    assert report["ReportFormat"] == "text/csv"
    assert report["Content"].decode().splitlines()[0] == HEADER


def test_a_report_shows_what_was_when_it_was_generated_and_is_kept_for_four_hours(acme) -> None:
    now = timezone.now()

    def at(hours: float, operation: str) -> dict[str, Any]:
        later = now + timedelta(hours=hours)
        return perform(acme.root.credential, operation, {}, origin(), now=later)

    at(0, "GenerateCredentialReport")
    acme.root.perform("CreateUser", UserName="zoe")
    assert at(3.99, "GenerateCredentialReport") == {"State": "COMPLETE"}
    kept = at(3.99, "GetCredentialReport")
    assert kept["GeneratedTime"] == now
    assert "zoe" not in rows(kept["Content"].decode())
    with pytest.raises(Exception, match=r"^ReportExpired$") as caught:
        at(4, "GetCredentialReport")
    assert caught.value.status == 410  # type: ignore[attr-defined]
    assert at(4, "GenerateCredentialReport")["State"] == "STARTED"
    assert "zoe" in rows(at(4, "GetCredentialReport")["Content"].decode())


def test_everybody_has_a_line_and_the_root_user_the_first(acme) -> None:
    content = generated(acme.root)
    assert [line.split(",")[0] for line in content.split("\n")] == [
        "user",
        "<root_account>",
        "alice",
        "bob",
        "carol",
        "ci",
    ]


def test_the_line_of_a_root_user_without_keys(acme) -> None:
    line = rows(generated(acme.root))["<root_account>"]
    assert line == [
        acme.arn("root"),
        written(get(acme, Account, id=acme.id).created_at),
        *["true", "no_information", "not_supported", "not_supported", "false"],
        *NO_KEY,
        *NO_KEY,
        *NO_CERTIFICATE,
        *NO_CERTIFICATE,
        "",
    ]


def test_the_line_of_a_root_user_with_everything(acme) -> None:
    used = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    change(acme, Person, {"password_last_used": used}, account_id=acme.id)
    device_for(acme)
    key = acme.root.perform("CreateAccessKey")["AccessKey"]
    line = rows(generated(acme.root))["<root_account>"]
    assert line[2:7] == ["true", written(used), "not_supported", "not_supported", "true"]
    assert line[7:12] == ["true", written(key["CreateDate"]), "N/A", "N/A", "N/A"]


def test_the_line_of_a_user_with_nothing(acme) -> None:
    user = acme.root.perform("CreateUser", UserName="nobody", Path="/x/")["User"]
    assert rows(generated(acme.root))["nobody"] == [
        acme.arn("user/x/nobody"),
        written(user["CreateDate"]),
        *NO_PASSWORD,
        "false",
        *NO_KEY,
        *NO_KEY,
        *NO_CERTIFICATE,
        *NO_CERTIFICATE,
        "",
    ]


def test_a_password_shows_its_use_its_change_and_when_it_must_change_again(acme) -> None:
    acme.root.perform("CreateLoginProfile", UserName="bob", Password=PASSWORD)
    changed = acme.root.perform("GetLoginProfile", UserName="bob")["LoginProfile"]["CreateDate"]
    line = rows(generated(acme.root))["bob"]
    assert line[2:6] == ["true", "no_information", written(changed), "N/A"]

    used = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    change(acme, User, {"password_last_used": used}, name="bob")
    acme.root.perform("UpdateAccountPasswordPolicy", MaxPasswordAge=90)
    later = timezone.now() + timedelta(hours=5)
    perform(acme.root.credential, "GenerateCredentialReport", {}, origin(), now=later)
    report = perform(acme.root.credential, "GetCredentialReport", {}, origin(), now=later)
    line = rows(report["Content"].decode())["bob"]
    assert line[2:6] == [
        "true",
        written(used),
        written(changed),
        written(changed + timedelta(days=90)),
    ]


def test_an_mfa_device_counts_once_it_is_enabled(acme) -> None:
    acme.root.perform("CreateVirtualMFADevice", VirtualMFADeviceName="spare")
    device_for(acme, "alice")
    report = rows(generated(acme.root))
    assert report["alice"][6] == "true"
    assert report["bob"][6] == "false"


def test_a_key_shows_its_use(acme) -> None:
    acme.alice.perform("ListUsers")
    key = get(acme, AccessKey, id=acme.alice.key.id)
    assert rows(generated(acme.root))["alice"][7:12] == [
        "true",
        written(key.created_at),
        written(key.last_used_at),
        "us-east-1",
        "iam",
    ]


def test_keys_stand_in_the_order_of_their_making_and_count_from_their_last_change(acme) -> None:
    first = acme.carol.key.id
    second = acme.root.perform("CreateAccessKey", UserName="carol")["AccessKey"]
    name = {"UserName": "carol", "AccessKeyId": first}
    acme.root.perform("UpdateAccessKey", Status="Inactive", **name)
    line = rows(generated(acme.root))["carol"]
    assert line[7:9] == ["false", "N/A"]
    assert line[12:14] == ["true", written(second["CreateDate"])]

    acme.root.perform("UpdateAccessKey", Status="Active", **name)
    changed = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert get(acme, AccessKey, id=first).changed_at is not None
    change(acme, AccessKey, {"changed_at": changed}, id=first)
    later = timezone.now() + timedelta(hours=5)
    perform(acme.root.credential, "GenerateCredentialReport", {}, origin(), now=later)
    report = perform(acme.root.credential, "GetCredentialReport", {}, origin(), now=later)
    assert rows(report["Content"].decode())["carol"][7:9] == ["true", written(changed)]


def test_credentials_beyond_two_are_counted(acme) -> None:
    change(acme, Account, {"quotas": {"AccessKeysPerUser": 4}}, id=acme.id)
    for _ in range(3):
        acme.root.perform("CreateAccessKey", UserName="bob")
    now = timezone.now()
    with transaction.atomic():
        tenancy.enter(acme.id)
        for number in range(3):
            SigningCertificate.objects.create(
                id=f"{acme.id}{number}",
                account_id=acme.id,
                user=User.objects.get(name="bob"),
                body="",
                digest=bytes([number]) * 32,
                status="Inactive" if number else "Active",
                created_at=now + timedelta(seconds=number),
            )
    line = rows(generated(acme.root))["bob"]
    assert line[17:] == [
        *["true", written(now)],
        *NO_CERTIFICATE,
        (
            "2 additional access key(s): call ListAccessKeys. "
            "1 additional certificate(s): call ListSigningCertificates."
        ),
    ]


def test_a_name_with_a_comma_stays_in_its_column(acme) -> None:
    acme.root.perform("CreateUser", UserName="doe,jane")
    assert rows(generated(acme.root))["doe,jane"][0] == acme.arn("user/doe,jane")


def test_each_account_has_its_own_report(acme, evil) -> None:
    generated(acme.root)
    assert refusal(evil.root, "GetCredentialReport") == ("ReportNotPresent", 410, "")
    assert set(rows(generated(evil.root))) == {"user", "<root_account>", "mallory"}


def test_generating_is_in_the_trail(acme) -> None:
    acme.root.perform("GenerateCredentialReport")
    assert get(acme, Event, operation="GenerateCredentialReport").outcome == "Success"


def test_each_call_needs_its_permission(acme) -> None:
    for operation in ("GenerateCredentialReport", "GetCredentialReport"):
        assert refusal(acme.carol, operation) == denied(acme.carol, f"iam:{operation}", "*")
    auditor = acme.user("auditor", allow("iam:GenerateCredentialReport", "iam:GetCredentialReport"))
    assert "auditor" in rows(generated(auditor))


def test_it_comes_over_the_wire_as_boto3_expects_it(acme, portal) -> None:
    client = acme.alice.client("iam", portal.url)
    assert client.generate_credential_report()["State"] == "STARTED"
    assert client.generate_credential_report()["State"] == "COMPLETE"
    report = client.get_credential_report()
    assert report["ReportFormat"] == "text/csv"
    assert report["Content"].decode().splitlines()[0] == HEADER
