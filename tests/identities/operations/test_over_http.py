"""The same operations by a real client over HTTP, where documents and blobs take their wire form."""

import io
import time

import pyotp
import pytest
from botocore.exceptions import ClientError

from tests.cast import trust


@pytest.fixture
def iam(acme, portal):
    return acme.alice.client("iam", portal.url)


def test_a_role_comes_back_with_its_trust_policy_decoded(acme, iam) -> None:
    made = iam.create_role(
        RoleName="r",
        AssumeRolePolicyDocument=trust(acme.bob.arn),
        Tags=[{"Key": "team", "Value": "blue grün"}],
    )["Role"]
    role = iam.get_role(RoleName="r")["Role"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"AWS": acme.bob.arn}
    assert role["Tags"] == [{"Key": "team", "Value": "blue grün"}]
    assert role["RoleLastUsed"] == {}
    assert role["CreateDate"] == made["CreateDate"]


def test_a_device_is_enabled_with_the_seed_that_the_client_decodes(acme, iam) -> None:
    device = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    assert io.BytesIO(device["QRCodePNG"]).read(4) == b"\x89PNG"
    codes, now = pyotp.TOTP(device["Base32StringSeed"].decode()), int(time.time())
    iam.enable_mfa_device(
        UserName="bob",
        SerialNumber=device["SerialNumber"],
        AuthenticationCode1=codes.at(now),
        AuthenticationCode2=codes.at(now + 30),
    )
    (listed,) = iam.list_mfa_devices(UserName="bob")["MFADevices"]
    assert listed["SerialNumber"] == device["SerialNumber"]
    assert iam.get_account_summary()["SummaryMap"]["MFADevicesInUse"] == 1


def test_lists_page_with_the_clients_own_paginator(acme, iam) -> None:
    pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1})
    assert [user["UserName"] for page in pages for user in page["Users"]] == [
        "alice",
        "bob",
        "carol",
        "ci",
    ]
    group = iam.get_paginator("get_group").paginate(GroupName="Developers")
    assert [user["UserName"] for page in group for user in page["Users"]] == ["bob"]


def test_a_revoked_key_is_refused_on_the_next_request(acme, portal, iam) -> None:
    key = iam.create_access_key(UserName="bob")["AccessKey"]
    bob = acme.bob.client("iam", portal.url)
    assert bob.get_user()["User"]["UserName"] == "bob"
    iam.delete_access_key(UserName="bob", AccessKeyId=acme.bob.key.id)
    with pytest.raises(ClientError) as refused:
        bob.get_user()
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"
    assert len(key["SecretAccessKey"]) == 40


def test_modelled_errors_arrive_as_the_clients_own(iam) -> None:
    with pytest.raises(iam.exceptions.NoSuchEntityException) as missing:
        iam.get_login_profile(UserName="bob")
    assert missing.value.response["Error"]["Message"] == (
        "Login Profile for User bob cannot be found."
    )
    with pytest.raises(iam.exceptions.PasswordPolicyViolationException):
        iam.create_login_profile(UserName="bob", Password="short")
    with pytest.raises(iam.exceptions.DeleteConflictException):
        iam.delete_group(GroupName="Developers")


def test_a_service_credential_that_is_not_kept_here_is_never_an_empty_list(iam) -> None:
    for call in (
        iam.list_ssh_public_keys,
        iam.list_signing_certificates,
        iam.list_service_specific_credentials,
    ):
        with pytest.raises(ClientError) as refused:
            call(UserName="bob")
        assert "is not available" in refused.value.response["Error"]["Message"]
