"""Managed policies, attachments, boundaries, simulation, and what was accessed last."""

from __future__ import annotations

from tests.cast import Acme, allow
from tests.clients.sdk.calls import Calls
from tests.clients.sdk.identities import BAD_TAGS, tags
from tests.identities.quotas import set_quota

SERVICE_ROLES_OWN = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"
HOLDERS = {"User": "carol", "Group": "Developers", "Role": "Deployer"}


def managed(call: Calls, acme: Acme) -> None:
    me = acme.alice
    made = call(me, "CreatePolicy", PolicyName="read", PolicyDocument=allow("s3:Get*"))["Policy"]
    one = {"PolicyArn": made["Arn"]}
    call.attempt(me, "CreatePolicy", PolicyName="Read", PolicyDocument=allow("*"))
    call.attempt(me, "CreatePolicy", PolicyName="x", PolicyDocument="{}")
    call.attempt(me, "CreatePolicy", PolicyName="x", PolicyDocument=allow("*"), Tags=BAD_TAGS)
    call(me, "GetPolicy", **one)
    call(me, "ListPolicies", Scope="Local")
    call(me, "CreatePolicyVersion", **one, PolicyDocument=allow("s3:List*"))
    call.attempt(me, "CreatePolicyVersion", **one, PolicyDocument="{}")
    call(me, "GetPolicyVersion", **one, VersionId="v2")
    call(me, "ListPolicyVersions", **one)
    call(me, "SetDefaultPolicyVersion", **one, VersionId="v2")
    call.attempt(me, "DeletePolicyVersion", **one, VersionId="v2")
    call.attempt(me, "DeletePolicy", **one)
    call(me, "DeletePolicyVersion", **one, VersionId="v1")
    set_quota(acme, "VersionsPerPolicy", 1)
    call.attempt(me, "CreatePolicyVersion", **one, PolicyDocument=allow("*"))
    tags(call, acme, "Policy", **one)
    attachments(call, acme, made["Arn"])
    boundaries(call, acme, made["Arn"])
    call(me, "DeletePolicy", **one)
    set_quota(acme, "PoliciesPerAccount", 0)
    call.attempt(me, "CreatePolicy", PolicyName="more", PolicyDocument=allow("*"))


def attachments(call: Calls, acme: Acme, arn: str) -> None:
    me = acme.alice
    for kind, name in HOLDERS.items():
        holder = {f"{kind}Name": name}
        call(me, f"Attach{kind}Policy", **holder, PolicyArn=arn)
        call(me, f"ListAttached{kind}Policies", **holder)
        call.attempt(me, f"Attach{kind}Policy", **holder, PolicyArn=SERVICE_ROLES_OWN)
        set_quota(acme, f"PoliciesPer{kind}", 1)
        administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
        call.attempt(me, f"Attach{kind}Policy", **holder, PolicyArn=administrator)
    call(me, "ListEntitiesForPolicy", PolicyArn=arn)
    call(
        me,
        "ListPoliciesGrantingServiceAccess",
        Arn=acme.carol.arn,
        ServiceNamespaces=["s3"],
    )
    for kind, name in HOLDERS.items():
        call(me, f"Detach{kind}Policy", **{f"{kind}Name": name}, PolicyArn=arn)


def boundaries(call: Calls, acme: Acme, arn: str) -> None:
    me = acme.alice
    for kind, name in (("User", "carol"), ("Role", "Deployer")):
        holder = {f"{kind}Name": name}
        call(me, f"Put{kind}PermissionsBoundary", **holder, PermissionsBoundary=arn)
        for wrong in (SERVICE_ROLES_OWN, "arn:aws:iam::aws:nonsense"):
            put = f"Put{kind}PermissionsBoundary"
            call.attempt(me, put, **holder, PermissionsBoundary=wrong)
        call(me, f"Delete{kind}PermissionsBoundary", **holder)


def simulation(call: Calls, acme: Acme) -> None:
    me, actions = acme.alice, {"ActionNames": ["s3:GetObject"]}
    documents = {
        "PolicyInputList": [allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}})]
    }
    source = {"PolicySourceArn": acme.bob.arn}
    call(me, "SimulateCustomPolicy", **documents, **actions)
    call.attempt(me, "SimulateCustomPolicy", PolicyInputList=["{}"], **actions)
    call(me, "SimulatePrincipalPolicy", **source, **actions)
    call.attempt(me, "SimulatePrincipalPolicy", **source, ActionNames=["nonsense"])
    call(me, "GetContextKeysForCustomPolicy", **documents)
    call.attempt(me, "GetContextKeysForCustomPolicy", PolicyInputList=["{}"])
    call(me, "GetContextKeysForPrincipalPolicy", **source)
    call.attempt(me, "GetContextKeysForPrincipalPolicy", **source, PolicyInputList=["{}"])


def last_accessed(call: Calls, acme: Acme) -> None:
    me = acme.alice
    job = call(me, "GenerateServiceLastAccessedDetails", Arn=acme.bob.arn)
    call.attempt(me, "GenerateServiceLastAccessedDetails", Arn="arn:aws:iam::aws:nonsense")
    call(me, "GetServiceLastAccessedDetails", JobId=job["JobId"])
    group = call(me, "GenerateServiceLastAccessedDetails", Arn=acme.arn("group/Developers"))
    named = {"JobId": group["JobId"], "ServiceNamespace": "s3"}
    call(me, "GetServiceLastAccessedDetailsWithEntities", **named)
