"""The pages for switching roles: AWS's links, the bar, the way back, what the browser remembers."""

import re
from typing import Any

import pytest

from accounts.models import Account
from tests.cast import Acme, trust
from tests.iamsite.console.browser import Browser, text
from tests.identities.test_signin import change

SWITCH = "/console/switch-role"


@pytest.fixture
def bob(acme: Acme) -> Browser:
    return Browser().sign_in(acme, "bob")


def switch(browser: Browser, acme: Acme, **fields: str):
    return browser.post(SWITCH, {"account": acme.id, "roleName": "Deployer", **fields})


def first(page: Any) -> str:
    """The name of the field at which the page begins."""
    inputs = re.findall(r"<input [^>]*>", page.content.decode())
    (at,) = [one for one in inputs if "autofocus" in one]
    return re.search(r'name="(\w+)"', at)[1]


def test_awss_link_fills_the_form_and_switches_nobody(acme: Acme, bob: Browser) -> None:
    query = f"account={acme.id}&roleName=Deployer&displayName=Ship%20it&color=99bcde"
    to_form = bob.get(f"/switchrole?{query}")
    assert to_form.status_code == 302
    page = bob.get(to_form["Location"])
    assert page.status_code == 200
    for value in (f'value="{acme.id}"', 'value="Deployer"', 'value="Ship it"'):
        assert value in page.content.decode()
    assert first(page) == "displayName"
    assert first(bob.get(SWITCH)) == "account"
    assert first(switch(bob, acme, roleName="Nobody")) == "roleName"
    assert 'value="blue" class="' in page.content.decode() or "checked" in page.content.decode()
    assert "You act as this role" not in text(bob.get("/console/"))


def test_the_bar_names_the_role_and_who_is_behind_it(acme: Acme, bob: Browser) -> None:
    assert switch(bob, acme, displayName="Ship <it>", color="green").status_code == 302
    page = bob.get("/console/users/")
    assert "role-bar role-green" in page.content.decode()
    assert "Ship <it>" in text(page)
    assert "signed in as bob" in text(page)
    assert bob.post("/console/switch-back").status_code == 302
    assert "role-bar" not in bob.get("/console/users/").content.decode()


def test_recent_roles_are_one_click_away_and_bounded(acme: Acme, bob: Browser) -> None:
    for number in range(7):
        acme.role(
            f"R{number}",
            f'{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",'
            f'"Principal":{{"AWS":"{acme.bob.arn}"}},"Action":"sts:AssumeRole"}}]}}',
        )
        assert switch(bob, acme, roleName=f"R{number}", displayName="x" * 64).status_code == 302
        bob.post("/console/switch-back")
    assert len(bob.cookies["iamsite_roles"].value) < 3600
    page = bob.get("/console/users/").content.decode()
    shown = [number for number in range(7) if f'name="roleName" value="R{number}"' in page]
    assert shown == [2, 3, 4, 5, 6]


def test_another_person_at_the_browser_does_not_see_them(acme: Acme, bob: Browser) -> None:
    switch(bob, acme)
    bob.post("/console/sign-out")
    bob.sign_in(acme, "alice")
    assert 'name="roleName" value="Deployer"' not in bob.get("/console/users/").content.decode()
    bob.cookies["iamsite_roles"] = "planted"
    assert bob.get("/console/users/").status_code == 200


def test_a_refused_switch_keeps_what_was_typed(acme: Acme, bob: Browser) -> None:
    answer = switch(bob, acme, roleName="Nobody", displayName="Kept")
    assert answer.status_code == 403
    assert "The switch was refused" in text(answer)
    assert 'value="Kept"' in answer.content.decode()


def test_root_is_told_that_it_cannot(acme: Acme) -> None:
    root = Browser().sign_in_root(acme)
    assert "The root user switches to no role" in text(root.get(SWITCH))
    assert switch(root, acme).status_code == 403


def test_a_role_that_is_over_leads_back_to_oneself(
    acme: Acme, bob: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dataclasses import replace

    from identities import temporary

    switch(bob, acme)
    read = temporary.read

    def late(key: str, token: str):
        secret, held = read(key, token)
        return secret, replace(held, expires_at=held.issued_at)

    with monkeypatch.context() as patched:
        patched.setattr(temporary, "read", late)
        answer = bob.post("/console/users/create", {"UserName": "dora"})
        assert (answer.status_code, answer["Location"]) == (302, "/console/")
        page = text(bob.get("/console/"))
    assert "Your time in the role is over" in page
    assert "role-bar" not in page


def test_every_page_of_a_role_session_opens(acme: Acme, bob: Browser) -> None:
    switch(bob, acme)
    for path in ("", "getting-started", "users/", "roles/", "sessions", "account", "activity",
                 "security-credentials", "switch-role", "search?q=a"):  # fmt: skip
        assert bob.get(f"/console/{path}").status_code in (200, 403), path


def test_a_role_whose_account_is_suspended_leads_back_to_oneself(acme: Acme) -> None:
    bob, other = Browser().sign_in(acme, "bob"), Acme()
    other.role("Guest", trust(acme.bob.arn))
    assert switch(bob, other, roleName="Guest").status_code == 302
    change(other.id, Account, status=Account.Status.SUSPENDED)
    answer = bob.get("/console/users/")
    assert (answer.status_code, answer["Location"]) == (302, "/console/")
    page = text(bob.get("/console/"))
    assert (
        f"The account {other.id} is suspended, so nothing was done. You are yourself again." in page
    )


def test_a_role_that_is_deleted_leads_back_to_oneself(acme: Acme, bob: Browser) -> None:
    acme.role("Brief", trust(acme.bob.arn))
    switch(bob, acme, roleName="Brief")
    acme.root.perform("DeleteRole", RoleName="Brief")
    answer = bob.get("/console/users/")
    assert (answer.status_code, answer["Location"]) == (302, "/console/")
    assert "You cannot act in the role any more" in text(bob.get("/console/"))


def test_whose_own_account_is_suspended_is_told_what_helps_and_let_out(database: None) -> None:
    acme = Acme()
    bob = Browser().sign_in(acme, "bob")
    change(acme.id, Account, status=Account.Status.SUSPENDED)
    page = bob.get("/console/users/")
    assert page.status_code == 403
    said = text(page)
    assert f"The account {acme.id} is suspended." in said
    assert "Whoever runs this portal can reactivate it" in said
    assert "Go to sign-in" in said
    assert "Try again" not in said
    assert bob.get("/console/users/")["Location"].startswith("/console/sign-in")
