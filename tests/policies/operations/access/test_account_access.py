"""What every principal may do in every service."""

from tests.cast import Account, Acme, allow, deny, policy, trust
from tests.identities.operations.refusal import refusal


def cells(account, *services: str, **params) -> dict[str, dict[str, str]]:
    found, marker = {}, {}
    while True:
        page = account.root.perform(
            "ListAccountAccess", ServiceNamespaces=list(services), **params, **marker
        )
        for one in page["Principals"]:
            found[one["PrincipalName"]] = {
                cell["ServiceNamespace"]: cell["Access"] for cell in one["Services"]
            }
        if not page["IsTruncated"]:
            return found
        marker = {"Marker": page["Marker"]}


def test_a_cell_is_full_some_or_none_by_all_that_bears_on_the_principal(acme: Acme) -> None:
    acme.user("reader", allow("sqs:*", resource="arn:aws:sqs:::q"))
    acme.user("owner", allow("sqs:*"))
    acme.user("but", allow("sqs:*"), deny("sqs:DeleteQueue", resource="arn:aws:sqs:::q"))
    acme.user("not", allow("sqs:*"), deny("sqs:*"))
    acme.user("bounded", allow("*"))
    limits = acme.root.perform(
        "CreatePolicy", PolicyName="limits", PolicyDocument=policy(
            {"Effect": "Allow", "NotAction": "sqs:*", "Resource": "*"}))["Policy"]["Arn"]  # fmt: skip
    acme.root.perform("PutUserPermissionsBoundary", UserName="bounded", PermissionsBoundary=limits)
    found = cells(acme, "sqs", "sts", MaxItems=3)
    assert {name: found[name]["sqs"] for name in ("alice", "bob", "reader", "owner", "but", "not")} == {
        "alice": "full", "bob": "none", "reader": "some", "owner": "full", "but": "some", "not": "none",
    }  # fmt: skip
    assert found["bounded"] == {"sqs": "none", "sts": "full"}


def test_levels_count_their_actions_and_services_in_use_are_chosen(acme: Acme) -> None:
    acme.user("lister", allow("sqs:ListQueues", "sqs:GetQueueUrl"))
    page = acme.root.perform("ListAccountAccess")
    assert "sqs" in page["ServiceNamespaces"]
    (lister,) = [one for one in page["Principals"] if one["PrincipalName"] == "lister"]
    (cell,) = [one for one in lister["Services"] if one["ServiceNamespace"] == "sqs"]
    by_level = {one["AccessLevel"]: one for one in cell["AccessLevels"]}
    assert by_level["Read"]["FullCount"] == 2
    assert by_level["Write"]["Access"] == "none"
    asked = {"ServiceNamespaces": ["nosuchservice"]}
    assert refusal(acme.root, "ListAccountAccess", **asked)[0] == "InvalidInput"


def test_of_services_that_are_spoken_of_equally_the_first_by_name_are_chosen() -> None:
    account = Account("Even")
    spoken = "athena batch cloudtrail dynamodb ec2 firehose glue iam kms lambda logs rds s3 sns sqs"
    account.user("reader", allow(*(f"{one}:*" for one in reversed(spoken.split()))))
    chosen = account.root.perform("ListAccountAccess")["ServiceNamespaces"]
    assert chosen == spoken.split()[:12]


def test_the_list_is_narrowed_and_sorted(acme: Acme) -> None:
    acme.role("Bobbin", trust(acme.carol.arn))

    def names(**params) -> list[str]:
        return list(cells(acme, "sts", MaxItems=2, **params))

    assert names() == ["alice", "bob", "carol", "ci", "Bobbin", "Deployer"]
    assert names(SortBy="Name") == ["alice", "bob", "Bobbin", "carol", "ci", "Deployer"]
    assert names(SortOrder="descending")[:2] == ["Deployer", "Bobbin"]
    assert names(Contains="BOB") == ["bob", "Bobbin"]
    assert names(PrincipalTypes=["Role"]) == ["Bobbin", "Deployer"]
    assert names(GroupName="Developers") == ["bob"]
    assert names(GroupName="Developers", PrincipalTypes=["Role"]) == []
    asked = {"GroupName": "Nobodies"}
    assert refusal(acme.root, "ListAccountAccess", **asked)[0] == "NoSuchEntity"
