"""The features of centralized root access, and who may turn them on and off."""

from __future__ import annotations

from typing import Any

import pytest

from accounts import operators
from accounts.models import Person
from accounts.opening import AccountError
from iamsite.operations import OperationError
from tests.accounts.organizations.cast import IAM, Member, Organization, assume_root, do
from tests.cast import PASSWORD, Acme, Actor, Evil, origin

CREDENTIALS, SESSIONS = "RootCredentialsManagement", "RootSessions"
HELD = ("PasswordPresent", "RecoveryAllowed", "ActiveAccessKeys", "MFAEnabled", "RootLocked")
OPERATIONS = (
    "ListOrganizationsFeatures",
    *(
        f"{verb}Organizations{one}"
        for verb in ("Enable", "Disable")
        for one in (CREDENTIALS, SESSIONS)
    ),
)


@pytest.fixture
def organization(acme: Acme) -> Organization:
    return Organization(acme)


def refusal(actor: Actor, operation: str, **params: Any) -> str:
    with pytest.raises(OperationError) as refused:
        actor.perform(operation, **params)
    assert refused.value.status == 400
    assert refused.value.message
    return refused.value.code.removesuffix("Exception")


def features(actor: Actor) -> list[str]:
    found: list[str] = actor.perform("ListOrganizationsFeatures")["EnabledFeatures"]
    return found


def test_features_are_turned_on_and_off_one_by_one(organization: Organization, acme: Acme) -> None:
    do(acme.root, "EnableAWSServiceAccess", ServicePrincipal=IAM)
    assert features(acme.alice) == []
    enabled = acme.alice.perform("EnableOrganizationsRootSessions")
    assert enabled == {"OrganizationId": organization.id, "EnabledFeatures": [SESSIONS]}
    acme.alice.perform("EnableOrganizationsRootSessions")
    acme.alice.perform("EnableOrganizationsRootCredentialsManagement")
    assert features(acme.alice) == [CREDENTIALS, SESSIONS]
    disabled = acme.alice.perform("DisableOrganizationsRootSessions")
    assert disabled == {"OrganizationId": organization.id, "EnabledFeatures": [CREDENTIALS]}
    acme.alice.perform("DisableOrganizationsRootCredentialsManagement")
    assert features(acme.alice) == []


@pytest.mark.parametrize("operation", OPERATIONS)
def test_each_refusal_says_what_is_missing(operation: str, acme: Acme) -> None:
    assert refusal(acme.alice, operation) == "OrganizationNotFound"
    do(acme.root, "CreateOrganization", FeatureSet="CONSOLIDATED_BILLING")
    assert refusal(acme.alice, operation) == "OrganizationNotInAllFeaturesMode"
    do(acme.root, "EnableAllFeatures")
    assert refusal(acme.alice, operation) == "ServiceAccessNotEnabled"
    with pytest.raises(OperationError, match="AccessDenied"):
        acme.carol.perform(operation)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_members_and_strangers_have_no_say(
    operation: str, organization: Organization, evil: Evil
) -> None:
    organization.trust_iam()
    member = organization.member()
    code = "CallerIsNotManagementAccount"
    if not operation.startswith("Enable"):
        code = "AccountNotManagementOrDelegatedAdministrator"
    assert refusal(member.alice, operation) == code
    assert refusal(evil.mallory, operation) == "OrganizationNotFound"
    assert features(organization.management.root) == [CREDENTIALS, SESSIONS]


def test_iams_delegated_administrator_reads_and_disables_but_does_not_enable(
    organization: Organization,
) -> None:
    delegate = organization.member()
    organization.trust_iam(delegate)
    assert features(delegate.alice) == [CREDENTIALS, SESSIONS]
    assert delegate.alice.perform("DisableOrganizationsRootSessions")["EnabledFeatures"] == [
        CREDENTIALS
    ]
    told = refusal(delegate.alice, "EnableOrganizationsRootSessions")
    assert told == "CallerIsNotManagementAccount"
    do(
        organization.management.root,
        "DeregisterDelegatedAdministrator",
        AccountId=delegate.id,
        ServicePrincipal=IAM,
    )
    told = refusal(delegate.alice, "ListOrganizationsFeatures")
    assert told == "AccountNotManagementOrDelegatedAdministrator"


def test_a_delegate_of_another_service_is_none_of_iams(organization: Organization) -> None:
    member, service = organization.member(), "config.amazonaws.com"
    organization.trust_iam()
    organization.do("EnableAWSServiceAccess", ServicePrincipal=service)
    delegated = {"AccountId": member.id, "ServicePrincipal": service}
    organization.do("RegisterDelegatedAdministrator", **delegated)
    told = refusal(member.alice, "DisableOrganizationsRootSessions")
    assert told == "AccountNotManagementOrDelegatedAdministrator"


def created(organization: Organization, name: str) -> str:
    email = f"{name}-{organization.management.id}@example.test"
    made = organization.do("CreateAccount", Email=email, AccountName=name)
    return str(made["CreateAccountStatus"]["AccountId"])


def test_an_account_that_is_created_under_it_has_no_root_password_to_recover(
    organization: Organization,
) -> None:
    before = created(organization, "before")
    organization.trust_iam()
    after = created(organization, "after")
    operator = Person.objects.create_operator(f"o-{after}@example.test", PASSWORD)
    operators.grant(operator, "recover", before)
    operators.grant(operator, "recover", after)
    operators.recover(operator, before, PASSWORD, origin())
    with pytest.raises(AccountError, match="does not allow its password to be recovered"):
        operators.recover(operator, after, PASSWORD, origin())
    operators.recover(operators.Shell(), after, PASSWORD, origin())
    operators.recover(operator, after, PASSWORD, origin())


def test_members_keep_what_they_had(organization: Organization) -> None:
    member = Member("member")
    organization.trust_iam()
    do(member.root, "AcceptHandshake", HandshakeId=organization.invite(member))
    operators.recover(operators.Shell(), member.id, PASSWORD, origin())


def test_the_roots_of_all_members_are_listed_for_whoever_manages_them(
    organization: Organization, acme: Acme, evil: Evil
) -> None:
    delegate, member = organization.member(), organization.member()
    told = refusal(acme.alice, "ListMemberRoots")
    assert told == "ServiceAccessNotEnabled"
    organization.trust_iam(delegate)
    member.root.perform("CreateAccessKey")
    assume_root(acme.alice, member, "IAMDeleteRootUserCredentials").perform("DeleteLoginProfile")
    delegate.root.perform("LockRoot")
    for actor in (acme.alice, delegate.alice):
        roots = {one["AccountId"]: one for one in actor.perform("ListMemberRoots")["MemberRoots"]}
        assert set(roots) == {delegate.id, member.id}
        assert {name: roots[member.id][name] for name in HELD} == {
            "PasswordPresent": False,
            "RecoveryAllowed": False,
            "ActiveAccessKeys": 1,
            "MFAEnabled": False,
            "RootLocked": False,
        }
        assert [roots[delegate.id][name] for name in HELD] == [True, True, 0, False, True]
    code = "AccountNotManagementOrDelegatedAdministrator"
    assert refusal(member.alice, "ListMemberRoots") == code
    assert refusal(evil.mallory, "ListMemberRoots") == "OrganizationNotFound"
    acme.root.perform("DisableOrganizationsRootCredentialsManagement")
    with pytest.raises(OperationError, match="RootCredentialsManagement is not enabled"):
        acme.alice.perform("ListMemberRoots")
