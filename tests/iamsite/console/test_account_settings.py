"""Account settings: what they say, change, and keep from whoever may not."""

import re
from urllib.parse import urlsplit

import pytest

from accounts.console.quotas import LABELS
from accounts.quotas import DEFAULTS
from iamsite.operations import OperationError
from tests.cast import PASSWORD, Acme, allow
from tests.iamsite.console.browser import Browser, text

PASSWORDS = "/console/account/password-policy"


def test_a_password_policy_is_set_said_and_removed(acme, alice):
    assert "The default: at least 8 characters" in text(alice.get("/console/account"))
    form = {
        "MinimumPasswordLength": "14",
        "RequireNumbers": "on",
        "MaxPasswordAge": "90",
        "HardExpiry": "on",
        "PasswordReusePrevention": "5",
    }
    assert alice.post(PASSWORDS, form).headers["Location"] == "/console/account"
    assert acme.root.perform("GetAccountPasswordPolicy")["PasswordPolicy"] == {
        "MinimumPasswordLength": 14,
        "RequireSymbols": False,
        "RequireNumbers": True,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": True,
        "HardExpiry": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 5,
    }
    said = text(alice.get("/console/account"))
    assert "At least 14 characters. At least a digit. Expires after 90 days." in said
    assert "Not one of the last 5." in said
    kept = alice.get(PASSWORDS).content.decode()
    assert 'name="MinimumPasswordLength" value="14"' in kept
    alice.post(f"{PASSWORDS}/remove")
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetAccountPasswordPolicy")


def test_a_password_policy_out_of_bounds_is_refused_beside_its_field(acme, alice):
    form = {"MinimumPasswordLength": "3", "MaxPasswordAge": "2000"}
    response = alice.post(PASSWORDS, form)
    assert response.status_code == 422
    said = text(response)
    assert "It must be at least 6." in said
    assert "It must be at most 1095." in said
    assert 'value="2000"' in response.content.decode()


def test_whoever_may_not_see_the_password_policy_does_not_write_over_it(acme, alice):
    document = allow("iam:UpdateAccountPasswordPolicy")
    acme.root.perform("PutUserPolicy", UserName="carol", PolicyName="p", PolicyDocument=document)
    carol = Browser().sign_in(acme, "carol")
    for response in (carol.get(PASSWORDS), carol.post(PASSWORDS, {"MinimumPasswordLength": "6"})):
        assert response.status_code == 403
        assert "to perform: iam:GetAccountPasswordPolicy" in text(response)
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetAccountPasswordPolicy")


def test_a_password_policy_shows_as_terraform(alice):
    form = {"MinimumPasswordLength": "14", "RequireNumbers": "on", "_show": "1"}
    said = text(alice.htmx(PASSWORDS, form, target="show-as-body"))
    assert 'resource "aws_iam_account_password_policy" "this"' in said
    assert "--minimum-password-length 14" in said


def test_the_version_of_session_tokens_is_chosen(acme, alice):
    alice.post("/console/account/session-tokens", {"GlobalEndpointTokenVersion": "v1Token"})
    summary = acme.root.perform("GetAccountSummary")["SummaryMap"]
    assert summary["GlobalEndpointTokenVersion"] == 1
    assert "Version 1" in text(alice.get("/console/account"))


def test_the_account_becomes_an_issuer_rotates_its_keys_and_stops(acme, alice):
    assert "Off. Outside services" in text(alice.get("/console/account"))
    alice.post("/console/account/issuer/enable")
    issuer = acme.root.perform("GetOutboundWebIdentityFederationInfo")["IssuerIdentifier"]
    assert issuer in text(alice.get("/console/account"))
    page = alice.get("/console/account").content.decode()
    (keys,) = re.findall(rf'href="{re.escape(issuer)}(/[^"]+jwks.json)"', page)
    before = alice.get(urlsplit(issuer).path + keys).json()
    assert alice.post("/console/account/issuer/rotate", {"Revoke": "on"}).status_code == 302
    after = alice.get(urlsplit(issuer).path + keys).json()
    assert not {one["kid"] for one in before["keys"]} & {one["kid"] for one in after["keys"]}
    alice.post("/console/account/issuer/disable")
    assert "Off. Outside services" in text(alice.get("/console/account"))


def test_console_sessions_are_made_shorter(acme, alice):
    form = alice.get("/console/account/sessions")
    assert "12 hours" in text(form)
    alice.post("/console/account/sessions", {"SessionDuration": "7200", "IdleTimeout": "900"})
    assert acme.root.perform("GetConsoleSettings")["SessionDuration"] == 7200
    said = text(alice.get("/console/account"))
    assert "A session lasts 2 hours, or until its browser has asked for nothing for 15 min" in said


def test_each_setting_that_may_not_be_seen_says_so_in_its_line(acme):
    page = Browser().sign_in(acme, "carol").get("/console/account").content.decode()
    assert page.count("See why in the simulator") == 8
    assert page.count("You may not see this") == 1  # the quotas, which are a part by themselves


def test_quotas_stand_with_what_is_taken(acme, alice):
    said = text(alice.get("/console/account"))
    assert "Users 4 5,000" in said
    assert "Access keys of a user 2" in said
    assert set(LABELS) == set(DEFAULTS)


def test_root_closes_the_account_by_its_name_and_password():
    closing = Acme()
    alice, root = Browser().sign_in(closing, "alice"), Browser().sign_in_root(closing)
    page = alice.get("/console/account").content.decode()
    assert "Close account. Only the root user may." in page
    form = text(root.get("/console/account/close"))
    assert "4 users and" in form
    assert "Code of its MFA device" not in form
    path, given = "/console/account/close", {"Password": PASSWORD}
    assert root.post(path, {**given, "confirm": "Akme"}).status_code == 422
    wrong = root.post(path, {"Password": "wrong", "confirm": "Acme"})
    assert wrong.status_code == 422
    (field,) = re.findall(r'<input [^>]*name="Password"[^>]*>', wrong.content.decode())
    assert 'aria-invalid="true"' in field
    assert "autofocus" in field
    assert alice.post(path, {**given, "confirm": "Acme"}).status_code == 403
    done = root.post(path, {**given, "confirm": "Acme"})
    assert "The account is closed" in text(done)
    assert alice.get("/console/").status_code == 302
    assert root.get("/console/").status_code == 302


def test_root_of_a_management_account_is_told_what_goes_first(database):
    managing = Acme()
    root, last = Browser().sign_in_root(managing), "delete the organization first"
    assert last not in text(root.get("/console/account/close"))
    managing.root.perform("organizations:CreateOrganization", FeatureSet="ALL")
    assert last in text(root.get("/console/account/close"))


def test_settings_that_one_may_not_see_or_change_say_so_and_stay(acme):
    acme.user("viewer", allow("portal:GetAccountStatus"))
    viewer = Browser().sign_in(acme, "viewer")
    page = viewer.get("/console/account")
    said = text(page)
    assert "not authorized to perform: iam:GetAccountPasswordPolicy" in said
    assert "not authorized to perform: iam:GetOutboundWebIdentityFederationInfo" in said
    assert "You need iam:UpdateAccountPasswordPolicy." in page.content.decode()
    refused = viewer.post(PASSWORDS, {"MinimumPasswordLength": "6"})
    assert refused.status_code == 403
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetAccountPasswordPolicy")


def test_root_is_told_what_a_key_of_its_own_means(acme, alice):
    create = "/console/security-credentials/keys/create"
    warning = "A key of root may do everything"
    assert warning in text(Browser().sign_in_root(acme).get(create))
    assert warning not in text(alice.get(create))
