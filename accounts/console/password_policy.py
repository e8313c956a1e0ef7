"""The rules for the passwords of the account's users."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.console.account_action import AccountAction
from iamsite.console.forms import OperationForm
from iamsite.console.password_rules import own_policy

KINDS = (
    ("RequireUppercaseCharacters", gettext_lazy("an upper-case letter")),
    ("RequireLowercaseCharacters", gettext_lazy("a lower-case letter")),
    ("RequireNumbers", gettext_lazy("a digit")),
    ("RequireSymbols", gettext_lazy("a symbol")),
)


def sentences(policy: dict[str, Any]) -> list[str]:
    """What a policy asks of passwords, a sentence a rule."""
    length = policy["MinimumPasswordLength"]
    said = [
        ngettext("At least %(n)d character.", "At least %(n)d characters.", length) % {"n": length}
    ]
    kinds = [str(label) for name, label in KINDS if policy.get(name)]
    if kinds:
        said.append(_("At least %(kinds)s.") % {"kinds": ", ".join(kinds)})
    if age := policy.get("MaxPasswordAge"):
        said.append(
            ngettext("Expires after %(n)d day.", "Expires after %(n)d days.", age) % {"n": age}
        )
        if policy.get("HardExpiry"):
            said.append(_("Once it has expired, only an administrator can set a new one."))
    if kept := policy.get("PasswordReusePrevention"):
        said.append(
            ngettext("Not the same as the last one.", "Not one of the last %(n)d.", kept)
            % {"n": kept}
        )
    if policy.get("AllowUsersToChangePassword"):
        said.append(_("Users may change their own."))
    else:
        said.append(_("Users change their own only where a policy allows iam:ChangePassword."))
    return said


class PasswordPolicyForm(OperationForm):
    MinimumPasswordLength = forms.IntegerField(
        label=gettext_lazy("Minimum length"), widget=forms.NumberInput(attrs={"min": 6, "max": 128})
    )
    RequireUppercaseCharacters = forms.BooleanField(
        label=gettext_lazy("Require an upper-case letter"), required=False
    )
    RequireLowercaseCharacters = forms.BooleanField(
        label=gettext_lazy("Require a lower-case letter"), required=False
    )
    RequireNumbers = forms.BooleanField(label=gettext_lazy("Require a digit"), required=False)
    RequireSymbols = forms.BooleanField(label=gettext_lazy("Require a symbol"), required=False)
    MaxPasswordAge = forms.IntegerField(
        label=gettext_lazy("Expires after, in days"),
        required=False,
        help_text=gettext_lazy("1 to 1095. Empty: never."),
        widget=forms.NumberInput(attrs={"min": 1, "max": 1095}),
    )
    HardExpiry = forms.BooleanField(
        label=gettext_lazy("Only an administrator can reset an expired password"),
        required=False,
        help_text=gettext_lazy("Otherwise the user chooses a new one at sign-in."),
    )
    PasswordReusePrevention = forms.IntegerField(
        label=gettext_lazy("Previous passwords that cannot be reused"),
        required=False,
        help_text=gettext_lazy("1 to 24. Empty: none."),
        widget=forms.NumberInput(attrs={"min": 1, "max": 24}),
    )
    AllowUsersToChangePassword = forms.BooleanField(
        label=gettext_lazy("Users may change their own password"), required=False
    )


class SetPasswordPolicy(AccountAction):
    operation = "UpdateAccountPasswordPolicy"
    form_class = PasswordPolicyForm
    title = gettext_lazy("Password policy")
    lead = gettext_lazy(
        "Applies when an IAM user next chooses a password, and not to the root user. Length "
        "protects more than a mix of characters."
    )
    submit = gettext_lazy("Save password policy")
    success = gettext_lazy("The password policy is saved.")
    edits = True

    def initial(self) -> dict[str, Any]:
        proposed = {"MinimumPasswordLength": 12, "AllowUsersToChangePassword": True}
        return own_policy(self.request.ask) or proposed


class RemovePasswordPolicy(AccountAction):
    operation = "DeleteAccountPasswordPolicy"
    title = gettext_lazy("Remove the password policy")
    lead = gettext_lazy("AWS's default rules hold again for new passwords.")
    submit = gettext_lazy("Remove password policy")
    success = gettext_lazy("The password policy was removed.")
