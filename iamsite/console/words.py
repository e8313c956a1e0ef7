"""The words of the pages in other languages than English (docs/languages.md).

What scripts say comes in a file of its own that the page loads before them: a strict content
security policy allows no script in the page, and browsers keep a file.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.views.decorators.http import require_safe
from django.views.i18n import JavaScriptCatalog

from iamsite.console.middleware import public


@cache
def catalogue(language: str) -> bytes:
    """The script with what scripts say in `language`."""
    with translation.override(language):
        return bytes(JavaScriptCatalog().get(HttpRequest()).content)


@cache
def digest(language: str) -> str:
    return sha256(catalogue(language)).hexdigest()[:16]


def address() -> str:
    """Where the catalogue of the present language is; "" for English, which is in the scripts."""
    language = translation.get_language() or settings.LANGUAGE_CODE
    if language == settings.LANGUAGE_CODE:
        return ""
    return reverse("console:words", args=[language, digest(language)])


@public
@require_safe
def words(request: HttpRequest, language: str, version: str) -> HttpResponse:
    """The catalogue of a language. Its address follows from its words, so it is kept for good."""
    if language not in dict(settings.LANGUAGES):
        raise Http404
    response = HttpResponse(catalogue(language), content_type="text/javascript; charset=utf-8")
    known = version == digest(language)
    kept = "public, max-age=31536000, immutable" if known else "no-cache"
    response.headers["Cache-Control"] = kept
    return response
