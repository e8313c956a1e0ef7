import json
import re
from datetime import timedelta

from django.db import transaction

from accounts import tenancy
from accounts.models import Account
from identities.models import Role
from tests.cast import allow, trust
from tests.identities.operations.refusal import conflict, denied, exists, limit, missing, refusal


def make(acme, name: str = "Auditor", **params):
    document = trust(acme.arn("root"))
    return acme.root.perform(
        "CreateRole", RoleName=name, AssumeRolePolicyDocument=document, **params
    )["Role"]


def test_a_role_is_made_as_asked(acme) -> None:
    role = make(
        acme,
        Path="/audit/",
        Description="Looks, never touches",
        MaxSessionDuration=7200,
        Tags=[{"Key": "team", "Value": "blue"}],
    )
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", role["RoleId"])
    assert role["Arn"] == acme.arn("role/audit/Auditor")
    assert not {"MaxSessionDuration", "Description", "RoleLastUsed"} & role.keys()
    assert role["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert role["AssumeRolePolicyDocument"] == trust(acme.arn("root"))
    shown = acme.root.perform("GetRole", RoleName="auditor")["Role"]
    more = {"MaxSessionDuration": 7200, "Description": "Looks, never touches", "RoleLastUsed": {}}
    assert shown == {**role, **more}


def test_a_session_lasts_an_hour_unless_asked_otherwise(acme) -> None:
    make(acme)
    shown = acme.root.perform("GetRole", RoleName="Auditor")["Role"]
    assert shown["MaxSessionDuration"] == 3600


def test_a_role_with_a_boundary_says_so(acme) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="edge", PolicyDocument=allow("s3:*"))
    arn = made["Policy"]["Arn"]
    boundary = {"PermissionsBoundaryType": "Policy", "PermissionsBoundaryArn": arn}
    assert make(acme, PermissionsBoundary=arn)["PermissionsBoundary"] == boundary
    shown = acme.root.perform("GetRole", RoleName="Auditor")["Role"]
    assert shown["PermissionsBoundary"] == boundary


def test_names_are_unique_ignoring_case(acme) -> None:
    document = trust(acme.arn("root"))
    assert refusal(
        acme.root, "CreateRole", RoleName="DEPLOYER", AssumeRolePolicyDocument=document
    ) == exists("Role with name DEPLOYER already exists.")


def test_the_quota_of_roles_holds(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(quotas={"RolesPerAccount": 1})
    document = trust(acme.arn("root"))
    assert refusal(
        acme.root, "CreateRole", RoleName="second", AssumeRolePolicyDocument=document
    ) == limit("RolesPerAccount", 1)


def test_making_a_role_with_tags_needs_permission_to_tag(acme) -> None:
    dora = acme.user("dora", allow("iam:CreateRole"))
    assert refusal(
        dora,
        "CreateRole",
        RoleName="Auditor",
        AssumeRolePolicyDocument=trust(acme.arn("root")),
        Tags=[{"Key": "a", "Value": "b"}],
    ) == denied(dora, "iam:TagRole", acme.arn("role/Auditor"))


def test_a_role_cannot_pass_itself_off_as_service_linked(acme) -> None:
    for path in ("/aws-service-role/ec2.amazonaws.com/", "/aws-reserved/"):
        code, status, _ = refusal(
            acme.root,
            "CreateRole",
            RoleName="fake",
            Path=path,
            AssumeRolePolicyDocument=trust(acme.arn("root")),
        )
        assert (code, status) == ("ValidationError", 400)


def test_lists_hold_trust_policies_but_no_tags_boundary_or_last_use(acme) -> None:
    make(acme, Path="/audit/", Tags=[{"Key": "a", "Value": "b"}])
    (role,) = acme.root.perform("ListRoles", PathPrefix="/audit/")["Roles"]
    assert role.keys() == {
        "Path",
        "RoleName",
        "RoleId",
        "Arn",
        "CreateDate",
        "AssumeRolePolicyDocument",
        "MaxSessionDuration",
    }
    assert json.loads(role["AssumeRolePolicyDocument"])["Version"] == "2012-10-17"


def test_a_role_shows_when_it_was_last_used(acme) -> None:
    acme.assume(acme.alice, acme.deployer).perform("ListUsers")
    used = acme.root.perform("GetRole", RoleName="Deployer")["Role"]["RoleLastUsed"]
    assert used["Region"] == "us-east-1"
    assert used["LastUsedDate"].tzinfo is not None
    acme.root.perform("TagRole", RoleName="Deployer", Tags=[{"Key": "a", "Value": "b"}])
    with transaction.atomic():
        tenancy.enter(acme.id)
        Role.objects.of(acme.id).update(last_used_at=used["LastUsedDate"] - timedelta(days=400))
    details = acme.root.perform("GetAccountAuthorizationDetails", Filter=["Role"])
    for shown in (
        acme.root.perform("GetRole", RoleName="Deployer")["Role"],
        *details["RoleDetailList"],
    ):
        assert shown["RoleLastUsed"] == {}


def test_an_update_leaves_alone_what_it_leaves_out(acme) -> None:
    make(acme, MaxSessionDuration=7200, Description="before")
    acme.root.perform("UpdateRole", RoleName="Auditor", MaxSessionDuration=43200)
    role = acme.root.perform("GetRole", RoleName="Auditor")["Role"]
    assert (role["MaxSessionDuration"], role["Description"]) == (43200, "before")
    acme.root.perform("UpdateRole", RoleName="Auditor", Description="after")
    role = acme.root.perform("GetRole", RoleName="Auditor")["Role"]
    assert (role["MaxSessionDuration"], role["Description"]) == (43200, "after")


def test_a_description_changes_alone(acme) -> None:
    make(acme, MaxSessionDuration=7200)
    role = acme.root.perform("UpdateRoleDescription", RoleName="Auditor", Description="new")["Role"]
    shown = acme.root.perform("GetRole", RoleName="Auditor")["Role"]
    assert shown == {**role, "MaxSessionDuration": 7200, "RoleLastUsed": {}}
    assert shown["Description"] == "new"


def test_a_role_is_deleted_only_when_nothing_is_left_of_it(acme) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="p", PolicyDocument=allow("s3:*"))
    arn = made["Policy"]["Arn"]
    acme.root.perform("AttachRolePolicy", RoleName="Deployer", PolicyArn=arn)
    ways_out = [
        ("detach all policies", "DetachRolePolicy", {"PolicyArn": arn}),
        ("delete policies", "DeleteRolePolicy", {"PolicyName": "p0"}),
    ]
    for what, operation, params in ways_out:
        assert refusal(acme.root, "DeleteRole", RoleName="Deployer") == conflict(
            f"Cannot delete entity, must {what} first."
        )
        acme.root.perform(operation, RoleName="Deployer", **params)
    acme.root.perform("DeleteRole", RoleName="Deployer")
    assert refusal(acme.root, "GetRole", RoleName="Deployer") == missing(
        "The role with name Deployer cannot be found."
    )


def test_a_session_dies_with_its_role_and_a_recreated_name_does_not_revive_it(acme) -> None:
    make(acme, "Brief")
    session = acme.assume(acme.alice, acme.arn("role/Brief"))
    acme.root.perform("DeleteRole", RoleName="Brief")
    invalid = (
        "InvalidClientTokenId",
        403,
        "The security token included in the request is invalid.",
    )
    assert refusal(session, "ListUsers") == invalid
    make(acme, "Brief")
    assert refusal(session, "ListUsers") == invalid


def test_only_description_and_tags_of_a_service_linked_role_change(acme) -> None:
    make(acme, "AWSServiceRoleForTest")
    with transaction.atomic():
        tenancy.enter(acme.id)
        Role.objects.filter(name="AWSServiceRoleForTest").update(
            path="/aws-service-role/test.amazonaws.com/"
        )
    name = {"RoleName": "AWSServiceRoleForTest"}
    protected = (
        "UnmodifiableEntity",
        400,
        (
            "Cannot perform the operation on the protected role 'AWSServiceRoleForTest' - "
            "this role is only modifiable by AWS"
        ),
    )
    changes = {
        "DeleteRole": {},
        "UpdateRole": {"MaxSessionDuration": 3600},
        "UpdateAssumeRolePolicy": {"PolicyDocument": trust(acme.arn("root"))},
    }
    for operation, params in changes.items():
        assert refusal(acme.root, operation, **name, **params) == protected
    tags = [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}]
    acme.root.perform("TagRole", **name, Tags=tags)
    acme.root.perform("UntagRole", **name, TagKeys=["a"])
    assert acme.root.perform("ListRoleTags", **name)["Tags"] == tags[1:]
    role = acme.root.perform("UpdateRoleDescription", **name, Description="mine")["Role"]
    assert role["Description"] == "mine"


def test_a_policy_may_decide_by_the_boundary_of_a_role(acme) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="edge", PolicyDocument=allow("s3:*"))
    edge = made["Policy"]["Arn"]
    bounded = {"StringEquals": {"iam:PermissionsBoundary": edge}}
    dora = acme.user("dora", allow("iam:CreateRole", "iam:DeleteRole", Condition=bounded))
    document = trust(acme.arn("root"))
    assert refusal(
        dora, "CreateRole", RoleName="free", AssumeRolePolicyDocument=document
    ) == denied(dora, "iam:CreateRole", acme.arn("role/free"))
    dora.perform(
        "CreateRole",
        RoleName="held",
        AssumeRolePolicyDocument=document,
        PermissionsBoundary=edge,
    )
    dora.perform("DeleteRole", RoleName="held")
    make(acme, "free")
    assert refusal(dora, "DeleteRole", RoleName="free") == denied(
        dora, "iam:DeleteRole", acme.arn("role/free")
    )
