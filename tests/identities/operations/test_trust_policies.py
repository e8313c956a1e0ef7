import json

import pytest
from django.db import transaction

from accounts import tenancy
from accounts.models import Account
from identities import trust as trusts
from identities.models import Role
from tests.cast import policy, trust
from tests.identities.operations.refusal import limit, refusal


def principals(acme, name: str = "r"):
    """The Principal elements that GetRole shows, and that ListRoles shows the same."""
    text = acme.root.perform("GetRole", RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    listed = acme.root.perform("ListRoles")["Roles"]
    (same,) = [role for role in listed if role["RoleName"] == name]
    assert same["AssumeRolePolicyDocument"] == text
    return [statement["Principal"] for statement in json.loads(text)["Statement"]]


def malformed(acme, principal) -> str:
    code, status, message = refusal(
        acme.root, "CreateRole", RoleName="r", AssumeRolePolicyDocument=trust(principal)
    )
    assert (code, status) == ("MalformedPolicyDocument", 400)
    return message


def test_the_text_is_shown_as_it_was_sent(acme) -> None:
    text = trust(acme.bob.arn).replace(", ", ",\n  ")
    acme.role("r", text)
    role = acme.root.perform("GetRole", RoleName="r")["Role"]
    assert role["AssumeRolePolicyDocument"] == text


def test_an_account_id_is_shown_as_the_account_root(acme, evil) -> None:
    acme.role("r", trust([acme.id, evil.id]))
    assert principals(acme) == [{"AWS": [acme.arn("root"), evil.arn("root")]}]


@pytest.mark.parametrize(
    "rest", ["user/nobody", "role/nobody", "user/staff/bob", "user/BOB", "user/Deployer"]
)
def test_a_user_or_role_that_is_not_there_is_refused(acme, rest) -> None:
    arn = acme.arn(rest)
    assert malformed(acme, arn) == f'Invalid principal in policy: "AWS":"{arn}"'


def test_an_account_that_is_not_there_is_refused(acme) -> None:
    arn = "arn:aws:iam::000000000000:root"
    assert malformed(acme, "000000000000") == f'Invalid principal in policy: "AWS":"{arn}"'
    assert malformed(acme, arn) == f'Invalid principal in policy: "AWS":"{arn}"'


def test_a_unique_id_that_nobody_has_is_refused(acme) -> None:
    gone = "AIDAAAAAAAAAAAAAAAAAA"
    assert malformed(acme, gone) == f'Invalid principal in policy: "AWS":"{gone}"'


def test_a_unique_id_that_somebody_has_stands_for_its_arn(acme) -> None:
    user = acme.root.perform("GetUser", UserName="bob")["User"]
    acme.role("r", trust(user["UserId"]))
    assert principals(acme) == [{"AWS": acme.bob.arn}]


def test_users_and_roles_of_other_accounts_may_be_named(acme, evil) -> None:
    visitor = evil.role("Visitor", trust(evil.arn("root")))
    acme.role("r", trust([evil.mallory.arn, visitor]))
    assert principals(acme) == [{"AWS": [evil.mallory.arn, visitor]}]


def test_sessions_may_be_named_before_they_are_there(acme) -> None:
    session = f"arn:aws:sts::{acme.id}:assumed-role/Deployer/tonight"
    acme.role("r", trust(session))
    assert principals(acme) == [{"AWS": session}]


@pytest.mark.parametrize(
    "service",
    [
        "ec2.amazonaws.com",
        "lambda.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "monitoring.rds.amazonaws.com",
        "codedeploy.us-east-1.amazonaws.com",
    ],
)
def test_services_may_be_named(acme, service) -> None:
    acme.role("r", trust({"Service": service}))
    assert principals(acme) == [{"Service": service}]


@pytest.mark.parametrize(
    "service",
    ["nope.amazonaws.com", "ec2.example.com", "x.ec2.amazonaws.com", "us-east-1.amazonaws.com"],
)
def test_a_service_that_is_not_there_is_refused(acme, service) -> None:
    assert malformed(acme, {"Service": service}) == (
        f'Invalid principal in policy: "SERVICE":"{service}"'
    )


def test_a_provider_that_is_not_there_is_refused(acme) -> None:
    provider = acme.arn("saml-provider/none")
    text = trust({"Federated": provider}, "sts:AssumeRoleWithSAML")
    code, _, message = refusal(acme.root, "CreateRole", RoleName="r", AssumeRolePolicyDocument=text)
    assert code == "MalformedPolicyDocument"
    assert message == f'Invalid principal in policy: "FEDERATED":"{provider}"'


def test_a_built_in_web_identity_provider_may_be_named(acme) -> None:
    text = trust({"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity")
    acme.role("r", text)
    assert principals(acme) == [{"Federated": "accounts.google.com"}]


def test_the_engines_refusals_keep_their_words(acme) -> None:
    for text, message in {
        "{": "This policy contains invalid Json",
        trust(acme.arn("root"), "s3:GetObject"): (
            "AssumeRole policy may only specify STS AssumeRole actions."
        ),
        policy({"Effect": "Allow", "Action": "sts:AssumeRole"}): "Missing required field Principal",
    }.items():
        for operation, params in (
            ("CreateRole", {"RoleName": "r", "AssumeRolePolicyDocument": text}),
            ("UpdateAssumeRolePolicy", {"RoleName": "Deployer", "PolicyDocument": text}),
        ):
            refused = refusal(acme.root, operation, **params)
            assert refused == ("MalformedPolicyDocument", 400, message)


def test_the_size_counts_without_white_space(acme) -> None:
    short = trust(acme.arn("root"))
    blank = len(short) - len("".join(short.split()))
    fits = json.dumps({"Id": "", **json.loads(short)})
    room = 2048 - (len(fits) - fits.count(" "))
    assert blank > 0
    text = fits.replace('"Id": ""', f'"Id": "{"x" * room}"')
    acme.role("full", " " * 5000 + text)
    code = refusal(
        acme.root,
        "CreateRole",
        RoleName="r",
        AssumeRolePolicyDocument=text.replace("xx", "xxx", 1),
    )
    assert code == limit("ACLSizePerRole", 2048)


def test_the_size_is_the_accounts_quota(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(quotas={"ACLSizePerRole": 50})
    document = trust(acme.arn("root"))
    assert refusal(
        acme.root, "UpdateAssumeRolePolicy", RoleName="Deployer", PolicyDocument=document
    ) == limit("ACLSizePerRole", 50)


def test_a_renamed_principal_is_shown_under_its_new_name_and_keeps_its_access(acme) -> None:
    acme.role("r", trust(acme.carol.arn))
    acme.root.perform("UpdateUser", UserName="carol", NewUserName="caroline", NewPath="/staff/")
    assert principals(acme) == [{"AWS": acme.arn("user/staff/caroline")}]
    assert acme.assume(acme.carol, acme.arn("role/r")).arn.endswith(":assumed-role/r/session")


def test_a_renamed_principal_of_another_account_is_followed_too(acme, evil) -> None:
    acme.role("r", trust(evil.mallory.arn))
    evil.root.perform("UpdateUser", UserName="mallory", NewUserName="mal")
    assert principals(acme) == [{"AWS": evil.arn("user/mal")}]


def test_a_deleted_principal_is_shown_by_its_raw_id_and_a_recreated_name_gets_nothing(acme) -> None:
    acme.root.perform("CreateUser", UserName="dora")
    first = acme.root.perform("GetUser", UserName="dora")["User"]["UserId"]
    acme.role("r", trust(acme.arn("user/dora")))
    acme.root.perform("DeleteUser", UserName="dora")
    assert principals(acme) == [{"AWS": first}]
    dora = acme.user("dora")
    assert principals(acme) == [{"AWS": first}]
    code, status, _ = refusal(
        dora, "AssumeRole", RoleArn=acme.arn("role/r"), RoleSessionName="session"
    )
    assert (code, status) == ("AccessDenied", 403)


def test_saving_what_is_shown_of_a_deleted_principal_is_refused(acme) -> None:
    acme.root.perform("CreateUser", UserName="dora")
    acme.role("r", trust(acme.arn("user/dora")))
    acme.root.perform("DeleteUser", UserName="dora")
    text = acme.root.perform("GetRole", RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    code, _, message = refusal(
        acme.root, "UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=text
    )
    assert code == "MalformedPolicyDocument"
    assert message.startswith('Invalid principal in policy: "AWS":"AIDA')


def test_conditions_are_not_pinned(acme) -> None:
    where = {"ArnEquals": {"aws:PrincipalArn": acme.carol.arn}}
    acme.role("r", trust(acme.carol.arn, Condition=where))
    acme.root.perform("UpdateUser", UserName="carol", NewUserName="caroline")
    text = acme.root.perform("GetRole", RoleName="r")["Role"]["AssumeRolePolicyDocument"]
    (statement,) = json.loads(text)["Statement"]
    assert statement["Condition"] == where
    assert statement["Principal"] == {"AWS": acme.arn("user/caroline")}


def test_decisions_go_by_unique_id(acme) -> None:
    user = acme.root.perform("GetUser", UserName="bob")["User"]
    acme.role("r", trust([acme.bob.arn, acme.deployer, acme.arn("root")]))
    with transaction.atomic():
        tenancy.enter(acme.id)
        role = Role.objects.get(name="r")
        deployer = Role.objects.get(name="Deployer")
        document = trusts.pinned(role)
    named = [principal.value for principal in document.principals()]
    assert named == [user["UserId"], deployer.id, acme.arn("root")]
    assert document is trusts.pinned(role)


def test_an_updated_trust_policy_counts_from_the_next_request(acme) -> None:
    acme.role("r", trust(acme.carol.arn))
    acme.assume(acme.carol, acme.arn("role/r"))
    acme.root.perform("UpdateAssumeRolePolicy", RoleName="r", PolicyDocument=trust(acme.bob.arn))
    code, _, _ = refusal(
        acme.carol, "AssumeRole", RoleArn=acme.arn("role/r"), RoleSessionName="session"
    )
    assert code == "AccessDenied"
    assert principals(acme) == [{"AWS": acme.bob.arn}]
