"""What a deletion takes along, so that the API's own conflicts never stop it halfway."""

import pytest

from iamsite.operations import OperationError
from tests.cast import trust
from tests.iamsite.console.browser import text
from tests.iamsite.test_strangers import OPENSSH
from tests.identities.certificates import make, rsa_key


def test_a_user_goes_with_its_certificates_ssh_keys_and_service_credentials(acme, alice):
    user = {"UserName": "leaver"}
    acme.root.perform("CreateUser", **user)
    acme.root.perform("UploadSigningCertificate", **user, CertificateBody=make().body)
    ssh = rsa_key(2048).public_key().public_bytes(*OPENSSH).decode()
    acme.root.perform("UploadSSHPublicKey", **user, SSHPublicKeyBody=ssh)
    acme.root.perform(
        "CreateServiceSpecificCredential", **user, ServiceName="codecommit.amazonaws.com"
    )
    page = text(alice.get("/console/users/leaver/delete"))
    assert "Signing certificate" in page
    assert "SSH public key APKA" in page
    assert "Service-specific credential ACCA" in page
    response = alice.post("/console/users/leaver/delete", {"confirm": "leaver"})
    assert response.headers["Location"] == "/console/users/"
    with pytest.raises(OperationError, match="cannot be found"):
        acme.root.perform("GetUser", **user)


def test_a_role_is_taken_out_of_its_instance_profile(acme, alice):
    profile = {"InstanceProfileName": "web"}
    acme.root.perform(
        "CreateRole", RoleName="Web", AssumeRolePolicyDocument=trust(acme.arn("root"))
    )
    acme.root.perform("CreateInstanceProfile", **profile)
    acme.root.perform("AddRoleToInstanceProfile", **profile, RoleName="Web")
    page = text(alice.get("/console/roles/Web/delete"))
    assert "The instance profile web is left without a role." in page
    response = alice.post("/console/roles/Web/delete", {"confirm": "Web"})
    assert response.headers["Location"] == "/console/roles/"
    left = acme.root.perform("GetInstanceProfile", **profile)["InstanceProfile"]
    assert left["Roles"] == []
