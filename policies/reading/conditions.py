"""When a statement counts: a condition as a clause.

What a missing key does is said where it matters: a negated operator and one with `IfExists` hold
without the key (policy-language §7.4), and so does `ForAllValues` (§7.5).
"""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from policies.engine.conditions import Condition
from policies.engine.operators import Operator, Qualifier, operator_named
from policies.engine.patterns import fold
from policies.reading.keys import BOOLEANS, KEYS, TAGS
from policies.reading.lists import one_of

# One value, several values; %(value)s is the value or the values.
_HOLDS = {
    "StringEquals": (gettext_noop("is %(value)s"), gettext_noop("is %(value)s")),
    "StringNotEquals": (gettext_noop("is not %(value)s"), gettext_noop("is none of %(value)s")),
    "StringEqualsIgnoreCase": (
        gettext_noop("is %(value)s in any case of letters"),
        gettext_noop("is %(value)s in any case of letters"),
    ),
    "StringNotEqualsIgnoreCase": (
        gettext_noop("is not %(value)s in any case of letters"),
        gettext_noop("is none of %(value)s in any case of letters"),
    ),
    "StringLike": (gettext_noop("matches %(value)s"), gettext_noop("matches %(value)s")),
    "StringNotLike": (
        gettext_noop("does not match %(value)s"),
        gettext_noop("matches none of %(value)s"),
    ),
    "NumericEquals": (gettext_noop("equals %(value)s"), gettext_noop("equals %(value)s")),
    "NumericNotEquals": (
        gettext_noop("does not equal %(value)s"),
        gettext_noop("equals none of %(value)s"),
    ),
    "NumericLessThan": (
        gettext_noop("is less than %(value)s"),
        gettext_noop("is less than %(value)s"),
    ),
    "NumericLessThanEquals": (
        gettext_noop("is at most %(value)s"),
        gettext_noop("is at most %(value)s"),
    ),
    "NumericGreaterThan": (
        gettext_noop("is more than %(value)s"),
        gettext_noop("is more than %(value)s"),
    ),
    "NumericGreaterThanEquals": (
        gettext_noop("is at least %(value)s"),
        gettext_noop("is at least %(value)s"),
    ),
    "DateEquals": (gettext_noop("is exactly %(value)s"), gettext_noop("is exactly %(value)s")),
    "DateNotEquals": (
        gettext_noop("is not exactly %(value)s"),
        gettext_noop("is exactly none of %(value)s"),
    ),
    "DateLessThan": (gettext_noop("is before %(value)s"), gettext_noop("is before %(value)s")),
    "DateLessThanEquals": (
        gettext_noop("is not after %(value)s"),
        gettext_noop("is not after %(value)s"),
    ),
    "DateGreaterThan": (gettext_noop("is after %(value)s"), gettext_noop("is after %(value)s")),
    "DateGreaterThanEquals": (
        gettext_noop("is not before %(value)s"),
        gettext_noop("is not before %(value)s"),
    ),
    "Bool": (gettext_noop("is %(value)s"), gettext_noop("is %(value)s")),
    "BinaryEquals": (
        gettext_noop("is, in base64, %(value)s"),
        gettext_noop("is, in base64, %(value)s"),
    ),
    "IpAddress": (gettext_noop("is in %(value)s"), gettext_noop("is in %(value)s")),
    "NotIpAddress": (gettext_noop("is not in %(value)s"), gettext_noop("is in none of %(value)s")),
    "ArnEquals": (gettext_noop("matches %(value)s"), gettext_noop("matches %(value)s")),
    "ArnLike": (gettext_noop("matches %(value)s"), gettext_noop("matches %(value)s")),
    "ArnNotEquals": (
        gettext_noop("does not match %(value)s"),
        gettext_noop("matches none of %(value)s"),
    ),
    "ArnNotLike": (
        gettext_noop("does not match %(value)s"),
        gettext_noop("matches none of %(value)s"),
    ),
}


def key_phrase(key: str) -> str:
    """A condition key as a noun: `the caller's user name` for `aws:username`."""
    if known := KEYS.get(fold(key)):
        return _(known)
    head, slash, tag = key.partition("/")
    if slash and (template := TAGS.get(fold(head))):
        return _(template) % {"tag": tag}
    return key


def condition_phrase(condition: Condition) -> str:
    """`the caller's IP address is in 10.0.0.0/8`.

    The operator must exist, as it does in every parsed document.
    """
    operator = operator_named(condition.operator)
    if operator is None:
        raise ValueError(f"There is no condition operator {condition.operator!r}.")
    if operator.base == "Null":
        return _presence(condition)
    if not condition.values:
        return _("%(key)s has one of no values") % {"key": key_phrase(condition.key)}
    return _or_missing(_whole(condition, operator), operator)


def _presence(condition: Condition) -> str:
    names = {"key": key_phrase(condition.key)}
    wanted = {fold(value) for value in condition.values}
    if wanted >= {"true", "false"}:
        return _("%(key)s is absent or present") % names
    return (_("%(key)s is absent") if "true" in wanted else _("%(key)s is present")) % names


def _whole(condition: Condition, operator: Operator) -> str:
    spoken = _spoken(condition, operator)
    if spoken is not None:
        return spoken
    names = {"key": key_phrase(condition.key), "holds": _holds(condition, operator)}
    match operator.qualifier:
        case Qualifier.ALL:
            return _("every one of %(key)s %(holds)s") % names
        case Qualifier.ANY:
            return _("at least one of %(key)s %(holds)s") % names
    return _("%(key)s %(holds)s") % names


def _spoken(condition: Condition, operator: Operator) -> str | None:
    """What has a phrase of its own: `the caller has used MFA`."""
    phrases = BOOLEANS.get(fold(condition.key))
    if (
        phrases is None
        or operator.base != "Bool"
        or operator.qualifier
        or len(condition.values) > 1
    ):
        return None
    value = fold(condition.values[0])
    return _(phrases[value == "true"]) if value in ("true", "false") else None


def _holds(condition: Condition, operator: Operator) -> str:
    one, several = _HOLDS[operator.base]
    quoted = operator.base.startswith("String")
    values = [_("“%(value)s”") % {"value": one} if quoted else one for one in condition.values]
    template = one if len(values) == 1 else several
    return _(template) % {"value": one_of(values)}


def _or_missing(phrase: str, operator: Operator) -> str:
    if operator.qualifier is Qualifier.ALL:
        return _("%(phrase)s (or there is none)") % {"phrase": phrase}
    missing_holds = operator.if_exists or (
        operator.negated and operator.qualifier is Qualifier.NONE
    )
    return _("%(phrase)s (or this is not known)") % {"phrase": phrase} if missing_holds else phrase
