"""Policies through boto3 over HTTP: what clients parse, page and catch."""

import json

import pytest
from botocore.exceptions import ClientError

from tests.cast import Acme, allow
from tests.portal import Portal

VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


@pytest.fixture
def iam(acme: Acme, portal: Portal):
    return acme.alice.client("iam", portal.url)


def test_documents_come_back_as_they_were_sent(iam) -> None:
    text = allow("s3:GetObject", resource="arn:aws:s3:::b/${aws:username}/*+%20é").replace(
        '{"Effect"', '\n\t{"Effect"'
    )
    arn = iam.create_policy(PolicyName="P", PolicyDocument=text)["Policy"]["Arn"]
    version = iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]
    assert version["Document"] == json.loads(text)
    iam.put_user_policy(UserName="bob", PolicyName="p", PolicyDocument=text)
    got = iam.get_user_policy(UserName="bob", PolicyName="p")
    assert got["PolicyDocument"] == json.loads(text)
    details = iam.get_account_authorization_details(Filter=["User", "LocalManagedPolicy"])
    (bob,) = [one for one in details["UserDetailList"] if one["UserName"] == "bob"]
    assert bob["UserPolicyList"][0]["PolicyDocument"] == json.loads(text)
    assert details["Policies"][0]["PolicyVersionList"][0]["Document"] == json.loads(text)


def test_botos_paginators_go_through_everything(iam) -> None:
    iam.attach_user_policy(UserName="bob", PolicyArn=VIEW)
    iam.attach_group_policy(GroupName="Developers", PolicyArn=VIEW)
    pages = list(iam.get_paginator("list_policies").paginate(PaginationConfig={"PageSize": 10}))
    names = [one["PolicyName"] for page in pages for one in page["Policies"]]
    assert len(pages) > 5
    assert len(names) == len(set(names))
    whole = iam.get_paginator("list_entities_for_policy").paginate(
        PolicyArn=VIEW, PaginationConfig={"PageSize": 1}
    )
    found = whole.build_full_result()
    assert [one["GroupName"] for one in found["PolicyGroups"]] == ["Developers"]
    assert [one["UserName"] for one in found["PolicyUsers"]] == ["bob"]
    details = iam.get_paginator("get_account_authorization_details").paginate(
        PaginationConfig={"PageSize": 2}
    )
    names = [one["UserName"] for one in details.build_full_result()["UserDetailList"]]
    assert names == ["alice", "bob", "carol", "ci"]


def test_a_simulation_arrives_whole(iam, acme: Acme) -> None:
    iam.put_user_permissions_boundary(UserName="bob", PermissionsBoundary=VIEW)
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=acme.arn("user/bob"),
        ActionNames=["s3:PutObject"],
        ResourceArns=["arn:aws:s3:::b/k"],
        ContextEntries=[
            {
                "ContextKeyName": "aws:SourceIp",
                "ContextKeyValues": ["203.0.113.9"],
                "ContextKeyType": "ip",
            }
        ],
    )["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    assert result["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}
    (specific,) = result["ResourceSpecificResults"]
    assert specific["EvalResourceName"] == "arn:aws:s3:::b/k"
    assert specific["EvalResourceDecision"] == "implicitDeny"


def test_refusals_are_the_exceptions_of_the_model(iam) -> None:
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.get_policy(PolicyArn="arn:aws:iam::aws:policy/Nothing")
    with pytest.raises(iam.exceptions.MalformedPolicyDocumentException):
        iam.create_policy(PolicyName="P", PolicyDocument="{}")
    with pytest.raises(iam.exceptions.PolicyNotAttachableException):
        iam.attach_user_policy(
            UserName="bob",
            PolicyArn="arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy",
        )
    with pytest.raises(ClientError) as caught:
        iam.delete_policy(PolicyArn=VIEW)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
