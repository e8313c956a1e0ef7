"""The trail as it is read: counted over time, how far it reaches, and taken along as a file."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from iamsite.operations import OperationError
from tests.cast import Account
from tests.iamsite.console.browser import Browser, text


@pytest.fixture(scope="module")
def firm(database: None) -> Account:
    account = Account("firm")
    carol = account.user("carol")
    for path in ("/a/", "/b/"):
        with pytest.raises(OperationError):
            carol.perform("ListUsers", PathPrefix=path)
    account.root.perform("CreateGroup", GroupName="Group")
    return account


@pytest.fixture(scope="module")
def browser(firm: Account) -> Browser:
    return Browser().sign_in_root(firm)


def test_events_are_counted_by_day_with_the_refused_among_them(firm: Account) -> None:
    found = firm.root.perform("CountEvents")
    assert found["IntervalSeconds"] == 86_400
    assert len(found["Counts"]) in (31, 32)
    today = found["Counts"][-1]
    assert today["StartTime"] <= datetime.now(UTC) < today["StartTime"] + timedelta(days=1)
    assert today["FailureCount"] >= 2
    refused = firm.root.perform("CountEvents", Outcome="Failure", EventName="ListUsers")
    assert (refused["Counts"][-1]["EventCount"], refused["Counts"][-1]["FailureCount"]) == (2, 2)


def test_a_short_time_is_counted_by_hour_and_a_long_one_in_few_intervals(firm: Account) -> None:
    now = datetime.now(UTC)
    by_hour = firm.root.perform("CountEvents", StartTime=now - timedelta(hours=5))
    assert (by_hour["IntervalSeconds"], len(by_hour["Counts"])) == (3_600, 6)
    by_years = firm.root.perform("CountEvents", StartTime=now - timedelta(days=3_650))
    assert len(by_years["Counts"]) <= 62
    assert sum(one["EventCount"] for one in by_years["Counts"]) >= 5


def test_a_time_that_ends_before_it_begins_is_refused(firm: Account) -> None:
    now = datetime.now(UTC)
    with pytest.raises(OperationError) as caught:
        firm.root.perform("CountEvents", StartTime=now, EndTime=now - timedelta(days=1))
    assert caught.value.code == "InvalidInput"


def test_the_status_tells_how_far_the_trail_reaches_and_what_stands_for_all_of_it(
    firm: Account,
) -> None:
    before = firm.root.perform("GetTrailStatus")
    assert before["EventCount"] == firm.root.perform("VerifyTrail")["EventCount"]
    assert before["FirstDate"] <= before["LastDate"]
    assert len(bytes.fromhex(before["Head"])) == 32
    firm.root.perform("CreateGroup", GroupName="More")
    after = firm.root.perform("GetTrailStatus")
    assert after["EventCount"] == before["EventCount"] + 1
    assert after["Head"] != before["Head"]


def test_what_the_filter_leaves_is_taken_along_as_csv_that_no_spreadsheet_runs(
    firm: Account, browser: Browser
) -> None:
    with pytest.raises(OperationError):
        firm.root.perform("GetUser", UserName="nobody")
    formula = Browser(HTTP_USER_AGENT="=cmd|' /C calc'!A1").sign_in_root(firm)
    formula.post("/console/account/name", {"AccountName": "Firm and Sons"})
    response = browser.get("/console/activity?operation=UpdateAccountName&export=csv")
    assert response["Content-Disposition"] == 'attachment; filename="activity.csv"'
    (row,) = csv.DictReader(io.StringIO(b"".join(response.streaming_content).decode()))
    assert (row["What"], row["Outcome"]) == ("UpdateAccountName", "Success")
    assert row["Client"] == "'=cmd|' /C calc'!A1"


def test_json_has_every_event_of_the_filter_as_the_operation_tells_it(
    firm: Account, browser: Browser
) -> None:
    response = browser.get("/console/activity?outcome=AccessDenied&export=json")
    rows = json.loads(b"".join(response.streaming_content))
    assert [one["RequestParameters"] for one in rows][-1] == '{"PathPrefix": "/a/"}'
    assert all(one["DecisionId"] for one in rows)


def test_the_page_draws_the_days_and_narrows_to_some(browser: Browser) -> None:
    page = browser.get("/console/activity")
    assert b'role="img"' in page.content
    assert "all chained, since" in text(page)
    old = browser.get("/console/activity?from=2020-01-01&to=2020-01-02")
    assert "Nothing matches the filter" in text(old)


@pytest.mark.parametrize(
    "wrong", ["from=yesterday", "to=9999-99-99", "from=2021-01-02&to=2021-01-01"]
)
def test_a_day_that_is_none_is_told(browser: Browser, wrong: str) -> None:
    page = browser.get(f"/console/activity?{wrong}")
    assert page.status_code == 200
    assert 'role="alert"' in page.content.decode()


def test_a_file_of_another_kind_is_not_there(browser: Browser) -> None:
    assert browser.get("/console/activity?export=exe").status_code == 404


def test_who_may_not_list_gets_no_file(firm: Account) -> None:
    carol = Browser().sign_in(firm, "carol")
    assert carol.get("/console/activity?export=csv").status_code == 403
