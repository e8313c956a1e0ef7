from __future__ import annotations

from django.db import models

from accounts.sealing import SealedField
from accounts.tenancy import TenantModel
from identities.models.providers import OIDCProvider, SAMLProvider


class SignInClient(TenantModel):
    """How people sign in to the console through one identity provider of the account.

    `name` is what the sign-in page calls it. At an OpenID Connect provider the portal is the client
    `client_id`, whose secret is sealed, and offers the roles of `role_arns`; a SAML provider says
    itself which roles there are.
    """

    id = models.UUIDField(primary_key=True)
    oidc_provider = models.OneToOneField(
        OIDCProvider,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="sign_in_client",
    )
    saml_provider = models.OneToOneField(
        SAMLProvider,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="sign_in_client",
    )
    name = models.CharField(max_length=64)
    client_id = models.CharField(max_length=255, default="")
    secret = SealedField(default=b"")
    role_arns = models.JSONField(default=list)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(oidc_provider__isnull=True)
                ^ models.Q(saml_provider__isnull=True),
                name="sign_in_client_of_one_provider",
            )
        ]
