"""The errors that AWS's models name and that no request can meet here, and why.

A key is an error's code for all operations, or (operation, code). docs/compatibility.md lists them;
a test calls every operation with boto3 until it has met all the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from iamsite.operations.models import Operation

EVERYWHERE = {
    "ConcurrentModification": "changes of one account follow one another, so none meets another",
    "EntityTemporarilyUnmodifiable": "what is created can be changed at once",
    "RegionDisabledException": "an installation has no regions to turn on",
    "ServiceFailure": "a failure answers `InternalFailure`, as AWS's servers do",
}
HERE = {
    "nothing that it does can reach a quota": {
        "LimitExceeded": [
            "ChangePassword",
            "CreateLoginProfile",
            "CreateServiceLinkedRole",
            "De*",
            "GenerateCredentialReport",
            "Re*",
            "SetDefaultPolicyVersion",
            "UpdateAccessKey",
            "UpdateAccountPasswordPolicy",
            "UpdateGroup",
            "UpdateLoginProfile",
            "UpdateSAMLProvider",
            "UpdateServerCertificate",
            "UpdateSigningCertificate",
            "UpdateUser",
        ],
    },
    "a new alias replaces the old one": {"LimitExceeded": ["CreateAccountAlias"]},
    "a report is there as soon as it is asked for": {
        "ReportInProgress": ["GetCredentialReport"],
        "ReportGenerationLimitExceeded": ["GenerateOrganizationsAccessReport"],
    },
    "a value that the model does not allow is a `ValidationError`, as at AWS": {
        "InvalidInput": [
            "AddClientIDToOpenIDConnectProvider",
            "Attach*Policy",
            "CreatePolicyVersion",
            "DeleteOpenIDConnectProvider",
            "DeletePolicy",
            "DeletePolicyVersion",
            "DeleteSAMLProvider",
            "Detach*Policy",
            "GetOpenIDConnectProvider",
            "GetPolicy",
            "GetPolicyVersion",
            "GetRoleTemplateVersion",
            "GetSAMLProvider",
            "GetServiceLastAccessedDetails*",
            "List*",
            "RemoveClientIDFromOpenIDConnectProvider",
            "SetDefaultPolicyVersion",
            "Untag*",
            "UpdateAccessKey",
            "UpdateSSHPublicKey",
            "UpdateSigningCertificate",
        ],
        "UnrecognizedPublicKeyEncoding": ["GetSSHPublicKey"],
    },
    "an instance profile that has a role is at its quota": {
        "EntityAlreadyExists": ["AddRoleToInstanceProfile"]
    },
    "it names nothing that must be there": {
        "NoSuchEntity": ["CreateGroup", "CreateServiceLinkedRole", "UpdateAccountPasswordPolicy"],
    },
    "whoever owns no request has an empty list": {"NoSuchEntity": ["ListDelegationRequests"]},
    "a role of that name is a `NameConflict` or a `RoleModified`": {
        "EntityAlreadyExists": ["AcquireRole"]
    },
    "it takes no such parameter": {
        "InvalidInput": ["GetAccountProperties"],
        "MalformedPolicyDocument": ["UpdateAccountPasswordPolicy"],
    },
    "no other service uses a certificate": {"DeleteConflict": ["DeleteServerCertificate"]},
    "the description of a protected role may change": {
        "UnmodifiableEntity": ["UpdateRoleDescription"]
    },
    "an unknown service is `NoSuchEntity`, as at AWS": {
        "NotSupportedService": [
            "CreateServiceSpecificCredential",
            "ListServiceSpecificCredentials",
        ]
    },
    "the same certificate is a `DuplicateCertificate`": {
        "EntityAlreadyExists": ["UploadSigningCertificate"]
    },
    "another account than the management one is a `CallerIsNotManagementAccountException`": {
        "AccountNotManagementOrDelegatedAdministratorException": [
            "EnableOrganizationsRootCredentialsManagement",
            "EnableOrganizationsRootSessions",
        ],
    },
    "every document that is accepted can be evaluated": {"PolicyEvaluation": ["Simulate*"]},
    "only assertions of context providers expire here, and there are none": {
        "ExpiredTokenException": ["AssumeRole", "AssumeRoot"]
    },
    "a token or an assertion that does not hold is an `InvalidIdentityToken`": {
        "IDPRejectedClaim": ["AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"]
    },
}


def never(operation: Operation) -> dict[str, str]:
    """The codes that the operation's model has and no request can meet here, each with its why."""
    return dict(_of(operation))


def _of(operation: Operation) -> Iterator[tuple[str, str]]:
    for code in operation.errors:
        if code in EVERYWHERE:
            yield code, EVERYWHERE[code]
            continue
        for why, codes in HERE.items():
            if any(fnmatchcase(operation.wire_name, one) for one in codes.get(code, ())):
                yield code, why
