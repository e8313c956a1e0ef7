"""Secrets planted through every door and searched for wherever they must not be."""

from __future__ import annotations

import base64
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from django.conf import settings
from django.db import connections

from iamsite.operations import OperationError
from tests.cast import PASSWORD, Acme, Key
from tests.iamsite.rest.client import Client
from tests.identities.devices import device_for
from tests.portal import Portal
from tests.security.browser import SESSION, Answer, Browser

PLANTED = "Planted-Secret-4711-é"
TYPED_AS_A_NAME = "Typed-Into-The-Wrong-Field-4712"


class Planted:
    """What was planted, and every answer on the way but those that create a secret."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self.acme = acme = Acme()
        self.answers: list[Answer] = []
        self.secrets: dict[str, str] = {"password": PLANTED, "root's password": PASSWORD}
        assert acme.alice.key is not None
        self.secrets["secret access key"] = acme.alice.key.secret
        rest = Client(portal.url, acme.alice.key)
        made = rest("POST", "users/carol/access-keys").body["AccessKey"]
        self.secrets["secret access key over REST"] = made["SecretAccessKey"]
        rest("POST", "users/carol/login-profile", {"Password": PLANTED})
        session = Key.of(acme.alice.perform("GetSessionToken")["Credentials"])
        self.secrets["secret of a session"] = session.secret
        self.secrets["session token"] = session.token or ""
        seed = acme.alice.perform("CreateVirtualMFADevice", VirtualMFADeviceName="d")
        self.secrets["seed"] = seed["VirtualMFADevice"]["Base32StringSeed"].decode()
        self.browse(acme, portal)
        self.fail(acme, session)

    def browse(self, acme: Acme, portal: Portal) -> None:
        browser = Browser(portal.port)
        keep = self.answers.append
        keep(browser.sign_in(acme.id, TYPED_AS_A_NAME, PLANTED))
        keep(browser.sign_in_root(acme.email, PLANTED))
        keep(browser.sign_in_root(acme.email, PASSWORD))
        self.secrets["session cookie"] = browser.cookies[SESSION]
        self.secrets["password in a refused form"] = refused = "Refused-4713"
        fields = {
            "UserName": "a b",
            "console_access": "on",
            "Password": refused,
            "password": refused,
        }
        keep(browser.submit("/console/users/create", **fields))
        keep(browser.rest("POST", "users/carol/login-profile", {"Password": refused + "1a"}))
        keep(browser.rest("POST", "users/carol/login-profile", {"Pasword": refused}))
        for path in (
            "",
            "users/",
            "users/carol/",
            "users/alice/",
            "activity",
            "sessions",
            "security-credentials",
            "users/carol/?tab=credentials",
        ):
            keep(browser.get(f"/console/{path}"))
        for path in (
            "users/alice/access-keys",
            "account/authorization-details",
            "virtual-mfa-devices",
        ):
            keep(browser.rest("GET", path))

    def fail(self, acme: Acme, session: Key) -> None:
        assert acme.alice.key is not None
        wrong = Key(acme.alice.key.id, acme.alice.key.secret[::-1])
        Client(self.portal.url, wrong)("GET", "users")
        Client(self.portal.url, Key(session.id, session.secret, session.token))(
            "POST", "users", raw=b"{"
        )
        browser = Browser(self.portal.port)
        body = urlencode(
            {
                "Action": "CreateLoginProfile",
                "Version": "2010-05-08",
                "UserName": "bob",
                "Password": PLANTED,
            }
        )
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        self.answers.append(browser("POST", "/", body.encode(), form))
        self.answers.append(browser("GET", f"/?{body}"))
        device = device_for(acme, "alice")
        self.secrets["code"] = device.code()
        try:
            acme.alice.perform(
                "AssumeRole",
                RoleArn=acme.deployer,
                RoleSessionName="s1",
                SerialNumber=device.serial,
                TokenCode=self.secrets["code"],
            )
            acme.carol.perform("CreateLoginProfile", UserName="bob", Password=PLANTED)
        except OperationError:
            pass

    def found_in(self, text: str) -> list[str]:
        """The names of the secrets that `text` holds, in clear or in a common encoding."""
        return [
            name
            for name, secret in self.secrets.items()
            if name != "code" and any(form in text for form in spellings(secret))
        ]  # fmt: skip


def spellings(secret: str) -> set[str]:
    raw = secret.encode()
    return {secret, quote(secret, safe=""), raw.hex(), base64.b64encode(raw).decode(), repr(secret)[1:-1]}  # fmt: skip


@pytest.fixture(scope="module")
def planted(portal: Portal) -> Planted:
    return Planted(portal)


def test_no_secret_is_in_the_portals_logs(planted: Planted) -> None:
    assert planted.found_in("\n".join(planted.portal.lines)) == []
    assert TYPED_AS_A_NAME not in "\n".join(planted.portal.lines)


def test_no_secret_is_in_a_page_an_error_or_a_later_answer(planted: Planted) -> None:
    for answer in planted.answers:
        assert planted.found_in(answer.text) == [], answer.text
        kept = [value for name, value in answer.headers.items() if name.lower() != "set-cookie"]
        assert planted.found_in(" ".join(kept)) == []


def cells() -> Iterator[tuple[str, str]]:
    """Every row of every table as text, as the owner of the schema sees it."""
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            for (row,) in cursor.fetchall():
                yield table, row
    connections["owner"].close()


def test_no_secret_is_in_clear_in_any_row_of_the_database(planted: Planted) -> None:
    found = {
        (table, name) for table, row in cells() for name in planted.found_in(row.replace('""', '"'))
    }
    assert found == set()


def test_what_was_typed_in_place_of_a_name_is_in_no_row(planted: Planted) -> None:
    """People type passwords there."""
    assert {table for table, row in cells() if TYPED_AS_A_NAME in row} == set()


def test_no_code_of_a_device_is_in_the_trail(planted: Planted) -> None:
    events = [row for table, row in cells() if table == "accounts_event" and planted.acme.id in row]
    assert any("TokenCode" in row for row in events)
    code = re.compile(rf"(?<!\d){planted.secrets['code']}(?!\d)")
    assert not any(code.search(row) for row in events)


def processes(portal: Portal) -> list[int]:
    assert portal.process is not None
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = dict(map(int, line.split()) for line in listed.stdout.splitlines())
    family = {portal.process.pid}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return sorted(family)


def test_no_secret_is_in_the_arguments_of_a_process(planted: Planted) -> None:
    keys = [settings.SECRET_KEY, base64.b64encode(settings.IAMSITE_MASTER_KEY).decode()]
    looked_at = 0
    for pid in processes(planted.portal):
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")
        assert planted.found_in(arguments) == []
        assert not any(key in arguments for key in keys)
        looked_at += 1
    assert looked_at > 1


def test_the_keys_of_the_installation_are_files_for_their_owner_alone(planted: Planted) -> None:
    folder = Path(os.environ["IAMSITE_DATA"]) / "secrets"
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert folder.stat().st_mode & 0o077 == 0


def test_the_master_key_is_not_in_the_database_or_the_logs(planted: Planted) -> None:
    key = settings.IAMSITE_MASTER_KEY
    forms = {key.hex(), base64.b64encode(key).decode(), settings.SECRET_KEY}
    assert not any(form in row for _, row in cells() for form in forms)
    assert not any(form in line for line in planted.portal.lines for form in forms)


def test_a_process_that_crashes_leaves_no_dump(planted: Planted) -> None:
    for pid in processes(planted.portal):
        if b"iamsite" not in Path(f"/proc/{pid}/cmdline").read_bytes():
            continue
        limits = Path(f"/proc/{pid}/limits").read_text()
        (core,) = [line for line in limits.splitlines() if line.startswith("Max core file size")]
        assert core.split()[4] == "0"
