"""Two managed policies side by side: what differs in their documents."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from iamsite.console.asking import ConsoleRequest, unauthenticated
from iamsite.console.documents import readings_of
from iamsite.console.errors import failure_of
from iamsite.operations import OperationError
from policies.console.offered import offered_policies
from policies.console.policy import document_of
from policies.difference import diff
from policies.engine import DocumentKind


@require_safe
def compare_policies(request: ConsoleRequest) -> HttpResponse:
    """The policies that the address names, `?item=…&item=…`: the second against the first."""
    named = [one for one in request.GET.getlist("item") if one]
    arns = named[:2]
    page: dict[str, object] = {
        "offered": offered_policies(request.ask),
        "one": arns[0] if arns else "",
        "other": arns[1] if len(arns) > 1 else "",
        "left_out": len(named) > len(arns),
    }
    status = 200
    if len(arns) == 2:
        try:
            texts = [_default(request, arn) for arn in arns]
        except OperationError as error:
            if unauthenticated(error):
                raise
            page["error"], status = failure_of(request, error), error.status
        else:
            page["diff"] = diff(*texts)
            page["sides"] = [
                (arn, readings_of(request.ask, text, DocumentKind.MANAGED.value))
                for arn, text in zip(arns, texts, strict=True)
            ]
    return render(request, "policies/comparison.html", page, status=status)


def _default(request: ConsoleRequest, arn: str) -> str:
    found = request.ask.perform("GetPolicy", {"PolicyArn": arn})["Policy"]
    return document_of(request, arn, found["DefaultVersionId"])
