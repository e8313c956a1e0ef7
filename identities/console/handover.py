"""A new user's credentials as a file, for whoever passes them on."""

from __future__ import annotations

import csv
import re
from io import StringIO

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from iamsite.console.asking import ConsoleRequest
from iamsite.console.export import cell
from iamsite.console.viewer import viewer_of


class CredentialsForm(forms.Form):
    UserName = forms.RegexField(r"\A[A-Za-z0-9+=,.@_-]{1,64}\Z")
    Password = forms.CharField(required=False, strip=False)
    AccessKeyId = forms.RegexField(r"\A[A-Z0-9]{16,128}\Z", required=False)
    SecretAccessKey = forms.RegexField(r"\A[A-Za-z0-9+/]{40}\Z", required=False)


@sensitive_post_parameters()
@require_POST
def credentials_file(request: ConsoleRequest) -> HttpResponse:
    """The posted credentials as CSV, with the columns that `aws configure import` reads.

    The page that shows them posts them: nothing here remembers a secret to look up again.
    """
    form = CredentialsForm(request.POST)
    if not form.is_valid():
        return HttpResponseBadRequest()
    given = form.cleaned_data
    columns = {
        "User Name": given["UserName"],
        "Password": given["Password"],
        "Access key ID": given["AccessKeyId"],
        "Secret access key": given["SecretAccessKey"],
        "Console sign-in URL": sign_in_address(request) if given["Password"] else "",
    }
    shown = {name: value for name, value in columns.items() if value}
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(shown)
    # A generated secret is no formula even where it begins like one, and must stay as it is.
    writer.writerow(
        value if name == "Secret access key" else cell(value) for name, value in shown.items()
    )
    response = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    name = re.sub(r"[^\w.-]", "_", given["UserName"])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}_credentials.csv"'
    return response


def sign_in_address(request: HttpRequest) -> str:
    """Where users of the viewer's account sign in to the console."""
    viewer = viewer_of(request)  # type: ignore[arg-type]
    path = reverse("console:sign-in")
    return request.build_absolute_uri(f"{path}?account={viewer.account}" if viewer else path)
