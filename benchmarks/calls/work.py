"""The calls that are measured, what each must answer, and what must be there before them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from typing import Any
from xml.etree import ElementTree

from benchmarks.calls.client import Client, Failed
from benchmarks.calls.requests import Key, Signer
from benchmarks.calls.servers import Server

USERS = 100  # on the page that is listed
CALLER, TARGET = "administrator", "deployer"
# Made in this order, after the caller, since moto lists by age and not by name.
OTHERS = [f"user-{number:04}" for number in range(USERS - 1)]
ACTIONS = [f"s3:{name}" for name in ("GetObject", "PutObject", "ListBucket", "DeleteObject")] + [
    f"iam:{name}" for name in ("GetUser", "CreateUser", "ListUsers", "DeleteUser", "PassRole")
] + ["ec2:RunInstances"]  # fmt: skip

Params = dict[str, Any]


def statement(actions: list[str], resource: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


# What an administrator of identities may do, in policies such as people write.
POLICIES = {
    "identities": document(
        statement(["iam:Get*", "iam:List*", "iam:Simulate*"], "*"),
        statement(["iam:CreateUser", "iam:DeleteUser", "iam:TagUser"], "arn:aws:iam::*:user/*"),
    ),
    "roles": document(
        statement(["sts:AssumeRole"], f"arn:aws:iam::*:role/{TARGET}"),
        statement(["sts:TagSession"], "*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    ),
    "storage": document(
        statement(["s3:Get*", "s3:List*"], "arn:aws:s3:::reports*"),
        statement(["s3:PutObject"], "arn:aws:s3:::reports/${aws:username}/*"),
        {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"},
    ),
}


@dataclass(frozen=True)
class Work:
    """One operation; `params` are those of one call and `expected` what its answer must hold.

    `expected` maps the path of an element in the answer to the texts found there.
    """

    name: str
    service: str
    operation: str
    params: Callable[[], Params]
    expected: Callable[[Params], dict[str, list[str]]]
    undo: tuple[str, Callable[[Params], Params]] | None = None


class Stage:
    """A server with everything in place: a caller with a key and policies, users and a role."""

    def __init__(self, server: Server) -> None:
        self.server = server
        root = Signer(server.key, server.port)
        answer = self.answer(root, "sts", "GetCallerIdentity", {})
        self.account = texts(answer, "Account")[0]
        answer = self.answer(root, "iam", "CreateUser", {"UserName": CALLER})
        self.caller_id = texts(answer, "UserId")[0]
        for name in OTHERS:
            self.answer(root, "iam", "CreateUser", {"UserName": name})
        for name, text in POLICIES.items():
            policy = {"PolicyName": name, "PolicyDocument": text}
            arn = texts(self.answer(root, "iam", "CreatePolicy", policy), "Arn")[0]
            attached = {"UserName": CALLER, "PolicyArn": arn}
            self.answer(root, "iam", "AttachUserPolicy", attached)
        answer = self.answer(root, "iam", "CreateAccessKey", {"UserName": CALLER})
        key = Key(texts(answer, "AccessKeyId")[0], texts(answer, "SecretAccessKey")[0])
        trust = document(
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{self.account}:root"},
                "Action": "sts:AssumeRole",
            }
        )
        role = {"RoleName": TARGET, "AssumeRolePolicyDocument": trust}
        self.answer(root, "iam", "CreateRole", role)
        self.signer = Signer(key, server.port)

    def answer(
        self, signer: Signer, service: str, operation: str, params: Params
    ) -> ElementTree.Element:
        """The answer of a call; raises Failed when it is refused."""
        with Client(self.server.port, 1) as client:
            status, body = client.call(signer.signed(service, operation, params))
        if status != 200:
            raise Failed(f"{operation}: {status} {body[:500].decode(errors='replace')}")
        return ElementTree.fromstring(body)  # noqa: S314

    def check(self, work: Work) -> None:
        """Raises Failed unless a call answers what it must."""
        params = work.params()
        answer = self.answer(self.signer, work.service, work.operation, params)
        for path, wanted in work.expected(params).items():
            found = texts(answer, path)
            if not (len(found) == len(wanted) and all(map(re.fullmatch, wanted, found))):
                raise Failed(f"{work.operation}: {path} is {found}, not {wanted}")
        self.undo(work, [params])

    def signed(self, work: Work, size: int) -> tuple[list[bytes], list[Params]]:
        """So many calls signed now, and their parameters.

        Calls that are all the same are the same bytes, as often as they are sent.
        """
        if work.undo is None:
            params = work.params()
            return [self.signer.signed(work.service, work.operation, params)] * size, []
        given = [work.params() for _ in range(size)]
        return [self.signer.signed(work.service, work.operation, one) for one in given], given

    def undo(self, work: Work, given: list[Params]) -> None:
        """Takes back what calls with these parameters have made."""
        if work.undo is not None:
            operation, reversing = work.undo
            calls = [self.signer.signed(work.service, operation, reversing(one)) for one in given]
            with Client(self.server.port, 1) as client:
                client.replay(calls)


def texts(answer: ElementTree.Element, path: str) -> list[str]:
    """The texts of the elements at a path of names, whatever their namespace."""
    steps = "/".join(f"{{*}}{step}" for step in path.split("/"))
    return [element.text or "" for element in answer.findall(f".//{steps}")]


def works(stage: Stage) -> Iterator[Work]:
    """The measured calls; expectations are regular expressions."""
    account, numbers = stage.account, count()
    user_arn = f"arn:aws:iam::{account}:user/"
    assumed = f"arn:aws:sts::{account}:assumed-role/{TARGET}/session"
    yield Work(
        "GetCallerIdentity", "sts", "GetCallerIdentity", dict,
        lambda _: {"Arn": [user_arn + CALLER], "Account": [account], "UserId": [stage.caller_id]},
    )  # fmt: skip
    yield Work(
        "GetUser", "iam", "GetUser",
        lambda: {"UserName": CALLER},
        lambda _: {"User/Arn": [user_arn + CALLER], "User/UserId": [stage.caller_id]},
    )  # fmt: skip
    yield Work(
        "AssumeRole", "sts", "AssumeRole",
        lambda: {"RoleArn": f"arn:aws:iam::{account}:role/{TARGET}", "RoleSessionName": "session"},
        lambda _: {
            "AssumedRoleUser/Arn": [assumed],
            "Credentials/AccessKeyId": ["ASIA[A-Z0-9]{16}"],
            "Credentials/SessionToken": [".{100,}"],
        },
    )  # fmt: skip
    yield Work(
        "CreateUser", "iam", "CreateUser",
        lambda: {"UserName": f"new-{next(numbers):06}"},
        lambda sent: {
            "User/Arn": [user_arn + sent["UserName"]], "User/UserId": ["AIDA[A-Z0-9]{17}|[a-z0-9]+"]
        },
        undo=("DeleteUser", lambda sent: {"UserName": sent["UserName"]}),
    )  # fmt: skip
    yield Work(
        f"ListUsers of {USERS}", "iam", "ListUsers",
        lambda: {"MaxItems": USERS},
        lambda _: {"Users/member/Arn": [user_arn + name for name in (CALLER, *OTHERS)]},
    )  # fmt: skip
    yield Work(
        f"SimulatePrincipalPolicy, {len(ACTIONS)} actions", "iam", "SimulatePrincipalPolicy",
        lambda: {"PolicySourceArn": user_arn + CALLER, "ActionNames": ACTIONS},
        lambda _: {
            "EvaluationResults/member/EvalActionName": ACTIONS,
            "EvaluationResults/member/EvalDecision": [
                *("implicitDeny",) * 4, *("allowed", "implicitDeny") * 2, *("implicitDeny",) * 2
            ],
        },
    )  # fmt: skip
