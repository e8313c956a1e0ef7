"""Where a browser's request came from."""

from __future__ import annotations

from django.http import HttpRequest

from iamsite.operations import Origin

# Referrer-Policy of a page whose address holds a secret and which has a form. With "no-referrer"
# browsers send that form with `Origin: null` (Fetch, "append a request Origin header"), which is
# refused as forged.
WITHOUT_ADDRESS = "strict-origin"


def origin_of(request: HttpRequest, request_id: str) -> Origin:
    """The origin that operations record and policies test (aws:SourceIp and its like)."""
    return Origin(
        source_ip=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("User-Agent", "")[:1024],
        secure=request.is_secure(),
        request_id=request_id,
        face="console",
        referer=request.headers.get("Referer", "")[:2048],
    )
