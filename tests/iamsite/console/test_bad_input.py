"""Every form of the console says of bad input what the API says of it, of constraints in words,
beside the field that it is about, and holds all that was typed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from django.urls import reverse

from iamsite.console import asking
from iamsite.console.action import Action
from iamsite.console.bulk import BulkAction
from iamsite.console.constraints import faults_of, in_words
from iamsite.console.urls import urlpatterns
from iamsite.operations import OperationError
from tests.accounts.organizations.cast import Organization
from tests.cast import Acme, allow, trust
from tests.iamsite.console.browser import text
from tests.iamsite.console.test_shell import of_applications
from tests.identities.operations.test_delegation import Provider

LONG = "x" * 600
BAD = '{"Version": "2012-10-17",\n "Statement": [{"Effect": "Alow"}]}'
OIDC, SAML = "oidc-provider/found.example", "saml-provider/missing"
QUEUE = "arn:aws:sqs:us-east-1:{account}:pages"
TAGS = {"Tags.Key": ["k", "K"], "Tags.Value": ["v", "w"]}
LONG_TAG = {"Tags.Key": ["k", LONG], "Tags.Value": ["v", "w"]}
# What the address must say besides.
QUERIES = {
    "save-access-test": "?principal=arn:aws:iam::{account}:user/bob&action=s3:GetObject&resource=*"
}
PRINCIPALS = (("user", "bob"), ("group", "Developers"), ("role", "Deployer"))

# The route, the parts of its address, what is typed, and the field that the message stands beside:
# "" above the form. What is not in `typed` is as the form was opened.
CASES: list[tuple[str, tuple[str, ...], dict[str, Any], str]] = [
    ("create-account", (), {"Email": "nobody", "AccountName": "Works"}, "Email"),
    ("create-account", (), {"Email": "a@b.example", "AccountName": LONG}, "AccountName"),
    ("invite-account", (), {"Id": "12", "Notes": "Come"}, "Id"),
    ("create-unit", ("{root}",), {"Name": "Taken"}, "Name"),
    ("rename-unit", ("{unit}",), {"Name": LONG}, "Name"),
    ("create-organization-policy", (), {"Name": "One", "Content": BAD}, "Content"),
    ("create-organization-policy", (), {"Name": LONG, "Description": "What"}, "Name"),
    ("edit-organization-policy", ("{policy}",), {"Name": "One", "Content": BAD}, "Content"),
    ("edit-organization-resource-policy", (), {"Content": BAD}, "Content"),
    ("reject-delegation-request", ("{request}",), {"Notes": LONG}, "Notes"),
    ("hand-on-delegation-request", ("{request}",), {"Notes": LONG}, "Notes"),
    ("change-account-name", (), {"AccountName": LONG}, "AccountName"),
    ("set-alias", (), {"AccountAlias": "Not An Alias"}, "AccountAlias"),
    ("set-password-policy", (), {"MinimumPasswordLength": "5"}, "MinimumPasswordLength"),
    ("set-password-policy", (), {"MinimumPasswordLength": "20", "MaxPasswordAge": "5000"},
     "MaxPasswordAge"),
    ("set-decisions", (), {"RetentionDays": "0", "AllowedSamplePercent": "5"}, "RetentionDays"),
    ("set-decisions", (), {"RetentionDays": "9", "AllowedSamplePercent": "101"},
     "AllowedSamplePercent"),
    ("create-user", (), {"UserName": LONG, "Path": "/a/", "Groups": ["Developers"]}, "UserName"),
    ("create-user", (), {"UserName": "new", "Path": "nowhere", **TAGS}, "Path"),
    ("create-user", (), {"UserName": "new", "Console": "on", "PasswordFrom": "typed",
                         "Password": "short"}, "Password"),
    ("create-user", (), {"UserName": "new", "Path": "/b/", **TAGS}, "Tags"),
    ("rename-user", ("bob",), {"NewUserName": "ALICE", "NewPath": "/c/"}, "NewUserName"),
    ("rename-user", ("bob",), {"NewUserName": "bob", "NewPath": "c"}, "NewPath"),
    ("user-tags", ("bob",), TAGS, "Tags"),
    ("create-login", ("carol",), {"Password": "short"}, "Password"),
    ("update-login", ("bob",), {"Password": "short"}, "Password"),
    ("create-group", (), {"GroupName": "a b", "Path": "/x/"}, "GroupName"),
    ("create-group", (), {"GroupName": "new", "Path": "x"}, "Path"),
    ("rename-group", ("Developers",), {"NewGroupName": LONG, "NewPath": "/d/"}, "NewGroupName"),
    ("clone-group", ("Developers",), {"GroupName": "developers"}, "GroupName"),
    ("create-role", (), {"RoleName": "a b", "Description": "What"}, "RoleName"),
    ("create-role", (), {"RoleName": "new", "AssumeRolePolicyDocument": BAD},
     "AssumeRolePolicyDocument"),
    ("create-role", (), {"RoleName": "new", "Description": LONG * 2}, "Description"),
    ("create-role", (), {"RoleName": "new", **TAGS}, "Tags"),
    ("edit-role", ("Deployer",), {"Description": "What", "MaxSessionDuration": "1"},
     "MaxSessionDuration"),
    ("edit-role", ("Deployer",), {"Description": LONG * 2, "MaxSessionDuration": "3600"},
     "Description"),
    ("edit-trust", ("Deployer",), {"PolicyDocument": BAD}, "PolicyDocument"),
    ("edit-trust", ("Deployer",), {"PolicyDocument": trust("arn:aws:iam::{account}:user/nobody")},
     "PolicyDocument"),
    ("role-tags", ("Deployer",), TAGS, "Tags"),
    ("register-program", ("ledger",), {"WorkloadName": "a b"}, "WorkloadName"),
    ("register-program", ("ledger",), {"WorkloadName": "poster"}, "WorkloadName"),
    ("register-machine", (), {"WorkloadName": LONG}, "WorkloadName"),
    ("create-oidc", (), {"Url": "http://plain.example", "ClientIDList": "a\nb"}, "Url"),
    ("create-oidc", (), {"Url": "https://found.example", "ThumbprintList": "c" * 40}, "Url"),
    ("create-oidc", (), {"Url": "https://new.example", "ThumbprintList": "short"},
     "ThumbprintList"),
    ("create-saml", (), {"Name": "idp", "SAMLMetadataDocument": "<no/>"}, "SAMLMetadataDocument"),
    ("create-saml", (), {"Name": "a b", "SAMLMetadataDocument": "<no/>" * 300}, "Name"),
    ("add-client-id", (OIDC,), {"ClientID": LONG}, "ClientID"),
    ("remove-client-id", (OIDC,), {"ClientID": LONG}, "ClientID"),
    ("edit-thumbprints", (OIDC,), {"ThumbprintList": "short"}, "ThumbprintList"),
    ("change-password", (), {"OldPassword": "wrong", "NewPassword": "Another staple 22"}, ""),
    ("add-mfa", (), {"VirtualMFADeviceName": "a b"}, "VirtualMFADeviceName"),
    ("confirm-mfa", (), {"SerialNumber": "arn:aws:iam::{account}:mfa/none",
                         "AuthenticationCode1": "000000", "AuthenticationCode2": "000001"}, ""),
    ("analyze", (), {"UnusedDays": "0"}, "UnusedDays"),
    ("save-access-test", (), {"TestName": LONG, "ExpectedDecision": "denied"}, "TestName"),
    ("create-policy", (), {"PolicyName": "a b", "Description": "What"}, "PolicyName"),
    ("create-policy", (), {"PolicyName": "Taken", "Path": "/p/"}, "PolicyName"),
    ("create-policy", (), {"PolicyName": "new", "PolicyDocument": BAD}, "PolicyDocument"),
    ("create-policy", (), {"PolicyName": "new", "Description": LONG * 2}, "Description"),
    ("create-policy", (), {"PolicyName": "new", "Path": "p"}, "Path"),
    ("create-policy", (), {"PolicyName": "new", **LONG_TAG}, "Tags"),
    ("edit-policy", ("arn:aws:iam::{account}:policy/Taken",),
     {"PolicyDocument": BAD, "SetAsDefault": "on"}, "PolicyDocument"),
    ("policy-tags", ("arn:aws:iam::{account}:policy/Taken",), LONG_TAG, "Tags"),
    ("attach-policy", ("arn:aws:iam::aws:policy/ReadOnlyAccess",),
     {"Kind": "Role", "Name": "nobody"}, "Name"),
    ("attach-policy", ("arn:aws:iam::aws:policy/ReadOnlyAccess",),
     {"Kind": "User", "Name": "a b"}, "Name"),
    ("register-service", (), {"ServicePrefix": "A B", "ServiceName": "x",
                              "ServicePrincipal": "x.example.com"}, "ServicePrefix"),
    ("register-service", (), {"ServicePrefix": "new", "ServiceName": "x",
                              "ServicePrincipal": "no principal"}, "ServicePrincipal"),
    ("edit-service", ("ledger",), {"ServiceName": LONG, "ServicePrincipal": "ledger.example.com"},
     "ServiceName"),
    ("register-resource", (), {"ResourceArn": "queue"}, "ResourceArn"),
    ("edit-resource-policy", (QUEUE,), {"PolicyDocument": BAD}, "PolicyDocument"),
    ("unlock-resource", ("{member}",), {"ResourceArn": "arn:aws:s3:::nowhere",
                                        "confirm": "{member}"}, "ResourceArn"),
    ("close-own-account", (), {"Password": "wrong", "confirm": "{name}"}, ""),
    *((f"create-inline-{kind}-policy", (name,), {"PolicyName": "a b"}, "PolicyName")
      for kind, name in PRINCIPALS),
    *((f"create-inline-{kind}-policy", (name,), {"PolicyName": "ab", "PolicyDocument": BAD},
       "PolicyDocument") for kind, name in PRINCIPALS),
    *((f"edit-inline-{kind}-policy", (name, "p0"), {"PolicyDocument": BAD}, "PolicyDocument")
      for kind, name in PRINCIPALS),
]  # fmt: skip

# What only the root user may do.
BY_ROOT = {"close-own-account"}
# Forms in which nothing is typed: all that one can do is choose from what there is.
CHOSEN = {
    "create-organization", "move-account", "attach-organization-policy", "set-token-version",
    "rotate-issuer-keys", "add-users-to-group", "enable-user", "user-groups", "user-boundary",
    "role-boundary", "move-member", "add-members", "edit-workload", "attach-user-policy",
    "attach-group-policy", "attach-role-policy", "rotate-service-key", "create-workload-token", "remove-user-mfa", "remove-mfa",
    "snooze-finding", "set-console-sessions", "register-administrator", "save-who-can",
}  # fmt: skip
# What an authenticator, a provider, a member account or each line of a list answers has its own tests.
ELSEWHERE = {
    "add-key",
    "add-user-key",
    "import-users",
    "provider-metadata",
    "edit-sign-in",
    "make-edit",
    "make-simulated-edit",
}


class Form(HTMLParser):
    """What a page's form holds: `values` by name, and the `errors` beside fields by their ids."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.errors: dict[str, str] = {}
        self.described: dict[str, str] = {}
        self._texts: list[tuple[str, list[str]]] = []
        self._name = self._error = self._select = ""
        self._depth = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        given = {name: value or "" for name, value in attrs}
        name = given.get("name", "")
        if given.get("aria-invalid") == "true":
            self.described[name] = given.get("aria-describedby", "")
        if tag == "input" and name:
            ticked = given.get("type") in ("checkbox", "radio")
            if not ticked or "checked" in given:
                self.values.setdefault(name, []).append(given.get("value", "on" * ticked))
        elif tag == "textarea":
            self._name = name
            self.values.setdefault(name, []).append("")
        elif tag == "select":
            self._select = name
        elif tag == "option" and ("selected" in given or self._select not in self.values):
            self.values[self._select] = [given["value"]]
        elif given.get("class") == "error":
            self._error, self._depth = given["id"], 0
        if self._error and tag == "div":
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            # HTML leaves out the first line end of a text area.
            text = self.values[self._name][-1]
            self.values[self._name][-1] = text.replace("\r\n", "\n").removeprefix("\n")
            self._name = ""
        if tag == "div" and self._error:
            self._depth -= 1
            self._error = self._error if self._depth else ""

    def handle_data(self, data: str) -> None:
        if self._name:
            self.values[self._name][-1] += data
        if self._error:
            self.errors[self._error] = (self.errors.get(self._error, "") + data).strip()


@contextmanager
def refusals() -> Iterator[list[OperationError]]:
    """What operations refuse that the console performs meanwhile."""
    found: list[OperationError] = []
    performed = asking.perform

    def perform(*args: Any) -> dict[str, Any]:
        try:
            return performed(*args)
        except OperationError as error:
            if args[1] != "GetAccountPasswordPolicy":  # what a page reads: there is none
                found.append(error)
            raise

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asking, "perform", perform)
        yield found


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    of_applications(account)
    perform = account.root.perform
    perform("CreatePolicy", PolicyName="Taken", PolicyDocument=allow("s3:GetObject"))
    for kind, name in PRINCIPALS:
        perform(f"Put{kind.title()}Policy", **{f"{kind.title()}Name": name}, PolicyName="p0",
                PolicyDocument=allow("s3:GetObject"))  # fmt: skip
    perform("CreateOpenIDConnectProvider", Url="https://found.example", ThumbprintList=["a" * 40])
    perform("CreateLoginProfile", UserName="bob", Password="Correct horse battery 2")
    return account


@pytest.fixture(scope="module")
def parts(acme: Acme) -> dict[str, str]:
    organization = Organization(acme)
    organization.trust_iam()
    key = acme.root.perform("CreateServiceAccessKey", ServicePrefix="ledger")
    return {
        "account": acme.id,
        "member": organization.member().id,
        "name": acme.root.perform("GetAccountStatus")["AccountName"],
        "request": Provider().ask(OwnerAccountId=acme.id, RequestMessage="Please"),
        "root": organization.root,
        "unit": organization.unit("Taken"),
        "policy": organization.policy("Limit", allow("*")),
        "key": key["ServiceAccessKey"]["AccessKeyId"],
    }


def filled(value: Any, parts: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [filled(one, parts) for one in value]
    for name, text_of in parts.items():
        value = value.replace("{" + name + "}", text_of)
    return value


@pytest.mark.parametrize(("route", "args", "typed", "field"), CASES)
def test_bad_input_is_told_in_the_apis_words_and_nothing_that_was_typed_is_lost(
    parts, acme, alice, root, route, args, typed, field
) -> None:
    browser = root if route in BY_ROOT else alice
    where = [acme.arn(one) if one in (OIDC, SAML) else filled(one, parts) for one in args]
    address = reverse(f"console:{route}", args=where) + filled(QUERIES.get(route, ""), parts)
    opened = Form(browser.get(address).content.decode()).values
    for name in ("csrfmiddlewaretoken", "q", "show-as"):
        opened.pop(name, None)
    sent = {**opened, **{name: filled(value, parts) for name, value in typed.items()}}
    with refusals() as refused:
        response = browser.post(address, sent)
    assert response.status_code in (400, 403, 404, 409, 422), text(response)[:400]
    assert refused, text(response)
    message = refused[-1].message
    form = Form(response.content.decode())
    if field:
        (shown,) = [told for of, told in form.errors.items() if of == f"id_{field}_error"] or [""]
        assert len(shown) > 10, (message, form.errors)
        assert shown in message or shown in {one.told for one in faults_of(message)}
    else:
        assert in_words(message) in text(response)
    assert "Member must" not in text(response)
    for name, value in sent.items():
        if "Password" in name and name not in ("PasswordFrom", "PasswordResetRequired"):
            assert LONG not in form.values.get(name, [""])[0]
            continue
        values = value if isinstance(value, list) else [value]
        if name == "_began" or not any(values):
            continue
        got = form.values.get(name, [])
        assert [one for one in values if one not in got] == [], (name, got)


def test_every_form_in_which_something_is_typed_is_tried() -> None:
    forms = {
        pattern.name: pattern.callback.view_class
        for pattern in urlpatterns
        if issubclass(getattr(pattern.callback, "view_class", object), Action)
    }
    tried = {route for route, *_ in CASES}
    typed = {
        name
        for name, view in forms.items()
        if view.form_class.base_fields or view.form is not Action.form
        if not (issubclass(view, BulkAction) and not view.form_class.base_fields)
    }
    without = {"delete-organization-policy"}
    assert typed - tried - CHOSEN - ELSEWHERE - without == set()
    assert CHOSEN | ELSEWHERE | tried <= forms.keys()
