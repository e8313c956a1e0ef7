"""Addresses of policies. An ARN may hold slashes, so verbs stand before it."""

from django.urls import URLPattern, path, register_converter

from policies.console import attachments, inline, policies, policy


class ArnConverter:
    regex = r"arn:[^?#]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ArnConverter, "arn")


def _of_principal(kind: str, plural: str) -> list[URLPattern]:
    """What users, groups and roles have alike."""
    name = kind.lower()
    one = f"{plural}/<name>/policies"
    return [
        path(
            f"{one}/attach",
            type(f"Attach{kind}", (attachments.Attach,), {"kind": kind}).as_view(),
            name=f"attach-{name}-policy",
        ),
        path(
            f"{one}/detach/<arn:arn>",
            type(f"Detach{kind}", (attachments.Detach,), {"kind": kind}).as_view(),
            name=f"detach-{name}-policy",
        ),
        path(
            f"{one}/inline/create",
            type(f"CreateInline{kind}", (inline.CreateInline,), {"kind": kind}).as_view(),
            name=f"create-inline-{name}-policy",
        ),
        path(
            f"{one}/inline/<policy_name>/edit",
            type(f"EditInline{kind}", (inline.EditInline,), {"kind": kind}).as_view(),
            name=f"edit-inline-{name}-policy",
        ),
        path(
            f"{one}/inline/<policy_name>/delete",
            type(f"DeleteInline{kind}", (inline.DeleteInline,), {"kind": kind}).as_view(),
            name=f"delete-inline-{name}-policy",
        ),
    ]


urlpatterns: list[URLPattern] = [
    path("policies/", policies.list_policies, name="policies"),
    path("policies/create", policies.CreatePolicy.as_view(), name="create-policy"),
    path("policies/edit/<arn:arn>", policy.EditPolicy.as_view(), name="edit-policy"),
    path("policies/delete/<arn:arn>", policies.DeletePolicy.as_view(), name="delete-policy"),
    path("policies/attach/<arn:arn>", attachments.AttachTo.as_view(), name="attach-policy"),
    path("policies/tags/<arn:arn>", policy.EditPolicyTags.as_view(), name="policy-tags"),
    path(
        "policies/versions/<version>/default/<arn:arn>",
        policy.SetDefaultVersion.as_view(),
        name="default-version",
    ),
    path(
        "policies/versions/<version>/delete/<arn:arn>",
        policy.DeleteVersion.as_view(),
        name="delete-version",
    ),
    path("policies/<arn:arn>", policy.policy, name="policy"),
    *_of_principal("User", "users"),
    *_of_principal("Group", "groups"),
    *_of_principal("Role", "roles"),
]
