"""Addresses of the account's own pages."""

from django.urls import URLPattern, path

from accounts.console import activity, dashboard, sessions, settings

urlpatterns: list[URLPattern] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("getting-started", dashboard.getting_started, name="getting-started"),
    path("activity", activity.activity, name="activity"),
    path("sessions", sessions.sessions, name="sessions"),
    path("sessions/<session>/end", sessions.EndSession.as_view(), name="end-session"),
    path("account", settings.account, name="account"),
    path("account/alias", settings.SetAlias.as_view(), name="set-alias"),
    path("account/alias/<alias>/remove", settings.RemoveAlias.as_view(), name="remove-alias"),
]
