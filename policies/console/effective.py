"""Every statement that counts for a principal, and which policy it comes from by which path."""

from __future__ import annotations

from dataclasses import dataclass

from iamsite.console.asking import Asking, Check
from policies.console.sources import Source, Sources
from policies.console.statements import Row, statements


@dataclass(frozen=True, slots=True)
class Counted:
    """A statement and the source of its policy."""

    source: Source
    row: Row


@dataclass(frozen=True, slots=True)
class Effective:
    """Denials first, as they win. `hidden` says why some policies could not be read."""

    statements: list[Counted]
    hidden: list[str]


def effective(ask: Asking, kind: str, name: str, sources: Sources) -> Effective:
    """Reads the documents of `sources`, which quotas keep few; `kind` is User, Group or Role."""
    counted, hidden = [], list(sources.hidden)
    managed = {source.arn: ("GetPolicy", {"PolicyArn": source.arn}) for source in sources.policies}
    managed.pop("", None)
    policies = ask.see(**managed)
    versions: dict[str, Check] = {
        arn: (
            "GetPolicyVersion",
            {"PolicyArn": arn, "VersionId": answer.result["Policy"]["DefaultVersionId"]},
        )
        for arn, answer in policies.items()
        if answer
    }
    inline = {
        f"{source.via}/{source.name}": _inline(kind, name, source)
        for source in sources.policies
        if not source.arn
    }
    documents = ask.see(**versions, **inline)
    hidden += [answer.denied for answer in (*policies.values(), *documents.values()) if not answer]
    for source in sources.policies:
        answer = documents.get(source.arn or f"{source.via}/{source.name}")
        if not answer:
            continue
        result = answer.result
        document = result.get("PolicyDocument") or result["PolicyVersion"]["Document"]
        counted += [Counted(source, row) for row in statements(document)]
    counted.sort(key=lambda one: not one.row.is_deny)
    return Effective(counted, list(dict.fromkeys(hidden)))


def _inline(kind: str, name: str, source: Source) -> Check:
    if source.via:
        return "GetGroupPolicy", {"GroupName": source.via, "PolicyName": source.name}
    return f"Get{kind}Policy", {f"{kind}Name": name, "PolicyName": source.name}
