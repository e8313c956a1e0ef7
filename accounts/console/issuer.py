"""The account as an issuer of web identity tokens, which services outside may trust."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy

from accounts.console.account_action import AccountAction
from iamsite.console.asking import Answer, ConsoleRequest
from iamsite.console.forms import OperationForm
from iamsite.operations import OperationError


def current(request: ConsoleRequest) -> Answer:
    """The issuer as an answer's result; an empty one where the account is none."""
    name = "GetOutboundWebIdentityFederationInfo"
    verdict = request.ask.may(issuer=(name, {}))["issuer"]
    if not verdict:
        return Answer({}, verdict.message)
    try:
        return Answer(request.ask.perform(name))
    except OperationError as error:
        if error.code != "FeatureDisabled":
            raise
        return Answer({})


class Enable(AccountAction):
    operation = "EnableOutboundWebIdentityFederation"
    title = gettext_lazy("Issue web identity tokens")
    lead = gettext_lazy(
        "Principals of this account may then ask for signed tokens that say who they are, where a "
        "policy allows sts:GetWebIdentityToken. Services outside check them with the public keys "
        "at the issuer's address."
    )
    submit = gettext_lazy("Become an issuer")
    success = gettext_lazy("The account is an issuer now.")


class Disable(AccountAction):
    operation = "DisableOutboundWebIdentityFederation"
    title = gettext_lazy("Stop issuing web identity tokens")
    lead = gettext_lazy(
        "No more tokens are signed. Those of before stay good until they expire, and enabling "
        "again brings the same issuer back."
    )
    submit = gettext_lazy("Stop issuing")
    success = gettext_lazy("The account issues no more tokens.")


class RotateForm(OperationForm):
    Revoke = forms.BooleanField(
        label=gettext_lazy("Withdraw the earlier keys at once"),
        required=False,
        help_text=gettext_lazy(
            "Tokens that they signed are refused from then on. Only when a key may have leaked."
        ),
    )


class Rotate(AccountAction):
    operation = "RotateOutboundSigningKeys"
    form_class = RotateForm
    title = gettext_lazy("Rotate the signing keys")
    lead = gettext_lazy(
        "New tokens are signed with new keys. The earlier ones stay published as long as a token "
        "that they signed may be in use."
    )
    submit = gettext_lazy("Rotate keys")
    success = gettext_lazy("New tokens are signed with new keys.")
