"""The cast: the account Acme and its people, and the stranger Mallory in the account Evil.

In Acme: the root user; Alice, administrator; Bob, developer in the group Developers; Carol, who
may do nothing; the role Deployer, which Alice and Bob may assume; the application ci, with an
access key and no password. Each test gets accounts of its own, so nothing needs cleaning up.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.config import Config

from accounts.opening import open_account
from iamsite.operations import AccessKeyCredential, Credential, OperationError, Origin, perform
from iamsite.operations.caller import Command

PASSWORD = "correct horse battery staple"


def allow(*actions: str, resource: str | list[str] = "*", **more: Any) -> str:
    """A policy of one statement."""
    return policy({"Effect": "Allow", "Action": list(actions), "Resource": resource, **more})


def deny(*actions: str, resource: str | list[str] = "*", **more: Any) -> str:
    return policy({"Effect": "Deny", "Action": list(actions), "Resource": resource, **more})


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: str | dict[str, Any], action: Any = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy; `principal` is an AWS principal unless it is a whole element."""
    whole = principal if isinstance(principal, dict) else {"AWS": principal}
    return policy({"Effect": "Allow", "Principal": whole, "Action": action, **more})


def origin(face: str = "command", **changes: Any) -> Origin:
    values = {
        "source_ip": "203.0.113.7",
        "user_agent": "tests",
        "secure": True,
        "request_id": str(uuid.uuid4()),
        "face": face,
    }
    return Origin(**{**values, **changes})


@dataclass(frozen=True)
class Key:
    """An access key as its owner keeps it; `token` for temporary credentials."""

    id: str
    secret: str
    token: str | None = None

    @classmethod
    def of(cls, output: dict[str, Any]) -> Key:
        """From `AccessKey` of CreateAccessKey or `Credentials` of STS."""
        return cls(output["AccessKeyId"], output["SecretAccessKey"], output.get("SessionToken"))

    @property
    def credential(self) -> AccessKeyCredential:
        """The credential of a rightly signed request: the signature itself is the face's matter."""
        return AccessKeyCredential(self.id, self.token, lambda secret: None)

    def client(self, service: str, url: str) -> Any:
        """A boto3 client that signs with this key against the portal at `url`."""
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id=self.id,
            aws_secret_access_key=self.secret,
            aws_session_token=self.token,
            config=Config(retries={"max_attempts": 0}, user_agent_extra="iamsite-tests"),
        )


@dataclass(frozen=True)
class Actor:
    """Somebody who performs operations."""

    name: str
    arn: str
    credential: Credential
    key: Key | None = None

    def perform(self, operation: str, /, **params: Any) -> dict[str, Any]:
        return perform(self.credential, operation, params, origin())

    def client(self, service: str, url: str) -> Any:
        assert self.key is not None
        return self.key.client(service, url)


def refused(actor: Actor, operation: str, /, **params: Any) -> tuple[str, str]:
    """Code and message of the refusal that `operation` answers with."""
    with pytest.raises(OperationError) as caught:
        actor.perform(operation, **params)
    return caught.value.code, caught.value.message


class Account:
    """An account with its root user; the others come when they are first named."""

    def __init__(self, label: str) -> None:
        self.label = label
        self.email = f"{label}-{uuid.uuid4().hex[:12]}@example.test"
        opened = open_account(self.email, PASSWORD, label.title())
        self.id = opened.account.id
        self.root = Actor("root", opened.account.root_arn, Command(self.id))

    def arn(self, rest: str) -> str:
        return f"arn:aws:iam::{self.id}:{rest}"

    def user(self, name: str, *documents: str) -> Actor:
        """A new user with an access key and, as inline policies, `documents`."""
        self.root.perform("CreateUser", UserName=name)
        for number, document in enumerate(documents):
            self.root.perform(
                "PutUserPolicy", UserName=name, PolicyName=f"p{number}", PolicyDocument=document
            )
        key = Key.of(self.root.perform("CreateAccessKey", UserName=name)["AccessKey"])
        return Actor(name, self.arn(f"user/{name}"), key.credential, key)

    def role(self, name: str, trust_policy: str, *documents: str, **params: Any) -> str:
        """The ARN of a new role with `documents` as inline policies."""
        made = self.root.perform(
            "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust_policy, **params
        )
        for number, document in enumerate(documents):
            self.root.perform(
                "PutRolePolicy", RoleName=name, PolicyName=f"p{number}", PolicyDocument=document
            )
        return str(made["Role"]["Arn"])

    def assume(self, actor: Actor, role_arn: str, session: str = "session", **params: Any) -> Actor:
        """The session of `actor` in a role."""
        output = actor.perform("AssumeRole", RoleArn=role_arn, RoleSessionName=session, **params)
        key = Key.of(output["Credentials"])
        return Actor(session, output["AssumedRoleUser"]["Arn"], key.credential, key)


def service(account: Account, prefix: str, principal: str = "") -> Actor:
    """A registered service of the account, with an access key of its own."""
    account.root.perform(
        "RegisterService",
        ServicePrefix=prefix,
        ServiceName=prefix.title(),
        ServicePrincipal=principal or f"{prefix}.example.com",
    )
    made = account.root.perform("CreateServiceAccessKey", ServicePrefix=prefix)
    key = Key.of(made["ServiceAccessKey"])
    return Actor(prefix, f"arn:aws:portal::{account.id}:service/{prefix}", key.credential, key)


class Acme(Account):
    def __init__(self) -> None:
        super().__init__("acme")
        self.alice = self.user("alice", allow("*"))
        self.bob = self.user("bob")
        self.carol = self.user("carol")
        self.ci = self.user("ci", allow("s3:PutObject", resource="arn:aws:s3:::releases/*"))
        self.root.perform("CreateGroup", GroupName="Developers")
        self.root.perform(
            "PutGroupPolicy",
            GroupName="Developers",
            PolicyName="develop",
            PolicyDocument=allow("s3:*", "iam:Get*", "iam:List*", "sts:AssumeRole"),
        )
        self.root.perform("AddUserToGroup", GroupName="Developers", UserName="bob")
        self.deployer = self.role(
            "Deployer", trust(self.arn("root")), allow("iam:GetUser", "iam:ListUsers", "s3:*")
        )


class Evil(Account):
    def __init__(self) -> None:
        super().__init__("evil")
        self.mallory = self.user("mallory", allow("*"))
