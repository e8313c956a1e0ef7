"""Disabling a user in one act, and enabling it again.

Nothing here but operations of IAM, one after another, each with a result of its own. What was
active before is remembered in a tag of the user, so that whoever enables it need not guess.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.action import Crumb
from iamsite.console.asking import Asking, Check
from iamsite.console.bulk import BulkAction
from iamsite.console.forms import OperationForm, Option, PickField
from iamsite.console.steps import Step
from iamsite.operations import OperationError, Verdict
from identities.console.credential_kinds import KINDS, credentials_of
from identities.console.revocation import revoking
from identities.console.users import crumbs_of, has_login_profile

TAG = "iamsite:disabled"
ANY_ID = "A" * 24
YOURSELF = gettext_lazy("You cannot disable yourself: another administrator can.")
LONGEST = 256  # characters of a tag's value
PASSWORD = "password"


def disabled_at(user: Mapping[str, Any]) -> datetime | None:
    """When the user was disabled, if it is; `user` as GetUser gives it."""
    written = _remembered(user)
    try:
        return datetime.fromisoformat(written[0]) if written else None
    except ValueError:  # whoever wrote the tag, it was not us
        return None


def _remembered(user: Mapping[str, Any]) -> list[str]:
    """The time and, behind it, what was active."""
    parts = sorted(
        (tag["Key"], tag["Value"])
        for tag in user.get("Tags", ())
        if tag["Key"].partition("/")[0] == TAG
    )
    return " ".join(value for _key, value in parts).split()


def _tags(words: Sequence[str]) -> list[dict[str, str]]:
    """As many tags as their values' length demands."""
    values = [""]
    for word in words:
        longer = f"{values[-1]} {word}".strip()
        if len(longer) > LONGEST:
            values.append(word)
        else:
            values[-1] = longer
    return [
        {"Key": f"{TAG}/{number}" if number else TAG, "Value": value}
        for number, value in enumerate(values)
    ]


def disabling_checks(name: str) -> dict[str, Check]:
    """What a viewer must be allowed to disable a user, by names of their own."""
    who = {"UserName": name}
    checks: dict[str, Check] = {}
    for kind in KINDS:
        checks[f"disable-{kind.listed}"] = (kind.listed, who)
        checks[f"disable-{kind.update}"] = (
            kind.update,
            {**who, kind.parameter: ANY_ID, "Status": "Inactive"},
        )
    return {
        **checks,
        "disable-tag": ("TagUser", {**who, "Tags": []}),
        "disable-untag": ("UntagUser", {**who, "TagKeys": [TAG]}),
        "disable-password": ("GetLoginProfile", who),
        "disable-login": ("DeleteLoginProfile", who),
        "disable-put": ("PutUserPolicy", {**who, "PolicyName": "any", "PolicyDocument": "{}"}),
    }


# Of the checks those that enabling asks for no more than, by the beginning of their names.
ENABLING = ("disable-List", "disable-Update", "disable-untag")


def verdicts(
    may: Mapping[str, Verdict], user: Mapping[str, Any], viewer: str
) -> dict[str, Verdict]:
    """Whether `viewer`, an ARN, may disable and enable the user; `may` answers the checks."""
    checks = {name: verdict for name, verdict in may.items() if name.startswith("disable-")}
    refused = [name for name, verdict in checks.items() if not verdict]
    disable = checks[refused[0]] if refused else Verdict(True)
    if user["Arn"] == viewer:
        disable = Verdict(False, str(YOURSELF))
    kept = [name for name in refused if name.startswith(ENABLING)]
    return {"disable": disable, "enable": checks[kept[0]] if kept else Verdict(True)}


def disabling(ask: Asking, name: str) -> dict[str, Step]:
    """The steps that leave the user no way in, each under its name.

    Raises OperationError where the viewer may not see all that there is to close, and for oneself:
    one's own session would end before everything is done.
    """
    user = ask.perform("GetUser", {"UserName": name})["User"]
    if ask.perform("GetCallerIdentity")["Arn"] == user["Arn"]:
        raise OperationError("ValidationError", str(YOURSELF))
    active = [one for one in credentials_of(ask, name) if one.is_active]
    signs_in = has_login_profile(ask, name)
    now = timezone.now()
    words = dict.fromkeys(
        [
            f"{now:%Y-%m-%dT%H:%M:%SZ}",
            *_remembered(user)[1:],
            *(one.id for one in active),
            *([PASSWORD] if signs_in else []),
        ]
    )
    steps: dict[str, Step] = {
        _("What is active is remembered"): (
            "TagUser",
            {"UserName": name, "Tags": _tags(list(words))},
        )
    }
    steps |= {one.name: one.switched(name, "Inactive") for one in active}
    if signs_in:
        steps[_("Console password and sessions")] = ("DeleteLoginProfile", {"UserName": name})
    steps[_("Temporary credentials")] = revoking("User", name, now)
    return steps


class SwitchUser(BulkAction):
    """Several steps about one user, each with a result of its own."""

    names = {"name": "UserName"}
    result_label = gettext_lazy("Step")
    back_label = gettext_lazy("Back to the user")
    fields_template = "console/action_fields.html"
    plan: dict[str, Step]

    def steps(self, item: str, form: OperationForm) -> list[Step]:
        return [self.plan[item]]

    def back_url(self) -> str:
        return reverse("console:user", args=[self.kwargs["name"]]) + "?tab=credentials"

    def crumbs(self) -> list[Crumb]:
        return crumbs_of(self.kwargs["name"])


class DisableUser(SwitchUser):
    operation = "UpdateAccessKey"
    title = gettext_lazy("Disable %(name)s")
    lead = gettext_lazy(
        "Every way in is closed at once. The user, its groups, policies and MFA devices stay, "
        "and it can be enabled again."
    )
    submit = gettext_lazy("Disable user")
    is_danger = True
    confirmed_by = "name"

    def prepare(self) -> None:
        self.plan = disabling(self.request.ask, self.kwargs["name"])
        self.items = list(self.plan)

    def confirm(self) -> str:
        return str(self.kwargs["name"])

    def consequences(self) -> list[str]:
        closed = [item for item, (operation, _params) in self.plan.items() if "Update" in operation]
        lines = [_("%(name)s becomes inactive.") % {"name": item} for item in closed]
        if any(operation == "DeleteLoginProfile" for operation, _params in self.plan.values()):
            lines.append(
                _(
                    "The console password is removed, and signed-in browsers are signed out. "
                    "Passwords cannot be looked up: enabling the user again takes a new one."
                )
            )
        lines.append(
            _("Temporary credentials that the user has fetched are refused by an inline policy.")
        )
        lines.append(
            _(
                "Roles that the user has assumed go on until their sessions end; revoke those on "
                "the role's page."
            )
        )
        return lines


class EnableForm(OperationForm):
    Credentials = PickField(
        label=gettext_lazy("Credentials to activate"),
        empty=gettext_lazy("There is none that is inactive."),
    )


class EnableUser(SwitchUser):
    operation = "UpdateAccessKey"
    form_class = EnableForm
    title = gettext_lazy("Enable %(name)s")
    submit = gettext_lazy("Enable user")

    def prepare(self) -> None:
        ask, name = self.request.ask, self.kwargs["name"]
        self.user = ask.perform("GetUser", {"UserName": name})["User"]
        self.inactive = {
            one.id: one for one in credentials_of(ask, name) if one.status == "Inactive"
        }
        self.remembered = _remembered(self.user)[1:]
        self.plan = {one.name: one.switched(name, "Active") for one in self.inactive.values()}
        tags = [tag["Key"] for tag in self.user.get("Tags", ()) if tag["Key"].startswith(TAG)]
        if tags:
            self.last = _("Marked as enabled")
            self.plan[self.last] = ("UntagUser", {"UserName": name, "TagKeys": tags})
        self.items = list(self.plan)
        self.lead = _("What was active when the user was disabled is ticked.")
        if PASSWORD in self.remembered:
            self.lead += " " + _("It had a console password: set a new one afterwards.")

    def initial(self) -> dict[str, Any]:
        return {"Credentials": [one for one in self.remembered if one in self.inactive]}

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("Credentials", [(key, Option(one.name)) for key, one in self.inactive.items()])
        return form

    def wanted(self, form: OperationForm) -> list[str]:
        chosen = [self.inactive[key].name for key in form.cleaned_data["Credentials"]]
        return [*chosen, *([self.last] if hasattr(self, "last") else [])]
