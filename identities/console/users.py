"""Users: list, rename, delete."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Asking, ConsoleRequest, Params
from iamsite.console.export import export
from iamsite.console.forms import OperationForm
from iamsite.console.steps import InSteps, Step
from iamsite.console.table import BulkLink, Column, Table, shown
from iamsite.operations import OperationError, Somewhere
from identities.security_keys import is_key

# Whom and what a bulk action's check is of: of nobody in particular.
ANYONE = {"UserName": "any-user"}
ANY_KEY = {**ANYONE, "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA", "Status": "Inactive"}

USERS = Table(
    name="users",
    identity="UserName",
    source=("ListUserSummaries", "UserSummaries"),
    plain=("ListUsers", "Users"),
    columns=(
        Column("name", gettext_lazy("Name"), itemgetter("UserName"), "Name", is_secondary=False),
        Column("groups", gettext_lazy("Groups"), itemgetter("GroupNames"), only="source"),
        Column("mfa", gettext_lazy("MFA"), itemgetter("MFAEnabled"), only="source"),
        Column(
            "key-age",
            gettext_lazy("Key age"),
            lambda user: user.get("OldestActiveKeyDate"),
            "OldestActiveKeyDate",
            only="source",
        ),
        Column(
            "seen",
            gettext_lazy("Last seen"),
            lambda user: user.get("LastSeenDate"),
            "LastSeenDate",
            only="source",
            is_secondary=False,
        ),
        Column(
            "signed-in",
            gettext_lazy("Last console sign-in"),
            lambda user: user.get("PasswordLastUsed"),
            only="plain",
            is_secondary=False,
        ),
        Column("created", gettext_lazy("Created"), itemgetter("CreateDate"), "CreateDate"),
        Column("id", gettext_lazy("Unique id"), itemgetter("UserId"), is_shown=False),
        Column("arn", gettext_lazy("ARN"), itemgetter("Arn"), is_shown=False),
    ),
    bulk=(
        BulkLink(
            "add-users-to-group",
            gettext_lazy("Add to group"),
            "users-group",
            check=Somewhere("AddUserToGroup", {**ANYONE, "GroupName": "any-group"}),
        ),
        BulkLink(
            "deactivate-keys-of-users",
            gettext_lazy("Deactivate keys"),
            "key",
            check=Somewhere("UpdateAccessKey", ANY_KEY),
        ),
        BulkLink(
            "disable-users",
            gettext_lazy("Disable"),
            "ban",
            "danger",
            Somewhere("PutUserPolicy", {**ANYONE, "PolicyName": "any", "PolicyDocument": "{}"}),
        ),
        BulkLink(
            "delete-users",
            gettext_lazy("Delete"),
            "trash",
            "danger",
            Somewhere("DeleteUser", ANYONE),
        ),
    ),
)

# Narrower views of the users: the address's `show`, what it is called, and its parameters.
OLD = timedelta(days=90)
VIEWS: dict[str, tuple[str | Promise, Callable[[datetime], Params]]] = {
    "": (gettext_lazy("All users"), lambda now: {}),
    "no-mfa": (
        gettext_lazy("Password without MFA"),
        lambda now: {"HasPassword": True, "MFAEnabled": False},
    ),
    "people": (gettext_lazy("With a password"), lambda now: {"HasPassword": True}),
    "programs": (gettext_lazy("Without a password"), lambda now: {"HasPassword": False}),
    "old-keys": (
        gettext_lazy("Active key older than 90 days"),
        lambda now: {"ActiveKeyBefore": now - OLD},
    ),
    "unseen": (gettext_lazy("Not seen for 90 days"), lambda now: {"NotSeenSince": now - OLD}),
}


@require_safe
def list_users(request: ConsoleRequest) -> HttpResponseBase:
    path, view = request.GET.get("path", ""), request.GET.get("show", "")
    params: Params = {"PathPrefix": path} if path.startswith("/") else {}
    may = request.ask.may(
        create=Somewhere("CreateUser", {"UserName": "new"}), summaries=("ListUserSummaries", params)
    )
    if may["summaries"] and view in VIEWS:
        params |= VIEWS[view][1](timezone.now())
    if file := export(request, USERS, params):
        return file
    table = shown(request, USERS, params, ["path", "show"])
    context = {
        "table": table,
        "listing": table.page,
        "may": may,
        "view": view,
        "views": [(name, label) for name, (label, _params) in VIEWS.items()],
    }
    return render(request, "identities/users.html", context)


class UserAction(Action):
    """An action on the user that the address names."""

    names = {"name": "UserName"}
    tab = ""

    def back_url(self) -> str:
        url = reverse("console:user", args=[self.kwargs["name"]])
        return f"{url}?tab={self.tab}" if self.tab else url

    def crumbs(self) -> list[Crumb]:
        return crumbs_of(self.kwargs["name"])


def crumbs_of(name: str) -> list[Crumb]:
    """The way to the page of a user."""
    return [(_("Users"), reverse("console:users")), (name, reverse("console:user", args=[name]))]


class RenameForm(OperationForm):
    blames = {"EntityAlreadyExists": "NewUserName"}

    NewUserName = forms.CharField(label=gettext_lazy("New name"), max_length=64)
    NewPath = forms.CharField(label=gettext_lazy("Path"), required=False)


class RenameUser(UserAction):
    operation = "UpdateUser"
    form_class = RenameForm
    title = gettext_lazy("Rename %(name)s")
    lead = gettext_lazy(
        "The unique id, keys, groups and policies stay. The ARN changes: policies that name "
        "the old one no longer fit."
    )
    submit = gettext_lazy("Rename")
    success = gettext_lazy("%(name)s is now %(NewUserName)s.")
    edits = True

    def initial(self) -> dict[str, Any]:
        user = self.request.ask.perform("GetUser", self.target())["User"]
        return {"NewUserName": user["UserName"], "NewPath": user["Path"]}

    def taken_url(self, form: OperationForm) -> str:
        return reverse("console:user", args=[form["NewUserName"].value()])

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:user", args=[params["NewUserName"]])


class DeleteUser(InSteps, UserAction):
    """Takes the user's credentials, memberships and policies away first, as the API demands."""

    operation = "DeleteUser"
    title = gettext_lazy("Delete %(name)s")
    submit = gettext_lazy("Delete user")
    success = gettext_lazy("User %(name)s was deleted.")
    is_danger = True
    confirmed_by = "name"
    previews = True

    def prepare(self) -> None:
        self.steps = teardown(self.request, self.kwargs["name"])

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:users")

    def consequences(self) -> list[str]:
        return [
            _(
                "Signed-in browsers and running programs of this user are refused "
                "from the next request."
            ),
            *(CONSEQUENCES[name] % params for name, params in self.steps if name in CONSEQUENCES),
            _("A new user of the same name is not this user: its unique id never returns."),
        ]

    def performed(self, form: OperationForm) -> list[Step]:
        return [*self.steps, ("DeleteUser", self.target())]


CONSEQUENCES = {
    "DeleteLoginProfile": gettext_lazy("The console password is removed."),
    "DeleteAccessKey": gettext_lazy("Access key %(AccessKeyId)s is deleted."),
    "DeleteSigningCertificate": gettext_lazy("Signing certificate %(CertificateId)s is deleted."),
    "DeleteSSHPublicKey": gettext_lazy("SSH public key %(SSHPublicKeyId)s is deleted."),
    "DeleteServiceSpecificCredential": gettext_lazy(
        "Service-specific credential %(ServiceSpecificCredentialId)s is deleted."
    ),
    "DeactivateMFADevice": gettext_lazy("The MFA device %(SerialNumber)s is removed."),
    "RemoveUserFromGroup": gettext_lazy("The user leaves the group %(GroupName)s."),
    "DetachUserPolicy": gettext_lazy("%(PolicyArn)s is detached."),
    "DeleteUserPolicy": gettext_lazy("The inline policy %(PolicyName)s is deleted."),
}
# What keeps a user from being deleted: the list, its member, the operation that takes one away and
# the parameter that names it.
HELD = (
    ("ListAccessKeys", "AccessKeyMetadata", "DeleteAccessKey", "AccessKeyId"),
    ("ListSigningCertificates", "Certificates", "DeleteSigningCertificate", "CertificateId"),
    ("ListSSHPublicKeys", "SSHPublicKeys", "DeleteSSHPublicKey", "SSHPublicKeyId"),
    (
        "ListServiceSpecificCredentials",
        "ServiceSpecificCredentials",
        "DeleteServiceSpecificCredential",
        "ServiceSpecificCredentialId",
    ),
    ("ListGroupsForUser", "Groups", "RemoveUserFromGroup", "GroupName"),
    ("ListAttachedUserPolicies", "AttachedPolicies", "DetachUserPolicy", "PolicyArn"),
    ("ListUserPolicies", "PolicyNames", "DeleteUserPolicy", "PolicyName"),
    ("ListMFADevices", "MFADevices", "DeactivateMFADevice", "SerialNumber"),
)


def teardown(request: ConsoleRequest, name: str) -> list[Step]:
    """The operations that leave nothing of a user that would keep it from being deleted."""
    user = {"UserName": name}
    found = request.ask.see(**{listed: (listed, user) for listed, *_rest in HELD})
    steps: list[Step] = []
    for listed, member, removal, parameter in HELD:
        for item in found[listed].result.get(member, []):
            identity = {parameter: item if isinstance(item, str) else item[parameter]}
            steps.append((removal, {**user, **identity}))
            if removal == "DeactivateMFADevice" and not is_key(item["SerialNumber"]):
                steps.append(("DeleteVirtualMFADevice", identity))
    if has_login(request.ask, name):
        steps.append(("DeleteLoginProfile", user))
    return steps


def has_login(ask: Asking, name: str) -> bool:
    """Whether the user has a console password; False when the viewer may not know."""
    if not ask.may(login=("GetLoginProfile", {"UserName": name}))["login"]:
        return False
    return has_login_profile(ask, name)


def has_login_profile(ask: Asking, name: str) -> bool:
    """As `has_login`; raises OperationError where the viewer may not know."""
    try:
        ask.perform("GetLoginProfile", {"UserName": name})
    except OperationError as error:
        if error.code == "NoSuchEntity":
            return False
        raise
    return True
