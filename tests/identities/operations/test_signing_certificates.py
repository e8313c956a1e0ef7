import re

import pytest
from django.db import transaction

from accounts import tenancy
from accounts.models import Event
from tests.cast import allow, trust
from tests.identities.certificates import DAY, make
from tests.identities.operations.refusal import conflict, denied, limit, missing, refusal
from tests.identities.quotas import set_quota

UNREADABLE = "Unable to parse certificate. Please ensure the certificate is in PEM format."


def upload(actor, body: str | None = None, **named) -> dict:
    body = body or make().body
    return actor.perform("UploadSigningCertificate", CertificateBody=body, **named)["Certificate"]


def listed(actor, **named) -> list[dict]:
    return actor.perform("ListSigningCertificates", **named)["Certificates"]


def test_a_certificate_is_active_and_listed_as_it_was_sent(acme) -> None:
    body = make().body
    made = upload(acme.root, body, UserName="carol")
    assert re.fullmatch(r"[A-Z2-7]{32}", made["CertificateId"])
    assert made["UserName"] == "carol"
    assert made["CertificateBody"] == body
    assert made["Status"] == "Active"
    assert listed(acme.root, UserName="carol") == [made]
    assert listed(acme.root, UserName="bob") == []


def test_the_trail_keeps_the_id(acme) -> None:
    made = upload(acme.root, UserName="carol")
    with transaction.atomic():
        tenancy.enter(acme.id)
        event = Event.objects.filter(operation="UploadSigningCertificate").latest("sequence")
    assert event.detail == {"CertificateId": made["CertificateId"]}


def test_without_a_name_the_certificate_is_the_callers(acme) -> None:
    made = upload(acme.alice)
    assert made["UserName"] == "alice"
    assert listed(acme.alice) == [made]
    role = acme.role("Admin", trust(acme.arn("root")), allow("*"))
    session = acme.assume(acme.alice, role)
    assert refusal(session, "ListSigningCertificates") == (
        "ValidationError",
        400,
        "Must specify userName when calling with non-User credentials",
    )


def test_root_has_certificates_of_its_own_under_the_accounts_id(acme) -> None:
    made = upload(acme.root)
    assert made["UserName"] == acme.id
    assert listed(acme.root) == listed(acme.root, UserName=acme.id) == [made]
    summary = acme.root.perform("GetAccountSummary")["SummaryMap"]
    assert summary["AccountSigningCertificatesPresent"] == 1
    acme.root.perform(
        "DeleteSigningCertificate", UserName=acme.id, CertificateId=made["CertificateId"]
    )
    assert listed(acme.root) == []
    summary = acme.root.perform("GetAccountSummary")["SummaryMap"]
    assert summary["AccountSigningCertificatesPresent"] == 0


def test_nobody_but_root_reaches_roots_certificates(acme) -> None:
    upload(acme.root)
    assert refusal(acme.alice, "ListSigningCertificates", UserName=acme.id) == missing(
        f"The user with name {acme.id} cannot be found."
    )


def test_a_certificate_is_in_an_account_once(acme, evil) -> None:
    body = make().body
    upload(acme.root, body, UserName="carol")
    for named in ({"UserName": "carol"}, {"UserName": "bob"}, {}):
        assert refusal(
            acme.root, "UploadSigningCertificate", CertificateBody=f"\n{body}", **named
        ) == ("DuplicateCertificate", 409, "The same certificate is already in this account.")
    upload(evil.root, body, UserName="mallory")


def test_an_unreadable_certificate_is_malformed_an_old_one_invalid(acme) -> None:
    given = {"UserName": "carol", "CertificateBody": "x"}
    assert refusal(acme.root, "UploadSigningCertificate", **given) == (
        "MalformedCertificate",
        400,
        UNREADABLE,
    )
    for made in (make(starts=-2 * DAY, ends=-DAY), make(starts=DAY)):
        given = {"UserName": "carol", "CertificateBody": made.body}
        assert refusal(acme.root, "UploadSigningCertificate", **given)[:2] == (
            "InvalidCertificate",
            400,
        )
    assert listed(acme.root, UserName="carol") == []


def test_a_third_certificate_is_refused_inactive_ones_counted(acme) -> None:
    first = upload(acme.root, UserName="carol")
    acme.root.perform(
        "UpdateSigningCertificate",
        UserName="carol",
        CertificateId=first["CertificateId"],
        Status="Inactive",
    )
    second = upload(acme.root, UserName="carol")
    given = {"UserName": "carol", "CertificateBody": make().body}
    assert refusal(acme.root, "UploadSigningCertificate", **given) == limit(
        "CertificatesPerUser", 2
    )
    assert [
        (one["CertificateId"], one["Status"]) for one in listed(acme.root, UserName="carol")
    ] == [
        (first["CertificateId"], "Inactive"),
        (second["CertificateId"], "Active"),
    ]
    set_quota(acme, "CertificatesPerUser", 3)
    upload(acme.root, UserName="carol")
    page = acme.root.perform("ListSigningCertificates", UserName="carol", MaxItems=2)
    assert page["IsTruncated"] is True
    assert len(listed(acme.root, UserName="carol", Marker=page["Marker"])) == 1


def test_no_certificate_is_set_to_expired(acme) -> None:
    made = upload(acme.root, UserName="carol")
    given = {"UserName": "carol", "CertificateId": made["CertificateId"], "Status": "Expired"}
    assert refusal(acme.root, "UpdateSigningCertificate", **given) == (
        "InvalidInput",
        400,
        "The status of a signing certificate cannot be set to Expired.",
    )


@pytest.mark.parametrize("operation", ["UpdateSigningCertificate", "DeleteSigningCertificate"])
def test_a_certificate_is_reached_by_its_own_user_only(acme, operation: str) -> None:
    made = upload(acme.root, UserName="carol")
    status = {"Status": "Inactive"} if operation.startswith("Update") else {}
    named = {"CertificateId": made["CertificateId"], **status}
    gone = missing(f"The Certificate with id {made['CertificateId']} cannot be found.")
    assert refusal(acme.root, operation, UserName="bob", **named) == gone
    assert refusal(acme.root, operation, **named) == gone
    assert listed(acme.root, UserName="carol") == [made]


def test_a_user_with_a_certificate_is_not_deleted(acme) -> None:
    acme.root.perform("CreateUser", UserName="leaver")
    made = upload(acme.root, UserName="leaver")
    assert refusal(acme.root, "DeleteUser", UserName="leaver") == conflict(
        "Cannot delete entity, must delete signing certificates first."
    )
    acme.root.perform(
        "DeleteSigningCertificate", UserName="leaver", CertificateId=made["CertificateId"]
    )
    acme.root.perform("DeleteUser", UserName="leaver")


def test_each_operation_asks_for_the_users_arn(acme) -> None:
    any_id = {"CertificateId": "A" * 24}
    for operation, given in (
        ("UploadSigningCertificate", {"CertificateBody": make().body}),
        ("ListSigningCertificates", {}),
        ("UpdateSigningCertificate", {**any_id, "Status": "Inactive"}),
        ("DeleteSigningCertificate", any_id),
    ):
        for named, arn in (({}, acme.carol.arn), ({"UserName": "bob"}, acme.bob.arn)):
            assert refusal(acme.carol, operation, **given, **named) == denied(
                acme.carol, f"iam:{operation}", arn
            )
