"""What would be right in a document, put in the place of what is wrong."""

import html
import json
import re

import pytest

from tests.cast import Account, allow, policy, trust
from tests.iamsite.console.browser import Browser, text

WHOLE = '{"Version": "2012-10-17", "Statement": [%s]}'
SOUND = WHOLE % '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}'
CONDITION = WHOLE % (
    '{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", "Condition": {%s}}'
)


def look(root: Browser, document: str, kind: str = "managed", holder: str = "") -> str:
    asked = {"PolicyDocument": document, "_document": "PolicyDocument", "_kind": kind}
    answer = root.htmx("/console/documents/look", {**asked, "_holder": holder}, "panel")
    return answer.content.decode()


def fixed(root: Browser, document: str) -> str:
    """The document after fixes, as long as one is offered."""
    for _ in range(9):
        found = re.search(r'data-fix="([^"]*)"', look(root, document))
        if not found:
            return document
        for at, was, now in reversed(json.loads(html.unescape(found[1]))):
            assert document[at : at + len(was)] == was
            document = document[:at] + now + document[at + len(was) :]
    raise AssertionError(document)


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        (SOUND.replace("]}", ",],}"), SOUND),
        (SOUND.replace('", "A', '" "A'), SOUND),
        (SOUND.replace('"Version"', "\u201cVersion\u201d").replace(" ", "\xa0", 1), SOUND),
        (SOUND.replace('"', "'"), SOUND),
        (f"\ufeff{SOUND}", SOUND),
        (f"{{ // read\n  {SOUND[1:-1]}/* all\n of it */}}", f"{{\n  {SOUND[1:]}"),
        (SOUND.replace("Action", "Actions").replace("Statement", "statement"), SOUND),
        (SOUND.replace('"Version": "2012-10-17", ', ""), SOUND),
        (SOUND.replace('"Version": "2012-10-17"', '"version": "2008-10-17"'), SOUND),
        (f"{{\n\t{SOUND[26:]}", f'{{\n\t"Version": "2012-10-17",\n\t{SOUND[26:]}'),
        (SOUND.replace("Allow", "allow"), SOUND),
        (SOUND.replace("GetObject", "GetObjekt"), SOUND),
        (SOUND.replace('"*"', '"arn:aws:s3:eu-west-1:111122223333:b/*"'),
         SOUND.replace('"*"', '"arn:aws:s3:::b/*"')),
        (CONDITION % '"StringEqualIfExist": {"aws:SourceIpp": "1.2.3.4"}',
         CONDITION % '"StringEqualsIfExists": {"aws:SourceIp": "1.2.3.4"}'),
        (CONDITION % '"ForAllValue:StringEqualsIfExists": {"aws:TagKeys": "a"}',
         CONDITION % '"ForAllValues:StringEqualsIfExists": {"aws:TagKeys": "a"}'),
        (CONDITION % '"StringEquals": {"aws:TagKeys": "a"}',
         CONDITION % '"ForAnyValue:StringEquals": {"aws:TagKeys": "a"}'),
        (CONDITION % '"StringLike": {"aws:PrincipalOrgId": "o-1", "aws:PrincipalOrgIds": "o-2"}',
         CONDITION % '"StringLike": {"aws:PrincipalOrgId": "o-1", "aws:PrincipalOrgID": "o-2"}'),
    ],
)  # fmt: skip
def test_what_is_offered_puts_the_document_right(root, wrong: str, right: str) -> None:
    assert fixed(root, wrong) == right


def test_the_size_is_told_against_the_quota_of_its_place(root) -> None:
    sound = allow("s3:GetObject")
    for kind, holder, told in (
        ("managed", "", "of 6,144 characters, not counting spaces"),
        ("identity", "User", "of 2,048 characters, not counting spaces"),
        ("identity", "Role", "of 10,240 characters, not counting spaces"),
        ("scp", "", "of 10,240 characters"),
    ):
        page = re.sub(r"\s+", " ", look(root, sound, kind, holder))
        assert told in page
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::b/" + "x" * 1000,
    }
    long = policy(*[statement] * 7)
    page = look(root, long)
    assert "Can be saved" not in page
    assert "of which 6144 may be." in page
    assert "SIZE_EXCEEDS" not in page


def test_an_empty_document_is_called_empty(root) -> None:
    page = look(root, " \n")
    assert "The document is empty." in page
    assert "validation error" not in page


def posted(page: str) -> dict[str, str]:
    """What the form of a page posts for its document to be looked at."""
    return json.loads(html.unescape(re.search(r"hx-vals='(\{\"_document[^']*)'", page)[1]))


def test_an_inline_policy_is_measured_by_whose_it_is_with_the_others(acme, root) -> None:
    address = "/console/users/carol/policies/inline/create"
    page = root.get(address).content.decode()
    assert "of 2,048 characters" in page
    long = allow(*(f"sqs:Action{number}" for number in range(70)))
    acme.root.perform("PutUserPolicy", UserName="carol", PolicyName="a", PolicyDocument=long)
    size = len("".join(long.split()))
    told = re.sub(r"\s+", " ", text(root.get(address)))
    assert f"of 2,048 characters, {size:,} of them in the other inline policies" in told
    # What the editor says is what saving answers; the policy that it replaces counts no more.
    typed = {**posted(page), "PolicyDocument": long, "PolicyName": "b"}
    told = root.htmx("/console/documents/look", typed, "panel").content.decode()
    assert f"the other inline policies {size}, of which 2048 may be in all" in told
    assert "Can be saved" not in told
    assert "Maximum policy size of 2048 bytes exceeded for user carol" in text(
        root.post(address, {"PolicyName": "b", "PolicyDocument": long})
    )
    typed["PolicyName"] = "A"
    assert "Can be saved" in root.htmx("/console/documents/look", typed, "panel").content.decode()


def test_a_principal_that_there_is_not_is_told_in_the_words_of_saving(acme, root) -> None:
    role = acme.role("Reader", trust(acme.bob.arn))
    address = f"/console/roles/{role.rpartition('/')[2]}/trust"
    typed = {"PolicyDocument": trust(acme.arn("user/nobody"))}
    said = f'Invalid principal in policy: "AWS":"{acme.arn("user/nobody")}"'
    page = root.get(address).content.decode()
    told = html.unescape(
        root.htmx("/console/documents/look", {**posted(page), **typed}, "panel").content.decode()
    )
    assert said in told
    assert "Cannot be saved as it stands" in told
    assert said in html.unescape(root.post(address, typed).content.decode())


def test_principals_are_suggested_to_whoever_may_see_them(acme, root) -> None:
    def suggested(browser: Browser, query: str = "") -> list[list[str]]:
        answer = browser.get(f"/console/documents/principals?{query}")
        return json.loads(answer.content)["principals"]

    assert suggested(root, "q=BO") == [[acme.arn("user/bob"), "User"]]
    assert [acme.arn("role/Deployer"), "Role"] in suggested(root)
    assert suggested(root, "federated") == []
    carol = Browser().sign_in(acme, "carol")
    assert suggested(carol) == suggested(carol, "q=bob") == []
    assert suggested(Browser().sign_in_root(Account("elsewhere")), "q=bob") == []
