"""A browser without scripts: cookies, forms with their CSRF token, redirects when asked."""

from __future__ import annotations

import http.client
import itertools
import json
import re
from html import unescape
from http.cookies import Morsel, SimpleCookie
from typing import Any, NamedTuple
from urllib.parse import urlencode

SESSION = "iamsite_session"
CSRF = "csrftoken"
FORM = "application/x-www-form-urlencoded"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_FIELD = re.compile(r'<input type="hidden" name="challenge" value="([^"]+)"')


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def text(self) -> str:
        return self.content.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.content)

    @property
    def code(self) -> tuple[int, str]:
        """Status and error code of the REST face."""
        return self.status, self.json["Error"]["Code"]

    @property
    def location(self) -> str:
        return self.headers.get("Location", "")

    @property
    def cookies(self) -> dict[str, Morsel[str]]:
        found: SimpleCookie = SimpleCookie()
        for line in self.headers.get_all("Set-Cookie") or []:
            found.load(line)
        return dict(found)

    @property
    def challenge(self) -> str:
        found = _FIELD.search(self.text)
        assert found is not None, self.text
        return unescape(found[1])


class Browser:
    """Somebody's browser at the portal on `port` of the loopback interface."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def csrf(self) -> str:
        """The token that the portal's own pages hold; a page of another origin cannot read it."""
        found = _TOKEN.search(self("GET", "/console/sign-up").text)
        assert found is not None
        return found[1]

    def __call__(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        sent = {"Host": f"127.0.0.1:{self.port}", **(headers or {})}
        if self.cookies and "Cookie" not in sent:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        finally:
            connection.close()
        for name, cookie in answer.cookies.items():
            if cookie["max-age"] == "0" or cookie["max-age"] == 0:
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.value
        return answer

    def get(self, path: str) -> Answer:
        return self("GET", path)

    def submit(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        """Posts a form as a page of the portal does."""
        fields = {"csrfmiddlewaretoken": self.csrf, **fields}
        return self(
            "POST", path, urlencode(fields).encode(), {"Content-Type": FORM, **(headers or {})}
        )

    def rest(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """A call of the REST face by a script of the portal's own pages."""
        data = None if body is None else json.dumps(body).encode()
        own = {"X-CSRFToken": self.csrf, "Content-Type": "application/json"}
        return self(method, f"/api/v1/{path}", data, {**own, **(headers or {})})

    def sign_in_root(self, email: str, password: str, **fields: str) -> Answer:
        form = {"kind": "root", "email": email, "password": password}
        return self.submit("/console/sign-in", **form, **fields)

    def sign_in(self, account: str, name: str, password: str, **fields: str) -> Answer:
        form = {"account": account, "name": name, "password": password}
        return self.submit("/console/sign-in", **form, **fields)


_names = itertools.count()


def fresh(prefix: str) -> str:
    """A name that no other test of this run has."""
    return f"{prefix}{next(_names)}"
