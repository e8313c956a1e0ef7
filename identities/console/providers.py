"""Identity providers: list, one provider with its health, and how people sign in through it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Answer, Check, ConsoleRequest, Params
from iamsite.console.forms import OperationForm, Option, PickField
from iamsite.operations import OperationError
from identities.signin.oidc import redirect_uri

LISTS = {
    "oidc": ("ListOpenIDConnectProviders", "OpenIDConnectProviderList"),
    "saml": ("ListSAMLProviders", "SAMLProviderList"),
}


def is_oidc(arn: str) -> bool:
    return ":oidc-provider/" in arn


def named(arn: str) -> str:
    return arn.partition("provider/")[2]


@require_safe
def list_providers(request: ConsoleRequest) -> HttpResponse:
    """Both kinds together: there are a few at most."""
    seen = request.ask.see(**{kind: (name, {}) for kind, (name, _member) in LISTS.items()})
    rows = [
        {"arn": one["Arn"], "name": named(one["Arn"]), "kind": kind, **one}
        for kind, (_name, member) in LISTS.items()
        for one in seen[kind].result.get(member, [])
    ]
    context = {
        "rows": sorted(rows, key=lambda row: row["name"]),
        "denied": next((one.denied for one in seen.values() if one.denied), ""),
        "may": request.ask.may(
            oidc=("CreateOpenIDConnectProvider", {"Url": "https://any.example"}),
            saml=("CreateSAMLProvider", {"Name": "any", "SAMLMetadataDocument": "x" * 1000}),
        ),
    }
    return render(request, "identities/providers.html", context)


@require_safe
def provider(request: ConsoleRequest, arn: str) -> HttpResponse:
    """An issuer is asked how it is only on demand: it may be slow."""
    named_by = {"OpenIDConnectProviderArn" if is_oidc(arn) else "SAMLProviderArn": arn}
    kind = "OpenIDConnectProvider" if is_oidc(arn) else "SAMLProvider"
    found = request.ask.perform(f"Get{kind}", named_by)
    either = {"ProviderArn": arn}
    may = request.ask.may(
        delete=(f"Delete{kind}", named_by),
        check=("CheckIdentityProvider", either),
        client=("PutSignInClient", {**either, "DisplayName": "any"}),
        drop=("DeleteSignInClient", either),
        look=("GetSignInClient", either),
        **(_of_oidc(named_by) if is_oidc(arn) else _of_saml(named_by)),
    )
    asked = not is_oidc(arn) or "check" in request.GET
    context = {
        "arn": arn,
        "name": named(arn),
        "is_oidc": is_oidc(arn),
        "provider": found,
        "may": may,
        "health": request.ask.see(health=("CheckIdentityProvider", either))["health"]
        if asked
        else None,
        "client": sign_in_client(request, arn, allowed=bool(may["look"])),
        "addresses": {
            _("Redirect URI"): redirect_uri(),
        }
        if is_oidc(arn)
        else {
            _("Audience and recipient"): f"{settings.IAMSITE_URL}/saml",
            _("The portal's metadata"): f"{settings.IAMSITE_URL}/saml/metadata.xml",
        },
    }
    return render(request, "identities/provider.html", context)


def _of_oidc(named_by: Params) -> dict[str, Check]:
    client = {**named_by, "ClientID": "any"}
    thumbprints = {**named_by, "ThumbprintList": ["0" * 40]}
    return {
        "add": ("AddClientIDToOpenIDConnectProvider", client),
        "remove": ("RemoveClientIDFromOpenIDConnectProvider", client),
        "thumbprints": ("UpdateOpenIDConnectProviderThumbprint", thumbprints),
    }


def _of_saml(named_by: Params) -> dict[str, Check]:
    return {"metadata": ("UpdateSAMLProvider", {**named_by, "SAMLMetadataDocument": "x" * 1000})}


def sign_in_client(request: ConsoleRequest, arn: str, *, allowed: bool) -> Answer:
    """How people sign in through the provider; empty where they do not, or one may not know."""
    if not allowed:
        return Answer({})
    try:
        return Answer(request.ask.perform("GetSignInClient", {"ProviderArn": arn})["SignInClient"])
    except OperationError as error:
        if error.code != "NoSuchEntity":
            raise
        return Answer({})


class ProviderAction(Action):
    """An action on the provider that the address names."""

    @property
    def arn(self) -> str:
        return str(self.kwargs["arn"])

    def back_url(self) -> str:
        return reverse("console:provider", args=[self.arn])

    def crumbs(self) -> list[Crumb]:
        providers = (_("Identity providers"), reverse("console:providers"))
        return [providers, (named(self.arn), self.back)]

    def target(self) -> Params:
        named_by = "OpenIDConnectProviderArn" if is_oidc(self.arn) else "SAMLProviderArn"
        return {named_by: self.arn}


class NewProvider(Action):
    def back_url(self) -> str:
        return reverse("console:providers")

    def crumbs(self) -> list[Crumb]:
        return [(_("Identity providers"), self.back)]


class Lines(forms.CharField):
    """One text a line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 3, "class": "input mono"}), **kwargs)

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class OIDCForm(OperationForm):
    blames = {
        "EntityAlreadyExists": "Url",
        "ValidationError": "Url",
        "OpenIdIdpCommunicationError": "Url",
        "InvalidInput": "ThumbprintList",
    }

    Url = forms.CharField(
        label=gettext_lazy("Issuer"),
        max_length=255,
        help_text=gettext_lazy(
            "Its HTTPS address, exactly as the iss claim of its tokens gives it."
        ),
        widget=forms.URLInput(attrs={"placeholder": "https://login.example.com"}),
    )
    ClientIDList = Lines(
        label=gettext_lazy("Client ids"),
        required=False,
        help_text=gettext_lazy("The audiences (aud) its tokens may name, one per line."),
    )
    ThumbprintList = Lines(
        label=gettext_lazy("Thumbprints"),
        required=False,
        help_text=gettext_lazy(
            "SHA-1 of certificates to trust besides those of public authorities, one a line. "
            "Left empty, the issuer is asked for its own."
        ),
    )


class CreateOIDC(NewProvider):
    operation = "CreateOpenIDConnectProvider"
    form_class = OIDCForm
    title = gettext_lazy("Add an OpenID Connect provider")
    lead = gettext_lazy("Roles can then trust the people, pipelines and clusters it signs in.")
    submit = gettext_lazy("Add provider")
    success = gettext_lazy("The provider was added. Roles can trust it now.")

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:provider", args=[result["OpenIDConnectProviderArn"]])


class MetadataForm(OperationForm):
    blames = {"InvalidInput": "SAMLMetadataDocument", "EntityAlreadyExists": "Name"}

    SAMLMetadataDocument = forms.CharField(
        label=gettext_lazy("Metadata"),
        strip=False,
        widget=forms.Textarea(attrs={"rows": 12, "class": "input code", "spellcheck": "false"}),
        help_text=gettext_lazy("The XML that the provider gives out, 1,000 characters or more."),
    )


class SAMLForm(MetadataForm):
    Name = forms.CharField(label=gettext_lazy("Name"), max_length=128)

    field_order = ["Name", "SAMLMetadataDocument"]


class CreateSAML(NewProvider):
    operation = "CreateSAMLProvider"
    form_class = SAMLForm
    title = gettext_lazy("Add a SAML provider")
    lead = gettext_lazy("Roles can then trust the people it signs in.")
    submit = gettext_lazy("Add provider")
    success = gettext_lazy("The provider %(Name)s was added. Roles can trust it now.")
    wide = True

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:provider", args=[result["SAMLProviderArn"]])


class UpdateMetadata(ProviderAction):
    operation = "UpdateSAMLProvider"
    form_class = MetadataForm
    title = gettext_lazy("Replace the metadata")
    lead = gettext_lazy("When the provider has new signing certificates.")
    submit = gettext_lazy("Replace metadata")
    success = gettext_lazy("The metadata was replaced.")
    wide = True


class DeleteProvider(ProviderAction):
    title = gettext_lazy("Delete the identity provider")
    submit = gettext_lazy("Delete provider")
    success = gettext_lazy("The provider was deleted.")
    is_danger = True

    def performed(self, form: OperationForm) -> list[tuple[str, Params]]:
        kind = "OpenIDConnectProvider" if is_oidc(self.arn) else "SAMLProvider"
        return [(f"Delete{kind}", self.target())]

    def run(self, form: OperationForm) -> dict[str, Any]:
        return self.request.ask.perform(*self.performed(form)[0])

    def confirm(self) -> str:
        return named(self.arn)

    def done_url(self, result: dict[str, Any], params: Params) -> str:
        return reverse("console:providers")

    def consequences(self) -> list[str]:
        return [
            _("Nobody comes in through it any more; sessions that there are go on."),
            _("Roles that trust it stay as they are, and trust nobody in its place."),
        ]


class ClientIdForm(OperationForm):
    blames = {"ValidationError": "ClientID", "LimitExceeded": "ClientID"}

    ClientID = forms.CharField(label=gettext_lazy("Client id"), max_length=255)


class AddClientId(ProviderAction):
    operation = "AddClientIDToOpenIDConnectProvider"
    form_class = ClientIdForm
    title = gettext_lazy("Add a client id")
    submit = gettext_lazy("Add client id")
    success = gettext_lazy("%(ClientID)s was added.")


class RemoveClientId(ProviderAction):
    """The address's `client` says which."""

    operation = "RemoveClientIDFromOpenIDConnectProvider"
    form_class = ClientIdForm
    title = gettext_lazy("Remove a client id")
    lead = gettext_lazy("Tokens for this client are good for no role any more.")
    submit = gettext_lazy("Remove client id")
    success = gettext_lazy("%(ClientID)s was removed.")

    def initial(self) -> dict[str, Any]:
        return {"ClientID": self.request.GET.get("client", "")}


class ThumbprintForm(OperationForm):
    blames = {"InvalidInput": "ThumbprintList", "ValidationError": "ThumbprintList"}

    ThumbprintList = Lines(
        label=gettext_lazy("Thumbprints"),
        help_text=gettext_lazy("SHA-1 of certificates, 40 hex digits each, one a line."),
    )


class EditThumbprints(ProviderAction):
    operation = "UpdateOpenIDConnectProviderThumbprint"
    form_class = ThumbprintForm
    title = gettext_lazy("Edit the thumbprints")
    lead = gettext_lazy(
        "Certificates that are trusted where no public authority vouches for the issuer."
    )
    submit = gettext_lazy("Save thumbprints")
    success = gettext_lazy("The thumbprints are saved.")

    def initial(self) -> dict[str, Any]:
        found = self.request.ask.perform("GetOpenIDConnectProvider", self.target())
        return {"ThumbprintList": found["ThumbprintList"]}


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

    def target(self) -> Params:
        return {"ProviderArn": self.arn}

    def prepare(self) -> None:
        self.client = sign_in_client(self.request, self.arn, allowed=True).result

    def form(self, data: Any = None) -> OperationForm:
        initial = self.client if data is None else None
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
