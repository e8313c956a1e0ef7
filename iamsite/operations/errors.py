"""How an operation refuses: AWS's error codes, their HTTP statuses, and one exception.

Codes and statuses: IAM API Reference "Common Error Types", the service models of IAM and STS,
and what the live services were seen to answer.
"""

from __future__ import annotations

# Codes that any operation may answer with; they are in no service model.
COMMON = {
    "AccessDenied": 403,
    "ExpiredToken": 403,
    "IncompleteSignature": 400,
    "InternalFailure": 500,
    "InvalidAction": 400,
    "InvalidClientTokenId": 403,
    "InvalidParameterCombination": 400,
    "InvalidParameterValue": 400,
    "MalformedInput": 400,
    "MalformedQueryString": 404,
    "MissingAction": 400,
    "MissingAuthenticationToken": 403,
    "MissingParameter": 400,
    "OptInRequired": 403,
    "RequestExpired": 400,
    "ServiceUnavailable": 503,
    "SignatureDoesNotMatch": 403,
    "Throttling": 400,
    "ValidationError": 400,
}

# Codes of the IAM model. The Organizations family has no status there; 400 is our choice.
IAM = {
    "AccountNotManagementOrDelegatedAdministratorException": 400,
    "CallerIsNotManagementAccountException": 400,
    "ConcurrentModification": 409,
    "DeleteConflict": 409,
    "DuplicateCertificate": 409,
    "DuplicateSSHPublicKey": 400,
    "EntityAlreadyExists": 409,
    "EntityTemporarilyUnmodifiable": 409,
    "FeatureDisabled": 404,
    "FeatureEnabled": 409,
    "InvalidAuthenticationCode": 403,
    "InvalidCertificate": 400,
    "InvalidInput": 400,
    "InvalidPublicKey": 400,
    "InvalidUserType": 400,
    "KeyPairMismatch": 400,
    "LimitExceeded": 409,
    "MalformedCertificate": 400,
    "MalformedPolicyDocument": 400,
    "NameConflict": 409,
    "NoSuchEntity": 404,
    "NotSupportedService": 404,
    "OpenIdIdpCommunicationError": 400,
    "OrganizationNotFoundException": 400,
    "OrganizationNotInAllFeaturesModeException": 400,
    "PasswordPolicyViolation": 400,
    "PolicyEvaluation": 500,
    "PolicyNotAttachable": 400,
    "ReportExpired": 410,
    "ReportGenerationLimitExceeded": 409,
    "ReportInProgress": 404,
    "ReportNotPresent": 410,
    "RoleModified": 409,
    "RoleTemplateDisabled": 400,
    "ServiceAccessNotEnabledException": 400,
    "ServiceFailure": 500,
    "UnmodifiableEntity": 400,
    "UnrecognizedPublicKeyEncoding": 400,
}

# Codes of the STS model.
STS = {
    "ExpiredTokenException": 400,
    "ExpiredTradeInTokenException": 400,
    "IDPCommunicationError": 400,
    "IDPRejectedClaim": 403,
    "InvalidAuthorizationMessageException": 400,
    "InvalidIdentityToken": 400,
    "JWTPayloadSizeExceededException": 400,
    "MalformedPolicyDocument": 400,
    "OutboundWebIdentityFederationDisabledException": 403,
    "PackedPolicyTooLarge": 400,
    "RegionDisabledException": 403,
    "SessionDurationEscalationException": 403,
}

STATUS = {**COMMON, **IAM, **STS}

# Where an answer on any face carries the id of a denial's record.
DECISION_HEADER = "x-iamsite-decision-id"


class OperationError(Exception):
    """A refusal, the same on every face.

    `code` is the code on the wire, such as "NoSuchEntity"; `message` is for people and may be
    empty, in which case faces leave it out; `status` is the HTTP status, by default that of the
    code in `STATUS` (400 for a code not listed there). `members` are further members of the error
    in the service model, such as `Reason`. `decision_id` is that of the record of a denial, once
    it is kept.
    """

    decision_id = ""

    def __init__(
        self, code: str, message: str = "", status: int | None = None, **members: str
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.members = members
        self.status = STATUS.get(code, 400) if status is None else status

    @property
    def type(self) -> str:
        """Whose fault it was: "Sender" below status 500, else "Receiver"."""
        return "Sender" if self.status < 500 else "Receiver"

    def __str__(self) -> str:
        return f"{self.code}: {self.message}" if self.message else self.code


def access_denied(message: str) -> OperationError:
    return OperationError("AccessDenied", message)


def delete_conflict(message: str) -> OperationError:
    return OperationError("DeleteConflict", message)


def entity_already_exists(message: str) -> OperationError:
    return OperationError("EntityAlreadyExists", message)


def expired_token() -> OperationError:
    """Temporary credentials past their end. AWS writes this one without a full stop."""
    return OperationError("ExpiredToken", "The security token included in the request is expired")


def incomplete_signature(
    message: str = "The request signature does not conform to AWS standards.",
) -> OperationError:
    return OperationError("IncompleteSignature", message)


def internal_failure() -> OperationError:
    return OperationError(
        "InternalFailure",
        "The request processing has failed because of an unknown error, exception or failure.",
    )


def invalid_client_token_id() -> OperationError:
    """An unknown, inactive or deleted access key, or a session token that does not fit it."""
    return OperationError(
        "InvalidClientTokenId", "The security token included in the request is invalid."
    )


def invalid_input(message: str) -> OperationError:
    return OperationError("InvalidInput", message)


def invalid_parameter_value(message: str) -> OperationError:
    return OperationError("InvalidParameterValue", message)


def invalid_identity_token(message: str) -> OperationError:
    """A token or assertion of an identity provider that does not count."""
    return OperationError("InvalidIdentityToken", message)


def limit_exceeded(name: str, limit: int) -> OperationError:
    """A quota by its name in AWS's messages, such as `AccessKeysPerUser`."""
    return OperationError("LimitExceeded", f"Cannot exceed quota for {name}: {limit}")


def malformed_policy_document(message: str) -> OperationError:
    return OperationError("MalformedPolicyDocument", message)


def missing_authentication_token() -> OperationError:
    return OperationError("MissingAuthenticationToken", "Request is missing Authentication Token")


def no_such_entity(message: str) -> OperationError:
    return OperationError("NoSuchEntity", message)


def signature_does_not_match(
    message: str = (
        "The request signature we calculated does not match the signature you provided. "
        "Check your AWS Secret Access Key and signing method. "
        "Consult the service documentation for details."
    ),
) -> OperationError:
    return OperationError("SignatureDoesNotMatch", message)


def unmodifiable_entity(message: str) -> OperationError:
    return OperationError("UnmodifiableEntity", message)


def validation_error(message: str) -> OperationError:
    return OperationError("ValidationError", message)
