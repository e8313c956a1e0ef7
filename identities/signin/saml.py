"""Signing in at a SAML 2.0 provider: web browser SSO, begun here or there (SAML 2.0 Profiles §4.1).

A provider's answer comes by a form that another site sends, without this browser's cookies. It is
taken in two steps: first a page of ours shows what it is, then whoever is there sends it on, with
the note of a sign-in that was begun here.
"""

from __future__ import annotations

import base64
import hmac
import secrets
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.utils import timezone
from lxml import etree

from iamsite.operations import OperationError, Origin
from identities.federation import assertions, metadata, responses
from identities.federation.assertions import Statement
from identities.federation.xml import MD, SAML, SAMLP
from identities.models import SignInClient
from identities.operations.sts.saml import bearer, portal_address
from identities.providers import SAML_ARN
from identities.signin import providers
from identities.signin.outcomes import SignedIn, SignInRefused
from identities.signin.providers import Journey

KIND = "saml"
POST = "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
NO_ADDRESS = (
    "The provider's metadata has no SingleSignOnService for HTTP-Redirect: sign in from the "
    "provider's own pages."
)
MALFORMED = "The identity provider's answer is malformed."
NO_ROLES = "The identity provider's answer names no role."
ANSWERS_ANOTHER = "The identity provider's answer is for another sign-in than this browser's."
LONGEST = 100_000

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says has signed in, and the pairs of role and provider to choose from."""

    statement: Statement
    pairs: tuple[Pair, ...]
    next: str
    test: bool


def begin(client: SignInClient, wanted: str, *, test: bool) -> Journey:
    """Raises SignInRefused."""
    if client.saml_provider is None:
        raise SignInRefused(providers.NO_PROVIDER)
    entity = metadata.read(client.saml_provider.metadata).entities[0]
    if not entity.sso.startswith("https://"):
        raise SignInRefused(NO_ADDRESS)
    number = f"_{secrets.token_hex(20)}"
    packer = zlib.compressobj(wbits=-15)
    packed = packer.compress(_request(number, entity.sso, timezone.now())) + packer.flush()
    query = {"SAMLRequest": base64.b64encode(packed).decode(), "RelayState": secrets.token_hex(16)}
    url = f"{entity.sso}{'&' if urlsplit(entity.sso).query else '?'}{urlencode(query)}"
    note = {
        "kind": KIND,
        "account": client.account_id,
        "provider": client.saml_provider.arn,
        "request": number,
        "next": wanted,
        "test": test,
    }
    return Journey(url, providers.note(note))


def _request(number: str, to: str, now: datetime) -> bytes:
    names: dict[str | None, str] = {"samlp": SAMLP, "saml": SAML}
    root = etree.Element(
        f"{{{SAMLP}}}AuthnRequest",
        nsmap=names,
        attrib={
            "ID": number,
            "Version": "2.0",
            "IssueInstant": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Destination": to,
            "ProtocolBinding": POST,
            "AssertionConsumerServiceURL": portal_address(),
        },
    )
    etree.SubElement(root, f"{{{SAML}}}Issuer").text = portal_address()
    return etree.tostring(root)


def portal_metadata() -> bytes:
    """What a provider has to know of the portal (SAML 2.0 Metadata §2.4.4)."""
    names: dict[str | None, str] = {"md": MD}
    root = etree.Element(
        f"{{{MD}}}EntityDescriptor", nsmap=names, attrib={"entityID": portal_address()}
    )
    descriptor = etree.SubElement(
        root,
        f"{{{MD}}}SPSSODescriptor",
        attrib={
            "AuthnRequestsSigned": "false",
            "WantAssertionsSigned": "true",
            "protocolSupportEnumeration": SAMLP,
        },
    )
    for kind in ("persistent", "transient"):
        form = etree.SubElement(descriptor, f"{{{MD}}}NameIDFormat")
        form.text = f"{assertions.NAME_FORMAT}{kind}"
    etree.SubElement(
        descriptor,
        f"{{{MD}}}AssertionConsumerService",
        attrib={"Binding": POST, "Location": portal_address(), "index": "0", "isDefault": "true"},
    )
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def shown(text: str) -> tuple[Pair, ...]:
    """The pairs that an answer names, of which nothing is proved: for people to look at.

    Empty for one that is encrypted. Raises SignInRefused.
    """
    assertion = _response(text).find(responses.ASSERTION)
    if assertion is None:
        return ()
    try:
        return _pairs(assertions.read(assertion))
    except OperationError as error:
        raise SignInRefused(error.message) from error


def received(text: str, note_text: str, pair: Pair | None) -> Identity:
    """What the answer proves; `pair` was chosen, or its provider is that of the note.

    Raises SignInRefused: an answer to a request counts only where the request was made.
    """
    note = _note(note_text)
    given = pair or next(iter(shown(text)), None)
    role, provider = given or ("", note.get("provider", ""))
    match = SAML_ARN.fullmatch(provider)
    if match is None:
        raise SignInRefused(NO_ROLES)
    try:
        proof = bearer(
            timezone.now(),
            RoleArn=role or f"arn:aws:iam::{match[1]}:role/any",
            PrincipalArn=provider,
            SAMLAssertion=text,
        )
    except OperationError as error:
        raise SignInRefused(error.message) from error
    statement: Statement = proof.content.statement
    asked = statement.in_response_to
    if asked and not hmac.compare_digest(asked.encode(), note.get("request", "").encode()):
        raise SignInRefused(ANSWERS_ANOTHER)
    pairs = _pairs(statement)
    if not pairs:
        raise SignInRefused(NO_ROLES)
    return Identity(statement, pairs, note.get("next", ""), bool(asked) and note.get("test", False))


def choose(text: str, pair: Pair, origin: Origin) -> SignedIn:
    """Signs in to the role, by sts:AssumeRoleWithSAML. Raises SignInRefused."""
    role, provider = pair
    params = {"RoleArn": role, "PrincipalArn": provider, "SAMLAssertion": text}
    return providers.assume("AssumeRoleWithSAML", params, origin)


def _note(text: str) -> Mapping[str, Any]:
    """Empty where no sign-in was begun here: the provider's own pages may begin one."""
    try:
        return providers.read_note(text, KIND) if text else {}
    except SignInRefused:
        return {}


def _response(text: str) -> etree._Element:
    try:
        if len(text) > LONGEST:
            raise responses.NotAResponse("too long")
        return responses.read(text)
    except responses.NotAResponse as error:
        raise SignInRefused(MALFORMED) from error


def _pairs(statement: Statement) -> tuple[Pair, ...]:
    """Role and provider, whichever order they are in."""
    found = []
    for value in statement.attributes.get(f"{assertions.AWS}Role", ()):
        parts = tuple(part.strip() for part in value.split(","))
        if len(parts) == 2:
            first, second = parts
            found.append((second, first) if SAML_ARN.fullmatch(first) else (first, second))
    return tuple(dict.fromkeys(found))
