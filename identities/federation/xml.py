"""Reading XML that strangers send: no document type, no entities, no network, UTF-8 only."""

from __future__ import annotations

from lxml import etree

MD = "urn:oasis:names:tc:SAML:2.0:metadata"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
SAMLP = "urn:oasis:names:tc:SAML:2.0:protocol"
DS = "http://www.w3.org/2000/09/xmldsig#"
XENC = "http://www.w3.org/2001/04/xmlenc#"
NAMESPACES = {"md": MD, "saml": SAML, "samlp": SAMLP, "ds": DS, "xenc": XENC}


class NotXML(ValueError):
    """The text is no XML that can be trusted to mean one thing."""


def parse(text: bytes) -> etree._Element:
    """The root element of `text`, without comments and processing instructions.

    A comment within a name would otherwise end it for one reader and not for another. Raises
    NotXML.
    """
    try:
        text.decode()
    except UnicodeDecodeError as error:
        raise NotXML("not UTF-8") from error
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text or b"\0" in text:
        raise NotXML("a document type or entity")
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise NotXML(str(error)) from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise NotXML("a document type")
    return root
