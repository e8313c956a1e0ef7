"""Identity providers: list, one provider with its health, and how people sign in through it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Answer, Check, ConsoleRequest, Params
from iamsite.console.forms import OperationForm
from iamsite.operations import OperationError, Somewhere
from identities.signin.oidc import redirect_uri

SUMMARIES = ("ListProviderSummaries", "ProviderSummaries")
# What whoever may not have the summaries may have.
LISTS = {
    "oidc": ("ListOpenIDConnectProviders", "OpenIDConnectProviderList"),
    "saml": ("ListSAMLProviders", "SAMLProviderList"),
}


NAMED = 10  # roles that a deletion tells by name


def is_oidc(arn: str) -> bool:
    return ":oidc-provider/" in arn


def named(arn: str) -> str:
    return arn.partition("provider/")[2]


@require_safe
def list_providers(request: ConsoleRequest) -> HttpResponse:
    """Both kinds together: there are a few at most."""
    found = summaries(request)
    denied = found.denied
    rows = [{**one, "arn": one["ProviderArn"]} for one in found.result.get(SUMMARIES[1], [])]
    if denied:
        seen = request.ask.see(**{kind: (name, {}) for kind, (name, _member) in LISTS.items()})
        denied = next((one.denied for one in seen.values() if one.denied), "")
        rows = [
            {**one, "arn": one["Arn"]}
            for kind, (_name, member) in LISTS.items()
            for one in seen[kind].result.get(member, [])
        ]
    for row in rows:
        row |= {"name": named(row["arn"]), "is_oidc": is_oidc(row["arn"])}
    context = {
        "rows": sorted(rows, key=lambda row: row["name"]),
        "denied": denied,
        "is_plain": bool(found.denied),
        "may": request.ask.may(
            oidc=("CreateOpenIDConnectProvider", {"Url": "https://any.example"}),
            saml=Somewhere(
                "CreateSAMLProvider", {"Name": "any", "SAMLMetadataDocument": "x" * 1000}
            ),
        ),
    }
    return render(request, "identities/providers.html", context)


def summaries(request: ConsoleRequest) -> Answer:
    return request.ask.see(all=(SUMMARIES[0], {}))["all"]


def trusting(request: ConsoleRequest, arn: str) -> Answer:
    """The names of the roles that trust the provider, as `RoleNames`."""
    found = summaries(request)
    listed = found.result.get(SUMMARIES[1], [])
    return Answer(next((one for one in listed if one["ProviderArn"] == arn), {}), found.denied)


@require_safe
def provider(request: ConsoleRequest, arn: str) -> HttpResponse:
    """An issuer is asked how it is only on demand: it may be slow."""
    named_by = {"OpenIDConnectProviderArn" if is_oidc(arn) else "SAMLProviderArn": arn}
    kind = "OpenIDConnectProvider" if is_oidc(arn) else "SAMLProvider"
    found = request.ask.perform(f"Get{kind}", named_by)
    either = {"ProviderArn": arn}
    may = request.ask.may(
        delete=(f"Delete{kind}", named_by),
        role=Somewhere("CreateRole", {"RoleName": "new", "AssumeRolePolicyDocument": "{}"}),
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
        "trusting": trusting(request, arn),
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
            "SHA-1 of certificates to trust besides those of public authorities, one per line. "
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
    fields_template = "identities/metadata_fields.html"
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
    fields_template = "identities/metadata_fields.html"
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
        lines = [_("Nobody comes in through it any more; sessions that there are go on.")]
        found = trusting(self.request, self.arn)
        names = found.result.get("RoleNames", [])
        if names:
            shown = ", ".join(names[:NAMED]) + (" …" if len(names) > NAMED else "")
            stay = ngettext(
                "%(number)d role trusts it and stays as it is, trusting nobody: %(names)s.",
                "%(number)d roles trust it and stay as they are, trusting nobody: %(names)s.",
                len(names),
            )
            lines.append(stay % {"number": len(names), "names": shown})
        elif found.denied:
            lines.append(_("Roles that trust it stay as they are, and trust nobody in its place."))
        return lines


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
        help_text=gettext_lazy("SHA-1 of certificates, 40 hex digits each, one per line."),
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
    edits = True

    def initial(self) -> dict[str, Any]:
        found = self.request.ask.perform("GetOpenIDConnectProvider", self.target())
        return {"ThumbprintList": found["ThumbprintList"]}
