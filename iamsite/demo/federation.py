"""Who vouches for whom in the demo: the company's directory for people, a forge for releases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from iamsite.demo.organisation import DOMAIN, PRODUCTION, allow, aws_managed, document, trusts

FORGE = "token.actions.githubusercontent.com"
DIRECTORY = f"https://sso.{DOMAIN}/saml"
METADATA = """<?xml version="1.0" encoding="UTF-8"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"
    xmlns:ds="http://www.w3.org/2000/09/xmldsig#" entityID="{entity}"
    validUntil="{until:%Y-%m-%dT%H:%M:%SZ}">
  <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data>
      <ds:X509Certificate>{certificate}</ds:X509Certificate>
    </ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
    <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST"
        Location="{entity}/sign-in"/>
  </md:IDPSSODescriptor>
</md:EntityDescriptor>
"""


def register(act: Callable[..., dict[str, Any]], day: datetime, now: datetime) -> None:
    """Both providers, and a role for those whom each vouches for; the directory's certificate ends
    soon after `now`. `act` performs an operation at a time, as the root user."""
    made = act(
        "CreateOpenIDConnectProvider",
        day,
        Url=f"https://{FORGE}",
        ClientIDList=["sts.amazonaws.com"],
        ThumbprintList=["6938fd4d98bab03faadb97b34396831e3780aea1"],
    )
    releases = trusts(
        {"Federated": made["OpenIDConnectProviderArn"]},
        "sts:AssumeRoleWithWebIdentity",
        Condition={
            "StringEquals": {f"{FORGE}:aud": "sts.amazonaws.com"},
            "StringLike": {f"{FORGE}:sub": "repo:northwind/site:ref:refs/heads/main"},
        },
    )
    act(
        "CreateRole",
        day,
        RoleName="SiteRelease",
        Path="/deploy/",
        Description="The site's main branch publishes from here",
        AssumeRolePolicyDocument=releases,
    )
    publishing = document(allow("s3:PutObject", on="arn:aws:s3:::nw-site/*"))
    policy = {"PolicyName": "publish", "PolicyDocument": publishing}
    act("PutRolePolicy", day, RoleName="SiteRelease", **policy)
    until = now + timedelta(days=300)
    text = METADATA.format(entity=DIRECTORY, until=until, certificate=_certificate(day, now))
    made = act("CreateSAMLProvider", day, Name="Northwind-SSO", SAMLMetadataDocument=text)
    people = trusts(
        {"Federated": made["SAMLProviderArn"]},
        "sts:AssumeRoleWithSAML",
        Condition={"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}},
    )
    act(
        "CreateRole",
        day,
        RoleName="Staff",
        Description=f"Whoever signs in at sso.{DOMAIN} looks around",
        AssumeRolePolicyDocument=people,
        MaxSessionDuration=8 * 3600,
    )
    looking = {"PolicyArn": aws_managed("job-function/ViewOnlyAccess")}
    act("AttachRolePolicy", day, RoleName="Staff", **looking)


def _certificate(day: datetime, now: datetime) -> str:
    """What the directory signs with, base64 of DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"sso.{DOMAIN}")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int(PRODUCTION))
        .not_valid_before(day)
        .not_valid_after(now + timedelta(days=24))
        .sign(key, hashes.SHA256())
    )
    lines = made.public_bytes(serialization.Encoding.PEM).decode().splitlines()
    return "".join(lines[1:-1])
