"""The tasks that a root session of AssumeRoot may be for: each is one AWS managed policy."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import root_access
from policies.managed import FOLDER, managed_policies

PATH = "root-task"
OF_CREDENTIALS = frozenset(
    ("IAMAuditRootUserCredentials", "IAMCreateRootUserPassword", "IAMDeleteRootUserCredentials")
)


@dataclass(frozen=True, slots=True)
class Task:
    """`document` limits the session; `feature` is what the organization must have enabled."""

    name: str
    document: str
    feature: str

    @property
    def arn(self) -> str:
        return f"arn:aws:iam::aws:policy/{PATH}/{self.name}"


def _task(name: str, document: str) -> Task:
    of_credentials = name in OF_CREDENTIALS
    feature = root_access.CREDENTIALS if of_credentials else root_access.SESSIONS
    return Task(name, document, feature)


BY_NAME = {one.name: _task(one.name, one.document) for one in managed_policies(FOLDER / PATH)}
BY_ARN = {task.arn: task for task in BY_NAME.values()}
