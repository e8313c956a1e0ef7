"""A user is disabled in one act and enabled again; keys are rotated; sessions are revoked."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest

from iamsite.operations import OperationError
from tests.cast import Actor, Key, allow, trust
from tests.iamsite.console.browser import Browser, has_password, text
from tests.iamsite.test_strangers import OPENSSH
from tests.identities.certificates import make, rsa_key


def statuses(acme, name: str) -> dict[str, str]:
    """The state of every credential of a user, by its id."""
    found = {}
    for operation, member, key in (
        ("ListAccessKeys", "AccessKeyMetadata", "AccessKeyId"),
        ("ListSSHPublicKeys", "SSHPublicKeys", "SSHPublicKeyId"),
        ("ListSigningCertificates", "Certificates", "CertificateId"),
        (
            "ListServiceSpecificCredentials",
            "ServiceSpecificCredentials",
            "ServiceSpecificCredentialId",
        ),
    ):
        for row in acme.root.perform(operation, UserName=name)[member]:
            found[row[key]] = row["Status"]
    return found


def test_a_disabled_user_has_no_way_in_and_is_enabled_as_it_was(acme, alice):
    who = {"UserName": "leaver"}
    opened = acme.role("Open", trust(acme.root.arn))
    leaver = acme.user("leaver", allow("iam:GetUser", "sts:AssumeRole"))
    ssh = rsa_key(2048).public_key().public_bytes(*OPENSSH).decode()
    acme.root.perform("UploadSigningCertificate", **who, CertificateBody=make().body)
    acme.root.perform("UploadSSHPublicKey", **who, SSHPublicKeyBody=ssh)
    acme.root.perform(
        "CreateServiceSpecificCredential", **who, ServiceName="codecommit.amazonaws.com"
    )
    off = acme.root.perform("CreateAccessKey", **who)["AccessKey"]["AccessKeyId"]
    acme.root.perform("UpdateAccessKey", **who, AccessKeyId=off, Status="Inactive")
    fetched = Key.of(leaver.perform("GetSessionToken")["Credentials"])
    temporary = Actor("leaver", leaver.arn, fetched.credential, fetched)
    browser = Browser().sign_in(acme, "leaver")
    before = statuses(acme, "leaver")
    acme.assume(temporary, opened)

    page = text(alice.get("/console/users/leaver/disable"))
    assert f"Access key {leaver.key.id} becomes inactive." in page
    assert off not in page
    assert "The console password is removed" in page
    wrong = alice.post("/console/users/leaver/disable", {"confirm": "Leaver"})
    assert wrong.status_code == 422
    assert statuses(acme, "leaver") == before

    done = text(alice.post("/console/users/leaver/disable", {"confirm": "leaver"}))
    assert "7 done." in done
    assert set(statuses(acme, "leaver").values()) == {"Inactive"}
    assert not has_password(acme, "leaver")
    assert browser.get("/console/").status_code == 302
    with pytest.raises(OperationError, match="is invalid"):
        leaver.perform("GetUser")
    with pytest.raises(OperationError, match="explicit deny"):
        acme.assume(temporary, opened)
    assert "Disabled" in text(alice.get("/console/users/leaver/"))

    form = alice.get("/console/users/leaver/enable").content.decode()
    ticked = set(re.findall(r'name="Credentials" value="(\w+)"[^>]* checked', form))
    assert ticked == set(before) - {off}
    assert "It had a console password" in form
    enabled = text(alice.post("/console/users/leaver/enable", {"Credentials": list(ticked)}))
    assert "5 done." in enabled
    assert statuses(acme, "leaver") == before
    assert "Tags" not in leaver.perform("GetUser")["User"]
    with pytest.raises(OperationError, match="explicit deny"):
        acme.assume(temporary, opened)


def test_every_step_of_disabling_has_a_result_and_a_place_in_the_trail(acme, alice):
    acme.user("partly")
    acme.user("helper", allow("iam:*", "portal:*", "sts:GetCallerIdentity"))
    acme.root.perform(
        "PutUserPolicy",
        UserName="helper",
        PolicyName="no-policies",
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Deny", "Action": "iam:PutUserPolicy", "Resource": "*"},
            }
        ),
    )
    helper = Browser().sign_in(acme, "helper")
    page = helper.get("/console/users/partly/").content.decode()
    assert 'aria-label="Disable. A policy denies you iam:PutUserPolicy."' in page
    said = text(helper.post("/console/users/partly/disable", {"confirm": "partly"}))
    assert "2 done, 1 refused" in said
    assert "not authorized to perform: iam:PutUserPolicy" in said
    assert set(statuses(acme, "partly").values()) == {"Inactive"}
    events = acme.root.perform("ListEvents", PrincipalArn=acme.arn("user/helper"))["Events"]
    assert [(event["EventName"], event["Outcome"]) for event in events[:3]] == [
        ("PutUserPolicy", "AccessDenied"),
        ("UpdateAccessKey", "Success"),
        ("TagUser", "Success"),
    ]


def test_nobody_disables_themselves_and_many_are_disabled_at_once(acme, alice):
    page = alice.get("/console/users/alice/").content.decode()
    assert "Disable. You cannot disable yourself" in page
    assert alice.get("/console/users/alice/disable").status_code == 400
    for name in ("one", "two"):
        acme.user(name)
    path = "/console/users/bulk/disable?item=one&item=alice&item=two"
    said = text(alice.post(path, {"confirm": "3"}))
    assert "2 done, 1 refused" in said
    assert "You cannot disable yourself" in said
    assert set(statuses(acme, "two").values()) == {"Inactive"}
    assert "Active" in statuses(acme, "alice").values()


def test_a_key_is_rotated_step_by_step(acme, alice):
    old = acme.user("rotating").key.id
    path = f"/console/users/rotating/keys/{old}/rotate"
    assert (
        f'href="{path}"' in alice.get("/console/users/rotating/?tab=credentials").content.decode()
    )
    page = alice.get(path).content.decode()
    assert f"/console/users/rotating/keys/create?rotating={old}" in page
    assert f"{old}/deactivate" not in page
    alice.post(f"/console/users/rotating/keys/create?rotating={old}")
    keys = acme.root.perform("ListAccessKeys", UserName="rotating")["AccessKeyMetadata"]
    (new,) = (key["AccessKeyId"] for key in keys if key["AccessKeyId"] != old)
    assert "The new key has not been used yet" in text(alice.get(path))
    off = f"/console/users/rotating/keys/{old}/deactivate?rotating={old}"
    assert alice.post(off).headers["Location"] == path
    page = alice.get(path)
    assert "It is refused." in text(page)
    assert f"/console/users/rotating/keys/{old}/delete" in page.content.decode()
    said = text(alice.get(f"/console/users/rotating/keys/{new}/rotate"))
    assert f"There are two keys already, and {old} is the older one" in said
    assert alice.get("/console/users/bob/keys/AKIA0000000000000000/rotate").status_code == 404


def test_the_sessions_of_a_role_are_revoked(acme, alice):
    acme.role("Worker", trust(acme.alice.arn), allow("iam:ListUsers"))
    arn = acme.arn("role/Worker")
    session = acme.assume(acme.alice, arn)
    session.perform("ListUsers")
    assert alice.post("/console/roles/Worker/revoke", {"confirm": "Worker"}).status_code == 302
    with pytest.raises(OperationError, match="explicit deny"):
        session.perform("ListUsers")
    document = json.loads(
        acme.root.perform("GetRolePolicy", RoleName="Worker", PolicyName="AWSRevokeOlderSessions")[
            "PolicyDocument"
        ]
    )
    until = document["Statement"][0]["Condition"]["DateLessThan"]["aws:TokenIssueTime"]
    ahead = datetime.fromisoformat(until) - datetime.now(UTC)
    assert ahead <= timedelta(seconds=1)


def test_the_sessions_of_a_user_are_listed_and_revoked_together(acme, alice):
    acme.user("guest", allow("iam:GetUser"))
    browser = Browser().sign_in(acme, "guest")
    path = "/console/users/guest/"
    page = alice.get(f"{path}?tab=sessions").content.decode()
    assert "/end?user=guest" in page
    alice.post(f"{path}revoke", {"confirm": "guest"})
    assert browser.get("/console/").status_code == 302
    assert "Not signed in" in text(alice.get(f"{path}?tab=sessions"))


def test_other_credentials_are_switched_and_deleted(acme, alice):
    who = {"UserName": "committer"}
    acme.root.perform("CreateUser", **who)
    made = acme.root.perform(
        "CreateServiceSpecificCredential", **who, ServiceName="codecommit.amazonaws.com"
    )["ServiceSpecificCredential"]
    key = made["ServiceSpecificCredentialId"]
    assert "codecommit.amazonaws.com" in text(
        alice.get("/console/users/committer/?tab=credentials")
    )
    base = f"/console/users/committer/credentials/service/{key}"
    alice.post(f"{base}/deactivate")
    assert statuses(acme, "committer") == {key: "Inactive"}
    alice.post(f"{base}/activate")
    assert statuses(acme, "committer") == {key: "Active"}
    assert alice.post(f"{base}/delete", {"confirm": key}).status_code == 302
    assert statuses(acme, "committer") == {}
    assert alice.get(f"{base}/reset").status_code == 404


def test_the_page_of_a_deleted_user_says_when_and_by_whom(acme, alice):
    acme.user("former")
    acme.root.perform("UpdateUser", UserName="former", NewUserName="latter")
    moved = alice.get("/console/users/former/")
    assert moved.status_code == 404
    assert "former was renamed" in text(moved)
    assert 'href="/console/users/latter/"' in moved.content.decode()
    for sent in (
        alice.post("/console/users/former/rename", {"NewUserName": "third"}),
        alice.htmx("/console/users/former/policies/attach", {}),
    ):
        assert sent.status_code == 404
        assert 'href="/console/users/former/">What became of it' in sent.content.decode()
    alice.post("/console/users/latter/delete", {"confirm": "latter"})
    page = alice.get("/console/users/latter/")
    assert page.status_code == 404
    assert "latter was deleted" in text(page)
    assert acme.alice.arn in text(page)
    never = text(alice.get("/console/users/never/"))
    assert "Not found" in never
    assert "What became of it" not in never


def test_the_activity_of_a_user_is_what_it_did_and_what_was_done_to_it(acme, alice):
    page = text(alice.get("/console/users/alice/?tab=activity"))
    assert "What it did" in page
    assert "What was done to it" in page
