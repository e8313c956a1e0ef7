"""Session tags, transitive tags and session policies (evaluation.md §7.2, §7.5)."""

import json
import secrets

import pytest

from iamsite.operations import OperationError
from tests.cast import Acme, Actor, Evil, allow, deny, trust

TAGGING = ["sts:AssumeRole", "sts:TagSession"]
TEAM = [{"Key": "team", "Value": "web"}]


def only_team(team: str) -> str:
    return allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/team": team}})


def assume(actor: Actor, role_arn: str, **params: object) -> dict[str, object]:
    return actor.perform("AssumeRole", RoleArn=role_arn, RoleSessionName="session", **params)


def refusal(actor: Actor, role_arn: str, **params: object) -> OperationError:
    with pytest.raises(OperationError) as caught:
        assume(actor, role_arn, **params)
    return caught.value


def may_list(actor: Actor) -> bool:
    try:
        actor.perform("ListUsers")
    except OperationError as error:
        assert error.code == "AccessDenied"
        return False
    return True


class TestTags:
    def test_passing_tags_needs_a_permission_of_its_own(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn))
        error = refusal(acme.carol, role, Tags=TEAM)
        assert error.message == (
            f"User: {acme.carol.arn} is not authorized to perform: sts:TagSession "
            f"on resource: {role}"
        )

    def test_across_accounts_both_sides_must_allow_it(self, acme: Acme, evil: Evil) -> None:
        dan = evil.user("dan", allow("sts:AssumeRole"))
        role = acme.role("r", trust("*", TAGGING))
        assert assume(dan, role)
        assert "sts:TagSession" in refusal(dan, role, Tags=TEAM).message
        assert assume(evil.mallory, role, Tags=TEAM)

    def test_across_accounts_not_even_ones_own_deny_is_told(self, acme: Acme, evil: Evil) -> None:
        dan = evil.user("dan", allow("sts:AssumeRole"), deny("sts:TagSession"))
        role = acme.role("r", trust("*", TAGGING))
        assert refusal(dan, role, Tags=TEAM).message == (
            f"User: {dan.arn} is not authorized to perform: sts:TagSession on resource: {role}"
        )

    def test_tags_of_the_session_are_the_principals(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn, TAGGING), only_team("web"))
        assert may_list(acme.assume(acme.carol, role, Tags=TEAM))
        assert not may_list(acme.assume(acme.carol, role))

    def test_they_take_the_place_of_the_roles_tags_ignoring_case(self, acme: Acme) -> None:
        role = acme.role(
            "r",
            trust(acme.carol.arn, TAGGING),
            only_team("web"),
            Tags=[{"Key": "Team", "Value": "db"}],
        )
        assert not may_list(acme.assume(acme.carol, role))
        assert may_list(acme.assume(acme.carol, role, Tags=TEAM))

    def test_the_trust_policy_sees_them_as_request_tags(self, acme: Acme) -> None:
        condition = {
            "StringEquals": {"aws:RequestTag/team": "${aws:username}"},
            "ForAllValues:StringEquals": {"aws:TagKeys": ["team"]},
        }
        role = acme.role("r", trust(acme.carol.arn, TAGGING, Condition=condition))
        own = {"Key": "team", "Value": "carol"}
        assert assume(acme.carol, role, Tags=[own])
        assert refusal(acme.carol, role, Tags=TEAM).code == "AccessDenied"
        more = [own, {"Key": "other", "Value": "x"}]
        assert refusal(acme.carol, role, Tags=more).code == "AccessDenied"

    @pytest.mark.parametrize(
        ("tags", "words"),
        [
            ([{"Key": "AWS:team", "Value": "x"}], "reserved"),
            (
                [{"Key": "team", "Value": "x"}, {"Key": "Team", "Value": "y"}],
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ),
        ],
    )
    def test_keys_that_cannot_be_are_refused(
        self, acme: Acme, tags: list[dict[str, str]], words: str
    ) -> None:
        role = acme.role("r", trust(acme.carol.arn, TAGGING))
        error = refusal(acme.carol, role, Tags=tags)
        assert (error.code, error.status) == ("InvalidParameterValue", 400)
        assert words in error.message

    def test_no_more_than_fifty(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn, TAGGING))
        tags = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
        assert assume(acme.carol, role, Tags=tags[:50])
        assert refusal(acme.carol, role, Tags=tags).code == "ValidationError"


class TestTransitiveTags:
    CONFLICT = (
        "InvalidParameterValue",
        (
            "One of the specified transitive tag keys can't be set because it conflicts with a "
            "transitive tag key from the calling session."
        ),
    )

    @pytest.fixture
    def chain(self, acme: Acme) -> tuple[Actor, str]:
        """A session with the transitive tag team=web, and the role that it may assume next."""
        first = acme.role("first", trust(acme.carol.arn, TAGGING))
        second = acme.role("second", trust(first, TAGGING), only_team("web"))
        session = acme.assume(
            acme.carol,
            first,
            Tags=[*TEAM, {"Key": "stays", "Value": "behind"}],
            TransitiveTagKeys=["team"],
        )
        return session, second

    def test_they_travel_down_the_chain(self, acme: Acme, chain: tuple[Actor, str]) -> None:
        session, second = chain
        third = acme.role("third", trust(second, TAGGING), only_team("web"))
        next_session = acme.assume(session, second, "next")
        assert may_list(next_session)
        assert may_list(acme.assume(next_session, third, "last"))

    def test_other_tags_do_not_travel(self, acme: Acme, chain: tuple[Actor, str]) -> None:
        session, _ = chain
        guarded = allow("iam:ListUsers", Condition={"Null": {"aws:PrincipalTag/stays": "true"}})
        role = acme.role("other", trust(acme.arn("role/first"), TAGGING), guarded)
        assert may_list(acme.assume(session, role, "next"))

    def test_nobody_on_the_way_can_override_them(
        self, acme: Acme, chain: tuple[Actor, str]
    ) -> None:
        session, second = chain
        for key in ("team", "TEAM"):
            error = refusal(session, second, Tags=[{"Key": key, "Value": "admin"}])
            assert (error.code, error.message) == self.CONFLICT

    def test_they_take_the_place_of_tags_of_the_role(
        self, acme: Acme, chain: tuple[Actor, str]
    ) -> None:
        session, _ = chain
        role = acme.role(
            "tagged",
            trust(acme.arn("role/first"), TAGGING),
            only_team("web"),
            Tags=[{"Key": "Team", "Value": "db"}],
        )
        assert may_list(acme.assume(session, role, "next"))

    def test_inheriting_them_needs_the_permission_to_tag(self, acme: Acme) -> None:
        first = acme.role("first", trust(acme.carol.arn, TAGGING))
        second = acme.role("second", trust(first))
        session = acme.assume(acme.carol, first, Tags=TEAM, TransitiveTagKeys=["team"])
        assert "sts:TagSession" in refusal(session, second).message

    def test_a_transitive_key_must_be_among_the_tags(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn, TAGGING))
        error = refusal(acme.carol, role, Tags=TEAM, TransitiveTagKeys=["project"])
        assert (error.code, error.message) == (
            "InvalidParameterValue",
            "The specified transitive tag key must be included in the requested tags.",
        )

    def test_a_transitive_key_cannot_be_passed_again(self, chain: tuple[Actor, str]) -> None:
        session, second = chain
        error = refusal(session, second, TransitiveTagKeys=["team"])
        assert (error.code, error.message) == self.CONFLICT

    def test_the_trust_policy_sees_the_keys(self, acme: Acme, chain: tuple[Actor, str]) -> None:
        session, _ = chain
        condition = {"ForAnyValue:StringEquals": {"sts:TransitiveTagKeys": "team"}}
        role = acme.role("guarded", trust(acme.arn("role/first"), TAGGING, Condition=condition))
        assert assume(session, role)
        plain = acme.assume(acme.carol, acme.arn("role/first"))
        assert refusal(plain, role).code == "AccessDenied"

    def test_role_tags_never_travel(self, acme: Acme) -> None:
        first = acme.role("first", trust(acme.carol.arn), Tags=TEAM)
        second = acme.role("second", trust(first), only_team("web"))
        session = acme.assume(acme.carol, first)
        assert not may_list(acme.assume(session, second, "next"))


class TestSessionPolicies:
    def test_a_session_may_do_no_more_than_both_allow(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), allow("iam:ListUsers", "iam:ListRoles"))
        session = acme.assume(acme.carol, role, Policy=allow("iam:ListUsers", "iam:ListGroups"))
        assert session.perform("ListUsers")
        for operation in ("ListRoles", "ListGroups"):
            with pytest.raises(OperationError, match="AccessDenied"):
                session.perform(operation)

    def test_managed_policies_join_the_inline_one(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), allow("iam:*"))
        arn = acme.root.perform(
            "CreatePolicy", PolicyName="list", PolicyDocument=allow("iam:ListRoles")
        )["Policy"]["Arn"]
        session = acme.assume(
            acme.carol, role, Policy=allow("iam:ListUsers"), PolicyArns=[{"arn": arn}]
        )
        assert session.perform("ListUsers")
        assert session.perform("ListRoles")
        with pytest.raises(OperationError, match="no session policy allows"):
            session.perform("ListGroups")

    def test_a_deleted_session_policy_leaves_nothing_allowed(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), allow("iam:*"))
        arn = acme.root.perform(
            "CreatePolicy", PolicyName="list", PolicyDocument=allow("iam:ListUsers")
        )["Policy"]["Arn"]
        session = acme.assume(acme.carol, role, PolicyArns=[{"arn": arn}])
        assert may_list(session)
        acme.root.perform("DeletePolicy", PolicyArn=arn)
        assert not may_list(session)

    def test_chaining_cannot_drop_what_limits_the_caller(self, acme: Acme) -> None:
        first = acme.role("first", trust(acme.carol.arn), allow("*"))
        second = acme.role("second", trust(acme.arn("root")), allow("*"))
        narrow = acme.assume(acme.carol, first, Policy=allow("iam:ListUsers"))
        assert refusal(narrow, second).code == "AccessDenied"

    def test_policies_are_those_of_the_roles_account(self, acme: Acme, evil: Evil) -> None:
        role = acme.role("r", trust(evil.mallory.arn), allow("iam:*"))
        own = evil.root.perform("CreatePolicy", PolicyName="list", PolicyDocument=allow("iam:*"))[
            "Policy"
        ]["Arn"]
        error = refusal(evil.mallory, role, PolicyArns=[{"arn": own}])
        assert (error.code, error.message) == (
            "MalformedPolicyDocument",
            f"Policy {own} does not exist or is not attachable.",
        )
        theirs = acme.root.perform(
            "CreatePolicy", PolicyName="list", PolicyDocument=allow("iam:ListUsers")
        )["Policy"]["Arn"]
        assert may_list(evil.assume(evil.mallory, role, PolicyArns=[{"arn": theirs}]))

    def test_aws_managed_policies_may_be_session_policies(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn), allow("*"))
        arn = "arn:aws:iam::aws:policy/IAMReadOnlyAccess"
        session = acme.assume(acme.carol, role, PolicyArns=[{"arn": arn}])
        assert may_list(session)
        with pytest.raises(OperationError, match="no session policy allows"):
            session.perform("CreateUser", UserName="new")

    def test_no_more_than_ten_managed_policies(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn))
        arns = [{"arn": acme.arn(f"policy/p{number}")} for number in range(11)]
        error = refusal(acme.carol, role, PolicyArns=arns)
        assert error.code == "ValidationError"
        assert "less than or equal to 10" in error.message

    def test_a_malformed_policy_is_refused(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn))
        assert refusal(acme.carol, role, Policy="{").code == "MalformedPolicyDocument"
        principal = json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
            }
        )
        assert refusal(acme.carol, role, Policy=principal).code == "MalformedPolicyDocument"

    def test_refusal_comes_before_what_is_wrong_with_the_policy(self, acme: Acme) -> None:
        assert refusal(acme.carol, acme.deployer, Policy="{").code == "AccessDenied"


class TestPackedSize:
    def test_it_is_told_in_percent(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn, TAGGING))
        text = allow("s3:GetObject")
        padded = text + " " * (1024 - len(text))
        assert assume(acme.carol, role, Policy=padded)["PackedPolicySize"] == 50
        assert assume(acme.carol, role, Tags=TEAM)["PackedPolicySize"] == 1
        assert "PackedPolicySize" not in assume(acme.carol, role)

    def test_policies_may_have_2048_characters(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn))
        text = allow("s3:GetObject")
        full = text + " " * (2048 - len(text))
        assert assume(acme.carol, role, Policy=full)["PackedPolicySize"] == 100
        error = refusal(acme.carol, role, Policy=full + " ")
        assert (error.code, error.status, error.message) == (
            "PackedPolicyTooLarge",
            400,
            "Packed policy consumes 101% of allotted space, please use smaller policy.",
        )

    def test_tags_that_do_not_pack_are_refused(self, acme: Acme) -> None:
        role = acme.role("r", trust(acme.carol.arn, TAGGING))
        tags = [{"Key": f"k{n}", "Value": secrets.token_hex(128)} for n in range(50)]
        assert refusal(acme.carol, role, Tags=tags).code == "PackedPolicyTooLarge"
