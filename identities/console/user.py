"""One user: what it may do and why, its groups, credentials and tags."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest
from iamsite.console.gone import gone
from iamsite.console.listing import listing
from iamsite.console.tabs import chosen_tab, tabs
from iamsite.console.viewer import viewer_of
from iamsite.operations import OperationError, Somewhere
from identities.console.devices import devices_of
from identities.console.disabling import disabled_at, disabling_checks, verdicts
from identities.console.keys import keys_with_use
from identities.console.other_credentials import others_of
from identities.console.users import has_login
from policies.console.access_advisor import advice
from policies.console.effective import effective
from policies.console.sources import user_sources

User = dict[str, Any]

LATEST = 15  # events shown
ANY_KEY = "AKIAAAAAAAAAAAAAAAAA"
TABS = {
    "permissions": _("Policies"),
    "effective": _("Effective permissions"),
    "groups": _("Groups"),
    "credentials": _("Credentials"),
    "sessions": _("Sessions"),
    "access": _("Access advisor"),
    "activity": _("Activity"),
    "tags": _("Tags"),
}


@require_safe
def user(request: ConsoleRequest, name: str) -> HttpResponse:
    try:
        found = request.ask.perform("GetUser", {"UserName": name})["User"]
    except OperationError as error:
        return gone(request, "User", name, error)
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
        join=Somewhere("AddUserToGroup", {**who, "GroupName": "any"}),
        boundary=("PutUserPermissionsBoundary", bounded),
        tag=("TagUser", {**who, "Tags": []}),
        **disabling_checks(name),
    )
    viewer = viewer_of(request)
    may |= verdicts(may, found, viewer.arn if viewer else "")
    context = {
        "user": found,
        "name": name,
        "may": may,
        "disabled_at": disabled_at(found),
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
    return {
        "keys": keys,
        "has_login": has_login(request.ask, name),
        "others": others_of(request.ask, name),
        "devices": devices_of(request.ask, {"UserName": name}),
    }


def _sessions(request: ConsoleRequest, user: User) -> dict[str, Any]:
    name = user["UserName"]
    asked = {"UserName": name}
    return {
        "listing": listing(request, "ListConsoleSessions", "ConsoleSessions", asked),
        "end": request.ask.may(end=("EndConsoleSession", {"SessionId": "0"}))["end"],
        "from_user": name,
    }


def _activity(request: ConsoleRequest, user: User) -> dict[str, Any]:
    return request.ask.see(
        events=("ListEvents", {"PrincipalArn": user["Arn"], "MaxItems": LATEST}),
        about=("ListEvents", {"ResourceArn": user["Arn"], "MaxItems": LATEST}),
    )


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
    "sessions": _sessions,
    "access": _access,
    "activity": _activity,
    "tags": _tags,
}
