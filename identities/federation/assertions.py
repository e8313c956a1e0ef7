"""What a SAML assertion says, and whether it is meant for this portal, now.

Source: api-behaviour.md §11.2; context-keys.md §9; SAML 2.0 Profiles §4.1.4.3.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lxml import etree

from iamsite.operations.errors import OperationError, invalid_identity_token
from identities.federation.xml import NAMESPACES

AWS = "https://aws.amazon.com/SAML/Attributes/"
PRINCIPAL_TAG = f"{AWS}PrincipalTag:"
BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
NAME_FORMAT = "urn:oasis:names:tc:SAML:2.0:nameid-format:"
SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
SOURCE_IDENTITY = re.compile(r"(?!aws:)[\w+=,.@-]{2,64}", re.ASCII)
LEEWAY = timedelta(seconds=60)  # by which the provider's clock may differ
LONGEST = timedelta(hours=24)  # for which an assertion may be good: as long it is remembered

NO_SESSION_NAME = "RoleSessionName is required in AuthnResponse"
BAD_SESSION_NAME = "RoleSessionName in AuthnResponse must match [a-zA-Z_0-9+=,.@-]{2,64}"
BAD_SOURCE_IDENTITY = (
    'Source Identity must match [a-zA-Z_0-9+=,.@-]{2,256} and not begin with "aws:"'
)
WRONG_AUDIENCE = "Response does not contain the required audience."
NO_CONFIRMATION = "Response does not contain a bearer confirmation for this portal."

_PERSON = "urn:oid:1.3.6.1.4.1.5923.1.1.1."
_ORGANIZATION = "urn:oid:1.3.6.1.4.1.5923.1.2.1."
_CLAIMS = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
# Attribute names to condition keys (IAM User Guide, "Available keys for SAML-based federation").
ATTRIBUTES = {
    f"{_PERSON}1": "edupersonaffiliation",
    f"{_PERSON}2": "edupersonnickname",
    f"{_PERSON}3": "edupersonorgdn",
    f"{_PERSON}4": "edupersonorgunitdn",
    f"{_PERSON}5": "edupersonprimaryaffiliation",
    f"{_PERSON}6": "edupersonprincipalname",
    f"{_PERSON}7": "edupersonentitlement",
    f"{_PERSON}8": "edupersonprimaryorgunitdn",
    f"{_PERSON}9": "edupersonscopedaffiliation",
    f"{_PERSON}10": "edupersontargetedid",
    f"{_PERSON}11": "edupersonassurance",
    f"{_ORGANIZATION}2": "eduorghomepageuri",
    f"{_ORGANIZATION}3": "eduorgidentityauthnpolicyuri",
    f"{_ORGANIZATION}4": "eduorglegalname",
    f"{_ORGANIZATION}5": "eduorgsuperioruri",
    f"{_ORGANIZATION}6": "eduorgwhitepagesuri",
    "urn:oid:2.5.4.3": "cn",
    "http://schemas.xmlsoap.org/claims/CommonName": "commonName",
    f"{_CLAIMS}name": "name",
    f"{_CLAIMS}emailaddress": "mail",
    f"{_CLAIMS}givenname": "givenName",
    f"{_CLAIMS}surname": "surname",
    "http://schemas.microsoft.com/ws/2008/06/identity/claims/primarygroupsid": "primaryGroupSID",
    "urn:oid:2.5.4.4": "surname",
    "urn:oid:2.5.4.42": "givenName",
    "urn:oid:2.5.4.45": "x500UniqueIdentifier",
    "urn:oid:0.9.2342.19200300.100.1.1": "uid",
    "urn:oid:0.9.2342.19200300.100.1.3": "mail",
    "urn:oid:0.9.2342.19200300.100.1.45": "organizationStatus",
}
MANY = {
    "edupersonaffiliation",
    "edupersonassurance",
    "edupersonentitlement",
    "edupersonnickname",
    "edupersonorgunitdn",
    "edupersonscopedaffiliation",
    "edupersontargetedid",
    "cn",
    "eduorghomepageuri",
    "eduorgidentityauthnpolicyuri",
    "eduorglegalname",
    "eduorgsuperioruri",
    "eduorgwhitepagesuri",
}


@dataclass(frozen=True, slots=True)
class Statement:
    """An assertion's content. Times are aware; `attributes` have their values in order."""

    id: str
    issuer: str
    subject: str
    subject_type: str
    recipients: tuple[tuple[str, datetime | None], ...]
    audiences: tuple[str, ...] | None
    not_before: datetime | None
    not_on_or_after: datetime | None
    session_end: datetime | None
    attributes: dict[str, tuple[str, ...]]
    in_response_to: str = ""

    def one(self, name: str) -> str | None:
        """The value of one of AWS's attributes that has at most one. Raises
        InvalidIdentityToken."""
        values = self.attributes.get(f"{AWS}{name}", ())
        if len(values) > 1:
            raise invalid_identity_token(f"{name} in AuthnResponse must have one value")
        return values[0] if values else None


def read(assertion: etree._Element) -> Statement:
    """The content of a signed assertion. Raises InvalidIdentityToken."""
    names = _all(assertion, "saml:Subject/saml:NameID")
    issuers = _all(assertion, "saml:Issuer")
    conditions = _all(assertion, "saml:Conditions")
    if len(names) != 1 or len(issuers) != 1 or len(conditions) > 1 or not assertion.get("ID"):
        raise invalid_identity_token("Response is malformed.")
    limits = conditions[0] if conditions else None
    ends = [
        end
        for one in _all(assertion, "saml:AuthnStatement")
        if (end := _time(one.get("SessionNotOnOrAfter"))) is not None
    ]
    return Statement(
        id=assertion.get("ID", ""),
        issuer=_text(issuers[0]),
        subject=_text(names[0]),
        subject_type=_type(names[0].get("Format", "")),
        recipients=tuple(
            (data.get("Recipient", ""), _time(data.get("NotOnOrAfter")))
            for data in _all(
                assertion,
                f"saml:Subject/saml:SubjectConfirmation[@Method='{BEARER}']"
                "/saml:SubjectConfirmationData",
            )
        ),
        audiences=_audiences(limits),
        not_before=_time(limits.get("NotBefore")) if limits is not None else None,
        not_on_or_after=_time(limits.get("NotOnOrAfter")) if limits is not None else None,
        session_end=min(ends) if ends else None,
        attributes=_attributes(assertion),
        in_response_to=_asked(assertion),
    )


def _asked(assertion: etree._Element) -> str:
    """The id of the request that is answered; "" for an answer that nobody asked for."""
    data = "saml:Subject/saml:SubjectConfirmation/saml:SubjectConfirmationData"
    return next((one.get("InResponseTo", "") for one in _all(assertion, data)), "")


def _all(element: etree._Element, path: str) -> list[etree._Element]:
    found: list[etree._Element] = element.xpath(path, namespaces=NAMESPACES)
    return found


def _text(element: etree._Element) -> str:
    return "".join(element.itertext()).strip()


def _type(name_format: str) -> str:
    short = name_format.removeprefix(NAME_FORMAT)
    return short if short in ("persistent", "transient") else name_format


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid_identity_token("Response has a time that is none.") from error
    return found.astimezone(UTC) if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _audiences(conditions: etree._Element | None) -> tuple[str, ...] | None:
    """The audiences that every restriction names; None without any restriction."""
    restrictions = _all(conditions, "saml:AudienceRestriction") if conditions is not None else []
    if not restrictions:
        return None
    named = [{_text(one) for one in _all(each, "saml:Audience")} for each in restrictions]
    return tuple(sorted(set.intersection(*named)))


def _attributes(assertion: etree._Element) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for one in _all(assertion, "saml:AttributeStatement/saml:Attribute"):
        name = one.get("Name", "")
        if name in found:
            raise invalid_identity_token("Response has an attribute twice.")
        found[name] = tuple(_text(value) for value in _all(one, "saml:AttributeValue"))
    return found


def check(statement: Statement, portal: str, now: datetime) -> datetime:
    """The time until which the assertion may be used; it is for `portal`, and it is time for it.

    Raises InvalidIdentityToken and ExpiredTokenException.
    """
    if len(statement.recipients) != 1:
        raise invalid_identity_token(NO_CONFIRMATION)
    ((recipient, end),) = statement.recipients
    if recipient != portal or end is None:
        raise invalid_identity_token(NO_CONFIRMATION)
    if statement.audiences is None or portal not in statement.audiences:
        raise invalid_identity_token(WRONG_AUDIENCE)
    ends = [one for one in (end, statement.not_on_or_after) if one is not None]
    if now >= min(ends) + LEEWAY:
        raise OperationError("ExpiredTokenException", "Token must be redeemed before it expires.")
    if statement.not_before is not None and now < statement.not_before - LEEWAY:
        raise invalid_identity_token("Response is not valid yet.")
    if min(ends) > now + LONGEST:
        raise invalid_identity_token("Response is valid for too long.")
    if statement.session_end is not None and now >= statement.session_end:
        raise OperationError("ExpiredTokenException", "The session of the identity has ended.")
    return min(ends) + LEEWAY


def session_name(statement: Statement) -> str:
    """Raises InvalidIdentityToken."""
    name = statement.one("RoleSessionName")
    if name is None:
        raise invalid_identity_token(NO_SESSION_NAME)
    if not SESSION_NAME.fullmatch(name):
        raise invalid_identity_token(BAD_SESSION_NAME)
    return name


def source_identity(statement: Statement) -> str:
    """The source identity that the assertion sets, or "". Raises InvalidIdentityToken."""
    found = statement.one("SourceIdentity")
    if found is not None and not SOURCE_IDENTITY.fullmatch(found):
        raise invalid_identity_token(BAD_SOURCE_IDENTITY)
    return found or ""


def seconds(statement: Statement, asked: int, now: datetime) -> int:
    """How long the session may last: the assertion only shortens what is asked for."""
    longest = [asked]
    if (given := statement.one("SessionDuration")) is not None:
        if not re.fullmatch(r"[0-9]{1,6}", given) or not 900 <= int(given) <= 43_200:
            raise invalid_identity_token("SessionDuration must be from 900 to 43200")
        longest.append(int(given))
    if statement.session_end is not None:
        longest.append(int((statement.session_end - now).total_seconds()))
    return min(longest)


def lists(statement: Statement, role: str, provider: str) -> bool:
    """Whether the assertion lists the pair of role and provider, in either order."""
    pairs = [
        tuple(part.strip() for part in value.split(","))
        for value in statement.attributes.get(f"{AWS}Role", ())
    ]
    return (role, provider) in pairs or (provider, role) in pairs


def tags(statement: Statement) -> tuple[list[dict[str, str]], list[str]]:
    """Session tags and transitive keys that the assertion asks for."""
    found = []
    for name, values in statement.attributes.items():
        if name.startswith(PRINCIPAL_TAG):
            if len(values) != 1:
                raise invalid_identity_token("A session tag has one value.")
            found.append({"Key": name.removeprefix(PRINCIPAL_TAG), "Value": values[0]})
    return found, list(statement.attributes.get(f"{AWS}TransitiveTagKeys", ()))


def name_qualifier(issuer: str, account: str, name: str) -> str:
    digest = hashlib.sha1(f"{issuer}{account}/{name}".encode(), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


Keys = dict[str, str | tuple[str, ...]]


def lasting_keys(statement: Statement, account: str, name: str) -> Keys:
    """The condition keys that the session keeps."""
    kind = {"saml:sub_type": statement.subject_type} if statement.subject_type else {}
    return {
        "saml:namequalifier": name_qualifier(statement.issuer, account, name),
        "saml:sub": statement.subject,
        **kind,
    }


def keys(statement: Statement, account: str, name: str) -> Keys:
    """The condition keys of the call."""
    found: Keys = {}
    for attribute, values in statement.attributes.items():
        key = ATTRIBUTES.get(attribute)
        if key is not None and values:
            found[f"saml:{key}"] = values if key in MANY or len(values) > 1 else values[0]
    return {
        **found,
        **lasting_keys(statement, account, name),
        "saml:aud": statement.recipients[0][0],
        "saml:iss": statement.issuer,
        "saml:doc": f"{account}/{name}",
    }
