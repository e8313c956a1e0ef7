"""The dashboard: what to mend first, found by a look at the account or by the analyzer."""

import pytest

from tests.cast import Account, Acme, allow, trust
from tests.iamsite.console.browser import Browser, text


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    account.user("second", allow("*"))
    account.role("Open", trust("*"))
    account.root.perform("AnalyzeAccount")
    return account


def test_an_account_that_was_never_analyzed_offers_it():
    never = Acme()
    page = Browser().sign_in_root(never).get("/console/").content.decode()
    assert 'href="/console/analyzer/analyze"' in page
    assert '/console/analyzer/"' not in page.partition("Needs attention")[2]


def test_the_worst_findings_of_the_analyzer_stand_with_those_of_root(acme):
    said = text(Browser().sign_in_root(acme).get("/console/"))
    said = said.partition("Needs attention")[2].partition("Recent activity")[0]
    found = acme.root.perform("ListFindings", Status="ACTIVE", MaxItems=5)["Findings"]
    assert found
    assert "The root user signs in with a password alone" in said
    at = [said.index(one["Message"].removesuffix(".")) for one in found]
    assert at == sorted(at)


def test_a_finding_is_put_away_from_the_dashboard(acme):
    root = Browser().sign_in_root(acme)
    (first, *_rest) = acme.root.perform("ListFindings", Status="ACTIVE", MaxItems=5)["Findings"]
    address = f"/console/analyzer/{first['FindingId']}/archive"
    assert f'href="{address}"' in root.get("/console/").content.decode()
    root.post(address)
    assert first["Message"].removesuffix(".") not in text(root.get("/console/"))


def test_whoever_may_not_see_findings_sees_none(acme):
    acme.user("viewer", allow("iam:*", "portal:GetAccountStatus"))
    page = Browser().sign_in(acme, "viewer").get("/console/").content.decode()
    (first, *_rest) = acme.root.perform("ListFindings", Status="ACTIVE", MaxItems=5)["Findings"]
    assert first["FindingId"] not in page
    assert "/console/analyzer/analyze" not in page


def test_access_tests_that_do_not_hold_come_to_the_dashboard(acme):
    acme.user("tess", allow("s3:GetObject"))
    root, failing = Browser().sign_in_root(acme), "/console/simulator/tests/failing"
    assert failing not in root.get("/console/").content.decode()
    asked = {"PrincipalArn": acme.arn("user/tess"), "ActionName": "s3:GetObject"}
    for name, expected in (("reads", "allowed"), ("reads-not", "denied")):
        acme.root.perform("PutAccessTest", TestName=name, ExpectedDecision=expected, **asked)
    page = root.get("/console/").content.decode()
    assert f'hx-get="{failing}"' in page
    assert page.index("password alone") < page.index(failing)
    said = text(root.get(failing))
    assert "The access test reads-not does not hold" in said
    assert "should be denied and is allowed" in said
    assert "The access test reads " not in said
    acme.user("blind")
    assert text(Browser().sign_in(acme, "blind").get(failing)) == ""


def test_a_first_step_is_skipped_and_taken_up_again(acme):
    root = Browser().sign_in_root(acme)
    path = "/console/recommendations/FirstCall/"
    assert root.get("/console/recommendations/RootMFA/skip").status_code == 404
    assert root.post(f"{path}skip").headers["Location"] == "/console/getting-started"
    page = root.get("/console/getting-started")
    assert "1 skipped" in text(page)
    assert f'href="{path}restore"' in page.content.decode()
    assert "Make the first call" not in text(root.get("/console/"))
    root.post(f"{path}restore")
    assert "skipped" not in text(root.get("/console/getting-started"))


def test_the_first_steps_are_hidden_when_all_are_done_or_skipped(acme):
    root = Browser().sign_in_root(acme)
    steps = ("ProtectRoot", "FirstGroup", "FirstAdministrator", "LockRoot", "FirstKey", "FirstCall")
    for step in steps:
        root.post(f"/console/recommendations/{step}/skip")
    assert 'href="/console/getting-started">' not in root.get("/console/").content.decode()[9000:]
    assert "This account is set up" in text(root.get("/console/getting-started"))


def test_a_finding_about_root_is_put_off_and_shown_again(acme):
    root = Browser().sign_in_root(acme)
    path = "/console/recommendations/RootMFA/"
    assert "In a week" in text(root.get(f"{path}snooze"))
    root.post(f"{path}snooze", {"Until": "7"})
    said = text(root.get("/console/")).partition("Needs attention")[2]
    assert "1 put off The root user signs in with a password alone Told again in 1 week" in said
    root.post(f"{path}restore")
    assert "put off" not in text(root.get("/console/"))


def test_a_first_key_counts_whoever_has_it_and_a_step_is_for_whoever_may_do_it():
    new = Account("initech")
    root = Browser().sign_in_root(new)
    page = root.get("/console/getting-started")
    assert "Give a program a key (done)" not in text(page)
    assert ">Protect root</a>" in page.content.decode()
    ci = new.user("ci", allow("portal:Get*", "portal:List*", "iam:Get*", "iam:List*"))
    said = text(root.get("/console/getting-started"))
    assert "Give a program a key (done)" in said
    assert "Make the first call (done)" not in said
    ci.perform("GetCallerIdentity")
    assert "Make the first call (done)" in text(root.get("/console/getting-started"))

    of_ci = Browser().sign_in(new, "ci")
    for path in ("/console/", "/console/getting-started"):
        page = of_ci.get(path).content.decode()
        assert 'aria-label="Protect root. Only the root user may."' in page
        assert 'aria-label="Create user. You need iam:CreateUser."' in page
        assert 'aria-label="Create group. You need iam:CreateGroup."' in page
