"""What to ask of somebody before and after a change: every request that it may turn.

Policies tell requests apart by patterns of actions and of resources. A request turns only where a
statement that differs is about it, and every other statement has its say: so what is asked is what
the differing ones and any others have in common (policies/engine/overlap.py), each once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from iamsite.operations.context import Keys
from policies.engine import Document, Layer, Layers, PolicySet, Statement
from policies.engine.actions import split_action
from policies.engine.compile import CompiledStatement, compiled
from policies.engine.layers import LAYERS_IN_DENY_ORDER
from policies.engine.lint import ServiceCatalogue
from policies.engine.overlap import Intricate, cells, glob_overlap, resource_overlap
from policies.engine.patterns import fold
from policies.operations.access.asking import Covering, Side
from policies.operations.access.probes import Probes, actions_of, filled, resources_of

# Whose Allow is enough, while nothing is allowed without one of every other layer.
GRANTING = (Layer.IDENTITY, Layer.RESOURCE, Layer.TRUST)
MOST_OF_ONE = 10_000  # of one principal: resources, of actions that are alike
MOST_CELLS = 1_000  # of the resources of one action
Slot = tuple[Layer, int]


class Differing(NamedTuple):
    """The statements that only the layers before, and only those after, have.

    `is_open`: a layer without which nothing is allowed is there only before or only after, so that
    what none of its statements is about turns as well.
    """

    before: Sequence[Covering]
    after: Sequence[Covering]
    is_open: bool


def differing(before: Layers, after: Layers) -> Differing:
    """Where the layers differ: an Allow by its layer and level, a Deny by its layer."""
    was, becomes = _slots(before), _slots(after)
    changed = {
        slot[0] for slot in was.keys() | becomes.keys() if was.get(slot) is not becomes.get(slot)
    }
    own, other = (
        {slot: _meanings(sets) for slot, sets in of.items() if slot[0] in changed}
        for of in (was, becomes)
    )
    limits = {layer for layer, _ in was.keys() ^ becomes.keys()} - set(GRANTING)
    return Differing(_only(own, other), _only(other, own), bool(limits))


Meanings = Mapping[str, Covering]


def _slots(layers: Layers) -> dict[Slot, PolicySet]:
    return {
        (layer, level): policies
        for layer in LAYERS_IN_DENY_ORDER
        for level, policies in enumerate(layers.sets(layer))
    }


def _meanings(policies: PolicySet) -> Meanings:
    return {
        _meaning(one, policy.document): Covering(
            policy.document.kind, compiled(policy.document).statement(one.index)
        )
        for policy in policies.policies
        for one in policy.document.statements
    }


def _meaning(statement: Statement, document: Document) -> str:
    """The same for statements that say the same, whatever they are called."""
    written = {key: value for key, value in statement.as_dict().items() if key != "Sid"}
    # What `${…}` means follows from the version.
    return json.dumps([document.knows_variables, written], sort_keys=True)


def _only(own: Mapping[Slot, Meanings], other: Mapping[Slot, Meanings]) -> list[Covering]:
    found: list[Covering] = []
    for slot, meanings in own.items():
        there = {one for (layer, _), of in other.items() if layer is slot[0] for one in of}
        for meaning, covering in meanings.items():
            kept = there if covering.statement.denies else other.get(slot, {})
            if meaning not in kept:
                found.append(covering)
    return found


def probes_between(
    before: Side,
    after: Side,
    found: Differing,
    known: ServiceCatalogue,
    others: Iterable[str] = (),
) -> tuple[list[Probes], bool]:
    """What the statements that differ may turn for somebody, and whether that is all: of too much
    only the first.

    `known` are the services by whose actions patterns are told; `others` are actions that are
    asked as well, whether or not a statement names them.
    """
    sides, keys = (before, after), before.keys
    slots = _documents(before.layers), _documents(after.layers)
    documents = {id(one): one for of in slots for own in of.values() for one in own}
    changed = {id(one.statement) for side in found[:2] for one in side}
    actions, is_complete = _actions(documents.values(), known, others)
    alike: dict[tuple[int, ...], list[str]] = {}
    for action in actions:
        key = tuple(id(one) for of in documents.values() for one in _about(of, action))
        alike.setdefault(key, []).append(action)
    granting = [side.granting for side in sides]
    probes: list[Probes] = []
    asked = 0
    for names in alike.values():
        about = _telling(slots, names[0])
        turned = [one for one in about if id(one) in changed]
        if not (turned or found.is_open):
            continue
        if not any(_may_grant(of, names[0]) for of in granting):
            continue
        starts = ("*",) if found.is_open else _resources(turned, keys)
        patterns = _resources(about, keys)
        try:
            resources = [*cells(starts, patterns, resource_overlap, MOST_CELLS)]
        except Intricate:
            resources, is_complete = list(dict.fromkeys((*starts, *patterns))), False
        if asked + len(resources) > MOST_OF_ONE:
            return probes, False
        asked += len(resources)
        probes.append(Probes(names, resources))
    return probes, is_complete


def _documents(layers: Layers) -> dict[Slot, list[Document]]:
    return {slot: [one.document for one in of.policies] for slot, of in _slots(layers).items()}


def _about(document: Document, action: str) -> Sequence[CompiledStatement]:
    return compiled(document).about(action, *split_action(action))


def _telling(
    slots: Sequence[Mapping[Slot, Sequence[Document]]], action: str
) -> list[CompiledStatement]:
    """The statements about an action that make a difference: no Allow beside one that allows it on
    everything, before and after."""
    kept: dict[int, CompiledStatement] = {}
    for slot in dict.fromkeys((*slots[0], *slots[1])):
        sides = [[one for of in side.get(slot, ()) for one in _about(of, action)] for side in slots]
        is_settled = all(any(map(_allows_all, side)) for side in sides)
        for one in (*sides[0], *sides[1]):
            if one.denies or not is_settled:
                kept[id(one)] = one
    return list(kept.values())


def _allows_all(one: CompiledStatement) -> bool:
    written = one.statement
    is_pure = written.principals is None and written.not_principals is None
    return (
        not one.denies and is_pure and not written.conditions and "*" in (written.resources or ())
    )


def _may_grant(policies: Sequence[PolicySet] | None, action: str) -> bool:
    return policies is None or any(not one.denies for of in policies for _, one in of.about(action))


def _resources(statements: Iterable[CompiledStatement], keys: Keys) -> tuple[str, ...]:
    written = (text for one in statements for text in resources_of(one.statement))
    return tuple(dict.fromkeys(filled(text, keys) for text in written))


def _actions(
    documents: Iterable[Document], known: ServiceCatalogue, others: Iterable[str]
) -> tuple[list[str], bool]:
    """Every action that any statement speaks of, by name as far as names are known, `others`, and
    what patterns of names that are not known have in common; and whether they are all."""
    found: dict[str, str] = {}
    for document in documents:
        for statement in document.statements:
            for action in actions_of(statement, known):
                found.setdefault(fold(action), action)
    for action in others:
        found.setdefault(fold(action), action)
    patterns: dict[str, list[str]] = {"*": []}
    for one in found:
        if "*" in one or "?" in one:
            patterns.setdefault(one.partition(":")[0], []).append(one)
    try:
        for own in patterns.values():
            common = cells(own, [*own, *patterns["*"]], _action_overlap, MOST_CELLS)
            for one in common:
                found.setdefault(one, one)
    except Intricate:
        return [*found.values()], False
    return [*found.values()], True


def _action_overlap(one: str, other: str) -> Sequence[str]:
    """What two patterns of one service, or the other of any, have in common, in lower case."""
    service, _, name = one.partition(":")
    return [f"{service}:{common}" for common in glob_overlap(name, other.partition(":")[2])]
