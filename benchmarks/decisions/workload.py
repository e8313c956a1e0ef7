"""A principal like those of real accounts, and what it asks: the same for every engine.

Ten managed policies of exact actions, wildcard actions, ARNs with wildcards, variables and the
usual conditions; a boundary and two SCP levels. Everything comes from a seed. Policies use only
what most engines can say: `*` but not `?`, string conditions that respect case, positive
operators.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from random import Random
from typing import Any

ACCOUNT = "111122223333"
USER = "bob"
PRINCIPAL = f"arn:aws:iam::{ACCOUNT}:user/team/{USER}"

SERVICES = {
    "s3": ("GetObject", "GetObjectTagging", "PutObject", "PutObjectTagging", "DeleteObject"),
    "dynamodb": ("GetItem", "BatchGetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "GetQueueAttributes"),
    "iam": ("GetUser", "ListUserPolicies", "UpdateUser", "DeleteUser", "CreateUser"),
    "lambda": ("InvokeFunction", "GetFunction", "UpdateFunctionCode", "DeleteFunction"),
}
REGIONS = ("us-east-1", "eu-west-1")
TEAMS = tuple(f"team{number:02}" for number in range(20))
LONGEST = 400  # statements that fit into one document
KINDS = {"s3": "", "dynamodb": "table/", "sqs": "", "iam": "user/", "lambda": "function:"}


@dataclass(frozen=True)
class Ask:
    """One request: action, resource and context."""

    action: str
    resource: str
    context: dict[str, str] = field(hash=False)


@dataclass(frozen=True)
class Workload:
    """The documents of each layer as JSON text, and the requests."""

    identity: tuple[str, ...]
    boundary: str
    scps: tuple[str, ...]
    asks: tuple[Ask, ...]

    @property
    def statements(self) -> int:
        """How many statements the identity policies hold."""
        return sum(len(json.loads(text)["Statement"]) for text in self.identity)


def arn(rng: Random, service: str, name: str, region: str | None = None) -> str:
    match service:
        case "s3":
            return f"arn:aws:s3:::{rng.choice(TEAMS)}-data/{name}"
        case "iam":
            return f"arn:aws:iam::{ACCOUNT}:user/{name}"
    where = region or rng.choice(REGIONS)
    return f"arn:aws:{service}:{where}:{ACCOUNT}:{KINDS[service]}{name}"


def condition(rng: Random) -> dict[str, dict[str, str]]:
    return rng.choice((
        {"StringEquals": {"aws:PrincipalTag/team": rng.choice(TEAMS)}},
        {"StringLike": {"aws:UserAgent": rng.choice(("aws-cli/*", "*Boto3*", "console*"))}},
        {"IpAddress": {"aws:SourceIp": rng.choice(("10.0.0.0/8", "203.0.113.0/24"))}},
        {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        {"NumericLessThan": {"aws:MultiFactorAuthAge": rng.choice(("900", "3600"))}},
        {"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/team/*"}},
    ))  # fmt: skip


def statement(rng: Random) -> dict[str, Any]:
    service = rng.choice(tuple(SERVICES))
    names = SERVICES[service]
    chance = rng.random()
    if chance < 0.6:
        actions = [f"{service}:{name}" for name in rng.sample(names, rng.randint(1, 3))]
    else:
        actions = [f"{service}:{rng.choice(('Get*', 'Put*', 'Delete*', '*'))}"]
    name = f"{rng.choice(TEAMS)}-{rng.randint(0, 400)}"
    target = rng.choice((name, f"{name}*", f"{rng.choice(TEAMS)}-*", "${aws:username}*"))
    body: dict[str, Any] = {
        "Effect": "Deny" if rng.random() < 0.1 else "Allow",
        "Action": actions,
        "Resource": "*" if rng.random() < 0.03 else arn(rng, service, target),
    }
    if rng.random() < 0.4:
        body["Condition"] = condition(rng)
    return body


def document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def context(rng: Random) -> dict[str, str]:
    return {
        "aws:username": USER,
        "aws:PrincipalArn": PRINCIPAL,
        "aws:PrincipalTag/team": rng.choice(TEAMS),
        "aws:UserAgent": rng.choice(("aws-cli/2.31", "Boto3/1.40", "Terraform/1.9")),
        "aws:SourceIp": rng.choice(("10.1.2.3", "203.0.113.7", "198.51.100.1")),
        "aws:MultiFactorAuthPresent": rng.choice(("true", "false")),
        "aws:MultiFactorAuthAge": str(rng.choice((60, 1200, 7200))),
    }


def ask(rng: Random, statements: list[dict[str, Any]]) -> Ask:
    """A request near one of the statements, or anywhere."""
    if rng.random() < 0.22:
        one = rng.choice([body for body in statements if body["Effect"] == "Allow"])
        service, name = rng.choice(one["Action"]).split(":")
        fitting = [other for other in SERVICES[service] if other.startswith(name.rstrip("*"))]
        action = f"{service}:{rng.choice(fitting or SERVICES[service])}"
        target = one["Resource"].replace("${aws:username}", USER)
        if target == "*":
            target = arn(rng, service, "x")
        return Ask(action, target.replace("*", str(rng.randint(0, 99))), context(rng))
    service = rng.choice(tuple(SERVICES))
    name = f"{rng.choice(TEAMS)}-{rng.randint(0, 400)}"
    return Ask(f"{service}:{rng.choice(SERVICES[service])}", arn(rng, service, name), context(rng))


def workload(statements: int | None = None, asks: int = 1_000, seed: int = 1) -> Workload:
    """Ten policies of 5 to 20 statements each, or so many statements in all."""
    rng = Random(seed)
    if statements is None:
        sizes = [rng.randint(5, 20) for _ in range(10)]
    else:
        count = max(10, statements // LONGEST)
        sizes = [statements // count] * count
    policies = [[statement(rng) for _ in range(size)] for size in sizes]
    everything = [body for policy in policies for body in policy]
    boundary = [
        {"Effect": "Allow", "Action": [f"{service}:*" for service in SERVICES if service != "iam"],
         "Resource": "*"},
        {"Effect": "Allow", "Action": ["iam:Get*", "iam:List*"], "Resource": "*"},
    ]  # fmt: skip
    full = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    root = [full, {"Effect": "Deny", "Action": "s3:Delete*", "Resource": "*"}]
    account = [
        {"Effect": "Allow", "Action": [f"{service}:*" for service in SERVICES], "Resource": "*"},
        {"Effect": "Deny", "Action": "lambda:Delete*", "Resource": "*",
         "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
    ]  # fmt: skip
    return Workload(
        tuple(document(policy) for policy in policies),
        document(boundary),
        (document(root), document(account)),
        tuple(ask(rng, everything) for _ in range(asks)),
    )
