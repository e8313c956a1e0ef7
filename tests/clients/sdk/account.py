"""The account itself, its reports, its providers, and its organization."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import CredentialReport
from tests.accounts.organizations.cast import IAM, SCP, TASKS, Member, do
from tests.cast import Account, Acme, Actor
from tests.clients.sdk.calls import Calls
from tests.clients.sdk.identities import BAD_TAGS, tags
from tests.identities.federation.saml_idp import metadata
from tests.identities.quotas import set_quota

FEATURES = [
    f"{verb}Organizations{feature}"
    for verb in ("Enable", "Disable")
    for feature in ("RootCredentialsManagement", "RootSessions")
]


def settings(call: Calls, acme: Acme) -> None:
    me, alias = acme.alice, {"AccountAlias": f"sdk-{acme.id}"}
    call(me, "CreateAccountAlias", **alias)
    taken = Account("other")
    taken.root.perform("CreateAccountAlias", AccountAlias=f"sdk-{taken.id}")
    call.attempt(me, "CreateAccountAlias", AccountAlias=f"sdk-{taken.id}")
    call(me, "ListAccountAliases")
    call(me, "DeleteAccountAlias", **alias)
    call.attempt(me, "GetAccountPasswordPolicy")
    call.attempt(me, "DeleteAccountPasswordPolicy")
    call(me, "UpdateAccountPasswordPolicy", MinimumPasswordLength=12)
    call(me, "GetAccountPasswordPolicy")
    call(me, "DeleteAccountPasswordPolicy")
    call(me, "GetAccountSummary")
    call(me, "GetAccountAuthorizationDetails")
    call(me, "SetSecurityTokenServicePreferences", GlobalEndpointTokenVersion="v2Token")
    properties = call(me, "GetAccountProperties")["Properties"]
    call(me, "PutAccountProperties", Properties=properties)
    call.attempt(me, "PutAccountProperties", Properties={"Nothing/Nothing": "x"})


def reports(call: Calls, acme: Acme) -> None:
    me = acme.alice
    call.attempt(me, "GetCredentialReport")
    call(me, "GenerateCredentialReport")
    call(me, "GetCredentialReport")
    with transaction.atomic():
        tenancy.enter(acme.id)
        old = timezone.now() - timedelta(hours=5)
        CredentialReport.objects.filter(account_id=acme.id).update(generated_at=old)
    call.attempt(me, "GetCredentialReport")


def providers(call: Calls, acme: Acme) -> None:
    me = acme.alice
    saml = {"Name": "people", "SAMLMetadataDocument": metadata()}
    made = {"SAMLProviderArn": call(me, "CreateSAMLProvider", **saml)["SAMLProviderArn"]}
    call.attempt(me, "CreateSAMLProvider", **saml)
    call.attempt(me, "CreateSAMLProvider", Name="x", SAMLMetadataDocument="x" * 1000)
    call(me, "GetSAMLProvider", **made)
    call(me, "ListSAMLProviders")
    call(me, "UpdateSAMLProvider", **made, SAMLMetadataDocument=metadata())
    call.attempt(me, "UpdateSAMLProvider", **made)
    tags(call, acme, "SAMLProvider", **made)
    call(me, "DeleteSAMLProvider", **made)
    set_quota(acme, "SAMLProvidersPerAccount", 0)
    call.attempt(me, "CreateSAMLProvider", **saml)

    oidc = {"Url": "https://login.example.test", "ThumbprintList": ["a" * 40]}
    one = call(me, "CreateOpenIDConnectProvider", **oidc)
    made = {"OpenIDConnectProviderArn": one["OpenIDConnectProviderArn"]}
    call.attempt(me, "CreateOpenIDConnectProvider", **oidc)
    many = ["a" * 40] * 6
    other = {"Url": "https://other.example.test"}
    call.attempt(me, "CreateOpenIDConnectProvider", **other, ThumbprintList=many)
    call.attempt(me, "CreateOpenIDConnectProvider", **other, Tags=BAD_TAGS)
    call.attempt(me, "CreateOpenIDConnectProvider", Url="https://127.0.0.1:1")
    call.attempt(me, "CreateOpenIDConnectProvider", Url="https://nothing.invalid")
    call(me, "GetOpenIDConnectProvider", **made)
    call(me, "ListOpenIDConnectProviders")
    call(me, "AddClientIDToOpenIDConnectProvider", **made, ClientID="web")
    set_quota(acme, "ClientIdsPerOpenIdConnectProvider", 1)
    call.attempt(me, "AddClientIDToOpenIDConnectProvider", **made, ClientID="more")
    call(me, "RemoveClientIDFromOpenIDConnectProvider", **made, ClientID="web")
    call(me, "UpdateOpenIDConnectProviderThumbprint", **made, ThumbprintList=["b" * 40])
    call.attempt(me, "UpdateOpenIDConnectProviderThumbprint", **made, ThumbprintList=many)
    tags(call, acme, "OpenIDConnectProvider", **made)
    call(me, "DeleteOpenIDConnectProvider", **made)
    set_quota(acme, "OpenIDConnectProvidersPerAccount", 0)
    call.attempt(me, "CreateOpenIDConnectProvider", **oidc)


def organization(call: Calls, acme: Acme) -> None:
    me = acme.alice
    everything = [*FEATURES, "ListOrganizationsFeatures"]

    def refused(actor: Actor) -> None:
        for operation in everything:
            call.attempt(actor, operation)

    refused(me)
    do(acme.root, "CreateOrganization", FeatureSet="CONSOLIDATED_BILLING")
    refused(me)
    do(acme.root, "EnableAllFeatures")
    refused(me)
    do(acme.root, "EnableAWSServiceAccess", ServicePrincipal=IAM)
    member = Member("member")
    target = {"Type": "ACCOUNT", "Id": member.id}
    invited = do(acme.root, "InviteAccountToOrganization", Target=target)["Handshake"]
    do(member.root, "AcceptHandshake", HandshakeId=invited["Id"])
    refused(member.alice)
    for feature in everything:
        call(me, feature)
    call(me, "EnableOrganizationsRootCredentialsManagement")
    audit = {"arn": f"{TASKS}IAMAuditRootUserCredentials"}
    call(me, "AssumeRoot", TargetPrincipal=member.id, TaskPolicyArn=audit)
    held = do(acme.root, "DescribeOrganization")["Organization"]["Id"]
    root = do(acme.root, "ListRoots")["Roots"][0]["Id"]
    do(acme.root, "EnablePolicyType", RootId=root, PolicyType=SCP)
    path = f"{held}/{root}/{member.id}"
    job = call(me, "GenerateOrganizationsAccessReport", EntityPath=path)["JobId"]
    call(me, "GetOrganizationsAccessReport", JobId=job)
