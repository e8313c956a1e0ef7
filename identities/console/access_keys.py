"""What the access keys of users and of services have in common."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from iamsite.console.action import Action


class MakeKey(Action):
    def show_key(self, key: dict[str, Any]) -> HttpResponse:
        """The new key with its secret, and how the AWS CLI is given it."""
        return self.show_once(
            "identities/key_secret.html",
            _("Access key created"),
            key=key,
            cli=profile(key, self.request),
        )


class Deactivate(Action):
    title = _("Deactivate %(key)s")
    lead = _("Requests signed with it are refused from the next one on. It can be activated again.")
    submit = _("Deactivate")
    success = _("Access key %(key)s is inactive.")
    fixed = {"Status": "Inactive"}


class Activate(Action):
    title = _("Activate %(key)s")
    lead = _("Requests signed with it are accepted again.")
    submit = _("Activate")
    success = _("Access key %(key)s is active.")
    fixed = {"Status": "Active"}


class Delete(Action):
    title = _("Delete access key")
    lead = _("Requests signed with it are refused from the next one on, and it never returns.")
    submit = _("Delete key")
    success = _("Access key %(key)s was deleted.")
    is_danger = True
    confirmed_by = "key"


def profile(key: dict[str, Any], request: HttpRequest) -> str:
    """The commands that give the AWS CLI a key of the portal that `request` reached."""
    return (
        f"aws configure set aws_access_key_id {key['AccessKeyId']} --profile iamsite\n"
        f"aws configure set aws_secret_access_key {key['SecretAccessKey']} --profile iamsite\n"
        "aws configure set region us-east-1 --profile iamsite\n"
        "aws sts get-caller-identity --profile iamsite "
        f"--endpoint-url {request.scheme}://{request.get_host()}/"
    )
