"""One search over users, groups, roles and policies."""

from typing import Any

import pytest

from iamsite.operations import OperationError
from tests.cast import Acme, Evil, allow, deny, service


def found(actor: Any, query: str) -> list[tuple[str, str]]:
    matches = actor.perform("Search", Query=query)["Matches"]
    return [(match["Type"], match["Name"]) for match in matches]


def test_a_part_of_a_name_finds_each_kind_and_what_begins_with_it_comes_first(acme) -> None:
    acme.root.perform("CreateUser", UserName="a-zebra")
    acme.root.perform("CreateUser", UserName="Zebra")
    acme.root.perform("CreateGroup", GroupName="zebras")
    acme.root.perform("CreatePolicy", PolicyName="zebra-read", PolicyDocument=allow("s3:Get*"))
    assert found(acme.root, "zEBRA") == [
        ("User", "Zebra"),
        ("User", "a-zebra"),
        ("Group", "zebras"),
        ("Policy", "zebra-read"),
    ]


def test_of_each_kind_ten_are_told(acme) -> None:
    for name in (*(f"herd-{number:02}" for number in range(12)), "a-herd-1"):
        acme.root.perform("CreateGroup", GroupName=name)
    ten = [("Group", f"herd-{number:02}") for number in range(10)]
    assert found(acme.root, "herd") == ten
    acme.root.perform("CreateGroup", GroupName="rd-0")
    assert found(acme.root, "rd-0") == [("Group", "rd-0"), *ten[:9]]


def test_the_aws_managed_policies_are_found(acme) -> None:
    assert ("Policy", "AdministratorAccess") in found(acme.root, "administratoraccess")


def test_an_arn_an_id_a_key_a_device_and_a_session_lead_to_their_entity(acme) -> None:
    user = acme.root.perform("CreateUser", UserName="wilma", Path="/staff/")["User"]
    key = acme.root.perform("CreateAccessKey", UserName="wilma")["AccessKey"]["AccessKeyId"]
    role = acme.root.perform("GetRole", RoleName="Deployer")["Role"]
    session = f"arn:aws:sts::{acme.id}:assumed-role/Deployer/build-7"
    profile = acme.root.perform("CreateInstanceProfile", InstanceProfileName="box")
    acme.root.perform("AddRoleToInstanceProfile", InstanceProfileName="box", RoleName="Deployer")
    box = profile["InstanceProfile"]
    for query in (box["Arn"], box["InstanceProfileId"]):
        assert found(acme.root, query) == [("Role", "Deployer")], query
    codecommit = {"UserName": "wilma", "ServiceName": "codecommit.amazonaws.com"}
    other = acme.root.perform("CreateServiceSpecificCredential", **codecommit)
    credential = other["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
    for query in (user["Arn"], user["UserId"], key, credential):
        assert found(acme.root, query) == [("User", "wilma")], query
    for query in (role["Arn"], role["RoleId"], f"{role['RoleId']}:build-7", session):
        assert found(acme.root, query) == [("Role", "Deployer")], query
    arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    assert found(acme.root, arn) == [("Policy", "ReadOnlyAccess")]
    assert found(acme.root, acme.arn("user/wilma")) == []  # another path


def test_services_resources_and_providers_are_found_by_name_and_arn(acme) -> None:
    acme.root.perform(
        "RegisterService",
        ServicePrefix="heron",
        ServiceName="Heron shop",
        ServicePrincipal="heron.example",
        Actions=[{"ActionName": "GetNest"}],
    )
    nest = f"arn:aws:s3:::heron-nest-{acme.id}"
    acme.root.perform("RegisterResource", ResourceArn=nest)
    oidc = acme.root.perform(
        "CreateOpenIDConnectProvider", Url="https://heron.example", ThumbprintList=["a" * 40]
    )["OpenIDConnectProviderArn"]
    assert found(acme.root, "Heron") == [
        ("Service", "heron"),
        ("Resource", nest),
        ("IdentityProvider", "heron.example"),
    ]
    assert found(acme.root, nest) == [("Resource", nest)]
    assert found(acme.root, oidc) == [("IdentityProvider", "heron.example")]
    arn = f"arn:aws:portal::{acme.id}:service/heron"
    assert found(acme.root, arn) == [("Service", "heron")]
    owl = service(acme, "owl").key
    assert owl is not None
    assert found(acme.root, owl.id) == [("Service", "owl")]
    nightly = {"WorkloadName": "nightly", "ServicePrefix": "owl", "RoleArn": acme.deployer}
    made = acme.root.perform("RegisterWorkload", **nightly)["Workload"]
    token = acme.root.perform("CreateWorkloadToken", WorkloadName="nightly")["WorkloadToken"]
    for query in ("night", made["WorkloadId"], made["Arn"], token["TokenId"]):
        assert found(acme.root, query) == [("Workload", "nightly")], query
    lister = acme.user("lister", allow("portal:Search", "portal:ListServices"))
    assert found(lister, "heron") == [("Service", "heron")]


@pytest.mark.parametrize("query", ["%", "_dm", "arn:aws:iam::", "*", "\\"])
def test_no_character_of_a_search_means_anything(acme, query) -> None:
    assert found(acme.root, query) == []


@pytest.mark.parametrize("query", ["", "a\0b", "a" * 2049])
def test_a_search_that_makes_no_sense_is_refused(acme, query) -> None:
    with pytest.raises(OperationError, match="at 'query' failed to satisfy constraint"):
        acme.root.perform("Search", Query=query)


def test_only_kinds_that_the_caller_may_list_are_searched(acme) -> None:
    lister = acme.user("lister", allow("iam:List*"), deny("iam:ListUsers", "iam:ListRoles"))
    assert found(lister, "De") == [("Group", "Developers"), *found(lister, "De")[1:]]
    assert {kind for kind, _name in found(lister, "e")} <= {"Group", "Policy"}
    assert found(acme.carol, "alice") == []


def test_nothing_of_another_account_is_found(acme: Acme, evil: Evil) -> None:
    user = acme.root.perform("CreateUser", UserName="only-acmes")["User"]
    key = acme.root.perform("CreateAccessKey", UserName="only-acmes")["AccessKey"]
    robin = service(acme, "robin").key
    assert robin is not None
    patrol = {"WorkloadName": "patrol", "ServicePrefix": "robin", "RoleArn": acme.deployer}
    workload = acme.root.perform("RegisterWorkload", **patrol)["Workload"]
    token = acme.root.perform("CreateWorkloadToken", WorkloadName="patrol")["WorkloadToken"]
    profile = {"InstanceProfileName": "acmes-box"}
    box = acme.root.perform("CreateInstanceProfile", **profile)["InstanceProfile"]
    acme.root.perform("AddRoleToInstanceProfile", **profile, RoleName="Deployer")
    ids = (user["UserId"], key["AccessKeyId"], robin.id, workload["WorkloadId"], token["TokenId"])
    for query in ("only-acmes", user["Arn"], workload["Arn"], box["Arn"], *ids):
        assert found(evil.root, query) == [], query
