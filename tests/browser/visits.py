"""Visits of the console in Chromium, each watched for what no page of it may ever do."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, ClassVar

from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, WebError

from tests.cast import PASSWORD, Account
from tests.iamsite.console.browser import USER_PASSWORD, has_password

STORED = "local_storage,indexeddb,cache_storage,service_workers"
OWN_SCHEMES = ("data:", "blob:", "about:")
# Chromium says this of every answer above 399; whether that answer was right, its test says.
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")
# What htmx says of a request that failed: `_failed` knows why, and whether that is a fault.
_OF_FAILED = re.compile(r"htmx:(afterRequest|sendError|sendAbort)\b")


class Visits:
    """Opens pages of the portal at `url`, each in a browser's profile of its own.

    `faults` are the console's errors (violations of the content security policy among them),
    uncaught exceptions, requests that leave the origin or fail, and answers above 499. A profile
    without options is emptied and serves again: to make one, and to read all scripts and styles in
    it for the first time, is a third of a test's work.
    """

    _emptied: ClassVar[dict[tuple[Browser, str], list[BrowserContext]]] = defaultdict(list)

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser = browser
        self.url = url
        self.faults: list[str] = []
        self.plain: list[BrowserContext] = []
        self.special: list[BrowserContext] = []
        self.watched = {
            "request": self._requested,
            "requestfailed": self._failed,
            "response": self._answered,
            "weberror": self._uncaught,
            "console": self._said,
        }

    def open(self, **options: Any) -> Page:
        """A page in an empty profile; `options` are those of Playwright's `new_context`."""
        emptied = self._emptied[self.browser, self.url]
        if emptied and not options:
            context = emptied.pop()
        else:
            context = self.browser.new_context(
                **{"base_url": f"{self.url}/console/", "reduced_motion": "reduce", **options}
            )
            context.set_default_timeout(10_000)
        (self.special if options else self.plain).append(context)
        page = context.new_page()
        for emptied_page in context.pages[:-1]:  # until now it kept their process, which knows all
            emptied_page.close()
        for event, seen in self.watched.items():
            context.on(event, seen)  # type: ignore[call-overload]
        return page

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
        for context in self.special:
            context.close()
        for context in self.plain:
            self._empty(context)
            for event, seen in self.watched.items():
                context.remove_listener(event, seen)
            self._emptied[self.browser, self.url].append(context)

    def _empty(self, context: BrowserContext) -> None:
        *others, last = context.pages
        for page in others:
            page.close()
        stored = {"origin": self.url, "storageTypes": STORED}
        context.new_cdp_session(last).send("Storage.clearDataForOrigin", stored)
        context.clear_cookies()
        context.clear_permissions()

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

    def _uncaught(self, error: WebError) -> None:
        self.faults.append(f"Uncaught: {error.error}")

    def _said(self, message: Any) -> None:
        known = _STATUS.match(message.text) or _OF_FAILED.match(message.text)
        if message.type == "error" and not known:
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
