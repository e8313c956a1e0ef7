"""The credential report's page: generated, narrowed, downloaded, and kept from who may not."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections

from accounts.console.credential_report import Bar, histogram
from tests.cast import Acme
from tests.iamsite.console.browser import Browser, text

REPORT = "/console/credential-report"


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    account.root.perform("CreateUser", UserName="=cmd")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE identities_accesskey SET created_at = now() - interval '200 days' "
            "WHERE account_id = %s AND user_id = (SELECT id FROM identities_user "
            "WHERE account_id = %s AND name = 'ci')",
            [account.id, account.id],
        )
    return account


def test_a_report_is_generated_and_tells_ages(acme, alice):
    assert "No report yet" in text(alice.get(REPORT))
    assert alice.post(f"{REPORT}/generate").headers["Location"] == REPORT
    said = text(alice.get(REPORT))
    assert "Age of active access keys" in said
    assert "180 to 365 days 1" in said
    assert "6 months ago never used" in said
    assert "Root user Off" in said


def test_a_report_is_narrowed_to_what_needs_attention(acme, alice):
    alice.post(f"{REPORT}/generate")
    said = text(alice.get(f"{REPORT}?show=old-keys"))
    assert "1 user" in said
    assert "6 months ago" in said
    assert "carol" not in said
    said = text(alice.get(f"{REPORT}?q=CAR"))
    assert "carol" in said
    assert "Root user Off" not in said
    assert "Nothing matches the filter" in text(alice.get(f"{REPORT}?q=nobody&from=junk"))


def test_the_file_is_the_report_with_no_formula_in_it(acme, alice):
    alice.post(f"{REPORT}/generate")
    response = alice.get(f"{REPORT}?export=csv")
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="credential-report.csv"'
    )
    wanted = acme.root.perform("GetCredentialReport")["Content"].decode()
    assert "\n=cmd," in wanted
    written = response.content.decode().removesuffix("\n")
    assert written == wanted.replace("\n=cmd,", "\n'=cmd,")


def test_an_expired_report_offers_a_new_one(acme, alice):
    alice.post(f"{REPORT}/generate")
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "UPDATE accounts_credentialreport SET generated_at = now() - interval '5 hours' "
            "WHERE account_id = %s",
            [acme.id],
        )
    assert "The last report has expired" in text(alice.get(REPORT))
    assert alice.get(f"{REPORT}?export=csv").status_code == 410


def test_whoever_may_not_read_reports_is_told_and_gets_no_file(acme):
    carol = Browser().sign_in(acme, "carol")
    for address, status in ((REPORT, 200), (f"{REPORT}?export=csv", 403)):
        response = carol.get(address)
        assert response.status_code == status
        assert "not authorized to perform: iam:GetCredentialReport" in text(response)
        assert "Content-Disposition" not in response.headers


def test_an_age_falls_into_the_bar_that_begins_with_it():
    now = datetime(2026, 7, 1, tzinfo=UTC)
    days = (0, 29, 30, 89, 90, 364, 365, 4000)
    assert histogram((now - timedelta(days=one) for one in days), now) == [
        Bar("Under 30 days", 2),
        Bar("30 to 90 days", 2),
        Bar("90 to 180 days", 1),
        Bar("180 to 365 days", 1),
        Bar("Over 365 days", 2),
    ]
