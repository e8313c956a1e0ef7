"""Revoking the sessions of a user or a role that have begun already.

By AWS's own means: an inline policy that denies everything to sessions begun before a time. The
temporary credentials stay what they are and may do nothing; what begins later is not concerned.
Source: IAM User Guide, "Revoking IAM role temporary security credentials".
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.asking import Params
from iamsite.console.forms import OperationForm
from iamsite.console.steps import Step
from identities.console.roles import RoleAction

POLICY = "AWSRevokeOlderSessions"


def revoking(kind: str, name: str, now: datetime) -> Step:
    """The step that revokes every session of the user or role which began up to `now`."""
    # aws:TokenIssueTime has whole seconds: those of the present one are older than the next.
    until = now.replace(microsecond=0) + timedelta(seconds=1)
    statement = {
        "Effect": "Deny",
        "Action": ["*"],
        "Resource": ["*"],
        "Condition": {"DateLessThan": {"aws:TokenIssueTime": f"{until:%Y-%m-%dT%H:%M:%SZ}"}},
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)
    names = {f"{kind}Name": name, "PolicyName": POLICY}
    return f"Put{kind}Policy", {**names, "PolicyDocument": document}


class RevokeSessions(RoleAction):
    """Every session of the role that has begun, whoever assumed it."""

    operation = "PutRolePolicy"
    title = gettext_lazy("Revoke the sessions of %(name)s")
    lead = gettext_lazy(
        "For when temporary credentials may have got into wrong hands. Whoever is trusted can "
        "assume the role again at once: change the trust policy first to keep somebody out."
    )
    submit = gettext_lazy("Revoke sessions")
    success = gettext_lazy("Every session of %(name)s that had begun is refused everything.")
    is_danger = True
    confirmed_by = "name"

    def prepare(self) -> None:
        self.request.ask.perform("GetRole", self.target())

    def consequences(self) -> list[str]:
        return [
            _(
                "Every session of this role that has begun is refused everything from the next "
                "request, in browsers and programs; a program that renews its credentials goes on."
            ),
            _(
                "An inline policy %(policy)s is put on the role. It may stay: it says nothing of "
                "later sessions. To delete it lets the older ones go on until they end."
            )
            % {"policy": POLICY},
        ]

    def parameters(self, form: OperationForm) -> Params:
        return revoking("Role", self.kwargs["name"], timezone.now())[1]
