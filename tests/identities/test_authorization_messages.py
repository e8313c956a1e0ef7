"""Encoded authorization messages: what they tell, to whom, and to whom not."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.sealing import TOKEN, seal
from iamsite.operations import OperationError, perform
from tests.accounts.organizations.cast import Organization
from tests.cast import Acme, Actor, Evil, allow, deny, origin, policy, trust
from tests.identities.operations.refusal import denied, refusal
from tests.policies.operations.test_authorize import entry, share
from tests.policies.operations.test_resources import registered

DECODE = "DecodeAuthorizationMessage"
INVALID = ("InvalidAuthorizationMessageException", 400, "Message is not valid")


@pytest.fixture(scope="module")
def acme(database: None) -> Acme:
    return Acme()


@pytest.fixture(scope="module")
def evil(database: None) -> Evil:
    return Evil()


def message(actor: Actor, action: str, resource: str = "*", **params: Any) -> str:
    asked = {"ActionName": action, "ResourceArn": resource, **params}
    return str(actor.perform("Authorize", **asked)["EncodedMessage"])


def decoded(actor: Actor, text: str) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(actor.perform(DECODE, EncodedMessage=text)["DecodedMessage"])
    return told


def conditions(told: dict[str, Any]) -> dict[str, list[str]]:
    return {
        one["key"]: [value["value"] for value in one["values"]["items"]]
        for one in told["context"]["conditions"]["items"]
    }


def test_a_message_tells_who_wanted_what_and_in_which_context(acme: Acme) -> None:
    arn = "arn:aws:sqs:eu-west-1:1:queue"
    told = decoded(acme.alice, message(acme.carol, "sqs:SendMessage", arn))
    context = told.pop("context")
    assert told == {
        "allowed": False,
        "explicitDeny": False,
        "matchedStatements": {"items": []},
        "failures": {"items": []},
    }
    carol = acme.alice.perform("GetUser", UserName="carol")["User"]["UserId"]
    assert context["principal"] == {"id": carol, "name": "carol", "arn": acme.carol.arn}
    assert (context["action"], context["resource"]) == ("sqs:SendMessage", arn)
    assert conditions({"context": context})["aws:username"] == ["carol"]
    assert conditions({"context": context})["aws:SourceIp"] == ["203.0.113.7"]


def test_the_statement_that_denied_is_told(acme: Acme) -> None:
    document = policy(
        {"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"},
        {
            "Sid": "NotFromThere",
            "Effect": "Deny",
            "Action": ["s3:Delete*", "s3:Put*"],
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}},
        },
    )
    dora = acme.user("dora", document)
    region = entry("aws:RequestedRegion", "eu-west-2")
    told = decoded(acme.alice, message(dora, "s3:PutObject", ContextEntries=[region]))
    assert told["explicitDeny"] is True
    dora_id = acme.alice.perform("GetUser", UserName="dora")["User"]["UserId"]
    assert told["matchedStatements"] == {
        "items": [
            {
                "statementId": "NotFromThere",
                "effect": "DENY",
                "principals": {"items": [{"value": dora_id}]},
                "principalGroups": {"items": []},
                "actions": {"items": [{"value": "s3:Delete*"}, {"value": "s3:Put*"}]},
                "resources": {"items": [{"value": "*"}]},
                "conditions": {
                    "items": [
                        {
                            "key": "aws:RequestedRegion",
                            "values": {"items": [{"value": "eu-west-1"}, {"value": "eu-west-2"}]},
                        }
                    ]
                },
            }
        ]
    }


def test_a_role_is_told_by_its_name_and_a_session_by_its_own(acme: Acme) -> None:
    role = acme.role("Narrow", trust(acme.arn("root")), allow("iam:GetUser"))
    role_id = acme.alice.perform("GetRole", RoleName="Narrow")["Role"]["RoleId"]
    told = decoded(acme.alice, message(acme.alice, "s3:GetObject", PrincipalArn=role))
    assert told["context"]["principal"]["arn"] == role
    assert told["context"]["principal"]["name"] == "Narrow"
    session = acme.assume(acme.alice, role, "work")
    told = decoded(acme.alice, message(session, "s3:GetObject"))
    assert told["context"]["principal"] == {
        "id": f"{role_id}:work",
        "name": "work",
        "arn": session.arn,
    }


def test_decoding_needs_permission(acme: Acme) -> None:
    text = message(acme.carol, "s3:GetObject")
    refused = denied(acme.carol, f"sts:{DECODE}", "*")
    assert refusal(acme.carol, DECODE, EncodedMessage=text) == refused
    reader = acme.user("reader", allow(f"sts:{DECODE}"))
    assert decoded(reader, text)["context"]["action"] == "s3:GetObject"


def test_a_message_of_another_account_is_not_valid(acme: Acme, evil: Evil) -> None:
    text = message(acme.carol, "s3:GetObject")
    assert refusal(evil.root, DECODE, EncodedMessage=text) == INVALID
    assert refusal(evil.mallory, DECODE, EncodedMessage=text) == INVALID


def test_an_altered_message_is_not_valid(acme: Acme) -> None:
    text = message(acme.carol, "s3:GetObject")
    sealed = bytearray(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    sealed[-1] ^= 1
    other_key = urlsafe_b64encode(b"\0\0\xff\xff" + bytes(sealed[4:])).decode().rstrip("=")
    wrong = [
        urlsafe_b64encode(bytes(sealed)).decode().rstrip("="),
        other_key,
        text[:-4],
        text[4:],
        text[:20],
        f"{text}\n",
        f"{text[:30]}\n{text[30:]}",
        f"{text}==",
        f"{text}é",
        "x",
        "AAAA" * 2000,
        # What is sealed for another purpose is no message.
        urlsafe_b64encode(seal(b"x" * 40, "AKIAOTHER", TOKEN)).decode().rstrip("="),
    ]
    for one in wrong:
        assert refusal(acme.alice, DECODE, EncodedMessage=one) == INVALID, one
    assert acme.carol.key is not None
    token = acme.alice.perform("GetSessionToken")["Credentials"]["SessionToken"]
    assert refusal(acme.alice, DECODE, EncodedMessage=token) == INVALID


def test_a_message_is_good_for_seven_days(acme: Acme) -> None:
    params = {"EncodedMessage": message(acme.carol, "s3:GetObject")}
    now = datetime.now(UTC)
    for days, good in ((6, True), (8, False)):
        asked = (acme.alice.credential, DECODE, params, origin(), now + timedelta(days=days))
        if good:
            assert perform(*asked)["DecodedMessage"]
        else:
            with pytest.raises(OperationError) as caught:
                perform(*asked)
            assert caught.value.message == "Message is not valid"


def test_nothing_of_another_account_is_told(acme: Acme, evil: Evil) -> None:
    Organization(acme)
    arn = registered(acme)
    share(acme, arn, {"AWS": evil.arn("root")}, effect="Deny")
    told = decoded(evil.mallory, message(evil.mallory, "s3:GetObject", arn))
    assert told["explicitDeny"] is False
    assert told["matchedStatements"] == {"items": []}
    assert acme.id not in json.dumps(told)
    assert not [key for key in conditions(told) if key.startswith("aws:Resource")]
    # Its owner is told what its own policy said.
    told = decoded(acme.alice, message(acme.root, "s3:PutObject", arn, PrincipalArn=acme.carol.arn))
    assert conditions(told)["aws:ResourceAccount"] == [acme.id]


def test_a_statement_of_the_organization_is_not_told() -> None:
    management = Acme()
    organization = Organization(management)
    member = organization.member()
    organization.limit(member.id, deny("sqs:*"))
    told = decoded(member.alice, message(member.alice, "sqs:SendMessage"))
    assert told["explicitDeny"] is True
    assert told["matchedStatements"] == {"items": []}


def noise(seed: int, length: int) -> str:
    """A text that does not compress."""
    count = length // 64 + 1
    parts = (hashlib.sha256(f"{seed}-{part}".encode()).hexdigest() for part in range(count))
    return "".join(parts)[:length]


def test_a_message_is_never_longer_than_what_can_be_decoded(acme: Acme) -> None:
    few = [entry(f"app:{seed}", noise(seed, 4_000)) for seed in range(10)]
    text = message(acme.carol, "s3:GetObject", ContextEntries=few)
    assert len(text) <= 10_240
    assert conditions(decoded(acme.alice, text))["app:3"] == [noise(3, 256) + "…"]
    many = [entry(f"app:{seed}", noise(seed, 256)) for seed in range(200)]
    text = message(acme.carol, "s3:GetObject", ContextEntries=many)
    assert len(text) <= 10_240
    assert conditions(decoded(acme.alice, text)) == {}
