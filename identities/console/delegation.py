"""Delegation requests: what providers ask this account for, what its people decide, and what this
account has asked others for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRedirect

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest, Params
from iamsite.console.export import as_file, exported, file_urls
from iamsite.console.forms import OperationForm, Text
from iamsite.console.listing import every_page, listing
from iamsite.console.table import Row, file_columns
from iamsite.console.tabs import Tab
from iamsite.console.viewer import Viewer, viewer_of
from iamsite.operations import Verdict

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ID = re.compile(rf"(?:arn:aws:iam::\d{{12}}:delegation-request/)?({UUID})")
# What a state is called, its tone, and what can be done in it.
STATES: dict[str, tuple[Text, str, tuple[str, ...]]] = {
    "UNASSIGNED": (gettext_lazy("Waiting for an owner"), "warn", ("take",)),
    "ASSIGNED": (gettext_lazy("In review"), "info", ("accept", "hand_on", "reject")),
    "PENDING_APPROVAL": (
        gettext_lazy("Waiting for approval"),
        "warn",
        ("accept", "hand_on", "reject"),
    ),
    "ACCEPTED": (gettext_lazy("Accepted, token not sent"), "info", ("send", "reject")),
    "FINALIZED": (gettext_lazy("Granted"), "good", ()),
    "REJECTED": (gettext_lazy("Rejected"), "bad", ()),
    "EXPIRED": (gettext_lazy("Expired"), "", ()),
}
COVERAGE: dict[str, tuple[Text, Text, str]] = {
    "ALLOWED": (
        gettext_lazy("You may do all that it asks for"),
        gettext_lazy("Accepted by you, it gets everything in its policy."),
        "good",
    ),
    "DENIED": (
        gettext_lazy("You may not do all that it asks for"),
        gettext_lazy(
            "Accepted by you, it gets what your own policies allow and no more. Hand it on to "
            "somebody who may do the rest."
        ),
        "warn",
    ),
    "UNSURE": (
        gettext_lazy("It depends on conditions whether you may do all that it asks for"),
        gettext_lazy("Whatever your own policies do not allow it will not get."),
        "info",
    ),
}


COLUMNS = file_columns(
    ("DelegationRequestId", gettext_lazy("Id")),
    ("Description", gettext_lazy("Description")),
    ("RequestorName", gettext_lazy("From")),
    ("RequestorId", gettext_lazy("Account id")),
    ("State", gettext_lazy("State")),
    ("OwnerId", gettext_lazy("Owner")),
    ("ApproverId", gettext_lazy("Accepted by")),
    ("CreateDate", gettext_lazy("Asked")),
    ("ExpirationTime", gettext_lazy("Expires")),
)
SENT_COLUMNS = file_columns(
    ("DelegationRequestId", gettext_lazy("Id")),
    ("RequestorWorkflowId", gettext_lazy("Workflow id")),
    ("OwnerAccountId", gettext_lazy("Account id")),
    ("State", gettext_lazy("State")),
    ("RejectionReason", gettext_lazy("Reason")),
    ("NotificationChannel", gettext_lazy("Channel")),
    ("CreateDate", gettext_lazy("Asked")),
    ("ExpirationTime", gettext_lazy("Expires")),
)


def _state(row: Row) -> Row:
    label, tone, _acts = STATES[row["State"]]
    return {**row, "label": label, "tone": tone}


def _tabs(current: str) -> list[Tab]:
    labels = {
        "delegation-requests": _("To this account"),
        "sent-delegation-requests": _("From this account"),
    }
    return [
        Tab(name, label, reverse(f"console:{name}"), name == current)
        for name, label in labels.items()
    ]


@require_safe
def list_requests(request: ConsoleRequest) -> HttpResponseBase:
    """Those that somebody of the account has taken; a request's id leads to that request."""
    named = ID.fullmatch(request.GET.get("q", "").strip())
    if named:
        url = reverse("console:delegation-request", args=[named[1]])
        htmx: Any = getattr(request, "htmx", None)
        return HttpResponseClientRedirect(url) if htmx else HttpResponseRedirect(url)
    viewer = viewer_of(request)
    own: Params = {"OwnerId": viewer.arn if viewer else ""}
    may = request.ask.may(everybodys=("ListDelegationRequests", {}))
    # Whoever may not see everybody's may see its own.
    mine = request.GET.get("owner") == "me" or not may["everybodys"]
    asked: Params = own if mine else {}
    source = ("ListDelegationRequests", "DelegationRequests")
    if file := exported(request, "delegation-requests", COLUMNS, source, asked):
        return file
    page = listing(request, *source, asked, ["owner"])
    context = {
        "listing": page,
        "rows": [_state(row) for row in page.rows],
        "tabs": _tabs("delegation-requests"),
        "mine": mine,
        "may": may,
        **file_urls(request),
    }
    return render(request, "identities/delegation_requests.html", context)


@require_safe
def list_sent(request: ConsoleRequest) -> HttpResponseBase:
    """The account's own requests; the exchange tokens are for programs and stay out of pages."""
    name, member = "ListSentDelegationRequests", "DelegationRequests"
    if kind := request.GET.get("export", ""):
        rows = every_page(request.ask, name, member, {})
        pages = ([_without_token(row) for row in page] for page in rows)
        return as_file("sent-delegation-requests", kind, SENT_COLUMNS, pages)
    page = listing(request, name, member, {})
    context = {
        "listing": page,
        "rows": [_state(_without_token(row)) for row in page.rows],
        "tabs": _tabs("sent-delegation-requests"),
        **file_urls(request),
    }
    return render(request, "identities/sent_delegation_requests.html", context)


def _without_token(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "ExchangeToken"}


@require_safe
def delegation_request(request: ConsoleRequest, request_id: str) -> HttpResponse:
    which = {"DelegationRequestId": request_id}
    asked = {**which, "DelegationPermissionCheck": True}
    told = request.ask.perform("GetDelegationRequest", asked)
    found = told["DelegationRequest"]
    label, tone, acts = STATES[found["State"]]
    viewer = viewer_of(request)
    account = viewer.account if viewer else ""
    arn = f"arn:aws:iam::{account}:delegation-request/{request_id}"
    summary = request.ask.see(
        summary=("GetHumanReadableSummary", {"EntityArn": arn, "Locale": "en"})
    )["summary"]
    may = request.ask.may(
        take=("AssociateDelegationRequest", which),
        accept=("AcceptDelegationRequest", which),
        hand_on=("UpdateDelegationRequest", which),
        reject=("RejectDelegationRequest", which),
        send=("SendDelegationToken", which),
    )
    context = {
        "asked": found,
        "arn": arn,
        "state": label,
        "tone": tone,
        "acts": acts,
        "lasting": lasting(found["SessionDuration"]),
        "coverage": COVERAGE.get(told.get("PermissionCheckResult", ""))
        if {"take", "accept"} & {*acts}
        else None,
        "summary": summary,
        "sentences": summary.result.get("SummaryContent", "").splitlines(),
        "may": may | _besides(found, viewer, may),
    }
    return render(request, "identities/delegation_request.html", context)


def lasting(seconds: int) -> str:
    """A length of time to the second: what is consented to is not rounded."""
    if seconds % 3600 == 0:
        return ngettext("%(n)d hour", "%(n)d hours", seconds // 3600) % {"n": seconds // 3600}
    if seconds % 60 == 0:
        return ngettext("%(n)d minute", "%(n)d minutes", seconds // 60) % {"n": seconds // 60}
    return ngettext("%(n)d second", "%(n)d seconds", seconds) % {"n": seconds}


def _besides(
    found: dict[str, Any], viewer: Viewer | None, may: dict[str, Verdict]
) -> dict[str, Verdict]:
    """What no policy decides: who can delegate at all, and whose token it is to send."""
    refused: dict[str, Verdict] = {}
    if may["accept"] and viewer is not None and viewer.kind not in ("user", "role"):
        told = _("Only a user or a role session can delegate its permissions: hand it on.")
        refused["accept"] = Verdict(False, told)
    if may["send"] and found["OnlySendByOwner"] and viewer and viewer.arn != found.get("OwnerId"):
        told = _("Only the owner of the request, %(owner)s, may send its token.")
        refused["send"] = Verdict(False, told % {"owner": found.get("OwnerId", "")})
    return refused


class RequestAction(Action):
    """An action on the request that the address names."""

    names = {"request_id": "DelegationRequestId"}

    def back_url(self) -> str:
        return reverse("console:delegation-request", args=[self.kwargs["request_id"]])

    def crumbs(self) -> Sequence[Crumb]:
        return [
            (_("Delegation requests"), reverse("console:delegation-requests")),
            (self.kwargs["request_id"], self.back),
        ]


class Take(RequestAction):
    operation = "AssociateDelegationRequest"
    title = gettext_lazy("Take the request")
    lead = gettext_lazy("You become its owner: you review it, and accept it or hand it on.")
    submit = gettext_lazy("Take it")
    success = gettext_lazy("The request is yours to review.")

    def consequences(self) -> Sequence[str]:
        return [_("From then on nobody outside this account can take it.")]


class NotesForm(OperationForm):
    Notes = forms.CharField(
        label=gettext_lazy("Notes"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text=gettext_lazy("For whoever approves it."),
    )


class HandOn(RequestAction):
    operation = "UpdateDelegationRequest"
    form_class = NotesForm
    title = gettext_lazy("Hand the request on")
    lead = gettext_lazy(
        "It waits for approval then. Pass on the address of its page: whoever may accept it can."
    )
    submit = gettext_lazy("Hand on")
    success = gettext_lazy("The request waits for approval.")


class Accept(RequestAction):
    operation = "AcceptDelegationRequest"
    title = gettext_lazy("Accept the request")
    lead = gettext_lazy(
        "You delegate your own permissions, as far as its policy goes, once its token is sent."
    )
    submit = gettext_lazy("Accept")
    success = gettext_lazy("The request is accepted. Send the token, and its time begins.")

    def consequences(self) -> Sequence[str]:
        asked = self.request.ask.perform("GetDelegationRequest", self.target())
        found = asked["DelegationRequest"]
        named = {
            "who": f"{found['RequestorName']} ({found['RequestorId']})",
            "time": lasting(found["SessionDuration"]),
        }
        return [
            _("%(who)s acts as you for %(time)s, within the policy of the request.") % named,
            _("What you may not do it may not do either, whenever it acts."),
        ]


class ReasonForm(OperationForm):
    Notes = forms.CharField(
        label=gettext_lazy("Reason"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}),
        help_text=gettext_lazy("The provider reads it."),
    )


class Reject(RequestAction):
    operation = "RejectDelegationRequest"
    form_class = ReasonForm
    title = gettext_lazy("Reject the request")
    submit = gettext_lazy("Reject")
    success = gettext_lazy("The request is rejected.")

    def consequences(self) -> Sequence[str]:
        return [_("It cannot be accepted any more: the provider has to ask anew.")]


class Send(RequestAction):
    operation = "SendDelegationToken"
    title = gettext_lazy("Send the token")
    lead = gettext_lazy("The provider trades it in for temporary credentials.")
    submit = gettext_lazy("Send token")
    success = gettext_lazy("The token is sent: the provider may begin.")

    def consequences(self) -> Sequence[str]:
        return [_("The time that was asked for begins now. The grant cannot be taken back here.")]
