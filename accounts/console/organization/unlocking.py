"""Unlocking a bucket or a queue of a member whose policy shuts everybody out: as its root user, for
that one task (IAM User Guide, "Perform a privileged task on a member account")."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.console.organization.roots import RootTask, assuming
from iamsite.console.asking import Params
from iamsite.console.documents import readings_of
from iamsite.console.forms import OperationForm
from iamsite.console.steps import Step
from iamsite.operations import OperationError
from policies.engine import DocumentKind

# The task that unlocks a resource of each service.
TASKS = {"s3": "S3UnlockBucketPolicy", "sqs": "SQSUnlockQueuePolicy"}


def task_of(arn: str) -> str:
    """The task that unlocks the resource, "" for one of another service."""
    parts = arn.split(":", 5)
    return TASKS.get(parts[2], "") if len(parts) == 6 and parts[0] == "arn" else ""


class UnlockForm(OperationForm):
    blames = {"NoSuchEntity": "ResourceArn", "InvalidInput": "ResourceArn"}

    ResourceArn = forms.CharField(
        label=gettext_lazy("ARN of the bucket or queue"),
        max_length=1024,
        widget=forms.TextInput(attrs={"autofocus": True, "class": "input mono"}),
    )

    def clean_ResourceArn(self) -> str:  # noqa: N802  the field's name is the parameter's
        arn = str(self.cleaned_data["ResourceArn"])
        if not task_of(arn):
            raise ValidationError(
                _("Only a bucket of S3 (arn:aws:s3:::…) or a queue of SQS (arn:aws:sqs:…).")
            )
        return arn


class Unlock(RootTask):
    """Looking is an act as well: the member's root looks, and both trails tell of it."""

    operation = "DeleteResourcePolicy"
    form_class = UnlockForm
    title = gettext_lazy("Unlock a resource of %(account)s")
    lead = gettext_lazy(
        "Takes away the policy of a bucket or a queue that shuts everybody out, as the member's "
        "root user for fifteen minutes. Both accounts' trails tell of it."
    )
    submit = gettext_lazy("Delete its policy")
    success = gettext_lazy("The policy of %(ResourceArn)s was deleted.")
    is_danger = True
    confirmed_by = "account"
    fields_template = "accounts/organization/unlock_fields.html"

    def form(self, data: Any = None) -> OperationForm:
        if data is not None and data.get("_look", "").startswith("arn:"):  # one of those listed
            data = data.copy()
            data["ResourceArn"] = data["_look"]
        return super().form(data)

    def consequences(self) -> list[str]:
        return [
            _("Whom the policy let in is out, and whom it kept out is in as other policies say."),
            _("The policy is gone for good: copy it first."),
        ]

    def performed(self, form: OperationForm) -> list[Step]:
        which = {"ResourceArn": form.cleaned_data["ResourceArn"]}
        task = task_of(which["ResourceArn"])
        return [
            ("AssumeRoot", assuming(self.kwargs["account"], task)),
            ("DeleteResourcePolicy", which),
        ]

    def run(self, form: OperationForm) -> dict[str, Any]:
        (_assume, assumed), (name, which) = self.performed(form)
        return self.session(assumed).perform(name, which)

    def parameters(self, form: OperationForm) -> Params:
        return form.parameters()

    def context(self, form: OperationForm, **context: Any) -> dict[str, Any]:
        if "_look" in self.request.POST:
            context["seen"] = self._seen(form)
        return super().context(form, **context)

    def _seen(self, form: OperationForm) -> dict[str, Any]:
        """The policy of the resource that is named; without one, what has a policy at all."""
        arn = str(form["ResourceArn"].value() or "").strip()
        try:
            if not arn:
                return {"resources": self._locked()}
            if not form.is_valid():
                return {}
            session = self.session(assuming(self.kwargs["account"], task_of(arn)))
            text = session.perform("GetResourcePolicy", {"ResourceArn": arn})["PolicyDocument"]
        except OperationError as error:
            if not arn or not form.refuse(error):
                return {"error": error}
            return {}
        readings = readings_of(self.request.ask, text, DocumentKind.RESOURCE.value)
        return {"document": text, "readings": readings}

    def _locked(self) -> list[str]:
        found: list[str] = []
        for service, task in TASKS.items():
            session = self.session(assuming(self.kwargs["account"], task))
            listed = session.everything("ListResources", "Resources", {"ServicePrefix": service})
            found += [one["ResourceArn"] for one in listed if one["HasResourcePolicy"]]
        return found
