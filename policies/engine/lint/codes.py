"""What lint finds, as data, under Access Analyzer's published codes.

Source of codes, types and messages: IAM User Guide, "IAM policy validation check reference"
(access-analyzer-reference-policy-checks). The codes of `OWN_CODES` are this engine's: AWS
publishes none for them. The engine's README lists the codes of AWS that are left out, with the
reason of each.
"""

from __future__ import annotations

from .findings import FindingType

_ERRORS = {
    "ARN_ACCOUNT_NOT_ALLOWED": "The service {service} does not support specifying an account ID"
    " in the resource ARN.",
    "ARN_REGION_NOT_ALLOWED": "The service {service} does not support specifying a Region in the"
    " resource ARN.",
    "DATA_TYPE_MISMATCH": "The text does not match the expected JSON data type {expected}.",
    "DUPLICATE_KEYS_WITH_DIFFERENT_CASE": "The condition key {key} appears more than once with"
    " different capitalization in the same condition block. Remove the duplicate condition keys.",
    "EMPTY_VARIABLE": "Empty policy variable. Remove the ${{}} variable structure or provide a"
    " variable within the structure.",
    "FEDERATED_PRINCIPAL_NOT_SUPPORTED": "The policy type does not support a federated identity"
    " provider in the principal element. Use a supported principal.",
    "INVALID_ACTION": "The action {action} does not exist.",
    "INVALID_ARN_ACCOUNT": "The resource ARN account ID {account} is not valid. Provide a 12-digit"
    " account ID.",
    "INVALID_ARN_PREFIX": "Add the required prefix (arn) to the resource ARN.",
    "INVALID_ARN_REGION": "The Region {region} is not valid for this resource. Update the resource"
    " ARN to include a supported Region.",
    "INVALID_ARN_RESOURCE": "Resource ARN does not match the expected ARN format. Update the"
    " resource portion of the ARN.",
    "INVALID_ARN_SERVICE_CASE": "Update the service name {service} in the resource ARN to use all"
    " lowercase letters.",
    "INVALID_CONDITION_DATA_TYPE": "The condition value data types do not match. Use condition"
    " values of the same JSON data type.",
    "INVALID_CONDITION_KEY_FORMAT": "The condition key format is not valid. Use the format"
    " service:keyname.",
    "INVALID_CONDITION_MULTIPLE_BOOLEAN": "The condition key {key} does not support multiple"
    " Boolean values. Use a single Boolean value.",
    "INVALID_CONDITION_OPERATOR": "The condition operator {operator} is not valid. Use a valid"
    " condition operator.",
    "INVALID_EFFECT": "The effect {effect} is not valid. Use Allow or Deny.",
    "INVALID_FEDERATED_PRINCIPAL_SYNTAX_IN_ROLE_TRUST_POLICY": "The principal value specifies a"
    " federated principal that does not match the expected format. Update the federated principal"
    " to a domain name or a SAML provider ARN.",
    "INVALID_GLOBAL_CONDITION_KEY": "The condition key {key} does not exist. Use a valid condition"
    " key.",
    "INVALID_KMS_KEY_VALUE": "The value of the condition key {key} must be the ARN of a KMS key.",
    "INVALID_PARTITION": "The resource ARN for the service {service} does not support the"
    " partition {partition}.",
    "INVALID_POLICY_ELEMENT": "The policy element {element} is not valid.",
    "INVALID_PRINCIPAL_FORMAT": "The Principal element contents are not valid. Specify a key-value"
    " pair in the Principal element.",
    "INVALID_PRINCIPAL_KEY": "The principal key {key} is not valid.",
    "INVALID_REGION": "The Region {region} is not valid. Update the condition value to a supported"
    " Region.",
    "INVALID_SERVICE": "The service {service} does not exist. Use a valid service name.",
    "INVALID_SERVICE_CONDITION_KEY": "The condition key {key} does not exist in the service"
    " {service}. Use a valid condition key.",
    "INVALID_SERVICE_IN_ACTION": "The service {service} specified in the action does not exist.",
    "INVALID_SERVICE_PRINCIPAL_FORMAT": "The service principal does not match the expected format."
    " Use the format service.amazonaws.com.",
    "INVALID_VARIABLE_FOR_OPERATOR": "Policy variables can only be used with String and ARN"
    " operators.",
    "INVALID_VERSION": "The version {version} is not valid. Use one of the following versions:"
    " 2012-10-17, 2008-10-17.",
    "INVALID_VPCE_FORMAT": "The VPCE identifier in the condition key value is not valid. Use the"
    " prefix 'vpce-' followed by 8 or 17 alphanumeric characters.",
    "INVALID_VPC_FORMAT": "The VPC identifier in the condition key value is not valid. Use the"
    " prefix 'vpc-' followed by 8 or 17 alphanumeric characters.",
    "JSON_SYNTAX_ERROR": "Fix the JSON syntax error: {detail}",
    "MISMATCHED_ACTION_FOR_PRINCIPAL": "The {action} action is invalid with the following"
    " principal(s): {principal}.",
    "MISSING_ACTION": "Add an Action or NotAction element to the policy statement.",
    "MISSING_ACTION_FOR_CONDITION_KEY": "The {action} action must be in the action block to allow"
    " setting values for the condition key {key}.",
    "MISSING_ACTION_FOR_ROLES_ANYWHERE_TRUST_POLICY": "The service principal"
    " rolesanywhere.amazonaws.com requires the sts:AssumeRole, sts:SetSourceIdentity, and"
    " sts:TagSession permissions to assume a role. Add the missing permissions to the policy.",
    "MISSING_ARN_ACCOUNT": "The resource {resource} in the ARN is missing an account ID. Provide a"
    " 12-digit account ID.",
    "MISSING_ARN_FIELD": "Resource ARNs must include at least {count} fields in the following"
    " structure: arn:partition:service:region:account:resource",
    "MISSING_ARN_REGION": "Add a Region to the {service} resource ARN.",
    "MISSING_BRACE_IN_VARIABLE": "The policy variable is missing a closing curly brace. Add }}"
    " after the variable text.",
    "MISSING_EFFECT": "Add an Effect element to the policy statement with a value of Allow or"
    " Deny.",
    "MISSING_PRINCIPAL": "Add a Principal element to the policy statement.",
    "MISSING_QUALIFIER": "The request context key {key} has multiple values. Use the ForAllValues"
    " or ForAnyValue condition key qualifiers in your policy.",
    "MISSING_QUOTE_IN_VARIABLE": "The policy variable default value must begin and end with a"
    " single quote. Add the missing quote.",
    "MISSING_RESOURCE": "Add a Resource or NotResource element to the policy statement.",
    "MISSING_STATEMENT": "Add a statement to the policy.",
    "MISSING_TAG_KEY_IN_CONDITION": "The condition key {key} must include a tag key to control"
    " access based on tags. Use the format {key}tag-key and specify a key name for tag-key.",
    "NULL_WITH_IF_EXISTS": "The Null condition operator does not support the IfExists suffix."
    " Update the operator or the suffix.",
    "POLICY_SIZE_EXCEEDS_RCP_QUOTA": "The {size} characters in the resource control policy (RCP)"
    " exceed the {limit} character maximum for RCPs. We recommend that you use multiple granular"
    " policies.",
    "POLICY_SIZE_EXCEEDS_SCP_QUOTA": "The {size} characters in the service control policy (SCP)"
    " exceed the {limit} character maximum for SCPs. We recommend that you use multiple granular"
    " policies.",
    "RCP_SYNTAX_ERROR_ACTION": "RCPs only support specifying select service prefixes in the Action"
    " element.",
    "RCP_SYNTAX_ERROR_ALLOW": "RCPs only support the effect Deny. An effect of Allow stands only"
    " in the built-in policy, for all principals, actions and resources.",
    "RCP_SYNTAX_ERROR_NOTACTION": "RCPs do not support the NotAction element. Update to use the"
    " Action element.",
    "RCP_SYNTAX_ERROR_PRINCIPAL": "The Principal element contents are not valid. RCPs only support"
    ' specifying all principals ("*") in the Principal element. NotPrincipal is not supported.',
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_NOTPRINCIPAL": "Role trust policies do not support"
    " NotPrincipal. Update the policy to use a Principal element instead.",
    "ROLE_TRUST_POLICY_SYNTAX_ERROR_RESOURCE": "Role trust policies apply to the role that they"
    " are attached to. You cannot specify a resource. Remove the Resource or NotResource element.",
    "ROLE_TRUST_POLICY_UNSUPPORTED_WILDCARD_IN_PRINCIPAL": '"Principal:" "*" is not supported in'
    " the principal element of a role trust policy. Replace the wildcard with a valid principal"
    " value.",
    "SCP_SYNTAX_ERROR_PRINCIPAL": "SCPs do not support specifying principals. Remove the Principal"
    " or NotPrincipal element.",
    "TYPE_MISMATCH_IP_RANGE": "The condition operator {operator} is used with an invalid IP range"
    " value. Specify the IP range in standard CIDR format.",
    "UNIQUE_SIDS_REQUIRED": "Duplicate statement IDs are not supported for this policy type."
    " Update the Sid value.",
    "UNSUPPORTED_ACTION_FOR_CONDITION_KEY": "The following actions: {actions} are not supported by"
    " the condition key {key}. The condition will not be evaluated for these actions. We recommend"
    " that you move these actions to a different statement without this condition key.",
    "UNSUPPORTED_ACTION_IN_POLICY": "The action {action} is not supported for the resource-based"
    " policy attached to the resource type {type}.",
    "UNSUPPORTED_CONDITION_KEY_FOR_SERVICE_PRINCIPAL": "The following condition keys are not"
    " supported when used with the service principal: {keys}.",
    "UNSUPPORTED_ELEMENT_COMBINATION": "The policy elements {first} and {second} can not be used"
    " in the same statement. Remove one of these elements.",
    "UNSUPPORTED_GLOBAL_CONDITION_KEY": "The condition key aws:ARN is not supported. Use"
    " aws:PrincipalArn or aws:SourceArn instead.",
    "UNSUPPORTED_PRINCIPAL": "The policy type {kind} does not support the Principal element."
    " Remove the Principal element.",
    "UNSUPPORTED_SID": "Update the characters in the Sid element to use one of the following"
    " character types: [a-z, A-Z, 0-9]",
    "UNSUPPORTED_SPACE_IN_VARIABLE": "A space is not supported within the policy variable text."
    " Remove the space.",
    "UNSUPPORTED_WILDCARD_IN_PRINCIPAL": "Wildcards (*, ?) are not supported with the principal"
    " key {key}. Replace the wildcard with a valid principal value.",
    "VARIABLE_UNSUPPORTED_IN_ELEMENT": "Policy variables are supported in the Resource and"
    " Condition elements. Remove the policy variable {variable} from this element.",
    "VARIABLE_UNSUPPORTED_IN_VERSION": "To include variables in your policy, use the policy"
    " version 2012-10-17 or later.",
    "VARIABLE_USAGE_TOO_PERMISSIVE": "Overly permissive use of policy variable for the key {key}."
    " Use the policy variable preceded by 6 consecutive characters.",
    "WILDCARD_USAGE_TOO_PERMISSIVE": "Overly permissive use of wildcard for the key {key}. Use the"
    " wildcard preceded by 6 consecutive characters.",
    "REFUSED": "{detail}",
}

_SECURITY_WARNINGS = {
    "ALLOW_WITH_NOT_PRINCIPAL": "Using Allow with NotPrincipal can be overly permissive. We"
    " recommend that you use Principal instead.",
    "DENY_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": "Using the effect Deny with"
    " NotAction and the tag condition key {key} can be overly permissive because some service"
    " actions are not denied by this statement. This is because the condition key doesn't apply to"
    " some service actions. We recommend that you use Action instead of NotAction.",
    "DENY_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": "Using the effect Deny with the tag"
    " condition key {key} and actions for services with the following prefixes can be overly"
    " permissive: {services}. Actions for the listed services are not denied by this statement. We"
    " recommend that you move these actions to a different statement without this condition key.",
    "FORALLVALUES_WITH_SINGLE_VALUED_KEY": "Using ForAllValues qualifier with the single-valued"
    " condition key {key} can be overly permissive. We recommend that you remove ForAllValues:.",
    "MISSING_CONDITION_KEY_FOR_OIDC_PRINCIPAL": "Using an OpenID Connect (OIDC) principal without"
    " a condition can be overly permissive. Add condition keys with a prefix that matches your"
    " federated OIDC principals to ensure that only the intended identity provider assumes the"
    " role.",
    "MISSING_GITHUB_REPO_CONDITION_KEY": "Using the token.actions.githubusercontent.com OIDC"
    " principal without a condition on its sub key can be overly permissive.",
    "MISSING_PAIRED_CONDITION_KEYS": "Using the condition key {key} can be overly permissive"
    " without also using the following condition keys: {paired}. Condition keys like this one are"
    " more secure when paired with a related key. We recommend that you add the related condition"
    " keys to the same condition block.",
    "PASS_ROLE_WITH_NOT_ACTION_AND_NOT_RESOURCE": "Using NotAction with NotResource can be overly"
    " permissive because it can allow iam:PassRole permissions on multiple resources. We recommend"
    " that you specify resource ARNs instead.",
    "PASS_ROLE_WITH_NOT_RESOURCE": "Using the iam:PassRole action with NotResource can be overly"
    " permissive because it can allow iam:PassRole permissions on multiple resources. We recommend"
    " that you specify resource ARNs instead.",
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE": "Using an action with a wildcard(*) and"
    " NotResource can be overly permissive because it can allow iam:PassRole permissions on"
    " multiple resources. We recommend that you specify resource ARNs instead.",
    "PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE": "Using wildcards (*) in the action and the"
    " resource can be overly permissive because it allows iam:PassRole permissions on all"
    " resources. We recommend that you specify resource ARNs or add the iam:PassedToService"
    " condition key to your statement.",
    "PASS_ROLE_WITH_STAR_IN_RESOURCE": "Using the iam:PassRole action with wildcards (*) in the"
    " resource can be overly permissive because it allows iam:PassRole permissions on multiple"
    " resources. We recommend that you specify resource ARNs or add the iam:PassedToService"
    " condition key to your statement.",
    "PASS_ROLE_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION": "Using a resource with wildcards (*) and"
    " NotAction can be overly permissive because it allows iam:PassRole permissions on all"
    " resources. We recommend that you specify resource ARNs instead.",
    "RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL": "Granting access to a service principal without"
    " specifying a source is overly permissive. Use aws:SourceArn, aws:SourceAccount,"
    " aws:SourceOrgID, or aws:SourceOrgPaths condition key to grant fine-grained access.",
    "STRING_LIKE_OPERATOR_WITH_ARN_CONDITION_KEYS": "Use the operator type ArnLike instead of"
    " StringLike operator for the condition key {key}.",
    "ANYONE_WITHOUT_CONDITION": "Allow for everyone without a condition grants access to anonymous"
    " callers and to every account.",
}

_WARNINGS = {
    "CREATE_SLR_WITH_NOT_ACTION_AND_NOT_RESOURCE": "Using NotAction with NotResource can allow"
    " creation of unintended service-linked roles because it allows iam:CreateServiceLinkedRole"
    " permissions on multiple resources. We recommend that you specify resource ARNs instead.",
    "CREATE_SLR_WITH_NOT_RESOURCE": "Using the iam:CreateServiceLinkedRole action with NotResource"
    " can allow creation of unintended service-linked roles for multiple resources. We recommend"
    " that you specify resource ARNs instead.",
    "CREATE_SLR_WITH_STAR_IN_ACTION_AND_NOT_RESOURCE": "Using an action with a wildcard(*) and"
    " NotResource can allow creation of unintended service-linked roles because it can allow"
    " iam:CreateServiceLinkedRole permissions on multiple resources. We recommend that you specify"
    " resource ARNs instead.",
    "CREATE_SLR_WITH_STAR_IN_ACTION_AND_RESOURCE": "Using wildcards (*) in the action and the"
    " resource can allow creation of unintended service-linked roles because it allows"
    " iam:CreateServiceLinkedRole permissions on all resources. We recommend that you specify"
    " resource ARNs instead.",
    "CREATE_SLR_WITH_STAR_IN_RESOURCE": "Using the iam:CreateServiceLinkedRole action with"
    " wildcards (*) in the resource can allow creation of unintended service-linked roles. We"
    " recommend that you specify resource ARNs instead.",
    "CREATE_SLR_WITH_STAR_IN_RESOURCE_AND_NOT_ACTION": "Using a resource with wildcards (*) and"
    " NotAction can allow creation of unintended service-linked roles because it allows"
    " iam:CreateServiceLinkedRole permissions on all resources. We recommend that you specify"
    " resource ARNs instead.",
    "INVALID_DATE_VALUE": "The date {date} might not resolve as expected. We recommend that you"
    " use the YYYY-MM-DD format.",
    "INVALID_ROLE_REFERENCE": "The Principal element includes the IAM role ID {id}. We recommend"
    " that you use a role ARN instead.",
    "INVALID_USER_REFERENCE": "The Principal element includes the IAM user ID {id}. We recommend"
    " that you use a user ARN instead.",
    "MISSING_VERSION": "We recommend that you specify the Version element to help you with"
    " debugging permission issues.",
    "POLICY_SIZE_EXCEEDS_IDENTITY_POLICY_QUOTA": "The {size} characters in the identity policy,"
    " excluding whitespace, exceed the {limit} character maximum for inline and managed policies."
    " We recommend that you use multiple granular policies.",
    "POLICY_SIZE_EXCEEDS_ROLE_TRUST_POLICY_QUOTA": "The {size} characters in the role trust"
    " policy, excluding whitespace, exceed the {limit} character maximum. Role trust policies can"
    " hold more only where the quota has been raised.",
    "RCP_MISSING_RELATED_PRINCIPAL_CONDITION_KEYS": "RCPs impact IAM roles, users, and service"
    " principals. To prevent unintended impact to services acting on your behalf using a service"
    " principal, an additional statement should be added to the Condition block using the key"
    " aws:PrincipalIsAWSService whenever a principal key {key} is used.",
    "RCP_MISSING_RELATED_SERVICE_PRINCIPAL_CONDITION_KEYS": "RCPs impact IAM roles, users, and"
    " service principals. To prevent unintended impact to your principals, an additional statement"
    " should be added to the Condition block using the key aws:PrincipalIsAWSService whenever the"
    " key {key} is used.",
    "RCP_MISSING_SERVICE_CONDITION_KEY_NULL_CHECK": "The specified service may have a service"
    " integration that does not require the use of the {key} condition key. To prevent unintended"
    " impact, an additional null check on the key aws:SourceAccount should be added to the"
    " Condition block.",
    "SPECIFIC_GITHUB_REPO_AND_BRANCH_RECOMMENDED": "Using a wildcard (*) in"
    " token.actions.githubusercontent.com:sub can allow requests from more sources than you"
    " intended. Specify the value of token.actions.githubusercontent.com:sub with the repository"
    " and branch name.",
    "TYPE_MISMATCH": "Use the operator type {expected} instead of operator {operator} for the"
    " condition key {key}.",
    "TYPE_MISMATCH_BOOLEAN": "Add a valid Boolean value (true or false) for the condition operator"
    " {operator}.",
    "TYPE_MISMATCH_DATE": "The date condition operator is used with an invalid value. Specify a"
    " valid date using YYYY-MM-DD or other ISO 8601 date/time format.",
    "TYPE_MISMATCH_NUMBER": "Add a valid numeric value for the condition operator {operator}.",
    "TYPE_MISMATCH_STRING": "Add a valid base64-encoded string value for the condition operator"
    " {operator}.",
    "UNIQUE_SIDS_RECOMMENDED": "We recommend that you use statement IDs that are unique to your"
    " policy. Update the Sid value.",
    "WILDCARD_WITHOUT_LIKE_OPERATOR": "Your condition value includes a * or ? character. If you"
    " meant to use a wildcard (*, ?), update the condition operator to include Like.",
    "UNSUPPORTED_RESOURCE_FOR_ACTION": "The action {action} does not support the resource"
    " {resource}.",
    "ALLOW_SHADOWED_BY_DENY": "This Allow has no effect: a Deny in the same policy covers all of"
    " it.",
}

_SUGGESTIONS = {
    "ALLOW_NOTACTION_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": "Using the effect Allow with"
    " NotAction and the tag condition key {key} allows only service actions that support the"
    " condition key. The condition key doesn't apply to some service actions. We recommend that"
    " you use Action instead of NotAction.",
    "ALLOW_WITH_UNSUPPORTED_TAG_CONDITION_KEY_FOR_SERVICE": "Using the effect Allow with the tag"
    " condition key {key} and actions for services with the following prefixes does not affect the"
    " policy: {services}. Actions for the listed service are not allowed by this statement. We"
    " recommend that you move these actions to a different statement without this condition key.",
    "CONFIRM_AUDIENCE_CLAIM_TYPE": "The aud (audience) claim key identifies the recipients that"
    " the JSON web token is intended for. Here it has one value, so do not use a qualifier with"
    " {key}.",
    "EMPTY_ARRAY_ACTION": "This statement includes no actions and does not affect the policy."
    " Specify actions.",
    "EMPTY_ARRAY_CONDITION": "There are no values for the condition key {key} and it does not"
    " affect the policy. Specify conditions.",
    "EMPTY_ARRAY_CONDITION_FORALLVALUES": "The ForAllValues prefix with an empty condition key"
    " matches only if the key {key} is missing from the request context. To determine if the"
    " request context is empty, we recommend that you use the Null condition operator with the"
    " value of true instead.",
    "EMPTY_ARRAY_CONDITION_FORANYVALUE": "The ForAnyValue prefix with an empty condition key"
    " {key} never matches the request context and it does not affect the policy. Specify"
    " conditions.",
    "EMPTY_ARRAY_CONDITION_IFEXISTS": "The IfExists suffix with an empty condition key matches"
    " only if the key {key} is missing from the request context. To determine if the request"
    " context is empty, we recommend that you use the Null condition operator with the value of"
    " true instead.",
    "EMPTY_ARRAY_PRINCIPAL": "This statement includes no principals and does not affect the"
    " policy. Specify principals.",
    "EMPTY_ARRAY_RESOURCE": "This statement includes no resources and does not affect the policy."
    " Specify resources.",
    "EMPTY_OBJECT_CONDITION": "This condition block is empty and it does not affect the policy."
    " Specify conditions.",
    "EMPTY_OBJECT_PRINCIPAL": "This statement includes no principals and does not affect the"
    " policy. Specify principals.",
    "EMPTY_SID_VALUE": "Add a value to the empty string in the Sid element.",
    "IMPROVE_IP_RANGE": "The non-zero bits in the IP address after the masked bits are ignored."
    " Replace address with {network}.",
    "IRRELEVANT_CONDITION_KEY_IN_POLICY": "The condition key {key} is not relevant for this"
    " policy. Use this key in an identity-based policy to govern access to this resource.",
    "NULL_WITH_QUALIFIER": "Avoid using the Null condition operator with the ForAllValues or"
    " ForAnyValue qualifiers because they always return a true or false respectively.",
    "REDUNDANT_ACTION": "The {count} action(s) are redundant because they provide similar"
    " permissions. Update the policy to remove the redundant action such as: {action}.",
    "REDUNDANT_CONDITION_VALUE_NUM": "Multiple values in {operator} are redundant. Replace with"
    " the greatest/least single value for {key}.",
    "REDUNDANT_PRINCIPAL_IN_ROLE_TRUST_POLICY": "The assumed-role principal {principal} is"
    " redundant with its parent role {role}. Remove the assumed-role principal.",
    "REDUNDANT_RESOURCE": "The {count} resource ARN(s) are redundant because they reference the"
    " same resource. Review the use of wildcards (*).",
    "REDUNDANT_STATEMENT": "The statements are redundant because they provide similar permissions."
    " Update the policy to remove the redundant statement.",
    "WILDCARD_IN_SERVICE_NAME": "Avoid using wildcards (*, ?) in the service name because it might"
    " grant unintended access to other services with similar names.",
}

OWN_CODES = frozenset(
    {
        "ALLOW_SHADOWED_BY_DENY",
        "ANYONE_WITHOUT_CONDITION",
        "REFUSED",
        "UNSUPPORTED_RESOURCE_FOR_ACTION",
    }
)

CODES: dict[str, tuple[FindingType, str]] = {
    code: (type_, message)
    for type_, messages in (
        (FindingType.ERROR, _ERRORS),
        (FindingType.SECURITY_WARNING, _SECURITY_WARNINGS),
        (FindingType.WARNING, _WARNINGS),
        (FindingType.SUGGESTION, _SUGGESTIONS),
    )
    for code, message in messages.items()
}
