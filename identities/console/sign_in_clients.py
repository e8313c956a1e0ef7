"""How people sign in to the console through one of the account's identity providers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm, Option, PickField
from identities.console.providers import ProviderAction, is_oidc, sign_in_client


class SignInForm(OperationForm):
    blames = {"ValidationError": "DisplayName"}

    DisplayName = forms.CharField(
        label=gettext_lazy("Name on the sign-in page"),
        max_length=64,
        help_text=gettext_lazy("Continue with …"),
    )


class OIDCSignInForm(SignInForm):
    blames = {"InvalidInput": "ClientId", "NoSuchEntity": "RoleArns"}

    ClientId = forms.ChoiceField(label=gettext_lazy("Client id of the portal"))
    ClientSecret = forms.CharField(
        label=gettext_lazy("Client secret"),
        required=False,
        strip=False,
        max_length=1024,
        help_text=gettext_lazy(
            "Kept sealed, never shown. Left empty, the one that there is stays; without any the "
            "portal proves itself by PKCE alone."
        ),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    RoleArns = PickField(
        label=gettext_lazy("Roles to choose from"),
        required=True,
        empty=gettext_lazy("No role of this account trusts the provider yet."),
    )


class EditSignIn(ProviderAction):
    operation = "PutSignInClient"
    title = gettext_lazy("Sign in through this provider")
    lead = gettext_lazy(
        "The account's sign-in page offers it, and people come in as a role that trusts it."
    )
    submit = gettext_lazy("Save")
    shows = False
    success = gettext_lazy("People can sign in through the provider.")
    edits = True

    def target(self) -> Params:
        return {"ProviderArn": self.arn}

    def prepare(self) -> None:
        self.client = sign_in_client(self.request, self.arn, allowed=True).result

    def initial(self) -> dict[str, Any]:
        return self.client

    def form(self, data: Any = None) -> OperationForm:
        initial = self.beginning if data is None else None
        if not is_oidc(self.arn):
            return SignInForm(data, initial=initial)
        form = OIDCSignInForm(data, initial=initial)
        named_by = {"OpenIDConnectProviderArn": self.arn}
        clients = self.request.ask.perform("GetOpenIDConnectProvider", named_by)["ClientIDList"]
        form.offer("ClientId", [(one, Option(one)) for one in clients])
        form.offer("RoleArns", self.roles())
        return form

    def roles(self) -> list[tuple[str, Option]]:
        """Those whose trust policy names the provider; others it could not let in."""
        listed = self.request.ask.everything("ListRoles", "Roles")
        return [
            (role["Arn"], Option(role["RoleName"]))
            for role in listed
            if self.arn in role["AssumeRolePolicyDocument"]
        ]


class EndSignIn(ProviderAction):
    operation = "DeleteSignInClient"
    title = gettext_lazy("Stop signing in through this provider")
    lead = gettext_lazy("The sign-in page no longer offers it. Roles still trust the provider.")
    submit = gettext_lazy("Stop")
    success = gettext_lazy("The sign-in page no longer offers the provider.")

    def target(self) -> Params:
        return {"ProviderArn": self.arn}
