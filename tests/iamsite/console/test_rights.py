"""The console holds no power of its own, and shows nobody what they may not see."""

import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identities.console.self_service import policy
from tests.cast import Account, Acme, Evil, allow, deny
from tests.iamsite.console.browser import Browser, text
from tests.iamsite.console.test_shell import PAGES, of_applications


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    of_applications(account)
    return account


@pytest.fixture(scope="module")
def carol(acme) -> Browser:
    return Browser().sign_in(acme, "carol")


@pytest.fixture(scope="module")
def mallory() -> Browser:
    return Browser().sign_in(Evil(), "mallory")


@pytest.mark.parametrize("path", PAGES)
def test_somebody_without_rights_sees_no_page_that_needs_them(acme, carol, path):
    response = carol.get(path.format(account=acme.id))
    assert response.status_code in (200, 403)
    said = text(response)
    hidden = {"alice", "bob", "ci", "Developers", "Deployer", "p0", "ledger", "poster", "pages"}
    named_by_the_address = {name for name in hidden if name in path}
    assert not (hidden - named_by_the_address) & set(said.split())
    if response.status_code == 403:
        assert "You may not do this" in said
        assert f"User: {acme.arn('user/carol')} is not authorized to perform: " in said


def test_looking_around_leaves_no_refusals_in_the_trail(acme, carol):
    def refusals() -> int:
        events = acme.root.perform("ListEvents", Outcome="Failure", PrincipalArn=acme.carol.arn)
        return len(events["Events"])

    before = refusals()
    for path in ("/console/", "/console/users/", "/console/roles/", "/console/account"):
        assert carol.get(path).status_code == 200
    assert refusals() == before


def test_trying_leaves_one(acme, carol):
    response = carol.post("/console/users/create", {"UserName": "sneaked"})
    assert response.status_code == 403
    said = text(response)
    assert "not authorized to perform: iam:CreateUser" in said
    assert "sneaked" in response.content.decode()
    event = acme.root.perform("ListEvents", EventName="CreateUser", Outcome="Failure")["Events"][0]
    assert event["PrincipalArn"] == acme.carol.arn
    assert event["Face"] == "console"
    assert event["RequestId"] == response.headers["X-Request-Id"]
    assert event["RequestId"] in said


def test_a_button_that_may_not_be_used_names_the_missing_action(acme):
    acme.user("reader", allow("iam:Get*", "iam:List*"))
    body = Browser().sign_in(acme, "reader").get("/console/users/bob/").content.decode()
    assert 'data-tip="You need iam:DeleteUser."' in body
    assert 'data-tip="You need iam:AttachUserPolicy."' in body
    assert 'href="/console/users/bob/delete"' not in body


def test_a_button_that_a_policy_denies_says_that_too(acme):
    acme.user("barred", allow("*"), deny("iam:DeleteUser"))
    body = Browser().sign_in(acme, "barred").get("/console/users/bob/").content.decode()
    assert 'data-tip="A policy denies you iam:DeleteUser."' in body
    assert 'href="/console/users/bob/rename"' in body


def test_a_right_counts_from_the_next_page_on(acme):
    acme.user("rising")
    browser = Browser().sign_in(acme, "rising")
    assert "You may not see this" in text(browser.get("/console/users/"))
    acme.root.perform(
        "PutUserPolicy", UserName="rising", PolicyName="p", PolicyDocument=allow("iam:ListUsers")
    )
    assert "alice" in text(browser.get("/console/users/"))
    acme.root.perform("DeleteUserPolicy", UserName="rising", PolicyName="p")
    assert "You may not see this" in text(browser.get("/console/users/"))


NAMED = [path for path in PAGES if "alice" in path or "Developers" in path or "Deployer" in path]


@pytest.mark.parametrize("path", NAMED)
def test_another_accounts_things_are_like_things_that_are_not(mallory, acme, path):
    path = path.replace("{account}", acme.id)
    nowhere = path
    for name in ("alice", "Developers", "Deployer", "bob", "p0"):
        nowhere = nowhere.replace(name, "nowhere")

    def seen(address: str) -> tuple[int, str]:
        response = mallory.get(address)
        said = text(response)
        for name in ("alice", "Developers", "Deployer", "bob", "p0"):
            said = said.replace(name, "nowhere")
        return response.status_code, re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "", said)

    status, said = seen(path)
    assert (status, said) == seen(nowhere)
    # A form that asks for nothing but what the address says is the same for any name.
    same = ("create", "inline/p0/delete", "bob/remove", ":user/alice")
    assert status == 404 or (status == 200 and path.endswith(same))


@pytest.mark.parametrize(
    "path",
    [
        "/console/users/",
        "/console/groups/",
        "/console/roles/",
        "/console/activity",
        "/console/sessions",
    ],
)
def test_a_list_holds_ones_own_account_only(acme, mallory, path):
    said = text(mallory.get(path))
    assert acme.id not in said
    assert not {"alice", "carol", "Developers", "Deployer"} & set(said.split())


def test_anothers_policy_and_session_are_out_of_reach(acme, mallory):
    arn = acme.root.perform(
        "CreatePolicy", PolicyName="Private", PolicyDocument=allow("s3:GetObject")
    )["Policy"]["Arn"]
    for verb in ("", "edit/", "delete/", "tags/"):
        assert mallory.get(f"/console/policies/{verb}{arn}").status_code in (403, 404)
    mallory.post(f"/console/policies/delete/{arn}", {"confirm": "Private"})
    assert acme.root.perform("GetPolicy", PolicyArn=arn)["Policy"]["PolicyName"] == "Private"
    Browser().sign_in(acme, "carol")
    session = acme.root.perform("ListConsoleSessions", UserName="carol")["ConsoleSessions"][0]
    response = mallory.post(f"/console/sessions/{session['SessionId']}/end")
    assert response.status_code == 404
    assert acme.root.perform("ListConsoleSessions", UserName="carol")["ConsoleSessions"]


def test_a_button_of_no_one_thing_is_for_whoever_may_use_it_on_some(acme):
    reads = allow("iam:List*", "iam:Get*", "portal:List*")
    over = acme.arn("user/apps/*")
    acme.user("delegate", reads, allow("iam:CreateUser", "iam:DeleteUser", resource=over))
    acme.user("bounded", allow("iam:*", "portal:*"))
    limit = acme.root.perform("CreatePolicy", PolicyName="limit", PolicyDocument=reads)["Policy"]
    acme.root.perform(
        "PutUserPermissionsBoundary", UserName="bounded", PermissionsBoundary=limit["Arn"]
    )
    acme.user("refused", allow("iam:*", "portal:*"), deny("iam:DeleteUser", "iam:CreateUser"))
    missing = 'aria-label="{}. You need iam:{}."'.format
    denied = 'aria-label="{}. A policy denies you iam:{}."'.format
    for name, refusal in (("delegate", None), ("bounded", missing), ("refused", denied)):
        page = Browser().sign_in(acme, name).get("/console/users/").content.decode()
        for label, action in (("Create user", "CreateUser"), ("Delete", "DeleteUser")):
            for words in (missing, denied):
                assert (words(label, action) in page) == (words is refusal), (name, label)
        assert ('formaction="/console/users/bulk/delete"' in page) == (refusal is None)
        for label, action in (("Add to group", "AddUserToGroup"), ("Disable", "PutUserPolicy")):
            assert (missing(label, action) in page) == (name != "refused")


def test_so_are_the_buttons_that_register_and_those_of_groups(acme):
    acme.user(
        "warden",
        allow("iam:List*", "iam:Get*", "portal:List*", "portal:Get*"),
        allow("portal:RegisterService", resource="arn:aws:portal:*:*:service/apps-*"),
        allow("iam:AddUserToGroup", "iam:CreateGroup", resource=acme.arn("group/apps/*")),
    )
    warden = Browser().sign_in(acme, "warden")
    for path, href in (
        ("services/", "services/register"),
        ("groups/Developers/", "groups/Developers/clone"),
        ("users/alice/?tab=groups", "users/alice/groups"),
    ):
        assert f'href="/console/{href}"' in warden.get(f"/console/{path}").content.decode(), path
    said = warden.get("/console/workloads/").content.decode()
    assert "You need portal:RegisterWorkload." in said


def test_a_part_of_a_page_that_one_may_not_see_is_named(acme):
    said = text(Browser().sign_in(acme, "bob").get("/console/roles/Deployer/?tab=trust"))
    assert "Chains of trust You may not see this" in said
    assert "portal:GetTrustGraph" in said


def test_the_palette_finds_ones_own_account_only(acme, mallory):
    assert "Nothing matches" in text(
        mallory.htmx("/console/search?q=Deployer", target="palette-results")
    )


def test_the_palette_finds_entities_pages_and_deeds(acme):
    browser = Browser().sign_in_root(acme)
    said = text(browser.htmx("/console/search?q=deploy", target="palette-results"))
    assert said == "Roles Deployer"
    for asked, deed in (("create", "Create user"), ("passkey", "Add security key or passkey")):
        said = text(browser.htmx(f"/console/search?q={asked}", target="palette-results"))
        assert deed in said
    unique = acme.root.perform("GetRole", RoleName="Deployer")["Role"]["RoleId"]
    assert "Deployer" in text(browser.htmx(f"/console/search?q={unique}", target="palette-results"))


def test_an_arn_in_the_palette_leads_to_its_page(acme):
    browser = Browser().sign_in_root(acme)
    response = browser.get("/console/search", {"q": acme.deployer})
    assert response.headers["Location"] == "/console/roles/Deployer/"
    policy = "arn:aws:iam::aws:policy/AdministratorAccess"
    response = browser.get("/console/search", {"q": policy})
    assert response.headers["Location"] == f"/console/policies/{policy}"
    bucket = f"arn:aws:s3:::found-{acme.id}"
    acme.root.perform("RegisterResource", ResourceArn=bucket)
    response = browser.get("/console/search", {"q": bucket})
    assert response.headers["Location"] == f"/console/resources/{bucket}"
    acme.root.perform(
        "CreateOpenIDConnectProvider", Url="https://found.example", ThumbprintList=["a" * 40]
    )
    provider = acme.arn("oidc-provider/found.example")
    response = browser.get("/console/search", {"q": provider})
    assert response.headers["Location"] == f"/console/identity-providers/{provider}"
    decision = str(uuid.uuid4())
    response = browser.get("/console/search", {"q": decision})
    assert response.headers["Location"] == f"/console/decisions/{decision}"
    workload = f"arn:aws:portal::{acme.id}:workload/poster"
    response = browser.get("/console/search", {"q": workload})
    assert response.headers["Location"] == "/console/workloads/poster/"


def test_what_another_account_has_is_not_taken_for_ones_own_of_the_same_name(acme):
    browser = Browser().sign_in_root(acme)
    other = "arn:aws:iam::999900001111"
    names = [f"{other}:{one}" for one in ("user/alice", "role/Deployer", "policy/p", "root")]
    for named in (*names, "arn:aws:portal::999900001111:workload/poster"):
        assert "Nothing matches" in text(browser.get("/console/search", {"q": named}))


def test_an_action_in_the_palette_leads_to_who_can_do_it(acme):
    browser = Browser().sign_in_root(acme)
    found = browser.htmx("/console/search?q=S3:putobj", target="palette-results")
    assert 'href="/console/who-can?action=s3%3APutObject"' in found.content.decode()
    said = text(found)
    assert said.startswith("Actions s3:PutObject Who can s3:PutObjectAcl Who can")
    for unknown in ("nosuch:Get", "s3:NoSuch", "s3:put obj"):
        query = {"q": unknown}
        assert "Nothing matches" in text(browser.get("/console/search", query))


def test_what_an_organization_has_is_led_to_from_the_palette(mallory):
    head = Account("initech")
    head.root.perform("organizations:CreateOrganization")
    made = head.root.perform(
        "organizations:CreateAccount", AccountName="Branch", Email=f"branch-{head.id}@example.test"
    )
    member = made["CreateAccountStatus"]["AccountId"]
    (top,) = head.root.perform("organizations:ListRoots")["Roots"]
    made = head.root.perform(
        "organizations:CreateOrganizationalUnit", ParentId=top["Id"], Name="Field"
    )
    unit = made["OrganizationalUnit"]
    browser, hit = Browser().sign_in_root(head), 'class="palette-item" href="/console/'
    for own in (head.id, head.arn("root")):
        assert f'{hit}account"' in browser.get("/console/search", {"q": own}).content.decode()
    page = browser.get("/console/search", {"q": member}).content.decode()
    assert f'{hit}organization/nodes/{member}/"' in page
    page = browser.get("/console/search", {"q": unit["Id"]}).content.decode()
    assert f'{hit}organization/nodes/{unit["Id"]}/"' in page
    for one in (unit, top):
        led = browser.get("/console/search", {"q": one["Arn"]}).headers["Location"]
        assert led == f"/console/organization/nodes/{one['Id']}/"
    whole = head.root.perform("organizations:DescribeOrganization")["Organization"]
    head.root.perform(
        "organizations:EnablePolicyType", RootId=top["Id"], PolicyType="SERVICE_CONTROL_POLICY"
    )
    limit = head.root.perform(
        "organizations:CreatePolicy",
        Name="Limit",
        Description="",
        Type="SERVICE_CONTROL_POLICY",
        Content=allow("*"),
    )["Policy"]["PolicySummary"]
    for one, page in (
        (whole, "organization"),
        (limit, f"organization/policies/{limit['Id']}/"),
        (top, f"organization/nodes/{top['Id']}/"),
    ):
        assert f'{hit}{page}"' in browser.get(f"/console/search?q={one['Id']}").content.decode()
        led = browser.get("/console/search", {"q": one["Arn"]}).headers["Location"]
        assert led == f"/console/{page}"
        assert hit not in mallory.get(f"/console/search?q={one['Id']}").content.decode()
    assert hit not in mallory.get("/console/search", {"q": member}).content.decode()


def test_the_id_of_a_request_in_the_palette_leads_to_what_it_did(acme):
    browser = Browser().sign_in_root(acme)
    request = browser.post("/console/groups/create", {"GroupName": "Asked"})["X-Request-Id"]
    found = browser.htmx(f"/console/search?q={request}", target="palette-results")
    for page in (f"activity?request={request}", f"decisions/{request}", f"analyzer/{request}"):
        assert f'href="/console/{page}"' in found.content.decode()
    said = text(browser.get("/console/activity", {"request": request}))
    assert "CreateGroup" in said
    assert "CreateUser" not in said
    gone = browser.get(f"/console/decisions/{request}").content.decode()
    assert f'href="/console/activity?request={request}"' in gone
    assert f'href="/console/analyzer/{request}"' in gone


@pytest.mark.parametrize(
    "path",
    ["/console/users/", "/console/groups/Developers/", "/console/", "/console/users/?q=many"],
)
def test_a_page_asks_as_much_of_the_database_however_many_rows_there_are(path):
    acme = Acme()
    browser = Browser().sign_in_root(acme)

    def queries() -> int:
        browser.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(path).status_code == 200
        return len(captured)

    few = queries()
    for number in range(30):
        name = f"many-{number:02}"
        acme.root.perform("CreateUser", UserName=name)
        acme.root.perform("AddUserToGroup", GroupName="Developers", UserName=name)
    assert queries() <= few + 4


def test_a_long_list_is_paged_and_its_filter_kept_in_the_address():
    acme = Acme()
    for number in range(60):
        acme.root.perform("CreateUser", UserName=f"row-{number:02}")
    browser = Browser().sign_in_root(acme)
    first = browser.get("/console/users/")
    assert first.content.decode().count('<th scope="row">') == 50
    assert "50 shown, more follow" in text(first)
    following = first.content.decode().partition('rel="next" href="')[2].partition('"')[0]
    second = browser.get(following.replace("&amp;", "&"))
    assert second.content.decode().count('<th scope="row">') == 14
    assert "First page" in text(second)
    filtered = text(browser.get("/console/users/?q=row-5"))
    assert "10 shown" in filtered
    assert "alice" not in filtered
    assert "Nothing matches the filter" in text(browser.get("/console/users/?q=absent"))


def test_a_marker_of_somewhere_else_is_refused():
    browser = Browser().sign_in_root(Acme())
    response = browser.get("/console/users/?marker=forged")
    assert response.status_code == 400
    assert "Invalid Marker." in text(response)


def test_who_may_only_list_users_sees_no_groups_and_credentials(acme):
    acme.user("lister", allow("iam:ListUsers"))
    acme.root.perform("AddUserToGroup", GroupName="Developers", UserName="lister")
    plain = text(Browser().sign_in(acme, "lister").get("/console/users/"))
    assert "lister" in plain
    assert "Last console sign-in" in plain
    assert "Developers" not in plain
    whole = text(Browser().sign_in(acme, "alice").get("/console/users/"))
    assert "Groups MFA Key age Last seen" in whole
    assert "Developers" in whole


def test_whoever_may_not_look_after_their_own_credentials_is_told_why(acme, carol):
    page = carol.get("/console/security-credentials")
    said = text(page)
    assert "Self-service is off for you" in said
    assert "is not authorized to perform: iam:CreateAccessKey" in said
    assert '"arn:aws:iam::*:user/*/${aws:username}"' in said
    assert "Change password. You need iam:ChangePassword." in page.content.decode()
    acme.root.perform("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    said = text(carol.get("/console/security-credentials"))
    acme.root.perform("DeleteAccountPasswordPolicy")
    assert "What you may not look after yourself" in said
    assert "iam:ChangePassword on resource" not in said


def test_the_policy_for_self_service_lets_users_look_after_their_own_alone(acme):
    acme.user("selfish", policy(), allow("portal:*"))
    browser = Browser().sign_in(acme, "selfish")
    page = browser.get("/console/security-credentials")
    assert "Self-service" not in text(page)
    assert "What you may not look after" not in text(page)
    assert browser.post("/console/security-credentials/keys/create").status_code == 200
    assert browser.post("/console/users/bob/keys/create").status_code == 403
