"""Who can, effective access and trust, as pages."""

import json
import re
from urllib.parse import quote

import pytest

from tests.cast import Account, Acme, allow, trust
from tests.iamsite.console.browser import Browser, text


@pytest.fixture(scope="module")
def acme() -> Acme:
    account = Acme()
    reader = account.role("Reader", trust(account.carol.arn), allow("sqs:*"))
    account.role("Admin", trust(reader), allow("*"))
    gone = account.user("gone")
    account.role("Stale", trust(gone.arn))
    key = gone.key
    assert key is not None
    account.root.perform("DeleteAccessKey", UserName="gone", AccessKeyId=key.id)
    account.root.perform("DeleteUser", UserName="gone")
    return account


def test_who_can_leads_from_each_principal_to_the_way_and_the_statement(root) -> None:
    page = text(root.get("/console/who-can?action=sqs:GetQueueUrl"))
    assert "carol User Allowed Reader p0" in page
    assert "Reader Role Allowed Nothing, directly p0" in page
    assert "The root user's full access" in page
    raw = root.get("/console/who-can?action=sqs:GetQueueUrl").content.decode()
    assert "/console/roles/Reader/policies/inline/p0/edit" in raw


def test_who_can_is_sorted_and_narrowed_by_its_address(root, acme) -> None:
    path = "/console/who-can?action=sqs:GetQueueUrl"

    def names(query: str) -> list[str]:
        raw = root.get(path + query).content.decode()
        return re.findall(r'<span class="break">\s*(?:<a [^>]*>)?([^<]+)', raw)

    by_kind = ["root", "alice", "carol", "Admin", "Reader"]
    assert names("") == by_kind
    assert names("&sort=Name") == ["root", "Admin", "alice", "carol", "Reader"]
    assert names("&order=descending") == by_kind[::-1]
    assert names("&kind=roles") == ["Admin", "Reader"]
    assert names("&way=role") == ["carol"]
    assert names("&q=AR") == ["carol"]
    page = root.get(f"{path}&kind=outside").content.decode()
    assert "Nothing matches the filter" in page
    assert 'href="/console/who-can?action=sqs%3AGetQueueUrl"' in page
    root.post("/console/columns", {"table": "who-can", "column": ["id"], "next": "/console/"})
    told = text(root.get(f"{path}&kind=roles&q=Reader"))
    role = acme.root.perform("GetRole", RoleName="Reader")["Role"]["RoleId"]
    assert f"Reader {role} Revoke" in told
    root.cookies.pop("iamsite_columns")


def test_bad_input_and_condition_keys(root, acme) -> None:
    answer = root.get("/console/who-can?action=nothing")
    assert answer.status_code == 400
    assert "nothing is not an action" in text(answer)
    unknown = "No service is known to have this action"
    assert unknown in text(root.get("/console/who-can?action=s3:Get"))
    assert unknown not in text(root.get("/console/who-can?action=S3:getobject"))
    mfa = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    acme.user("careful", allow("sns:Publish", Condition=mfa))
    asked = "/console/who-can?action=sns:Publish"
    assert "careful User Conditional aws:MultiFactorAuthPresent" in text(root.get(asked))
    asked += "&context=aws:MultiFactorAuthPresent%3Dtrue"
    assert "careful User Allowed" in text(root.get(asked))


def test_a_cell_of_the_grid_leads_to_its_statements_and_the_grid_is_a_file(root, acme) -> None:
    grid = root.get("/console/effective-access?services=sqs")
    arn = acme.arn("role/Reader")
    assert f"/console/effective-access/sqs/{arn}" in grid.content.decode()
    cell = f"/console/effective-access/sqs/{arn}"
    raw = root.get(cell).content.decode()
    assert "/console/roles/Reader/policies/inline/p0/edit" in raw
    assert '/console/who-can?action=sqs%3AGetQueueUrl"' in raw
    told = text(root.get(f"{cell}?q=queueURL&show=full"))
    assert "Read 1 of 1 allowed Allowed p0 line 1 sqs:GetQueueUrl" in told
    assert "Write" not in told.partition("Read 1 of 1")[2]
    assert "Nothing matches the filter" in text(root.get(f"{cell}?q=queueurl&show=denied"))
    written = root.get(f"{cell}?q=GetQueue&export=csv")
    lines = b"".join(written.streaming_content).decode().splitlines()
    assert lines[:3] == [
        "Action,Access level,Access,Statements",
        "sqs:GetQueueAttributes,Read,Allowed,p0:1",
        "sqs:GetQueueUrl,Read,Allowed,p0:1",
    ]
    written = root.get("/console/effective-access?services=sqs&export=csv")
    lines = b"".join(written.streaming_content).decode().splitlines()
    assert lines[0] == "ARN,sqs"
    assert f"{arn},full" in lines
    narrow = "/console/effective-access?services=sqs&kind=roles&q=READ&export=csv"
    lines = b"".join(root.get(narrow).streaming_content).decode().splitlines()
    assert lines == ["ARN,sqs", f"{arn},full"]
    told = text(root.get("/console/effective-access?group=Developers"))
    assert "bob User" in told
    assert "alice User" not in told
    assert "Nothing matches the filter" in text(root.get("/console/effective-access?q=nobody"))
    assert root.get("/console/effective-access?group=Nobodies").status_code == 404
    down = root.get("/console/effective-access?sort=Name&order=descending").content.decode()
    assert down.index("/console/users/carol/") < down.index("/console/users/alice/")


def test_the_trust_graph_is_drawn_and_told(root, acme) -> None:
    for asked, told in (("role", "Who can become Admin"), ("principal", "What Admin can become")):
        around = root.get(f"/console/trust?{asked}={acme.arn('role/Admin')}").content.decode()
        assert re.search(rf"<title>\s*{told}", around)
        gone = root.get(f"/console/trust?{asked}={acme.arn('role/nobody-here')}")
        assert gone.status_code == 404
        assert '<a class="button" href="/console/trust">' in gone.content.decode()
    answer = root.get("/console/trust")
    page = text(answer)
    assert "carol User Reader 2 Reader Admin" in page
    assert "gone Deleted Cannot be resolved Stale" in page
    raw = answer.content.decode()
    # Whoever has a page is a link to it; who is gone has none.
    assert len(re.findall(r'<a class="node [a-z]*" href="/console/(?:users|roles)/', raw)) == 7
    assert raw.count('<g class="node gone"') == 1
    tab = text(root.get("/console/roles/Admin/?tab=trust"))
    assert "Chains of trust" in tab
    assert "2 steps at most lead here." in tab
    assert "carol User 2 Reader 2 Reader Admin" in tab
    assert "Reader Role 1 Admin 1 Admin" in tab


def test_a_long_chain_is_drawn_narrower(acme, root) -> None:
    before = acme.carol.arn
    for number in range(3):
        name = f"Hop{number}"
        before = acme.role(name, trust(before), allow("sts:AssumeRole"))
    page = root.get("/console/roles/Hop2/?tab=trust").content.decode()
    assert page.count('width="160"') == 5  # the administrator as well
    assert 'width="240"' not in page


def test_an_empty_account_is_told_what_shows_here_and_what_comes_next() -> None:
    new = Browser().sign_in_root(Account("hooli"))
    for path, following in (
        ("effective-access", "/console/users/create"),
        ("trust", "/console/roles/create"),
    ):
        main = new.get(f"/console/{path}").content.decode().partition('<div class="empty')[2]
        assert f'href="{following}"' in main


def test_who_may_not_ask_is_told_which_action_is_missing(acme) -> None:
    bob = Browser().sign_in(acme, "bob")
    for path, action in (
        ("who-can?action=s3:GetObject", "portal:ListPrincipalsWithAccess"),
        ("effective-access", "portal:ListAccountAccess"),
        ("trust", "portal:GetTrustGraph"),
    ):
        assert action in text(bob.get(f"/console/{path}"))


def test_access_is_revoked_from_a_row_of_who_can(acme, root):
    acme.user("reaper", allow("s3:GetObject", "s3:ListBucket"))
    question = "action=s3:GetObject&resource=arn:aws:s3:::x/y"
    arn = acme.arn("user/reaper")
    page = root.get(f"/console/who-can?{question}").content.decode()
    assert f"/console/who-can/revoke?principal={quote(arn, safe='')}" in page
    path = f"/console/who-can/revoke?principal={arn}&{question}"
    page = root.get(path).content.decode()
    assert "Nobody else loses it." in page
    make = re.findall(r"/console/who-can/revoke/(\w{32})", page)[0]
    assert root.post(f"/console/who-can/revoke/{make}?{path.partition('?')[2]}").status_code == 422
    done = root.post(
        f"/console/who-can/revoke/{make}?{path.partition('?')[2]}", {"confirm": "reaper"}
    )
    assert done.headers["Location"].startswith("/console/who-can?action=s3")
    assert "reaper" not in text(root.get(done.headers["Location"])).partition("Because of")[2]
    stale = root.get(f"/console/who-can/revoke/{make}?{path.partition('?')[2]}")
    assert stale.status_code == 409


def test_every_way_of_access_is_told_with_what_takes_it_away(acme, root):
    acme.role("Harvester", trust(acme.arn("root")), allow("sqs:PurgeQueue"))
    acme.root.perform("CreateGroup", GroupName="Harvest")
    document = allow("sqs:PurgeQueue", "sts:AssumeRole")
    acme.root.perform("PutGroupPolicy", GroupName="Harvest", PolicyName="may", PolicyDocument=document)  # fmt: skip
    acme.user("scythe")
    acme.root.perform("AddUserToGroup", GroupName="Harvest", UserName="scythe")
    asked = f"principal={acme.arn('user/scythe')}&action=sqs:PurgeQueue"
    page = text(root.get(f"/console/who-can/revoke?{asked}"))
    assert "It has this access in 2 ways. Make one change of each to take it away for good." in page
    own, _, by_role = page.partition("By assuming Harvester")
    assert "By its own policies" in own
    for part in (own, by_role):
        assert "Take it out of the group Harvest Closes 2 ways" in part
        assert "Delete the policy may, which allows nothing else Closes 2 ways" in part
        assert "Deny it by an inline policy of its own In a new" in part


def test_the_answer_of_who_can_is_kept_as_access_tests(acme, root):
    question = "action=iam:CreateUser"
    page = text(root.get(f"/console/who-can/tests?{question}"))
    assert "user/alice" in page
    given = {"Can": [acme.alice.arn], "Cannot": f"{acme.carol.arn}\n{acme.bob.arn}\nnonsense"}
    said = text(root.post(f"/console/who-can/tests?{question}", given))
    assert "3 done, 1 refused" in said
    tests = acme.root.perform("RunAccessTests")["Results"]
    assert {one["PrincipalArn"]: one["ExpectedDecision"] for one in tests} == {
        acme.alice.arn: "allowed",
        acme.carol.arn: "denied",
        acme.bob.arn: "denied",
    }
    assert all(one["Passed"] for one in tests)


def test_the_answer_of_who_can_is_a_file(acme, root):
    path = "/console/who-can?action=sqs:GetQueueUrl"
    page = root.get(path).content.decode()
    assert "export=csv" in page
    lines = b"".join(root.get(f"{path}&export=csv").streaming_content).decode().splitlines()
    head = "Principal,Kind,Access,Condition keys,Through,By assuming,Because of"
    assert lines[0] == f"{head},Created,Unique id,ARN"
    told = f"carol,User,allowed,,Assuming roles,{acme.arn('role/Reader')},p0:1,"
    assert any(line.startswith(told) and line.endswith(acme.carol.arn) for line in lines)
    narrow = b"".join(root.get(f"{path}&export=csv&kind=roles&sort=Name").streaming_content)
    names = [line.partition(",")[0] for line in narrow.decode().splitlines()[1:]]
    assert names == ["Admin", "Reader"]
    rows = json.loads(b"".join(root.get(f"{path}&export=json").streaming_content))
    assert acme.root.arn in [row["PrincipalArn"] for row in rows]
    refused = Browser().sign_in(acme, "carol").get(f"{path}&export=csv")
    assert refused.status_code == 403
    assert "to perform: portal:ListPrincipalsWithAccess" in text(refused)
    assert root.get(f"{path}&export=exe").status_code == 404
