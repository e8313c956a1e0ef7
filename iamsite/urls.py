"""Which face answers which address. The AWS Query face is beside Django (wsgi.py)."""

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("iamsite.rest.urls")),
]
