"""What a statement is for: actions as deeds."""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from policies.engine import Statement
from policies.reading.lists import all_of
from policies.reading.services import Names, service_title
from policies.reading.verbs import PLAIN_NOUNS, PREPOSITIONS, VERBS, WORDS

_WORDS = re.compile(r"[A-Z]{2,}s(?![a-z])|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z0-9]+|[A-Z]+")


def actions_phrase(statement: Statement, names: Names) -> str:
    """`reading objects (s3:GetObject) and …`, `everything except …`."""
    language = get_language()
    if statement.actions is not None:
        return all_of([_phrase(one, names, language) for one in statement.actions])
    named = [_phrase(one, names, language) for one in statement.not_actions or ()]
    return _("everything except %(actions)s") % {"actions": all_of(named)}


def _phrase(action: str, services: Names, language: str) -> str:
    if action in ("*", "*:*"):
        return _("all actions (%(action)s)") % {"action": action}
    service = action.partition(":")[0]
    return _said(action, service_title(service, services), language)


@lru_cache(maxsize=32_768)  # AWS's own policies name thousands
def _said(action: str, service: str, _language: str) -> str:
    name = action.partition(":")[2]
    names = {"service": service, "action": action, "name": name}
    if name == "*":
        return _("all actions of %(service)s (%(action)s)") % names
    if "*" in name or "?" in name:
        names["start"] = name[:-1]
        if "*" in name[:-1] or "?" in name:
            return _("all actions of %(service)s that match %(name)s (%(action)s)") % names
        return _("all actions of %(service)s that begin with %(start)s (%(action)s)") % names
    deed = _deed(name)
    if deed is None:
        return _("%(name)s in %(service)s (%(action)s)") % names
    return _("%(deed)s (%(action)s)") % {"deed": deed, "action": action}


def _deed(name: str) -> str | None:
    """`PutBucketPolicy` as `writing bucket policies`; None for what begins with no verb we know."""
    words = _WORDS.findall(name.replace("OpenIDConnect", "OIDC"))
    batch = len(words) > 1 and words[0] == "Batch"
    verb, *objects = words[1:] if batch else words
    if (template := VERBS.get(verb.capitalize())) is None:
        return None
    deed = (_(template) % {"what": _noun(objects) if objects else ""}).strip()
    return _("%(deed)s in batches") % {"deed": deed} if batch else deed


def _noun(words: list[str]) -> str:
    """The words of an action's object, nouns in the plural: `roles to instance profiles`."""
    plain = [word if word[1:2].isupper() else word.lower() for word in words]
    plain = [WORDS.get(word, word) for word in plain]
    ends = [index for index, word in enumerate(plain[1:]) if word in PREPOSITIONS]
    for index in (*ends, len(plain) - 1):
        plain[index] = _plural(plain[index])
    return " ".join(plain)


def _plural(word: str) -> str:
    if word.endswith(("s", "data")) or word in PLAIN_NOUNS:
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("x", "ch", "sh")) else f"{word}s"
