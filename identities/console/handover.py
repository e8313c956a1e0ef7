"""New users' credentials as a file, for whoever passes them on."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
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
    users = list(_posted(request))
    if not users:
        return HttpResponseBadRequest()
    sign_in = sign_in_address(request)
    rows = [
        {
            "User Name": given["UserName"],
            "Password": given["Password"],
            "Access key ID": given["AccessKeyId"],
            "Secret access key": given["SecretAccessKey"],
            "Console sign-in URL": sign_in if given["Password"] else "",
        }
        for given in users
    ]
    columns = [name for name in rows[0] if any(row[name] for row in rows)]
    written = StringIO()
    writer = csv.writer(written)
    writer.writerow(columns)
    # A generated secret is no formula even where it begins like one, and must stay as it is.
    writer.writerows(
        [row[name] if name == "Secret access key" else cell(row[name]) for name in columns]
        for row in rows
    )
    response = HttpResponse(written.getvalue(), content_type="text/csv; charset=utf-8")
    name = re.sub(r"[^\w.-]", "_", users[0]["UserName"]) if len(users) == 1 else "new_users"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}_credentials.csv"'
    return response


def _posted(request: ConsoleRequest) -> Iterator[dict[str, str]]:
    """The credentials of each user that the page posts; none at all if one is malformed."""
    names = list(CredentialsForm.base_fields)
    listed = [request.POST.getlist(name) for name in names]
    users = max(map(len, listed))
    forms_ = [
        CredentialsForm(
            {
                name: values[number]
                for name, values in zip(names, listed, strict=True)
                if number < len(values)
            }
        )
        for number in range(users)
    ]
    if all(form.is_valid() for form in forms_):
        yield from (form.cleaned_data for form in forms_)


def sign_in_address(request: HttpRequest) -> str:
    """Where users of the viewer's account sign in to the console."""
    viewer = viewer_of(request)  # type: ignore[arg-type]
    path = reverse("console:sign-in")
    return request.build_absolute_uri(f"{path}?account={viewer.account}" if viewer else path)
