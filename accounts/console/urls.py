"""Addresses of the account's own pages."""

from django.urls import URLPattern, path

from accounts.console import (
    activity,
    credential_report,
    dashboard,
    issuer,
    password_policy,
    sessions,
    settings,
)

urlpatterns: list[URLPattern] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("getting-started", dashboard.getting_started, name="getting-started"),
    path("activity", activity.activity, name="activity"),
    path("activity/verify", activity.verify_trail, name="verify-trail"),
    path("sessions", sessions.sessions, name="sessions"),
    path("sessions/<session>/end", sessions.EndSession.as_view(), name="end-session"),
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
    path("account/decisions", settings.SetDecisions.as_view(), name="set-decisions"),
    path("account/session-tokens", settings.SetTokenVersion.as_view(), name="set-token-version"),
    path("account/issuer/enable", issuer.Enable.as_view(), name="enable-issuer"),
    path("account/issuer/disable", issuer.Disable.as_view(), name="disable-issuer"),
    path("account/issuer/rotate", issuer.Rotate.as_view(), name="rotate-issuer-keys"),
]
