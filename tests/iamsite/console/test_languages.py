"""Everything that pages say can be said in another language."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

from iamsite.environment import ConfigurationError, languages
from tests.cast import Acme
from tests.iamsite.console.browser import Browser, text
from tests.languages import BEGIN

SOURCE = Path(settings.BASE_DIR)

# Names, and what is the same in every language
NAMES = {"iamsite", "CSV", "JSON", "OpenID Connect", "SAML", "s3:GetObject"}
NAMES |= {"narrow", "top", "change from:find [name="}  # classes, and what htmx listens to
NAMES |= {"aws:MultiFactorAuthPresent=true", "arn:aws:iam::aws:policy/ReadOnlyAccess"}
TAGS = re.compile(
    r"\{%\s*(blocktranslate|comment)\b.*?\{%\s*end\1\s*%\}|\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}",
    re.DOTALL,
)
SPOKEN = re.compile(
    r'\b(?:title|alt|placeholder|aria-label|aria-description|label|data-tip)="([^"]*)"'
)
MARKS = {"_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy"}
MARKS |= {"pgettext", "pgettext_lazy", "npgettext"}
# Of what a form, an action or a page is made; the tests of the looks hold their other values.
WORDY = {"title", "lead", "submit", "success", "label", "help_text", "empty", "help", "placeholder"}


def unmarked(template: str) -> list[str]:
    """What a template says that no catalogue can have."""
    rest = TAGS.sub("\0", re.sub(r"<(script|style).*?</\1>", "", template, flags=re.DOTALL))
    bare = re.sub(r"<[^<>]*>", "\n", re.sub(r"<(code|kbd)\b.*?</\1>", "", rest, flags=re.DOTALL))
    parts = re.split(r"[\0\n]", "\n".join([*SPOKEN.findall(rest), bare]))
    said = [part.strip(" ·\t") for part in parts]
    return [one for one in said if re.search(r"[A-Za-z]{2}", one)]


def test_templates_say_nothing_that_cannot_be_translated() -> None:
    found = {
        str(path.relative_to(SOURCE)): said
        for path in SOURCE.glob("templates/**/*.html")
        if path.parent.name != "rest"  # the reference of the API is in the API's English
        if (said := [one for one in unmarked(path.read_text()) if one not in NAMES])
    }
    assert found == {}


def test_what_is_not_marked_would_be_found() -> None:
    assert unmarked(
        '<p>Hello {{ name }}</p><input placeholder="Your name">{% translate "x" %}'
    ) == [
        "Your name",
        "Hello",
    ]


def test_views_say_nothing_that_cannot_be_translated() -> None:
    found = []
    for path in SOURCE.glob("*/console/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            pairs: list[tuple[str, ast.expr | None]] = []
            if isinstance(node, ast.Call):
                pairs = [(one.arg or "", one.value) for one in node.keywords]
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                pairs = [(node.targets[0].id, node.value)]
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                pairs = [(node.target.id, node.value)]
            for name, value in pairs:
                if (
                    name in WORDY
                    and isinstance(value, ast.Constant)
                    and isinstance(value.value, str)
                    and re.search(r"[A-Za-z]{2} |^[A-Z][a-z]+$", value.value)
                ):
                    found.append(f"{path.relative_to(SOURCE)}:{value.lineno}: {value.value}")
    assert found == []


def test_a_browser_gets_the_language_that_it_asks_for_and_a_script_with_its_words(
    acme: Acme, other_language: str
) -> None:
    browser = Browser(headers={"Accept-Language": f"{other_language}-EG,en;q=0.5"}).sign_in_root(
        acme
    )
    page = browser.get("/console/users/")
    body = page.content.decode()
    assert f'<html lang="{other_language}" dir="rtl"' in body
    assert f"{BEGIN}Create user" in text(page)
    address = re.search(r'<script src="(/console/words/[^"]+)"></script>', body)[1]
    script = browser.get(address)
    assert "\\u27e6Add statement" in script.content.decode()
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert script.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    stale = browser.get(re.sub(r"-\w+\.js$", "-0.js", address))
    assert (stale.status_code, stale.headers["Cache-Control"]) == (200, "no-cache")
    assert browser.get("/console/words/tlh-0.js").status_code == 404


def test_english_needs_no_catalogue() -> None:
    body = Browser(headers={"Accept-Language": "de, en"}).get("/console/sign-in").content.decode()
    assert '<html lang="en" data' in body
    assert "/console/words/" not in body


def test_a_folder_that_is_no_language_is_told_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "pt_BR" / "LC_MESSAGES").mkdir(parents=True)
    assert languages("en", tmp_path) == [("en", "English"), ("pt-br", "Português Brasileiro")]
    (tmp_path / "drafts" / "LC_MESSAGES").mkdir(parents=True)
    with pytest.raises(ConfigurationError, match="named like no language"):
        languages("en", tmp_path)


def test_styles_know_no_left_and_no_right() -> None:
    """Logical properties follow the direction in which one reads; what names a side says both."""
    found = []
    for path in (SOURCE / "static/src/css").glob("*.css"):
        source = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        sides = r"(?:margin|padding|border|inset)-(?:left|right)|\b(?:left|right):|"
        sides += r"(?:text-align|float|clear): (?:left|right)|translateX"
        found += [f"{path.name}: {one}" for one in re.findall(sides, source)]
        for name, values in re.findall(r"\b(margin|padding|inset): ([^;]+);", source):
            four = re.findall(r"[^\s()]+(?:\([^)]*\))?", values)
            if len(four) == 4 and four[1] != four[3]:
                found.append(f"{path.name}: {name}: {values}")
    assert found == []
