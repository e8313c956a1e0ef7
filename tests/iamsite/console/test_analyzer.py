"""The analyzer's pages: from no scan to findings that are archived and mended."""

from __future__ import annotations

import html
import json
import re

import pytest

from tests.cast import Acme, allow, trust
from tests.iamsite.console.browser import Browser, text
from tests.policies.operations.test_resources import registered, sharing

PAGE = "/console/analyzer/"


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    account.role("Open", trust("*"), allow("s3:*"))
    return account


@pytest.fixture(scope="module")
def alice(acme: Acme) -> Browser:
    browser = Browser().sign_in(acme, "alice")
    assert "No scan yet" in text(browser.get(PAGE))
    response = browser.post(f"{PAGE}analyze", {"UnusedDays": "90"})
    assert response.headers["Location"] == PAGE
    return browser


def finding_of(browser: Browser, words: str, query: str = "") -> str:
    """The address of the finding that says so."""
    body = browser.get(f"{PAGE}{query}").content.decode().replace("<wbr>", "")
    (found,) = re.findall(rf'href="({PAGE}[0-9a-f-]+)">{html.escape(words)}', body)
    return str(found)


def test_findings_are_listed_with_how_bad_they_are(acme, alice) -> None:
    said = text(alice.get(PAGE))
    assert "role/Open can be assumed by anyone Access from outside High" in said
    assert "The inline policy p0 of alice allows every action" in said
    assert re.search(r"Active \d+ Archived \d+ Resolved \d+", said)


def test_findings_are_narrowed_by_kind_severity_and_words(acme, alice) -> None:
    outside = text(alice.get(f"{PAGE}?kind=EXTERNAL_ACCESS"))
    assert "role/Open" in outside
    assert "inline policy p0" not in outside
    assert "Nothing matches the filter" in text(
        alice.get(f"{PAGE}?kind=EXTERNAL_ACCESS&severity=LOW")
    )
    assert "inline policy p0" in text(alice.get(f"{PAGE}?q=INLINE"))
    assert alice.get(f"{PAGE}?status=junk&kind=junk&severity=junk").status_code == 200


def test_a_finding_shows_its_proof_and_where_to_mend_it(acme, alice) -> None:
    page = alice.get(finding_of(alice, "role/Open can be assumed by anyone"))
    said = text(page)
    assert "A request that is allowed" in said
    assert "sts:AssumeRole" in said
    assert "What to do If this is intended, archive the finding." in said
    assert acme.arn("role/Open") in said
    assert 'href="/console/roles/Open/trust"' in page.content.decode()
    wide = alice.get(finding_of(alice, "The inline policy p0 of alice", "?kind=WIDE_POLICY"))
    assert 'href="/console/users/alice/policies/inline/p0/edit"' in wide.content.decode()


def test_an_open_resource_leads_to_its_policy() -> None:
    acme = Acme()
    arn = registered(acme)
    document = sharing(arn, "*", "s3:GetObject")
    acme.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)
    alice = Browser().sign_in(acme, "alice")
    alice.post(f"{PAGE}analyze", {"UnusedDays": "90"})
    page = alice.get(finding_of(alice, f"{arn.rpartition(':')[2]} lets in anyone"))
    assert "anyone, without a signature" in text(page)
    address = f"/console/resources/policy/edit/{arn}"
    assert f'href="{address}"' in page.content.decode()
    assert alice.get(address).status_code == 200


def test_a_finding_is_archived_and_made_active_again(acme, alice) -> None:
    said = "role/Open can be assumed by anyone"
    address = finding_of(alice, said)
    assert "Archive this finding" in text(alice.htmx(f"{address}/archive"))
    assert alice.post(f"{address}/archive").headers["Location"] == PAGE
    assert said not in text(alice.get(PAGE))
    assert finding_of(alice, said, "?status=ARCHIVED") == address
    assert "Make active" in text(alice.get(address))
    # Twice is told, not done.
    assert alice.post(f"{address}/archive").status_code == 400
    alice.post(f"{address}/unarchive")
    assert finding_of(alice, said) == address


def test_a_mended_finding_is_resolved_by_the_next_scan() -> None:
    acme = Acme()
    acme.role("Shut", trust("*"))
    alice = Browser().sign_in(acme, "alice")
    alice.post(f"{PAGE}analyze", {"UnusedDays": "90"})
    address = finding_of(alice, "role/Shut can be assumed by anyone")
    acme.root.perform("DeleteRole", RoleName="Shut")
    alice.post(f"{PAGE}analyze", {"UnusedDays": "90"})
    assert finding_of(alice, "role/Shut can be assumed by anyone", "?status=RESOLVED") == address
    assert "Resolved" in text(alice.get(address))


def test_a_bad_period_is_told_beside_its_field(acme, alice) -> None:
    response = alice.post(f"{PAGE}analyze", {"UnusedDays": "0"})
    assert response.status_code == 422
    assert "It must be at least 1." in text(response)


def test_whoever_may_not_read_findings_is_told(acme) -> None:
    carol = Browser().sign_in(acme, "carol")
    assert "not authorized to perform: portal:GetAnalysis" in text(carol.get(PAGE))
    assert carol.post(f"{PAGE}analyze", {"UnusedDays": "90"}).status_code == 403


def test_a_finding_that_is_not_there_says_so(alice) -> None:
    missing = "00000000-0000-0000-0000-000000000000"
    assert alice.get(f"{PAGE}{missing}").status_code == 404


def test_findings_are_taken_along_and_archived_many_at_once(acme: Acme, alice: Browser) -> None:
    rows = json.loads(b"".join(alice.get(f"{PAGE}?kind=WIDE_POLICY&export=json")))
    listed = acme.root.perform("ListFindings", Status="ACTIVE", Kind="WIDE_POLICY")["Findings"]
    assert [one["FindingId"] for one in rows] == [one["FindingId"] for one in listed]
    first = rows[0]
    ids = [first["FindingId"], "00000000-0000-0000-0000-000000000000"]
    address = f"{PAGE}bulk/archive?" + "&".join(f"item={one}" for one in ids)
    said = first["Message"].removesuffix(".")
    assert said in text(alice.get(address))
    done = text(alice.post(address))
    assert "1 done, 1 refused" in done
    assert said in done
    assert said not in text(alice.get(f"{PAGE}?kind=WIDE_POLICY"))
