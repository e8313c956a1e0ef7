"""The simulator is the enforcer: given the whole context, it answers what happens."""

import json
from functools import cache

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamsite.operations import OperationError
from iamsite.operations.call import AccessDenied
from policies.engine import (
    Context,
    DocumentKind,
    Layers,
    Policy,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
    parse,
)
from tests.accounts.organizations.cast import RCP, SCP, Organization
from tests.cast import Acme, allow, trust

CALLS = [
    ("iam:ListUsers", "ListUsers", {}, "user/"),
    ("iam:ListUsers", "ListUsers", {"PathPrefix": "/team/"}, "user/team/"),
    ("iam:GetUser", "GetUser", {"UserName": "zoe"}, "user/team/zoe"),
    ("iam:GetUser", "GetUser", {"UserName": "nobody"}, "user/nobody"),
    ("iam:ListUserTags", "ListUserTags", {"UserName": "zoe"}, "user/team/zoe"),
    ("iam:GetRole", "GetRole", {"RoleName": "Deployer"}, "role/Deployer"),
    ("iam:GetGroup", "GetGroup", {"GroupName": "Developers"}, "group/Developers"),
    ("iam:GetAccountSummary", "GetAccountSummary", {}, None),
]
# What a caller of tests/cast.py sends (see `origin` there), and who it is.
TAGS = {"user/team/zoe": {"team": "blue"}}


@cache
def stage():
    """One account for all examples: a user Walter, who holds what each example says."""
    acme = Acme()
    acme.root.perform(
        "CreateUser", UserName="zoe", Path="/team/", Tags=[{"Key": "team", "Value": "blue"}]
    )
    walter = acme.user("walter")
    acme.root.perform("TagUser", UserName="walter", Tags=[{"Key": "team", "Value": "blue"}])
    acme.root.perform("CreateGroup", GroupName="Walters")
    acme.root.perform("AddUserToGroup", GroupName="Walters", UserName="walter")
    boundary = acme.root.perform(
        "CreatePolicy",
        PolicyName="Boundary",
        PolicyDocument=json.dumps(document([statement()])),
    )["Policy"]["Arn"]
    return acme, walter, boundary


def statement(**changes):
    return {"Effect": "Allow", "Action": "*", "Resource": "*", **changes}


def document(statements):
    return {"Version": "2012-10-17", "Statement": statements}


def context(acme, arn, resource):
    tags = TAGS.get(resource, {})
    keys = {
        "aws:PrincipalArn": arn,
        "aws:PrincipalAccount": acme.id,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalTag/team": "blue",
        "aws:SourceIp": "203.0.113.7",
        "aws:SecureTransport": "true",
        "aws:UserAgent": "tests",
        "aws:ViaAWSService": "false",
        "aws:RequestedRegion": "us-east-1",
        "aws:ResourceAccount": acme.id,
        **{f"aws:ResourceTag/{key}": value for key, value in tags.items()},
        **{f"iam:ResourceTag/{key}": value for key, value in tags.items()},
    }
    return [
        {"ContextKeyName": key, "ContextKeyValues": [value], "ContextKeyType": "string"}
        for key, value in keys.items()
    ]


actions = st.sampled_from(
    ["*", "iam:*", "iam:Get*", "iam:ListUsers", "IAM:getuser", "iam:*User*", "s3:*", "iam:Get?ser"]
)
resources = st.sampled_from(
    [
        "*",
        "arn:aws:iam::*:user/*",
        "arn:aws:iam::*:user/team/*",
        "arn:aws:iam::*:user/${aws:username}",
        "arn:aws:iam::*:role/Deployer",
        "arn:aws:iam::*:group/*",
        "arn:aws:iam::*:user/",
        "arn:aws:iam::*:*",
    ]
)
conditions = st.sampled_from(
    [
        {},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"StringEquals": {"aws:username": "walter"}},
        {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}},
        {"StringNotEquals": {"iam:ResourceTag/team": "blue"}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}},
        {"Null": {"aws:TokenIssueTime": "true"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/wal*"}},
        {"StringEquals": {"aws:userid": "${aws:userid}"}, "Bool": {"aws:SecureTransport": "true"}},
    ]
)


@st.composite
def statements(draw):
    made = {"Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"]))}
    made[draw(st.sampled_from(["Action", "Action", "Action", "NotAction"]))] = draw(actions)
    made[draw(st.sampled_from(["Resource", "Resource", "NotResource"]))] = draw(resources)
    condition = draw(conditions)
    return {**made, "Condition": condition} if condition else made


documents = st.lists(statements(), min_size=1, max_size=3).map(document)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(own=documents, group=documents, boundary=st.none() | documents)
def test_what_is_simulated_is_what_happens(database, own, group, boundary) -> None:
    acme, walter, arn = stage()
    root = acme.root
    root.perform(
        "PutUserPolicy", UserName="walter", PolicyName="own", PolicyDocument=json.dumps(own)
    )
    root.perform(
        "PutGroupPolicy", GroupName="Walters", PolicyName="group", PolicyDocument=json.dumps(group)
    )
    root.perform("DeleteUserPermissionsBoundary", UserName="walter")
    if boundary is not None:
        root.perform(
            "CreatePolicyVersion",
            PolicyArn=arn,
            PolicyDocument=json.dumps(boundary),
            SetAsDefault=True,
        )
        listed = root.perform("ListPolicyVersions", PolicyArn=arn)["Versions"]
        root.perform("DeletePolicyVersion", PolicyArn=arn, VersionId=listed[-1]["VersionId"])
        root.perform("PutUserPermissionsBoundary", UserName="walter", PermissionsBoundary=arn)
    for action, operation, params, resource in CALLS:
        simulated = simulate(
            acme, walter.arn, action, resource, context(acme, walter.arn, resource)
        )
        assert simulated == happens(walter, operation, params), (action, resource)


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(own=documents)
def test_what_is_simulated_for_a_role_happens_to_its_sessions(database, own) -> None:
    acme, *_ = stage()
    acme.root.perform(
        "PutRolePolicy", RoleName="Deployer", PolicyName="p0", PolicyDocument=json.dumps(own)
    )
    session = acme.assume(acme.alice, acme.deployer)
    role_id = acme.root.perform("GetRole", RoleName="Deployer")["Role"]["RoleId"]
    for action, operation, params, resource in CALLS:
        entries = [
            entry
            for entry in context(acme, acme.deployer, resource)
            if entry["ContextKeyName"] != "aws:PrincipalTag/team"
        ]
        for key, value in (
            ("aws:userid", f"{role_id}:session"),
            ("aws:TokenIssueTime", "2026-01-01T00:00:00Z"),
            ("aws:MultiFactorAuthPresent", "false"),
        ):
            entries.append({"ContextKeyName": key, "ContextKeyValues": [value]})
        simulated = simulate(acme, acme.deployer, action, resource, entries)
        assert simulated == happens(session, operation, params), (action, resource)


@cache
def organized():
    """A member three levels deep whose every level carries one policy of each kind, to be set."""
    organization = Organization(Acme(), SCP, RCP)
    unit = organization.unit("Unit")
    member = organization.member(unit=unit)
    member.root.perform("CreateUser", UserName="zoe", Path="/team/")
    walter = member.user("walter")
    role = member.role("target", trust(member.arn("root")))
    user_id = member.root.perform("GetUser", UserName="walter")["User"]["UserId"]
    nodes = (organization.root, unit, member.id)
    open_, closed = allow("*"), rcp([{"Effect": "Deny", "Action": "sqs:Nothing", "Resource": "*"}])
    scps = [organization.limit(node, open_, name=f"s{at}") for at, node in enumerate(nodes)]
    rcps = [organization.limit(node, closed, RCP, f"r{at}") for at, node in enumerate(nodes)]
    for node in nodes:
        organization.do("DetachPolicy", PolicyId="p-FullAWSAccess", TargetId=node)
    return organization, member, walter, user_id, role, scps, rcps


def rcp(found):
    denied = [{**one, "Effect": "Deny", "Principal": "*"} for one in found]
    return json.dumps(document(denied))


def set_limits(organization, policies, texts):
    for policy, text in zip(policies, texts, strict=True):
        organization.do("UpdatePolicy", PolicyId=policy, Content=text)


levels = st.tuples(documents, documents, documents)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(own=documents, limits=levels)
def test_what_is_simulated_under_service_control_policies_happens(database, own, limits) -> None:
    organization, member, walter, user_id, _, scps, _ = organized()
    set_limits(organization, scps, [allow("*")] * 3)
    text = json.dumps(own)
    member.root.perform("PutUserPolicy", UserName="walter", PolicyName="own", PolicyDocument=text)
    texts = [json.dumps(one) for one in limits]
    set_limits(organization, scps, texts)
    for action, operation, params, resource in CALLS:
        entries = [
            entry
            for entry in context(member, walter.arn, resource)
            if "Tag" not in entry["ContextKeyName"]
        ]
        entries.append({"ContextKeyName": "aws:userid", "ContextKeyValues": [user_id]})
        (custom,) = organization.management.root.perform(
            "SimulateCustomPolicy",
            PolicyInputList=[text],
            OrderedOrganizationPolicyInputList=[
                {"ServiceControlPolicyInputList": [one]} for one in texts
            ],
            CallerArn=walter.arn,
            ActionNames=[action],
            ResourceArns=["*" if resource is None else member.arn(resource)],
            ContextEntries=entries,
        )["EvaluationResults"]
        happened = happens(walter, operation, params)
        assert custom["EvalDecision"] == happened, (action, resource)
        try:
            simulated = simulate(member, walter.arn, action, resource, entries)
        except AccessDenied:
            continue  # the same policies may keep the member from asking
        assert simulated == happened, (action, resource)


assuming = st.sampled_from(["sts:AssumeRole", "sts:*", "sts:Assume*", "s3:*", "STS:assumerole"])
roles = st.sampled_from(["*", "arn:aws:iam::*:role/target", "arn:aws:iam::*:role/other"])
circumstances = st.sampled_from(
    [
        {},
        {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
        {"StringEquals": {"sts:RoleSessionName": "session"}},
        {"StringNotEquals": {"sts:RoleSessionName": "session"}},
        {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/wal*"}},
        {"BoolIfExists": {"aws:PrincipalIsAWSService": "true"}},
        {"StringNotEqualsIfExists": {"sts:ExternalId": "none"}},
    ]
)


@st.composite
def assumptions(draw, effect="Deny"):
    made = {"Effect": effect, "Action": draw(assuming), "Resource": draw(roles)}
    condition = draw(circumstances)
    return {**made, "Condition": condition} if condition else made


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    own=st.lists(assumptions("Allow"), min_size=1, max_size=2),
    limits=st.tuples(*[st.lists(assumptions(), max_size=1)] * 3),
    controls=st.tuples(*[st.lists(assumptions(), max_size=1)] * 3),
)
def test_what_the_engine_decides_under_every_organization_policy_happens(
    database, own, limits, controls
) -> None:
    """AssumeRole, which both kinds reach, decided from the bare documents and then done."""
    organization, member, walter, user_id, role, scps, rcps = organized()
    set_limits(organization, scps, [allow("*")] * 3)
    text = json.dumps(document(own))
    member.root.perform("PutUserPolicy", UserName="walter", PolicyName="own", PolicyDocument=text)
    idle = {"Action": "sqs:Nothing", "Resource": "*"}
    service = [json.dumps(document([statement(), *found])) for found in limits]
    resource = [rcp([idle, *found]) for found in controls]
    set_limits(organization, scps, service)
    set_limits(organization, rcps, resource)

    def one(source, kind):
        return compile_policies([Policy(parse(source, kind), "p")])

    full = Policy(parse(json.dumps(document([statement()])), DocumentKind.MANAGED), "full")
    layers = Layers(
        identity=one(text, DocumentKind.IDENTITY),
        resource=one(trust(member.arn("root")), DocumentKind.TRUST),
        trust=True,
        scps=tuple(one(source, DocumentKind.SCP) for source in service),
        rcps=tuple(
            compile_policies([full, Policy(parse(source, DocumentKind.RCP), "p")])
            for source in resource
        ),
    )
    keys = {
        "aws:PrincipalArn": walter.arn,
        "aws:PrincipalIsAWSService": "false",
        "aws:SourceIp": "203.0.113.7",
        "sts:RoleSessionName": "session",
    }
    caller = Principal(PrincipalKind.USER, walter.arn, member.id, user_id)
    decided = decide(Request(caller, "sts:AssumeRole", role, member.id, Context(keys)), layers)
    assuming_it = {"RoleArn": role, "RoleSessionName": "session"}
    try:
        walter.perform("AssumeRole", **assuming_it)
    except AccessDenied as refusal:
        found = refusal.decision
        assert (found.outcome, found.layer) == (decided.outcome, decided.layer)
    else:
        assert decided.allowed


def simulate(acme, arn, action, resource, entries):
    (result,) = acme.root.perform(
        "SimulatePrincipalPolicy",
        PolicySourceArn=arn,
        ActionNames=[action],
        ResourceArns=["*" if resource is None else acme.arn(resource)],
        ContextEntries=entries,
    )["EvaluationResults"]
    return result["EvalDecision"]


def happens(actor, operation, params):
    try:
        actor.perform(operation, **params)
    except AccessDenied as refusal:
        return refusal.decision.outcome.value
    except OperationError as error:
        assert error.code == "NoSuchEntity"
    return "allowed"
