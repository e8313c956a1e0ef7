"""SimulatePrincipalPolicy, SimulateCustomPolicy and the context keys of policies (evaluation §12)."""

import json

import pytest

from tests.cast import Acme, Evil, allow, deny, policy
from tests.policies.operations.refusal import refused

GET = "arn:aws:s3:::shelf/book"


def custom(acme, *documents, actions=("s3:GetObject",), **params):
    return acme.root.perform(
        "SimulateCustomPolicy", PolicyInputList=list(documents), ActionNames=list(actions), **params
    )["EvaluationResults"]


def simulate(acme, name, *actions, **params):
    return acme.root.perform(
        "SimulatePrincipalPolicy",
        PolicySourceArn=acme.arn(name),
        ActionNames=list(actions),
        **params,
    )["EvaluationResults"]


def decisions(results):
    return [result["EvalDecision"] for result in results]


def entry(key, *values, kind="string"):
    return {"ContextKeyName": key, "ContextKeyValues": list(values), "ContextKeyType": kind}


class TestDecisions:
    def test_the_three_decisions(self, acme: Acme) -> None:
        both = policy(
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
            {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"},
        )
        found = custom(acme, both, actions=["s3:GetObject", "s3:DeleteObject", "ec2:RunInstances"])
        assert decisions(found) == ["allowed", "explicitDeny", "implicitDeny"]
        assert [one["EvalActionName"] for one in found] == [
            "s3:GetObject",
            "s3:DeleteObject",
            "ec2:RunInstances",
        ]

    def test_matched_statements_stand_where_they_are_written(self, acme: Acme) -> None:
        text = (
            '{"Version":"2012-10-17","Statement":[\n'
            '  {"Effect":"Allow","Action":"s3:*","Resource":"*"},\n'
            '  {"Effect":"Allow","Action":"ec2:*","Resource":"*"}\n'
            "]}"
        )
        (result,) = custom(acme, allow("sqs:*"), text)
        assert result["MatchedStatements"] == [
            {
                "SourcePolicyId": "PolicyInputList.2",
                "SourcePolicyType": "IAM Policy",
                "StartPosition": {"Line": 1, "Column": 38},
                "EndPosition": {"Line": 2, "Column": 52},
            }
        ]

    def test_an_explicit_deny_shows_the_denying_statements_only(self, acme: Acme) -> None:
        (result,) = custom(acme, allow("s3:*"), deny("s3:GetObject"))
        assert [one["SourcePolicyId"] for one in result["MatchedStatements"]] == [
            "PolicyInputList.2"
        ]

    def test_an_implicit_deny_shows_none(self, acme: Acme) -> None:
        (result,) = custom(acme, allow("sqs:*"))
        assert result["MatchedStatements"] == []

    def test_without_resources_there_is_no_result_for_each(self, acme: Acme) -> None:
        (result,) = custom(acme, allow("s3:*"))
        assert result["EvalResourceName"] == "*"
        assert "ResourceSpecificResults" not in result
        assert "EvalDecisionDetails" not in result

    def test_each_resource_has_its_result_and_the_worst_is_the_whole(self, acme: Acme) -> None:
        mixed = policy(
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::shelf/*"},
            {"Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::shelf/secret"},
        )
        names = [GET, "arn:aws:s3:::other/book", "arn:aws:s3:::shelf/secret"]
        (result,) = custom(acme, mixed, ResourceArns=names)
        assert result["EvalDecision"] == "explicitDeny"
        assert result["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
        assert [
            (one["EvalResourceName"], one["EvalResourceDecision"])
            for one in result["ResourceSpecificResults"]
        ] == list(zip(names, ["allowed", "implicitDeny", "explicitDeny"], strict=True))
        assert len(result["MatchedStatements"]) == 2
        assert result["EvalDecisionDetails"] == {}

    def test_results_are_paged_over_actions(self, acme: Acme) -> None:
        actions = [f"s3:Action{number}" for number in range(5)]
        whole = custom(acme, allow("s3:*"), actions=actions)
        params = {"PolicyInputList": [allow("s3:*")], "ActionNames": actions, "MaxItems": 2}
        gathered, marker = [], {}
        while True:
            page = acme.root.perform("SimulateCustomPolicy", **params, **marker)
            gathered += page["EvaluationResults"]
            if not page["IsTruncated"]:
                break
            marker = {"Marker": page["Marker"]}
        assert gathered == whole
        assert len(whole) == 5


class TestContext:
    BY_IP = {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}

    def test_a_missing_key_is_named(self, acme: Acme) -> None:
        document = allow(
            "s3:*", resource="arn:aws:s3:::${aws:PrincipalTag/team}/*", Condition=self.BY_IP
        )
        (result,) = custom(acme, document)
        assert result["EvalDecision"] == "implicitDeny"
        assert sorted(result["MissingContextValues"]) == [
            "aws:PrincipalTag/team",
            "aws:SourceIp",
        ]

    def test_a_given_key_counts_whatever_its_case(self, acme: Acme) -> None:
        (result,) = custom(
            acme,
            allow("s3:*", Condition=self.BY_IP),
            ContextEntries=[entry("AWS:sourceip", "203.0.113.9", kind="ip")],
        )
        assert result["EvalDecision"] == "allowed"
        assert result["MissingContextValues"] == []

    def test_a_list_type_makes_a_multivalued_key(self, acme: Acme) -> None:
        document = allow(
            "s3:*", Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}
        )
        for values, decision in ((["a"], "allowed"), (["a", "c"], "implicitDeny")):
            (result,) = custom(
                acme,
                document,
                ContextEntries=[entry("aws:TagKeys", *values, kind="stringList")],
            )
            assert result["EvalDecision"] == decision

    def test_the_users_own_keys_are_filled(self, acme: Acme) -> None:
        document = allow("iam:*", resource="arn:aws:iam::*:user/${aws:username}")
        (result,) = simulate(
            acme,
            "user/bob",
            "iam:CreateAccessKey",
            PolicyInputList=[document],
            ResourceArns=[acme.arn("user/bob")],
        )
        assert result["EvalDecision"] == "allowed"
        assert result["MissingContextValues"] == []

    def test_keys_of_custom_policies_are_named_once_as_written(self, acme: Acme) -> None:
        documents = [
            allow("s3:*", Condition={"StringEquals": {"aws:UserName": "bob"}}),
            allow("s3:*", Condition={"StringEquals": {"AWS:username": "${saml:sub}"}}),
            policy(
                {
                    "Effect": "Allow",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": "*",
                    "Condition": {"Bool": {"aws:SecureTransport": "true"}},
                }
            ),
        ]
        names = acme.root.perform("GetContextKeysForCustomPolicy", PolicyInputList=documents)
        assert names == {"ContextKeyNames": ["aws:UserName", "saml:sub", "aws:SecureTransport"]}

    def test_keys_of_a_users_policies_include_its_groups(self, acme: Acme) -> None:
        acme.root.perform(
            "PutGroupPolicy",
            GroupName="Developers",
            PolicyName="ip",
            PolicyDocument=allow("s3:*", Condition=self.BY_IP),
        )
        names = acme.root.perform(
            "GetContextKeysForPrincipalPolicy",
            PolicySourceArn=acme.arn("user/bob"),
            PolicyInputList=[allow("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}})],
        )
        assert names == {"ContextKeyNames": ["aws:SourceIp", "aws:SecureTransport"]}


class TestPrincipals:
    def test_a_user_has_its_groups_policies_named_by_where_they_are(self, acme: Acme) -> None:
        (result,) = simulate(acme, "user/bob", "s3:PutObject")
        assert result["EvalDecision"] == "allowed"
        assert [one["SourcePolicyId"] for one in result["MatchedStatements"]] == [
            "group_Developers_develop"
        ]

    def test_managed_policies_are_called_by_name(self, acme: Acme) -> None:
        acme.root.perform(
            "AttachUserPolicy",
            UserName="carol",
            PolicyArn="arn:aws:iam::aws:policy/AmazonS3FullAccess",
        )
        (result,) = simulate(acme, "user/carol", "s3:PutObject")
        assert [one["SourcePolicyId"] for one in result["MatchedStatements"]] == [
            "AmazonS3FullAccess"
        ]

    def test_groups_and_roles_are_sources_too(self, acme: Acme) -> None:
        actions = ("s3:PutObject", "iam:CreateUser")
        for name in ("group/Developers", "role/Deployer"):
            found = simulate(acme, name, *actions)
            assert decisions(found) == ["allowed", "implicitDeny"]

    def test_policies_are_added_for_the_trial_only(self, acme: Acme) -> None:
        params = {"PolicyInputList": [allow("ec2:*")]}
        assert decisions(simulate(acme, "user/carol", "ec2:RunInstances", **params)) == ["allowed"]
        assert decisions(simulate(acme, "user/carol", "ec2:RunInstances")) == ["implicitDeny"]

    def test_the_attached_boundary_counts_and_a_given_one_replaces_it(self, acme: Acme) -> None:
        acme.root.perform(
            "PutUserPermissionsBoundary",
            UserName="alice",
            PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3FullAccess",
        )
        first, second = simulate(acme, "user/alice", "s3:GetObject", "ec2:RunInstances")
        assert first["EvalDecision"] == "allowed"
        assert first["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": True}
        assert second["EvalDecision"] == "implicitDeny"
        assert second["PermissionsBoundaryDecisionDetail"] == {
            "AllowedByPermissionsBoundary": False
        }
        (given,) = simulate(
            acme,
            "user/alice",
            "ec2:RunInstances",
            PermissionsBoundaryPolicyInputList=[allow("ec2:*")],
        )
        assert given["EvalDecision"] == "allowed"

    def test_without_a_boundary_nothing_is_said_of_one(self, acme: Acme) -> None:
        (result,) = simulate(acme, "user/alice", "s3:GetObject")
        assert "PermissionsBoundaryDecisionDetail" not in result
        assert "OrganizationsDecisionDetail" not in result

    def test_a_source_that_is_not_there(self, acme: Acme) -> None:
        for kind in ("user", "group", "role"):
            with refused("NoSuchEntity", f"The {kind} with name nobody cannot be found.", 404):
                simulate(acme, f"{kind}/nobody", "s3:GetObject")
        with refused("NoSuchEntity"):
            simulate(acme, "user/other/path/bob", "s3:GetObject")

    def test_a_source_of_another_account_is_denied(self, acme: Acme, evil: Evil) -> None:
        with refused("AccessDenied"):
            acme.root.perform(
                "SimulatePrincipalPolicy",
                PolicySourceArn=evil.arn("user/mallory"),
                ActionNames=["s3:GetObject"],
            )

    def test_what_is_no_principal_is_invalid(self, acme: Acme) -> None:
        with refused("InvalidInput"):
            simulate(acme, "policy/P", "s3:GetObject")

    def test_permission_is_asked_on_the_source(self, acme: Acme) -> None:
        clerk = acme.user(
            "clerk", allow("iam:SimulatePrincipalPolicy", resource=acme.arn("user/carol"))
        )
        params = {"ActionNames": ["s3:GetObject"]}
        clerk.perform("SimulatePrincipalPolicy", PolicySourceArn=acme.arn("user/carol"), **params)
        with refused("AccessDenied"):
            clerk.perform("SimulatePrincipalPolicy", PolicySourceArn=acme.arn("user/bob"), **params)


class TestExclusions:
    def found(self, acme, *exclusions):
        (result,) = simulate(acme, "user/bob", "s3:PutObject", PolicyExclusionList=list(exclusions))
        return result["EvalDecision"]

    def test_policies_are_left_out_by_type_arn_and_name(self, acme: Acme) -> None:
        inline = {
            "InlinePolicyIdentifier": {
                "PolicyName": "develop",
                "AttachmentType": "group",
                "AttachmentName": "Developers",
            }
        }
        assert self.found(acme) == "allowed"
        assert self.found(acme, {"PolicyType": "inline"}) == "implicitDeny"
        assert self.found(acme, inline) == "implicitDeny"
        assert self.found(acme, {"PolicyType": "aws-managed"}) == "allowed"
        arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
        acme.root.perform("AttachUserPolicy", UserName="bob", PolicyArn=arn)
        assert self.found(acme, inline) == "allowed"
        assert self.found(acme, inline, {"PolicyType": "user-managed"}) == "allowed"
        assert self.found(acme, inline, {"PolicyType": "aws-managed"}) == "implicitDeny"
        assert self.found(acme, inline, {"PolicyArn": arn}) == "implicitDeny"
        assert self.found(acme, {"PolicyType": "rcp"}, {"PolicyType": "scp"}) == "allowed"

    def test_the_boundary_is_left_out_by_its_own_type(self, acme: Acme) -> None:
        acme.root.perform(
            "PutUserPermissionsBoundary",
            UserName="bob",
            PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess",
        )
        assert self.found(acme) == "implicitDeny"
        assert self.found(acme, {"PolicyType": "aws-managed"}) == "implicitDeny"
        assert self.found(acme, {"PolicyType": "permission-boundary"}) == "allowed"

    @pytest.mark.parametrize(
        "exclusion",
        [
            {},
            {"PolicyType": "inline", "PolicyArn": "arn:aws:iam::aws:policy/X"},
            {"PolicyArn": "x" * 30},
        ],
    )
    def test_a_malformed_identifier_is_invalid(self, acme: Acme, exclusion: dict) -> None:
        with refused("InvalidInput"):
            self.found(acme, exclusion)


class TestResourcePolicies:
    def policy(self, principal, action="s3:GetObject"):
        return policy(
            {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": action, "Resource": "*"}
        )

    def test_it_may_allow_by_itself_in_the_same_account(self, acme: Acme) -> None:
        (result,) = simulate(
            acme,
            "user/carol",
            "s3:GetObject",
            ResourceArns=[GET],
            ResourcePolicy=self.policy(acme.arn("user/carol")),
        )
        assert result["EvalDecision"] == "allowed"
        assert [
            (one["SourcePolicyId"], one["SourcePolicyType"]) for one in result["MatchedStatements"]
        ] == [("ResourcePolicy", "Resource Policy")]

    def test_across_accounts_each_side_has_its_word(self, acme: Acme, evil: Evil) -> None:
        params = {
            "ResourceArns": [GET],
            "ResourceOwner": evil.id,
            "ResourcePolicy": self.policy(acme.id),
        }
        (denied,) = simulate(acme, "user/carol", "s3:GetObject", **params)
        assert denied["EvalDecision"] == "implicitDeny"
        assert denied["EvalDecisionDetails"] == {
            "IAM Policy": "implicitDeny",
            "Resource Policy": "allowed",
        }
        (allowed,) = simulate(acme, "user/alice", "s3:GetObject", **params)
        assert allowed["EvalDecision"] == "allowed"
        assert allowed["EvalDecisionDetails"] == {
            "IAM Policy": "allowed",
            "Resource Policy": "allowed",
        }
        (silent,) = simulate(
            acme, "user/alice", "s3:GetObject", ResourceArns=[GET], ResourceOwner=evil.root.arn
        )
        assert silent["EvalDecision"] == "implicitDeny"

    def test_a_caller_is_needed_where_the_source_is_none(self, acme: Acme) -> None:
        document = self.policy("*")
        with refused("InvalidInput"):
            custom(acme, allow("s3:*"), ResourcePolicy=document)
        with refused("InvalidInput"):
            simulate(acme, "group/Developers", "s3:GetObject", ResourcePolicy=document)
        (result,) = custom(
            acme,
            allow("sqs:*"),
            ResourcePolicy=self.policy(acme.arn("user/dave")),
            CallerArn=acme.arn("user/dave"),
        )
        assert result["EvalDecision"] == "allowed"

    @pytest.mark.parametrize(
        "caller",
        [
            "arn:aws:sts::123456789012:assumed-role/R/s",
            "s3.amazonaws.com",
            "arn:aws:iam::123456789012:root",
        ],
    )
    def test_sessions_services_and_root_are_no_callers(self, acme: Acme, caller: str) -> None:
        with refused("InvalidInput"):
            custom(acme, allow("s3:*"), CallerArn=caller)


class TestOrganizations:
    def levels(self, *documents):
        return [{"ServiceControlPolicyInputList": [document]} for document in documents]

    @pytest.mark.parametrize(
        ("levels", "decision", "allowed"),
        [
            ([allow("*"), allow("*")], "allowed", True),
            ([allow("*"), allow("ec2:*")], "implicitDeny", False),
            ([deny("s3:*"), allow("*")], "explicitDeny", False),
        ],
    )
    def test_every_level_must_allow(
        self, acme: Acme, levels: list[str], decision: str, allowed: bool
    ) -> None:
        (result,) = custom(
            acme, allow("s3:*"), OrderedOrganizationPolicyInputList=self.levels(*levels)
        )
        assert result["EvalDecision"] == decision
        assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": allowed}
        if not allowed:
            assert result["MatchedStatements"] == []


class TestRefusals:
    @pytest.mark.parametrize("action", ["GetObject", "s3:Get*", "s3:", "s3:Get:Object", "*:*"])
    def test_an_action_is_whole(self, acme: Acme, action: str) -> None:
        with refused("InvalidInput", status=400):
            custom(acme, allow("s3:*"), actions=[action])

    def test_bad_policy_text_is_named_by_its_place(self, acme: Acme) -> None:
        with refused("InvalidInput", "PolicyInputList.member.2: Syntax errors in policy.", 400):
            custom(acme, allow("s3:*"), "{}")

    def test_a_resource_is_an_arn(self, acme: Acme) -> None:
        with refused("InvalidInput"):
            custom(acme, allow("s3:*"), ResourceArns=["my-bucket"])

    def test_only_one_boundary(self, acme: Acme) -> None:
        with refused("InvalidInput"):
            custom(acme, allow("*"), PermissionsBoundaryPolicyInputList=[allow("*"), allow("*")])

    def test_a_scenario_needs_its_resources(self, acme: Acme) -> None:
        types = ["instance", "image", "security-group", "network-interface", "volume"]
        arns = [f"arn:aws:ec2:us-east-1:{acme.id}:{kind}/x" for kind in types]
        params = {"actions": ["ec2:RunInstances"], "ResourceHandlingOption": "EC2-VPC-EBS"}
        (result,) = custom(acme, allow("ec2:*"), ResourceArns=arns, **params)
        assert result["EvalDecision"] == "allowed"
        with refused("InvalidInput"):
            custom(acme, allow("ec2:*"), ResourceArns=arns[:-1], **params)
        with refused("InvalidInput"):
            custom(acme, allow("ec2:*"), ResourceHandlingOption="EC2-Nowhere")

    def test_the_work_of_one_call_is_bounded(self, acme: Acme) -> None:
        actions = [f"s3:A{number}" for number in range(100)]
        arns = [f"arn:aws:s3:::b/{number}" for number in range(2001)]
        with refused("InvalidInput"):
            custom(acme, allow("s3:*"), actions=actions, ResourceArns=arns)
        with refused("InvalidInput"):
            custom(acme, *[allow("s3:*") + " " * 100_000] * 21)


def test_the_names_of_results_are_those_of_the_model(acme: Acme) -> None:
    from iamsite.operations.models import operation_model

    (result,) = simulate(
        acme,
        "user/alice",
        "s3:GetObject",
        ResourceArns=[GET],
        PermissionsBoundaryPolicyInputList=[allow("*")],
    )
    shape = operation_model("SimulatePrincipalPolicy").output.members["EvaluationResults"].member
    assert set(result) <= set(shape.members)
    assert set(result["ResourceSpecificResults"][0]) <= set(
        shape.members["ResourceSpecificResults"].member.members
    )
    json.dumps(result)
