import re
from typing import Any

import pytest

from tests.cast import PASSWORD, Acme
from tests.iamsite.console.browser import USER_PASSWORD, Browser, has_password, text

WRONG = "Your authentication information is incorrect. Please try again."


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    account.root.perform("CreateLoginProfile", UserName="alice", Password=USER_PASSWORD)
    return account


def sign_in(browser: Browser, **fields: str):
    return browser.post("/console/sign-in", fields)


def test_the_front_door_leads_to_the_sign_in_page(acme):
    browser = Browser()
    response = browser.get("/console/users/?q=a")
    assert response.status_code == 302
    assert response.headers["Location"] == "/console/sign-in?next=%2Fconsole%2Fusers%2F%3Fq%3Da"


def test_an_account_is_opened_and_its_root_signed_in():
    browser = Browser()
    response = browser.post(
        "/console/sign-up",
        {"name": "Initech", "email": "boss@initech.example", "password": PASSWORD},
    )
    assert response.status_code == 302
    assert response.headers["Location"] == "/console/getting-started"
    page = browser.get("/console/getting-started")
    assert page.status_code == 200
    assert "Root user" in text(page)
    assert "Initech" in text(page)


def test_opening_an_account_says_what_is_wrong_and_keeps_what_was_typed(acme):
    response = Browser().post(
        "/console/sign-up", {"name": "Again", "email": acme.email.upper(), "password": PASSWORD}
    )
    assert response.status_code == 422
    assert "This email address has an account already." in text(response)
    assert f'value="{acme.email.upper()}"' in response.content.decode()
    assert PASSWORD not in response.content.decode()


def test_a_refused_form_begins_at_what_is_to_be_typed_anew(acme):
    def first(response) -> list[str]:
        fields = re.findall(r"<input [^>]*>", response.content.decode())
        return re.findall(r'name="(\w+)"', "".join(one for one in fields if "autofocus" in one))

    who = {"account": acme.id, "name": "alice", "email": acme.email}
    for kind in ("root", "user"):
        assert first(sign_in(Browser(), kind=kind, password="wrong", **who)) == ["password"]
    typed = {"name": "Again", "email": "no address", "password": PASSWORD}
    assert first(Browser().post("/console/sign-up", typed)) == ["email"]


@pytest.mark.parametrize("kind", ["root", "user"])
def test_the_right_password_signs_in(acme, kind):
    browser = Browser()
    who = {"email": acme.email} if kind == "root" else {"account": acme.id, "name": "alice"}
    password = PASSWORD if kind == "root" else USER_PASSWORD
    response = sign_in(browser, kind=kind, password=password, **who)
    assert response.status_code == 302
    assert response.headers["Location"] == "/console/"
    assert browser.get("/console/").status_code == 200


def test_a_user_signs_in_by_the_alias(acme):
    acme.root.perform("CreateAccountAlias", AccountAlias=f"acme-{acme.id}")
    response = sign_in(
        Browser(), kind="user", account=f"acme-{acme.id}", name="alice", password=USER_PASSWORD
    )
    assert response.status_code == 302


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "user", "account": "{id}", "name": "alice", "password": "wrong password"},
        {"kind": "user", "account": "{id}", "name": "nobody", "password": USER_PASSWORD},
        {"kind": "user", "account": "{id}", "name": "bob", "password": USER_PASSWORD},
        {"kind": "user", "account": "000000000000", "name": "alice", "password": USER_PASSWORD},
        {"kind": "root", "email": "{email}", "password": "wrong password"},
        {"kind": "root", "email": "nobody@nowhere.example", "password": PASSWORD},
    ],
    ids=["password", "name", "without a password", "account", "root's password", "email"],
)
def test_every_failure_says_the_same(acme, fields):
    filled = {name: value.format(id=acme.id, email=acme.email) for name, value in fields.items()}
    browser = Browser()
    response = sign_in(browser, **filled)
    assert response.status_code == 403
    assert WRONG in text(response)
    assert not browser.cookies.get("iamsite_session")


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/console/users/alice/?tab=tags", "/console/users/alice/?tab=tags"),
        ("https://evil.example/console/", "/console/"),
        ("//evil.example/console/", "/console/"),
        ("/\\evil.example", "/console/"),
        ("/api/v1/users", "/console/"),
        ("javascript:alert(1)", "/console/"),
    ],
)
def test_signing_in_leads_only_to_pages_of_the_console(acme, wanted, goes):
    response = sign_in(
        Browser(), kind="user", account=acme.id, name="alice", password=USER_PASSWORD, next=wanted
    )
    assert response.headers["Location"] == goes


def test_the_session_cookie_is_for_the_server_alone(acme):
    browser = Browser().sign_in_root(acme)
    cookie = browser.cookies["iamsite_session"]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["path"] == "/"
    assert cookie["domain"] == ""
    assert re.fullmatch(r"[\w-]{43}", cookie.value)


def test_every_sign_in_makes_another_session_and_ends_the_one_before(acme):
    browser = Browser().sign_in_root(acme)
    first = browser.cookies["iamsite_session"].value
    browser.sign_in_root(acme)
    assert browser.cookies["iamsite_session"].value != first
    thief = Browser()
    thief.cookies["iamsite_session"] = first
    assert thief.get("/console/").headers["Location"].startswith("/console/sign-in")


def test_a_session_is_over_after_signing_out(acme):
    browser = Browser().sign_in_root(acme)
    token = browser.cookies["iamsite_session"].value
    assert browser.post("/console/sign-out").headers["Location"] == "/console/sign-in"
    browser.cookies["iamsite_session"] = token
    assert browser.get("/console/users/").headers["Location"].startswith("/console/sign-in")


def test_htmx_is_sent_to_the_sign_in_page_as_a_whole(acme):
    browser = Browser()
    browser.cookies["iamsite_session"] = "no-such-session"
    response = browser.htmx("/console/users/alice/delete")
    assert response.headers["HX-Redirect"].startswith("/console/sign-in")


def test_a_form_without_its_token_is_refused(acme):
    browser = Browser(enforce_csrf_checks=True)
    response = sign_in(browser, kind="root", email=acme.email, password=PASSWORD)
    assert response.status_code == 403
    assert "This form is too old" in text(response)
    assert "iamsite_session" not in browser.cookies


def test_signing_out_by_a_link_is_not_possible(acme):
    browser = Browser().sign_in_root(acme)
    assert browser.get("/console/sign-out").status_code == 405
    assert browser.get("/console/").status_code == 200


def test_a_first_password_is_changed_before_anything_else(acme):
    acme.root.perform("CreateUser", UserName="dora")
    acme.root.perform(
        "CreateLoginProfile", UserName="dora", Password=USER_PASSWORD, PasswordResetRequired=True
    )
    browser = Browser()
    step = sign_in(browser, kind="user", account=acme.id, name="dora", password=USER_PASSWORD)
    assert "Choose a new password" in text(step)
    assert "iamsite_session" not in browser.cookies
    challenge = re.search(r'name="challenge" value="([^"]+)"', step.content.decode())[1]
    same = browser.post(
        "/console/sign-in/password", {"challenge": challenge, "password": USER_PASSWORD}
    )
    assert same.status_code == 422
    new = {"challenge": challenge, "password": "Another battery staple 2"}
    response = browser.post("/console/sign-in/password", new)
    assert response.status_code == 302
    assert browser.get("/console/").status_code == 200
    # In another tab, which had come as far.
    late = browser.post("/console/sign-in/password", new)
    assert late.status_code == 403
    assert "Please begin again." in text(late)
    assert fields_sent_to("/console/sign-in", late) >= {"account", "name", "password"}


def test_a_step_that_cannot_be_taken_any_more_leads_back_to_the_first(acme):
    for step, typed in (("code", {"code": "123456"}), ("key", {"state": "x", "credential": "y"})):
        late = Browser().post(f"/console/sign-in/{step}", {"challenge": "old", **typed})
        assert late.status_code == 403
        assert "Please begin again." in text(late)
        assert fields_sent_to("/console/sign-in", late) >= {"account", "name", "password"}


def test_after_a_passkey_that_was_refused_the_password_still_signs_in(acme):
    refused = Browser().post("/console/sign-in/passkey", {"state": "x", "credential": "y"})
    assert refused.status_code == 403
    assert fields_sent_to("/console/sign-in", refused) >= {"account", "name", "password"}


def fields_sent_to(address: str, page: Any) -> set[str]:
    """The names of what the page's form for `address` sends."""
    forms = re.findall(r"<form .*?</form>", page.content.decode(), re.S)
    (form,) = [form for form in forms if f'action="{address}"' in form]
    return set(re.findall(r'name="(\w+)"', form))


class TestRememberedAccount:
    def fields(self, account: str, **more: str) -> dict[str, str]:
        return {"account": account, "name": "carol", "password": USER_PASSWORD, **more}

    def test_it_is_remembered_only_if_one_asks_for_it(self, acme) -> None:
        with_console(acme)
        browser = Browser()
        browser.post("/console/sign-in", self.fields(acme.id))
        browser.post("/console/sign-out")
        assert acme.id not in browser.get("/console/sign-in").content.decode()
        browser.post("/console/sign-in", self.fields(acme.id, remember="on"))
        browser.post("/console/sign-out")
        page = browser.get("/console/sign-in").content.decode()
        assert f'value="{acme.id}"' in page
        assert 'value="carol"' in page
        browser.post("/console/sign-in", self.fields(acme.id))
        browser.post("/console/sign-out")
        assert acme.id not in browser.get("/console/sign-in").content.decode()

    def test_a_planted_cookie_does_no_harm(self) -> None:
        browser = Browser()
        for odd in ("/", "a" * 5000, '"><script>/x', "\u00e9/\u00e9"):
            browser.cookies["iamsite_account"] = odd
            page = browser.get("/console/sign-in")
            assert page.status_code == 200
            assert "<script>/x" not in page.content.decode()

    def test_an_account_has_an_address_where_its_users_sign_in(self, acme) -> None:
        with_console(acme)
        alias = f"acme-{acme.id}"
        acme.root.perform("CreateAccountAlias", AccountAlias=alias)
        root = Browser().sign_in_root(acme)
        assert f"/console/signin/{alias}" in root.get("/console/account").content.decode()
        browser = Browser()
        assert f'value="{alias}"' in browser.get(f"/console/signin/{alias}").content.decode()
        answer = browser.post(f"/console/signin/{alias}", self.fields(alias))
        assert (answer.status_code, answer["Location"]) == (302, "/console/")


def with_console(acme: Acme) -> None:
    if has_password(acme, "carol"):
        return
    acme.root.perform("CreateLoginProfile", UserName="carol", Password=USER_PASSWORD)
