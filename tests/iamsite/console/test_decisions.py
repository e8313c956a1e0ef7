"""The pages of decisions: what they show to whom, and what a stale or foreign change does."""

from __future__ import annotations

import html
import json
import re
import uuid
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from iamsite.operations import OperationError
from tests.cast import Acme, Actor, Evil, allow, deny, trust
from tests.iamsite.console.browser import Browser, text


@pytest.fixture(scope="module")
def company(database: None) -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def root(company: Acme) -> Browser:
    return Browser().sign_in_root(company)


def denied(actor: Actor, operation: str = "GetGroup", **params: Any) -> str:
    with pytest.raises(OperationError) as caught:
        actor.perform(operation, **(params or {"GroupName": "Developers"}))
    return caught.value.decision_id


def first_edit(company: Acme, decision: str) -> dict[str, Any]:
    found = company.root.perform("GetDecision", DecisionId=decision)
    edit: dict[str, Any] = found["Now"]["Remedies"][0]["Changes"][0]["Edits"][0]
    return edit


def test_a_proposed_change_is_made_once_and_not_when_policies_have_changed(
    company: Acme, root: Browser
) -> None:
    dora = company.user("dora")
    decision = denied(dora)
    edit = first_edit(company, decision)
    address = f"/console/decisions/{decision}/edits/{edit['EditId']}"
    assert "iam:GetGroup" in text(root.get(address))
    sent = {"PolicyDocument": edit["DocumentAfter"]}
    assert root.post(address, sent).status_code == 302
    assert dora.perform("GetGroup", GroupName="Developers")["Group"]
    again = root.post(address, sent)
    assert again.status_code == 409
    assert "The policies have changed since this was proposed" in text(again)
    listed = company.root.perform("ListUserPolicies", UserName="dora")["PolicyNames"]
    assert listed == ["Allow-iam-GetGroup"]


def test_the_document_can_be_edited_before_and_is_validated(company: Acme, root: Browser) -> None:
    emil = company.user("emil")
    decision = denied(emil)
    address = f"/console/decisions/{decision}/edits/{first_edit(company, decision)['EditId']}"
    refused = root.post(address, {"PolicyDocument": '{"Version": "2012-10-17"}'})
    assert refused.status_code == 422
    assert company.root.perform("ListUserPolicies", UserName="emil")["PolicyNames"] == []
    root.post(address, {"PolicyDocument": allow("iam:Get*")})
    kept = company.root.perform("GetUserPolicy", UserName="emil", PolicyName="Allow-iam-GetGroup")
    assert json.loads(kept["PolicyDocument"])["Statement"][0]["Action"] == ["iam:Get*"]


def test_who_may_read_but_not_change_sees_a_sleeping_button_and_cannot_make_it(
    company: Acme,
) -> None:
    fay = company.user("fay")
    company.user("reader", allow("portal:GetDecision", "portal:ListEvents", "sts:*"))
    decision = denied(fay)
    reader = Browser().sign_in(company, "reader")
    page = reader.get(f"/console/decisions/{decision}")
    assert "You need iam:PutUserPolicy." in page.content.decode()
    edit = first_edit(company, decision)
    made = reader.post(
        f"/console/decisions/{decision}/edits/{edit['EditId']}",
        {"PolicyDocument": edit["DocumentAfter"]},
    )
    assert made.status_code == 403
    assert made.headers["x-iamsite-decision-id"]
    assert company.root.perform("ListUserPolicies", UserName="fay")["PolicyNames"] == []


def test_what_is_not_kept_any_more_can_be_evaluated_now(company: Acme, root: Browser) -> None:
    asked = f"principal={company.carol.arn}&action=iam:GetGroup&resource=*"
    page = root.get(f"/console/decisions/{uuid.uuid4()}?{asked}")
    assert page.status_code == 404
    assert "Evaluate it now" in text(page)
    assert "/console/simulator?principal=" in page.content.decode()
    now = root.get(f"/console/simulator?{asked}")
    assert "Not allowed" in text(now)
    assert "The smallest changes that would allow it" in text(now)
    assert "In a new inline policy of user carol" in text(now)
    by_name = root.get("/console/simulator?principal=carol&action=iam:GetGroup")
    assert f'value="{company.carol.arn}"' in by_name.content.decode()
    found = re.findall(r'href="(/console/simulator/edits/[^"]+)"', by_name.content.decode())
    change = html.unescape(found[0])
    page = text(root.get(change))
    assert "Allow it in an identity policy" in page
    assert "Nobody else gains by it." in page
    assert f"--policy-source-arn {company.carol.arn}" in text(by_name)
    unknown = root.get("/console/simulator?principal=nobody&action=iam:GetGroup")
    assert unknown.status_code == 404
    assert "No user, group or role that you may see is called nobody" in text(unknown)
    carol = Browser().sign_in(company, "carol")
    assert carol.post(change).status_code == 403
    done = root.post(change, {"PolicyDocument": allow("iam:GetGroup")})
    assert done.status_code == 302
    assert "carol" in done.headers["Location"]
    assert "iam:GetGroup * Allowed" in text(root.get(done.headers["Location"]))
    assert root.get(change).status_code == 409  # nothing is left to change
    company.root.perform("DeleteUserPolicy", UserName="carol", PolicyName="Allow-iam-GetGroup")


def test_the_simulator_begins_with_the_request_of_a_decision_and_its_keys(
    company: Acme, root: Browser
) -> None:
    office = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}
    hal = company.user("hal", allow("iam:ListGroups", Condition=office))
    page = root.get(f"/console/decisions/{denied(hal)}").content.decode()
    address = html.unescape(re.findall(r'href="(/console/simulator\?principal=[^"]+)"', page)[0])
    simulated = root.get(address)
    assert 'name="key.aws:SourceIp" value="203.0.113.7"' in simulated.content.decode()
    assert "Not allowed" in text(simulated)
    # What follows from the principal is filled in, and decides.
    mine = {"StringEquals": {"aws:PrincipalTag/team": "shop", "aws:username": "ivo"}}
    company.user("ivo", allow("s3:GetObject", Condition=mine))
    company.root.perform("TagUser", UserName="ivo", Tags=[{"Key": "team", "Value": "shop"}])
    simulated = root.get("/console/simulator?principal=ivo&action=s3:GetObject")
    assert 'name="key.aws:PrincipalTag/team" value="shop"' in simulated.content.decode()
    assert "s3:GetObject * Allowed" in text(simulated)
    # The role's side of assuming it is another page's.
    role = company.arn("role/Deployer")
    simulated = root.get(f"/console/simulator?principal=ivo&action=sts:AssumeRole&resource={role}")
    assert "Not allowed" in text(simulated)
    assert f"/console/who-can?action=sts%3AAssumeRole&amp;resource={quote(role, safe='')}" in (
        simulated.content.decode()
    )
    assert "Save as a test" not in text(simulated)  # which none can be


def test_denials_are_listed_narrowed_and_taken_along(company: Acme, root: Browser) -> None:
    ida = company.user("ida", deny("iam:ListRoles"))
    decisions = [denied(ida, "ListRoles"), denied(ida, "ListUsers")]
    about = f"/console/decisions/?principal={ida.arn}"

    def listed(more: str = "") -> list[str]:
        page = root.get(about + more).content.decode()
        return re.findall(r'href="/console/decisions/([0-9a-f-]{36})"', page)

    assert listed() == decisions[::-1]
    assert listed("&decision=explicitDeny") == decisions[:1]
    assert listed("&action=iam:ListUsers") == decisions[1:]
    assert listed("&layer=identity") == decisions[::-1]
    named = root.get("/console/decisions/?principal=IDA").content.decode()
    assert all(one in named for one in decisions)
    assert "Nothing matches the filter" in text(root.get(f"{about}&layer=scp"))
    rows = json.loads(b"".join(root.get(f"{about}&export=json")))
    assert [one["DecisionId"] for one in rows] == decisions[::-1]
    wrong = root.get(f"{about}&decision=maybe")
    assert wrong.status_code == 400
    assert "Decision: It must be one of " in text(wrong)
    assert f'value="{ida.arn}"' in wrong.content.decode()


def test_decisions_are_listed_for_who_may_and_of_the_own_account(company: Acme, evil: Evil) -> None:
    decision = denied(company.carol)
    carol = Browser().sign_in(company, "carol")
    assert "You may not see this" in text(carol.get("/console/decisions/"))
    assert carol.get("/console/decisions/?export=csv").status_code == 403
    stranger = (
        Browser().sign_in_root(evil).get(f"/console/decisions/?principal={company.carol.arn}")
    )
    assert decision not in stranger.content.decode()


def test_another_accounts_decision_is_as_one_that_never_was(company: Acme, evil: Evil) -> None:
    decision = denied(company.carol)
    stranger = Browser().sign_in_root(evil)
    pages = [
        stranger.get(f"/console/decisions/{one}").content.decode().replace(one, "ID")
        for one in (decision, str(uuid.uuid4()))
    ]
    shown = [page[page.index("<main") : page.index("</main>")] for page in pages]
    assert shown[0] == shown[1]


def test_what_somebody_wrote_does_not_become_markup(company: Acme, root: Browser) -> None:
    gil = company.user("gil")
    decision = denied(gil, "ListUsers", PathPrefix="/<script>alert(1)</script>/")
    page = root.get(f"/console/decisions/{decision}").content.decode()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_part_that_may_not_be_seen_leads_to_the_simulator(company: Acme, root: Browser) -> None:
    carol = Browser().sign_in(company, "carol")
    page = carol.get("/console/users/").content.decode()
    address = html.unescape(re.findall(r'href="(/console/simulator\?principal=[^"]+)"', page)[0])
    # Where she may not ask it herself either, she has a link to send.
    refused = carol.get(address)
    assert refused.status_code == 403
    assert "Send the link to an administrator of this account" in text(refused)
    links = re.findall(r'data-copy="(http[^"]+)"', refused.content.decode())
    assert [html.unescape(link).endswith(address) for link in links] == [True]
    assert "Copy link" not in text(root.get(address))


def test_how_long_decisions_are_kept_is_set_in_the_account(company: Acme, root: Browser) -> None:
    root.post("/console/account/decisions", {"RetentionDays": "7", "AllowedSamplePercent": "0"})
    assert company.root.perform("GetDecisionSettings")["RetentionDays"] == 7
    assert "Denials are kept for 7 days." in text(root.get("/console/account"))
    refused = root.post(
        "/console/account/decisions", {"RetentionDays": "0", "AllowedSamplePercent": "0"}
    )
    assert refused.status_code == 422


def test_a_session_policy_shows_its_layer_in_the_simulator_and_is_saved_with_the_test(
    company: Acme, root: Browser
) -> None:
    role = company.role("Reading", trust(company.bob.arn), allow("s3:*"))
    asked = {
        "principal": role,
        "action": "s3:GetObject\ns3:ListBucket",
        "session_policy": allow(
            "s3:ListBucket", Condition={"Bool": {"aws:ViaAWSService": "false"}}
        ),
    }
    page = text(root.get(f"/console/simulator?{urlencode(asked)}"))
    assert "s3:GetObject * Not allowed the session policy does not allow it None" in page
    assert "s3:ListBucket * Not allowed the session policy does not allow it None" in page
    # The keys that it uses are among those that are asked for.
    assert "aws:ViaAWSService" in page
    asked |= {"key.aws:ViaAWSService": "false"}
    page = text(root.get(f"/console/simulator?{urlencode(asked)}"))
    assert "s3:ListBucket * Allowed" in page
    assert "aws portal evaluate-decision" in page
    one = root.get(f"/console/simulator?{urlencode({**asked, 'action': 's3:GetObject'})}")
    assert "Session policies No statement is about this action Decides" in text(one)
    assert "Make the session with a session policy that allows it" in text(one)
    save = html.unescape(
        re.findall(r'href="(/console/simulator/tests/[^"]+)"', one.content.decode())[0]
    )
    assert root.post(save, {"TestName": "limited", "ExpectedDecision": "denied"}).status_code == 302
    (test,) = company.root.perform("ListAccessTests")["AccessTests"]
    assert test["SessionPolicy"] == asked["session_policy"]
    listed = root.get("/console/simulator/tests")
    assert "in a session with policies of its own" in text(listed)
    again = html.unescape(
        re.findall(r'href="(/console/simulator\?principal=[^"]+)"', listed.content.decode())[0]
    )
    assert "the session policy does not allow it" in text(root.get(again))
    for bad, told in (
        ({"session_policy": '{"Statement": []}'}, "Session policy, line 1, column 1"),
        ({"session_policy": "{"}, "Session policy, line 1, column 2"),
        ({"principal": company.arn("group/Developers")}, "A group has no sessions"),
    ):
        refused = root.get(f"/console/simulator?{urlencode({**asked, **bad})}")
        assert refused.status_code == 400
        assert told in text(refused)
