import pytest
from django.db import transaction

from accounts import tenancy
from accounts.models import Account
from iamsite.operations.models import operations
from tests.cast import allow
from tests.identities.certificates import make
from tests.identities.federation.saml_idp import metadata
from tests.identities.operations.refusal import denied, missing, refusal

DUPLICATE = (
    "InvalidInput",
    400,
    "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
)


TOO_MANY = ("LimitExceeded", 409, "The number of tags has reached the maximum limit.")


@pytest.fixture(params=["User", "Role", "MFADevice"])
def kind(request) -> str:
    return request.param


@pytest.fixture
def thing(acme, kind) -> dict[str, str]:
    """The parameter that names something of the kind."""
    if kind == "User":
        return {"UserName": "bob"}
    if kind == "Role":
        return {"RoleName": "Deployer"}
    made = acme.root.perform("CreateVirtualMFADevice", VirtualMFADeviceName="phone")
    return {"SerialNumber": made["VirtualMFADevice"]["SerialNumber"]}


def tag(actor, kind, thing, **tags: str) -> None:
    actor.perform(f"Tag{kind}", **thing, Tags=[{"Key": k, "Value": v} for k, v in tags.items()])


def listed(acme, kind, thing, **params) -> dict[str, str]:
    tags = acme.root.perform(f"List{kind}Tags", **thing, **params)["Tags"]
    assert [one["Key"] for one in tags] == sorted(one["Key"] for one in tags)
    return {one["Key"]: one["Value"] for one in tags}


def test_tags_are_put_replaced_listed_by_key_and_taken_off(acme, kind, thing) -> None:
    tag(acme.root, kind, thing, team="blue", cost="1")
    tag(acme.root, kind, thing, team="red", area="")
    assert listed(acme, kind, thing) == {"area": "", "cost": "1", "team": "red"}
    acme.root.perform(f"Untag{kind}", **thing, TagKeys=["cost", "unknown"])
    assert listed(acme, kind, thing) == {"area": "", "team": "red"}


def test_keys_ignore_case_on_users_and_roles_alone(acme) -> None:
    made = make("tagged.example.test")
    created = {
        "InstanceProfile": {"InstanceProfileName": "tagged"},
        "Policy": {"PolicyName": "tagged", "PolicyDocument": allow("s3:*")},
        "OpenIDConnectProvider": {"Url": "https://t.example.test", "ThumbprintList": ["a" * 40]},
        "SAMLProvider": {"Name": "tagged", "SAMLMetadataDocument": metadata()},
        "VirtualMFADevice": {"VirtualMFADeviceName": "tagged"},
    }
    for kind, params in created.items():
        acme.root.perform(f"Create{kind}", **params)
    certificate = {"CertificateBody": made.body, "PrivateKey": made.private_key}
    named = {"ServerCertificateName": "tagged"}
    acme.root.perform("UploadServerCertificate", **named, **certificate)
    things = {
        "User": {"UserName": "bob"},
        "Role": {"RoleName": "Deployer"},
        "MFADevice": {"SerialNumber": acme.arn("mfa/tagged")},
        "InstanceProfile": {"InstanceProfileName": "tagged"},
        "Policy": {"PolicyArn": acme.arn("policy/tagged")},
        "ServerCertificate": named,
        "OpenIDConnectProvider": {
            "OpenIDConnectProviderArn": acme.arn("oidc-provider/t.example.test")
        },
        "SAMLProvider": {"SAMLProviderArn": acme.arn("saml-provider/tagged")},
    }
    taggable = {name for name in operations() if name.startswith("Tag")}
    assert {f"Tag{kind}" for kind in things} == taggable
    for kind, thing in things.items():
        tag(acme.root, kind, thing, team="blue")
        tag(acme.root, kind, thing, TEAM="red")
        acme.root.perform(f"Untag{kind}", **thing, TagKeys=["Team"])
        ignoring = kind in ("User", "Role")
        left = {} if ignoring else {"team": "blue", "TEAM": "red"}
        assert listed(acme, kind, thing) == left, kind
        twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
        short = ("InvalidInput", 400, "Duplicate tag keys found.")
        told = DUPLICATE if ignoring else short
        assert refusal(acme.root, f"Tag{kind}", **thing, Tags=twice) == told, kind


def test_the_newest_spelling_of_a_key_stays(acme) -> None:
    bob = {"UserName": "bob"}
    tag(acme.root, "User", bob, team="blue")
    tag(acme.root, "User", bob, Team="red")
    assert listed(acme, "User", bob) == {"Team": "red"}


def test_a_key_twice_in_one_call_is_refused(acme, kind, thing) -> None:
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert refusal(acme.root, f"Tag{kind}", **thing, Tags=twice)[0] == "InvalidInput"
    assert listed(acme, kind, thing) == {}


def test_a_key_twice_in_other_case_is_a_duplicate_where_case_is_ignored(acme) -> None:
    twice = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
    assert refusal(acme.root, "TagUser", UserName="bob", Tags=twice) == DUPLICATE


def test_reserved_keys_are_refused_in_any_case(acme, kind, thing) -> None:
    for key in ("aws:team", "AWS:team"):
        code, status, _ = refusal(
            acme.root, f"Tag{kind}", **thing, Tags=[{"Key": key, "Value": "x"}]
        )
        assert (code, status) == ("ValidationError", 400)


def test_there_are_fifty_tags_at_most(acme, kind, thing) -> None:
    tag(acme.root, kind, thing, **{f"k{number}": "v" for number in range(50)})
    assert (
        refusal(acme.root, f"Tag{kind}", **thing, Tags=[{"Key": "one", "Value": "more"}])
        == TOO_MANY
    )
    tag(acme.root, kind, thing, k0="other")


def test_tags_come_page_by_page(acme, kind, thing) -> None:
    tag(acme.root, kind, thing, a="1", b="2", c="3")
    page = acme.root.perform(f"List{kind}Tags", **thing, MaxItems=2)
    assert page["IsTruncated"] is True
    assert listed(acme, kind, thing, MaxItems=2, Marker=page["Marker"]) == {"c": "3"}


def test_what_is_tagged_must_be_there(acme) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    assert refusal(acme.root, "TagUser", UserName="none", Tags=tags) == missing(
        "The user with name none cannot be found."
    )
    assert refusal(acme.root, "UntagRole", RoleName="none", TagKeys=["a"]) == missing(
        "The role with name none cannot be found."
    )
    serial = acme.arn("mfa/none")
    assert refusal(acme.root, "ListMFADeviceTags", SerialNumber=serial) == missing(
        f"MFA Device with serial number {serial} does not exist."
    )


def test_a_policy_may_decide_by_the_tags_that_are_asked_for(acme) -> None:
    only = {"ForAllValues:StringEquals": {"aws:TagKeys": ["team"]}}
    dora = acme.user("dora", allow("iam:TagUser", "iam:UntagUser", Condition=only))
    tag(dora, "User", {"UserName": "bob"}, team="blue")
    assert refusal(
        dora, "TagUser", UserName="bob", Tags=[{"Key": "role", "Value": "admin"}]
    ) == denied(dora, "iam:TagUser", acme.bob.arn)
    assert refusal(dora, "UntagUser", UserName="bob", TagKeys=["role"]) == denied(
        dora, "iam:UntagUser", acme.bob.arn
    )


def test_a_policy_may_decide_by_the_tags_that_are_there(acme) -> None:
    mine = {"StringEquals": {"aws:ResourceTag/owner": "dora"}}
    dora = acme.user("dora", allow("iam:TagUser", "iam:TagMFADevice", Condition=mine))
    made = acme.root.perform(
        "CreateVirtualMFADevice",
        VirtualMFADeviceName="phone",
        Tags=[{"Key": "owner", "Value": "dora"}],
    )["VirtualMFADevice"]
    tag(dora, "MFADevice", {"SerialNumber": made["SerialNumber"]}, colour="blue")
    assert refusal(
        dora, "TagUser", UserName="bob", Tags=[{"Key": "owner", "Value": "dora"}]
    ) == denied(dora, "iam:TagUser", acme.bob.arn)


def test_the_quota_is_the_accounts(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(quotas={"TagsPerResource": 1})
    two = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert refusal(acme.root, "TagUser", UserName="bob", Tags=two) == TOO_MANY
