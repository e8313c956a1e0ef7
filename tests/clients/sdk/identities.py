"""Users, groups, roles, instance profiles, and what they are tagged with."""

from __future__ import annotations

from tests.cast import Acme, allow, trust
from tests.clients.sdk.calls import Calls
from tests.identities.quotas import set_quota

TWICE = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
BAD_TAGS = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
MANY = [{"Key": f"k{number}", "Value": ""} for number in range(51)]


def users(call: Calls, acme: Acme) -> None:
    me = acme.alice
    call(me, "CreateUser", UserName="dora", Tags=[{"Key": "team", "Value": "sea"}])
    call.attempt(me, "CreateUser", UserName="DORA")
    call.attempt(me, "CreateUser", UserName="x", Tags=TWICE)
    call(me, "GetUser", UserName="dora")
    call(me, "ListUsers")
    call(me, "UpdateUser", UserName="dora", NewUserName="dori")
    call.attempt(me, "UpdateUser", UserName="dori", NewUserName="bob")
    call(me, "TagUser", UserName="dori", Tags=[{"Key": "a", "Value": "b"}])
    call.attempt(me, "TagUser", UserName="dori", Tags=TWICE)
    for number in range(2):
        call.attempt(me, "TagUser", UserName="dori", Tags=MANY[number * 50 : number * 50 + 50])
    call(me, "ListUserTags", UserName="dori")
    call(me, "UntagUser", UserName="dori", TagKeys=["a"])
    call(me, "PutUserPolicy", UserName="dori", PolicyName="p", PolicyDocument=allow("s3:*"))
    call.attempt(me, "PutUserPolicy", UserName="dori", PolicyName="p", PolicyDocument="{}")
    large = allow(*(f"s3:Get{number:04}" for number in range(300)))
    call.attempt(me, "PutUserPolicy", UserName="dori", PolicyName="p", PolicyDocument=large)
    call(me, "GetUserPolicy", UserName="dori", PolicyName="p")
    call(me, "ListUserPolicies", UserName="dori")
    call.attempt(me, "DeleteUser", UserName="dori")
    call(me, "DeleteUserPolicy", UserName="dori", PolicyName="p")
    call(me, "DeleteUser", UserName="dori")
    set_quota(acme, "UsersPerAccount", 1)
    call.attempt(me, "CreateUser", UserName="more")


def groups(call: Calls, acme: Acme) -> None:
    me = acme.alice
    call(me, "CreateGroup", GroupName="team")
    call.attempt(me, "CreateGroup", GroupName="TEAM")
    call(me, "AddUserToGroup", GroupName="team", UserName="carol")
    call(me, "GetGroup", GroupName="team")
    call(me, "ListGroups")
    call(me, "ListGroupsForUser", UserName="carol")
    call.attempt(me, "UpdateGroup", GroupName="team", NewGroupName="Developers")
    call(me, "UpdateGroup", GroupName="team", NewGroupName="crew")
    call(me, "PutGroupPolicy", GroupName="crew", PolicyName="p", PolicyDocument=allow("s3:*"))
    call.attempt(me, "PutGroupPolicy", GroupName="crew", PolicyName="p", PolicyDocument="{}")
    large = allow(*(f"s3:Get{number:04}" for number in range(600)))
    call.attempt(me, "PutGroupPolicy", GroupName="crew", PolicyName="p", PolicyDocument=large)
    call(me, "GetGroupPolicy", GroupName="crew", PolicyName="p")
    call(me, "ListGroupPolicies", GroupName="crew")
    call.attempt(me, "DeleteGroup", GroupName="crew")
    call(me, "DeleteGroupPolicy", GroupName="crew", PolicyName="p")
    call(me, "RemoveUserFromGroup", GroupName="crew", UserName="carol")
    set_quota(acme, "GroupsPerUser", 0)
    call.attempt(me, "AddUserToGroup", GroupName="crew", UserName="carol")
    call(me, "DeleteGroup", GroupName="crew")
    set_quota(acme, "GroupsPerAccount", 0)
    call.attempt(me, "CreateGroup", GroupName="more")


def roles(call: Calls, acme: Acme) -> None:
    me, trusting = acme.alice, trust(acme.arn("root"))
    call(me, "CreateRole", RoleName="worker", AssumeRolePolicyDocument=trusting)
    call.attempt(me, "CreateRole", RoleName="Worker", AssumeRolePolicyDocument=trusting)
    call.attempt(me, "CreateRole", RoleName="x", AssumeRolePolicyDocument="{}")
    call.attempt(me, "CreateRole", RoleName="x", AssumeRolePolicyDocument=trusting, Tags=TWICE)
    call(me, "GetRole", RoleName="worker")
    call(me, "ListRoles")
    call(me, "UpdateRole", RoleName="worker", MaxSessionDuration=7200)
    call(me, "UpdateRoleDescription", RoleName="worker", Description="Works")
    call(me, "UpdateAssumeRolePolicy", RoleName="worker", PolicyDocument=trusting)
    call.attempt(me, "UpdateAssumeRolePolicy", RoleName="worker", PolicyDocument="{}")
    call(me, "TagRole", RoleName="worker", Tags=[{"Key": "a", "Value": "b"}])
    call.attempt(me, "TagRole", RoleName="worker", Tags=TWICE)
    for number in range(2):
        call.attempt(me, "TagRole", RoleName="worker", Tags=MANY[number * 50 : number * 50 + 50])
    call(me, "ListRoleTags", RoleName="worker")
    call(me, "UntagRole", RoleName="worker", TagKeys=["a"])
    call(me, "PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=allow("s3:*"))
    call.attempt(me, "PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument="{}")
    large = allow(*(f"s3:Get{number:04}" for number in range(1100)))
    call.attempt(me, "PutRolePolicy", RoleName="worker", PolicyName="p", PolicyDocument=large)
    call(me, "GetRolePolicy", RoleName="worker", PolicyName="p")
    call(me, "ListRolePolicies", RoleName="worker")
    profiles(call, acme)
    call.attempt(me, "DeleteRole", RoleName="worker")
    call(me, "DeleteRolePolicy", RoleName="worker", PolicyName="p")
    call(me, "DeleteRole", RoleName="worker")
    set_quota(acme, "ACLSizePerRole", 10)
    call.attempt(me, "UpdateAssumeRolePolicy", RoleName="Deployer", PolicyDocument=trusting)
    set_quota(acme, "RolesPerAccount", 0)
    call.attempt(me, "CreateRole", RoleName="more", AssumeRolePolicyDocument=trusting)
    service_linked(call, acme)


def profiles(call: Calls, acme: Acme) -> None:
    me, name = acme.alice, {"InstanceProfileName": "machine"}
    both = name | {"RoleName": "worker"}
    call(me, "CreateInstanceProfile", **name)
    call.attempt(me, "CreateInstanceProfile", **name)
    call.attempt(me, "CreateInstanceProfile", InstanceProfileName="x", Tags=BAD_TAGS)
    call(me, "AddRoleToInstanceProfile", **both)
    call.attempt(me, "AddRoleToInstanceProfile", **name, RoleName="Deployer")
    call.attempt(me, "AddRoleToInstanceProfile", **both)
    call(me, "GetInstanceProfile", **name)
    call(me, "ListInstanceProfiles")
    call(me, "ListInstanceProfilesForRole", RoleName="worker")
    tags(call, acme, "InstanceProfile", **name)
    call.attempt(me, "DeleteInstanceProfile", **name)
    call(me, "RemoveRoleFromInstanceProfile", **both)
    call(me, "DeleteInstanceProfile", **name)
    set_quota(acme, "InstanceProfilesPerAccount", 0)
    call.attempt(me, "CreateInstanceProfile", **name)


def service_linked(call: Calls, acme: Acme) -> None:
    me, service = acme.alice, {"AWSServiceName": "autoscaling.amazonaws.com"}
    role = {"RoleName": call(me, "CreateServiceLinkedRole", **service)["Role"]["RoleName"]}
    call.attempt(me, "CreateServiceLinkedRole", **service)
    call.attempt(me, "CreateServiceLinkedRole", AWSServiceName="nothing.amazonaws.com")
    read = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    call(me, "CreateInstanceProfile", InstanceProfileName="web")
    for operation, params in {
        "AddRoleToInstanceProfile": {"InstanceProfileName": "web"},
        "AttachRolePolicy": {"PolicyArn": read},
        "DeleteRole": {},
        "DeleteRolePermissionsBoundary": {},
        "DeleteRolePolicy": {"PolicyName": "p"},
        "DetachRolePolicy": {"PolicyArn": read},
        "PutRolePermissionsBoundary": {"PermissionsBoundary": read},
        "PutRolePolicy": {"PolicyName": "p", "PolicyDocument": allow("*")},
        "RemoveRoleFromInstanceProfile": {"InstanceProfileName": "web"},
        "UpdateAssumeRolePolicy": {"PolicyDocument": trust(acme.arn("root"))},
        "UpdateRole": {"MaxSessionDuration": 3600},
    }.items():
        call.attempt(me, operation, **role, **params)
    task = call(me, "DeleteServiceLinkedRole", **role)["DeletionTaskId"]
    call(me, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)
    call.attempt(me, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId="nonsense")
    gone = task[:-12] + "0" * 12
    call.attempt(me, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=gone)


def tags(call: Calls, acme: Acme, kind: str, **name: str) -> None:
    """The four operations of tags on what `name` names; keys of this kind mind their case."""
    me = acme.alice
    call(me, f"Tag{kind}", **name, Tags=[{"Key": "a", "Value": "b"}])
    call.attempt(me, f"Tag{kind}", **name, Tags=BAD_TAGS)
    call.attempt(me, f"Tag{kind}", **name, Tags=MANY[:50])
    call.attempt(me, f"Tag{kind}", **name, Tags=MANY[50:])
    call(me, f"List{kind}Tags", **name)
    call(me, f"Untag{kind}", **name, TagKeys=["a"])
