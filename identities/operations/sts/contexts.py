"""ProvidedContexts of AssumeRole: on whose behalf a session acts.

A context provider is an OpenID Connect provider of the role's account, an assertion the ID token of
somebody who signed in there (docs/decisions/0023-provided-contexts.md). What the token says holds
for the whole session: `<provider>:<claim>` are its condition keys, and in the call that sets them
they are `sts:RequestContext/<provider>:<claim>` (context-keys.md §7; evaluation.md §7.2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from iamsite.operations import Call, OperationError
from iamsite.operations.errors import (
    invalid_identity_token,
    invalid_parameter_value,
    validation_error,
)
from identities.federation import claims, tokens
from identities.federation.issuer_keys import issuer_keys
from identities.models import OIDCProvider
from identities.operations.sts.reading import Reading
from identities.operations.sts.role_arn import account_of
from identities.providers import SCHEME, oidc_provider

MEMBERS = {"ProviderArn": "providerArn", "ContextAssertion": "contextAssertion"}
NULL = (
    "1 validation error detected: Value null at 'providedContexts.{}.member.{}' failed to satisfy "
    "constraint: Member must not be null"
)
NO_PROVIDER = (
    "{} is no context provider: it must be the ARN of an OpenID Connect provider in the account of "
    "the role."
)
TWICE = "The context provider {} is given more than once."
FOREIGN = "The context assertion was not issued by the context provider {}."


@dataclass(frozen=True, slots=True)
class Assertion:
    """A token that its issuer signed, and the provider that the caller says it is from."""

    provider: str
    token: tokens.Token


@dataclass(frozen=True, slots=True)
class Contexts:
    """What providers say of whom a session acts for.

    `keys` are the condition keys that the session carries; `subjects` whom it acts for, by the
    ARN of the provider.
    """

    keys: claims.Keys = field(default_factory=dict)
    subjects: dict[str, str] = field(default_factory=dict)

    @property
    def request_keys(self) -> claims.Keys:
        """The condition keys of the call that provides the contexts."""
        found: claims.Keys = {
            f"sts:RequestContext/{key}": value for key, value in self.keys.items()
        }
        found["sts:RequestContextProviders"] = tuple(self.subjects)
        return found


NONE = Contexts()


def verified(
    now: datetime, RoleArn: str, ProvidedContexts: list[dict[str, str]] | None = None, **_: Any
) -> list[Assertion] | OperationError:
    """The assertions of a call that their issuers signed, or what the call is to be refused with.

    Issuers are asked for their keys while no transaction is open. Only a caller whom the role
    trusts is told of a refusal.
    """
    try:
        return list(_verified(account_of(RoleArn), ProvidedContexts or []))
    except OperationError as error:
        return error


def _verified(account: str, given: list[dict[str, str]]) -> Iterator[Assertion]:
    seen: set[str] = set()
    for place, one in enumerate(given, 1):
        for name, member in MEMBERS.items():
            if name not in one:
                raise validation_error(NULL.format(place, member))
        arn = one["ProviderArn"]
        if arn in seen:
            raise invalid_parameter_value(TWICE.format(arn))
        seen.add(arn)
        token = tokens.read(one["ContextAssertion"])
        with Reading(account) as reading:
            provider = oidc_provider(account, arn) if reading.is_open else None
        if provider is None:
            raise invalid_parameter_value(NO_PROVIDER.format(arn))
        _check_issuer(provider, token)
        tokens.verify(token, issuer_keys.fitting(token, tuple(provider.thumbprints)))
        yield Assertion(arn, token)


def provided(call: Call, account: str) -> Contexts:
    """The contexts of the call, whose role is in `account`, which must be entered.

    Raises InvalidParameterValue and ValidationError for what names no provider,
    InvalidIdentityToken, ExpiredTokenException, IDPCommunicationError.
    """
    if isinstance(call.beforehand, OperationError):
        raise call.beforehand
    keys: claims.Keys = {}
    subjects: dict[str, str] = {}
    for assertion in call.beforehand:
        token = assertion.token
        # Read again: what an administrator has changed meanwhile counts.
        if (provider := oidc_provider(account, assertion.provider)) is None:
            raise invalid_parameter_value(NO_PROVIDER.format(assertion.provider))
        _check_issuer(provider, token)
        if tokens.client_of(token) not in provider.client_ids:
            raise invalid_identity_token(tokens.WRONG_AUDIENCE)
        tokens.check_time(token, call.now)
        keys.update(claims.keys(token, provider.url))
        subjects[provider.arn] = token.subject
    return Contexts(keys, subjects)


def _check_issuer(provider: OIDCProvider, token: tokens.Token) -> None:
    if token.issuer != f"{SCHEME}{provider.url}":
        raise invalid_identity_token(FOREIGN.format(provider.arn))
