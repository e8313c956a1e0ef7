"""OpenID Connect issuers that many tenants share: trusting one takes a condition on a claim.

Source: policy-language §6.1. Checked when a trust policy is written, not when it is read: what
is stored keeps working.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from .answers import answer_to
from .document import Document, Effect, Statement
from .faults import Fault, PolicyErrors
from .operators import Qualifier, operator_named
from .patterns import fold

COGNITO = "cognito-identity.amazonaws.com"

# Issuer, as its URL without the scheme, to the claim's key: a suffix of the issuer, or a whole key.
REQUIRED_CLAIMS = {
    **dict.fromkeys(
        (
            "token.actions.githubusercontent.com",
            "vstoken.actions.githubusercontent.com",
            "oidc-configuration.audit-log.githubusercontent.com",
            "gitlab.com",
            "agent.buildkite.com",
            "app.terraform.io",
            "oidc.codefresh.io",
            "studio.datachain.ai/api",
            "scalr.io",
            "tokens.cloud.shisho.dev",
            "proidc.upbound.io",
        ),
        ":sub",
    ),
    **dict.fromkeys(
        ("api.pulumi.com/oidc", "sandboxes.cloud", "oidc.vercel.com", COGNITO),
        ":aud",
    ),
    "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d": "sts:RoleSessionName",
}

_POSITIVE = frozenset(("StringEquals", "StringEqualsIgnoreCase", "StringLike"))


def check_issuers(document: Document, exempt: Collection[str] = ()) -> None:
    """Raise PolicyErrors where a trust policy trusts a shared issuer without its claim.

    `exempt` lists issuers (without the scheme) that this installation does not share.
    """
    faults = [
        _fault(document, statement, issuer, key)
        for statement, issuer, key in missing_claims(document)
        if issuer not in exempt
    ]
    if faults:
        raise PolicyErrors(faults)


def missing_claims(document: Document) -> Iterator[tuple[Statement, str, str]]:
    """Each statement that trusts a shared issuer without its claim: (statement, issuer, key)."""
    for statement in document.statements:
        if statement.effect is Effect.ALLOW:
            for issuer, key in _required(statement):
                if not _requires(statement, key):
                    yield statement, issuer, key


def _required(statement: Statement) -> Iterator[tuple[str, str]]:
    """The issuers that a statement trusts and must narrow, with the keys to narrow by."""
    for principal in statement.principals or ():
        if principal.type != "Federated":
            continue
        _, _, path = principal.value.partition(":oidc-provider/")
        issuer = (path or principal.value).rstrip("/")
        for shared, key in REQUIRED_CLAIMS.items():
            if fold(issuer) == shared or fold(issuer).startswith(f"{shared}/"):
                yield issuer, issuer + key if key.startswith(":") else key


def _requires(statement: Statement, key: str) -> bool:
    """Whether a positive string comparison on the key names more than wildcards."""
    for name, found, values in statement.conditions:
        operator = operator_named(name)
        if (
            fold(found) == fold(key)
            and operator is not None
            and operator.base in _POSITIVE
            and operator.qualifier is not Qualifier.ALL
            and not operator.if_exists
            and any(value.strip("*?") for value in values)
        ):
            return True
    return False


def _fault(document: Document, statement: Statement, issuer: str, key: str) -> Fault:
    code = "cognito-audience" if fold(issuer) == COGNITO else "issuer-claim"
    answer = answer_to(document.kind, code)
    message = f"Many share the issuer {issuer}: its tokens must be narrowed by {key}."
    advice = f'Add "Condition": {{"StringEquals": {{"{key}": "..."}}}}.'
    line, column = statement.start
    shown = answer.message or message
    return Fault(line, column, code, message, advice, answer.stage, answer.code, shown)
