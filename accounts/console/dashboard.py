"""The dashboard and the getting-started list."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.console.activity import recent_events
from accounts.console.posture import posture
from iamsite.console.asking import ConsoleRequest
from policies.console.access_tests import has_tests
from policies.console.analyzer import worst_findings


@require_safe
def dashboard(request: ConsoleRequest) -> HttpResponse:
    seen = posture(request.ask)
    context = {
        "posture": seen,
        "worst": [one for one in seen.findings if one.tone == "bad"],
        "others": [one for one in seen.findings if one.tone != "bad"],
        "runs_tests": has_tests(request.ask),
        "analyzer": worst_findings(request.ask),
        "events": recent_events(request.ask),
        "now": timezone.now(),
    }
    return render(request, "accounts/dashboard.html", context)


@require_safe
def getting_started(request: ConsoleRequest) -> HttpResponse:
    endpoint = f"{request.scheme}://{request.get_host()}/"
    context = {
        "posture": posture(request.ask),
        "first_call": (
            "aws configure\n"
            f"aws sts get-caller-identity --endpoint-url {endpoint}\n"
            f"aws iam list-users --endpoint-url {endpoint}"
        ),
    }
    return render(request, "accounts/getting_started.html", context)
