"""Approving `aws login` in a real browser, which must let the answer through to its port."""

import base64
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.test_accessible import violations
from tests.browser.visits import Visits
from tests.cast import Acme
from tests.identities.tool import CROSS, Tool, may
from tests.portal import Portal


class Waiting(HTTPServer):
    """The tool that waits for its code, on a port of the loopback interface."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def _handler(self) -> Any:
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                body = b"<!doctype html><title>Done</title>You may close this page."
                self.send_response(200)
                self.send_header("Content-Type", "text/html")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Says nothing."""

        return Handler


@pytest.fixture
def carol(chromium: Browser, portal: Portal, acme: Acme) -> Any:
    """A page that may leave the portal, for one port."""
    may(acme)
    visits = Visits(chromium, portal.url)
    yield visits.as_user(acme, "carol")
    visits.close()


def test_the_code_goes_to_the_tool_that_waits(carol: Page, portal: Portal) -> None:
    waiting = Waiting()
    tool = Tool(redirect_uri=f"http://127.0.0.1:{waiting.server_port}/oauth/callback")
    carol.goto(portal.url + tool.address("/v1/authorize"))
    carol.get_by_role("button", name="Allow").click()
    expect(carol.get_by_text("You may close this page.")).to_be_visible()
    carol.goto(portal.url + tool.address("/v1/authorize"))
    carol.get_by_role("link", name="Cancel").click()
    expect(carol.get_by_text("You may close this page.")).to_be_visible()
    waiting.shutdown()
    allowed, cancelled = [
        parse_qs(urlsplit(one).query) for one in waiting.asked if one.startswith("/oauth/callback")
    ]
    assert (allowed["state"], len(allowed["code"][0]) > 50) == ([tool.state], True)
    assert cancelled == {"error": ["access_denied"], "state": [tool.state]}


def test_the_code_for_another_machine_is_copied_with_one_click(carol: Page, portal: Portal) -> None:
    tool = Tool(CROSS, f"{portal.url}/v1/sessions/confirmation")
    carol.goto(portal.url + tool.address("/v1/authorize"))
    carol.get_by_role("button", name="Allow").click()
    assert violations(carol) == []
    shown = carol.locator("pre").inner_text()
    answer = dict(parse_qsl(base64.b64decode(shown).decode()))
    assert answer["state"] == tool.state
    carol.context.grant_permissions(["clipboard-read", "clipboard-write"])
    carol.get_by_role("button", name="Copy the code").click()
    assert carol.evaluate("navigator.clipboard.readText()") == shown
