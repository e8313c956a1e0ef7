from django.urls import path

from identities.outbound import views

urlpatterns = [
    path("<uuid:identifier>/.well-known/openid-configuration", views.openid_configuration),
    path("<uuid:identifier>/.well-known/jwks.json", views.jwks),
]
