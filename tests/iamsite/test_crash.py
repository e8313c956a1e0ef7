"""kill -9 in the middle of a thousand writes: what was acknowledged is there, with its record, and
nothing else is there by half."""

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from tests.cast import Key
from tests.portal import SOURCE, Portal, environment

WRITES = 1000
WRITERS = 4
ACKNOWLEDGED_BEFORE_THE_END = 200


@pytest.fixture
def own_portal(tmp_path: Path) -> Any:
    with Portal(tmp_path / "data") as running:
        yield running


def test_a_killed_portal_keeps_every_acknowledged_write_with_its_event(own_portal: Portal) -> None:
    key = open_account(own_portal)
    acknowledged: set[str] = set()
    enough = threading.Event()

    def write(first: int) -> None:
        client = key.client("iam", own_portal.url)
        for number in range(first, WRITES, WRITERS):
            try:
                client.create_user(UserName=f"user{number}")
            except botocore.exceptions.BotoCoreError:
                return
            acknowledged.add(f"user{number}")
            if len(acknowledged) >= ACKNOWLEDGED_BEFORE_THE_END:
                enough.set()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    assert enough.wait(120)
    assert own_portal.process is not None
    os.killpg(own_portal.process.pid, signal.SIGKILL)
    own_portal.process.wait(60)
    for writer in writers:
        writer.join()
    assert ACKNOWLEDGED_BEFORE_THE_END <= len(acknowledged) < WRITES

    own_portal.start()
    pages = key.client("iam", own_portal.url).get_paginator("list_users").paginate()
    there = {user["UserName"] for page in pages for user in page["Users"]}
    recorded = {name for name, outcome in events(own_portal) if outcome == "Success"}
    assert acknowledged <= there
    assert there == recorded
    # At most the one request of each writer that was under way is there unacknowledged.
    assert len(there - acknowledged) <= WRITERS


def open_account(portal: Portal) -> Key:
    made = manage(
        portal,
        "create_account",
        "--email",
        "root@example.test",
        "--password-stdin",
        "--with-root-key",
        "--format",
        "json",
        given="correct horse battery staple\n",
    )
    return Key.of(json.loads(made))


def manage(portal: Portal, *words: str, given: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=SOURCE,
        env=portal.environment,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def events(portal: Portal) -> list[tuple[str, str]]:
    """Every CreateUser of the trail, as the database itself has it."""
    code = (
        "import json, psycopg; from iamsite import database;"
        "login = database.owner();"
        "rows = psycopg.connect(**login).execute("
        "\"SELECT parameters->>'UserName', outcome FROM accounts_event"
        " WHERE operation = 'CreateUser'\").fetchall();"
        "print(json.dumps(rows))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=SOURCE,
        env=environment(Path(portal.environment["IAMSITE_DATA"])),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return [(name, outcome) for name, outcome in json.loads(done.stdout)]
