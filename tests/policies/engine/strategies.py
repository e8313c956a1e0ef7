"""Random policies and requests from alphabets so small that they meet.

One seed gives one world: the layers of one principal, and the requests put to it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from random import Random
from typing import Any

from tests.policies.engine.alphabets import (
    ACCOUNTS,
    ACTIONS,
    FULL_ACCESS,
    KEYS,
    NAMES,
    OPERATORS,
    PATHS,
    PROVIDERS,
    SERVICES,
    TEXTS,
    THINGS,
    TRUST_ACTIONS,
    WANTED,
)
from tests.policies.engine.plain import PlainLayers, PlainPolicy, PlainRequest, Policies, Value


def one_or_many(rng: Random, draw: Callable[[], Any], most: int = 3) -> Any:
    if rng.random() < 0.5:
        return draw()
    return [draw() for _ in range(rng.randint(1, most))]


def mixed_case(rng: Random, text: str) -> str:
    chance = rng.random()
    return text if chance < 0.7 else text.upper() if chance < 0.85 else text.lower()


def action_pattern(rng: Random, actions: tuple[str, ...] = ACTIONS) -> str:
    service, name = rng.choice(actions).split(":")
    chance = rng.random()
    if chance < 0.4:
        return mixed_case(rng, f"{service}:{name}")
    if chance < 0.55:
        return f"{service}:*"
    if chance < 0.7 and actions is ACTIONS:
        return rng.choice(("*", "*:*", f"*:{name[:2]}*"))
    return f"{service}:{mixed_case(rng, blur(rng, name))}"


def blur(rng: Random, text: str) -> str:
    """The text with a stretch of it replaced by a wildcard, once or twice.

    A variable stays whole: what half of one means is not documented.
    """
    if "${" in text:
        return text + "*"
    for _ in range(rng.randint(1, 2)):
        at = rng.randint(0, len(text))
        to = rng.randint(at, min(len(text), at + 3))
        text = text[:at] + rng.choice(("*", "*", "?")) + text[to:]
    return text


def resource(rng: Random) -> str:
    account = rng.choice(ACCOUNTS)
    name = rng.choice(THINGS)
    chance = rng.random()
    if chance < 0.12:
        return "*"
    if chance < 0.5:
        tail = rng.choice(("", f"/{name}", f"/{name}/x", "/x:y/z", "/${aws:username}", "/*"))
        return f"arn:aws:s3:::{rng.choice(('bucket', 'bucket-2', name))}{tail}"
    if chance < 0.8:
        kind = rng.choice(("user", "role"))
        return f"arn:aws:iam::{account}:{kind}/{rng.choice(PATHS)}{rng.choice(NAMES)}"
    region = rng.choice(("us-east-1", "eu-west-1"))
    return f"arn:aws:my-app:{region}:{account}:thing/{name}:{rng.choice('12')}"


def resource_pattern(rng: Random, short: bool) -> str:
    chance = rng.random()
    if chance < 0.25:
        return "*"
    arn = resource(rng)
    if arn == "*":
        return "*"
    head, tail = arn.split(":")[:5], arn.split(":", 5)[5]
    if short and chance < 0.32:
        text = ":".join(head[: rng.randint(3, 5)]) + rng.choice(("", ":*"))
        return f"arn:aws:{head[2]}" if "::" in text else text  # AWS refuses a short one with ::
    word, slash, rest = tail.partition("/")
    if rng.random() < 0.25:
        rest = rng.choice(TEXTS) if rng.random() < 0.6 else "${aws:username}/*"
        slash = "/"
    elif rng.random() < 0.6:
        rest = blur(rng, rest)
    if head[2] == "s3" and rng.random() < 0.3:
        word = blur(rng, word)
    if head[2] != "s3" and rng.random() < 0.25:
        head[3:5] = rng.choice((["*", "*"], [head[3], "*"], [head[3], "1111*"], ["", ""]))
        if head[2] == "iam":
            head[3] = ""
    return ":".join(head) + ":" + word + slash + rest


def condition(rng: Random) -> dict[str, dict[str, Any]]:
    block: dict[str, dict[str, Any]] = {}
    for _ in range(rng.choice((1, 1, 1, 2))):
        key = rng.choice(KEYS)
        name = mixed_case(rng, key.name)
        if rng.random() < 0.12:
            block.setdefault("Null", {})[name] = rng.choice(("true", "false", True, False))
            continue
        family = key.family if rng.random() < 0.93 else rng.choice(tuple(OPERATORS))
        operator = rng.choice(OPERATORS[family])
        if rng.random() < (0.85 if key.many else 0.08):
            operator = rng.choice(("ForAllValues:", "ForAnyValue:")) + operator
        if rng.random() < 0.15:
            operator += "IfExists"
        draw = WANTED[family]
        block.setdefault(operator, {})[name] = one_or_many(rng, lambda draw=draw: rng.choice(draw))
    return block


def principal_value(rng: Random, principal: dict[str, Any] | None) -> tuple[str, str]:
    """One entry of a principal element: its type and its text, half of them the caller's own."""
    if principal is not None and rng.random() < 0.6:
        own = [("AWS", principal[key]) for key in ("id", "issuer_id", "role_arn", "issuer_arn")
               if principal.get(key, "").startswith(("A", "arn:"))]  # fmt: skip
        if principal["account"]:
            own.append(("AWS", principal["account"]))
            own.append(("AWS", f"arn:aws:iam::{principal['account']}:root"))
            own.append(("AWS", principal["arn"]))
        if principal["kind"] == "service":
            own.append(("Service", principal["arn"]))
        if principal.get("provider"):
            own.append(("Federated", principal["provider"]))
        if own:
            return rng.choice(own)
    account, name = rng.choice(ACCOUNTS), rng.choice(NAMES[:2])
    return rng.choice((
        ("AWS", "*"),
        ("AWS", account),
        ("AWS", f"arn:aws:iam::{account}:root"),
        ("AWS", f"arn:aws:iam::{account}:user/{name}"),
        ("AWS", f"arn:aws:iam::{account}:role/{name}"),
        ("AWS", f"arn:aws:sts::{account}:assumed-role/{name}/s"),
        ("AWS", f"arn:aws:sts::{account}:federated-user/{name}"),
        ("Service", rng.choice(SERVICES)),
        ("Federated", rng.choice(PROVIDERS)),
    ))  # fmt: skip


def principal_element(rng: Random, principal: dict[str, Any] | None, star: bool) -> Any:
    if star and rng.random() < 0.1:
        return "*"
    element: dict[str, Any] = {}
    for _ in range(rng.randint(1, 3)):
        kind, value = principal_value(rng, principal)
        element.setdefault(kind, []).append(value)
    return {kind: values[0] if len(values) == 1 else values for kind, values in element.items()}


def statement(rng: Random, kind: str, principal: dict[str, Any] | None) -> dict[str, Any]:
    """One statement that a document of this kind may hold."""
    effect = "Deny" if kind == "rcp" or rng.random() < 0.25 else "Allow"
    body: dict[str, Any] = {"Effect": effect}
    if kind in ("trust", "resource"):
        negated = kind == "resource" and effect == "Deny" and rng.random() < 0.4
        element = "NotPrincipal" if negated else "Principal"
        body[element] = principal_element(rng, principal, star=kind == "resource" and not negated)
    elif kind == "rcp":
        body["Principal"] = "*"
    if kind == "rcp":
        body["Action"] = rng.choice(("sts:*", "sts:AssumeRole", "s3:Get*", "s3:PutObject"))
    else:
        actions = TRUST_ACTIONS if kind == "trust" else ACTIONS
        element = "NotAction" if rng.random() < 0.1 and kind != "trust" else "Action"
        body[element] = one_or_many(rng, lambda: action_pattern(rng, actions))
    if kind not in ("trust",) and not (kind == "resource" and rng.random() < 0.05):
        element = "NotResource" if rng.random() < 0.15 else "Resource"
        short = kind in ("identity", "managed", "resource", "scp")
        body[element] = one_or_many(rng, lambda: resource_pattern(rng, short))
    if rng.random() < 0.4:
        body["Condition"] = condition(rng)
    if rng.random() < 0.2:
        items = list(body.items())
        rng.shuffle(items)
        body = dict(items)
    return body


def policy(rng: Random, kind: str, principal: dict[str, Any] | None = None) -> PlainPolicy:
    """A document; one in five is drawn from a stock, so that worlds meet the same ones again."""
    if rng.random() < 0.2 and kind in ("identity", "managed", "session", "scp"):
        return stock(kind, rng.randrange(50))
    return fresh_policy(rng, kind, principal, most=rng.choice((1, 2, 3, 3, 3, 12)))


@cache
def stock(kind: str, number: int) -> PlainPolicy:
    """One of a fixed set of documents, some of them long enough for an index."""
    return fresh_policy(Random(f"{kind}/{number}"), kind, None, most=40 if number < 5 else 6)


def crowd(rng: Random, kind: str, principal: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Many statements about the same few things, such as only an index tells apart."""
    shared = statement(rng, kind, principal)
    if "Resource" in shared and rng.random() < 0.4:
        shared["Resource"] = "arn:aws:s3:::${s3:prefix}" + rng.choice(("*", "/*", "/x"))
        shared["Action"] = "s3:*"
        shared.pop("NotAction", None)
    keys = [key for key in KEYS if key.family == "String" and not key.many]
    statements, varied = [], rng.choice((0.7, 0.1))
    for _ in range(rng.randint(8, 40)):
        one = dict(shared)
        if rng.random() < 0.1:
            one["Effect"] = "Deny" if shared["Effect"] == "Allow" else "Allow"
            one.pop("NotPrincipal", None)
            if kind in ("trust", "resource"):
                one["Principal"] = {"AWS": "*"}
        if "Resource" in one and rng.random() < varied:
            one["Resource"] = rng.choice((resource, lambda of: resource_pattern(of, False)))(rng)
        if rng.random() < 0.8:
            key = rng.choice(keys)
            allowed = [value for value in key.values if max(value, default="") <= "\xff"]
            value = one_or_many(rng, lambda values=allowed: rng.choice(values))
            one["Condition"] = {"StringEquals": {key.name: value}}
            if rng.random() < 0.2:
                one["Condition"] = {**condition(rng), **one["Condition"]}
        statements.append(one)
    return statements


def fresh_policy(
    rng: Random, kind: str, principal: dict[str, Any] | None, most: int
) -> PlainPolicy:
    chance = rng.random()
    if chance < 0.12 and kind != "rcp":
        statements = crowd(rng, kind, principal)
    elif chance < 0.35 and kind in ("identity", "managed", "session", "scp"):
        # All depends on one condition.
        effect = rng.choice(("Allow", "Allow", "Deny"))
        statements = [{**FULL_ACCESS, "Effect": effect, "Condition": condition(rng)}]
    else:
        statements = [statement(rng, kind, principal) for _ in range(rng.randint(1, most))]
    if kind in ("managed", "scp") and rng.random() < 0.5:
        statements.append(dict(FULL_ACCESS))
    document: dict[str, Any] = {"Statement": statements}
    if len(statements) == 1 and rng.random() < 0.5:
        document["Statement"] = statements[0]
    if kind in ("managed", "rcp") or rng.random() < 0.8:
        document["Version"] = "2012-10-17"
    elif rng.random() < 0.5:
        document["Version"] = "2008-10-17"
    return PlainPolicy(kind, json.dumps(document, ensure_ascii=rng.random() < 0.3))


RCP_FULL_ACCESS = PlainPolicy("rcp", json.dumps({
    "Version": "2012-10-17",
    "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"},
}))  # fmt: skip


def unique_id(prefix: str, account: str, name: str) -> str:
    return f"{prefix}{account}{NAMES.index(name):05}"


def principal(rng: Random) -> dict[str, Any]:
    account, name, path = rng.choice(ACCOUNTS), rng.choice(NAMES), rng.choice(PATHS)
    kind = rng.choice(("user", "user", "user", "role_session", "role_session", "role_session",
                       "federated_user", "federated_user", "root", "service", "web_identity",
                       "saml", "anonymous"))  # fmt: skip
    iam, sts = f"arn:aws:iam::{account}:", f"arn:aws:sts::{account}:"
    match kind:
        case "user":
            return {
                "kind": kind,
                "arn": f"{iam}user/{path}{name}",
                "account": account,
                "id": unique_id("AIDA", account, name),
                "has_boundary": rng.random() < 0.3,
            }
        case "role_session":
            return {
                "kind": kind,
                "arn": f"{sts}assumed-role/{name}/s",
                "account": account,
                "id": unique_id("AROA", account, name),
                "role_arn": f"{iam}role/{path}{name}",
                "has_boundary": rng.random() < 0.3,
                "service_linked": rng.random() < 0.1,
            }
        case "federated_user":
            by_root = rng.random() < 0.1
            return {
                "kind": kind,
                "arn": f"{sts}federated-user/{name}",
                "account": account,
                "id": f"{account}:{name}",
                "has_boundary": not by_root and rng.random() < 0.3,
                "issuer_arn": f"{iam}root" if by_root else f"{iam}user/{path}{name}",
                "issuer_id": account if by_root else unique_id("AIDA", account, name),
            }
        case "root":
            return {"kind": kind, "arn": f"{iam}root", "account": account, "id": account}
        case "service":
            return {"kind": kind, "arn": rng.choice(SERVICES), "account": ""}
        case "anonymous":
            return {"kind": kind, "arn": "", "account": ""}
        case _:
            provider = rng.choice(PROVIDERS)
            return {"kind": kind, "arn": provider, "account": "", "provider": provider}


def layers(rng: Random, who: dict[str, Any]) -> PlainLayers:
    """The layers such a principal may have, each present or not."""

    def some(kind: str, least: int = 0, most: int = 2) -> Policies:
        return tuple(policy(rng, kind, who) for _ in range(rng.randint(least, most)))

    kind = who["kind"]
    has_identity = kind in ("user", "role_session") or (
        kind == "federated_user" and not who["issuer_arn"].endswith(":root")
    )
    identity = None
    if has_identity:
        identity = some("identity") + some("managed", most=1)
    # The root user assumes no role; an unsigned federated caller does nothing else.
    trust = kind in ("web_identity", "saml") or (kind != "root" and rng.random() < 0.25)
    resource_layer = None
    if trust:
        resource_layer = some("trust", 1, 1)
    elif rng.random() < 0.5 or not has_identity:
        resource_layer = some("resource", 0, 1)
    scps = rcps = None
    if rng.random() < 0.3:
        scps = tuple(some("scp", 1, 2) for _ in range(rng.randint(1, 3)))
    if rng.random() < 0.3:
        rcps = tuple((RCP_FULL_ACCESS, *some("rcp", 0, 1)) for _ in range(rng.randint(1, 2)))
    boundary = some("managed", 1, 1) if who.get("has_boundary") else None
    with_session = kind in ("role_session", "federated_user", "root") and rng.random() < 0.5
    session = some("session", 1, 2) if with_session else None
    return PlainLayers(identity, boundary, session, resource_layer, scps, rcps, trust)


def context(rng: Random) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for key in KEYS:
        chance = rng.random()
        if key.many and chance < 0.7:
            found[key.name.lower()] = tuple(
                rng.choice(key.values) for _ in range(rng.choice((0, 1, 1, 2, 3)))
            )
        elif not key.many and chance < 0.7:
            found[key.name.lower()] = rng.choice(key.values)
    return found


def request(rng: Random, who: dict[str, Any], trust: bool = False) -> PlainRequest:
    account = who["account"] if who["account"] and rng.random() < 0.7 else rng.choice(ACCOUNTS)
    if trust:
        target = f"arn:aws:iam::{account}:role/{rng.choice(PATHS)}{rng.choice(NAMES)}"
        return PlainRequest(who, rng.choice(TRUST_ACTIONS), target, account, context(rng))
    return PlainRequest(
        who, mixed_case(rng, rng.choice(ACTIONS)), resource(rng), account, context(rng)
    )


def world(rng: Random, requests: int) -> tuple[PlainLayers, list[PlainRequest]]:
    """One principal's layers, and requests of this principal to try on them."""
    who = principal(rng)
    its_layers = layers(rng, who)
    return its_layers, [request(rng, who, its_layers.trust) for _ in range(requests)]
