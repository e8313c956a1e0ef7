"""Inline policies, attachments and boundaries of users, groups and roles (§8.4 and §8.5)."""

import pytest

from tests.cast import Acme, Evil, allow, deny, trust
from tests.policies.operations.refusal import refused

READ = allow("s3:GetObject")
VIEW = "arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"
KINDS = pytest.mark.parametrize(
    ("kind", "name", "inline_limit", "attached_limit"),
    [
        ("User", "carol", 2048, 10),
        ("Group", "Developers", 5120, 10),
        ("Role", "Deployer", 10240, 20),
    ],
)


class Holder:
    """One user, group or role, and the operations on its policies as root performs them."""

    def __init__(self, acme, kind, name):
        self.acme, self.kind, self.named = acme, kind, {f"{kind}Name": name}

    def __getattr__(self, operation):
        return lambda **params: self.acme.root.perform(
            operation.replace("Kind", self.kind), **self.named, **params
        )


def managed(acme, name="P", document=READ, **params):
    made = acme.root.perform("CreatePolicy", PolicyName=name, PolicyDocument=document, **params)
    return made["Policy"]["Arn"]


@KINDS
class TestInline:
    def test_what_is_put_can_be_got_listed_and_deleted(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        holder = Holder(acme, kind, name)
        before = holder.ListKindPolicies()["PolicyNames"]
        text = READ.replace(" ", "  ")
        holder.PutKindPolicy(PolicyName="zz", PolicyDocument=text)
        assert holder.GetKindPolicy(PolicyName="zz") == {
            f"{kind}Name": name,
            "PolicyName": "zz",
            "PolicyDocument": text,
        }
        assert holder.ListKindPolicies() == {
            "PolicyNames": [*before, "zz"],
            "IsTruncated": False,
        }
        holder.DeleteKindPolicy(PolicyName="zz")
        message = f"The {kind.lower()} policy with name zz cannot be found."
        with refused("NoSuchEntity", message, 404):
            holder.GetKindPolicy(PolicyName="zz")
        with refused("NoSuchEntity", message):
            holder.DeleteKindPolicy(PolicyName="zz")

    def test_putting_again_replaces(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        holder = Holder(acme, kind, name)
        holder.PutKindPolicy(PolicyName="zz", PolicyDocument=READ)
        holder.PutKindPolicy(PolicyName="ZZ", PolicyDocument=deny("s3:*"))
        assert holder.GetKindPolicy(PolicyName="zz")["PolicyDocument"] == deny("s3:*")
        assert [one.lower() for one in holder.ListKindPolicies()["PolicyNames"]].count("zz") == 1

    def test_the_quota_is_on_the_sum_without_white_space(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        holder = Holder(acme, kind, name)
        for one in holder.ListKindPolicies()["PolicyNames"]:
            holder.DeleteKindPolicy(PolicyName=one)

        def sized(size):
            text = allow("s3:GetObject", resource="arn:aws:s3:::b/")
            return text.replace("b/", "b/" + "x" * (size - len("".join(text.split()))))

        holder.PutKindPolicy(PolicyName="a", PolicyDocument=sized(500))
        spaced = sized(inline_limit - 500) + "\n" * 3000
        holder.PutKindPolicy(PolicyName="b", PolicyDocument=spaced)
        message = f"Maximum policy size of {inline_limit} bytes exceeded for {kind.lower()} {name}"
        with refused("LimitExceeded", message, 409):
            holder.PutKindPolicy(PolicyName="b", PolicyDocument=sized(inline_limit - 499))
        holder.PutKindPolicy(PolicyName="a", PolicyDocument=sized(400))
        holder.PutKindPolicy(PolicyName="b", PolicyDocument=sized(inline_limit - 499))

    def test_a_malformed_document_changes_nothing(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        holder = Holder(acme, kind, name)
        holder.PutKindPolicy(PolicyName="zz", PolicyDocument=READ)
        with refused("MalformedPolicyDocument", "Policy statement must contain actions.", 400):
            holder.PutKindPolicy(
                PolicyName="zz",
                PolicyDocument='{"Version":"2012-10-17","Statement":{"Effect":"Allow","Resource":"*"}}',
            )
        assert holder.GetKindPolicy(PolicyName="zz")["PolicyDocument"] == READ

    def test_names_are_paged(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        holder = Holder(acme, kind, name)
        for one in ("x1", "X2", "x3"):
            holder.PutKindPolicy(PolicyName=one, PolicyDocument=READ)
        whole = holder.ListKindPolicies()["PolicyNames"]
        first = holder.ListKindPolicies(MaxItems=2)
        rest = holder.ListKindPolicies(MaxItems=1000, Marker=first["Marker"])
        assert first["IsTruncated"] is True
        assert first["PolicyNames"] + rest["PolicyNames"] == whole
        assert whole[-3:] == ["x1", "X2", "x3"]

    def test_nobody_there_is_told_after_permission_only(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        nobody = Holder(acme, kind, "nobody")
        with refused("NoSuchEntity", f"The {kind.lower()} with name nobody cannot be found.", 404):
            nobody.PutKindPolicy(PolicyName="zz", PolicyDocument=READ)
        with refused("AccessDenied"):
            acme.carol.perform(f"List{kind}Policies", **nobody.named)


@KINDS
class TestAttached:
    def test_attaching_twice_is_as_once_and_detaching_twice_is_not(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        holder = Holder(acme, kind, name)
        holder.AttachKindPolicy(PolicyArn=VIEW)
        holder.AttachKindPolicy(PolicyArn=VIEW)
        assert holder.ListAttachedKindPolicies() == {
            "AttachedPolicies": [{"PolicyName": "ViewOnlyAccess", "PolicyArn": VIEW}],
            "IsTruncated": False,
        }
        got = acme.root.perform("GetPolicy", PolicyArn=VIEW)["Policy"]
        assert got["AttachmentCount"] == 1
        holder.DetachKindPolicy(PolicyArn=VIEW)
        with refused("NoSuchEntity", f"Policy {VIEW} was not found.", 404):
            holder.DetachKindPolicy(PolicyArn=VIEW)

    def test_so_many_policies_and_no_more(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        holder = Holder(acme, kind, name)
        for number in range(attached_limit):
            holder.AttachKindPolicy(PolicyArn=managed(acme, f"P{number}"))
        with refused(
            "LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {attached_limit}", 409
        ):
            holder.AttachKindPolicy(PolicyArn=managed(acme, "Over"))

    def test_a_missing_or_foreign_policy_is_not_attachable(
        self,
        acme: Acme,
        evil: Evil,
        kind: str,
        name: str,
        inline_limit: int,
        attached_limit: int,
    ) -> None:
        for arn in (acme.arn("policy/Nothing"), managed(evil)):
            with refused("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", 404):
                Holder(acme, kind, name).AttachKindPolicy(PolicyArn=arn)

    def test_policies_of_service_linked_roles_are_not_for_customers(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        arn = "arn:aws:iam::aws:policy/aws-service-role/AutoScalingServiceRolePolicy"
        with refused(
            "PolicyNotAttachable",
            "Cannot attach a Service Role Policy to a Customer Role.",
            400,
        ):
            Holder(acme, kind, name).AttachKindPolicy(PolicyArn=arn)

    def test_lists_are_filtered_by_the_policys_path(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        holder = Holder(acme, kind, name)
        holder.AttachKindPolicy(PolicyArn=managed(acme, "A", Path="/team/"))
        holder.AttachKindPolicy(PolicyArn=managed(acme, "B"))
        listed = holder.ListAttachedKindPolicies(PathPrefix="/team/")["AttachedPolicies"]
        assert [one["PolicyName"] for one in listed] == ["A"]

    def test_who_may_attach_can_be_held_to_certain_policies(
        self, acme: Acme, kind: str, name: str, inline_limit: int, attached_limit: int
    ) -> None:
        clerk = acme.user(
            "clerk",
            allow("iam:Attach*Policy", Condition={"ArnEquals": {"iam:PolicyARN": VIEW}}),
        )
        clerk.perform(f"Attach{kind}Policy", **{f"{kind}Name": name}, PolicyArn=VIEW)
        with refused("AccessDenied"):
            clerk.perform(
                f"Attach{kind}Policy",
                **{f"{kind}Name": name},
                PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess",
            )


@pytest.mark.parametrize("kind", ["User", "Role"])
class TestBoundaries:
    NAMES = {"User": "carol", "Role": "Deployer"}

    def test_a_boundary_shows_counts_and_goes(self, acme: Acme, kind: str) -> None:
        holder = Holder(acme, kind, self.NAMES[kind])
        holder.PutKindPermissionsBoundary(PermissionsBoundary=VIEW)
        assert holder.GetKind()[kind]["PermissionsBoundary"] == {
            "PermissionsBoundaryType": "Policy",
            "PermissionsBoundaryArn": VIEW,
        }
        mine = managed(acme)
        holder.PutKindPermissionsBoundary(PermissionsBoundary=mine)
        assert holder.GetKind()[kind]["PermissionsBoundary"]["PermissionsBoundaryArn"] == mine
        got = acme.root.perform("GetPolicy", PolicyArn=mine)["Policy"]
        assert got["PermissionsBoundaryUsageCount"] == 1
        assert got["AttachmentCount"] == 0
        holder.DeleteKindPermissionsBoundary()
        assert "PermissionsBoundary" not in holder.GetKind()[kind]

    def test_what_cannot_be_a_boundary(self, acme: Acme, evil: Evil, kind: str) -> None:
        holder = Holder(acme, kind, self.NAMES[kind])
        for arn in (acme.arn("policy/Nothing"), managed(evil)):
            with refused("NoSuchEntity", f"Scope ARN: {arn} does not exist or is not attachable."):
                holder.PutKindPermissionsBoundary(PermissionsBoundary=arn)
        with refused("InvalidInput", f"ARN {acme.root.arn} is not valid."):
            holder.PutKindPermissionsBoundary(PermissionsBoundary=acme.root.arn)

    def test_who_may_set_boundaries_can_be_held_to_one(self, acme: Acme, kind: str) -> None:
        only = {"ArnEquals": {"iam:PermissionsBoundary": VIEW}}
        clerk = acme.user("clerk", allow("iam:*PermissionsBoundary", Condition=only))
        named = {f"{kind}Name": self.NAMES[kind]}
        clerk.perform(f"Put{kind}PermissionsBoundary", **named, PermissionsBoundary=VIEW)
        with refused("AccessDenied"):
            clerk.perform(
                f"Put{kind}PermissionsBoundary",
                **named,
                PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess",
            )
        clerk.perform(f"Delete{kind}PermissionsBoundary", **named)
        with refused("AccessDenied"):
            clerk.perform(f"Delete{kind}PermissionsBoundary", **named)


def test_a_boundary_limits_from_the_next_request(acme: Acme) -> None:
    acme.root.perform(
        "PutUserPermissionsBoundary",
        UserName="alice",
        PermissionsBoundary=managed(acme, document=allow("iam:ListUsers")),
    )
    acme.alice.perform("ListUsers")
    with refused(
        "AccessDenied",
        f"User: {acme.alice.arn} is not authorized to perform: iam:ListRoles on resource: "
        f"{acme.arn('role/')} because no permissions boundary allows the iam:ListRoles action",
    ):
        acme.alice.perform("ListRoles")


def test_putting_a_policy_can_be_held_to_bounded_users(acme: Acme) -> None:
    bounded = {"ArnEquals": {"iam:PermissionsBoundary": VIEW}}
    clerk = acme.user("clerk", allow("iam:PutUserPolicy", Condition=bounded))
    params = {"UserName": "carol", "PolicyName": "p", "PolicyDocument": READ}
    with refused("AccessDenied"):
        clerk.perform("PutUserPolicy", **params)
    acme.root.perform("PutUserPermissionsBoundary", UserName="carol", PermissionsBoundary=VIEW)
    clerk.perform("PutUserPolicy", **params)


def test_a_detached_policy_is_gone_on_the_next_request(acme: Acme) -> None:
    arn = managed(acme, document=allow("iam:ListUsers"))
    acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
    acme.carol.perform("ListUsers")
    acme.root.perform("DetachUserPolicy", UserName="carol", PolicyArn=arn)
    with refused("AccessDenied"):
        acme.carol.perform("ListUsers")


class TestEntities:
    def test_one_marker_runs_over_groups_users_and_roles(self, acme: Acme) -> None:
        arn = managed(acme)
        for user in ("bob", "alice"):
            acme.root.perform("AttachUserPolicy", UserName=user, PolicyArn=arn)
        acme.root.perform("AttachGroupPolicy", GroupName="Developers", PolicyArn=arn)
        acme.root.perform("AttachRolePolicy", RoleName="Deployer", PolicyArn=arn)
        whole = acme.root.perform("ListEntitiesForPolicy", PolicyArn=arn)
        assert [one["GroupName"] for one in whole["PolicyGroups"]] == ["Developers"]
        assert [one["UserName"] for one in whole["PolicyUsers"]] == ["alice", "bob"]
        assert [one["RoleName"] for one in whole["PolicyRoles"]] == ["Deployer"]
        assert whole["PolicyGroups"][0]["GroupId"].startswith("AGPA")
        assert whole["PolicyUsers"][0]["UserId"].startswith("AIDA")
        assert whole["PolicyRoles"][0]["RoleId"].startswith("AROA")
        assert whole["IsTruncated"] is False
        lists = ("PolicyGroups", "PolicyUsers", "PolicyRoles")
        gathered = {name: [] for name in lists}
        marker, pages = {}, 0
        while True:
            page = acme.root.perform("ListEntitiesForPolicy", PolicyArn=arn, MaxItems=1, **marker)
            pages += 1
            assert sum(len(page[name]) for name in lists) == 1
            for name in lists:
                gathered[name] += page[name]
            if not page["IsTruncated"]:
                break
            marker = {"Marker": page["Marker"]}
        assert pages == 4
        assert gathered == {name: whole[name] for name in lists}

    def test_filters(self, acme: Acme) -> None:
        arn = managed(acme)
        acme.root.perform("CreateUser", UserName="zoe", Path="/team/")
        for user in ("bob", "zoe"):
            acme.root.perform("AttachUserPolicy", UserName=user, PolicyArn=arn)
        acme.root.perform("AttachRolePolicy", RoleName="Deployer", PolicyArn=arn)
        acme.root.perform("PutUserPermissionsBoundary", UserName="carol", PermissionsBoundary=arn)

        def found(**params):
            page = acme.root.perform("ListEntitiesForPolicy", PolicyArn=arn, **params)
            users = [one["UserName"] for one in page["PolicyUsers"]]
            return users + [one["RoleName"] for one in page["PolicyRoles"]]

        assert found() == ["bob", "zoe", "Deployer"]
        assert found(EntityFilter="User") == ["bob", "zoe"]
        assert found(EntityFilter="Role") == ["Deployer"]
        assert found(EntityFilter="Group") == []
        assert found(EntityFilter="LocalManagedPolicy") == []
        assert found(PathPrefix="/team/") == ["zoe"]
        assert found(PolicyUsageFilter="PermissionsBoundary") == ["carol"]

    def test_an_aws_managed_policy_shows_the_own_accounts_entities_only(
        self, acme: Acme, evil: Evil
    ) -> None:
        evil.root.perform("AttachUserPolicy", UserName="mallory", PolicyArn=VIEW)
        found = acme.root.perform("ListEntitiesForPolicy", PolicyArn=VIEW)
        assert found["PolicyUsers"] == []
        assert acme.root.perform("GetPolicy", PolicyArn=VIEW)["Policy"]["AttachmentCount"] == 0


def test_roles_of_the_system_cannot_be_changed(acme: Acme) -> None:
    from django.db import transaction

    from accounts import tenancy
    from identities.models import Role

    acme.role("AWSServiceRoleForTests", trust(acme.root.arn))
    with transaction.atomic():
        tenancy.enter(acme.id)
        Role.objects.filter(name="AWSServiceRoleForTests").update(
            path="/aws-service-role/tests.amazonaws.com/"
        )
    role = Holder(acme, "Role", "AWSServiceRoleForTests")
    message = (
        "Cannot perform the operation on the protected role 'AWSServiceRoleForTests' - "
        "this role is only modifiable by AWS"
    )
    for change in (
        lambda: role.AttachKindPolicy(PolicyArn=VIEW),
        lambda: role.DetachKindPolicy(PolicyArn=VIEW),
        lambda: role.PutKindPolicy(PolicyName="p", PolicyDocument=READ),
        lambda: role.DeleteKindPolicy(PolicyName="p"),
        lambda: role.PutKindPermissionsBoundary(PermissionsBoundary=VIEW),
        lambda: role.DeleteKindPermissionsBoundary(),
    ):
        with refused("UnmodifiableEntity", message, 400):
            change()
    assert role.ListKindPolicies()["PolicyNames"] == []
