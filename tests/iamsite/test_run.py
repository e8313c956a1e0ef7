"""`make run` from start to stop, with real processes."""

import base64
import contextlib
import os
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from iamsite.embedded import SOCKET_PATH_LIMIT, Server
from tests.portal import READY, SOURCE, Portal, environment

FAST = {"IAMSITE_DATABASE_DURABLE": "off", "IAMSITE_WORKERS": "1"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that a portal has been started on and stopped.

    Its name is longer than a socket's address may be: that is no hindrance to anything here.
    """
    folder = tmp_path_factory.mktemp("portal") / ("long" * 30) / "var"
    assert len(bytes(folder)) > SOCKET_PATH_LIMIT
    with Portal(folder, **FAST):
        pass
    yield folder
    Server(folder / "postgresql").remove()


def refusal(data: Path, **variables: str) -> str:
    """The one line that a portal says which cannot start."""
    result = subprocess.run(
        [sys.executable, "-m", "iamsite.server"],
        cwd=SOURCE,
        env=environment(data, **FAST, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode not in (0, None)
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def processes_on(folder: Path) -> list[int]:
    """The processes whose working folder is the cluster's."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cwd").samefile(folder):
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def kill_all(folder: Path) -> None:
    for process in processes_on(folder):
        with contextlib.suppress(ProcessLookupError):  # it went with another
            os.kill(process, signal.SIGKILL)


def all_end(folder: Path) -> bool:
    """Whether a stopped database leaves nothing: its log's process ends a moment after it."""
    deadline = time.monotonic() + 10
    while processes_on(folder) and time.monotonic() < deadline:
        pass
    return not processes_on(folder)


def answers(url: str) -> bool:
    try:
        urllib.request.urlopen(url + "/no-such-page", timeout=10)
    except urllib.error.HTTPError:
        return True
    return True


@pytest.mark.parametrize(
    ("host", "how"),
    [
        ("127.0.0.1", signal.SIGTERM),
        ("localhost", signal.SIGINT),  # a host may be a name
        ("0.0.0.0", signal.SIGHUP),  # or every address
    ],
)
def test_it_answers_at_its_host_until_a_signal_stops_everything_that_was_started(
    data: Path, host: str, how: signal.Signals
) -> None:
    with Portal(data, **FAST, IAMSITE_HOST=host) as portal:
        assert portal.lines[0].startswith(READY)  # nothing was left to prepare
        assert answers(portal.url)
        assert processes_on(data / "postgresql")
        assert portal.stop(how) == 0
    assert processes_on(data / "postgresql") == []
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", portal.port))


def test_ctrl_c_in_a_terminal_stops_it(data: Path) -> None:
    portal = Portal(data, **FAST).start()
    assert portal.process is not None
    os.killpg(portal.process.pid, signal.SIGINT)
    assert portal.process.wait(30) == 0


def test_stopping_leaves_the_database_to_a_command_that_uses_it(data: Path) -> None:
    other = Server(data / "postgresql", durable=False)
    with Portal(data, **FAST):
        other.ensure_running()
    other.connect().close()
    other.leave()
    assert all_end(data / "postgresql")


def test_a_killed_portal_frees_its_port_and_the_next_adopts_its_database(data: Path) -> None:
    portal = Portal(data, **FAST).start()
    database = processes_on(data / "postgresql")
    portal.kill()
    wait_until_free(portal.port)
    with Portal(data, **FAST, IAMSITE_PORT=str(portal.port)) as following:
        assert answers(following.url)
        assert set(database) & set(processes_on(data / "postgresql"))
    assert processes_on(data / "postgresql") == []


def test_a_killed_database_recovers_at_the_next_start(data: Path) -> None:
    portal = Portal(data, **FAST).start()
    portal.kill()
    kill_all(data / "postgresql")
    with Portal(data, **FAST) as following:
        assert answers(following.url)


def test_another_process_with_the_killed_databases_id_does_not_hinder(data: Path) -> None:
    lock = data / "postgresql" / "postmaster.pid"
    lock.write_text(f"{os.getpid()}\n/nowhere\n0\n5432\n.\n\n0 0\nready   \n")
    os.chown(lock, *owner(data / "postgresql"))
    with Portal(data, **FAST) as portal:
        assert answers(portal.url)


def test_two_portals_share_one_database(data: Path) -> None:
    with Portal(data, **FAST) as first, Portal(data, **FAST) as second:
        assert first.stop() == 0
        assert answers(second.url)
        assert processes_on(data / "postgresql")
    assert processes_on(data / "postgresql") == []


def test_secrets_are_for_this_user_alone(data: Path) -> None:
    secrets = data / "secrets"
    assert {path.name for path in secrets.iterdir()} == {
        "database-application-password",
        "database-owner-password",
        "django-secret-key",
        "master-key",
        "postgresql-superuser-password",
    }
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in secrets.iterdir()} == {0o600}
    assert {path.stat().st_uid for path in secrets.iterdir()} == {os.getuid()}


def test_nothing_but_what_the_web_is_shown_can_be_read_by_others(data: Path) -> None:
    readable = {path for path in [data, *data.rglob("*")] if path.lstat().st_mode & 0o077}
    assert readable <= set((data / "static").rglob("*"))


def test_a_busy_port_is_told(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        line = refusal(data, IAMSITE_PORT=port)
    assert line == (
        f"iamsite: Port {port} on 127.0.0.1 is in use; stop what listens there or set IAMSITE_PORT."
    )
    assert processes_on(data / "postgresql") == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    folder = Path("/sys") if os.geteuid() == 0 else closed  # nothing else is closed to root
    assert refusal(folder / "var").startswith(f"iamsite: Cannot make the folder {folder}/var: ")


def test_a_file_in_the_folders_place_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("")
    assert refusal(tmp_path / "var") == (
        f"iamsite: Cannot make the folder {tmp_path}/var: File exists."
    )


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1", "8000.0", "٨٠٠٠"])
def test_a_port_that_is_none_is_told(tmp_path: Path, port: str) -> None:
    assert refusal(tmp_path, IAMSITE_PORT=port) == (
        f"iamsite: IAMSITE_PORT is {port!r}, not a number from 1 to 65535."
    )


def test_a_master_key_of_the_wrong_length_is_told(data: Path) -> None:
    assert refusal(data, IAMSITE_MASTER_KEY="c2hvcnQ=") == (
        "iamsite: The master key is not 32 bytes in base64."
    )


def test_another_installations_master_key_is_told(data: Path) -> None:
    key = base64.b64encode(bytes(32)).decode()
    line = refusal(data, IAMSITE_MASTER_KEY=key)
    assert line.startswith("iamsite: ")
    assert "master key" in line
    assert key not in line
    assert processes_on(data / "postgresql") == []


def test_a_database_from_a_newer_version_is_told(data: Path) -> None:
    def change(statement: str) -> None:
        server = Server(data / "postgresql", durable=False)
        server.ensure_running()
        with server.connect("iamsite") as connection:
            connection.execute(statement)
        server.leave()

    change(
        "INSERT INTO django_migrations (app, name, applied)"
        " VALUES ('accounts', '9999_tomorrow', now())"
    )
    try:
        assert refusal(data) == (
            "iamsite: The database is from a newer version of iamsite: it has "
            "accounts.9999_tomorrow, which this version does not know."
        )
    finally:
        change("DELETE FROM django_migrations WHERE name = '9999_tomorrow'")
    assert processes_on(data / "postgresql") == []


def test_a_killed_database_is_revived_under_a_running_portal(data: Path) -> None:
    server = Server(data / "postgresql", durable=False)
    server.ensure_running()
    kill_all(data / "postgresql")
    assert all_end(data / "postgresql")
    server.revive()
    server.connect().close()
    server.leave()
    assert all_end(data / "postgresql")


def owner(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_uid, status.st_gid


def wait_until_free(port: int) -> None:
    """Until no worker of a killed portal listens any more."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            return
        except ConnectionResetError:
            continue
    raise AssertionError(f"port {port} is still in use")
