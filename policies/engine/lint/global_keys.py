"""The global condition keys and their types.

Source: IAM User Guide, "AWS global condition context keys" (reference_policies_condition-keys).
"""

from __future__ import annotations

from .catalogue import ConditionKey

_NAMES = {
    "String": (
        "aws:PrincipalAccount aws:PrincipalOrgID aws:PrincipalOrgMasterAccountId"
        " aws:PrincipalTag/${TagKey} aws:PrincipalType aws:PrincipalServiceName aws:userid"
        " aws:username aws:PrincipalId aws:Type aws:FederatedProvider aws:SourceIdentity"
        " aws:ViaCustomerDomain aws:Ec2InstanceSourceVpc aws:SourceVpc aws:SourceVpce"
        " aws:VpceAccount aws:VpceOrgID aws:ResourceAccount aws:ResourceOrgID"
        " aws:ResourceTag/${TagKey} aws:RequestedRegion aws:RequestTag/${TagKey} aws:UserAgent"
        " aws:referer aws:CalledViaFirst aws:CalledViaLast aws:SourceAccount aws:SourceOrgID"
        " aws:CalledViaAWSMCP"
    ),
    "ArrayOfString": (
        "aws:PrincipalOrgPaths aws:PrincipalServiceNamesList aws:VpceOrgPaths"
        " aws:ResourceOrgPaths aws:TagKeys aws:CalledVia aws:SourceOrgPaths"
    ),
    "ARN": (
        "aws:PrincipalArn aws:SignInSessionArn aws:ChatbotSourceArn aws:SourceVpcArn aws:SourceArn"
    ),
    "Bool": (
        "aws:PrincipalIsAWSService aws:AssumedRoot aws:MultiFactorAuthPresent aws:SecureTransport"
        " aws:ViaAWSService aws:ViaAWSMCPService aws:IsMcpServiceAction"
    ),
    "Date": "aws:TokenIssueTime aws:CurrentTime aws:EpochTime",
    "Numeric": "aws:MultiFactorAuthAge",
    "IPAddress": "aws:SourceIp aws:VpcSourceIp aws:Ec2InstanceSourcePrivateIPv4",
}

GLOBAL_KEYS: dict[str, ConditionKey] = {
    name.lower(): ConditionKey(name, type_)
    for type_, names in _NAMES.items()
    for name in names.split()
}

# Set by the service that issued the caller's session; carried by whatever that session asks.
SESSION_KEYS = frozenset(
    {
        "codebuild:buildarn",
        "codebuild:projectarn",
        "ec2:roledelivery",
        "ec2:sourceinstancearn",
        "glue:credentialissuingservice",
        "glue:roleassumedby",
        "identitystore:userid",
        "lambda:sourcefunctionarn",
        "ssm:sourceinstancearn",
    }
)

# Carried only by some requests: an action carries them when its own data names them.
# `aws:ResourceTag` has findings of its own (`tags`).
REQUEST_BOUND = frozenset({"aws:requesttag/${tagkey}", "aws:tagkeys"})
