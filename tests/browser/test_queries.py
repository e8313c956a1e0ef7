"""A page asks the database as often for sixty rows as for twelve."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.cast import Acme, allow, service, trust
from tests.iamsite.console.browser import Browser
from tests.iamsite.console.test_shell import PAGES as ALL
from tests.iamsite.console.test_shell import of_applications

FEW, MANY = 12, 60
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"
PAGES = [
    *ALL,
    "/console/users/?q=n",
    "/console/users/?sort=LastSeenDate",
    "/console/services/ledger/?tab=workloads",
    "/console/policies/?scope=all",
    f"/console/policies/{READ_ONLY}?tab=attached",
    "/console/who-can?action=sqs:SendMessage",
    "/console/trust?role=arn:aws:iam::{account}:role/n1",
    "/console/trust?principal=arn:aws:iam::{account}:user/n1",
    "/console/roles/n1/?tab=trust",
]


def fill(acme: Acme, names: range) -> None:
    """One more of each kind for each of `names`."""
    for number in names:
        name = f"n{number}"
        acme.root.perform("CreateUser", UserName=name)
        acme.root.perform("AddUserToGroup", GroupName="Developers", UserName=name)
        acme.root.perform("AttachUserPolicy", UserName=name, PolicyArn=READ_ONLY)
        acme.root.perform("CreateGroup", GroupName=name)
        acme.root.perform("CreatePolicy", PolicyName=name, PolicyDocument=allow("s3:GetObject"))
        acme.role(name, trust(acme.arn(f"user/{name}")))
        service(acme, f"ledger-{name}")
        workload = {"WorkloadName": name, "ServicePrefix": "ledger"}
        acme.root.perform("RegisterWorkload", **workload, RoleArn=acme.deployer)
        arn = f"arn:aws:sqs:us-east-1:{acme.id}:{name}"
        document = trust(acme.arn(f"user/{name}"), "sqs:*", Resource=arn)
        acme.root.perform("RegisterResource", ResourceArn=arn)
        acme.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=document)


@pytest.fixture(scope="module")
def counts() -> dict[str, tuple[int, int]]:
    """How many queries each page makes for few rows and for many."""
    acme = Acme()
    browser = Browser().sign_in_root(acme)
    of_applications(acme)
    fill(acme, range(FEW))
    few = {path: queries(browser, path.format(account=acme.id)) for path in PAGES}
    fill(acme, range(FEW, MANY))
    return {path: (few[path], queries(browser, path.format(account=acme.id))) for path in PAGES}


def queries(browser: Browser, path: str) -> int:
    browser.get(path)  # whatever is asked for once and kept is not the page's
    with CaptureQueriesContext(connection) as captured:
        assert browser.get(path).status_code == 200
    return len(captured)


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_no_more_for_many_rows_than_for_few(
    counts: dict[str, tuple[int, int]], path: str
) -> None:
    few, many = counts[path]
    assert 0 < many <= few
