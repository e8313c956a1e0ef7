"""What is asked before and after a change stands for every request there is, in worlds so small
that each can be put."""

import itertools
import json
import random
from collections.abc import Iterable
from dataclasses import replace

from policies.engine import (
    Context,
    DocumentKind,
    Layers,
    Policy,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    decide,
    parse,
)
from policies.engine.lint import RegisteredService, RegisteredServices, ServiceAction
from policies.engine.overlap import next_wider, resource_overlap
from policies.engine.patterns import Glob
from policies.operations.access.asking import Side
from policies.operations.access.between import differing, probes_between
from policies.operations.access.probes import ANY_ACTION, Probe

ACTIONS = ("s3:GetObject", "s3:PutObject", "sqs:SendMessage", "x:GetThing", "x:PutThing", "y:Do")
NAMED = (
    "*",
    "s3:*",
    "s3:Get*",
    "s3:PutObject",
    "sqs:*",
    "*:Get*",
    "x:*Thing",
    "x:Get*",
    "x:PutThing",
)
B = "arn:aws:s3:::b"
RESOURCES = (B, f"{B}/1", f"{B}/22", f"{B}/x/1", f"{B}/x/log", f"{B}/log", "arn:aws:s3:::c/log")
WRITTEN = (
    "*",
    f"{B}*",
    f"{B}/*",
    f"{B}/?",
    f"{B}/x/*",
    f"{B}/22",
    "arn:aws:s3:::*/log",
    f"{B}/${{aws:username}}",
)
KNOWN = RegisteredServices(
    RegisteredService(prefix, actions=[ServiceAction(name, "Write") for name in names])
    for prefix, names in (("s3", ("GetObject", "PutObject")), ("sqs", ("SendMessage",)))
)
KEYS = {"aws:username": "22"}
PRINCIPAL = Principal(PrincipalKind.USER, "arn:aws:iam::111122223333:user/u", "111122223333")


def world(chance: random.Random) -> tuple[Layers, Layers]:
    """Layers before and after a change of one or more of them."""

    def policies(kind: DocumentKind, count: int):
        return compile_policies(Policy(document(kind), "p") for _ in range(count))

    def document(kind: DocumentKind):
        statements = [
            {
                "Effect": chance.choice(("Allow", "Allow", "Deny")),
                chance.choice(("Action", "Action", "NotAction")): chance.sample(
                    NAMED, chance.randint(1, 2)
                ),
                chance.choice(("Resource", "Resource", "NotResource")): chance.sample(
                    WRITTEN, chance.randint(1, 2)
                ),
            }
            for _ in range(chance.randint(1, 2))
        ]
        return parse(json.dumps({"Version": "2012-10-17", "Statement": statements}), kind)

    def levels():
        return tuple(policies(DocumentKind.SCP, 1) for _ in range(chance.randint(1, 2)))

    managed = DocumentKind.MANAGED
    before = Layers(
        identity=policies(managed, chance.randint(1, 3)),
        boundary=chance.choice((None, policies(managed, 1))),
        scps=chance.choice((None, levels())),
    )
    after = before
    while after == before:
        for layer, changed in (
            ("identity", policies(managed, chance.randint(0, 2))),
            ("boundary", chance.choice((None, policies(managed, 1)))),
            ("scps", chance.choice((None, levels()))),
        ):
            if chance.random() < 0.4:
                after = replace(after, **{layer: changed})
    return before, after


def told_by(action: str, asked: Iterable[str]) -> str:
    """The narrowest of the actions asked that stands for one: by its name, by a pattern."""
    service, _, name = action.partition(":")
    covering = [
        one
        for one in asked
        if one.partition(":")[0] in (service, "*") and Glob.of(one.partition(":")[2]).matches(name)
    ]
    return max(
        covering, key=lambda one: (one == action, one[0] != "*", len(one)), default=ANY_ACTION
    )


def test_every_request_stands_as_what_is_asked_for_it() -> None:
    for seed in range(60):
        before, after = world(random.Random(seed))
        sides = [Side(None, PRINCIPAL, KEYS, one) for one in (before, after)]
        probes, is_complete = probes_between(*sides, differing(before, after), KNOWN)
        assert is_complete
        asked: dict[str, list[str]] = {}
        for actions, resources in probes:
            asked |= {action.lower(): [*resources] for action in actions}

        def stands(action: str, resource: str, sides: list[Side] = sides) -> tuple[bool, bool]:
            request = Request(PRINCIPAL, action, resource, PRINCIPAL.account, Context(KEYS))
            was, becomes = (decide(request, one.layers).allowed for one in sides)
            return was, becomes

        for action, resource in itertools.product(ACTIONS, RESOURCES):
            found = asked.get(told_by(action.lower(), asked), [])
            covering = [one for one in found if resource in resource_overlap(one, resource)]
            wider = {one for around in next_wider(covering) for one in around}
            was, becomes = stands(action, resource)
            if was != becomes:
                narrowest = [Probe(action, one) for one in covering if one not in wider]
                told = {stands(action, one.asked) for one in narrowest}
                assert told == {(was, becomes)}, (seed, action, resource, narrowest)
