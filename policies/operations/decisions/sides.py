"""What a principal's account may read of the layers of a decision."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache

from policies.engine import DocumentKind, Layers, Policy, PolicySet, compile_policies, parse


def own_side(layers: Layers, *, across: bool) -> Layers:
    """The layers that may be read, the others as if they allowed everything.

    An organization's policies may not be, nor, where the resource is another account's (`across`),
    that account's policies.
    """
    resource = layers.resource
    if across:
        resource = _everything(DocumentKind.TRUST if layers.trust else DocumentKind.RESOURCE)
    return replace(layers, scps=None, rcps=None, resource=resource)


@lru_cache(maxsize=2)
def _everything(kind: DocumentKind) -> PolicySet:
    statement = {"Effect": "Allow", "Principal": "*", "Action": "sts:*"}
    if kind is DocumentKind.RESOURCE:
        statement |= {"Action": "*", "Resource": "*"}
    document = parse(json.dumps({"Version": "2012-10-17", "Statement": statement}), kind)
    return compile_policies([Policy(document, "", None, "none")])
