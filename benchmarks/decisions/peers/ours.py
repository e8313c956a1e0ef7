"""This engine."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.decisions.workload import ACCOUNT, PRINCIPAL, Workload
from policies.engine import (
    Context,
    Document,
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

CALLER = Principal(PrincipalKind.USER, PRINCIPAL, ACCOUNT, "AIDAEXAMPLE", has_boundary=True)


def documents(
    workload: Workload, read: Callable[[str, DocumentKind], Document] = parse
) -> tuple[list[Document], Document, list[Document]]:
    """The documents read: identity, boundary, SCPs."""
    return (
        [read(text, DocumentKind.MANAGED) for text in workload.identity],
        read(workload.boundary, DocumentKind.MANAGED),
        [read(text, DocumentKind.SCP) for text in workload.scps],
    )


def layers_of(parsed: tuple[list[Document], Document, list[Document]]) -> Layers:
    identity, boundary, scps = parsed

    def policy(document: Document) -> Policy:
        return Policy(document, id="managed", arn=None, source="user-managed")

    return Layers(
        identity=compile_policies([policy(one) for one in identity]),
        boundary=compile_policies([policy(boundary)]),
        scps=tuple(compile_policies([policy(one)]) for one in scps),
    )


def requests(workload: Workload) -> list[Request]:
    return [
        Request(CALLER, ask.action, ask.resource, ACCOUNT, Context(ask.context))
        for ask in workload.asks
    ]


class Ours:
    """Documents compiled once; indexes kept from request to request."""

    name = "policies.engine"

    def __init__(self, workload: Workload) -> None:
        self._layers = layers_of(documents(workload))
        self._requests = requests(workload)

    def decide(self, number: int) -> bool:
        return decide(self._requests[number], self._layers).allowed

    def expresses(self, number: int) -> bool:
        return True
