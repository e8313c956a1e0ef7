"""Access advisor: what was used when, granted by what, and what was not."""

from __future__ import annotations

import html
import re

import pytest

from tests.cast import Acme, allow, trust
from tests.iamsite.console.browser import Browser, text

USER = "/console/users/dora/?tab=access"
NEVER = "Not accessed in the tracking period"


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    dora = account.user("dora", allow("sqs:*", "iam:List*"))
    account.root.perform("AddUserToGroup", GroupName="Developers", UserName="dora")
    dora.perform("ListUsers")
    dora.perform("GetCallerIdentity")
    return account


def rows(response: object) -> list[str]:
    """What the rows of the page's table say."""
    body = response.content.decode()  # type: ignore[attr-defined]
    found = re.findall(r"<tr>(.*?)</tr>", body.partition("<tbody>")[2], flags=re.S)
    return [" ".join(html.unescape(re.sub(r"<[^>]+>", " ", row)).split()) for row in found]


def links(response: object) -> list[str]:
    return [html.unescape(one) for one in re.findall(r'href="([^"]+)"', response.content.decode())]  # type: ignore[attr-defined]


def test_a_users_tab_tells_what_was_used_first_and_by_which_policies(acme, alice) -> None:
    response = alice.get(USER)
    assert rows(response) == [
        "AWS Security Token Service sts just now · us-east-1 develop (Developers)",
        "AWS Identity and Access Management (IAM) iam just now · us-east-1 p0 , develop (Developers)",
        f"Amazon S3 s3 {NEVER} develop (Developers)",
        f"Amazon SQS sqs {NEVER} p0",
    ]
    assert "/console/users/dora/policies/inline/p0/edit" in links(response)
    assert "All services (4) Used (2) Not used (2)" in text(response)
    # The exact time is on hover.
    assert re.search(r'<time datetime="[^"]+" title="[^"]+ UTC"', response.content.decode())


def test_the_list_is_narrowed_by_use_and_by_name(acme, alice) -> None:
    assert len(rows(alice.get(f"{USER}&show=used"))) == 2
    assert all(NEVER in row for row in rows(alice.get(f"{USER}&show=unused")))
    assert [row.split()[1] for row in rows(alice.get(f"{USER}&q=SQS"))] == ["SQS"]
    assert "Nothing matches the filter" in text(alice.get(f"{USER}&q=nothing"))


def test_a_service_tells_its_actions_and_what_nobody_tried(acme, alice) -> None:
    said = text(alice.get(f"{USER}&service=iam"))
    assert "iam:ListUsers just now us-east-1" in said
    assert "actions that are granted and were not tried" in said
    assert "ListRoles" in said
    assert "CreateUser" not in said


def test_pages_are_about_one_moment(acme, alice) -> None:
    page = alice.get(USER)
    (service,) = [one for one in links(page) if "service=s3" in one]
    fresh = acme.user("fresh", allow("s3:*"))
    acme.root.perform("AddUserToGroup", GroupName="Developers", UserName="fresh")
    fresh.perform("GetCallerIdentity")
    assert NEVER in text(alice.get(f"/console/users/dora/{service}"))
    # A report that is gone, or somebody else's, is made anew.
    gone = f"{USER}&job=00000000-0000-0000-0000-000000000000"
    assert len(rows(alice.get(gone))) == 4
    assert len(rows(alice.get(f"{USER}&job=nothing&from=junk"))) == 4


def test_a_long_list_is_read_page_by_page(acme, alice) -> None:
    page = alice.get("/console/users/alice/?tab=access")
    assert len(rows(page)) == 50
    (following,) = [one for one in links(page) if "from=50" in one]
    first, second = rows(page), rows(alice.get(following))
    assert len(second) == 50
    assert not set(first) & set(second)


def test_a_groups_tab_tells_which_member_used_it(acme, alice) -> None:
    said = rows(alice.get("/console/groups/Developers/?tab=access"))
    assert any(row.startswith("AWS Security") and "develop" in row for row in said)
    (iam,) = [row for row in said if " iam " in row]
    assert "dora" in iam
    said_of = text(alice.get("/console/groups/Developers/?tab=access&service=iam"))
    assert "Who could use it" in said_of
    assert f"bob User {NEVER}" in said_of


def test_a_roles_tab_is_its_own(acme, alice) -> None:
    role = acme.role("Lister", trust(acme.arn("root")), allow("iam:ListUsers"))
    assert rows(alice.get("/console/roles/Lister/?tab=access")) == [
        f"AWS Identity and Access Management (IAM) iam {NEVER} p0"
    ]
    acme.assume(acme.alice, role).perform("ListUsers")
    (row,) = rows(alice.get("/console/roles/Lister/?tab=access"))
    assert "just now" in row


def test_a_policy_tells_who_used_it(acme, alice) -> None:
    arn = acme.root.perform("CreatePolicy", PolicyName="lists", PolicyDocument=allow("iam:List*"))[
        "Policy"
    ]["Arn"]
    page = f"/console/policies/{arn}?tab=access"
    assert rows(alice.get(page)) == [f"AWS Identity and Access Management (IAM) iam {NEVER} –"]
    acme.root.perform("AttachUserPolicy", UserName="dora", PolicyArn=arn)
    (row,) = rows(alice.get(page))
    assert row.endswith("dora")
    assert "/console/users/dora/" in links(alice.get(page))


def test_whoever_has_no_policies_is_told_what_would_show(acme, alice) -> None:
    assert "No service is granted" in text(alice.get("/console/users/carol/?tab=access"))


def test_whoever_may_not_make_reports_is_told(acme) -> None:
    acme.user("viewer", allow("iam:GetUser", "iam:ListUsers"))
    viewer = Browser().sign_in(acme, "viewer")
    said = text(viewer.get(USER))
    assert "not authorized to perform: iam:GenerateServiceLastAccessedDetails" in said
    assert "Amazon SQS" not in said
