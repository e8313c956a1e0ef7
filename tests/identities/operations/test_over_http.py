"""The same operations by a real client over HTTP, where documents and blobs take their wire form."""

import datetime
import io
import time

import pyotp
import pytest
from botocore.exceptions import ClientError

from tests.cast import trust
from tests.identities.certificates import make


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


def test_lists_of_credentials_that_a_user_lacks_are_empty(iam) -> None:
    # What clients ask before they delete a user.
    assert iam.list_ssh_public_keys(UserName="bob")["SSHPublicKeys"] == []
    assert iam.list_signing_certificates(UserName="bob")["Certificates"] == []
    found = iam.list_service_specific_credentials(UserName="bob")
    assert found["ServiceSpecificCredentials"] == []
    assert iam.list_mfa_devices(UserName="bob")["MFADevices"] == []


def test_a_certificate_comes_back_byte_for_byte_but_for_its_end(iam) -> None:
    root = make("root")
    made = make(issuer=root)
    sent = iam.upload_server_certificate(
        ServerCertificateName="tls",
        CertificateBody=made.body,
        PrivateKey=made.private_key,
        CertificateChain=root.body,
    )["ServerCertificateMetadata"]
    shown = iam.get_server_certificate(ServerCertificateName="tls")["ServerCertificate"]
    assert shown["CertificateBody"] == made.body.rstrip()
    assert shown["CertificateChain"] == root.body.rstrip()
    assert shown["ServerCertificateMetadata"] == sent
    assert sent["Expiration"] == made.certificate.not_valid_after_utc
    with pytest.raises(iam.exceptions.KeyPairMismatchException):
        iam.upload_server_certificate(
            ServerCertificateName="other",
            CertificateBody=made.body,
            PrivateKey=root.private_key,
        )


def test_an_instance_profile_waits_for_nothing_and_shows_its_role(acme, iam) -> None:
    iam.create_instance_profile(InstanceProfileName="web")
    iam.get_waiter("instance_profile_exists").wait(InstanceProfileName="web")
    iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="Deployer")
    (profile,) = iam.list_instance_profiles_for_role(RoleName="Deployer")["InstanceProfiles"]
    (role,) = profile["Roles"]
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {
        "AWS": acme.arn("root")
    }
    with pytest.raises(iam.exceptions.LimitExceededException):
        iam.add_role_to_instance_profile(InstanceProfileName="web", RoleName="Deployer")


def test_a_service_linked_role_is_deleted_by_a_task(iam) -> None:
    iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    task = iam.delete_service_linked_role(RoleName="AWSServiceRoleForECS")["DeletionTaskId"]
    done = iam.get_service_linked_role_deletion_status(DeletionTaskId=task)
    assert done["Status"] == "SUCCEEDED"


def test_an_api_key_arrives_with_its_end(iam) -> None:
    made = iam.create_service_specific_credential(
        UserName="bob", ServiceName="bedrock.amazonaws.com", CredentialAgeDays=1
    )["ServiceSpecificCredential"]
    assert made["ExpirationDate"] - made["CreateDate"] == datetime.timedelta(days=1)
    (listed,) = iam.list_service_specific_credentials(UserName="bob")["ServiceSpecificCredentials"]
    assert "ServiceCredentialSecret" not in listed
