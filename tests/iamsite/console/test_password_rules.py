"""Every form that sets a password tells what the password must be, to nobody else's account."""

import pytest
from django.core import signing

from tests.cast import Acme, allow
from tests.iamsite.console.browser import USER_PASSWORD, Browser, text

HERS = "At least 14 characters A digit A symbol, one of !@#$%^&*()_+-=[]{}|'"
COMMON = "Not a commonly used password"
DEFAULT = "At least 8 characters Three of: upper-case letters, lower-case letters, digits, symbols"
ROOTS = f"At least 12 characters Nothing like the email address {COMMON}"
FIRST, RESET, OWN = (
    "/console/users/bob/password/create",
    "/console/users/carol/password/reset",
    "/console/security-credentials/password",
)


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    account.user("own", allow("iam:ChangePassword"))
    for name, must_change in (("carol", True), ("own", False)):
        account.root.perform(
            "CreateLoginProfile",
            UserName=name,
            Password=USER_PASSWORD,
            PasswordResetRequired=must_change,
        )
    return account


def sign_in(account: Acme, name: str):
    given = {"kind": "user", "account": account.id, "name": name, "password": USER_PASSWORD}
    return Browser().post("/console/sign-in", given)


def test_the_rules_stand_beside_every_new_password(acme) -> None:
    root, own = Browser().sign_in_root(acme), Browser().sign_in(acme, "own")
    step = sign_in(acme, "carol")
    for page in (root.get("/console/users/create"), root.get(FIRST), root.get(RESET), step):
        assert DEFAULT in text(page)
    acme.root.perform(
        "UpdateAccountPasswordPolicy",
        MinimumPasswordLength=14,
        RequireNumbers=True,
        RequireSymbols=True,
        PasswordReusePrevention=5,
    )
    step = sign_in(acme, "carol")
    for page in (root.get("/console/users/create"), root.get(FIRST)):
        assert f"{HERS} {COMMON}" in text(page)
        assert "Not one of the last 5" not in text(page)
    for page in (root.get(RESET), step):
        assert f"{HERS} {COMMON} Not one of the last 5" in text(page)
    refused = Browser().post(
        "/console/sign-in/password",
        {"challenge": step.context["form"]["challenge"].value(), "password": "too short"},
    )
    assert refused.status_code == 422
    assert HERS in text(refused)
    # The field is described by them, and the script finds what it can tell.
    assert 'aria-describedby="id_password_helptext' in refused.content.decode()
    assert '<ul class="rules" data-rules="id_password">' in refused.content.decode()
    assert '<li data-rule="length" data-least="14">' in refused.content.decode()
    # Root's are no account's; who may not see the policy is not shown it.
    for page in (root.get(OWN), Browser().get("/console/sign-up")):
        assert ROOTS in text(page)
    hidden = text(own.get(OWN))
    assert f"asks, which you may not see {COMMON}" in hidden
    assert HERS not in hidden
    acme.root.perform("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    assert "At least 6 characters" in text(own.get(OWN))


def test_a_stranger_learns_nothing_of_an_accounts_rules(acme) -> None:
    forged = signing.dumps({"account": acme.id, "user": None}, salt="guessed")
    for challenge in ("", "old", forged):
        for password in ("", "x"):
            given = {"challenge": challenge, "password": password}
            page = Browser().post("/console/sign-in/password", given)
            assert page.status_code == 403
            assert COMMON not in text(page)
