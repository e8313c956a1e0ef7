"""Every form that edits a document tells how it differs from the one that is saved."""

from __future__ import annotations

import html
import json
import re

import pytest

from tests.accounts.organizations.cast import RCP, SCP, Organization
from tests.cast import Acme, allow, deny, trust
from tests.iamsite.console.browser import Browser, text

HOME = "arn:aws:iam::{account}:root"
QUEUE = "arn:aws:sqs:us-east-1:{account}:kept"
SAME = "Difference from what is saved Nothing is changed yet"


def pretty(document: str) -> str:
    return json.dumps(json.loads(document), indent=2)


ACTIONS = ("sqs:SendMessage", "sqs:ReceiveMessage")
INLINE = [allow(action) for action in ACTIONS]
TRUST = [trust(HOME, action) for action in ("sts:AssumeRole", "sts:TagSession")]
LIMITS = [deny(action) for action in ACTIONS]


def of_queue(action: str) -> str:
    return trust(HOME, action, Resource=QUEUE)


def of_organization(action: str) -> str:
    return trust(HOME, f"organizations:{action}", Resource="*")


def rcp(action: str) -> str:
    return deny(action, Principal="*")


@pytest.fixture(scope="module")
def made(acme: Acme) -> dict[str, str]:
    """What the addresses of EDITED name, each with the first of its two documents."""
    organization, perform = Organization(acme, SCP, RCP), acme.root.perform

    def here(text: str) -> str:
        return text.replace("{account}", acme.id)

    perform("RegisterResource", ResourceArn=here(QUEUE))
    perform(
        "PutResourcePolicy",
        ResourceArn=here(QUEUE),
        PolicyDocument=here(of_queue(ACTIONS[0])),
    )
    for kind, name in (("User", "bob"), ("Group", "Developers"), ("Role", "Deployer")):
        named = {f"{kind}Name": name, "PolicyName": "own"}
        perform(f"Put{kind}Policy", PolicyDocument=INLINE[0], **named)
    perform("UpdateAssumeRolePolicy", RoleName="Deployer", PolicyDocument=here(TRUST[0]))
    perform("CreatePolicy", PolicyName="kept", PolicyDocument=INLINE[0])
    organization.do("PutResourcePolicy", Content=here(of_organization("ListRoots")))
    return {
        "account": acme.id,
        "scp": organization.policy("scp", LIMITS[0]),
        "rcp": organization.policy("rcp", rcp(ACTIONS[0]), RCP),
    }


EDITED = [
    ("policies/edit/arn:aws:iam::{account}:policy/kept", "PolicyDocument", *INLINE),
    ("users/bob/policies/inline/own/edit", "PolicyDocument", *INLINE),
    ("groups/Developers/policies/inline/own/edit", "PolicyDocument", *INLINE),
    ("roles/Deployer/policies/inline/own/edit", "PolicyDocument", *INLINE),
    ("roles/Deployer/trust", "PolicyDocument", *TRUST),
    (f"resources/policy/edit/{QUEUE}", "PolicyDocument", *map(of_queue, ACTIONS)),
    ("organization/policies/{scp}/edit", "Content", *LIMITS),
    ("organization/policies/{rcp}/edit", "Content", *map(rcp, ACTIONS)),
    ("organization/resource-policy/edit", "Content",
     *map(of_organization, ("ListRoots", "ListAccounts"))),
]  # fmt: skip


@pytest.mark.parametrize(("path", "field", "before", "after"), EDITED)
def test_a_form_tells_how_its_document_differs_from_the_one_that_is_saved(
    root: Browser, made: dict[str, str], path: str, field: str, before: str, after: str
) -> None:
    for name, value in made.items():
        path, before, after = (one.replace(f"{{{name}}}", value) for one in (path, before, after))
    path = f"/console/{path}"
    assert SAME in text(root.get(path))
    assert SAME in text(root.post(path, {field: pretty(before), "_look": "1"}))

    sent = {field: after, "_difference": field}
    page = root.post(path, sent)
    assert page.status_code == 200
    assert "1 line changed" in text(page)
    assert '<details class="fold difference" open' in page.content.decode()
    assert html.escape(after) in page.content.decode()  # what was typed is kept
    part = root.htmx(path, sent, "difference")
    assert part.content.decode().lstrip().startswith("<summary>")
    told = text(part)
    assert "1 line changed" in told
    removed, added = re.findall(r' ([-+]) (?:"Action": )?"([\w:]+)"', told)
    assert (removed[0], added[0]) == ("-", "+")
    assert f'"{removed[1]}"' in before
    assert f'"{added[1]}"' in after


@pytest.mark.parametrize(
    ("typed", "count"),
    [
        ("", "lines changed"),
        ("{", "lines changed"),
        ("[" * 50_000 + "]" * 50_000, "lines changed"),
        ('{"a": "\\ud800"}', "lines changed"),
        ('{"a": 1, "a": 2}', "lines changed"),
        (" " * 100_001, "Too long to compare"),
    ],
)
def test_what_is_no_document_is_compared_as_text(
    root: Browser, made: dict[str, str], typed: str, count: str
) -> None:
    sent = {"PolicyDocument": typed, "_difference": "PolicyDocument"}
    for answer in (root.htmx("/console/roles/Deployer/trust", sent, "difference"),
                   root.post("/console/roles/Deployer/trust", sent)):  # fmt: skip
        assert answer.status_code == 200
        assert count in text(answer).replace("line changed", "lines changed")


def test_what_is_new_or_of_no_such_field_has_no_difference(
    root: Browser, made: dict[str, str]
) -> None:
    assert "Difference from" not in text(root.get("/console/policies/create"))
    bare = f"arn:aws:sqs:us-east-1:{made['account']}:bare"
    root.post("/console/resources/register", {"ResourceArn": bare})
    assert "Difference from" not in text(root.get(f"/console/resources/policy/edit/{bare}"))
    sent = {"PolicyDocument": "{}", "_difference": "Nothing"}
    assert root.htmx("/console/roles/Deployer/trust", sent, "difference").status_code == 200
