"""Tags and filters that draw the console's components."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from django import template
from django.forms import BoundField
from django.forms.widgets import CheckboxInput, CheckboxSelectMultiple, PasswordInput, RadioSelect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from iamsite.console import nodes, times
from iamsite.console.forms import DocumentField, TagsField
from iamsite.operations import Verdict
from identities.security_keys import given_name

ICONS = 512  # that a process keeps drawn

register = template.Library()
register.tag(nodes.cells)
register.tag(nodes.translate)
register.tag(nodes.url)


@register.simple_tag
@lru_cache(ICONS)
def icon(name: str, css: str = "") -> SafeString:
    """An icon of the sprite, for sighted people only: its meaning stands beside it as text."""
    return format_html(
        '<svg class="icon {}" aria-hidden="true"><use href="{}#{}"></use></svg>',
        css,
        static("icons.svg"),
        name,
    )


@register.inclusion_tag("components/bars.html")
def bars(bars: Sequence[Any]) -> dict[str, Any]:
    """A bar for each of `bars` (`label`, `count`), as long as its share of the longest."""
    return {"bars": bars, "most": max(1, *(bar.count for bar in bars))}


@register.inclusion_tag("components/crumb.html")
def crumb(label: str, href: str = "") -> dict[str, Any]:
    return {"label": label, "href": href}


@register.inclusion_tag("components/copy.html")
def copy(value: str, label: str = "", mono: bool = False) -> dict[str, Any]:
    """A value with a button that copies it; `label` says of what it is a copy."""
    return {"value": value, "label": label or value, "mono": mono}


@register.inclusion_tag("components/action_link.html")
def action_link(
    href: str,
    label: str = "",
    verdict: Verdict | None = None,
    dialog: bool = True,
    tone: str = "",
    icon: str = "",
    name: str = "",
    css: str = "button",
) -> dict[str, Any]:
    """A link to an action; without the right to it, disabled and saying which action is missing."""
    allowed = verdict is None or bool(verdict)
    shape = "" if label else "icon-only"
    return {
        "href": href,
        "label": label,
        "allowed": allowed,
        "why": "" if allowed or verdict is None else missing(verdict),
        "dialog": dialog,
        "icon": icon,
        "name": name,
        "class": " ".join(part for part in (css, tone, shape) if part),
    }


@register.simple_block_tag(end_name="endmore")
def more(content: str) -> SafeString:
    """Actions of a page's head: in line with the others, on phones behind one button."""
    if not content.strip():
        return content
    return render_to_string("components/more.html", {"actions": content})


@register.filter
def missing(verdict: Verdict) -> str:
    """The missing action of a refused verdict, in a few words."""
    found = re.search(r"not authorized to perform: (\S+)", verdict.message)
    if not found:
        return verdict.message
    if verdict.message.endswith("because only the root user may"):
        return _("Only the root user may.")
    if "explicit deny" in verdict.message:
        return _("A policy denies you %(action)s.") % {"action": found[1]}
    return _("You need %(action)s.") % {"action": found[1]}


_DENIAL = re.compile(r"User: (\S+) is not authorized to perform: (\S+) on resource: (\S+)")


@register.filter
def simulated(message: str) -> str:
    """The simulator with the request of a denial's message filled in, or ""."""
    found = _DENIAL.match(message)
    if found is None or not found[3].startswith(("arn:", "*")):
        return ""
    asked = {"principal": found[1], "action": found[2], "resource": found[3]}
    return f"{reverse('console:simulator')}?{urlencode(asked)}"


@register.simple_tag
def ago(moment: datetime, never: str = "") -> SafeString:
    """A time relative to now; the exact UTC time on hover and in the markup. In a table's cell,
    `never` is what it says where there is no such time.
    """
    if never and not moment:
        return format_html('<span class="none">{}</span>', never)
    return format_html(
        '<time datetime="{}" title="{}" data-relative>{}</time>',
        moment.isoformat(),
        times.exact(moment),
        times.relative(moment),
    )


LINES_IN_SIGHT = 26  # of a block of code, before it is unfolded (display.css)
LINES_WORTH_FOLDING = 3  # beyond those; fewer are just shown


@register.simple_tag(takes_context=True)
def code(context: template.Context, text: str, label: str = "", wrap: bool = False) -> SafeString:
    """A block of code that one click copies."""
    number = (context.render_context.get("code_blocks") or 0) + 1
    context.render_context["code_blocks"] = number
    identity = f"code-{number}-{abs(hash(text)) % 10_000}"
    lines = text.count("\n") + 1
    return render_to_string(
        "components/code.html",
        {
            "text": highlighted(text, breaks=wrap),
            "label": label or _("code"),
            "wrap": wrap,
            "id": identity,
            "lines": lines if lines > LINES_IN_SIGHT + LINES_WORTH_FOLDING else 0,
        },
    )


_NAMED_ACTION = re.compile(r"(\([a-z0-9-]+:[\w*?]+\))")
_LONG_WORD = re.compile(r"(\S{41,})")  # a secret access key has 40 letters, and stays whole
_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null|-?\d+(?:\.\d+)?)\b')


def highlighted(text: str, breaks: bool = False) -> SafeString:
    """JSON with its keys, strings and literals marked; any other text just escaped, with `breaks`
    the places where words may break that are longer than a line of a phone."""
    if not text.lstrip().startswith(("{", "[")):
        words = _LONG_WORD.split(text) if breaks else [text]
        return format_html_join(
            "", "{}", ((breakable(part) if at % 2 else part,) for at, part in enumerate(words))
        )
    parts: list[str] = []
    at = 0
    for found in _TOKEN.finditer(text):
        parts.append(html.escape(text[at : found.start()]))
        string, colon, literal = found.groups()
        kind = "literal" if literal else "key" if colon else "string"
        value = html.escape(string or literal)
        parts.append(f'<span class="json-{kind}">{value}</span>{colon or ""}')
        at = found.end()
    parts.append(html.escape(text[at:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above


@register.filter
def pretty(document: str) -> str:
    """A policy document indented for reading; as it stands when it is no JSON."""
    try:
        return json.dumps(json.loads(document), indent=2, ensure_ascii=False)
    except (TypeError, ValueError):
        return document or ""


@register.inclusion_tag("components/field.html", takes_context=True)
def field(context: template.Context, bound: BoundField) -> dict[str, Any]:
    """A form's field with its label, help and errors."""
    return {"field": bound, "kind": _kind(bound), "request": context.get("request")}


def _kind(bound: BoundField) -> str:
    if isinstance(bound.field, TagsField):
        return "tags"
    if isinstance(bound.field, DocumentField):
        return "document"
    widget = bound.field.widget
    if isinstance(widget, CheckboxSelectMultiple):
        return "picks"
    if isinstance(widget, RadioSelect):
        return "choices"
    if isinstance(widget, PasswordInput):
        return "password"
    return "check" if isinstance(widget, CheckboxInput) else "input"


@register.filter
def tag_rows(tags: list[dict[str, str]] | None) -> list[tuple[str, str]]:
    """The tags to edit, and one empty row for a new one."""
    return [*((tag["Key"], tag["Value"]) for tag in tags or []), ("", "")]


_TONES = {"success": "good", "error": "bad", "warning": "warn"}
_TONE_ICONS = {"good": "circle-check", "bad": "alert-circle", "warn": "alert-triangle"}


@register.filter
def tone(tags: str) -> str:
    """A message's tone from its level's tag."""
    return _TONES.get(tags.split(" ")[-1], "info")


@register.filter
def tone_icon(name: str) -> str:
    return _TONE_ICONS.get(_TONES.get(name.split(" ")[-1], name), "info-circle")


@register.filter
def segment(text: str) -> str:
    """Text as one segment of an address."""
    return quote(text, safe="")


@register.filter
def get(mapping: dict[str, Any], key: str) -> Any:
    return mapping.get(key)


@register.filter
def initials(name: str) -> str:
    """Two letters for a name's picture."""
    words = re.findall(r"[^\W_]+", name)
    return "".join(word[0] for word in words[:2]) or "?"


@register.filter
def arn_name(arn: str) -> str:
    """The last part of an ARN: what people call the thing; of a session its role and its name."""
    _, is_session, both = arn.partition(":assumed-role/")
    if is_session:
        return both
    return arn.rpartition("/")[2] if "/" in arn else arn.rpartition(":")[2]


BREAKS = re.compile(r"(?<=[/:.@])(?=[^\s/:.@*])|(?<=[a-z])(?=[A-Z])")


@register.filter
def breakable(name: str) -> SafeString:
    """A name, ARN or address with the places where its line may break: after each of its marks, and
    before a capital that begins a word.
    """
    return _broken(str(name))


@lru_cache(maxsize=16_384)  # a page may name thousands of actions, and every page the same
def _broken(name: str) -> SafeString:
    return mark_safe("<wbr>".join(map(html.escape, BREAKS.split(name))))  # noqa: S308 - escaped


@register.filter
def as_terms(names: Sequence[str]) -> SafeString:
    """Actions or ARNs, which may be thousands, one under the other."""
    found = [f'<code class="term">{breakable(name)}</code>' for name in names]
    return mark_safe("".join(found))  # noqa: S308 - escaped


@register.filter
def told(sentence: str) -> SafeString:
    """A sentence about a policy, with the actions that it names in parentheses as code."""
    parts = map(html.escape, _NAMED_ACTION.split(sentence))
    found = [f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts)]
    return mark_safe("".join(found))  # noqa: S308 - escaped


@register.simple_tag
def lines_of_diff(lines: Sequence[tuple[str, str]]) -> SafeString:
    """The lines of a difference (policies/difference.py), with the sign of what changed marked."""
    found = []
    for kind, line in lines:
        if kind in ("added", "removed"):
            text = f"<b>{html.escape(line[:1])}</b>{html.escape(line[1:])}"
        else:
            text = html.escape(line)
        found.append(f'<span class="{kind}">{text}</span>' if kind else f"<span>{text}</span>")
    return mark_safe("".join(found))  # noqa: S308 - escaped


@register.simple_tag
def entity_link(arn: str) -> SafeString:
    """A user or role by its ARN, as a link to its page."""
    kind, name = arn.split(":", 5)[5].partition("/")[0], arn_name(arn)
    if kind not in ("user", "role"):
        return format_html("{}", name)
    address = reverse(f"console:{kind}", args=[name])
    return format_html('<a class="quiet" href="{}">{}</a>', address, name)


@register.filter
def device_name(serial: str) -> str:
    """The name that a person gave an MFA device."""
    return given_name(serial)


@register.filter
def is_aws_managed(arn: str) -> bool:
    return arn.startswith("arn:aws:iam::aws:")


@register.simple_tag
def age(moment: datetime) -> SafeString:
    """How long ago, without "ago"."""
    passed = (datetime.now(UTC) - moment).total_seconds()
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        times.exact(moment),
        times.span(passed) or _("just now"),
    )


@register.simple_tag
def length(seconds: int) -> str:
    """A length of time in words."""
    return times.span(seconds)


@register.simple_tag
def inline_url(verb: str, kind: str, name: str, *policy: str) -> str:
    """The address of an inline policy's form: `verb` edit or delete, and create, which has no
    policy yet; `kind` user, group or role."""
    return reverse(f"console:{verb}-inline-{kind}-policy", args=[name, *policy])


@register.simple_tag
def attachment_url(verb: str, kind: str, name: str, *arn: str) -> str:
    """The address at which a managed policy is detached, or without `arn` some are attached."""
    return reverse(f"console:{verb}-{kind}-policy", args=[name, *arn])


@register.simple_tag
def key_url(verb: str, name: str, key: str) -> str:
    """The address of an access key's form; without a user name it is one's own key."""
    if name:
        return reverse(f"console:{verb}-key", args=[name, key])
    return reverse(f"console:{verb}-own-key", args=[key])


@register.simple_tag
def session_url(session: str, user: str = "") -> str:
    """The address that ends a console session, and leads back to the page of `user`."""
    address = reverse("console:end-session", args=[session])
    return f"{address}?{urlencode({'user': user})}" if user else address


@register.simple_tag
def device_url(name: str, serial: str) -> str:
    """The address that removes an MFA device: of the user `name`, or one's own."""
    address = (
        reverse("console:remove-user-mfa", args=[name]) if name else reverse("console:remove-mfa")
    )
    return f"{address}?{urlencode({'serial': serial})}"


@register.filter
def thousands(number: int) -> str:
    return f"{number:,}"


_BROWSERS = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser(user_agent: str) -> str:
    """A browser's name as people know it; the text itself when it is none that we know."""
    name = next((label for mark, label in _BROWSERS if mark in user_agent), "")
    system = next((label for mark, label in _SYSTEMS if mark in user_agent), "")
    if name and system:
        return _("%(browser)s on %(system)s") % {"browser": name, "system": system}
    return user_agent[:60]
