"""Addresses of the account's own pages."""

from django.urls import URLPattern, path

from accounts.console import activity, dashboard, sessions, settings

urlpatterns: list[URLPattern] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("getting-started", dashboard.getting_started, name="getting-started"),
    path("activity", activity.activity, name="activity"),
    path("activity/verify", activity.verify_trail, name="verify-trail"),
    path("sessions", sessions.sessions, name="sessions"),
    path("sessions/<session>/end", sessions.EndSession.as_view(), name="end-session"),
    path("account", settings.account, name="account"),
    path("account/name", settings.ChangeName.as_view(), name="change-account-name"),
    path("account/alias", settings.SetAlias.as_view(), name="set-alias"),
    path("account/alias/<alias>/remove", settings.RemoveAlias.as_view(), name="remove-alias"),
]
