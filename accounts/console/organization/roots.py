"""Accounts and root: which credentials the members' root users have, and taking them away."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.console.organization.looking import all_of, standing
from accounts.root_access import CREDENTIALS, SERVICE, SESSIONS
from iamsite.console.action import Action, Crumb
from iamsite.console.asking import Asking, ConsoleRequest, Params
from iamsite.console.forms import OperationForm, Text
from iamsite.console.steps import Step
from iamsite.operations import AccessKeyCredential, OperationError

FEATURES = {
    CREDENTIALS: (
        gettext_lazy("Root credentials"),
        gettext_lazy(
            "See which credentials the members' root users have, delete them, and decide whether a "
            "password may be recovered. New accounts have none."
        ),
    ),
    SESSIONS: (
        gettext_lazy("Privileged tasks"),
        gettext_lazy(
            "Unlock a bucket or a queue of a member whose policy shuts everybody out, as its root "
            "for fifteen minutes."
        ),
    ),
}
TASK = "arn:aws:iam::aws:policy/root-task/"
DELETE, ALLOW = "IAMDeleteRootUserCredentials", "IAMCreateRootUserPassword"
UNLOCK = "S3UnlockBucketPolicy"  # that of SQS is asked for with the queue


@require_safe
def roots(request: ConsoleRequest) -> HttpResponse:
    found = standing(request)
    own = request.ask.see(own=("GetAccountStatus", {}))["own"]
    context: dict[str, Any] = {
        "standing": found,
        "own": own,
    }
    try:
        enabled = request.ask.perform("ListOrganizationsFeatures")["EnabledFeatures"]
    except OperationError as error:
        if error.code in ("ExpiredToken", "MissingAuthenticationToken"):
            raise
        context |= {"refusal": error.code.removesuffix("Exception"), "denied": error.message}
        context["may"] = request.ask.may(
            trust=("organizations:EnableAWSServiceAccess", {"ServicePrincipal": SERVICE})
        )
        return render(request, "accounts/organization/roots.html", context)
    context["features"] = [
        {"name": name, "label": label, "text": text, "is_on": name in enabled}
        for name, (label, text) in FEATURES.items()
    ]
    if CREDENTIALS in enabled:
        seen = request.ask.see(roots=("ListMemberRoots", {}))["roots"]
        context["roots_denied"] = seen.denied
        context["roots"] = seen.result.get("MemberRoots", [])
    context["unlocks"] = SESSIONS in enabled
    if SESSIONS in enabled and CREDENTIALS not in enabled and found.reads:
        management = (found.organization or {}).get("MasterAccountId")
        listed = all_of(request.ask, "ListAccounts", "Accounts")
        context["members"] = [one for one in listed if one["Id"] != management]
    context["may"] = request.ask.may(
        on_RootCredentialsManagement=("EnableOrganizationsRootCredentialsManagement", {}),
        on_RootSessions=("EnableOrganizationsRootSessions", {}),
        off_RootCredentialsManagement=("DisableOrganizationsRootCredentialsManagement", {}),
        off_RootSessions=("DisableOrganizationsRootSessions", {}),
        delete=("AssumeRoot", assuming("000000000000", DELETE)),
        allow=("AssumeRoot", assuming("000000000000", ALLOW)),
        unlock=("AssumeRoot", assuming("000000000000", UNLOCK)),
        close=("organizations:CloseAccount", {"AccountId": "000000000000"}),
    )
    return render(request, "accounts/organization/roots.html", context)


def assuming(account: str, task: str) -> Params:
    return {"TargetPrincipal": account, "TaskPolicyArn": {"arn": f"{TASK}{task}"}}


class RootsAction(Action):
    def back_url(self) -> str:
        return reverse("console:organization-roots")

    def crumbs(self) -> list[Crumb]:
        return [(_("Accounts and root"), self.back)]


class TrustIAM(RootsAction):
    operation = "organizations:EnableAWSServiceAccess"
    fixed = {"ServicePrincipal": SERVICE}
    title = gettext_lazy("Let IAM work across the organization")
    lead = gettext_lazy("Central root access needs it first: trusted access of iam.amazonaws.com.")
    submit = gettext_lazy("Enable trusted access")
    success = gettext_lazy("IAM has trusted access to the organization.")


class SwitchFeature(RootsAction):
    """`on` is a part of the address: on or off."""

    submit: Text = gettext_lazy("Save")

    def prepare(self) -> None:
        name, on = self.kwargs["feature"], self.kwargs["switch"] == "on"
        label, text = FEATURES[name]
        self.operation = f"{'Enable' if on else 'Disable'}Organizations{name}"  # type: ignore[misc]
        self.title = (_("Enable: %(what)s") if on else _("Disable: %(what)s")) % {"what": label}
        self.lead = text if on else _("Sessions as the members' roots end at once.")
        self.submit = _("Enable") if on else _("Disable")


class RootTask(RootsAction):
    """Acts as the member's root for one task, step by step."""

    task = ""

    def steps(self, root: Asking | None) -> list[Step]:
        """The steps; `root` may be asked what there is, None in a form that only shows them."""
        raise NotImplementedError

    def assuming(self) -> Params:
        return assuming(self.kwargs["account"], self.task)

    def performed(self, form: OperationForm) -> list[Step]:
        return [("AssumeRoot", self.assuming()), *self.steps(None)]

    def session(self, assuming: Params) -> Asking:
        """Asks as the member's root; raises OperationError where the viewer may not become it."""
        made = self.request.ask.perform("AssumeRoot", assuming)["Credentials"]
        # The portal has just issued it, so there is no signature to verify.
        credential = AccessKeyCredential(
            made["AccessKeyId"], made["SessionToken"], lambda secret: None
        )
        return Asking(credential, self.request.origin)

    def run(self, form: OperationForm) -> dict[str, Any]:
        root = self.session(self.assuming())
        for name, params in self.steps(root):
            root.perform(name, params)
        return {}


class DeleteRootCredentials(RootTask):
    task = DELETE
    title = gettext_lazy("Delete the root credentials of %(account)s")
    submit = gettext_lazy("Delete root credentials")
    success = gettext_lazy("The root user of %(account)s has no credentials any more.")
    is_danger = True
    confirmed_by = "account"

    def consequences(self) -> list[str]:
        return [
            _("Its password, access keys, signing certificates and MFA devices are deleted."),
            _("Every session of the root user ends at once."),
            _("Its password cannot be recovered until you allow it."),
        ]

    def steps(self, root: Asking | None) -> list[Step]:
        if root is None:
            return [("DeleteLoginProfile", {})]
        steps: list[Step] = []
        for key in root.everything("ListAccessKeys", "AccessKeyMetadata"):
            steps.append(("DeleteAccessKey", {"AccessKeyId": key["AccessKeyId"]}))
        for one in root.everything("ListSigningCertificates", "Certificates"):
            named = {"CertificateId": one["CertificateId"]}
            steps.append(("DeleteSigningCertificate", named))
        for device in root.everything("ListMFADevices", "MFADevices"):
            named = {"SerialNumber": device["SerialNumber"]}
            steps.append(("DeactivateMFADevice", named))
        try:
            root.perform("GetLoginProfile")
        except OperationError as error:
            if error.code != "NoSuchEntity":
                raise
            return steps
        return [*steps, ("DeleteLoginProfile", {})]


class AllowRecovery(RootTask):
    task = ALLOW
    title = gettext_lazy("Let the root user of %(account)s recover its password")
    lead = gettext_lazy(
        "Whoever reads the mail of its address, or an operator, can give it a new password then."
    )
    submit = gettext_lazy("Allow recovery")
    success = gettext_lazy("The root user of %(account)s may recover its password.")

    def steps(self, root: Asking | None) -> list[Step]:
        return [("CreateLoginProfile", {})]
