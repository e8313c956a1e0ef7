"""AssumeRoot: what a session as a member's root user is, and what each task lets it do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts import operators
from iamsite.operations import OperationError, perform
from identities import signin
from identities.operations.sts.assume_root import LONGEST
from tests.accounts.organizations.cast import TASKS, Member, Organization, assume_root
from tests.cast import PASSWORD, Acme, Actor, Key, allow, deny, origin, trust
from tests.identities.certificates import make
from tests.identities.devices import device_for
from tests.portal import Portal

AUDIT, ALLOW, DELETE = (
    "IAMAuditRootUserCredentials",
    "IAMCreateRootUserPassword",
    "IAMDeleteRootUserCredentials",
)
UNLOCK_S3, UNLOCK_SQS = "S3UnlockBucketPolicy", "SQSUnlockQueuePolicy"


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def organization(acme: Acme) -> Organization:
    held = Organization(acme)
    held.trust_iam()
    return held


@pytest.fixture
def member(organization: Organization) -> Iterator[Member]:
    member = organization.member()
    yield member
    organization.do("RemoveAccountFromOrganization", AccountId=member.id)


def told(actor: Actor, operation: str, **params: Any) -> tuple[str, str]:
    with pytest.raises(OperationError) as refused:
        actor.perform(operation, **params)
    return refused.value.code, refused.value.message


def code(actor: Actor, operation: str, **params: Any) -> str:
    return told(actor, operation, **params)[0]


def test_it_is_the_members_root_for_a_quarter_of_an_hour(acme: Acme, member: Member) -> None:
    before = timezone.now().replace(microsecond=0)
    for target in (member.id, member.root.arn):
        made = acme.alice.perform(
            "AssumeRoot", TargetPrincipal=target, TaskPolicyArn={"arn": TASKS + AUDIT}
        )
        assert set(made) == {"Credentials", "SessionTokenSize", "SessionTokenUtilization"}
        left = made["Credentials"]["Expiration"] - before
        assert timedelta(seconds=LONGEST) <= left < timedelta(seconds=LONGEST + 30)
        key = Key.of(made["Credentials"])
        assert key.id.startswith("ASIA")
        session = Actor("root", member.root.arn, key.credential, key)
        assert session.perform("GetCallerIdentity") == {
            "UserId": member.id,
            "Account": member.id,
            "Arn": member.root.arn,
        }
        with pytest.raises(OperationError, match="ExpiredToken"):
            later = timezone.now() + timedelta(seconds=LONGEST + 1)
            perform(key.credential, "GetCallerIdentity", {}, origin(), later)


def test_a_role_session_carries_its_source_identity_into_it(acme: Acme, member: Member) -> None:
    trusted = trust(acme.arn("root"), ["sts:AssumeRole", "sts:SetSourceIdentity"])
    role = acme.role(f"rescuer-{member.id}", trusted, allow("sts:AssumeRoot"))
    rescuer = acme.assume(acme.alice, role, SourceIdentity="alice")
    given = {"TargetPrincipal": member.id, "TaskPolicyArn": {"arn": TASKS + AUDIT}}
    assert rescuer.perform("AssumeRoot", **given)["SourceIdentity"] == "alice"


def test_the_audit_reads_every_credential_of_root_and_no_other(acme: Acme, member: Member) -> None:
    key = member.root.perform("CreateAccessKey")["AccessKey"]["AccessKeyId"]
    device = device_for(member)
    body = {"CertificateBody": make("root.example.test").body}
    certificate = member.root.perform("UploadSigningCertificate", **body)["Certificate"]
    audit = assume_root(acme.alice, member, AUDIT)
    assert audit.perform("GetUser")["User"]["Arn"] == member.root.arn
    profile = audit.perform("GetLoginProfile")["LoginProfile"]
    assert (profile["UserName"], profile["PasswordResetRequired"]) == (member.id, False)
    (listed,) = audit.perform("ListAccessKeys")["AccessKeyMetadata"]
    assert listed["AccessKeyId"] == key
    assert audit.perform("GetAccessKeyLastUsed", AccessKeyId=key)["AccessKeyLastUsed"]
    (found,) = audit.perform("ListMFADevices")["MFADevices"]
    assert found["SerialNumber"] == device.serial
    (signing,) = audit.perform("ListSigningCertificates")["Certificates"]
    assert signing["CertificateId"] == certificate["CertificateId"]
    assert audit.perform("GetAccountSummary")["SummaryMap"]["AccountMFAEnabled"] == 1
    for operation, params in (
        ("DeleteAccessKey", {"AccessKeyId": key}),
        ("DeactivateMFADevice", {"SerialNumber": device.serial}),
        ("DeleteLoginProfile", {}),
    ):
        message = (
            f"User: {member.root.arn} is not authorized to perform: iam:{operation} on resource: "
            f"{member.root.arn} because no session policy allows the iam:{operation} action"
        )
        assert told(audit, operation, **params) == ("AccessDenied", message)


def test_every_credential_of_root_is_deleted_in_one_session(acme: Acme, member: Member) -> None:
    key = member.root.perform("CreateAccessKey")["AccessKey"]["AccessKeyId"]
    device = device_for(member)
    body = {"CertificateBody": make("root.example.test").body}
    signing = member.root.perform("UploadSigningCertificate", **body)["Certificate"]
    held = Key.of(member.root.perform("GetSessionToken")["Credentials"])
    delete = assume_root(acme.alice, member, DELETE)
    delete.perform("DeleteLoginProfile")
    assert code(delete, "GetLoginProfile") == "NoSuchEntity"
    assert code(delete, "DeleteLoginProfile") == "NoSuchEntity"
    delete.perform("DeleteAccessKey", AccessKeyId=key)
    delete.perform("DeactivateMFADevice", SerialNumber=device.serial)
    delete.perform("DeleteVirtualMFADevice", SerialNumber=device.serial)
    delete.perform("DeleteSigningCertificate", CertificateId=signing["CertificateId"])
    summary = assume_root(acme.alice, member, AUDIT).perform("GetAccountSummary")["SummaryMap"]
    left = ("AccountPasswordPresent", "AccountAccessKeysPresent", "AccountMFAEnabled")
    assert [summary[name] for name in left] == [0, 0, 0]
    with pytest.raises(signin.SignInRefused):
        signin.sign_in_root(member.email, PASSWORD, origin("console"))
    with pytest.raises(OperationError, match="InvalidClientTokenId"):
        perform(held.credential, "GetCallerIdentity", {}, origin())


def test_recovery_is_allowed_again_by_a_login_profile(acme: Acme, member: Member) -> None:
    assume_root(acme.alice, member, DELETE).perform("DeleteLoginProfile")
    allowing = assume_root(acme.alice, member, ALLOW)
    message = "Password must be omitted with the credentials of AssumeRoot."
    assert told(allowing, "CreateLoginProfile", Password=PASSWORD) == ("ValidationError", message)
    made = allowing.perform("CreateLoginProfile")["LoginProfile"]
    assert made["UserName"] == member.id
    assert allowing.perform("GetLoginProfile")["LoginProfile"] == made
    assert code(allowing, "CreateLoginProfile") == "EntityAlreadyExists"
    with pytest.raises(signin.SignInRefused):
        signin.sign_in_root(member.email, PASSWORD, origin("console"))
    operators.recover(operators.Shell(), member.id, PASSWORD, origin())
    assert signin.sign_in_root(member.email, PASSWORD, origin("console")).token


@pytest.mark.parametrize(
    ("task", "locked", "other"),
    [
        (UNLOCK_S3, "arn:aws:s3:::{}", "arn:aws:sqs:us-east-1:{}:queue"),
        (UNLOCK_SQS, "arn:aws:sqs:us-east-1:{}:queue", "arn:aws:s3:::{}"),
    ],
)
def test_a_resource_that_shuts_everybody_out_is_unlocked(
    task: str, locked: str, other: str, acme: Acme, member: Member
) -> None:
    arns = [one.format(member.id) for one in (locked, other)]
    for arn in arns:
        document = deny("*", resource=arn, Principal="*")
        member.root.perform("RegisterResource", ResourceArn=arn)
        member.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)
    unlock = assume_root(acme.alice, member, task)
    assert len(unlock.perform("ListResources")["Resources"]) == 2
    assert "Deny" in unlock.perform("GetResourcePolicy", ResourceArn=arns[0])["PolicyDocument"]
    unlock.perform("DeleteResourcePolicy", ResourceArn=arns[0])
    assert code(member.alice, "GetResourcePolicy", ResourceArn=arns[0]) == "NoSuchEntity"
    assert code(unlock, "DeleteResourcePolicy", ResourceArn=arns[1]) == "AccessDenied"
    assert code(unlock, "DeregisterResource", ResourceArn=arns[0]) == "AccessDenied"


def test_both_trails_tell_of_it(acme: Acme, member: Member) -> None:
    session = assume_root(acme.alice, member, DELETE)
    session.perform("DeleteLoginProfile")
    (event,) = [
        one
        for one in acme.root.perform("ListEvents", EventName="AssumeRoot")["Events"]
        if member.id in one["RequestParameters"]
    ]
    (theirs,) = member.root.perform("ListEvents", EventName="AssumeRoot")["Events"]
    assert session.key is not None
    for one in (event, theirs):
        assert one["PrincipalArn"] == acme.alice.arn
        assert one["Resources"] == [member.root.arn]
        assert session.key.id in one["Detail"]
        assert DELETE in one["RequestParameters"]
    (act,) = member.root.perform("ListEvents", EventName="DeleteLoginProfile")["Events"]
    assert (act["PrincipalType"], act["PrincipalArn"]) == ("Root", member.root.arn)
    assert (act["AccessKeyId"], act["Detail"]) == (session.key.id, '{"AssumedRoot": true}')


def test_boto3_assumes_root_and_says_what_is_wrong(
    acme: Acme, member: Member, portal: Portal
) -> None:
    sts = acme.alice.client("sts", portal.url)
    made = sts.assume_root(
        TargetPrincipal=member.id, TaskPolicyArn={"arn": TASKS + AUDIT}, DurationSeconds=60
    )
    iam = Key.of(made["Credentials"]).client("iam", portal.url)
    assert iam.get_login_profile()["LoginProfile"]["UserName"] == member.id
    with pytest.raises(sts.exceptions.ClientError, match="must be one of"):
        sts.assume_root(
            TargetPrincipal=member.id,
            TaskPolicyArn={"arn": "arn:aws:iam::aws:policy/AdministratorAccess"},
        )
    with pytest.raises(sts.exceptions.ClientError, match="nor the ARN of a root user"):
        sts.assume_root(TargetPrincipal=member.alice.arn, TaskPolicyArn={"arn": TASKS + AUDIT})
