"""The policy language and its evaluator: documents in, decisions out. Pure Python, no framework."""

from .changes import Change, ChangeKind, Remedy, remedies
from .compile import Policy, PolicySet, compile_policies
from .decide import Decision, decide
from .document import Document, DocumentKind, Effect, Statement, parse
from .explain import (
    ConditionCheck,
    ElementCheck,
    Explanation,
    LayerCheck,
    StatementCheck,
    explain,
)
from .faults import Fault, PolicyErrors, Position
from .issuers import check_issuers
from .layers import Layer, Layers, Outcome
from .messages import denial_message
from .principals import Grant, NamedPrincipal
from .request import Context, Principal, PrincipalKind, Request
from .simulate import ActionSimulation, Simulation, combine, simulate
from .stored import stored

__all__ = [
    "ActionSimulation",
    "Change",
    "ChangeKind",
    "ConditionCheck",
    "Context",
    "Decision",
    "Document",
    "DocumentKind",
    "Effect",
    "ElementCheck",
    "Explanation",
    "Fault",
    "Grant",
    "Layer",
    "LayerCheck",
    "Layers",
    "NamedPrincipal",
    "Outcome",
    "Policy",
    "PolicyErrors",
    "PolicySet",
    "Position",
    "Principal",
    "PrincipalKind",
    "Remedy",
    "Request",
    "Simulation",
    "Statement",
    "StatementCheck",
    "check_issuers",
    "combine",
    "compile_policies",
    "decide",
    "denial_message",
    "explain",
    "parse",
    "remedies",
    "simulate",
    "stored",
]
