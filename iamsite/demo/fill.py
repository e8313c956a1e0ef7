"""Builds the demo's accounts as they grew, and a month of activity: each step is an operation with
its own time."""

from __future__ import annotations

import base64
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from operator import itemgetter
from typing import Any

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.db import transaction

from accounts import tenancy
from accounts.opening import close_account, open_account
from iamsite.demo import applications, company, federation
from iamsite.demo.habits import Habit, habits, signing_in
from iamsite.demo.organisation import (
    ORGANISATIONS,
    PARTNER,
    PRODUCTION,
    PRODUCTION_ACCOUNT,
    Organisation,
    User,
)
from iamsite.operations import (
    AccessKeyCredential,
    Command,
    Credential,
    OperationError,
    Origin,
    perform,
)
from identities import candidates
from identities.models import AccessKey, Role
from identities.signin import admission

DAYS = 420  # since the accounts were opened
BUSY = 25  # the last of them, in which everybody is at work
NEW_KEY = 6  # days that a key is old beside the one which it is to follow
OFFICE, HOME, CLOUD = "203.0.113.{}", "198.51.100.{}", "192.0.2.{}"
AGENTS = {
    "person": "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/macos#25.1 lang/python#3.13.7",
    "machine": "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux lang/python#3.12.9",
    "mac": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:145.0) Firefox/145.0",
    "windows": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36",
    "terraform": "APN/1.0 HashiCorp/1.0 Terraform/1.14.0 terraform-provider-aws/6.22.0",
}


@dataclass
class Filler:
    """One run. `password` is everybody's; `chance` is seeded, so two runs look alike."""

    now: datetime
    password: str
    chance: random.Random = field(default_factory=lambda: random.Random(7))  # noqa: S311
    keys: dict[tuple[str, str], AccessKeyCredential] = field(default_factory=dict)
    plans: list[tuple[datetime, Callable[[datetime], object]]] = field(default_factory=list)
    used: dict[tuple[str, type[AccessKey | Role], str], datetime] = field(default_factory=dict)
    visits: int = 0
    performed: int = 0

    def fill(self) -> None:
        """Makes the accounts and their month. Raises AccountError if they are there already."""
        for organisation in ORGANISATIONS:
            self._open(organisation)
        # Trust policies name other accounts, so roles come once all accounts are there.
        for organisation in ORGANISATIONS:
            self._roles(organisation)
        applications.register(self._root(PRODUCTION), self.now)
        self._plan_company()
        self._plan_habits()
        for when, act in sorted(self.plans, key=itemgetter(0)):
            act(when)
        self._date_uses()

    def _open(self, organisation: Organisation) -> None:
        day = self.now - timedelta(days=DAYS)
        with transaction.atomic():
            open_account(organisation.email, self.password, organisation.name, organisation.id)
        root = self._root(organisation.id)
        root("CreateAccountAlias", day, AccountAlias=organisation.alias)
        for policy in organisation.policies:
            made = root(
                "CreatePolicy",
                day,
                PolicyName=policy.name,
                Path=policy.path,
                Description=policy.description,
                PolicyDocument=policy.versions[0],
            )
            for number, version in enumerate(policy.versions[1:], 1):
                self._plan(
                    day + timedelta(days=90 * number),
                    root,
                    "CreatePolicyVersion",
                    PolicyArn=made["Policy"]["Arn"],
                    PolicyDocument=version,
                    SetAsDefault=True,
                )
        for group in organisation.groups:
            root("CreateGroup", day, GroupName=group.name)
            for name in group.attached:
                arn = self._policy_arn(organisation, name)
                root("AttachGroupPolicy", day, GroupName=group.name, PolicyArn=arn)
            for name, text in group.inline.items():
                root(
                    "PutGroupPolicy",
                    day,
                    GroupName=group.name,
                    PolicyName=name,
                    PolicyDocument=text,
                )
        for user in organisation.users:
            # Most were there from the first months on; nobody joined while all were at work.
            share = self.chance.random() ** 1.5
            joined = day + timedelta(hours=1 + int(share * (DAYS - BUSY - 8) * 24))
            self.plans.append((joined, partial(self._user, organisation, user)))

    def _plan_company(self) -> None:
        root = self._root(PRODUCTION)

        def days_ago(days: int) -> datetime:
            return self.now - timedelta(days=days)

        self.plans += (
            (days_ago(BUSY + 6), partial(company.found, self._root)),
            (days_ago(45), lambda day: federation.register(root, day, self.now)),
            (days_ago(BUSY - 5), partial(company.expect, root)),
            (days_ago(NEW_KEY), partial(self._key, PRODUCTION, "ci-shop")),
            (self.now - timedelta(hours=5), self._delegate),
        )

    def _plan(
        self, when: datetime, act: Callable[..., object], operation: str, **params: Any
    ) -> None:
        self.plans.append((when, lambda time: act(operation, time, **params)))

    def _user(self, organisation: Organisation, user: User, day: datetime) -> None:
        root = self._root(organisation.id)
        tags = [{"Key": key, "Value": value} for key, value in user.tags.items()]
        more: dict[str, Any] = {"Tags": tags} if tags else {}
        if user.boundary:
            more["PermissionsBoundary"] = self._policy_arn(organisation, user.boundary)
        root("CreateUser", day, UserName=user.name, Path=user.path, **more)
        for group in user.groups:
            root("AddUserToGroup", day, GroupName=group, UserName=user.name)
        if user.console:
            root("CreateLoginProfile", day, UserName=user.name, Password=self.password)
        if user.mfa:
            self._device(organisation.id, user.name, day)
        if user.has_key:
            self._key(organisation.id, user.name, day)

    def _key(self, account: str, name: str, day: datetime) -> None:
        made = self._root(account)("CreateAccessKey", day, UserName=name)["AccessKey"]
        self.keys[account, name] = AccessKeyCredential(made["AccessKeyId"], None, lambda _: None)

    def _device(self, account: str, name: str, day: datetime) -> None:
        """An authenticator app, enabled with two codes that follow each other."""
        root = self._root(account)
        made = root("CreateVirtualMFADevice", day, VirtualMFADeviceName=name)["VirtualMFADevice"]
        seed = base64.b32decode(made["Base32StringSeed"])
        app = TOTP(seed, 6, SHA1(), 30, enforce_key_length=False)  # noqa: S303
        codes = [app.generate(int(day.timestamp()) + ahead).decode() for ahead in (0, 30)]
        root(
            "EnableMFADevice",
            day,
            UserName=name,
            SerialNumber=made["SerialNumber"],
            AuthenticationCode1=codes[0],
            AuthenticationCode2=codes[1],
        )

    def _roles(self, organisation: Organisation) -> None:
        root, day = self._root(organisation.id), self.now - timedelta(days=DAYS - 1)
        for role in organisation.roles:
            root(
                "CreateRole",
                day,
                RoleName=role.name,
                Path=role.path,
                Description=role.description,
                AssumeRolePolicyDocument=role.trust,
                MaxSessionDuration=role.hours * 3600,
                Tags=[{"Key": key, "Value": value} for key, value in role.tags.items()],
            )
            for name in role.attached:
                arn = self._policy_arn(organisation, name)
                root("AttachRolePolicy", day, RoleName=role.name, PolicyArn=arn)
            for name, text in role.inline.items():
                root("PutRolePolicy", day, RoleName=role.name, PolicyName=name, PolicyDocument=text)

    def _plan_habits(self) -> None:
        """What people and machines do every day."""
        everybody = habits()
        when = self.now - timedelta(days=BUSY)
        while when < self.now:
            habit = self.chance.choice(everybody)
            if self.chance.random() < habit.weight * (1.0 if _is_working(when) else 0.25):
                self.plans.append((when, partial(self._as_usual, habit)))
            when += timedelta(minutes=self.chance.randrange(20, 110))
        morning = self.now.replace(hour=7, minute=0) - timedelta(days=BUSY)
        while morning < self.now:
            for organisation in ORGANISATIONS if _is_working(morning) else ():
                for user in signing_in(organisation):
                    came = morning + timedelta(minutes=self.chance.randrange(300))
                    if self.chance.random() < 0.4 and came < self.now:
                        self.plans.append((came, partial(self._sign_in, organisation, user)))
            morning += timedelta(days=1)
        for user, minutes in zip(signing_in(PRODUCTION_ACCOUNT)[1:6:2], (52, 31, 8), strict=True):
            came = self.now - timedelta(minutes=minutes)
            self.plans.append((came, partial(self._sign_in, PRODUCTION_ACCOUNT, user)))

    def _as_usual(self, habit: Habit, when: datetime) -> None:
        key = self.keys.get((habit.account, habit.who))
        if key is None:
            return
        answer = self._try(key, habit.operation, when, habit.params, habit.who)
        self.used[habit.account, AccessKey, key.access_key_id] = when
        if "Credentials" in answer:
            held = answer["Credentials"]
            session = AccessKeyCredential(held["AccessKeyId"], held["SessionToken"], lambda _: None)
            self._try(session, habit.then, when + timedelta(seconds=3), {}, habit.who)
            role = answer["AssumedRoleUser"]["AssumedRoleId"].partition(":")[0]
            self.used[habit.params["RoleArn"].split(":")[4], Role, role] = when

    def _try(
        self,
        credential: Credential,
        operation: str,
        when: datetime,
        params: dict[str, Any],
        who: str,
    ) -> dict[str, Any]:
        """The answer, {} of what is refused."""
        try:
            return self._perform(credential, operation, when, params, who)
        except OperationError as error:
            if error.status >= 500:
                raise
            return {}

    def _sign_in(self, organisation: Organisation, user: User, when: datetime) -> None:
        """At the console; every twentieth time the password is mistyped first."""
        self.performed += 1
        self.visits += 1
        candidate, origin = candidates.user(organisation.id, user.name), self._origin(user.name)
        browser = AGENTS["mac" if self.chance.random() < 0.6 else "windows"]
        origin = replace(origin, face="console", user_agent=browser)
        if self.visits % 20 == 0:
            earlier = when - timedelta(seconds=20)
            admission.record_failure(candidate, origin, earlier, "Failed authentication")
        admission.admit(candidate, origin, when, mfa_at=when if user.mfa else None)

    def _date_uses(self) -> None:
        """The database notes uses by its own clock, by which all of them were just now."""
        for (account, model, number), when in self.used.items():
            with transaction.atomic():
                tenancy.enter(account)
                model.objects.filter(id=number).update(last_used_at=when)

    def _delegate(self, when: datetime) -> None:
        """An administrator takes what the partner asks for, and has handed one request on."""
        amara = (PRODUCTION, "amara.okafor")
        asked = applications.ask_for_access(self._root(PARTNER), when)
        for request in asked:
            named = {"DelegationRequestId": request}
            self._try(self.keys[amara], "AssociateDelegationRequest", when, named, amara[1])
        handed = {"DelegationRequestId": asked[1], "Notes": "Finance has to agree"}
        self._try(self.keys[amara], "UpdateDelegationRequest", when, handed, amara[1])

    def _root(self, account: str) -> Callable[..., dict[str, Any]]:
        def act(operation: str, when: datetime, **params: Any) -> dict[str, Any]:
            return self._perform(Command(account), operation, when, params, "root")

        return act

    def _perform(
        self,
        credential: Credential,
        operation: str,
        when: datetime,
        params: dict[str, Any],
        who: str,
    ) -> dict[str, Any]:
        self.performed += 1
        return perform(credential, operation, params, self._origin(who), when)

    def _origin(self, who: str) -> Origin:
        machine = "." not in who and who != "root"
        agent = "machine" if machine else "terraform" if who == "root" else "person"
        address = CLOUD if machine else self.chance.choice([OFFICE, OFFICE, HOME])
        return Origin(
            source_ip=address.format(self.chance.randrange(2, 250)),
            user_agent=AGENTS[agent],
            secure=True,
            request_id=str(uuid.UUID(int=self.chance.getrandbits(128), version=4)),
            face="aws",
        )

    @staticmethod
    def _policy_arn(organisation: Organisation, name: str) -> str:
        if name.startswith("arn:"):
            return name
        path = next(policy.path for policy in organisation.policies if policy.name == name)
        return f"arn:aws:iam::{organisation.id}:policy{path}{name}"


def _is_working(when: datetime) -> bool:
    return when.weekday() < 5 and 7 <= when.hour < 19


def empty() -> None:
    """Takes the demo's accounts away again."""
    for organisation in ORGANISATIONS:
        close_account(organisation.id)
