"""One user: what it may do and why, its groups, credentials and tags."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest
from iamsite.console.tabs import chosen_tab, tabs
from identities.console.keys import keys_with_use
from identities.console.users import has_login
from policies.console.access_advisor import advice
from policies.console.effective import effective
from policies.console.sources import user_sources

User = dict[str, Any]

ANY_KEY = "AKIAAAAAAAAAAAAAAAAA"
TABS = {
    "permissions": _("Policies"),
    "effective": _("Effective permissions"),
    "groups": _("Groups"),
    "credentials": _("Credentials"),
    "access": _("Access advisor"),
    "tags": _("Tags"),
}


@require_safe
def user(request: ConsoleRequest, name: str) -> HttpResponse:
    found = request.ask.perform("GetUser", {"UserName": name})["User"]
    who = {"UserName": name}
    any_policy = {**who, "PolicyArn": f"{found['Arn'].partition(':user')[0]}:policy/any"}
    bounded = {**who, "PermissionsBoundary": any_policy["PolicyArn"]}
    tab = chosen_tab(request, list(TABS))
    may = request.ask.may(
        rename=("UpdateUser", who),
        delete=("DeleteUser", who),
        attach=("AttachUserPolicy", any_policy),
        detach=("DetachUserPolicy", any_policy),
        put=("PutUserPolicy", {**who, "PolicyName": "any", "PolicyDocument": "{}"}),
        drop=("DeleteUserPolicy", {**who, "PolicyName": "any"}),
        key=("CreateAccessKey", who),
        update=("UpdateAccessKey", {**who, "AccessKeyId": ANY_KEY, "Status": "Inactive"}),
        forget=("DeleteAccessKey", {**who, "AccessKeyId": ANY_KEY}),
        login=("CreateLoginProfile", {**who, "Password": ""}),
        reset=("UpdateLoginProfile", who),
        unlogin=("DeleteLoginProfile", who),
        device=("DeactivateMFADevice", {**who, "SerialNumber": "any-device"}),
        security_key=("BeginSecurityKeyRegistration", who),
        join=("AddUserToGroup", {**who, "GroupName": "any"}),
        boundary=("PutUserPermissionsBoundary", bounded),
        tag=("TagUser", {**who, "Tags": []}),
    )
    context = {
        "user": found,
        "name": name,
        "may": may,
        "tab": tab,
        "tabs": tabs(request, tab, TABS),
        **_PARTS[tab](request, found),
    }
    return render(request, f"identities/user_{tab}.html", context)


def _permissions(request: ConsoleRequest, user: User) -> dict[str, Any]:
    return {"sources": user_sources(request.ask, user["UserName"])}


def _effective(request: ConsoleRequest, user: User) -> dict[str, Any]:
    name = user["UserName"]
    sources = user_sources(request.ask, name)
    return {
        "effective": effective(request.ask, "User", name, sources),
        "boundary": sources.boundary,
    }


def _groups(request: ConsoleRequest, user: User) -> dict[str, Any]:
    return request.ask.see(groups=("ListGroupsForUser", {"UserName": user["UserName"]}))


def _credentials(request: ConsoleRequest, user: User) -> dict[str, Any]:
    name = user["UserName"]
    keys = keys_with_use(request.ask, {"UserName": name})
    devices = request.ask.see(devices=("ListMFADevices", {"UserName": name}))
    return {"keys": keys, "has_login": has_login(request, name), **devices}


def _access(request: ConsoleRequest, user: User) -> dict[str, Any]:
    return {"advice": advice(request, user["Arn"])}


def _tags(request: ConsoleRequest, user: User) -> dict[str, Any]:
    asked = {"UserName": user["UserName"], "MaxItems": 1000}
    return request.ask.see(tags=("ListUserTags", asked))


_PARTS = {
    "permissions": _permissions,
    "effective": _effective,
    "groups": _groups,
    "credentials": _credentials,
    "access": _access,
    "tags": _tags,
}
