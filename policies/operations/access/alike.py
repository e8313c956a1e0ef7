"""Where one decision holds for everybody whose policies say the same."""

from __future__ import annotations

from policies.engine import Layers
from policies.engine.compile import CompiledStatement
from policies.engine.resources import resource_of

# The keys by which principals of an account differ, in lower case.
OF_PRINCIPAL = ("aws:principal", "aws:username", "aws:userid")


def decides_alike(layers: Layers, action: str, resource: str) -> bool:
    """Whether what the layers decide of the action on the resource does not depend on who of the
    account asks, as long as nobody is named by the policies: no condition and no variable of a
    statement that counts tells them apart.
    """
    asked = resource_of(resource)
    for _, policies in layers.applying:
        for _, statement in policies.about(action):
            covering = statement.covering(asked)
            if covering is not False and (covering is not True or _tells_apart(statement)):
                return False
    return True


def _tells_apart(statement: CompiledStatement) -> bool:
    tests = statement.conditions.tests if statement.conditions is not None else ()
    return any(
        test.key.startswith(OF_PRINCIPAL) or any("${" in value for value in test.condition.values)
        for test in tests
    )
