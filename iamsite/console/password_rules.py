"""What a new password must be, told beside its field and ticked while one types.

Every form that sets a password has a NewPasswordField; whoever shows the form gives the field its
rules. They are never another account's: a session reads its own account's policy as any caller
does, and without one a step of the sign-in or a link must have proved whose account it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib.auth.password_validation import (
    MinimumLengthValidator,
    get_default_password_validators,
)
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from iamsite.console.asking import Answer, Asking
from iamsite.console.forms import OperationForm
from iamsite.operations import OperationError
from identities.passwords import DEFAULT_CLASSES, DEFAULT_LENGTH, SYMBOLS

CLASSES = (
    ("RequireUppercaseCharacters", "upper", gettext_lazy("An upper-case letter, A to Z")),
    ("RequireLowercaseCharacters", "lower", gettext_lazy("A lower-case letter, a to z")),
    ("RequireNumbers", "digit", gettext_lazy("A digit")),
)


@dataclass(frozen=True, slots=True)
class Rule:
    """`test` is what a script can tell of it while one types (static/src/js/rules.js), `least` the
    number that it asks for; what only the server can tell has no test."""

    text: str
    test: str = ""
    least: int = 1


class NewPasswordField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        widget = forms.PasswordInput(attrs={"autocomplete": "new-password"})
        # The rules stand in the help, which is what screen readers read with the field.
        told = {"help_text": gettext_lazy("Rules:"), **kwargs}
        super().__init__(strip=False, widget=widget, **told)
        self.rules: Sequence[Rule] = ()


def give_rules(form: OperationForm, rules: Callable[[], Sequence[Rule]]) -> None:
    """Gives the form's new password its rules, which are asked for when the form is drawn."""
    for field in form.fields.values():
        if isinstance(field, NewPasswordField):
            field.rules = cast("Sequence[Rule]", SimpleLazyObject(rules))


def own_policy(ask: Asking) -> dict[str, Any]:
    """The account's own policy, empty where AWS's default holds. Raises OperationError
    AccessDenied for whoever may not see it."""
    try:
        policy: dict[str, Any] = ask.perform("GetAccountPasswordPolicy")["PasswordPolicy"]
    except OperationError as error:
        if error.code != "NoSuchEntity":
            raise
        return {}
    return policy


def current_policy(ask: Asking) -> Answer:
    """The same as an answer's result, for whoever may see it."""
    verdict = ask.may(policy=("GetAccountPasswordPolicy", {}))["policy"]
    return Answer(own_policy(ask)) if verdict else Answer({}, verdict.message)


def rules_of_account(ask: Asking, *, is_first: bool = False) -> list[Rule]:
    """For a user of the caller's account; `is_first`: there is none to be another than."""
    policy = current_policy(ask)
    if not policy:
        hidden = _("What the account's password policy asks, which you may not see")
        return [Rule(hidden), _uncommon()]
    return rules_of_policy(policy.result, is_first=is_first)


def rules_of_policy(policy: Mapping[str, Any], *, is_first: bool = False) -> list[Rule]:
    """`policy` as GetAccountPasswordPolicy tells it; empty where AWS's default holds."""
    if not policy:
        some = _("Three of: upper-case letters, lower-case letters, digits, symbols")
        names = _("Not the account's name, nor its root user's email address")
        return [
            _length(DEFAULT_LENGTH),
            Rule(some, "classes", DEFAULT_CLASSES),
            Rule(names),
            _uncommon(),
        ]
    rules = [_length(policy["MinimumPasswordLength"])]
    rules += [Rule(str(text), test) for name, test, text in CLASSES if policy.get(name)]
    if policy.get("RequireSymbols"):
        told = _("A symbol, one of %(symbols)s") % {"symbols": SYMBOLS}
        rules.append(Rule(told, "symbol"))
    rules.append(_uncommon())
    if not is_first and (kept := policy.get("PasswordReusePrevention")):
        told = ngettext("Not the same as the last one", "Not one of the last %(n)d", kept)
        rules.append(Rule(told % {"n": kept}))
    return rules


def rules_of_root() -> list[Rule]:
    """For a root user, whom no password policy binds: the same in every account."""
    shortest = next(
        one.min_length
        for one in get_default_password_validators()
        if isinstance(one, MinimumLengthValidator)
    )
    return [_length(shortest), Rule(_("Nothing like the email address")), _uncommon()]


def _length(shortest: int) -> Rule:
    told = ngettext("At least %(n)d character", "At least %(n)d characters", shortest)
    return Rule(told % {"n": shortest}, "length", shortest)


def _uncommon() -> Rule:
    return Rule(_("Not a commonly used password"))
