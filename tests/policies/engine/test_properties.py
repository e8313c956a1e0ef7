"""What holds for all policies and requests."""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.engine import DocumentKind, Effect, Layer, Outcome, decide, explain, parse, simulate
from tests.policies.engine import agreement, reference, strategies
from tests.policies.engine.agreement import Case, engine_layers, engine_request
from tests.policies.engine.plain import PlainLayers, PlainPolicy, Policies

checked = settings(
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Random, Case]:
    """A case of the fuzzer's and a source of chance for what a property changes."""
    rng = Random(draw(st.integers(0, 2**48)))
    layers, requests = strategies.world(rng, 1)
    return rng, Case(requests[0], layers)


def outcome(case: Case) -> tuple[str, str | None]:
    request, layers = engine_request(case.request), engine_layers(case.layers)
    first = agreement.verdict(decide(request, layers))
    later = agreement.verdict(decide(request, agreement.known(layers, request.action)))
    assert first == later
    return first


def a_statement(rng: Random, kind: str, effect: str) -> PlainPolicy:
    """A document of one statement of this effect."""
    while True:
        body = strategies.statement(rng, kind, None)
        if body["Effect"] == effect:
            document = {"Version": "2012-10-17", "Statement": [body]}
            return PlainPolicy(kind, json.dumps(document))


LAYER_KINDS = {"identity": "identity", "boundary": "managed", "session": "session"}


def resource_kind(layers: PlainLayers) -> str:
    return "trust" if layers.trust else "resource"


def with_policy(rng: Random, case: Case, effect: str) -> Case | None:
    """The case with one more policy in one of the layers it has."""
    layers = case.layers
    kinds = {**LAYER_KINDS, "resource": resource_kind(layers)}
    present = [name for name in kinds if getattr(layers, name) is not None]
    # No resource control policy allows but the built-in one.
    for name in ("scps", "rcps") if effect == "Deny" else ("scps",):
        if getattr(layers, name):
            present.append(name)
    if not present:
        return None
    name = rng.choice(present)
    if name in ("scps", "rcps"):
        levels = getattr(layers, name)
        at = rng.randrange(len(levels))
        level = (*levels[at], a_statement(rng, name.removesuffix("s"), effect))
        changed = (*levels[:at], level, *levels[at + 1 :])
        return replace(case, layers=replace(layers, **{name: changed}))
    added: Policies = (*getattr(layers, name), a_statement(rng, kinds[name], effect))
    return replace(case, layers=replace(layers, **{name: added}))


@given(cases())
@checked
def test_adding_a_deny_never_allows_more(drawn):
    rng, case = drawn
    more = with_policy(rng, case, "Deny")
    if more is not None and outcome(more)[0] == "allowed":
        assert outcome(case)[0] == "allowed"


@given(cases())
@checked
def test_adding_an_allow_to_a_layer_never_denies_more(drawn):
    rng, case = drawn
    more = with_policy(rng, case, "Allow")
    if more is not None and outcome(case)[0] == "allowed":
        assert outcome(more)[0] == "allowed"


@given(cases())
@checked
def test_a_layer_that_limits_never_enlarges_access(drawn):
    """A boundary, session policy, SCP or RCP where there was none (invariant 2)."""
    rng, case = drawn
    layers = case.layers
    free = [name for name in ("boundary", "session", "scps", "rcps")
            if getattr(layers, name) is None]  # fmt: skip
    # Without session policies a federated user may do nothing; with some it may.
    if case.request.principal["kind"] == "federated_user" and "session" in free:
        free.remove("session")
    if not free:
        return
    name = rng.choice(free)
    if name in ("boundary", "session"):
        added: Any = (strategies.policy(rng, LAYER_KINDS[name]),)
    elif name == "scps":
        added = ((strategies.policy(rng, "scp"),),)
    else:
        added = ((strategies.RCP_FULL_ACCESS, strategies.policy(rng, "rcp")),)
    limited = replace(case, layers=replace(layers, **{name: added}))
    if outcome(limited)[0] == "allowed":
        assert outcome(case)[0] == "allowed"


def regrouped(rng: Random, policies: Policies) -> Policies:
    """The same statements of one version and kind in another order and other documents."""
    groups: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
    for policy in policies:
        document = json.loads(policy.text)
        statements = document["Statement"]
        statements = statements if isinstance(statements, list) else [statements]
        groups.setdefault((policy.kind, document.get("Version")), []).extend(statements)
    found = []
    for (kind, version), statements in groups.items():
        rng.shuffle(statements)
        while statements:
            size = rng.randint(1, len(statements))
            document = {"Statement": statements[:size]}
            statements = statements[size:]
            if version is not None:
                document["Version"] = version
            found.append(PlainPolicy(kind, json.dumps(document)))
    rng.shuffle(found)
    return tuple(found)


@given(cases())
@checked
def test_order_and_grouping_of_statements_do_not_matter(drawn):
    rng, case = drawn
    layers = case.layers
    changed = {
        name: regrouped(rng, getattr(layers, name))
        for name in agreement.LAYERS
        if getattr(layers, name) is not None
    }
    for name in agreement.LEVELS:
        if getattr(layers, name) is not None and name == "scps":
            changed[name] = tuple(regrouped(rng, level) for level in getattr(layers, name))
    other = replace(case, layers=replace(layers, **changed))
    assert outcome(other) == outcome(case)


@given(st.integers(0, 2**48), st.sampled_from([kind.value for kind in DocumentKind]))
@checked
def test_a_document_survives_parse_and_print(seed, kind):
    text = strategies.policy(Random(seed), kind).text
    document = parse(text, DocumentKind(kind))
    assert document.text == text
    for printed in (document.printed(), document.printed(indent=None)):
        again = parse(printed, document.kind)
        assert again.statements == document.statements
        assert again.version == document.version
        assert again.printed() == document.printed()


@given(cases())
@checked
def test_a_printed_document_decides_as_the_original(drawn):
    _, case = drawn

    def printed(policy: PlainPolicy) -> PlainPolicy:
        return PlainPolicy(policy.kind, agreement.document_policy(policy).document.printed())

    changed = {
        name: tuple(map(printed, getattr(case.layers, name)))
        for name in agreement.LAYERS
        if getattr(case.layers, name) is not None
    }
    other = replace(case, layers=replace(case.layers, **changed))
    assert outcome(other) == outcome(case)


@given(cases())
@checked
def test_the_engine_agrees_with_the_reference(drawn):
    _, case = drawn
    expected, found = case.verdicts()
    assert found == expected, str(agreement.minimised(case, Case.differs))


@given(cases())
@checked
def test_an_action_is_decided_by_index_as_it_was_decided_when_new(drawn):
    _, case = drawn
    request, layers = engine_request(case.request), engine_layers(case.layers)
    first = decide(request, layers)
    for later in (
        decide(request, agreement.known(layers, request.action)),  # builds the index
        decide(request, replace(layers)),  # an action new to these layers, an index on the sets
    ):
        assert agreement.verdict(later) == agreement.verdict(first)
        assert later.matched == first.matched


@given(cases())
@checked
def test_a_star_resource_is_covered_by_star_alone(drawn):
    """A specific ARN never covers an action that has no resource (invariant 4)."""
    _, case = drawn
    request = replace(case.request, resource="*")
    for pattern in ("arn:aws:s3:::*", "arn:aws:iam::*:*", "arn:*:s3:::*", "arn:aws:s3"):
        document = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": pattern}]}  # fmt: skip
        layers = PlainLayers(identity=(PlainPolicy("identity", json.dumps(document)),))
        if case.request.principal["kind"] in ("user", "role_session"):
            assert outcome(Case(request, layers))[0] == "implicit_deny"


@given(cases())
@checked
def test_explain_agrees_with_decide(drawn):
    _, case = drawn
    request, layers = engine_request(case.request), engine_layers(case.layers)
    assert agreement.contradiction(request, layers) == ""


@given(cases())
@checked
def test_the_simulator_is_the_enforcer(drawn):
    """In every layer, service control and resource control policies included."""
    _, case = drawn
    request, layers = engine_request(case.request), engine_layers(case.layers)
    simulated, decided = simulate(request, layers), decide(request, layers)
    assert simulated.outcome is decided.outcome
    assert simulated.allowed is decided.allowed
    if decided.outcome is Outcome.IMPLICIT_DENY or decided.layer in (Layer.SCP, Layer.RCP):
        return
    named = {(id(one.policy), one.statement.index) for one in simulated.matched}
    deciding = {(id(policy), one.index) for policy, one in decided.matched}
    assert deciding <= named, decided
    if layers.for_principal(request.principal).scps:
        assert simulated.organizations_allow is not None


@given(cases())
@checked
def test_explain_says_of_each_layer_what_the_reference_says(drawn):
    _, case = drawn
    explanation = explain(engine_request(case.request), engine_layers(case.layers))
    policies = {
        Layer.IDENTITY: case.layers.identity,
        Layer.BOUNDARY: case.layers.boundary,
        Layer.SESSION: case.layers.session,
    }
    for layer, expected in policies.items():
        checks = explanation.of(layer)
        assert len(checks) == (0 if expected is None else 1)
        for effect in Effect:
            found = sum(len(check.matching(effect)) for check in checks)
            assert found == len(reference.matching(expected or (), effect.value, case.request))
