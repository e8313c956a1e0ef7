"""Keys, passwords, devices, certificates and service credentials."""

from __future__ import annotations

import time

import pyotp

from tests.cast import Acme, Actor, Key, allow
from tests.clients.sdk.calls import Calls
from tests.clients.sdk.identities import BAD_TAGS, tags
from tests.identities.certificates import DAY, make, rsa_key
from tests.identities.operations.test_ssh_public_keys import KEYS, openssh
from tests.identities.quotas import set_quota

BOB = {"UserName": "bob"}


def access_keys(call: Calls, acme: Acme) -> None:
    me = acme.alice
    key = call(me, "CreateAccessKey", **BOB)["AccessKey"]
    one = {**BOB, "AccessKeyId": key["AccessKeyId"]}
    call.attempt(me, "CreateAccessKey", **BOB)
    call(me, "ListAccessKeys", **BOB)
    call(me, "UpdateAccessKey", **one, Status="Inactive")
    call(me, "GetAccessKeyLastUsed", AccessKeyId=one["AccessKeyId"])
    call(me, "GetAccessKeyInfo", AccessKeyId=one["AccessKeyId"])
    call(me, "DeleteAccessKey", **one)


def passwords(call: Calls, acme: Acme) -> None:
    me = acme.alice
    call(me, "CreateLoginProfile", **BOB, Password="Correct-Horse-7")
    call.attempt(me, "CreateLoginProfile", **BOB, Password="Correct-Horse-7")
    call.attempt(me, "CreateLoginProfile", UserName="carol", Password="short")
    call(me, "GetLoginProfile", **BOB)
    call(me, "UpdateLoginProfile", **BOB, Password="Correct-Horse-8")
    call.attempt(me, "UpdateLoginProfile", **BOB, Password="short")
    acme.root.perform("PutUserPolicy", **BOB, PolicyName="own", PolicyDocument=allow("*"))
    call.attempt(acme.bob, "ChangePassword", OldPassword="Correct-Horse-8", NewPassword="short")
    call(acme.bob, "ChangePassword", OldPassword="Correct-Horse-8", NewPassword="Correct-Horse-9")
    new = {"OldPassword": "Correct-Horse-8", "NewPassword": "Correct-Horse-9"}
    call.attempt(me, "ChangePassword", **new)  # who has no password
    root = Key.of(acme.root.perform("CreateAccessKey")["AccessKey"])
    call.attempt(Actor("root", acme.root.arn, root.credential, root), "ChangePassword", **new)
    call(me, "DeleteLoginProfile", **BOB)


def devices(call: Calls, acme: Acme) -> None:
    me = acme.alice
    made = call(me, "CreateVirtualMFADevice", VirtualMFADeviceName="phone")["VirtualMFADevice"]
    call.attempt(me, "CreateVirtualMFADevice", VirtualMFADeviceName="phone")
    call.attempt(me, "CreateVirtualMFADevice", VirtualMFADeviceName="x", Tags=BAD_TAGS)
    device = {"SerialNumber": made["SerialNumber"]}
    codes, now = pyotp.TOTP(made["Base32StringSeed"].decode()), int(time.time())
    wrong = {"AuthenticationCode1": "000000", "AuthenticationCode2": "000000"}
    call.attempt(me, "EnableMFADevice", **BOB, **device, **wrong)
    call(
        me,
        "EnableMFADevice",
        **BOB,
        **device,
        AuthenticationCode1=codes.at(now - 60),
        AuthenticationCode2=codes.at(now - 30),
    )
    call.attempt(me, "EnableMFADevice", UserName="carol", **device, **wrong)
    call(me, "ListMFADevices", **BOB)
    call(me, "ListVirtualMFADevices")
    call(me, "GetMFADevice", **device, **BOB)
    call(
        me,
        "ResyncMFADevice",
        **BOB,
        **device,
        AuthenticationCode1=codes.at(now),
        AuthenticationCode2=codes.at(now + 30),
    )
    call.attempt(me, "ResyncMFADevice", **BOB, **device, **wrong)
    tags(call, acme, "MFADevice", **device)
    call.attempt(me, "DeleteVirtualMFADevice", **device)
    call(me, "DeactivateMFADevice", **BOB, **device)
    set_quota(acme, "MFADevicesPerUser", 0)
    call.attempt(me, "EnableMFADevice", **BOB, **device, **wrong)
    call(me, "DeleteVirtualMFADevice", **device)
    set_quota(acme, "UsersPerAccount", 0)  # as many as there may be users
    call.attempt(me, "CreateVirtualMFADevice", VirtualMFADeviceName="more")


def signing_certificates(call: Calls, acme: Acme) -> None:
    me = acme.alice
    first, second = (make(name, key=rsa_key(2048)).body for name in ("one.test", "two.test"))
    made = call(me, "UploadSigningCertificate", **BOB, CertificateBody=first)["Certificate"]
    one = {**BOB, "CertificateId": made["CertificateId"]}
    call.attempt(me, "UploadSigningCertificate", **BOB, CertificateBody=first)
    call.attempt(me, "UploadSigningCertificate", **BOB, CertificateBody="x")
    call.attempt(me, "UploadSigningCertificate", UserName="nobody", CertificateBody=second)
    past = make("old.test", key=rsa_key(2048), starts=-2 * DAY, ends=-DAY).body
    call.attempt(me, "UploadSigningCertificate", **BOB, CertificateBody=past)
    set_quota(acme, "CertificatesPerUser", 1)
    call.attempt(me, "UploadSigningCertificate", **BOB, CertificateBody=second)
    call(me, "ListSigningCertificates", **BOB)
    call(me, "UpdateSigningCertificate", **one, Status="Inactive")
    call(me, "DeleteSigningCertificate", **one)


def ssh_keys(call: Calls, acme: Acme) -> None:
    me = acme.alice
    made = call(me, "UploadSSHPublicKey", **BOB, SSHPublicKeyBody=openssh())["SSHPublicKey"]
    one = {**BOB, "SSHPublicKeyId": made["SSHPublicKeyId"]}
    call.attempt(me, "UploadSSHPublicKey", **BOB, SSHPublicKeyBody=openssh())
    call.attempt(me, "UploadSSHPublicKey", **BOB, SSHPublicKeyBody="ssh-rsa AAAA")
    call.attempt(me, "UploadSSHPublicKey", **BOB, SSHPublicKeyBody="ssh-ed25519 AAAA")
    set_quota(acme, "SSHPublicKeysPerUser", 1)
    call.attempt(me, "UploadSSHPublicKey", **BOB, SSHPublicKeyBody=openssh(KEYS[1]))
    call(me, "GetSSHPublicKey", **one, Encoding="PEM")
    call(me, "ListSSHPublicKeys", **BOB)
    call(me, "UpdateSSHPublicKey", **one, Status="Inactive")
    call(me, "DeleteSSHPublicKey", **one)


def server_certificates(call: Calls, acme: Acme) -> None:
    me, made = acme.alice, make()
    pair = {"CertificateBody": made.body, "PrivateKey": made.private_key}
    name = {"ServerCertificateName": "web"}
    call(me, "UploadServerCertificate", **name, **pair)
    call.attempt(me, "UploadServerCertificate", **name, **pair)
    other = {"ServerCertificateName": "other"}
    call.attempt(me, "UploadServerCertificate", **other, **pair, Tags=BAD_TAGS)
    call.attempt(me, "UploadServerCertificate", **other, **{**pair, "CertificateBody": "x"})
    wrong = {**pair, "PrivateKey": make().private_key}
    call.attempt(me, "UploadServerCertificate", **other, **wrong)
    call(me, "GetServerCertificate", **name)
    call(me, "ListServerCertificates")
    call(me, "UpdateServerCertificate", **name, NewPath="/edge/")
    call(me, "UploadServerCertificate", **other, **pair)
    call.attempt(me, "UpdateServerCertificate", **name, NewServerCertificateName="other")
    tags(call, acme, "ServerCertificate", **name)
    set_quota(acme, "ServerCertificatesPerAccount", 1)
    call.attempt(me, "UploadServerCertificate", ServerCertificateName="third", **pair)
    call(me, "DeleteServerCertificate", **name)


def service_credentials(call: Calls, acme: Acme) -> None:
    me, service = acme.alice, {"ServiceName": "codecommit.amazonaws.com"}
    made = call(me, "CreateServiceSpecificCredential", **BOB, **service)
    name = "ServiceSpecificCredentialId"
    one = {**BOB, name: made["ServiceSpecificCredential"][name]}
    set_quota(acme, "ServiceSpecificCredentialsPerUser", 1)
    call.attempt(me, "CreateServiceSpecificCredential", **BOB, **service)
    call(me, "ListServiceSpecificCredentials", **BOB)
    call(me, "UpdateServiceSpecificCredential", **one, Status="Inactive")
    call(me, "ResetServiceSpecificCredential", **one)
    call(me, "DeleteServiceSpecificCredential", **one)
