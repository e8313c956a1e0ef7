"""Who can: everybody who can do an action on a resource, and the way that lets each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, Params, unauthenticated
from iamsite.console.errors import failure_of
from iamsite.console.export import export
from iamsite.console.forms import Text
from iamsite.console.principals import shown as shown_principal
from iamsite.console.principals import statement_url
from iamsite.console.table import Column, Row, Table, shown
from iamsite.operations import OperationError

QUESTION = ("action", "resource", "context")
# Stands for whomever a button is about, where only the right to press it is asked for.
SOMEBODY = {
    "PrincipalArn": "arn:aws:iam::000000000000:user/any",
    "ActionName": "s3:GetObject",
}
PATHS: dict[str, Text] = {
    "RootUser": gettext_lazy("Full access of root"),
    "OwnPolicy": gettext_lazy("A policy of its own"),
    "Group": gettext_lazy("A group"),
    "ResourcePolicy": gettext_lazy("Policy of the resource"),
    "AssumedRole": gettext_lazy("Assuming roles"),
}
TABLE = Table(
    name="who-can",
    identity="PrincipalArn",
    source=("ListPrincipalsWithAccess", "Principals"),
    plain=("ListPrincipalsWithAccess", "Principals"),
    columns=(
        Column(
            "principal",
            gettext_lazy("Principal"),
            lambda one: shown_principal(one["PrincipalArn"], one["PrincipalType"]).name,
            "Name",
            is_secondary=False,
        ),
        Column(
            "kind",
            gettext_lazy("Kind"),
            itemgetter("PrincipalType"),
            "PrincipalType",
            is_secondary=False,
        ),
        Column("access", gettext_lazy("Access"), itemgetter("Decision"), is_secondary=False),
        Column(
            "conditions",
            gettext_lazy("Condition keys"),
            itemgetter("MissingContextValues"),
            is_shown=False,
        ),
        Column(
            "through",
            gettext_lazy("Through"),
            lambda one: [str(PATHS[path]) for path in one["AccessPaths"]],
            is_shown=False,
        ),
        Column(
            "roles",
            gettext_lazy("By assuming"),
            lambda one: [step["RoleArn"] for step in one["Way"]],
            is_secondary=False,
        ),
        Column(
            "policies",
            gettext_lazy("Because of"),
            lambda one: [f"{word['PolicyName']}:{word['StartLine']}" for word in one["Statements"]],
            is_secondary=False,
        ),
        Column(
            "created",
            gettext_lazy("Created"),
            lambda one: one.get("CreateDate"),
            "CreateDate",
            is_shown=False,
        ),
        Column(
            "id",
            gettext_lazy("Unique id"),
            lambda one: one.get("PrincipalId"),
            is_shown=False,
        ),
        Column("arn", gettext_lazy("ARN"), itemgetter("PrincipalArn"), is_shown=False),
    ),
    order="PrincipalType",
)
# What narrows the answer, by the address's parameter: its values, what each is called, and what
# the operation is asked for.
KINDS: dict[str, tuple[Text, Params]] = {
    "": (gettext_lazy("Everybody"), {}),
    "root": (gettext_lazy("Root user"), {"PrincipalTypes": ["Root"]}),
    "users": (gettext_lazy("Users"), {"PrincipalTypes": ["User"]}),
    "roles": (gettext_lazy("Roles"), {"PrincipalTypes": ["Role"]}),
    "outside": (
        gettext_lazy("From outside"),
        {"PrincipalTypes": ["Account", "Principal", "Service", "IdentityProvider", "Everyone"]},
    ),
}
WAYS: dict[str, tuple[Text, Params]] = {
    "": (gettext_lazy("By any way"), {}),
    "own": (gettext_lazy("By a policy of their own"), {"AccessPaths": ["OwnPolicy"]}),
    "group": (gettext_lazy("By a group"), {"AccessPaths": ["Group"]}),
    "resource": (
        gettext_lazy("By the policy of the resource"),
        {"AccessPaths": ["ResourcePolicy"]},
    ),
    "role": (gettext_lazy("By assuming roles"), {"AccessPaths": ["AssumedRole"]}),
}
DECISIONS: dict[str, tuple[Text, Params]] = {
    "": (gettext_lazy("Allowed or conditional"), {}),
    "allowed": (gettext_lazy("Allowed as it stands"), {"Decision": "allowed"}),
    "conditional": (gettext_lazy("Under conditions only"), {"Decision": "conditional"}),
}
FILTERS: dict[str, tuple[Text, dict[str, tuple[Text, Params]]]] = {
    "kind": (gettext_lazy("Which principals"), KINDS),
    "way": (gettext_lazy("By which way"), WAYS),
    "decision": (gettext_lazy("How surely"), DECISIONS),
}


def entries_of(text: str) -> list[dict[str, Any]]:
    """Condition keys written as `key=value`, one a line; a key on several lines has many values."""
    values: dict[str, list[str]] = {}
    for written in text.splitlines():
        key, _equals, value = written.partition("=")
        if key.strip():
            values.setdefault(key.strip(), []).append(value.strip())
    return [
        {
            "ContextKeyName": key,
            "ContextKeyValues": found,
            "ContextKeyType": "string" if len(found) == 1 else "stringList",
        }
        for key, found in values.items()
    ]


def question_of(given: Mapping[str, str]) -> Params:
    """The question that an address holds, as the operations take it."""
    entries = entries_of(given.get("context", ""))
    return {
        "ActionName": given.get("action", "").strip(),
        "ResourceArn": given.get("resource", "").strip() or "*",
        **({"ContextEntries": entries} if entries else {}),
    }


def narrowing(given: Mapping[str, str]) -> Params:
    """What the filters of an address ask the operation for."""
    params: Params = {}
    for name, (_label, values) in FILTERS.items():
        params |= values.get(given.get(name, ""), values[""])[1]
    return params


def who_can_url(given: Mapping[str, str]) -> str:
    """The address that asks what another address is about."""
    asked = {name: given[name] for name in (*QUESTION, *FILTERS) if given.get(name)}
    return f"{reverse('console:who-can')}?{urlencode(asked)}"


@require_safe
def who_can(request: ConsoleRequest) -> HttpResponseBase:
    given = {name: request.GET.get(name, "").strip() for name in QUESTION}
    chosen = {name: request.GET.get(name, "") for name in FILTERS}
    page: dict[str, Any] = {
        **given,
        "may": request.ask.may(
            list=("ListPrincipalsWithAccess", {"ActionName": "s3:GetObject"}),
            revoke=("ListRevocations", SOMEBODY),
            save=(
                "PutAccessTest",
                {"TestName": "any", **SOMEBODY, "ExpectedDecision": "allowed"},
            ),
        ),
        "narrows": [
            (name, label, chosen[name], [(value, told[0]) for value, told in values.items()])
            for name, (label, values) in FILTERS.items()
        ],
    }
    status = 200
    if given["action"] and (page["may"]["list"] or "export" in request.GET):
        params = {**question_of(given), **narrowing(chosen)}
        try:
            if file := export(request, TABLE, params):
                return file
            table = shown(request, TABLE, params, list(FILTERS))
        except OperationError as error:
            if unauthenticated(error):
                raise
            page["error"], status = failure_of(request, error), error.status
        else:
            revoke = reverse("console:revoke-access")
            rows = [_with_links(given, one, revoke) for one in table.page.rows]
            page |= {
                "table": table,
                "listing": replace(table.page, rows=rows),
                "question": who_can_url(request.GET.dict()).partition("?")[2],
                "unfiltered": who_can_url(given),
            }
    return render(request, "policies/who_can.html", page, status=status)


def _with_links(given: Params, found: Row, revoke: str) -> Row:
    asked = {name: value for name, value in given.items() if value}
    query = urlencode({"principal": found["PrincipalArn"], **asked})
    return {
        **found,
        "RevokeUrl": "" if found["PrincipalType"] == "Root" else f"{revoke}?{query}",
        "Shown": shown_principal(found["PrincipalArn"], found["PrincipalType"]),
        "Roles": [shown_principal(step["RoleArn"], "Role") for step in found["Way"]],
        "Through": [PATHS[path] for path in found["AccessPaths"]],
        "Statements": [{**one, "Url": statement_url(one)} for one in found["Statements"]],
    }
