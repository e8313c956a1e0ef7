"""The policy language and its evaluator: documents in, decisions out. Pure Python, no framework."""

from .compile import Policy, PolicySet, compile_policies
from .decide import Decision, Layer, Layers, Outcome, decide
from .document import Document, DocumentKind, Effect, Statement, parse
from .faults import Fault, PolicyErrors, Position
from .messages import denial_message
from .principals import NamedPrincipal
from .request import Context, Principal, PrincipalKind, Request

__all__ = [
    "Context",
    "Decision",
    "Document",
    "DocumentKind",
    "Effect",
    "Fault",
    "Layer",
    "Layers",
    "NamedPrincipal",
    "Outcome",
    "Policy",
    "PolicyErrors",
    "PolicySet",
    "Position",
    "Principal",
    "PrincipalKind",
    "Request",
    "Statement",
    "compile_policies",
    "decide",
    "denial_message",
    "parse",
]
