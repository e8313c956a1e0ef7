"""Pages of the console in a small and in a large account: ``python -m benchmarks.pages``.

A portal of its own is measured empty, then with USERS users in one account and OTHERS accounts of
a thousand beside it: the time to the first byte of each page, in the small account before and
after, and in the large one. Pages of the large account must answer in 50 ms; those of the small
one must not notice their neighbours. What a page takes of the processors, the database's work
included, tells two states of the portal apart on a machine that does other things as well.
"""

from __future__ import annotations

import argparse
import html
import http.client
import json
import re
import statistics
import sys
import time
import urllib.parse
from dataclasses import dataclass

from benchmarks.calls.client import Failed
from benchmarks.calls.servers import Iamsite

PASSWORD = "correct horse battery staple"
FIRST_BYTE = 0.050  # seconds
SMALL = 120  # users of the small account: more than a page
WARM_UP = 2  # rounds that do not count
BURST = 20  # times that a page is asked for to see what it takes of the processors
WORSE = 1.5  # times what the same page took in an empty installation
PAGES = {
    "dashboard": "",
    "users": "users/",
    "users, filtered": "users/?q=dora.1",
    "users, filter finds none": "users/?q=nobody",
    "users, filter finds one": "users/?q=.99999",
    "users, filter finds all": "users/?q=.",
    "users, by creation": "users/?sort=CreateDate",
    "users, by last seen": "users/?sort=LastSeenDate",
    "users, seen lately first": "users/?sort=LastSeenDate&order=descending",
    "users, by oldest key": "users/?sort=OldestActiveKeyDate",
    "users, without password": "users/?show=programs",
    "user": "users/ben.1/",
    "user's credentials": "users/ben.1/?tab=credentials",
    "user's permissions": "users/ben.1/?tab=effective",
    "user's access advisor": "users/ben.1/?tab=access",
    "create user": "users/create",
    "groups": "groups/",
    "group": "groups/team-1/",
    "add members": "groups/team-1/members/add",
    "roles": "roles/",
    "create role": "roles/create",
    "policies": "policies/",
    "policies, AWS's too": "policies/?scope=all",
    "policy, AWS's longest": "policies/arn:aws:iam::aws:policy/ReadOnlyAccess",
    "who can": "who-can?action=iam:CreateUser",
    "who can, nobody": "who-can?action=sqs:SendMessage",
    "effective access": "effective-access?services=sqs",
    "trust": "trust",
    "search": "search?q=ben.12",
    "activity": "activity",
    "account settings": "account",
}


Times = dict[str, float]  # seconds by page


class Visitor:
    """A browser without a screen: one connection, and the cookies of a root user signed in."""

    def __init__(self, port: int, email: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._cookies: dict[str, str] = {}
        page = self.get("sign-in?kind=root")[0]
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        form = {
            "csrfmiddlewaretoken": token[1],
            "kind": "root",
            "email": email,
            "password": PASSWORD,
        }
        body = urllib.parse.urlencode(form)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Origin": f"http://127.0.0.1:{port}",
        }
        status = self._ask("POST", "sign-in", body, headers)[0]
        if status != 302:
            raise Failed(f"signing in answered {status}")

    def reconnect(self) -> None:
        """Begins anew with the next page: the server ends a connection that rested."""
        self._connection.close()

    def get(self, path: str) -> tuple[str, float]:
        """A page's text, and the seconds to the first byte of it. Raises Failed."""
        status, text, seconds = self._ask("GET", path)
        if status != 200:
            raise Failed(f"{path} answered {status}")
        return text, seconds

    def _ask(
        self, method: str, path: str, body: str | None = None, more: dict[str, str] | None = None
    ) -> tuple[int, str, float]:
        cookies = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        started = time.perf_counter()
        self._connection.request(
            method, f"/console/{path}", body, {**(more or {}), "Cookie": cookies}
        )
        answer = self._connection.getresponse()
        seconds = time.perf_counter() - started
        text = answer.read().decode()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, rest = line.partition("=")
            self._cookies[name] = rest.partition(";")[0]
        return answer.status, text, seconds


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="benchmarks.pages", description=__doc__)
    parser.add_argument("--users", type=int, default=100_000, help="of the large account")
    parser.add_argument("--others", type=int, default=100, help="accounts of 1,000 users each")
    parser.add_argument("--rounds", type=int, default=9)
    options = parser.parse_args(arguments)
    with Iamsite() as server:
        small, large = (opened(server, name) for name in ("small", "large"))
        fill(server, small.account, SMALL, 0)
        visitor = Visitor(server.port, small.email)
        alone = measured(visitor, options.rounds)
        fill(server, large.account, options.users, options.others)
        beside = measured(visitor, options.rounds)
        visitor = Visitor(server.port, large.email)
        crowded = measured(visitor, options.rounds)
        worked = processor_times(server, visitor)
    print(f"{options.users} users in the large account, {1000 * options.others} in others\n")
    report(alone, beside, crowded, worked)
    return 0


@dataclass(frozen=True)
class Opened:
    account: str
    email: str


def opened(server: Iamsite, name: str) -> Opened:
    """A new account whose root user has the password."""
    email = f"{name}@example.test"
    command = f"manage.py create_account --email {email} --password-stdin --format json"
    made = server.run(*command.split(), given=f"{PASSWORD}\n")
    return Opened(json.loads(made)["AccountId"], email)


def fill(server: Iamsite, account: str, users: int, others: int) -> None:
    server.run("-m", "benchmarks.pages.crowd", account, str(users), str(others))


def measured(visitor: Visitor, rounds: int) -> Times:
    """The median seconds to the first byte of each page, taken in turns."""
    visitor.reconnect()
    addresses = addresses_for(visitor)
    taken: dict[str, list[float]] = {name: [] for name in addresses}
    for _ in range(rounds + WARM_UP):
        for name, path in addresses.items():
            taken[name].append(visitor.get(path)[1])
    return {name: statistics.median(seconds[WARM_UP:]) for name, seconds in taken.items()}


def processor_times(server: Iamsite, visitor: Visitor) -> Times:
    """The seconds of the processors that each page takes, of all the portal's processes."""
    taken = {}
    for name, path in addresses_for(visitor).items():
        before = server.processor_seconds()
        for _ in range(BURST):
            visitor.get(path)
        taken[name] = (server.processor_seconds() - before) / BURST
    return taken


def addresses_for(visitor: Visitor) -> dict[str, str]:
    return {
        **PAGES,
        "users, next page": followed(visitor, "users/", 'rel="next" href="'),
        "trust of one user": followed(visitor, "trust", 'href="', "trust[?]principal="),
    }


def followed(visitor: Visitor, page: str, before: str, begins: str = "") -> str:
    """The address of the first such link of a page."""
    found = re.search(f'{before}/console/({begins}[^"]+)"', visitor.get(page)[0])
    if found is None:
        raise Failed(f"{page} has no link {before}…{begins}")
    return html.unescape(found[1])


def report(alone: Times, beside: Times, crowded: Times, worked: Times) -> None:
    print(f"{'large account, first byte and processors':>57}{'small one, beside / alone':>30}")
    for name, seconds in crowded.items():
        kept = "ok" if seconds < FIRST_BYTE else "NO"
        ratio = beside[name] / alone[name]
        same = "ok" if ratio < WORSE else "NO"
        row = f"  {name:28}{seconds * 1000:>9.0f} ms {kept}{worked[name] * 1000:>12.0f} ms"
        print(f"{row}{ratio:>24.2f} {same}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
