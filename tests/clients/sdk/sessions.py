"""The security token service, federation included."""

from __future__ import annotations

import secrets

from tests.cast import Acme, Actor, Key, allow, trust
from tests.clients.sdk.calls import NOBODY, Calls
from tests.identities.federation.issuer import Issuer
from tests.identities.federation.saml_idp import AWS, SamlIdp, metadata
from tests.portal import free_port

# Too many even when packed: what is random does not pack.
TAGS = [{"Key": f"k{number}", "Value": secrets.token_hex(128)} for number in range(50)]


def own(call: Calls, acme: Acme) -> None:
    me = acme.alice
    call(me, "GetCallerIdentity")
    call(me, "GetSessionToken")
    call(me, "GetFederationToken", Name="dora", Policy=allow("s3:*"))
    call.attempt(me, "GetFederationToken", Name="dora", Policy="{}")
    call.attempt(me, "GetFederationToken", Name="dora", Tags=TAGS)
    role = {
        "RoleArn": acme.role("Own", trust(acme.arn("root"), ["sts:AssumeRole", "sts:TagSession"])),
        "RoleSessionName": "session",
    }
    call(me, "AssumeRole", **role)
    call.attempt(me, "AssumeRole", **role, Policy="{}")
    call.attempt(me, "AssumeRole", **role, Tags=TAGS)
    web = {"Audience": ["x"], "SigningAlgorithm": "RS256"}
    call.attempt(me, "GetWebIdentityToken", **web)
    call.attempt(me, "GetOutboundWebIdentityFederationInfo")
    call.attempt(me, "DisableOutboundWebIdentityFederation")
    call(me, "EnableOutboundWebIdentityFederation")
    call.attempt(me, "EnableOutboundWebIdentityFederation")
    call(me, "GetOutboundWebIdentityFederationInfo")
    call(me, "GetWebIdentityToken", **web)
    many = [f"{'x' * 990}{number}" for number in range(10)]
    call.attempt(me, "GetWebIdentityToken", **{**web, "Audience": many}, Tags=TAGS)
    acme.root.perform("PutRolePolicy", RoleName="Own", PolicyName="p", PolicyDocument=allow("*"))
    key = Key.of(call(me, "AssumeRole", **role, DurationSeconds=900)["Credentials"])
    brief = Actor("session", acme.arn("role/Own"), key.credential, key)
    call.attempt(brief, "GetWebIdentityToken", **web, DurationSeconds=3600)
    call(me, "DisableOutboundWebIdentityFederation")
    call.attempt(me, "DecodeAuthorizationMessage", EncodedMessage="nonsense")
    asked = {"ActionName": "s3:GetObject", "ResourceArn": "*", "PrincipalArn": acme.carol.arn}
    message = acme.root.perform("Authorize", **asked)["EncodedMessage"]
    call(me, "DecodeAuthorizationMessage", EncodedMessage=message)


def web_identity(call: Calls, acme: Acme, issuer: Issuer) -> None:
    provider = acme.root.perform(
        "CreateOpenIDConnectProvider",
        Url=issuer.url,
        ClientIDList=["web"],
        ThumbprintList=[issuer.thumbprint],
    )["OpenIDConnectProviderArn"]
    actions = ["sts:AssumeRoleWithWebIdentity", "sts:TagSession"]
    role = {
        "RoleArn": acme.role("Web", trust({"Federated": provider}, actions)),
        "RoleSessionName": "ci",
    }
    operation = "AssumeRoleWithWebIdentity"
    call(NOBODY, operation, **role, WebIdentityToken=issuer.token())
    call.attempt(NOBODY, operation, **role, WebIdentityToken=issuer.token(exp=1, iat=0))
    call.attempt(NOBODY, operation, **role, WebIdentityToken="a.b.c")
    call.attempt(NOBODY, operation, **role, WebIdentityToken=issuer.token(), Policy="{}")
    tags = {"principal_tags": {tag["Key"]: [tag["Value"]] for tag in TAGS}}
    tagged = issuer.token(**{"https://aws.amazon.com/tags": tags})
    call.attempt(NOBODY, operation, **role, WebIdentityToken=tagged)


def unreachable(call: Calls, acme: Acme, issuer: Issuer) -> None:
    """An issuer at an address where nobody answers."""
    url = f"https://127.0.0.1:{free_port()}"
    named = {"Url": url, "ClientIDList": ["web"], "ThumbprintList": [issuer.thumbprint]}
    made = acme.root.perform("CreateOpenIDConnectProvider", **named)
    federated = {"Federated": made["OpenIDConnectProviderArn"]}
    role = acme.role("Silent", trust(federated, "sts:AssumeRoleWithWebIdentity"))
    call.attempt(
        NOBODY,
        "AssumeRoleWithWebIdentity",
        RoleArn=role,
        RoleSessionName="ci",
        WebIdentityToken=issuer.token(iss=url),
    )


def saml(call: Calls, acme: Acme) -> None:
    made = acme.root.perform("CreateSAMLProvider", Name="Idp", SAMLMetadataDocument=metadata())
    provider = made["SAMLProviderArn"]
    actions = ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    role = acme.role("Saml", trust({"Federated": provider}, actions))
    idp = SamlIdp(f"{call.url}/saml", role, provider)
    operation, names = "AssumeRoleWithSAML", {"RoleArn": role, "PrincipalArn": provider}
    call(NOBODY, operation, **names, SAMLAssertion=idp.answer())
    call.attempt(NOBODY, operation, **names, SAMLAssertion="AAAA")
    call.attempt(NOBODY, operation, **names, SAMLAssertion=idp.answer(), Policy="{}")
    call.attempt(NOBODY, operation, **names, SAMLAssertion=idp.answer(end=-600))
    tags = {f"{AWS}PrincipalTag:{tag['Key']}": (tag["Value"],) for tag in TAGS}
    call.attempt(NOBODY, operation, **names, SAMLAssertion=idp.answer(attributes=tags))
