"""SAML responses: what of them is signed, and by whom.

A response has one assertion, in its place. Whatever is read of it is read from the very element
that a signature of the provider covers, as the signature library hands it back: so an element that
was moved, copied or wrapped around says nothing (XML Signature Best Practices; SAML 2.0 Core §5).
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import replace

import xmlsec
from cryptography import x509
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.exceptions import SignXMLException
from signxml.verifier import SignatureConfiguration, XMLVerifier

from identities.federation.xml import DS, NAMESPACES, SAML, SAMLP, XENC, NotXML, parse

SIGNATURE, OBJECT = f"{{{DS}}}Signature", f"{{{DS}}}Object"
RESPONSE, ASSERTION = f"{{{SAMLP}}}Response", f"{{{SAML}}}Assertion"
ENCRYPTED = f"{{{SAML}}}EncryptedAssertion"
SUCCESS = "urn:oasis:names:tc:SAML:2.0:status:Success"
C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
TRANSFORMS = {
    f"{DS}enveloped-signature",
    C14N,
    f"{C14N}WithComments",
    "http://www.w3.org/TR/2001/REC-xml-c14n-20010315",
    "http://www.w3.org/2006/12/xml-c14n11",
}
SIGNED_BY = SignatureConfiguration(
    location="./",
    signature_methods=frozenset(
        {
            SignatureMethod.RSA_SHA256,
            SignatureMethod.RSA_SHA384,
            SignatureMethod.RSA_SHA512,
            SignatureMethod.SHA256_RSA_MGF1,
            SignatureMethod.SHA384_RSA_MGF1,
            SignatureMethod.SHA512_RSA_MGF1,
            SignatureMethod.ECDSA_SHA256,
            SignatureMethod.ECDSA_SHA384,
            SignatureMethod.ECDSA_SHA512,
        }
    ),
    digest_algorithms=frozenset(
        {DigestAlgorithm.SHA256, DigestAlgorithm.SHA384, DigestAlgorithm.SHA512}
    ),
    # The certificate's key counts, whatever else the signature says of keys.
    ignore_ambiguous_key_info=True,
)
CIPHERS = {
    *(f"{XENC}aes{size}-cbc" for size in (128, 192, 256)),
    *(f"http://www.w3.org/2009/xmlenc11#aes{size}-gcm" for size in (128, 192, 256)),
}
# PKCS #1 1.5 would make an oracle of whoever decrypts.
KEY_TRANSPORTS = {f"{XENC}rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}


class NotAResponse(ValueError):
    """The text is no response of the form that is taken."""


class NotSigned(ValueError):
    """No signature of the provider covers the assertion, or one that is there is wrong."""


class NotDecrypted(ValueError):
    """The assertion is encrypted and cannot be read, or is not encrypted and should be."""


def read(text: str) -> etree._Element:
    """The response in the Base64 of `text`. Raises NotAResponse."""
    try:
        root = parse(base64.b64decode("".join(text.split()), validate=True))
    except ValueError as error:
        raise NotAResponse("no Base64 of XML") from error
    _check_form(root, RESPONSE)
    status = root.xpath("samlp:Status/samlp:StatusCode/@Value", namespaces=NAMESPACES)
    if status != [SUCCESS]:
        raise NotAResponse("no success")
    assertions = root.xpath(
        "//*[self::saml:Assertion or self::saml:EncryptedAssertion]", namespaces=NAMESPACES
    )
    if len(assertions) != 1 or assertions[0].getparent() is not root:
        raise NotAResponse("not one assertion in its place")
    return root


def issuer_of(response: etree._Element) -> str | None:
    """Who the response, or else its assertion, says it is from; nothing is proved yet."""
    found = response.xpath(
        "saml:Issuer/text() | saml:Assertion/saml:Issuer/text()", namespaces=NAMESPACES
    )
    return str(found[0]).strip() if found else None


def _check_form(root: etree._Element, tag: str) -> None:
    """Signatures only where they belong, nothing inside them but a signature, no id twice."""
    if root.tag != tag:
        raise NotAResponse(f"no {tag}")
    for signature in root.iter(SIGNATURE):
        parent = signature.getparent()
        if parent is None or parent.tag not in (RESPONSE, ASSERTION):
            raise NotAResponse("a signature out of its place")
        if len(parent.findall(SIGNATURE)) > 1 or signature.find(f".//{OBJECT}") is not None:
            raise NotAResponse("more than one signature, or an object in one")
    ids = [one.get(name) for one in root.iter() for name in ("ID", "Id", "id") if one.get(name)]
    if len(ids) != len(set(ids)):
        raise NotAResponse("an id twice")


def signed_assertion(
    response: etree._Element,
    certificates: Sequence[bytes],
    private_keys: Iterable[bytes] = (),
    *,
    encrypted: bool = False,
) -> etree._Element:
    """The assertion, as a signature by one of `certificates` (DER) covers it.

    The response is signed, or the assertion is; every signature that is there must be right.
    `private_keys` (PEM) decrypt it; with `encrypted` it must have been. Raises NotSigned,
    NotAResponse and NotDecrypted.
    """
    covered = response.find(SIGNATURE) is not None
    if covered:
        response = _verified(response, certificates)
    assertion = response.find(ASSERTION)
    if assertion is None:
        assertion = _decrypted(response.find(ENCRYPTED), private_keys)
    elif encrypted:
        raise NotDecrypted("the assertion is not encrypted")
    if assertion.find(SIGNATURE) is not None:
        return _verified(assertion, certificates)
    if not covered:
        raise NotSigned("no signature")
    return assertion


def _verified(element: etree._Element, certificates: Sequence[bytes]) -> etree._Element:
    """What the signature in `element` covers, which must be that element."""
    transforms = element.findall(f"{SIGNATURE}/{{{DS}}}SignedInfo//{{{DS}}}Transform")
    if not all(one.get("Algorithm") in TRANSFORMS for one in transforms):
        raise NotSigned("a transform that is not taken")
    # On its own, so that no reference finds anything else.
    alone = parse(etree.tostring(element, with_tail=False))
    for der in certificates:
        certificate = x509.load_der_x509_certificate(der)
        # An expired certificate counts: what ends it is new metadata.
        config = replace(SIGNED_BY, verification_time=certificate.not_valid_before_utc)
        try:
            found = XMLVerifier().verify(
                alone,
                x509_cert=certificate,
                id_attribute="ID",
                expect_config=config,
            )
        except (SignXMLException, ValueError, TypeError, etree.LxmlError):
            continue
        signed = found.signed_xml if not isinstance(found, list) else None
        if signed is None or signed.tag != element.tag or signed.get("ID") != element.get("ID"):
            continue
        return signed
    raise NotSigned("no signature of the provider")


def _decrypted(element: etree._Element | None, private_keys: Iterable[bytes]) -> etree._Element:
    if element is None:
        raise NotAResponse("no assertion")
    methods = element.findall(f".//{{{XENC}}}EncryptionMethod")
    if not all(one.get("Algorithm") in CIPHERS | KEY_TRANSPORTS for one in methods):
        raise NotDecrypted("a cipher that is not taken")
    for private_key in private_keys:
        data = _encrypted_data(parse(etree.tostring(element, with_tail=False)))
        manager = xmlsec.KeysManager()
        manager.add_key(xmlsec.Key.from_memory(private_key, xmlsec.constants.KeyDataFormatPem))
        try:
            plain = xmlsec.EncryptionContext(manager).decrypt(data)
            found = parse(etree.tostring(plain, with_tail=False))
        except (xmlsec.Error, NotXML, TypeError):
            continue
        _check_form(found, ASSERTION)
        return found
    raise NotDecrypted("no key that fits")


def _encrypted_data(element: etree._Element) -> etree._Element:
    """The data with its key in it, where some providers leave the key beside it."""
    data = element.find(f"{{{XENC}}}EncryptedData")
    info = data.find(f"{{{DS}}}KeyInfo") if data is not None else None
    if data is None or info is None:
        raise NotDecrypted("no encrypted data")
    beside = element.find(f"{{{XENC}}}EncryptedKey")
    if beside is not None and info.find(f"{{{XENC}}}EncryptedKey") is None:
        info.clear()
        info.append(beside)
    return data
