import json
import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from accounts import tenancy
from accounts.models import Event
from identities.models import Role
from identities.service_linked_roles import ROLES
from identities.services import is_service_principal
from policies.models import Attachment
from tests.cast import allow, trust
from tests.identities.operations.refusal import denied, missing, refusal
from tests.identities.quotas import set_quota

AUTOSCALING = "autoscaling.amazonaws.com"
NAME = "AWSServiceRoleForAutoScaling"
PROTECTED = (
    "UnmodifiableEntity",
    400,
    (
        f"Cannot perform the operation on the protected role '{NAME}' - "
        "this role is only modifiable by AWS"
    ),
)


@pytest.fixture
def role(acme) -> dict:
    return acme.root.perform("CreateServiceLinkedRole", AWSServiceName=AUTOSCALING)["Role"]


def invalid(message: str) -> tuple[str, int, str]:
    return "InvalidInput", 400, message


def delete(acme, name: str = NAME) -> str:
    return acme.root.perform("DeleteServiceLinkedRole", RoleName=name)["DeletionTaskId"]


def status(actor, task: str) -> dict:
    return actor.perform("GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)


def note_use(acme, ago: timedelta) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Role.objects.filter(name=NAME).update(
            last_used_at=timezone.now() - ago, last_used_region="eu-west-1"
        )


def test_the_role_is_the_services_own(acme, role) -> None:
    path = f"/aws-service-role/{AUTOSCALING}/"
    assert role["RoleName"] == NAME
    assert role["Path"] == path
    assert role["Arn"] == acme.arn(f"role{path}{NAME}")
    assert re.fullmatch(r"AROA[A-Z2-7]{17}", role["RoleId"])
    assert json.loads(role["AssumeRolePolicyDocument"])["Statement"] == [
        {"Effect": "Allow", "Principal": {"Service": AUTOSCALING}, "Action": "sts:AssumeRole"}
    ]
    shown = acme.root.perform("GetRole", RoleName=NAME)["Role"]
    assert {**role, "MaxSessionDuration": 3600, "RoleLastUsed": {}} == shown
    assert acme.root.perform("ListAttachedRolePolicies", RoleName=NAME)["AttachedPolicies"] == [
        {
            "PolicyName": "AutoScalingServiceRolePolicy",
            "PolicyArn": "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy",
        }
    ]


def test_a_service_whose_policy_is_not_loaded_gets_its_role_all_the_same(acme) -> None:
    made = acme.root.perform(
        "CreateServiceLinkedRole", AWSServiceName="dax.amazonaws.com", Description="Caches."
    )["Role"]
    shown = acme.root.perform("GetRole", RoleName=made["RoleName"])["Role"]
    assert (shown["RoleName"], shown["Description"]) == ("AWSServiceRoleForDAX", "Caches.")


def test_every_service_in_the_list_may_be_named_in_a_trust_policy() -> None:
    assert [service for service in ROLES if not is_service_principal(service)] == []
    assert len({role.name for role in ROLES.values()}) == len(ROLES)
    assert max(len(role.name) for role in ROLES.values()) <= 64


def test_a_second_role_needs_another_suffix(acme, role) -> None:
    creating = {"AWSServiceName": AUTOSCALING}
    assert refusal(acme.root, "CreateServiceLinkedRole", **creating) == invalid(
        f"Service role name {NAME} has been taken in this account, please try a different suffix."
    )
    creating["CustomSuffix"] = "debug"
    made = acme.root.perform("CreateServiceLinkedRole", **creating)["Role"]
    assert made["RoleName"] == f"{NAME}_debug"
    assert refusal(acme.root, "CreateServiceLinkedRole", **creating) == invalid(
        f"Service role name {NAME}_debug has been taken in this account, "
        "please try a different suffix."
    )
    creating["CustomSuffix"] = "x" * 64
    assert refusal(acme.root, "CreateServiceLinkedRole", **creating) == invalid(
        f"The role name {NAME}_{'x' * 64} has more than 64 characters."
    )


def test_not_every_service_takes_a_suffix_or_has_a_role(acme) -> None:
    assert refusal(
        acme.root, "CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com", CustomSuffix="x"
    ) == invalid("Custom suffix is not allowed for ecs.amazonaws.com")
    for service in ("ECS.amazonaws.com", "no.amazonaws.com"):
        assert refusal(acme.root, "CreateServiceLinkedRole", AWSServiceName=service) == invalid(
            f"{service} is not a service with service-linked roles."
        )


def test_these_roles_may_exceed_the_quota_of_roles(acme) -> None:
    set_quota(acme, "RolesPerAccount", 1)
    acme.root.perform("CreateServiceLinkedRole", AWSServiceName=AUTOSCALING)
    assert acme.root.perform("GetAccountSummary")["SummaryMap"]["Roles"] == 2


def test_creation_asks_for_the_role_and_the_service(acme) -> None:
    arn = acme.arn(f"role/aws-service-role/{AUTOSCALING}/{NAME}")
    creating = {"AWSServiceName": AUTOSCALING}
    assert refusal(acme.carol, "CreateServiceLinkedRole", **creating) == denied(
        acme.carol, "iam:CreateServiceLinkedRole", arn
    )
    condition = {"StringLike": {"iam:AWSServiceName": "ecs.amazonaws.com"}}
    ecs = acme.user("ecs", allow("iam:CreateServiceLinkedRole", Condition=condition))
    assert refusal(ecs, "CreateServiceLinkedRole", **creating)[0] == "AccessDenied"
    ecs.perform("CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com")
    by_arn = acme.user("by-arn", allow("iam:CreateServiceLinkedRole", resource=f"{arn}*"))
    by_arn.perform("CreateServiceLinkedRole", **creating, CustomSuffix="x")


def test_only_its_description_and_tags_can_be_changed(acme, role) -> None:
    read = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
    document = allow("*")
    acme.root.perform("CreateInstanceProfile", InstanceProfileName="web")
    for operation, params in (
        ("DeleteRole", {}),
        ("UpdateRole", {"MaxSessionDuration": 7200}),
        ("UpdateAssumeRolePolicy", {"PolicyDocument": trust(acme.arn("root"))}),
        ("AttachRolePolicy", {"PolicyArn": read}),
        ("DetachRolePolicy", {"PolicyArn": read}),
        ("PutRolePolicy", {"PolicyName": "p", "PolicyDocument": document}),
        ("DeleteRolePolicy", {"PolicyName": "p"}),
        ("PutRolePermissionsBoundary", {"PermissionsBoundary": read}),
        ("DeleteRolePermissionsBoundary", {}),
        ("AddRoleToInstanceProfile", {"InstanceProfileName": "web"}),
        ("RemoveRoleFromInstanceProfile", {"InstanceProfileName": "web"}),
    ):
        assert refusal(acme.root, operation, RoleName=NAME, **params) == PROTECTED, operation
    acme.root.perform("UpdateRoleDescription", RoleName=NAME, Description="one")
    acme.root.perform("UpdateRole", RoleName=NAME, Description="two")
    acme.root.perform("TagRole", RoleName=NAME, Tags=[{"Key": "k", "Value": "v"}])
    role = acme.root.perform("GetRole", RoleName=NAME)["Role"]
    assert (role["Description"], role["Tags"]) == ("two", [{"Key": "k", "Value": "v"}])
    acme.root.perform("UntagRole", RoleName=NAME, TagKeys=["k"])
    assert "Tags" not in acme.root.perform("GetRole", RoleName=NAME)["Role"]


def test_a_deletion_is_a_task_that_outlives_the_role(acme, role) -> None:
    task = delete(acme)
    uuid = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
    assert re.fullmatch(rf"task/aws-service-role/{AUTOSCALING}/{NAME}/{uuid}", task)
    assert status(acme.root, task) == {"Status": "SUCCEEDED"}
    assert refusal(acme.root, "GetRole", RoleName=NAME) == missing(
        f"The role with name {NAME} cannot be found."
    )
    with transaction.atomic():
        tenancy.enter(acme.id)
        assert not Attachment.objects.filter(principal_id=role["RoleId"]).exists()
        event = Event.objects.filter(operation="DeleteServiceLinkedRole").latest("sequence")
    assert event.detail == {"Status": "SUCCEEDED"}
    again = acme.root.perform("CreateServiceLinkedRole", AWSServiceName=AUTOSCALING)["Role"]
    assert again["RoleId"] != role["RoleId"]


def test_a_role_that_may_be_in_use_stays_and_the_task_says_why(acme, role) -> None:
    note_use(acme, timedelta(minutes=59))
    task = delete(acme)
    assert status(acme.root, task) == {
        "Status": "FAILED",
        "Reason": {
            "Reason": (
                f"The role {NAME} was used less than 3600 seconds ago and may have active sessions."
            ),
            "RoleUsageList": [{"Region": "eu-west-1"}],
        },
    }
    assert acme.root.perform("GetRole", RoleName=NAME)["Role"]["RoleId"] == role["RoleId"]
    note_use(acme, timedelta(minutes=61))
    assert status(acme.root, delete(acme)) == {"Status": "SUCCEEDED"}
    assert status(acme.root, task)["Status"] == "FAILED"


def test_an_ordinary_role_is_none_of_them(acme) -> None:
    assert refusal(acme.root, "DeleteServiceLinkedRole", RoleName="Deployer") == missing(
        "The service-linked role with name Deployer cannot be found."
    )
    assert refusal(acme.root, "DeleteServiceLinkedRole", RoleName="no") == missing(
        "The role with name no cannot be found."
    )


def test_a_name_that_somebody_took_first_is_taken(acme) -> None:
    acme.role(NAME, trust(acme.arn("root")))
    assert refusal(acme.root, "CreateServiceLinkedRole", AWSServiceName=AUTOSCALING)[0] == (
        "InvalidInput"
    )


def test_a_task_id_is_of_a_form_and_of_its_account(acme, evil, role) -> None:
    task = delete(acme)
    for text in ("x", f"task/aws-service-role/{AUTOSCALING}/{NAME}", f"{task}/x"):
        asked = {"DeletionTaskId": text}
        assert refusal(acme.root, "GetServiceLinkedRoleDeletionStatus", **asked) == invalid(
            f"The deletion task id {text} is invalid."
        )
    unknown = f"task/aws-service-role/{AUTOSCALING}/{NAME}/{'x' * 36}"
    other = task.replace(NAME, "AWSServiceRoleForECS")
    for actor, text in ((acme.root, unknown), (acme.root, other), (evil.root, task)):
        asked = {"DeletionTaskId": text}
        assert refusal(actor, "GetServiceLinkedRoleDeletionStatus", **asked) == missing(
            f"The deletion task {text} cannot be found."
        )


def test_deletion_and_its_status_ask_for_the_roles_arn(acme, role) -> None:
    assert refusal(acme.carol, "DeleteServiceLinkedRole", RoleName=NAME) == denied(
        acme.carol, "iam:DeleteServiceLinkedRole", role["Arn"]
    )
    task = delete(acme)
    assert refusal(acme.carol, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task) == denied(
        acme.carol, "iam:GetServiceLinkedRoleDeletionStatus", role["Arn"]
    )
