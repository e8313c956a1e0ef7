"""GetEffectivePermissions and ListPoliciesGrantingServiceAccess: what bears on whom, and whence."""

import pytest

from iamsite.operations.models import operation_model
from tests.accounts.organizations.cast import Organization
from tests.cast import Account, Acme, Evil, allow, deny, policy
from tests.iamsite.console.browser import Browser, text
from tests.policies.operations.refusal import refused

VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"


def effective(acme, name, **params):
    return acme.root.perform("GetEffectivePermissions", PrincipalArn=acme.arn(name), **params)


def origin(policy):
    return policy["PolicyName"], policy["PolicyType"], policy["Source"], policy.get("SourceName")


def test_every_policy_tells_where_it_comes_from(acme: Acme) -> None:
    root = acme.root
    arn = root.perform("CreatePolicy", PolicyName="Own", PolicyDocument=allow("sqs:*"))["Policy"][
        "Arn"
    ]
    root.perform("PutUserPolicy", UserName="bob", PolicyName="in", PolicyDocument=allow("sns:*"))
    root.perform("AttachUserPolicy", UserName="bob", PolicyArn=arn)
    root.perform("AttachGroupPolicy", GroupName="Developers", PolicyArn=VIEW)
    root.perform("PutUserPermissionsBoundary", UserName="bob", PermissionsBoundary=arn)
    found = effective(acme, "user/bob")
    assert [origin(one) for one in found["Policies"]] == [
        ("in", "Inline", "User", "bob"),
        ("Own", "CustomerManaged", "User", "bob"),
        ("develop", "Inline", "Group", "Developers"),
        ("ViewOnlyAccess", "AWSManaged", "Group", "Developers"),
        ("Own", "CustomerManaged", "PermissionsBoundary", None),
    ]
    assert found["Policies"][0]["PolicyDocument"] == allow("sns:*")
    assert "PolicyArn" not in found["Policies"][0]
    assert found["Policies"][1]["PolicyArn"] == arn
    assert found["Permissions"] == []


def test_a_decision_names_the_statements_that_decided(acme: Acme) -> None:
    acme.root.perform(
        "PutUserPolicy",
        UserName="bob",
        PolicyName="guard",
        PolicyDocument=policy(
            {"Sid": "One", "Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
            {"Sid": "Two", "Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
        ),
    )
    found = effective(
        acme, "user/bob", ActionNames=["s3:DeleteObject", "s3:GetObject", "ec2:RunInstances"]
    )
    delete, get, run = found["Permissions"]
    assert (delete["Decision"], delete["DecidingLayer"]) == ("explicitDeny", "identity")
    assert delete["AccessLevel"] == "Write"
    assert [
        (one["PolicyName"], one["SourceName"], one.get("Sid"), one["Effect"], one["Decides"])
        for one in delete["Statements"]
    ] == [("guard", "bob", "Two", "Deny", True), ("develop", "Developers", None, "Allow", False)]
    assert delete["Statements"][0]["StatementIndex"] == 1
    assert get["Decision"] == "allowed"
    assert [one["Decides"] for one in get["Statements"]] == [True]
    assert run["Decision"] == "implicitDeny"
    assert run["Statements"] == []
    assert run["IsConditional"] is False


def test_what_holds_on_some_resources_or_under_conditions_is_conditional(acme: Acme) -> None:
    acme.root.perform(
        "PutUserPolicy",
        UserName="carol",
        PolicyName="shelf",
        PolicyDocument=policy(
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::shelf/*"},
            {
                "Effect": "Allow",
                "Action": "s3:PutObject",
                "Resource": "*",
                "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
            },
        ),
    )
    params = {"ActionNames": ["s3:GetObject", "s3:PutObject"]}
    get, put = effective(acme, "user/carol", **params)["Permissions"]
    assert get["Decision"] == put["Decision"] == "implicitDeny"
    assert get["IsConditional"] is put["IsConditional"] is True
    assert get["MissingContextValues"] == []
    assert put["MissingContextValues"] == ["aws:SourceIp"]
    found = effective(
        acme,
        "user/carol",
        **params,
        ResourceArns=["arn:aws:s3:::shelf/book"],
        ContextEntries=[{"ContextKeyName": "aws:SourceIp", "ContextKeyValues": ["203.0.113.9"]}],
    )
    assert [one["Decision"] for one in found["Permissions"]] == ["allowed", "allowed"]


def test_a_boundary_that_stands_in_the_way_is_the_layer(acme: Acme) -> None:
    acme.root.perform("PutUserPermissionsBoundary", UserName="alice", PermissionsBoundary=VIEW)
    (one,) = effective(acme, "user/alice", ActionNames=["s3:PutObject"])["Permissions"]
    assert (one["Decision"], one["DecidingLayer"]) == ("implicitDeny", "boundary")
    acme.root.perform(
        "PutUserPolicy", UserName="alice", PolicyName="no", PolicyDocument=deny("s3:PutObject")
    )
    (one,) = effective(acme, "user/alice", ActionNames=["s3:PutObject"])["Permissions"]
    assert (one["Decision"], one["DecidingLayer"]) == ("explicitDeny", "identity")


def test_a_service_stands_for_all_its_actions(acme: Acme) -> None:
    gathered, marker = [], {}
    while True:
        page = effective(acme, "role/Deployer", ServiceNamespaces=["sts"], MaxItems=5, **marker)
        gathered += page["Permissions"]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    names = [one["ActionName"] for one in gathered]
    assert "sts:AssumeRole" in names
    assert names == sorted(set(names))
    assert {one["Decision"] for one in gathered} == {"implicitDeny"}


def test_the_principals_own_tags_are_known(acme: Acme) -> None:
    acme.root.perform("TagUser", UserName="carol", Tags=[{"Key": "team", "Value": "blue"}])
    acme.root.perform(
        "PutUserPolicy",
        UserName="carol",
        PolicyName="team",
        PolicyDocument=allow("s3:*", resource="arn:aws:s3:::${aws:PrincipalTag/team}/*"),
    )
    (one,) = effective(
        acme, "user/carol", ActionNames=["s3:GetObject"], ResourceArns=["arn:aws:s3:::blue/x"]
    )["Permissions"]
    assert one["Decision"] == "allowed"


def test_groups_have_permissions_too(acme: Acme) -> None:
    (one,) = effective(acme, "group/Developers", ActionNames=["s3:GetObject"])["Permissions"]
    assert one["Decision"] == "allowed"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"ActionNames": ["s3:*"]}, "InvalidInput"),
        ({"ServiceNamespaces": ["nosuch"]}, "InvalidInput"),
        ({"ActionNames": ["s3:GetObject"], "ResourceArns": ["x"]}, "InvalidInput"),
    ],
)
def test_what_cannot_be_asked(acme: Acme, params: dict, code: str) -> None:
    with refused(code):
        effective(acme, "user/bob", **params)


def test_the_organization_limits_what_is_decided(database: None) -> None:
    organization = Organization(Account("keeper"))
    member = organization.member()
    organization.limit(member.id, deny("sqs:SendMessage"))
    asked = {"ActionNames": ["sqs:SendMessage", "sqs:GetQueueUrl"]}
    send, get = effective(member, "user/alice", **asked)["Permissions"]
    assert (send["Decision"], send["DecidingLayer"]) == ("explicitDeny", "scp")
    assert send["IsConditional"] is False
    assert [one["Effect"] for one in send["Statements"]] == ["Allow"]
    assert get["Decision"] == "allowed"
    page = (
        Browser()
        .sign_in(member, "alice")
        .get(f"/console/effective-access/sqs/{member.arn('user/alice')}?q=sendmessage")
    )
    assert "Denied p0 line 1 Service control policies of the organization" in text(page)


def test_what_a_boundary_leaves_out_is_not_conditional(acme: Acme) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="sqs-only", PolicyDocument=allow("sqs:*"))
    acme.user("bounded", allow("sns:Publish", resource="arn:aws:sns:eu-west-1:*:x"))
    acme.root.perform(
        "PutUserPermissionsBoundary",
        UserName="bounded",
        PermissionsBoundary=made["Policy"]["Arn"],
    )
    (one,) = effective(acme, "user/bounded", ActionNames=["sns:Publish"])["Permissions"]
    assert (one["Decision"], one["IsConditional"]) == ("implicitDeny", False)


def test_it_needs_permission_on_the_principal(acme: Acme, evil: Evil) -> None:
    with refused("NoSuchEntity", "The user with name nobody cannot be found."):
        effective(acme, "user/nobody")
    clerk = acme.user(
        "clerk", allow("portal:GetEffectivePermissions", resource=acme.arn("user/carol"))
    )
    clerk.perform("GetEffectivePermissions", PrincipalArn=acme.arn("user/carol"))
    for arn in (acme.arn("user/bob"), evil.arn("user/mallory")):
        with refused("AccessDenied"):
            clerk.perform("GetEffectivePermissions", PrincipalArn=arn)


def test_results_have_the_models_members(acme: Acme) -> None:
    found = effective(acme, "user/bob", ActionNames=["s3:GetObject"])
    output = operation_model("GetEffectivePermissions").output
    permission = output.members["Permissions"].member
    statement = permission.members["Statements"].member
    assert set(found) <= set(output.members)
    assert set(found["Policies"][0]) <= set(output.members["Policies"].member.members)
    assert set(found["Permissions"][0]) <= set(permission.members)
    assert set(found["Permissions"][0]["Statements"][0]) <= set(statement.members)


class TestGranting:
    def granting(self, acme, name, *services, **params):
        return acme.root.perform(
            "ListPoliciesGrantingServiceAccess",
            Arn=acme.arn(name),
            ServiceNamespaces=list(services),
            **params,
        )

    def test_policies_are_listed_by_service(self, acme: Acme) -> None:
        root = acme.root
        root.perform("AttachUserPolicy", UserName="bob", PolicyArn=VIEW)
        root.perform("PutUserPermissionsBoundary", UserName="bob", PermissionsBoundary=VIEW)
        root.perform("PutUserPolicy", UserName="bob", PolicyName="no", PolicyDocument=deny("s3:*"))
        found = self.granting(acme, "user/bob", "s3", "sts", "gamelift")
        assert [one["ServiceNamespace"] for one in found["PoliciesGrantingServiceAccess"]] == [
            "s3",
            "sts",
            "gamelift",
        ]
        managed = {"PolicyName": "ViewOnlyAccess", "PolicyType": "MANAGED", "PolicyArn": VIEW}
        inline = {
            "PolicyName": "develop",
            "PolicyType": "INLINE",
            "EntityType": "GROUP",
            "EntityName": "Developers",
        }
        s3, sts, gamelift = (one["Policies"] for one in found["PoliciesGrantingServiceAccess"])
        assert s3 == [managed, inline]
        assert sts == [inline]
        assert gamelift == [managed]
        assert found["IsTruncated"] is False

    @pytest.mark.parametrize(
        ("not_action", "services"),
        [(["iam:*"], ["s3"]), (["iam:GetUser"], ["iam", "s3"]), (["*"], [])],
    )
    def test_not_action_grants_what_it_leaves_over(
        self, acme: Acme, not_action: list, services: list
    ) -> None:
        acme.root.perform(
            "PutUserPolicy",
            UserName="carol",
            PolicyName="rest",
            PolicyDocument=policy({"Effect": "Allow", "NotAction": not_action, "Resource": "*"}),
        )
        found = self.granting(acme, "user/carol", "iam", "s3")["PoliciesGrantingServiceAccess"]
        assert [one["ServiceNamespace"] for one in found if one["Policies"]] == services

    def test_services_are_paged(self, acme: Acme) -> None:
        services = [f"service{number}" for number in range(150)]
        first = self.granting(acme, "user/carol", *services)
        rest = self.granting(acme, "user/carol", *services, Marker=first["Marker"])
        gathered = first["PoliciesGrantingServiceAccess"] + rest["PoliciesGrantingServiceAccess"]
        assert [one["ServiceNamespace"] for one in gathered] == services
