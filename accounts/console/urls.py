"""Addresses of the account's own pages."""

from django.urls import URLPattern, path, re_path

from accounts.console import (
    activity,
    closing,
    credential_report,
    dashboard,
    issuer,
    password_policy,
    recommendations,
    sessions,
    settings,
)
from accounts.console.organization import (
    access,
    delegated,
    nodes,
    overview,
    policies,
    resource_policy,
    roots,
    unlocking,
)

urlpatterns: list[URLPattern] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("getting-started", dashboard.getting_started, name="getting-started"),
    path(
        "recommendations/<recommendation>/skip",
        recommendations.SkipStep.as_view(),
        name="skip-step",
    ),
    path(
        "recommendations/<recommendation>/snooze",
        recommendations.SnoozeFinding.as_view(),
        name="snooze-finding",
    ),
    path(
        "recommendations/<recommendation>/restore",
        recommendations.Restore.as_view(),
        name="restore-recommendation",
    ),
    path("activity", activity.activity, name="activity"),
    path("activity/chart", activity.activity_chart, name="activity-chart"),
    path("activity/verify", activity.verify_trail, name="verify-trail"),
    path("sessions", sessions.sessions, name="sessions"),
    path("sessions/<session>/end", sessions.EndSession.as_view(), name="end-session"),
    path("organization", overview.organization, name="organization"),
    path(
        "organization/create",
        overview.CreateOrganization.as_view(),
        name="create-organization",
    ),
    path("organization/leave", overview.LeaveOrganization.as_view(), name="leave-organization"),
    path("organization/accounts/create", overview.CreateAccount.as_view(), name="create-account"),
    path("organization/accounts/invite", overview.InviteAccount.as_view(), name="invite-account"),
    path(
        "organization/invitations/<handshake>/cancel",
        overview.CancelInvitation.as_view(),
        name="cancel-invitation",
    ),
    path(
        "organization/invitations/<handshake>/accept",
        overview.AcceptInvitation.as_view(),
        name="accept-invitation",
    ),
    path(
        "organization/invitations/<handshake>/decline",
        overview.DeclineInvitation.as_view(),
        name="decline-invitation",
    ),
    path("organization/nodes/<node>/", nodes.node, name="organization-node"),
    path("organization/nodes/<node>/access", access.access_report, name="organization-access"),
    path("organization/nodes/<node>/units", nodes.CreateUnit.as_view(), name="create-unit"),
    path("organization/nodes/<node>/rename", nodes.RenameUnit.as_view(), name="rename-unit"),
    path("organization/nodes/<node>/delete", nodes.DeleteUnit.as_view(), name="delete-unit"),
    path("organization/nodes/<node>/move", nodes.MoveAccount.as_view(), name="move-account"),
    path("organization/nodes/<node>/remove", nodes.RemoveAccount.as_view(), name="remove-account"),
    path("organization/nodes/<node>/close", nodes.CloseAccount.as_view(), name="close-account"),
    path(
        "organization/nodes/<node>/attach",
        nodes.AttachPolicy.as_view(),
        name="attach-organization-policy",
    ),
    path(
        "organization/nodes/<node>/detach/<policy>",
        nodes.DetachPolicy.as_view(),
        name="detach-organization-policy",
    ),
    path(
        "organization/policies/create",
        policies.CreatePolicy.as_view(),
        name="create-organization-policy",
    ),
    path("organization/policies/<policy>/", policies.policy, name="organization-policy"),
    path(
        "organization/policies/<policy>/edit",
        policies.EditPolicy.as_view(),
        name="edit-organization-policy",
    ),
    path(
        "organization/policies/<policy>/delete",
        policies.DeletePolicy.as_view(),
        name="delete-organization-policy",
    ),
    path(
        "organization/kinds/<type>/enable",
        policies.EnableKind.as_view(),
        name="enable-policy-kind",
    ),
    path(
        "organization/kinds/<type>/disable",
        policies.DisableKind.as_view(),
        name="disable-policy-kind",
    ),
    path(
        "organization/resource-policy/edit",
        resource_policy.EditResourcePolicy.as_view(),
        name="edit-organization-resource-policy",
    ),
    path(
        "organization/resource-policy/delete",
        resource_policy.DeleteResourcePolicy.as_view(),
        name="delete-organization-resource-policy",
    ),
    path(
        "organization/administrators/register",
        delegated.RegisterAdministrator.as_view(),
        name="register-administrator",
    ),
    path(
        "organization/administrators/<account>/<service>/deregister",
        delegated.DeregisterAdministrator.as_view(),
        name="deregister-administrator",
    ),
    path("accounts-and-root", roots.roots, name="organization-roots"),
    path("accounts-and-root/trust", roots.TrustIAM.as_view(), name="trust-iam"),
    re_path(
        r"accounts-and-root/features/(?P<feature>RootCredentialsManagement|RootSessions)"
        r"/(?P<switch>on|off)$",
        roots.SwitchFeature.as_view(),
        name="switch-root-feature",
    ),
    path(
        "accounts-and-root/<account>/delete",
        roots.DeleteRootCredentials.as_view(),
        name="delete-root-credentials",
    ),
    path(
        "accounts-and-root/<account>/unlock",
        unlocking.Unlock.as_view(),
        name="unlock-resource",
    ),
    path(
        "accounts-and-root/<account>/recovery",
        roots.AllowRecovery.as_view(),
        name="allow-root-recovery",
    ),
    path("credential-report", credential_report.credential_report, name="credential-report"),
    path(
        "credential-report/generate",
        credential_report.Generate.as_view(),
        name="generate-credential-report",
    ),
    path("account", settings.account, name="account"),
    path("account/name", settings.ChangeName.as_view(), name="change-account-name"),
    path("account/alias", settings.SetAlias.as_view(), name="set-alias"),
    path("account/alias/<alias>/remove", settings.RemoveAlias.as_view(), name="remove-alias"),
    path(
        "account/password-policy",
        password_policy.SetPasswordPolicy.as_view(),
        name="set-password-policy",
    ),
    path(
        "account/password-policy/remove",
        password_policy.RemovePasswordPolicy.as_view(),
        name="remove-password-policy",
    ),
    path("account/sessions", settings.SetSessions.as_view(), name="set-console-sessions"),
    path("account/close", closing.CloseAccount.as_view(), name="close-own-account"),
    path("account/decisions", settings.SetDecisions.as_view(), name="set-decisions"),
    path("account/session-tokens", settings.SetTokenVersion.as_view(), name="set-token-version"),
    path("account/issuer/enable", issuer.Enable.as_view(), name="enable-issuer"),
    path("account/issuer/disable", issuer.Disable.as_view(), name="disable-issuer"),
    path("account/issuer/rotate", issuer.Rotate.as_view(), name="rotate-issuer-keys"),
]
