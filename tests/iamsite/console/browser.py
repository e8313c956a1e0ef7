"""A browser without a screen: Django's client, signed in to the console as somebody of the cast."""

from __future__ import annotations

import html
import itertools
import re
from typing import Any

from django.test import Client

from iamsite.operations import OperationError
from tests.cast import PASSWORD, Account

# What AWS asks of a user's password by default: three kinds of characters.
USER_PASSWORD = "Correct horse battery 1"

_addresses = itertools.count(1)


class Browser(Client):
    """One person's browser, at an address of its own so that no two share a limit."""

    def __init__(self, **options: Any) -> None:
        number = next(_addresses)
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        super().__init__(SERVER_NAME="localhost", REMOTE_ADDR=address, **options)

    def sign_in_root(self, account: Account) -> Browser:
        self.post(
            "/console/sign-in", {"kind": "root", "email": account.email, "password": PASSWORD}
        )
        return self

    def sign_in(self, account: Account, name: str) -> Browser:
        """Signs a user of the cast in, with a password made for the occasion."""
        if not has_password(account, name):
            account.root.perform("CreateLoginProfile", UserName=name, Password=USER_PASSWORD)
        self.post(
            "/console/sign-in",
            {"kind": "user", "account": account.id, "name": name, "password": USER_PASSWORD},
        )
        return self

    def htmx(self, path: str, data: dict[str, Any] | None = None, target: str = "dialog") -> Any:
        """What htmx asks for to fill the element `target`."""
        headers = {"HX-Request": "true", "HX-Target": target}
        if data is None:
            return self.get(path, headers=headers)
        return self.post(path, data, headers=headers)


def has_password(account: Account, name: str) -> bool:
    try:
        account.root.perform("GetLoginProfile", UserName=name)
    except OperationError:
        return False
    return True


def text(response: Any) -> str:
    """What a page says, without its markup."""
    body = re.sub(r"<(script|style|template).*?</\1>", "", response.content.decode(), flags=re.S)
    body = body.replace("<wbr>", "")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
