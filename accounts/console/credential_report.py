"""The credential report: how old every password and key is, and when each was last used."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from iamsite.console.action import Action, Crumb
from iamsite.console.asking import ConsoleRequest
from iamsite.console.export import cell
from iamsite.console.listing import address
from iamsite.operations import OperationError

PAGE_SIZE = 100
OLD = timedelta(days=90)
ROOT = "<root_account>"
# The upper ends of a histogram's bars, in days.
AGES = (30, 90, 180, 365)


@dataclass(frozen=True, slots=True)
class Key:
    number: int
    since: datetime
    used: datetime | None
    service: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the report. Times are None where there is nothing to tell.

    `keys` are the active ones; `further` tells of credentials that the report has no column for.
    """

    user: str
    arn: str
    has_password: bool
    password_since: datetime | None
    password_used: datetime | None
    has_mfa: bool
    keys: tuple[Key, ...]
    further: str

    @property
    def is_root(self) -> bool:
        return self.user == ROOT


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    count: int


def lines_of(content: str) -> list[Line]:
    """The lines of a report (accounts/credential_report.py has its columns)."""
    return [_line(row) for row in csv.DictReader(io.StringIO(content))]


def _line(row: dict[str, str]) -> Line:
    return Line(
        row["user"],
        row["arn"],
        row["password_enabled"] == "true",
        _time(row["password_last_changed"]),
        _time(row["password_last_used"]),
        row["mfa_active"] == "true",
        tuple(
            Key(
                number,
                datetime.fromisoformat(row[f"access_key_{number}_last_rotated"]),
                _time(row[f"access_key_{number}_last_used_date"]),
                row[f"access_key_{number}_last_used_service"],
            )
            for number in (1, 2)
            if row[f"access_key_{number}_active"] == "true"
        ),
        row["additional_credentials_info"],
    )


def _time(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def histogram(moments: Iterable[datetime], now: datetime) -> list[Bar]:
    """How many of `moments` lie how many days back."""
    counts = [0] * (len(AGES) + 1)
    for moment in moments:
        days = (now - moment).days
        counts[sum(days >= end for end in AGES)] += 1
    labels = [
        _("Under %(n)d days") % {"n": AGES[0]},
        *(
            _("%(from)d to %(to)d days") % {"from": start, "to": end}
            for start, end in pairwise(AGES)
        ),
        _("Over %(n)d days") % {"n": AGES[-1]},
    ]
    return [Bar(label, count) for label, count in zip(labels, counts, strict=True)]


Test = Callable[[Line, datetime], bool]
FILTERS: dict[str, tuple[str | Promise, Test]] = {
    "no-mfa": (
        gettext_lazy("Password without MFA"),
        lambda line, now: line.has_password and not line.has_mfa,
    ),
    "old-keys": (
        gettext_lazy("Active key older than 90 days"),
        lambda line, now: any(now - key.since > OLD for key in line.keys),
    ),
    "unused-keys": (
        gettext_lazy("Active key unused for 90 days"),
        lambda line, now: any(now - (key.used or key.since) > OLD for key in line.keys),
    ),
    "unused-passwords": (
        gettext_lazy("Password unused for 90 days"),
        lambda line, now: (
            line.has_password
            and (last := line.password_used or line.password_since) is not None
            and now - last > OLD
        ),
    ),
}


@require_safe
def credential_report(request: ConsoleRequest) -> HttpResponse:
    if request.GET.get("export") == "csv":
        return _download(request.ask.perform("GetCredentialReport")["Content"].decode())
    verdicts = request.ask.may(
        report=("GetCredentialReport", {}), generate=("GenerateCredentialReport", {})
    )
    context = {"may": verdicts, "denied": verdicts["report"].message}
    if verdicts["report"]:
        try:
            answer = request.ask.perform("GetCredentialReport")
        except OperationError as error:
            if error.code not in ("ReportNotPresent", "ReportExpired"):
                raise
            context["expired"] = error.code == "ReportExpired"
        else:
            lines = lines_of(answer["Content"].decode())
            context |= _told(request, lines, answer["GeneratedTime"])
    return render(request, "accounts/credential_report.html", context)


def _told(request: ConsoleRequest, lines: Sequence[Line], generated: datetime) -> dict[str, object]:
    now = timezone.now()
    chosen = request.GET.get("show", "")
    query = request.GET.get("q", "").strip().casefold()
    shown = [
        line
        for line in lines
        if (chosen not in FILTERS or FILTERS[chosen][1](line, now))
        and query in line.user.casefold()
    ]
    start = _start(request.GET.get("from", ""))
    more = start + PAGE_SIZE < len(shown)
    return {
        "generated": generated,
        "lines": shown[start : start + PAGE_SIZE],
        "total": len(shown),
        "chosen": chosen,
        "query": request.GET.get("q", "").strip(),
        "filters": [
            (name, label, sum(test(line, now) for line in lines))
            for name, (label, test) in FILTERS.items()
        ],
        "charts": [
            (
                _("Age of active access keys"),
                histogram((key.since for line in lines for key in line.keys), now),
            ),
            (
                _("Age of passwords"),
                histogram((line.password_since for line in lines if line.password_since), now),
            ),
        ],
        "old": now - OLD,
        "next_url": address(request, **{"from": str(start + PAGE_SIZE)}) if more else "",
        "first_url": address(request, **{"from": ""}) if start else "",
        "csv_url": f"{request.path}?export=csv",
    }


def _start(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _download(content: str) -> HttpResponse:
    """The report as a file that no spreadsheet runs."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerows([cell(value) for value in row] for row in csv.reader(io.StringIO(content)))
    response = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="credential-report.csv"'
    return response


class Generate(Action):
    operation = "GenerateCredentialReport"
    title = pgettext_lazy("credential report", "Generate report")
    lead = gettext_lazy(
        "A line for the root user and for every user. It is kept for four hours; until then, "
        "asking again brings the same one."
    )
    submit = gettext_lazy("Generate report")
    success = gettext_lazy("The report is ready.")

    def back_url(self) -> str:
        return reverse("console:credential-report")

    def crumbs(self) -> list[Crumb]:
        return [(_("Credential report"), self.back)]
