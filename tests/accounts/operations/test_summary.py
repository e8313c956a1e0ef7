from django.db import transaction

from accounts import tenancy
from accounts.models import Account
from iamsite.operations.models import operation_model
from tests.cast import allow
from tests.identities.federation.saml_idp import metadata
from tests.identities.operations.refusal import denied, refusal


def summary(acme) -> dict[str, int]:
    return acme.root.perform("GetAccountSummary")["SummaryMap"]


def test_every_key_of_the_model_is_there_and_no_other(acme) -> None:
    shape = operation_model("GetAccountSummary").output.members["SummaryMap"]
    listed = set(shape.key.enum)
    shown = summary(acme)
    assert set(shown) <= listed | {
        "InstanceProfiles",
        "InstanceProfilesQuota",
        "Policies",
        "PoliciesQuota",
        "RolePolicySizeQuota",
        "Roles",
        "RolesQuota",
        "AssumeRolePolicySizeQuota",
        "AccountPasswordPresent",
        "Providers",
    }
    assert listed <= set(shown)
    assert all(type(value) is int for value in shown.values())


def test_it_counts_what_the_account_has(acme, evil) -> None:
    made = acme.root.perform("CreatePolicy", PolicyName="p", PolicyDocument=allow("s3:*"))
    acme.root.perform(
        "CreatePolicyVersion", PolicyArn=made["Policy"]["Arn"], PolicyDocument=allow("ec2:*")
    )
    acme.root.perform("CreateVirtualMFADevice", VirtualMFADeviceName="phone")
    acme.root.perform(
        "CreateOpenIDConnectProvider", Url="https://idp.example.test", ThumbprintList=["0" * 40]
    )
    acme.root.perform("CreateSAMLProvider", Name="idp", SAMLMetadataDocument=metadata())
    shown = summary(acme)
    assert {
        key: shown[key]
        for key in (
            "Users",
            "Groups",
            "Roles",
            "Policies",
            "PolicyVersionsInUse",
            "MFADevices",
            "MFADevicesInUse",
            "Providers",
        )
    } == {
        "Users": 4,
        "Groups": 1,
        "Roles": 1,
        "Policies": 1,
        "PolicyVersionsInUse": 2,
        "MFADevices": 1,
        "MFADevicesInUse": 0,
        "Providers": 2,
    }
    assert summary(evil)["Users"] == 1


def test_it_shows_the_accounts_own_quotas(acme) -> None:
    assert summary(acme)["UsersQuota"] == 5000
    assert summary(acme)["AssumeRolePolicySizeQuota"] == 2048
    with transaction.atomic():
        tenancy.enter(acme.id)
        Account.objects.filter(id=acme.id).update(quotas={"UsersPerAccount": 7})
    assert summary(acme)["UsersQuota"] == 7


def test_it_tells_how_the_root_user_is_kept(acme) -> None:
    shown = summary(acme)
    assert shown["AccountPasswordPresent"] == 1
    assert shown["AccountAccessKeysPresent"] == 0
    assert shown["AccountMFAEnabled"] == 0
    acme.root.perform("CreateAccessKey")
    assert summary(acme)["AccountAccessKeysPresent"] == 1


def test_it_needs_permission(acme) -> None:
    assert refusal(acme.carol, "GetAccountSummary") == denied(
        acme.carol, "iam:GetAccountSummary", "*"
    )
