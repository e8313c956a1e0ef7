"""What of an HTTP request a signature covers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from iamsite.urlencoded import Pairs, pairs


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request in the parts that are signed.

    `path` is percent-encoded as on the wire; `query` are the decoded pairs of the query string;
    `headers` maps lower-case names to values.
    """

    method: str
    path: str
    query: Pairs
    headers: Mapping[str, str]
    body: bytes


def read(environ: Mapping[str, Any], body: bytes, query: Pairs | None = None) -> SignedRequest:
    """The request in a WSGI environment; `query` are the pairs of its query string, if at hand."""
    headers = {
        name[5:].replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    for name, header in (("CONTENT_TYPE", "content-type"), ("CONTENT_LENGTH", "content-length")):
        if environ.get(name):
            headers[header] = environ[name]
    path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
    if query is None:
        query = pairs(environ.get("QUERY_STRING", "").encode("latin-1"))
    return SignedRequest(
        method=environ["REQUEST_METHOD"],
        # WSGI gives the path decoded, so an encoded slash is lost: such a path is not verifiable.
        path=quote(path.encode("latin-1"), safe="/~"),
        query=query,
        headers=headers,
        body=body,
    )
