"""One managed policy: its document, versions, what it is attached to, tags."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from iamsite.console.asking import Check, ConsoleRequest, Params
from iamsite.console.documents import DocumentForm, Place, readings_of, review
from iamsite.console.forms import DocumentField, OperationForm
from iamsite.console.gone import gone
from iamsite.console.listing import address
from iamsite.console.steps import Step
from iamsite.console.tabs import chosen_tab, tabs
from iamsite.console.tags import EditTags
from iamsite.operations import OperationError
from policies.console.access_advisor import advice
from policies.console.policies import PolicyAction
from policies.console.sources import AWS_MANAGED
from policies.console.statements import statements
from policies.difference import diff
from policies.engine import DocumentKind

TABS = {
    "document": _("Document"),
    "attached": _("Attached to"),
    "access": _("Who used it"),
    "versions": _("Versions"),
    "tags": _("Tags"),
}
# What of the page, for which use of the policy, and what its address calls the page's marker.
USES = (
    ("entities", "PermissionsPolicy", "marker"),
    ("bounded", "PermissionsBoundary", "bounded"),
)
HOLDERS = 100  # on a page
# Each kind of them, as its page is called: the operation's list, its names, label and icon.
KINDS = {
    "group": ("PolicyGroups", "GroupName", _("Group"), "users-group"),
    "user": ("PolicyUsers", "UserName", _("User"), "user"),
    "role": ("PolicyRoles", "RoleName", _("Role"), "id-badge-2"),
}
# Of an account whose summary the viewer may not see.
QUOTAS = {"VersionsPerPolicyQuota": 5, "PolicySizeQuota": 6144}


@require_safe
def policy(request: ConsoleRequest, arn: str) -> HttpResponse:
    which = {"PolicyArn": arn}
    try:
        found = request.ask.perform("GetPolicy", which)["Policy"]
    except OperationError as error:
        return gone(request, "Policy", arn, error)
    is_ours = not arn.startswith(AWS_MANAGED)
    labels = TABS if is_ours else {name: TABS[name] for name in ("document", "attached", "access")}
    tab = chosen_tab(request, list(labels))
    counts = {"attached": found["AttachmentCount"]}
    context = {
        "policy": found,
        "arn": arn,
        "is_ours": is_ours,
        "tab": tab,
        "tabs": tabs(request, tab, labels, counts),
        "may": request.ask.may(**_checks(which, is_ours)),
        **_PARTS[tab](request, found),
    }
    return render(request, f"policies/policy_{tab}.html", context)


def _checks(which: Params, is_ours: bool) -> dict[str, tuple[str, Params]]:
    """What the page offers: AWS's own policies can only be attached."""
    checks: dict[str, tuple[str, Params]] = {
        "attach": ("AttachUserPolicy", {**which, "UserName": "any"}),
        "detach": ("DetachUserPolicy", {**which, "UserName": "any"}),
    }
    if is_ours:
        checks |= {
            "edit": ("CreatePolicyVersion", {**which, "PolicyDocument": ""}),
            "default": ("SetDefaultPolicyVersion", {**which, "VersionId": "v1"}),
            "drop": ("DeletePolicyVersion", {**which, "VersionId": "v1"}),
            "delete": ("DeletePolicy", which),
            "tag": ("TagPolicy", {**which, "Tags": []}),
        }
    return checks


def document_of(request: ConsoleRequest, arn: str, version: str) -> str:
    asked = {"PolicyArn": arn, "VersionId": version}
    return str(request.ask.perform("GetPolicyVersion", asked)["PolicyVersion"]["Document"])


def _document(request: ConsoleRequest, found: dict[str, Any]) -> dict[str, Any]:
    asked = {"PolicyArn": found["Arn"], "VersionId": found["DefaultVersionId"]}
    version = request.ask.see(version=("GetPolicyVersion", asked))["version"]
    document = version.result.get("PolicyVersion", {}).get("Document", "")
    kind = DocumentKind.MANAGED.value
    return {
        "version": version,
        "document": document,
        "statements": statements(document),
        "readings": readings_of(request.ask, document, kind) if document else [],
    }


def _attached(request: ConsoleRequest, found: dict[str, Any]) -> dict[str, Any]:
    """A page of those that it is attached to, and one of those whose boundary it is."""
    parts: dict[str, Check] = {}
    for part, usage, marker in USES:
        asked: Params = {
            "PolicyArn": found["Arn"],
            "PolicyUsageFilter": usage,
            "MaxItems": HOLDERS,
        }
        if request.GET.get(marker):
            asked["Marker"] = request.GET[marker]
        parts[part] = ("ListEntitiesForPolicy", asked)
    seen: dict[str, Any] = {**request.ask.see(**parts)}
    for part, _usage, marker in USES:
        following = seen[part].result.get("Marker", "")
        seen[f"{part}_holders"] = _holders(seen[part].result)
        seen[f"{part}_pager"] = {
            "next_url": address(request, **{marker: following}) if following else "",
            "first_url": address(request, **{marker: ""}) if request.GET.get(marker) else "",
        }
    return seen


def _holders(entities: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"kind": kind, "name": one[name], "label": label, "icon": icon, "page": f"console:{kind}"}
        for kind, (members, name, label, icon) in KINDS.items()
        for one in entities.get(members, [])
    ]


def _access(request: ConsoleRequest, found: dict[str, Any]) -> dict[str, Any]:
    return {"advice": advice(request, found["Arn"])}


def _versions(request: ConsoleRequest, found: dict[str, Any]) -> dict[str, Any]:
    """The versions (five at most), and the one asked for beside another, or the default."""
    versions = request.ask.see(versions=("ListPolicyVersions", {"PolicyArn": found["Arn"]}))
    shown = request.GET.get("version", "")
    if not shown or not versions["versions"]:
        return {**versions, "shown": ""}
    against = request.GET.get("against", "") or found["DefaultVersionId"]
    before = document_of(request, found["Arn"], against)
    after = document_of(request, found["Arn"], shown)
    return {
        **versions,
        "shown": shown,
        "against": against,
        "diff": diff(before, after),
        "document": after,
    }


def _tags(request: ConsoleRequest, found: dict[str, Any]) -> dict[str, Any]:
    asked = {"PolicyArn": found["Arn"], "MaxItems": 1000}
    return request.ask.see(tags=("ListPolicyTags", asked))


_PARTS = {
    "document": _document,
    "attached": _attached,
    "access": _access,
    "versions": _versions,
    "tags": _tags,
}


class VersionForm(DocumentForm):
    kind = DocumentKind.MANAGED
    blames = {"MalformedPolicyDocument": "PolicyDocument"}

    PolicyDocument = DocumentField(label=_("Document"))
    SetAsDefault = forms.BooleanField(
        label=_("Make this version the one that counts"), required=False, initial=True
    )
    Drop = forms.ChoiceField(
        label=_("Version to delete first"),
        help_text=_("The policy has all the versions that it may have. None but this one goes."),
    )
    Based = forms.CharField(required=False, widget=forms.HiddenInput())

    def parameters(self) -> Params:
        typed = super().parameters()
        for asked_of_the_form in ("Based", "Drop"):
            typed.pop(asked_of_the_form, None)
        return {**typed, "SetAsDefault": bool(typed.get("SetAsDefault"))}


class EditPolicy(PolicyAction):
    """Saving makes a new version. A form that began from another one is stale and says so."""

    operation = "CreatePolicyVersion"
    form_class = VersionForm
    title = _("Edit %(policy)s")
    submit = _("Save as new version")
    success = _("A new version of %(policy)s is saved.")
    wide = True
    previews = True

    def prepare(self) -> None:
        found = self.request.ask.perform("GetPolicy", self.target())["Policy"]
        self.default = found["DefaultVersionId"]
        self.lead = _("Version %(version)s counts now.") % {"version": self.default}
        seen = self.request.ask.see(
            versions=("ListPolicyVersions", self.target()), summary=("GetAccountSummary", {})
        )
        self.quotas = {**QUOTAS, **seen["summary"].result.get("SummaryMap", {})}
        versions = seen["versions"].result.get("Versions", [])
        if len(versions) < self.quotas["VersionsPerPolicyQuota"]:
            versions = []
        # The oldest first: the one that is offered.
        self.spare = [one for one in reversed(versions) if not one["IsDefaultVersion"]]

    def form(self, data: Any = None) -> OperationForm:
        form = super().form(data)
        if self.spare:
            form.fields["Drop"].choices = [  # type: ignore[attr-defined]
                (one["VersionId"], f"{one['VersionId']} ({one['CreateDate']:%Y-%m-%d %H:%M} UTC)")
                for one in self.spare
            ]
        else:
            del form.fields["Drop"]
        return form

    def initial(self) -> dict[str, Any]:
        document = document_of(self.request, self.kwargs["arn"], self.default)
        return {"PolicyDocument": document, "SetAsDefault": True, "Based": self.default}

    def standing(self, form: DocumentForm) -> dict[str, str]:
        return {"PolicyDocument": self.beginning["PolicyDocument"]}

    def run(self, form: OperationForm) -> dict[str, Any]:
        if form.cleaned_data["Based"] != self.default:
            raise OperationError(
                "ConcurrentModification",
                gettext(
                    "Version %(now)s became the default while you were editing %(began)s. "
                    "Compare the two and save again."
                )
                % {"now": self.default, "began": form.cleaned_data["Based"]},
                409,
            )
        steps = self.performed(form)
        if not self._would_be_kept(form):
            steps = steps[-1:]  # it is refused, and nothing deleted for it
        self.request.ask.perform_all(steps)
        return {}

    def performed(self, form: OperationForm) -> list[Step]:
        dropped = form.cleaned_data.get("Drop")
        room: list[Step] = []
        if dropped:
            room = [("DeletePolicyVersion", {**self.target(), "VersionId": dropped})]
        return [*room, *super().performed(form)]

    def _would_be_kept(self, form: OperationForm) -> bool:
        text = form.cleaned_data["PolicyDocument"]
        told = review(self.request.ask, text, Place(DocumentKind.MANAGED.value))
        return told.is_valid and told.size <= self.quotas["PolicySizeQuota"]

    def page(self, form: OperationForm, status: int = 200, **context: Any) -> HttpResponse:
        if status == 409 and form.is_bound and form.data.get("Based") != self.default:
            # What was typed stays; saving once more is a decision made knowing of the other.
            form.data = {**form.data.dict(), "Based": self.default}  # type: ignore[attr-defined]
        return super().page(form, status, **context)


class VersionAction(PolicyAction):
    names = {"arn": "PolicyArn", "version": "VersionId"}
    tab = "versions"


class SetDefaultVersion(VersionAction):
    operation = "SetDefaultPolicyVersion"
    title = _("Make %(version)s the default of %(policy)s")
    lead = _("It counts from the next request, for everything the policy is attached to.")
    submit = _("Make default")
    success = _("Version %(version)s of %(policy)s counts now.")
    previews = True


class DeleteVersion(VersionAction):
    operation = "DeletePolicyVersion"
    title = _("Delete version %(version)s of %(policy)s")
    submit = _("Delete version")
    success = _("Version %(version)s of %(policy)s was deleted.")
    is_danger = True
    confirmed_by = "version"


class EditPolicyTags(EditTags, PolicyAction):
    operation = "TagPolicy"
    kind = "Policy"
    title = _("Tags of %(policy)s")
    success = _("The tags of %(policy)s are saved.")
