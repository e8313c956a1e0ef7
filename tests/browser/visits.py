"""Visits of the console in Chromium, each watched for what no page of it may ever do."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, Request, Response

from tests.cast import PASSWORD, Account
from tests.iamsite.console.browser import USER_PASSWORD, has_password

OWN_SCHEMES = ("data:", "blob:", "about:")
# Chromium says this of every answer above 399; whether that answer was right, its test says.
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")


class Visits:
    """Opens pages of the portal at `url`, each in a browser's profile of its own.

    `faults` are the console's errors (violations of the content security policy among them),
    uncaught exceptions, requests that leave the origin or fail, and answers above 499.
    """

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url
        self.faults: list[str] = []
        self.contexts: list[BrowserContext] = []

    def open(self, **options: Any) -> Page:
        """A page in a new profile; `options` are those of Playwright's `new_context`."""
        context = self.browser.new_context(
            **{"base_url": f"{self.url}/console/", "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(10_000)
        self.contexts.append(context)
        context.on("request", self._requested)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("weberror", lambda error: self.faults.append(f"Uncaught: {error.error}"))
        context.on("console", self._said)
        return context.new_page()

    def as_root(self, account: Account, **options: Any) -> Page:
        """A page at which root of `account` is signed in."""
        page = self.open(**options)
        sign_in(page, kind="root", email=account.email, password=PASSWORD)
        return page

    def as_user(self, account: Account, name: str, **options: Any) -> Page:
        """A page at which the user `name` is signed in."""
        if not has_password(account, name):
            account.root.perform("CreateLoginProfile", UserName=name, Password=USER_PASSWORD)
        page = self.open(**options)
        sign_in(page, account=account.id, name=name, password=USER_PASSWORD)
        return page

    def close(self) -> None:
        for context in self.contexts:
            context.close()

    def _requested(self, request: Request) -> None:
        if not request.url.startswith((f"{self.url}/", *OWN_SCHEMES)):
            self.faults.append(f"Left the origin: {request.method} {request.url}")

    def _failed(self, request: Request) -> None:
        # Going to another page ends what the last one was still asking for.
        if request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.failure}: {request.method} {request.url}")

    def _answered(self, response: Response) -> None:
        asset = "/static/" in response.url and response.status >= 400
        if response.status >= 500 or asset:
            request = response.request
            self.faults.append(f"{response.status}: {request.method} {response.url}")

    def _said(self, message: Any) -> None:
        if message.type == "error" and not _STATUS.match(message.text):
            where = message.location
            place = f"{where['url']}:{where['lineNumber']}:{where['columnNumber']}"
            self.faults.append(f"Console: {message.text} ({place})")


def sign_in(page: Page, **fields: str) -> None:
    """Signs in by the form's own request, without drawing it; test_sign_in.py draws it."""
    api = page.context.request
    form = api.get("sign-in").text()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token is not None, form
    answer = api.post("sign-in", form={"csrfmiddlewaretoken": token[1], **fields}, max_redirects=0)
    assert answer.status == 302, answer.text()
