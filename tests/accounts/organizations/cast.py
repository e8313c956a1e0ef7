"""An organization of Acme: units, and a member account with its people."""

from __future__ import annotations

from typing import Any

from tests.cast import Account, Actor, Key, allow

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
IAM = "iam.amazonaws.com"
TASKS = "arn:aws:iam::aws:policy/root-task/"


class Organization:
    """An organization managed by `management`, with service control policies enabled."""

    def __init__(self, management: Account, *kinds: str) -> None:
        self.management = management
        made = self.do("CreateOrganization")["Organization"]
        self.id: str = made["Id"]
        self.root: str = self.do("ListRoots")["Roots"][0]["Id"]
        for kind in kinds or (SCP,):
            self.do("EnablePolicyType", RootId=self.root, PolicyType=kind)

    def do(self, operation: str, /, **params: Any) -> dict[str, Any]:
        return self.management.root.perform(f"organizations:{operation}", **params)

    def unit(self, name: str, parent: str | None = None) -> str:
        made = self.do("CreateOrganizationalUnit", ParentId=parent or self.root, Name=name)
        return str(made["OrganizationalUnit"]["Id"])

    def invite(self, account: Account) -> str:
        target = {"Type": "ACCOUNT", "Id": account.id}
        return str(self.do("InviteAccountToOrganization", Target=target)["Handshake"]["Id"])

    def member(self, label: str = "member", unit: str | None = None) -> Member:
        """A new account that joins, in `unit` if one is named."""
        account = Member(label)
        do(account.root, "AcceptHandshake", HandshakeId=self.invite(account))
        if unit is not None:
            self.move(account, unit)
        return account

    def move(self, account: Account, to: str) -> None:
        parent = self.do("ListParents", ChildId=account.id)["Parents"][0]["Id"]
        self.do("MoveAccount", AccountId=account.id, SourceParentId=parent, DestinationParentId=to)

    def policy(self, name: str, content: str, kind: str = SCP) -> str:
        made = self.do("CreatePolicy", Name=name, Description="", Content=content, Type=kind)
        return str(made["Policy"]["PolicySummary"]["Id"])

    def attach(self, policy: str, target: str) -> None:
        self.do("AttachPolicy", PolicyId=policy, TargetId=target)

    def limit(self, target: str, content: str, kind: str = SCP, name: str = "limit") -> str:
        """The id of a new policy that is attached to `target`."""
        policy = self.policy(name, content, kind)
        self.attach(policy, target)
        return policy

    def trust_iam(self, *delegates: Account) -> None:
        """Trusts IAM, administered by the delegates too, and lets them act as members' roots."""
        self.do("EnableAWSServiceAccess", ServicePrincipal=IAM)
        for account in delegates:
            self.do("RegisterDelegatedAdministrator", AccountId=account.id, ServicePrincipal=IAM)
        for feature in ("RootCredentialsManagement", "RootSessions"):
            self.management.root.perform(f"EnableOrganizations{feature}")

    def policy_arn(self, policy: str, kind: str = SCP) -> str:
        owner = f"arn:aws:organizations::{self.management.id}:policy/{self.id}"
        return f"{owner}/{kind.lower()}/{policy}"


class Member(Account):
    """An account with Alice, who may do everything."""

    def __init__(self, label: str) -> None:
        super().__init__(label)
        self.alice = self.user("alice", allow("*"))


def assume_root(actor: Actor, account: Account, task: str, **params: Any) -> Actor:
    """The session of `actor` as the root user of `account`."""
    given = {"TargetPrincipal": account.id, "TaskPolicyArn": {"arn": f"{TASKS}{task}"}, **params}
    key = Key.of(actor.perform("AssumeRoot", **given)["Credentials"])
    return Actor(task, account.root.arn, key.credential, key)


def do(actor: Actor, operation: str, /, **params: Any) -> dict[str, Any]:
    """An operation of Organizations, by somebody."""
    return actor.perform(f"organizations:{operation}", **params)
