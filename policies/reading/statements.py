"""A statement as a sentence: effect, actions, resources, principals, conditions."""

from __future__ import annotations

from django.utils.translation import gettext as _

from iamsite.operations.namespaces import Namespaces
from policies.engine import Document, Effect, Statement
from policies.engine.document import resource_part
from policies.engine.operators import KNOW_VARIABLES, operator_named
from policies.engine.variables import Variable, parts_of
from policies.reading.actions import actions_phrase
from policies.reading.conditions import condition_phrase, key_phrase
from policies.reading.lists import all_of
from policies.reading.principals import principals_phrase
from policies.reading.resources import resources_phrase
from policies.reading.services import Names


def read(document: Document, names: Names | None = None) -> tuple[str, ...]:
    """One sentence for each statement, in the order of the document.

    `names` are what services are called, by prefix; those of AWS and of the portal if left out.
    """
    known = Namespaces().names() if names is None else names
    return tuple(
        _sentence(statement, document.knows_variables, known) for statement in document.statements
    )


def _sentence(statement: Statement, knows_variables: bool, names: Names) -> str:
    """`knows_variables`: whether `${…}` is more than text, as in version 2012-10-17."""
    allows = statement.effect is Effect.ALLOW
    phrases = [actions_phrase(statement, names)]
    if statement.resources is not None or statement.not_resources is not None:
        phrases.append(resources_phrase(statement, names))
    if statement.principals is not None or statement.not_principals is not None:
        phrases.append(principals_phrase(statement))
    text = (_("Allow %(what)s") if allows else _("Deny %(what)s")) % {"what": " ".join(phrases)}
    if statement.conditions:
        conditions = all_of([condition_phrase(one) for one in statement.conditions])
        when = (
            _("%(text)s, only when %(conditions)s")
            if allows
            else _("%(text)s, when %(conditions)s")
        )
        text = when % {"text": text, "conditions": conditions}
    if knows_variables and (variables := _variables(statement)):
        text = _("%(text)s, where %(variables)s") % {
            "text": text,
            "variables": all_of([_meaning(name) for name in variables]),
        }
    return _("%(sentence)s.") % {"sentence": text}


def _variables(statement: Statement) -> list[Variable]:
    """The variables of the statement, each once."""
    named = (*(statement.resources or ()), *(statement.not_resources or ()))
    texts = [resource_part(text) for text in named]
    for condition in statement.conditions:
        operator = operator_named(condition.operator)
        if operator and operator.base in KNOW_VARIABLES:
            texts += condition.values
    parts = [part for text in texts for part in parts_of(text, wildcards=False)]
    return list(dict.fromkeys(part for part in parts if isinstance(part, Variable)))


def _meaning(variable: Variable) -> str:
    names = {"variable": f"${{{variable.name}}}", "key": key_phrase(variable.name)}
    if variable.default is None:
        return _("%(variable)s is %(key)s") % names
    names["default"] = variable.default
    names["variable"] = f"${{{variable.name}, '{variable.default}'}}"
    return _("%(variable)s is %(key)s, or “%(default)s” if there is none") % names
