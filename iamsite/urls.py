"""Which face answers which address. The AWS Query face is beside Django (wsgi.py)."""

from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from iamsite.console import authorize, federation, providers, switching
from iamsite.developer_tools import token
from iamsite.portal_model import portal_model

urlpatterns: list[URLPattern | URLResolver] = [
    path("", RedirectView.as_view(pattern_name="console:dashboard")),
    path("api/v1/", include("iamsite.rest.urls")),
    path("federation/", include("identities.outbound.urls")),
    path("portal/service-2.json", portal_model),
    path("workload/", include("iamsite.workloads")),
    path("federation", federation.federation),
    path("saml", providers.saml_answer),
    path("saml/metadata.xml", providers.saml_metadata),
    path("switchrole", switching.aws_link),
    path("v1/authorize", authorize.aws_link),
    path("v1/token", token),
    path("console/", include("iamsite.console.urls")),
]
handler400 = "iamsite.console.errors.bad_request"
handler404 = "iamsite.console.errors.not_found"
handler500 = "iamsite.console.errors.server_error"
