"""Who is looking: what the top bar says of the signed-in principal."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from iamsite.console.asking import ConsoleRequest
from iamsite.operations import OperationError


@dataclass(frozen=True)
class Viewer:
    """The signed-in principal; `kind` is root, user, role or federated.

    `account_name` is "" for who may not know it, `signed_in_as` the ARN of who has switched to the
    role, "" where nobody has.
    """

    account: str
    arn: str
    account_name: str = ""
    signed_in_as: str = ""

    @cached_property
    def kind(self) -> str:
        resource = self.arn.rpartition(":")[2]
        kinds = {"root": "root", "assumed-role": "role", "federated-user": "federated"}
        return kinds.get(resource.partition("/")[0], "user")

    @cached_property
    def name(self) -> str:
        """The user's or session's name, without path."""
        return _("Root user") if self.kind == "root" else self.arn.rpartition("/")[2]

    @property
    def kind_label(self) -> str:
        return {
            "root": _("Root user"),
            "role": _("Role session"),
            "federated": _("Federated user"),
            "user": _("IAM user"),
        }[self.kind]

    @property
    def role_label(self) -> str:
        """The role and its account."""
        return f"{self.arn.split('/')[1]} @ {self.account_name or self.account}"

    @property
    def signed_in_name(self) -> str:
        """The name of who has switched to the role."""
        return self.signed_in_as.rpartition("/")[2]

    @property
    def initials(self) -> str:
        words = re.findall(r"[^\W_]+", self.name)
        return "".join(word[0] for word in words[:2]) or "?"


def viewer_of(request: ConsoleRequest) -> Viewer | None:
    """The viewer, asked for once a request; None when nobody is signed in any more."""
    kept: Viewer | str | None = request.__dict__.get("_viewer", "")
    if isinstance(kept, str):
        kept = _ask(request)
        request.__dict__["_viewer"] = kept
    return kept


def identify(request: HttpRequest) -> dict[str, Any]:
    """Who asks, as GetCallerIdentity tells it, asked for once a request. Raises OperationError, as
    every operation would, where the session does not count any more."""
    kept: dict[str, Any] | None = request.__dict__.get("_identity")
    if kept is None:
        kept = request.__dict__["_identity"] = request.ask.perform("GetCallerIdentity")  # type: ignore[attr-defined]
    return kept


def _ask(request: ConsoleRequest) -> Viewer | None:
    asking = getattr(request, "ask", None)
    if asking is None or not request.credential.token:
        return None
    try:
        identity = identify(request)
        status = asking.see(status=("GetAccountStatus", {}))["status"].result
    except OperationError:
        return None
    name = status.get("AccountName") or status.get("AccountAlias") or ""
    viewer = Viewer(identity["Account"], identity["Arn"], name)
    if viewer.kind != "role":
        return viewer
    behind = asking.perform("GetConsoleSession")["PrincipalArn"]
    return replace(viewer, signed_in_as="" if behind == viewer.arn else behind)
