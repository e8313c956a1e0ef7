"""Whom a statement names: accounts, users, roles, sessions, services, identity providers."""

from __future__ import annotations

import re

from django.utils.translation import gettext as _

from policies.engine import NamedPrincipal, Statement
from policies.reading.lists import all_of, one_of

_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:iam::)?([0-9]{12})(?::root)?")
_NAMED = re.compile(r"arn:[a-z-]+:(?:iam|sts)::([0-9]{12}):([a-z-]+)/(.+)", re.S)


def principals_phrase(statement: Statement) -> str:
    """`by user alice of account 111122223333`, `by anyone except …`."""
    if statement.principals is not None:
        return _("by %(principals)s") % {
            "principals": one_of([_phrase(one) for one in statement.principals])
        }
    named = [_phrase(one) for one in statement.not_principals or ()]
    return _("by anyone except %(principals)s") % {"principals": all_of(named)}


def _phrase(principal: NamedPrincipal) -> str:
    value = principal.value
    if principal.is_everyone:
        return _("anyone")
    if principal.type == "AWS":
        return _aws(value)
    if principal.type == "Federated" and (provider := _NAMED.fullmatch(value)):
        return _("identities of the provider %(value)s of account %(account)s") % {
            "value": provider[3],
            "account": provider[1],
        }
    templates = {
        "Service": _("the service %(value)s"),
        "Federated": _("identities of the provider %(value)s"),
        "CanonicalUser": _("the canonical user %(value)s"),
    }
    return templates.get(principal.type, "%(value)s") % {"value": value}


def _aws(value: str) -> str:
    if whole := _ACCOUNT.fullmatch(value):
        return _("anyone in account %(account)s whom that account permits") % {"account": whole[1]}
    named = _NAMED.fullmatch(value)
    if named is None:  # the unique id of a user or role that the policy was pinned to
        return _("the principal with the id %(id)s") % {"id": value}
    account, kind, name = named.groups()
    if kind == "assumed-role":
        role, _slash, session = name.partition("/")
        return _("the session %(session)s of role %(role)s of account %(account)s") % {
            "session": session,
            "role": role,
            "account": account,
        }
    templates = {
        "user": _("user %(name)s of account %(account)s"),
        "role": _("role %(name)s of account %(account)s"),
        "federated-user": _("federated user %(name)s of account %(account)s"),
    }
    plain = _("%(kind)s %(name)s of account %(account)s")
    return templates.get(kind, plain) % {"name": name, "account": account, "kind": kind}
