"""Addresses of policies. An ARN may hold slashes, so verbs stand before it."""

from django.urls import URLPattern, path, register_converter

from policies.console import (
    access,
    access_cell,
    access_tests,
    analyzer,
    attachments,
    comparison,
    decision_list,
    decisions,
    documents,
    inline,
    policies,
    policy,
    resources,
    revoking,
    services,
    simulator,
    trust_graph,
    who_can,
)


class ArnConverter:
    regex = r"arn:[^?#]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ArnConverter, "arn")


# What users, groups and roles have alike: a verb of the address and its action.
ACTIONS: tuple[tuple[str, str, type[attachments.PrincipalAction]], ...] = (
    ("attach", "attach-{}-policy", attachments.Attach),
    ("detach/<arn:arn>", "detach-{}-policy", attachments.Detach),
    ("inline/create", "create-inline-{}-policy", inline.CreateInline),
    ("inline/<policy_name>/edit", "edit-inline-{}-policy", inline.EditInline),
    ("inline/<policy_name>/delete", "delete-inline-{}-policy", inline.DeleteInline),
)


def _of_principal(kind: str, plural: str) -> list[URLPattern]:
    return [
        path(
            f"{plural}/<name>/policies/{verb}",
            action.as_view(kind=kind),
            name=route.format(kind.lower()),
        )
        for verb, route, action in ACTIONS
    ]


urlpatterns: list[URLPattern] = [
    path("who-can", who_can.who_can, name="who-can"),
    path("who-can/revoke", revoking.revoke, name="revoke-access"),
    path("who-can/revoke/<revocation>", revoking.MakeRevocation.as_view(), name="make-revocation"),
    path("who-can/tests", revoking.SaveTests.as_view(), name="save-who-can"),
    path("effective-access", access.effective_access, name="effective-access"),
    path("effective-access/<service>/<arn:arn>", access_cell.access_cell, name="access-cell"),
    path("trust", trust_graph.trust_graph, name="trust"),
    path("analyzer/", analyzer.analyzer, name="analyzer"),
    path("analyzer/analyze", analyzer.Analyze.as_view(), name="analyze"),
    path("analyzer/bulk/archive", analyzer.ArchiveFindings.as_view(), name="archive-findings"),
    path("analyzer/<finding_id>", analyzer.finding, name="finding"),
    path(
        "analyzer/<finding_id>/archive", analyzer.ArchiveFinding.as_view(), name="archive-finding"
    ),
    path(
        "analyzer/<finding_id>/unarchive",
        analyzer.UnarchiveFinding.as_view(),
        name="unarchive-finding",
    ),
    path("simulator", simulator.simulator, name="simulator"),
    path(
        "simulator/edits/<edit_id>",
        decisions.MakeSimulatedEdit.as_view(),
        name="make-simulated-edit",
    ),
    path("simulator/tests", access_tests.access_tests, name="access-tests"),
    path("simulator/tests/failing", access_tests.failing_tests, name="failing-access-tests"),
    path("simulator/tests/save", access_tests.SaveTest.as_view(), name="save-access-test"),
    path(
        "simulator/tests/<name>/delete",
        access_tests.DeleteTest.as_view(),
        name="delete-access-test",
    ),
    path("decisions/", decision_list.list_decisions, name="decisions"),
    path("decisions/<decision_id>", decisions.decision, name="decision"),
    path("decisions/<decision_id>/edits/<edit_id>", decisions.MakeEdit.as_view(), name="make-edit"),
    path("documents/look", documents.look, name="look-at-document"),
    path("documents/terms", documents.terms, name="terms"),
    path("documents/principals", documents.principals, name="terms-of-principals"),
    path("documents/terms/<prefix>", documents.terms_of, name="terms-of-service"),
    path("policies/", policies.list_policies, name="policies"),
    path("policies/create", policies.CreatePolicy.as_view(), name="create-policy"),
    path("policies/compare", comparison.compare_policies, name="compare-policies"),
    path("policies/bulk/delete", policies.DeletePolicies.as_view(), name="delete-policies"),
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
    path("services/", services.list_services, name="services"),
    path("services/register", services.RegisterService.as_view(), name="register-service"),
    path("services/<prefix>/", services.service, name="service"),
    path("services/<prefix>/edit", services.EditService.as_view(), name="edit-service"),
    path(
        "services/<prefix>/deregister",
        services.DeregisterService.as_view(),
        name="deregister-service",
    ),
    path("resources/", resources.list_resources, name="resources"),
    path("resources/register", resources.RegisterResource.as_view(), name="register-resource"),
    path(
        "resources/policy/edit/<arn:arn>",
        resources.EditResourcePolicy.as_view(),
        name="edit-resource-policy",
    ),
    path(
        "resources/policy/delete/<arn:arn>",
        resources.DeleteResourcePolicy.as_view(),
        name="delete-resource-policy",
    ),
    path(
        "resources/deregister/<arn:arn>",
        resources.DeregisterResource.as_view(),
        name="deregister-resource",
    ),
    path("resources/<arn:arn>", resources.resource, name="resource"),
    *_of_principal("User", "users"),
    *_of_principal("Group", "groups"),
    *_of_principal("Role", "roles"),
]
