"""The service models as operations see them."""

from __future__ import annotations

import re

import pytest
from botocore.loaders import Loader

from iamsite.operations.errors import STATUS, OperationError
from iamsite.operations.models import (
    find,
    find_target,
    operation_model,
    operations,
    service,
    service_of,
)

PAGED_BUT_NOT_IN_BOTOCORES_PAGINATORS = {
    "GetOrganizationsAccessReport",
    "GetServiceLastAccessedDetails",
    "GetServiceLastAccessedDetailsWithEntities",
    "ListDelegationRequests",
    "ListPoliciesGrantingServiceAccess",
    "ListServiceSpecificCredentials",
}


def test_every_operation_of_awss_services_is_there() -> None:
    for name in ("iam", "sts", "organizations"):
        model = Loader().load_service_model(name, "service-2")
        ours = [
            operation.wire_name for operation in operations().values() if operation.service == name
        ]
        assert ours == sorted(model["operations"])
        assert service(name).version == model["metadata"]["apiVersion"]
        metadata = model["metadata"]
        namespace = metadata.get("xmlNamespace") or metadata["targetPrefix"]
        assert service(name).namespace == namespace


def test_our_own_service_is_a_model_like_any_other() -> None:
    assert service("portal").version == "2026-11-01"
    assert service("portal").namespace not in {service("iam").namespace, service("sts").namespace}


def test_an_operation_is_found_by_action_and_version() -> None:
    found = find("CreateUser", "2010-05-08")
    assert found is operation_model("CreateUser")
    assert service_of("CreateUser") == "iam"
    assert service_of("AssumeRole") == "sts"
    assert find("CreateUser", "2011-06-15") is None
    assert find("createuser", "2010-05-08") is None
    assert find("CreateUser", "") is None
    assert find("", "2010-05-08") is None


def test_names_that_two_services_have_are_told_apart_by_their_service() -> None:
    there = find_target("AWSOrganizationsV20161128.CreatePolicy")
    assert there is operation_model("organizations:CreatePolicy")
    assert (there.service, there.wire_name) == ("organizations", "CreatePolicy")
    assert operation_model("CreatePolicy").service == "iam"
    for target in ("CreatePolicy", "AWSOrganizationsV20161128.", "X.CreatePolicy", ""):
        assert find_target(target) is None
    # Each protocol finds its own services' operations only.
    assert find("organizations:CreatePolicy", "2016-11-28") is None


def test_an_unknown_operation_is_refused_by_name() -> None:
    for lookup in (operation_model, service_of):
        with pytest.raises(OperationError) as refused:
            lookup("CreateUnicorn")
        assert refused.value.code == "InvalidAction"
        assert "CreateUnicorn" in refused.value.message


def test_members_and_requirements_are_the_models() -> None:
    create_user = operation_model("CreateUser")
    assert list(create_user.members) == ["Path", "UserName", "PermissionsBoundary", "Tags"]
    assert create_user.required == ("UserName",)
    assert operation_model("GetAccountSummary").members == {}
    assert operation_model("GetAccountSummary").required == ()
    assert "Creates a new IAM user" in create_user.documentation


def test_only_proofs_from_elsewhere_need_no_signature() -> None:
    unsigned = {name for name, operation in operations().items() if not operation.is_signed}
    assert unsigned == {
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "GetWorkloadCredentials",
    }


def test_every_modelled_error_has_the_status_of_its_code() -> None:
    assert operation_model("CreateUser").errors == {
        "LimitExceeded": 409,
        "EntityAlreadyExists": 409,
        "NoSuchEntity": 404,
        "InvalidInput": 400,
        "ConcurrentModification": 409,
        "ServiceFailure": 500,
    }
    for operation in operations().values():
        for code, status in operation.errors.items():
            assert STATUS.get(code, 400) == status, (operation.name, code)


def test_every_paged_operation_is_known() -> None:
    paged = {}
    for name in ("iam", "sts"):
        paged |= Loader().load_service_model(name, "paginators-1")["pagination"]
    ours = {
        name: operation.pagination
        for name, operation in operations().items()
        if operation.pagination is not None and operation.service != "portal"
    }
    assert ours.keys() == paged.keys() | PAGED_BUT_NOT_IN_BOTOCORES_PAGINATORS
    assert len(ours) == 40
    for name, pages in paged.items():
        results = pages["result_key"]
        assert set(ours[name].results) == set(results if isinstance(results, list) else [results])
        assert ours[name].truncated == pages["more_results"]
    assert ours["ListDelegationRequests"].truncated == "isTruncated"


def test_an_error_says_whose_fault_it_was() -> None:
    assert OperationError("NoSuchEntity", "x").status == 404
    assert OperationError("NoSuchEntity", "x").type == "Sender"
    assert OperationError("ServiceUnavailable", "x").type == "Receiver"
    assert OperationError("Unheard", "x").status == 400
    assert OperationError("Unheard", "x", 409).status == 409
    assert str(OperationError("NoSuchEntity", "x")) == "NoSuchEntity: x"
    assert all(re.fullmatch(r"[A-Za-z]+", code) for code in STATUS)
