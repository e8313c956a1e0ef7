"""AssumeRoleWithSAML: a role for whom a SAML identity provider vouches (api-behaviour.md §11.2)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from accounts.sealing import unseal
from iamsite.operations import Call, operation
from iamsite.operations.caller import Assertion
from iamsite.operations.errors import access_denied, invalid_identity_token
from identities.federation import assertions, metadata, responses
from identities.federation.assertions import Statement
from identities.models import SAMLPrivateKey, SAMLProvider, UsedAssertion
from identities.operations.sts.federated import Asked, asserted_tags, assume
from identities.operations.sts.reading import Reading
from identities.operations.sts.role_arn import account_of
from identities.providers import SAML_ARN
from policies.engine import Principal, PrincipalKind

MALFORMED = (
    "Invalid base64 SAMLResponse (Service: AWSOpenIdDiscoveryService; Status Code: 400; "
    "Error Code: AuthSamlInvalidSamlResponseException)"
)
NO_PROVIDER = "Specified provider doesn't exist."
WRONG_ISSUER = "Issuer not present in specified provider"
WRONG_SIGNATURE = "Response signature invalid"
NOT_DECRYPTED = "The assertion of the response could not be decrypted."
USED = "The assertion has been used already."
TOO_LONG = "Requested DurationSeconds exceeds MaxSessionDuration set for this role."
USE = (
    "INSERT INTO identities_usedassertion (account_id, digest, until) VALUES (%s, %s, %s)"
    " ON CONFLICT DO NOTHING"
)


class Proved(NamedTuple):
    """What was proved by the metadata that a provider had."""

    statement: Statement
    metadata: str


def portal_address() -> str:
    """The portal's entity id, and the recipient that assertions for it name."""
    return f"{settings.IAMSITE_URL}/saml"


def bearer(
    now: datetime, RoleArn: str, PrincipalArn: str, SAMLAssertion: str, **_: Any
) -> Assertion:
    """Whom the assertion is about, once a provider of the role's account is proved to have signed
    it.

    Raises InvalidIdentityToken.
    """
    try:
        response = responses.read(SAMLAssertion)
    except responses.NotAResponse as error:
        raise invalid_identity_token(MALFORMED) from error
    account = account_of(RoleArn)
    with Reading(account) as reading:
        provider = _provider(account, PrincipalArn) if reading.is_open else None
        secrets = _private_keys(provider) if provider is not None else []
    if provider is None:
        raise invalid_identity_token(NO_PROVIDER)
    # As the response says, so far: an assertion that is encrypted has the response's issuer.
    entity = metadata.read(provider.metadata).entity(responses.issuer_of(response) or "")
    if entity is None:
        raise invalid_identity_token(WRONG_ISSUER)
    try:
        assertion = responses.signed_assertion(
            response,
            entity.certificates,
            secrets,
            encrypted=provider.encryption_mode == SAMLProvider.EncryptionMode.REQUIRED,
        )
    except (responses.NotSigned, responses.NotAResponse) as error:
        raise invalid_identity_token(WRONG_SIGNATURE) from error
    except responses.NotDecrypted as error:
        raise invalid_identity_token(NOT_DECRYPTED) from error
    statement = assertions.read(assertion)
    if statement.issuer != entity.id:
        raise invalid_identity_token(WRONG_ISSUER)
    principal = Principal(PrincipalKind.SAML, provider.arn, "", provider=provider.arn)
    proved = Proved(statement, provider.metadata)
    return Assertion(account, principal, statement.subject[:128], proved)


def _provider(account: str, arn: str) -> SAMLProvider | None:
    match = SAML_ARN.fullmatch(arn)
    if match is None or match[1] != account:
        return None
    return SAMLProvider.objects.of(account).filter(name=match[2]).first()


def _private_keys(provider: SAMLProvider) -> list[bytes]:
    rows = SAMLPrivateKey.objects.of(provider.account_id).filter(provider=provider)
    return [unseal(bytes(row.secret), row.id) for row in rows]


@operation(
    "sts:AssumeRoleWithSAML",
    issues=True,
    authorizes_itself=True,
    proof=bearer,
    differs="Recipient and audience of an assertion are this installation's own address of "
    "sign-in. "
    "PackedPolicySize is by a measure of ours, as AWS does not say how it packs.",
)
def assume_role_with_saml(
    call: Call,
    RoleArn: str,
    PrincipalArn: str,
    SAMLAssertion: str,
    PolicyArns: list[dict[str, str]] | None = None,
    Policy: str | None = None,
    DurationSeconds: int = 3600,
    MinimumSessionTokenSize: int = 0,
) -> dict[str, Any]:
    assert call.caller.assertion is not None
    statement, proved_by = call.caller.assertion.content
    # Read again: what an administrator has changed meanwhile counts.
    provider = _provider(call.account, PrincipalArn)
    if provider is None:
        raise invalid_identity_token(NO_PROVIDER)
    if provider.metadata != proved_by:
        raise invalid_identity_token(WRONG_SIGNATURE)
    call.detail.update(Subject=statement.subject, Issuer=statement.issuer)
    until = assertions.check(statement, portal_address(), call.now)
    name = assertions.session_name(statement)
    if not assertions.lists(statement, RoleArn, PrincipalArn):
        raise access_denied("Not authorized to perform sts:AssumeRoleWithSAML")
    _use_once(call, provider, statement, until)
    asked = Asked(
        role_arn=RoleArn,
        name=name,
        seconds=DurationSeconds,
        tags=asserted_tags(*assertions.tags(statement)),
        source_identity=assertions.source_identity(statement),
        keys=assertions.keys(statement, call.account, provider.name),
        lasting=assertions.lasting_keys(statement, call.account, provider.name),
        policy=Policy,
        policy_arns=PolicyArns,
        minimum_size=MinimumSessionTokenSize,
        at_most=assertions.seconds(statement, DurationSeconds, call.now),
        too_long=TOO_LONG,
    )
    return {
        **assume(call, asked),
        "Subject": statement.subject,
        "SubjectType": statement.subject_type.removeprefix(assertions.NAME_FORMAT),
        "Issuer": statement.issuer,
        "Audience": portal_address(),
        "NameQualifier": assertions.name_qualifier(statement.issuer, call.account, provider.name),
    }


def _use_once(call: Call, provider: SAMLProvider, statement: Statement, until: datetime) -> None:
    """Raises InvalidIdentityToken for an assertion that has led to a session before.

    Of two calls at once with one assertion, the second waits for the first at the row it adds.
    """
    UsedAssertion.objects.of(call.account).filter(until__lt=call.now).delete()
    digest = hashlib.sha256(f"{provider.id} {statement.issuer} {statement.id}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(USE, [call.account, digest, until])
        if not cursor.rowcount:
            raise invalid_identity_token(USED)
