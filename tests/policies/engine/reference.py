"""A naive evaluator of the policy language: the judge of the compiled engine.

It reads plain JSON documents and tries statement after statement, each rule in the order in
which the language's description states it. Nothing is indexed, cached or prepared. It shares
no code with ``policies.engine``; a difference between the two is a fault in one of them.

Only documents that may be saved are given to it: what must be refused is the parser's matter.
"""

from __future__ import annotations

import base64
import binascii
import ipaddress
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.policies.engine.plain import PlainLayers, PlainPolicy, PlainRequest, Value

Statement = Mapping[str, Any]
NO_IDENTITY = {"service", "anonymous", "web_identity", "saml"}


def decide(request: PlainRequest, layers: PlainLayers) -> tuple[str, str | None]:
    """``allowed``, ``implicit_deny`` or ``explicit_deny``, and the layer that refused."""
    principal = request.principal
    kind = principal["kind"]
    resource_layer = "trust" if layers.trust else "resource"
    linked = principal.get("service_linked", False)
    scps = None if linked or kind in NO_IDENTITY else layers.scps
    rcps = None if linked else layers.rcps

    for name, policies in (
        ("rcp", sum(rcps or (), ())),
        ("scp", sum(scps or (), ())),
        (resource_layer, layers.resource),
        ("identity", layers.identity),
        ("boundary", layers.boundary),
        ("session", layers.session),
    ):
        if matching(policies or (), "Deny", request):
            return "explicit_deny", name
    for name, levels in (("rcp", rcps), ("scp", scps)):
        if not all(matching(level, "Allow", request) for level in levels or ()):
            return "implicit_deny", name

    grants = set(matching(layers.resource or (), "Allow", request))
    if kind in NO_IDENTITY:
        return ("allowed", None) if grants else ("implicit_deny", resource_layer)

    root = kind == "root" or principal.get("issuer_arn", "").endswith(":root")
    identity = root or bool(matching(layers.identity or (), "Allow", request))
    boundary = layers.boundary is None or bool(matching(layers.boundary, "Allow", request))
    # A federated user without session policies has an empty set, which allows nothing.
    no_session = layers.session is None and kind != "federated_user"
    session = no_session or bool(matching(layers.session or (), "Allow", request))

    if principal["account"] == request.resource_account:
        # Of a direct grant only the boundary remains to be asked, and only to assume a role.
        if "direct" in grants and (boundary or not layers.trust):
            return "allowed", None
        if layers.trust and not grants:
            return "implicit_deny", "trust"
        identity = identity or "direct" in grants or "role" in grants
        session = session or "direct" in grants
    elif not grants:
        return "implicit_deny", resource_layer
    for name, allows in (("identity", identity), ("boundary", boundary), ("session", session)):
        if not allows:
            return "implicit_deny", name
    return "allowed", None


def matching(policies: Iterable[PlainPolicy], effect: str, request: PlainRequest) -> list[str]:
    """For each matching statement of this effect, how its principal matches."""
    found = []
    for policy in policies:
        active = policy.document.get("Version") == "2012-10-17"
        for statement in listed(policy.document["Statement"]):
            if statement["Effect"] != effect:
                continue
            how = principal_matches(statement, request.principal)
            if (
                how
                and action_matches(statement, request.action)
                and resource_matches(statement, request, policy.kind, active)
                and conditions_hold(statement.get("Condition", {}), request.context, active)
            ):
                found.append(how)
    return found


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def principal_matches(statement: Statement, principal: Mapping[str, Any]) -> str | None:
    """``direct``, ``role`` (also for a federating user), ``account``, or ``None``.

    A statement with neither element covers whoever its policy is attached to.
    """
    if "NotPrincipal" in statement:
        if principal.get("has_boundary"):
            return "direct"
        listed_here = dict(statement["NotPrincipal"])
        if principal["kind"] == "service":  # AWS entries do not speak of services
            listed_here.pop("AWS", None)
        kinds = set(principal_kinds(listed_here, principal, "Deny"))
        return None if kinds - {"federating-user"} else "direct"
    if "Principal" not in statement:
        return "direct"
    kinds = set(principal_kinds(statement["Principal"], principal, statement["Effect"]))
    if "federating-user" in kinds:
        kinds.add("role")
    return next((kind for kind in ("direct", "role", "account") if kind in kinds), None)


def principal_kinds(element: Any, principal: Mapping[str, Any], effect: str) -> Iterator[str]:
    if element == "*":
        yield "direct"
        return
    kind, arn = principal["kind"], principal["arn"]
    for value in listed(element.get("AWS", [])):
        if value == "*":
            # A federated caller is let in only by its provider's name.
            if "provider" not in principal or effect == "Deny":
                yield "direct"
        elif value in (principal["account"], f"arn:aws:iam::{principal['account']}:root"):
            yield "account"
        elif value in {
            "user": (arn, principal.get("id")),
            "role_session": (arn,),
            "federated_user": (arn,),
        }.get(kind, ()):
            yield "direct"
        elif kind == "role_session" and same_role(value, principal):
            yield "role"
        elif kind == "federated_user" and value in (
            principal.get("issuer_arn"),
            principal.get("issuer_id"),
        ):
            yield "federating-user"
    if kind == "service" and arn in listed(element.get("Service", [])):
        yield "direct"
    if principal.get("provider") in listed(element.get("Federated", [])):
        yield "direct"


def same_role(value: str, principal: Mapping[str, Any]) -> bool:
    """By unique id, or by account and name: a session's ARN does not tell the role's path."""
    head, role, path = value.partition(":role/")
    own_head, _, own_path = principal["role_arn"].partition(":role/")
    named = bool(role) and head == own_head and path.split("/")[-1] == own_path.split("/")[-1]
    return named or value == principal["id"]


def action_matches(statement: Statement, action: str) -> bool:
    service, name = action.lower().split(":")
    found = False
    for pattern in listed(statement.get("Action", statement.get("NotAction"))):
        wanted_service, _, wanted_name = pattern.lower().partition(":")
        same_service = wanted_service in ("*", service)
        found = found or pattern == "*" or (same_service and glob(wild(wanted_name), name))
    return found if "Action" in statement else not found


def resource_matches(statement: Statement, request: PlainRequest, kind: str, active: bool) -> bool:
    patterns = listed(statement.get("Resource", statement.get("NotResource", "*")))
    verdicts = [one_resource_matches(pattern, request, kind, active) for pattern in patterns]
    if "NotResource" not in statement:
        return any(verdicts)
    # Without the value of a variable: an Allow does not match, a Deny excludes nothing for it.
    return not any(verdicts) and (None not in verdicts or statement["Effect"] == "Deny")


def one_resource_matches(
    pattern: str, request: PlainRequest, kind: str, active: bool
) -> bool | None:
    """``None`` when the pattern holds a variable without a value, which matches no resource."""
    if pattern == "*":
        return True
    parts = pattern.split(":", 5)
    if len(parts) < 6:
        incomplete = {"resource": "*" not in pattern, "scp": not pattern.endswith("*")}
        if incomplete.get(kind):
            return False
        parts += ["*"] * (6 - len(parts))
    tail = substitute(parts[5], request.context, active)
    if tail is None:
        return None
    if request.resource == "*":
        return False
    actual = request.resource.split(":", 5)
    head = parts[0] == actual[0]
    for wanted, given in zip(parts[1:5], actual[1:5], strict=True):
        head = head and glob(wild(wanted.lower()), given.lower())
    return head and glob(tail, actual[5])


ANY, ONE = object(), object()
Token = object  # ANY, ONE, or a literal character


def wild(text: str) -> list[Token]:
    """Each ``*`` and ``?`` as a wildcard, all else as literal characters."""
    return [ANY if char == "*" else ONE if char == "?" else char for char in text]


def glob(tokens: Sequence[Token], text: str) -> bool:
    """Whether the tokens match the whole text, by the set of positions they can reach."""
    reached = {0}
    for token in tokens:
        if token is ANY:
            reached = set(range(min(reached), len(text) + 1))
        elif token is ONE:
            reached = {at + 1 for at in reached if at < len(text)}
        else:
            reached = {at + 1 for at in reached if at < len(text) and text[at] == token}
        if not reached:
            return False
    return len(text) in reached


VARIABLE = re.compile(r"\$\{(?P<key>[^{},']*)(?:, '(?P<default>[^']*)')?\}")


def substitute(text: str, context: Mapping[str, Value], active: bool) -> list[Token] | None:
    """The tokens, variables' values as literal characters; ``None`` for want of a value."""
    if not active:
        return wild(text)
    tokens: list[Token] = []
    at = 0
    for found in VARIABLE.finditer(text):
        tokens += wild(text[at : found.start()])
        at = found.end()
        key = found["key"]
        value: Value | None = key if key in ("*", "?", "$") else context.get(key.lower())
        if not isinstance(value, str):
            value = found["default"]
        if value is None:
            return None
        tokens += value
    return tokens + wild(text[at:])


def plain(text: str, context: Mapping[str, Value], active: bool) -> str | None:
    """The same where wildcards are ordinary characters."""
    tokens = substitute(text, context, active)
    shown = ("*" if one is ANY else "?" if one is ONE else str(one) for one in tokens or ())
    return None if tokens is None else "".join(shown)


OPERATOR = re.compile(r"(?:(forallvalues|foranyvalue):)?(\w+?)(ifexists)?", re.IGNORECASE)


def conditions_hold(block: Mapping[str, Any], context: Mapping[str, Value], active: bool) -> bool:
    return all(
        condition_holds(operator, key, list(map(str, listed(values))), context, active)
        for operator, keys in block.items()
        for key, values in keys.items()
    )


def condition_holds(
    name: str, key: str, wanted: list[str], context: Mapping[str, Value], active: bool
) -> bool:
    found = OPERATOR.fullmatch(name)
    assert found, name
    every, base, if_exists = (part and part.lower() for part in found.groups())
    assert base
    value = context.get(key.lower())

    if base == "null":
        absent = value is None or len(value) == 0
        return any(one.lower() == str(absent).lower() for one in wanted)

    negated = "not" in base
    if value is None:
        return bool(if_exists) or every == "forallvalues" or (negated and not every)

    def matches(given: str) -> bool:
        verdicts = (compare(base, given, one, context, active) for one in wanted)
        return all(verdicts) if negated else any(verdicts)

    if every:
        values = (value,) if isinstance(value, str) and value else tuple(value)
        return (all if every == "forallvalues" else any)(map(matches, values))
    return isinstance(value, str) and matches(value)


def compare(base: str, given: str, wanted: str, context: Mapping[str, Value], active: bool) -> bool:
    """One context value against one policy value; for a negated operator, whether they differ."""
    negated = "not" in base
    family = base.replace("not", "")
    if family in ("stringequals", "stringequalsignorecase", "bool"):
        value = plain(wanted, context, active)
        if value is None:
            return negated
        if family == "bool":
            return given.lower() == value.lower() and given.lower() in ("true", "false")
        same = lower(given) == lower(value) if "ignorecase" in family else given == value
        return same != negated
    if family in ("stringlike", "arnequals", "arnlike"):
        tokens = substitute(wanted, context, active)
        if tokens is None:
            return negated
        if family == "stringlike":
            return glob(tokens, given) != negated
        if tokens == [ANY]:
            return not negated
        parts, actual = split(tokens), given.split(":", 5)
        if len(parts) < 6:
            return False
        return (len(actual) == 6 and all(map(glob, parts, actual))) != negated
    if family == "binaryequals":
        return decoded(given) == decoded(wanted)
    if family == "ipaddress":
        network, address = parse_network(wanted), parse_network(given)
        if network is None:
            return False
        inside = address and address.version == network.version and address[0] in network
        return bool(inside) != negated
    parse = instant if family.startswith("date") else number
    left, right = parse(given), parse(wanted)
    if left is None or right is None:
        return False
    return {
        "equals": left == right,
        "notequals": left != right,
        "lessthan": left < right,
        "lessthanequals": left <= right,
        "greaterthan": left > right,
        "greaterthanequals": left >= right,
    }[re.sub("^(date|numeric)", "", base)]


def lower(value: str) -> str:
    """Lower case within the characters a document may hold, so that look-alikes stay apart."""
    return "".join(char.lower() if char <= "\xff" else char for char in value)


def split(tokens: Sequence[Token]) -> list[list[Token]]:
    parts: list[list[Token]] = [[]]
    for token in tokens:
        if token == ":" and len(parts) < 6:
            parts.append([])
        else:
            parts[-1].append(token)
    return parts


def decoded(value: str) -> bytes | str:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return value


def parse_network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network with its host bits masked; an IPv4 address inside IPv6 is the IPv4 one."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return None
    if not re.fullmatch(r"[0-9a-fA-F:.]+(/[0-9]{1,3})?", value):
        return None
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is not None and network.prefixlen >= 96:
        return ipaddress.ip_network((mapped, network.prefixlen - 96))
    return network


def number(value: str) -> Decimal | None:
    return Decimal(value) if re.fullmatch(r"[+-]?[0-9]+(\.[0-9]+)?", value) else None


DATE = re.compile(
    r"(\d{4}-\d\d)(?:(-\d\d)(?:(T\d\d:\d\d)(?:(:\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d))?)?",
    re.ASCII,
)


def instant(value: str) -> int | None:
    """Nanoseconds since 1970; digits alone are seconds, missing fields the first instant, UTC."""
    if re.fullmatch("[0-9]+", value):
        return int(value) * 10**9
    if not (found := DATE.fullmatch(value)):
        return None
    month, day, minute, second, fraction, zone = found.groups()
    iso = f"{month}{day or '-01'}{minute or 'T00:00'}{second or ':00'}"
    try:
        moment = datetime.fromisoformat(iso + (zone or "Z").replace("Z", "+00:00"))
    except ValueError:
        return None
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return seconds * 10**9 + int((fraction or "").ljust(9, "0"))
