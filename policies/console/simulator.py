"""The simulator: what a principal's policies say to any request, and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from iamsite.console.asking import Answer, ConsoleRequest, Params, unauthenticated
from iamsite.console.documents import Place, review
from iamsite.console.equivalents import equivalents
from iamsite.console.errors import failure_of
from iamsite.console.listing import address
from iamsite.console.principals import named
from iamsite.operations import OperationError
from iamsite.operations.errors import no_such_entity
from policies.console.remedies import Change, proposals
from policies.engine import DocumentKind

SESSION = re.compile(r"arn:aws:sts::\d{12}:assumed-role/([^/]+)/.*", re.DOTALL)
ASKED = ("action", "resource", "session_policy", "session_arns")
# Decided with the role's trust policy, which the simulator's operations do not look at.
ASSUMING = ("sts:assumerole", "sts:tagsession", "sts:setsourceidentity")
OF_TAGS = "aws:principaltag/"
OF_KEY = "key."  # what the address calls the value of a condition key
# What follows from the principal and the resource and cannot be set.
FOLLOWING = ("aws:principal", "aws:resource", "aws:userid", "aws:username", "aws:type")
MOST = 50  # actions by resources that one page shows


@dataclass(frozen=True, slots=True)
class Key:
    """A condition key that the policies use: its value for the request, "" for none."""

    name: str
    value: str
    is_proposed: bool

    @property
    def field(self) -> str:
        return OF_KEY + self.name


@dataclass(frozen=True, slots=True)
class Row:
    """What is decided on one action and resource; `url` leads to its ladder, `save_url` is "" for
    what no access test can ask."""

    action: str
    resource: str
    decision: str
    statements: Sequence[Mapping[str, Any]]
    missing: Sequence[str]
    by_boundary: bool | None
    by_organizations: bool | None
    by_session: bool | None
    url: str
    save_url: str


@require_safe
def simulator(request: ConsoleRequest) -> HttpResponse:
    principal = _principal(request, request.GET.get("principal", "").strip())
    actions = _lines(request.GET.get("action", ""))
    resources = _lines(request.GET.get("resource", "")) or ["*"]
    context: dict[str, Any] = {
        "principal": principal,
        "actions": actions,
        "resources": resources,
        "session": session_of(request.GET),
        "keys": [],
        "may": request.ask.may(save=("PutAccessTest", {"TestName": "any"})),
        "example": _example(request.ask.perform("GetCallerIdentity")["Arn"]),
    }
    status = 200
    if principal:
        try:
            if ":" not in principal:
                raise no_such_entity(
                    _(
                        "No user, group or role that you may see is called %(name)s, or several "
                        "are. Write the ARN."
                    )
                    % {"name": principal}
                )
            context |= _asked(request, principal, actions, resources)
        except OperationError as error:
            if unauthenticated(error) or error.status >= 500:
                raise
            failure, status = failure_of(request, error), error.status
            told = _faults(request, context["session"]) if status == HTTPStatus.BAD_REQUEST else ""
            context["error"] = replace(failure, text=told) if told else failure
            if status == HTTPStatus.FORBIDDEN:
                context["share"] = request.build_absolute_uri()
    return render(request, "policies/simulator.html", context, status=status)


def _faults(request: ConsoleRequest, session: Params) -> str:
    """What is wrong with the session policy, and where; "" if nothing is, or one may not ask."""
    asked = {"PolicyDocument": session.get("SessionPolicy", "")}
    if not asked["PolicyDocument"] or not request.ask.may(it=("ValidatePolicy", asked))["it"]:
        return ""
    notes = review(request.ask, session["SessionPolicy"], Place(DocumentKind.SESSION)).notes
    where = _("Session policy, line %(line)d, column %(column)d: %(what)s")
    return " ".join(
        where % {"line": one.line, "column": one.column, "what": one.message}
        for one in notes
        if one.grade == "FAULT"
    )


def _example(arn: str) -> str:
    """An ARN that the simulator takes: the viewer's own, or one as a user's would be for root."""
    return arn.replace(":root", ":user/alice") if arn.endswith(":root") else arn


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(one.strip() for one in re.split(r"[\s,]+", text) if one.strip()))


def _principal(request: ConsoleRequest, arn: str) -> str:
    """The user, group or role that the policies of `arn` are those of; a name does as well."""
    session = SESSION.fullmatch(arn)
    if session is None:
        return named(request.ask, arn, ("User", "Group", "Role"))
    answer = request.ask.see(role=("GetRole", {"RoleName": session[1]}))["role"]
    return str(answer.result["Role"]["Arn"]) if answer else arn


def _asked(
    request: ConsoleRequest, principal: str, actions: list[str], resources: list[str]
) -> dict[str, Any]:
    session = session_of(request.GET)
    if session and ":group/" in principal:
        raise OperationError("InvalidInput", _("A group has no sessions: name a user or a role."))
    texts = [session["SessionPolicy"]] if "SessionPolicy" in session else []
    about = {"PolicySourceArn": principal, **({"PolicyInputList": texts} if texts else {})}
    told = request.ask.perform("GetContextKeysForPrincipalPolicy", about)
    given = {
        name.removeprefix(OF_KEY): str(value).strip()
        for name, value in request.GET.items()
        if name.startswith(OF_KEY)
    }
    names = {name.lower(): name for name in [*given, *told["ContextKeyNames"]] if "${" not in name}
    values = {name.lower(): value for name, value in given.items()}
    proposed = _proposed(request, principal, names)
    keys = [_key(values, proposed, name) for name in sorted(names.values(), key=str.lower)]
    entries = [_entry(one) for one in keys if one.value]
    if not actions:
        return {"keys": keys}
    if len(actions) * len(resources) > MOST:
        raise OperationError("TooMuch", _("Ask for at most %d results at a time.") % MOST)
    if session:
        pairs = [(action, resource) for action in actions for resource in resources]
        return {"keys": keys, **_in_session(request, principal, pairs, keys, session)}
    asked: Params = {
        "PolicySourceArn": principal,
        "ActionNames": actions,
        "ContextEntries": entries,
        **({"ResourceArns": resources} if resources != ["*"] else {}),
    }
    results = request.ask.perform("SimulatePrincipalPolicy", {**asked, "MaxItems": MOST})
    rows = [row for one in results["EvaluationResults"] for row in _rows(request, principal, one)]
    missing = {key for row in rows for key in row.missing}
    said = {name: value for name, value in asked.items() if value}
    shown: dict[str, Any] = {
        "equivalents": equivalents([("SimulatePrincipalPolicy", said)], request),
        "keys": keys,
        "rows": rows,
        "missing": sorted(missing),
        "can_save": ":group/" not in principal,  # a group does nothing by itself
    }
    if len(rows) == 1 and rows[0].action.lower() in ASSUMING:
        shown["assumed"] = rows[0].resource
    elif len(rows) == 1 and ":group/" not in principal:
        pair = rows[0].action, rows[0].resource
        shown |= request.ask.see(evaluation=("EvaluateDecision", _about(principal, *pair, entries)))
        now = shown["evaluation"].result.get("Now")
        shown["proposals"] = _proposals(request, now, principal, keys)
    return shown


def session_of(given: QueryDict) -> Params:
    """The session policies that an address gives, as the portal's operations take them."""
    inline, arns = given.get("session_policy", "").strip(), _lines(given.get("session_arns", ""))
    return {
        **({"SessionPolicy": inline} if inline else {}),
        **({"SessionPolicyArns": arns} if arns else {}),
    }


def _in_session(
    request: ConsoleRequest,
    principal: str,
    pairs: Sequence[tuple[str, str]],
    keys: Sequence[Key],
    session: Params,
) -> dict[str, Any]:
    """What is decided in a session with these policies, which SimulatePrincipalPolicy knows not."""
    entries = [_entry(one) for one in keys if one.value]
    asked = [_about(principal, *pair, entries) | session for pair in pairs]
    found = [(one, request.ask.perform("EvaluateDecision", one)["Now"]) for one in asked]
    rows = [_row_in_session(request, one, now) for one, now in found]
    shown: dict[str, Any] = {
        "equivalents": equivalents([("EvaluateDecision", one) for one in asked], request),
        "rows": rows,
        "missing": sorted({key for row in rows for key in row.missing}),
        "can_save": True,
    }
    if len(found) == 1:
        evaluation = {"Now": found[0][1]}
        shown["evaluation"] = Answer(evaluation)
        shown["proposals"] = _proposals(request, evaluation["Now"], principal, keys)
    return shown


def _proposals(
    request: ConsoleRequest, now: Mapping[str, Any] | None, principal: str, keys: Sequence[Key]
) -> list[list[Change]]:
    """What would allow it, each change made for the very request that was decided: of the principal
    by its ARN, with the values that were proposed for its keys."""
    asked = {name: request.GET[name] for name in ASKED if request.GET.get(name)}
    asked |= {"principal": principal, **{one.field: one.value for one in keys if one.value}}

    def made(edit: str) -> str:
        return f"{reverse('console:make-simulated-edit', args=[edit])}?{urlencode(asked)}"

    return proposals(request.ask, now, made)


def request_of(given: QueryDict) -> Params:
    """The one request that an address tells, as EvaluateDecision takes it."""
    resources = _lines(given.get("resource", "")) or ["*"]
    about = given.get("principal", "").strip(), given.get("action", "").strip(), resources[0]
    return _about(*about, entries_of(given)) | session_of(given)


def _row_in_session(request: ConsoleRequest, asked: Params, now: Mapping[str, Any]) -> Row:
    words: dict[str, bool] = {}
    for rung in now["Ladder"]["Rungs"]:
        if rung["Outcome"] != "notApplicable":
            before = words.get(rung["Layer"], True)
            words[rung["Layer"]] = before and rung["Outcome"] == "allowed"
    deciding = [one for rung in now["Ladder"]["Rungs"] for one in rung["Statements"]]
    result = {
        "EvalResourceName": asked["ResourceArn"],
        "EvalResourceDecision": now["Decision"],
    }
    return Row(
        asked["ActionName"],
        asked["ResourceArn"],
        now["Decision"],
        [
            {"SourcePolicyId": one["PolicyName"], "StartPosition": {"Line": one["StartLine"]}}
            for one in deciding
            if one["Decides"]
        ],
        now["MissingContextValues"],
        words.get("boundary"),
        words.get("scp"),
        words.get("session"),
        address(request, action=asked["ActionName"], resource=asked["ResourceArn"]),
        _save_url(request, asked["PrincipalArn"], asked["ActionName"], result),
    )


def _about(principal: str, action: str, resource: str, entries: list[dict[str, Any]]) -> Params:
    """One request, for EvaluateDecision; what follows from the principal is left out."""
    free = [one for one in entries if not one["ContextKeyName"].lower().startswith(FOLLOWING)]
    return {
        "PrincipalArn": principal,
        "ActionName": action,
        "ResourceArn": resource,
        **({"ContextEntries": free} if free else {}),
    }


def _key(given: Mapping[str, str], proposed: Mapping[str, str], name: str) -> Key:
    """The key with the value that was given, else the one that is proposed."""
    if name.lower() in given:
        return Key(name, given[name.lower()], False)
    return Key(name, proposed.get(name.lower(), ""), True)


def _proposed(request: ConsoleRequest, principal: str, names: Iterable[str]) -> dict[str, str]:
    """Values of keys by their names in lower case: the principal's own, as far as the viewer may
    see them, and those that a request of the viewer would have."""
    now = timezone.now()
    found = {
        "aws:sourceip": request.origin.source_ip,
        "aws:currenttime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "aws:epochtime": str(int(now.timestamp())),
        "aws:securetransport": "true" if request.origin.secure else "false",
        "aws:multifactorauthpresent": "false",
        "aws:requestedregion": "us-east-1",
        "aws:useragent": request.origin.user_agent,
    }
    kind = next((one for one in ("User", "Role") if f":{one.lower()}/" in principal), "")
    if not kind:  # a group asks for nothing itself
        return found
    name = principal.rpartition("/")[2]
    found["aws:principalarn"] = principal
    if kind == "User":
        found["aws:username"] = name
    if any(one.startswith(OF_TAGS) for one in names):
        answer = request.ask.see(found=(f"Get{kind}", {f"{kind}Name": name}))["found"]
        for tag in answer.result.get(kind, {}).get("Tags", ()):
            found[OF_TAGS + tag["Key"].lower()] = tag["Value"]
    return found


def entries_of(given: QueryDict) -> list[dict[str, Any]]:
    """The condition keys that an address gives, as ContextEntries."""
    keys = [
        Key(name.removeprefix(OF_KEY), str(value).strip(), False)
        for name, value in given.items()
        if name.startswith(OF_KEY)
    ]
    return [_entry(one) for one in keys if one.value and not one.name.lower().startswith(FOLLOWING)]


def _entry(key: Key) -> dict[str, Any]:
    is_whole = key.name.lower() in ("aws:useragent", "aws:referer")  # a comma is a part of it
    values = [key.value] if is_whole else [one.strip() for one in key.value.split(",")]
    kind = "string" if len(values) == 1 else "stringList"
    return {"ContextKeyName": key.name, "ContextKeyValues": values, "ContextKeyType": kind}


def _save_url(
    request: ConsoleRequest, principal: str, action: str, result: Mapping[str, Any]
) -> str:
    if action.lower() in ASSUMING:
        return ""
    asked = address(
        request,
        principal=principal,  # the ARN of what may have been asked for by its name
        action=action,
        resource=result["EvalResourceName"],
        decision="allowed" if result["EvalResourceDecision"] == "allowed" else "denied",
    )
    return f"{reverse('console:save-access-test')}?{asked.partition('?')[2]}"


def _rows(request: ConsoleRequest, principal: str, result: Mapping[str, Any]) -> list[Row]:
    whole = result.get("ResourceSpecificResults") or [
        {
            **result,
            "EvalResourceName": "*",
            "EvalResourceDecision": result["EvalDecision"],
        }
    ]
    organizations = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations")
    return [
        Row(
            result["EvalActionName"],
            one["EvalResourceName"],
            one["EvalResourceDecision"],
            one.get("MatchedStatements", ()),
            one.get("MissingContextValues", ()),
            one.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary"),
            organizations,
            None,
            address(request, action=result["EvalActionName"], resource=one["EvalResourceName"]),
            _save_url(request, principal, result["EvalActionName"], one),
        )
        for one in whole
    ]
