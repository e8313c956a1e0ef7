"""Which operation answers at which address.

A name in braces is a member of the operation's input; `{PolicyArn:path}` takes slashes. What the
address leaves over comes from the query string for GET and DELETE, from the JSON body otherwise.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from iamsite.rest.organization_routes import ORGANIZATION


class Route(NamedTuple):
    method: str
    path: str
    operation: str

    @property
    def parameters(self) -> list[str]:
        """The members of the input that the address holds."""
        return re.findall(r"{(\w+)", self.path)


def _of_principal(kind: str, plural: str) -> list[Route]:
    """What users, groups and roles have alike."""
    one = f"{plural}/{{{kind}Name}}"
    return [
        Route("GET", f"{one}/inline-policies", f"List{kind}Policies"),
        Route("GET", f"{one}/inline-policies/{{PolicyName}}", f"Get{kind}Policy"),
        Route("PUT", f"{one}/inline-policies/{{PolicyName}}", f"Put{kind}Policy"),
        Route("DELETE", f"{one}/inline-policies/{{PolicyName}}", f"Delete{kind}Policy"),
        Route("GET", f"{one}/attached-policies", f"ListAttached{kind}Policies"),
        Route("PUT", f"{one}/attached-policies/{{PolicyArn:path}}", f"Attach{kind}Policy"),
        Route("DELETE", f"{one}/attached-policies/{{PolicyArn:path}}", f"Detach{kind}Policy"),
    ]


def _bounded(kind: str, plural: str) -> list[Route]:
    one = f"{plural}/{{{kind}Name}}"
    return [
        Route("PUT", f"{one}/permissions-boundary", f"Put{kind}PermissionsBoundary"),
        Route("DELETE", f"{one}/permissions-boundary", f"Delete{kind}PermissionsBoundary"),
        *_tagged(one, kind),
    ]


def _tagged(one: str, kind: str) -> list[Route]:
    return [
        Route("GET", f"{one}/tags", f"List{kind}Tags"),
        Route("POST", f"{one}/tags", f"Tag{kind}"),
        Route("DELETE", f"{one}/tags", f"Untag{kind}"),
    ]


def _service_credentials(all_of_user: str) -> list[Route]:
    one = f"{all_of_user}/{{ServiceSpecificCredentialId}}"
    return [
        Route("POST", all_of_user, "CreateServiceSpecificCredential"),
        Route("PATCH", one, "UpdateServiceSpecificCredential"),
        Route("POST", f"{one}/secret", "ResetServiceSpecificCredential"),
        Route("DELETE", one, "DeleteServiceSpecificCredential"),
    ]


ROUTES: list[Route] = [
    Route("GET", "users", "ListUsers"),
    Route("POST", "users", "CreateUser"),
    Route("GET", "search", "Search"),
    Route("GET", "user-summaries", "ListUserSummaries"),
    Route("GET", "group-summaries", "ListGroupSummaries"),
    Route("GET", "role-summaries", "ListRoleSummaries"),
    Route("GET", "policy-summaries", "ListPolicySummaries"),
    Route("GET", "user", "GetUser"),
    Route("GET", "users/{UserName}", "GetUser"),
    Route("PATCH", "users/{UserName}", "UpdateUser"),
    Route("DELETE", "users/{UserName}", "DeleteUser"),
    *_of_principal("User", "users"),
    *_bounded("User", "users"),
    Route("GET", "users/{UserName}/groups", "ListGroupsForUser"),
    Route("GET", "users/{UserName}/access-keys", "ListAccessKeys"),
    Route("POST", "users/{UserName}/access-keys", "CreateAccessKey"),
    Route("PATCH", "users/{UserName}/access-keys/{AccessKeyId}", "UpdateAccessKey"),
    Route("DELETE", "users/{UserName}/access-keys/{AccessKeyId}", "DeleteAccessKey"),
    Route("GET", "access-keys/{AccessKeyId}/last-used", "GetAccessKeyLastUsed"),
    Route("GET", "access-keys/{AccessKeyId}", "GetAccessKeyInfo"),
    Route("GET", "users/{UserName}/login-profile", "GetLoginProfile"),
    Route("POST", "users/{UserName}/login-profile", "CreateLoginProfile"),
    Route("PATCH", "users/{UserName}/login-profile", "UpdateLoginProfile"),
    Route("DELETE", "users/{UserName}/login-profile", "DeleteLoginProfile"),
    Route("POST", "user/password", "ChangePassword"),
    Route("GET", "users/{UserName}/mfa-devices", "ListMFADevices"),
    Route("PUT", "users/{UserName}/mfa-devices/{SerialNumber:path}", "EnableMFADevice"),
    Route("PATCH", "users/{UserName}/mfa-devices/{SerialNumber:path}", "ResyncMFADevice"),
    Route("DELETE", "users/{UserName}/mfa-devices/{SerialNumber:path}", "DeactivateMFADevice"),
    Route("POST", "security-keys/begin", "BeginSecurityKeyRegistration"),
    Route("POST", "security-keys", "CompleteSecurityKeyRegistration"),
    Route("GET", "mfa-devices/{SerialNumber:path}", "GetMFADevice"),
    Route("GET", "virtual-mfa-devices", "ListVirtualMFADevices"),
    Route("POST", "virtual-mfa-devices", "CreateVirtualMFADevice"),
    Route("DELETE", "virtual-mfa-devices/{SerialNumber:path}", "DeleteVirtualMFADevice"),
    *_tagged("virtual-mfa-devices/{SerialNumber:path}", "MFADevice"),
    Route("GET", "users/{UserName}/signing-certificates", "ListSigningCertificates"),
    Route("POST", "users/{UserName}/signing-certificates", "UploadSigningCertificate"),
    Route(
        "PATCH",
        "users/{UserName}/signing-certificates/{CertificateId}",
        "UpdateSigningCertificate",
    ),
    Route(
        "DELETE",
        "users/{UserName}/signing-certificates/{CertificateId}",
        "DeleteSigningCertificate",
    ),
    Route("GET", "users/{UserName}/ssh-public-keys", "ListSSHPublicKeys"),
    Route("POST", "users/{UserName}/ssh-public-keys", "UploadSSHPublicKey"),
    Route("GET", "users/{UserName}/ssh-public-keys/{SSHPublicKeyId}", "GetSSHPublicKey"),
    Route("PATCH", "users/{UserName}/ssh-public-keys/{SSHPublicKeyId}", "UpdateSSHPublicKey"),
    Route("DELETE", "users/{UserName}/ssh-public-keys/{SSHPublicKeyId}", "DeleteSSHPublicKey"),
    *_service_credentials("users/{UserName}/service-credentials"),
    Route("GET", "service-credentials", "ListServiceSpecificCredentials"),
    Route("GET", "groups", "ListGroups"),
    Route("POST", "groups", "CreateGroup"),
    Route("GET", "groups/{GroupName}", "GetGroup"),
    Route("PATCH", "groups/{GroupName}", "UpdateGroup"),
    Route("DELETE", "groups/{GroupName}", "DeleteGroup"),
    *_of_principal("Group", "groups"),
    Route("PUT", "groups/{GroupName}/users/{UserName}", "AddUserToGroup"),
    Route("DELETE", "groups/{GroupName}/users/{UserName}", "RemoveUserFromGroup"),
    Route("GET", "roles", "ListRoles"),
    Route("POST", "roles", "CreateRole"),
    Route("GET", "roles/{RoleName}", "GetRole"),
    Route("PATCH", "roles/{RoleName}", "UpdateRole"),
    Route("DELETE", "roles/{RoleName}", "DeleteRole"),
    *_of_principal("Role", "roles"),
    *_bounded("Role", "roles"),
    Route("PUT", "roles/{RoleName}/trust-policy", "UpdateAssumeRolePolicy"),
    Route("PUT", "roles/{RoleName}/description", "UpdateRoleDescription"),
    Route("GET", "roles/{RoleName}/instance-profiles", "ListInstanceProfilesForRole"),
    Route("POST", "service-linked-roles", "CreateServiceLinkedRole"),
    Route("DELETE", "service-linked-roles/{RoleName}", "DeleteServiceLinkedRole"),
    Route(
        "GET",
        "service-linked-role-deletions/{DeletionTaskId:path}",
        "GetServiceLinkedRoleDeletionStatus",
    ),
    Route("GET", "instance-profiles", "ListInstanceProfiles"),
    Route("POST", "instance-profiles", "CreateInstanceProfile"),
    Route("GET", "instance-profiles/{InstanceProfileName}", "GetInstanceProfile"),
    Route("DELETE", "instance-profiles/{InstanceProfileName}", "DeleteInstanceProfile"),
    Route(
        "PUT",
        "instance-profiles/{InstanceProfileName}/roles/{RoleName}",
        "AddRoleToInstanceProfile",
    ),
    Route(
        "DELETE",
        "instance-profiles/{InstanceProfileName}/roles/{RoleName}",
        "RemoveRoleFromInstanceProfile",
    ),
    *_tagged("instance-profiles/{InstanceProfileName}", "InstanceProfile"),
    Route("GET", "server-certificates", "ListServerCertificates"),
    Route("POST", "server-certificates", "UploadServerCertificate"),
    Route("GET", "server-certificates/{ServerCertificateName}", "GetServerCertificate"),
    Route("PATCH", "server-certificates/{ServerCertificateName}", "UpdateServerCertificate"),
    Route("DELETE", "server-certificates/{ServerCertificateName}", "DeleteServerCertificate"),
    *_tagged("server-certificates/{ServerCertificateName}", "ServerCertificate"),
    Route("GET", "oidc-providers", "ListOpenIDConnectProviders"),
    Route("POST", "oidc-providers", "CreateOpenIDConnectProvider"),
    Route(
        "PUT",
        "oidc-providers/{OpenIDConnectProviderArn:path}/client-ids/{ClientID:path}",
        "AddClientIDToOpenIDConnectProvider",
    ),
    Route(
        "DELETE",
        "oidc-providers/{OpenIDConnectProviderArn:path}/client-ids/{ClientID:path}",
        "RemoveClientIDFromOpenIDConnectProvider",
    ),
    Route(
        "PUT",
        "oidc-providers/{OpenIDConnectProviderArn:path}/thumbprints",
        "UpdateOpenIDConnectProviderThumbprint",
    ),
    *_tagged("oidc-providers/{OpenIDConnectProviderArn:path}", "OpenIDConnectProvider"),
    Route("GET", "oidc-providers/{OpenIDConnectProviderArn:path}", "GetOpenIDConnectProvider"),
    Route(
        "DELETE",
        "oidc-providers/{OpenIDConnectProviderArn:path}",
        "DeleteOpenIDConnectProvider",
    ),
    Route("GET", "outbound-federation", "GetOutboundWebIdentityFederationInfo"),
    Route("PUT", "outbound-federation", "EnableOutboundWebIdentityFederation"),
    Route("DELETE", "outbound-federation", "DisableOutboundWebIdentityFederation"),
    Route("POST", "outbound-federation/signing-keys", "RotateOutboundSigningKeys"),
    Route("GET", "saml-providers", "ListSAMLProviders"),
    Route("POST", "saml-providers", "CreateSAMLProvider"),
    *_tagged("saml-providers/{SAMLProviderArn:path}", "SAMLProvider"),
    Route("GET", "saml-providers/{SAMLProviderArn:path}", "GetSAMLProvider"),
    Route("PATCH", "saml-providers/{SAMLProviderArn:path}", "UpdateSAMLProvider"),
    Route("GET", "sign-in-clients/{ProviderArn:path}", "GetSignInClient"),
    Route("PUT", "sign-in-clients/{ProviderArn:path}", "PutSignInClient"),
    Route("DELETE", "sign-in-clients/{ProviderArn:path}", "DeleteSignInClient"),
    Route("DELETE", "saml-providers/{SAMLProviderArn:path}", "DeleteSAMLProvider"),
    Route("GET", "policies", "ListPolicies"),
    Route("POST", "policies", "CreatePolicy"),
    Route("GET", "policies/{PolicyArn:path}/versions", "ListPolicyVersions"),
    Route("POST", "policies/{PolicyArn:path}/versions", "CreatePolicyVersion"),
    Route("GET", "policies/{PolicyArn:path}/versions/{VersionId}", "GetPolicyVersion"),
    Route("DELETE", "policies/{PolicyArn:path}/versions/{VersionId}", "DeletePolicyVersion"),
    Route("PUT", "policies/{PolicyArn:path}/default-version", "SetDefaultPolicyVersion"),
    Route("GET", "policies/{PolicyArn:path}/entities", "ListEntitiesForPolicy"),
    *_tagged("policies/{PolicyArn:path}", "Policy"),
    Route("GET", "policies/{PolicyArn:path}", "GetPolicy"),
    Route("DELETE", "policies/{PolicyArn:path}", "DeletePolicy"),
    Route("GET", "account/aliases", "ListAccountAliases"),
    Route("PUT", "account/aliases/{AccountAlias}", "CreateAccountAlias"),
    Route("DELETE", "account/aliases/{AccountAlias}", "DeleteAccountAlias"),
    Route("GET", "account/summary", "GetAccountSummary"),
    Route("GET", "account/quotas", "ListQuotas"),
    Route("PUT", "account/token-version", "SetSecurityTokenServicePreferences"),
    Route("GET", "organization/root-access", "ListOrganizationsFeatures"),
    Route(
        "PUT",
        "organization/root-access/credentials",
        "EnableOrganizationsRootCredentialsManagement",
    ),
    Route(
        "DELETE",
        "organization/root-access/credentials",
        "DisableOrganizationsRootCredentialsManagement",
    ),
    Route("PUT", "organization/root-access/sessions", "EnableOrganizationsRootSessions"),
    Route("DELETE", "organization/root-access/sessions", "DisableOrganizationsRootSessions"),
    Route("GET", "account/properties", "GetAccountProperties"),
    Route("PUT", "account/properties", "PutAccountProperties"),
    Route("GET", "account/credential-report", "GetCredentialReport"),
    Route("POST", "account/credential-report", "GenerateCredentialReport"),
    Route("GET", "account/password-policy", "GetAccountPasswordPolicy"),
    Route("PUT", "account/password-policy", "UpdateAccountPasswordPolicy"),
    Route("DELETE", "account/password-policy", "DeleteAccountPasswordPolicy"),
    Route("GET", "account/authorization-details", "GetAccountAuthorizationDetails"),
    Route("POST", "simulations/principal", "SimulatePrincipalPolicy"),
    Route("POST", "simulations/custom", "SimulateCustomPolicy"),
    Route("POST", "context-keys/principal", "GetContextKeysForPrincipalPolicy"),
    Route("POST", "context-keys/custom", "GetContextKeysForCustomPolicy"),
    Route("POST", "service-access", "ListPoliciesGrantingServiceAccess"),
    Route("GET", "analysis", "GetAnalysis"),
    Route("POST", "analysis", "AnalyzeAccount"),
    Route("GET", "findings", "ListFindings"),
    Route("GET", "findings/{FindingId}", "GetFinding"),
    Route("PUT", "findings/{FindingId}/archive", "ArchiveFinding"),
    Route("DELETE", "findings/{FindingId}/archive", "UnarchiveFinding"),
    Route("POST", "access-reports", "GenerateServiceLastAccessedDetails"),
    Route("GET", "access-reports/{JobId}", "GetServiceLastAccessedDetails"),
    Route("GET", "access-reports/{JobId}/entities", "GetServiceLastAccessedDetailsWithEntities"),
    Route("POST", "organization-access-reports", "GenerateOrganizationsAccessReport"),
    Route("GET", "organization-access-reports/{JobId}", "GetOrganizationsAccessReport"),
    Route("POST", "effective-permissions", "GetEffectivePermissions"),
    Route("POST", "principals-with-access", "ListPrincipalsWithAccess"),
    Route("GET", "trust-graph", "GetTrustGraph"),
    Route("POST", "policy-change-previews", "PreviewPolicyChange"),
    Route("POST", "account-access", "ListAccountAccess"),
    Route("POST", "policy-validations", "ValidatePolicy"),
    Route("GET", "service-references", "ListServiceReferences"),
    Route("GET", "service-references/{ServicePrefix}", "GetServiceReference"),
    Route("GET", "services", "ListServices"),
    Route("POST", "services", "RegisterService"),
    Route("GET", "services/{ServicePrefix}", "GetService"),
    Route("PATCH", "services/{ServicePrefix}", "UpdateService"),
    Route("DELETE", "services/{ServicePrefix}", "DeregisterService"),
    Route("GET", "services/{ServicePrefix}/access-keys", "ListServiceAccessKeys"),
    Route("POST", "services/{ServicePrefix}/access-keys", "CreateServiceAccessKey"),
    Route("PATCH", "services/{ServicePrefix}/access-keys/{AccessKeyId}", "UpdateServiceAccessKey"),
    Route("DELETE", "services/{ServicePrefix}/access-keys/{AccessKeyId}", "DeleteServiceAccessKey"),
    Route(
        "POST",
        "services/{ServicePrefix}/access-keys/{AccessKeyId}/rotation",
        "RotateServiceAccessKey",
    ),
    Route("GET", "workloads", "ListWorkloads"),
    Route("POST", "workloads", "RegisterWorkload"),
    Route("GET", "workloads/{WorkloadName}", "GetWorkload"),
    Route("PATCH", "workloads/{WorkloadName}", "UpdateWorkload"),
    Route("DELETE", "workloads/{WorkloadName}", "DeregisterWorkload"),
    Route("GET", "workloads/{WorkloadName}/tokens", "ListWorkloadTokens"),
    Route("POST", "workloads/{WorkloadName}/tokens", "CreateWorkloadToken"),
    Route("DELETE", "workloads/{WorkloadName}/tokens/{TokenId}", "DeleteWorkloadToken"),
    Route("POST", "workload-credentials", "GetWorkloadCredentials"),
    Route("GET", "resources", "ListResources"),
    Route("POST", "resources", "RegisterResource"),
    Route("GET", "resources/{ResourceArn:path}", "GetResource"),
    Route("DELETE", "resources/{ResourceArn:path}", "DeregisterResource"),
    Route("GET", "resource-policies/{ResourceArn:path}", "GetResourcePolicy"),
    Route("PUT", "resource-policies/{ResourceArn:path}", "PutResourcePolicy"),
    Route("DELETE", "resource-policies/{ResourceArn:path}", "DeleteResourcePolicy"),
    Route("POST", "authorizations", "Authorize"),
    Route("GET", "events", "ListEvents"),
    Route("GET", "event-counts", "CountEvents"),
    Route("GET", "trail", "GetTrailStatus"),
    Route("GET", "access-tests", "ListAccessTests"),
    Route("GET", "access-test-results", "RunAccessTests"),
    Route("PUT", "access-tests/{TestName}", "PutAccessTest"),
    Route("DELETE", "access-tests/{TestName}", "DeleteAccessTest"),
    Route("GET", "decisions", "ListDecisions"),
    Route("POST", "decisions/evaluation", "EvaluateDecision"),
    Route("GET", "decisions/{DecisionId}", "GetDecision"),
    Route("GET", "account/decision-settings", "GetDecisionSettings"),
    Route("PUT", "account/decision-settings", "UpdateDecisionSettings"),
    Route("POST", "decoded-authorization-messages", "DecodeAuthorizationMessage"),
    Route("GET", "caller-identity", "GetCallerIdentity"),
    Route("POST", "web-identity-tokens", "GetWebIdentityToken"),
    Route("POST", "sessions/role", "AssumeRole"),
    Route("POST", "sessions/root", "AssumeRoot"),
    Route("POST", "sessions/saml", "AssumeRoleWithSAML"),
    Route("POST", "sessions/web-identity", "AssumeRoleWithWebIdentity"),
    Route("POST", "sessions/user", "GetSessionToken"),
    Route("POST", "sessions/federated-user", "GetFederationToken"),
    *(
        Route(method, path, f"organizations:{wire_name}")
        for method, path, wire_name in ORGANIZATION
    ),
]
