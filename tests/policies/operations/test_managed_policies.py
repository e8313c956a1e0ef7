"""Customer managed policies and their versions (api-behaviour.md §8.2 and §8.4)."""

import json

import pytest

from tests.cast import Acme, Evil, allow, deny, policy
from tests.policies.operations.refusal import refused

READ = allow("s3:GetObject")


def create(acme, name="P", document=READ, **params):
    return acme.root.perform("CreatePolicy", PolicyName=name, PolicyDocument=document, **params)[
        "Policy"
    ]


class TestCreating:
    def test_a_new_policy_has_its_id_arn_and_first_version(self, acme: Acme) -> None:
        made = create(acme, "Deploy", Path="/ci/", Description="what ci may do")
        assert made["PolicyName"] == "Deploy"
        assert made["PolicyId"].startswith("ANPA")
        assert len(made["PolicyId"]) == 21
        assert made["Arn"] == acme.arn("policy/ci/Deploy")
        assert made["Path"] == "/ci/"
        assert made["DefaultVersionId"] == "v1"
        assert made["AttachmentCount"] == made["PermissionsBoundaryUsageCount"] == 0
        assert made["IsAttachable"] is True
        assert made["CreateDate"] == made["UpdateDate"]
        assert "Description" not in made
        assert "Tags" not in made

    def test_getting_it_adds_description_and_tags(self, acme: Acme) -> None:
        made = create(
            acme, Description="words", Tags=[{"Key": "b", "Value": "2"}, {"Key": "a", "Value": ""}]
        )
        assert made["Tags"] == [{"Key": "a", "Value": ""}, {"Key": "b", "Value": "2"}]
        got = acme.root.perform("GetPolicy", PolicyArn=made["Arn"])["Policy"]
        assert got == {**made, "Description": "words"}

    def test_without_tags_getting_it_gives_an_empty_list(self, acme: Acme) -> None:
        made = create(acme)
        assert acme.root.perform("GetPolicy", PolicyArn=made["Arn"])["Policy"] == {
            **made,
            "Tags": [],
        }

    def test_a_name_is_taken_whatever_its_case_and_path(self, acme: Acme) -> None:
        create(acme, "Deploy")
        with refused(
            "EntityAlreadyExists",
            "A policy called DEPLOY already exists. Duplicate names are not allowed.",
            409,
        ):
            create(acme, "DEPLOY", Path="/elsewhere/")

    def test_the_name_of_an_aws_managed_policy_is_free(self, acme: Acme) -> None:
        assert create(acme, "AdministratorAccess")["Arn"] == acme.arn("policy/AdministratorAccess")

    def test_a_document_of_the_old_language_is_refused(self, acme: Acme) -> None:
        old = json.dumps({"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
        with refused(
            "MalformedPolicyDocument",
            "Policy document must be version 2012-10-17 or greater.",
            400,
        ):
            create(acme, document=old)

    def test_broken_json_is_a_syntax_error(self, acme: Acme) -> None:
        with refused("MalformedPolicyDocument", "Syntax errors in policy."):
            create(acme, document='{"Version": "2012-10-17"')

    def test_characters_beyond_latin_1_are_a_validation_error(self, acme: Acme) -> None:
        with refused(
            "ValidationError",
            "The specified value for policyDocument is invalid. It must contain only printable "
            "ASCII characters.",
        ):
            create(acme, document=allow("s3:GetObject").replace("GetObject", "Get\u4e00"))

    def test_6144_characters_fit_and_6145_do_not(self, acme: Acme) -> None:
        def padded(size):
            text = allow("s3:GetObject", resource="arn:aws:s3:::b/")
            bare = len("".join(text.split()))
            return text.replace("b/", "b/" + "x" * (size - bare)) + "\n" * 50

        create(acme, "Full", padded(6144))
        with refused("LimitExceeded", "Cannot exceed quota for PolicySize: 6144", 409):
            create(acme, "Over", padded(6145))

    def test_tags_on_creation_need_the_tag_permission(self, acme: Acme) -> None:
        creator = acme.user("creator", allow("iam:CreatePolicy"))
        with refused("AccessDenied") as caught:
            creator.perform(
                "CreatePolicy",
                PolicyName="P",
                PolicyDocument=READ,
                Tags=[{"Key": "a", "Value": "1"}],
            )
        assert "iam:TagPolicy on resource: policy P because" in caught.value.message
        assert acme.root.perform("ListPolicies", Scope="Local")["Policies"] == []

    def test_a_denial_names_the_policy_as_aws_does(self, acme: Acme) -> None:
        with refused(
            "AccessDenied",
            f"User: {acme.carol.arn} is not authorized to perform: iam:CreatePolicy on resource: "
            "policy Mine because no identity-based policy allows the iam:CreatePolicy action",
            403,
        ):
            acme.carol.perform("CreatePolicy", PolicyName="Mine", PolicyDocument=READ)


class TestListing:
    def test_all_policies_include_those_of_aws_in_order_of_name(self, acme: Acme) -> None:
        create(acme, "zebra")
        create(acme, "Ant")
        first = acme.root.perform("ListPolicies", MaxItems=1000)
        names = [one["PolicyName"] for one in first["Policies"]]
        assert first["IsTruncated"] is False
        assert {"zebra", "Ant", "AdministratorAccess"} <= set(names)
        assert [name for name in names if name in ("zebra", "Ant", "AdministratorAccess")] == [
            "AdministratorAccess",
            "Ant",
            "zebra",
        ]

    def test_local_scope_lists_own_policies_only(self, acme: Acme, evil: Evil) -> None:
        create(acme, "Mine")
        assert evil.root.perform("ListPolicies", Scope="Local")["Policies"] == []
        listed = acme.root.perform("ListPolicies", Scope="Local")["Policies"]
        assert [one["Arn"] for one in listed] == [acme.arn("policy/Mine")]
        assert "Tags" not in listed[0]
        assert "Description" not in listed[0]

    def test_aws_scope_lists_none_of_the_account(self, acme: Acme) -> None:
        create(acme, "Mine")
        listed = acme.root.perform("ListPolicies", Scope="AWS", MaxItems=1000)["Policies"]
        assert {one["Arn"].split(":")[4] for one in listed} == {"aws"}

    def test_pages_go_on_where_they_ended_also_between_equal_names(self, acme: Acme) -> None:
        for name in ("ReadOnlyAccess", "A1", "A2"):
            create(acme, name)
        whole = acme.root.perform("ListPolicies", MaxItems=1000)["Policies"]
        paged, marker = [], {}
        while True:
            page = acme.root.perform("ListPolicies", MaxItems=2, **marker)
            paged += page["Policies"]
            if not page["IsTruncated"]:
                break
            marker = {"Marker": page["Marker"]}
        assert paged == whole
        assert "Marker" not in page

    def test_a_marker_of_other_filters_is_refused(self, acme: Acme) -> None:
        marker = acme.root.perform("ListPolicies", MaxItems=1)["Marker"]
        with refused("ValidationError", "Invalid Marker."):
            acme.root.perform("ListPolicies", MaxItems=1, Marker=marker, Scope="AWS")

    def test_filters_by_path_and_use(self, acme: Acme) -> None:
        attached = create(acme, "Attached", Path="/team/")["Arn"]
        boundary = create(acme, "Boundary", Path="/team/sub/")["Arn"]
        create(acme, "Idle", Path="/other/")
        acme.root.perform("AttachUserPolicy", UserName="bob", PolicyArn=attached)
        acme.root.perform(
            "PutUserPermissionsBoundary", UserName="carol", PermissionsBoundary=boundary
        )

        def names(**params):
            found = acme.root.perform("ListPolicies", Scope="Local", **params)["Policies"]
            return [one["PolicyName"] for one in found]

        assert names(PathPrefix="/team/") == ["Attached", "Boundary"]
        assert names(OnlyAttached=True) == ["Attached"]
        assert names(PolicyUsageFilter="PermissionsPolicy") == ["Attached"]
        assert names(PolicyUsageFilter="PermissionsBoundary") == ["Boundary"]
        listed = acme.root.perform("ListPolicies", Scope="Local")["Policies"]
        counts = {
            one["PolicyName"]: (one["AttachmentCount"], one["PermissionsBoundaryUsageCount"])
            for one in listed
        }
        assert counts == {"Attached": (1, 0), "Boundary": (0, 1), "Idle": (0, 0)}

    def test_a_denied_list_names_the_path(self, acme: Acme) -> None:
        with refused("AccessDenied") as caught:
            acme.carol.perform("ListPolicies")
        assert "iam:ListPolicies on resource: policy path / because" in caught.value.message


class TestVersions:
    def test_a_new_version_counts_only_as_default(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
        second = acme.root.perform(
            "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=allow("iam:ListUsers")
        )["PolicyVersion"]
        assert second["VersionId"] == "v2"
        assert second["IsDefaultVersion"] is False
        assert "Document" not in second
        with refused("AccessDenied"):
            acme.carol.perform("ListUsers")
        acme.root.perform("SetDefaultPolicyVersion", PolicyArn=arn, VersionId="v2")
        acme.carol.perform("ListUsers")

    def test_set_as_default_takes_effect_at_once(self, acme: Acme) -> None:
        arn = create(acme, document=allow("iam:ListUsers"))["Arn"]
        acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
        acme.carol.perform("ListUsers")
        made = acme.root.perform(
            "CreatePolicyVersion",
            PolicyArn=arn,
            PolicyDocument=deny("iam:ListUsers"),
            SetAsDefault=True,
        )
        assert made["PolicyVersion"]["IsDefaultVersion"] is True
        with refused("AccessDenied") as caught:
            acme.carol.perform("ListUsers")
        assert caught.value.message.endswith(
            f"with an explicit deny in an identity-based policy: {arn}"
        )

    def test_five_versions_are_kept_and_numbers_never_return(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        for _ in range(4):
            acme.root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=READ)
        with refused(
            "LimitExceeded",
            "A managed policy can have up to 5 versions. Before you create a new version, you must "
            "delete an existing version.",
            409,
        ):
            acme.root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=READ)
        acme.root.perform("DeletePolicyVersion", PolicyArn=arn, VersionId="v5")
        made = acme.root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=READ)
        assert made["PolicyVersion"]["VersionId"] == "v6"
        listed = acme.root.perform("ListPolicyVersions", PolicyArn=arn)["Versions"]
        assert [one["VersionId"] for one in listed] == ["v6", "v4", "v3", "v2", "v1"]
        assert [one["IsDefaultVersion"] for one in listed] == [False] * 4 + [True]
        assert all("Document" not in one for one in listed)

    def test_versions_are_paged_newest_first(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        for _ in range(2):
            acme.root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=READ)
        first = acme.root.perform("ListPolicyVersions", PolicyArn=arn, MaxItems=2)
        rest = acme.root.perform(
            "ListPolicyVersions", PolicyArn=arn, MaxItems=2, Marker=first["Marker"]
        )
        ids = [one["VersionId"] for one in (*first["Versions"], *rest["Versions"])]
        assert ids == ["v3", "v2", "v1"]
        assert rest["IsTruncated"] is False

    def test_a_document_comes_back_byte_for_byte(self, acme: Acme) -> None:
        text = (
            '{ "Version" : "2012-10-17",\n\t"Statement":{"Effect":"Allow",\r\n'
            '"Action":"s3:*", "Resource":"*"}}\n '
        )
        arn = create(acme, document=text)["Arn"]
        got = acme.root.perform("GetPolicyVersion", PolicyArn=arn, VersionId="v1")["PolicyVersion"]
        assert got["Document"] == text
        assert got["IsDefaultVersion"] is True

    @pytest.mark.parametrize("version", ["v2", "v999999999999999999999", "v1.abc"])
    def test_a_version_that_is_not_there(self, acme: Acme, version: str) -> None:
        arn = create(acme)["Arn"]
        for operation in ("GetPolicyVersion", "SetDefaultPolicyVersion", "DeletePolicyVersion"):
            with refused(
                "NoSuchEntity",
                f"Policy {arn} version {version} does not exist or is not attachable.",
                404,
            ):
                acme.root.perform(operation, PolicyArn=arn, VersionId=version)

    def test_the_default_version_cannot_be_deleted(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        with refused("DeleteConflict", "Cannot delete the default version of a policy.", 409):
            acme.root.perform("DeletePolicyVersion", PolicyArn=arn, VersionId="v1")

    def test_the_newest_version_dates_the_policy(self, acme: Acme) -> None:
        made = create(acme)
        version = acme.root.perform(
            "CreatePolicyVersion", PolicyArn=made["Arn"], PolicyDocument=READ
        )["PolicyVersion"]
        acme.root.perform("DeletePolicyVersion", PolicyArn=made["Arn"], VersionId="v2")
        got = acme.root.perform("GetPolicy", PolicyArn=made["Arn"])["Policy"]
        assert got["UpdateDate"] == version["CreateDate"] > got["CreateDate"]


class TestDeleting:
    def test_a_deleted_policy_is_gone(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        acme.root.perform("DeletePolicy", PolicyArn=arn)
        with refused("NoSuchEntity", f"Policy {arn} was not found.", 404):
            acme.root.perform("GetPolicy", PolicyArn=arn)
        with refused("NoSuchEntity", f"Policy {arn} was not found."):
            acme.root.perform("DeletePolicy", PolicyArn=arn)
        for operation in ("GetPolicyVersion", "SetDefaultPolicyVersion"):
            gone = f"Policy {arn} version v1 does not exist or is not attachable."
            with refused("NoSuchEntity", gone):
                acme.root.perform(operation, PolicyArn=arn, VersionId="v1")
        with refused("NoSuchEntity", f"Policy {arn} was not found."):
            acme.root.perform("DeletePolicyVersion", PolicyArn=arn, VersionId="v1")

    def test_its_name_made_again_has_another_id(self, acme: Acme) -> None:
        first = create(acme)
        acme.root.perform("DeletePolicy", PolicyArn=first["Arn"])
        assert create(acme)["PolicyId"] != first["PolicyId"]

    def test_an_attached_policy_stays(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        acme.root.perform("AttachGroupPolicy", GroupName="Developers", PolicyArn=arn)
        with refused("DeleteConflict", "Cannot delete a policy attached to entities.", 409):
            acme.root.perform("DeletePolicy", PolicyArn=arn)
        acme.root.perform("DetachGroupPolicy", GroupName="Developers", PolicyArn=arn)
        acme.root.perform("DeletePolicy", PolicyArn=arn)

    def test_use_as_a_boundary_counts(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        acme.root.perform("PutUserPermissionsBoundary", UserName="bob", PermissionsBoundary=arn)
        with refused("DeleteConflict", "Cannot delete a policy attached to entities."):
            acme.root.perform("DeletePolicy", PolicyArn=arn)

    def test_other_versions_go_first(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        acme.root.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=READ)
        with refused(
            "DeleteConflict",
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy.",
        ):
            acme.root.perform("DeletePolicy", PolicyArn=arn)

    @pytest.mark.parametrize("owner", ["aws", "other"])
    def test_a_policy_outside_the_account_is_refused(
        self, acme: Acme, evil: Evil, owner: str
    ) -> None:
        theirs = {"aws": "arn:aws:iam::aws:policy/ReadOnlyAccess", "other": evil.arn("policy/P")}
        create(evil)
        with refused("AccessDenied", "Cannot delete policies outside your own account.", 403):
            acme.root.perform("DeletePolicy", PolicyArn=theirs[owner])
        assert evil.root.perform("GetPolicy", PolicyArn=evil.arn("policy/P"))


class TestLocked:
    ARN = "arn:aws:iam::aws:policy/ReadOnlyAccess"

    @pytest.mark.parametrize(
        ("operation", "params"),
        [
            ("CreatePolicyVersion", {"PolicyDocument": READ}),
            ("SetDefaultPolicyVersion", {"VersionId": "v190"}),
            ("DeletePolicyVersion", {"VersionId": "v190"}),
            ("TagPolicy", {"Tags": [{"Key": "a", "Value": "1"}]}),
            ("UntagPolicy", {"TagKeys": ["a"]}),
        ],
    )
    def test_nobody_changes_an_aws_managed_policy(
        self, acme: Acme, operation: str, params: dict
    ) -> None:
        for actor in (acme.root, acme.alice):
            with refused(
                "AccessDenied",
                f"User: {actor.arn} is not authorized to perform: iam:{operation} on resource: "
                f"policy {self.ARN}",
                403,
            ):
                actor.perform(operation, PolicyArn=self.ARN, **params)

    def test_everybody_may_read_one_that_a_policy_allows(self, acme: Acme) -> None:
        got = acme.bob.perform("GetPolicy", PolicyArn=self.ARN)["Policy"]
        assert got["Arn"] == self.ARN
        assert got["Description"] == "Provides read-only access to AWS services and resources."
        version = acme.bob.perform(
            "GetPolicyVersion", PolicyArn=self.ARN, VersionId=got["DefaultVersionId"]
        )["PolicyVersion"]
        assert json.loads(version["Document"])["Version"] == "2012-10-17"

    def test_a_foreign_policy_looks_denied_whether_it_is_there_or_not(
        self, acme: Acme, evil: Evil
    ) -> None:
        create(evil, "Secret")
        messages = set()
        for name in ("Secret", "Nothing"):
            with refused("AccessDenied") as caught:
                acme.root.perform("GetPolicy", PolicyArn=evil.arn(f"policy/{name}"))
            messages.add(caught.value.message.replace(name, "*"))
        assert len(messages) == 1

    @pytest.mark.parametrize("arn", ["arn:aws:iam::aws:user/whoever", "x" * 30])
    def test_what_is_no_policy_arn_is_invalid(self, acme: Acme, arn: str) -> None:
        with refused("ValidationError", f"ARN {arn} is not valid.", 400):
            acme.root.perform("GetPolicy", PolicyArn=arn)


class TestTags:
    def test_keys_respect_case_and_lists_are_sorted(self, acme: Acme) -> None:
        arn = create(acme)["Arn"]
        tags = [{"Key": "b", "Value": "2"}, {"Key": "a", "Value": "1"}, {"Key": "A", "Value": "0"}]
        acme.root.perform("TagPolicy", PolicyArn=arn, Tags=tags)
        listed = acme.root.perform("ListPolicyTags", PolicyArn=arn)
        assert listed == {
            "Tags": [
                {"Key": "A", "Value": "0"},
                {"Key": "a", "Value": "1"},
                {"Key": "b", "Value": "2"},
            ],
            "IsTruncated": False,
        }
        acme.root.perform("UntagPolicy", PolicyArn=arn, TagKeys=["A", "unknown"])
        assert [
            tag["Key"] for tag in acme.root.perform("ListPolicyTags", PolicyArn=arn)["Tags"]
        ] == ["a", "b"]

    def test_tags_decide_who_may_change_the_policy(self, acme: Acme) -> None:
        arn = create(acme, Tags=[{"Key": "team", "Value": "blue"}])["Arn"]
        by_tag = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
        blue = acme.user("blue", allow("iam:CreatePolicyVersion", Condition=by_tag))
        blue.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=READ)
        acme.root.perform("TagPolicy", PolicyArn=arn, Tags=[{"Key": "team", "Value": "red"}])
        with refused("AccessDenied"):
            blue.perform("CreatePolicyVersion", PolicyArn=arn, PolicyDocument=READ)


def test_a_policy_of_several_statements_is_whole(acme: Acme) -> None:
    statements = [
        {"Sid": "One", "Effect": "Allow", "Action": "iam:ListUsers", "Resource": "*"},
        {"Sid": "Two", "Effect": "Deny", "Action": "iam:ListRoles", "Resource": "*"},
    ]
    arn = create(acme, document=policy(*statements))["Arn"]
    acme.root.perform("AttachUserPolicy", UserName="carol", PolicyArn=arn)
    acme.carol.perform("ListUsers")
    with refused("AccessDenied"):
        acme.carol.perform("ListRoles")
