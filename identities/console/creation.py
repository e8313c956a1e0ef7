"""Creating a user with all it needs on one page, and the one page that shows its credentials."""

from __future__ import annotations

import secrets
import string
from functools import cached_property
from typing import Any

from django import forms
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Asking, Params
from iamsite.console.forms import OperationForm, Option, PickField, TagsField
from iamsite.console.password_rules import (
    NewPasswordField,
    current_policy,
    give_rules,
    rules_of_account,
)
from iamsite.console.steps import Step
from iamsite.console.viewer import viewer_of
from iamsite.operations import OperationError
from identities.console.access_keys import profile
from identities.console.handover import sign_in_address
from identities.console.undoing import perform_or_take_back
from policies.console.offered import offered_policies

GENERATED, TYPED = "generated", "typed"
# Long enough for any account's password policy that asks for no more.
PASSWORD_LENGTH = 20
SYMBOLS = "!@#$%^*()_+-=[]{}"


class UserForm(OperationForm):
    blames = {"EntityAlreadyExists": "UserName", "PasswordPolicyViolation": "Password"}

    UserName = forms.CharField(
        label=gettext_lazy("User name"),
        max_length=64,
        help_text=gettext_lazy("Letters, digits and + = , . @ _ -"),
        widget=forms.TextInput(attrs={"autofocus": True}),
    )
    Console = forms.BooleanField(
        label=gettext_lazy("Console access, with a password"), required=False
    )
    PasswordFrom = forms.ChoiceField(
        label=gettext_lazy("First password"),
        required=False,
        choices=[
            (GENERATED, Option(gettext_lazy("Generate one"))),
            (TYPED, Option(gettext_lazy("Type one"))),
        ],
        initial=GENERATED,
        widget=forms.RadioSelect,
    )
    Password = NewPasswordField(label=gettext_lazy("Password"), required=False)
    PasswordResetRequired = forms.BooleanField(
        label=gettext_lazy("The user must choose another at the first sign-in"),
        required=False,
        initial=True,
    )
    Programmatic = forms.BooleanField(
        label=gettext_lazy("Programmatic access, with an access key"), required=False
    )
    Groups = PickField(label=gettext_lazy("Groups"), empty=gettext_lazy("There are no groups yet."))
    Policies = PickField(
        label=gettext_lazy("Policies to attach"),
        empty=gettext_lazy("There is no policy that you may see."),
    )
    PermissionsBoundary = forms.ChoiceField(
        label=gettext_lazy("Permissions boundary"),
        required=False,
        help_text=gettext_lazy("The most that this user may ever do, whatever else allows it."),
    )
    Path = forms.CharField(
        label=gettext_lazy("Path"),
        required=False,
        help_text=gettext_lazy("Puts users in a tree that policies can name, such as /staff/."),
        widget=forms.TextInput(attrs={"placeholder": "/"}),
    )
    Tags = TagsField(label=gettext_lazy("Tags"), required=False)

    @property
    def types_password(self) -> bool:
        return self.cleaned_data.get("PasswordFrom") == TYPED

    def clean(self) -> None:
        typed = self.cleaned_data
        if typed.get("Console") and self.types_password and not typed.get("Password"):
            self.add_error("Password", _("Type a password, or have one generated."))

    def refuse(self, error: OperationError) -> bool:
        # Nobody can correct a generated password in its field.
        if error.code == "PasswordPolicyViolation" and not self.types_password:
            return False
        return super().refuse(error)

    def user(self) -> Params:
        """The parameters of CreateUser."""
        wanted = ("UserName", "Path", "PermissionsBoundary", "Tags")
        return {name: value for name, value in self.parameters().items() if name in wanted}


@method_decorator(sensitive_post_parameters("Password"), name="dispatch")
class CreateUser(Action):
    """Several operations, one after the other; if one is refused, those before are taken back."""

    operation = "CreateUser"
    form_class = UserForm
    fields_template = "identities/user_fields.html"
    title = gettext_lazy("Create user")
    lead = gettext_lazy(
        "A person or a program with credentials of its own. "
        "It may do nothing until a policy allows it."
    )
    success = gettext_lazy("User %(UserName)s was created.")
    previews = True

    def prepare(self) -> None:
        ask = self.request.ask
        self.seen = ask.see(groups=("ListGroups", {"MaxItems": 1000}))["groups"]
        self.groups = [group["GroupName"] for group in self.seen.result.get("Groups", [])]
        self.policies = offered_policies(ask)

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        form.offer("Groups", [(name, Option(name)) for name in self.groups])
        if not self.seen:
            groups = form.fields["Groups"]
            groups.empty = _("There is no group that you may see.")
        form.offer("Policies", self.policies)
        form.offer("PermissionsBoundary", [("", Option(_("None"))), *self.policies])
        give_rules(form, lambda: rules_of_account(self.request.ask, is_first=True))
        return form

    def taken_url(self, form: OperationForm) -> str:
        return reverse("console:user", args=[form["UserName"].value()])

    def back_url(self) -> str:
        return reverse("console:users")

    def crumbs(self) -> list[Crumb]:
        return [(_("Users"), reverse("console:users"))]

    @cached_property
    def generated(self) -> str:
        return new_password(shortest_password(self.request.ask))

    def password(self, form: UserForm) -> str:
        return form.cleaned_data["Password"] if form.types_password else self.generated

    def performed(self, form: OperationForm) -> list[Step]:
        assert isinstance(form, UserForm)
        typed = form.cleaned_data
        who = {"UserName": typed["UserName"]}
        steps: list[Step] = [("CreateUser", form.user())]
        steps += [("AddUserToGroup", {"GroupName": name, **who}) for name in typed["Groups"]]
        steps += [("AttachUserPolicy", {**who, "PolicyArn": arn}) for arn in typed["Policies"]]
        if typed["Console"]:
            reset = {"PasswordResetRequired": typed["PasswordResetRequired"]}
            login = {**who, "Password": self.password(form), **reset}
            steps.append(("CreateLoginProfile", login))
        if typed["Programmatic"]:
            steps.append(("CreateAccessKey", who))
        return steps

    def run(self, form: OperationForm) -> dict[str, Any]:
        """The results of CreateUser and CreateAccessKey, and `Password`, as far as asked for."""
        assert isinstance(form, UserForm)
        results = perform_or_take_back(self.request.ask, self.performed(form))
        if form.cleaned_data["Console"]:
            results["Password"] = self.password(form)
        return results

    def done(self, result: dict[str, Any], params: Params) -> HttpResponseBase:
        """The one answer that holds the secrets is the page itself: nothing keeps it."""
        if "Password" not in result and "AccessKey" not in result:
            return super().done(result, params)
        viewer = viewer_of(self.request)
        context = {
            "name": result["User"]["UserName"],
            "password": result.get("Password", ""),
            "must_change": params.get("PasswordResetRequired", False),
            "key": result.get("AccessKey"),
            "cli": profile(result["AccessKey"], self.request) if "AccessKey" in result else "",
            "sign_in": sign_in_address(self.request),
            "account": viewer.account if viewer else "",
            "crumbs": self.crumbs(),
        }
        return render(self.request, "identities/user_created.html", context)

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:user", args=[result["User"]["UserName"]])


def new_password(shortest: int) -> str:
    """A random password that the account's password policy accepts, at least `shortest` long.

    It begins with a letter, so that no spreadsheet takes it for a formula.
    """
    length = max(PASSWORD_LENGTH, shortest)
    kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits, SYMBOLS)
    rest = [secrets.choice(kind) for kind in kinds]
    rest += [secrets.choice("".join(kinds)) for _each in range(length - len(rest) - 1)]
    secrets.SystemRandom().shuffle(rest)
    return secrets.choice(string.ascii_letters) + "".join(rest)


def shortest_password(ask: Asking) -> int:
    """How short a password may be, as far as the viewer may know."""
    return int(current_policy(ask).result.get("MinimumPasswordLength", 0))
