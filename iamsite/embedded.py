"""The PostgreSQL server that iamsite brings along, for when DATABASE_URL names none.

Its cluster lives in the data folder and listens only on a Unix socket there. Every process that
uses it holds a shared lock, which the kernel drops however that process ends, so the last one to
leave knows that it is the last and stops the server; a server left behind by killed processes is
adopted by the next.

Started by root, who may not run PostgreSQL, it runs as the cluster folder's owner (at first
`iamsite` if there is such a user, else `nobody`). That user needs no way through the folders above:
the server is started inside its folder and calls it /proc/self/cwd.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

import psycopg

from . import programs
from .environment import ConfigurationError, kept_secret, make_folder

SUPERUSER = "postgres"
START_LIMIT = 300  # seconds; crash recovery of a busy cluster may take minutes
STOP_LIMIT = 60
PORT = 5432  # only the socket's name has it
SOCKET = f".s.PGSQL.{PORT}"
SOCKET_PATH_LIMIT = 103  # bytes that every platform's sockaddr_un can hold
RUNNING_ELSEWHERE = 99_999_999  # above every kernel's largest process id

SETTINGS = {
    "listen_addresses": "",
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "password_encryption": "scram-sha-256",
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    "log_file_mode": "0600",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Server:
    """One cluster and the processes that use it.

    `folder` holds the cluster; `durable=False` trades safety in a crash for speed (tests only).
    """

    def __init__(self, folder: Path, *, durable: bool = True) -> None:
        self.folder = folder
        self.durable = durable
        self._use: IO[bytes] | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._user_process = 0

    # Using it

    def ensure_running(self) -> None:
        """Start the server, or adopt the one that runs, and keep it until `leave` or exit.

        Raises ConfigurationError when it cannot be started.
        """
        if self._use is not None and self._user_process == os.getpid():
            return
        make_folder(self.folder.parent)
        self._use = self._open_lock("users")
        self._user_process = os.getpid()
        fcntl.flock(self._use, fcntl.LOCK_SH)
        try:
            with self._open_lock("start") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                self._start()
        except BaseException:
            self._use.close()
            self._use = None
            raise
        atexit.register(self.leave)

    def leave(self) -> None:
        """Stop using the server; stop it when nobody else does."""
        use, self._use = self._use, None
        if use is None or self._user_process != os.getpid():
            return
        with use, contextlib.suppress(BlockingIOError):
            fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.stop()

    def revive(self) -> None:
        """Start the server again if it was killed. Raises ConfigurationError when it cannot."""
        if not self._process():
            with self._open_lock("start") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                self._start()

    def unused(self) -> bool:
        """Whether no living process uses the cluster."""
        with self._open_lock("users") as use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    def stop(self) -> None:
        """Stop the server, whoever uses it."""
        if not (process := self._process()):
            return
        # Fast shutdown: open transactions are rolled back, everything committed is checkpointed.
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGINT)
        deadline = time.monotonic() + STOP_LIMIT
        while self._is_ours(process) and time.monotonic() < deadline:
            if self._child:
                self._child.poll()
            time.sleep(0.02)

    def remove(self) -> None:
        """Stop the server, whoever uses it, and delete its cluster."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def socket_folder(self) -> str:
        """The folder to name as host when connecting: short enough for a socket's address."""
        folder = str(self.folder)
        if len(os.fsencode(folder)) + 1 + len(SOCKET) <= SOCKET_PATH_LIMIT:
            return folder
        return str(_short_link(self.folder))

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[Any, ...]]:
        """A connection as the superuser, for making roles and databases."""
        return psycopg.connect(
            host=self.socket_folder,
            port=PORT,
            dbname=database,
            user=SUPERUSER,
            password=self._password(),
            connect_timeout=10,
            autocommit=True,
        )

    # Processes

    def _make_cluster(self) -> None:
        version = self.folder / "PG_VERSION"
        if (self.folder / "iamsite-complete").exists():
            made_by = version.read_text().strip()
            if made_by != str(programs.MAJOR):
                raise ConfigurationError(
                    f"The database in {self.folder} was made by PostgreSQL {made_by}; "
                    f"this iamsite brings PostgreSQL {programs.MAJOR}."
                )
            return
        # What an interrupted initdb left holds no data of anyone's.
        shutil.rmtree(self.folder, ignore_errors=True)
        make_folder(self.folder)
        if os.geteuid() == 0:
            account = programs.service_account()
            os.chown(self.folder, account.pw_uid, account.pw_gid)
        with tempfile.TemporaryFile() as password:
            password.write(self._password().encode())
            password.seek(0)
            if os.geteuid() == 0:
                os.fchown(password.fileno(), account.pw_uid, account.pw_gid)
            made = self._run(
                subprocess.run,
                [
                    str(programs.folder() / "initdb"),
                    f"--pgdata={self._own_name}",
                    f"--username={SUPERUSER}",
                    "--auth=scram-sha-256",
                    f"--pwfile=/dev/fd/{password.fileno()}",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--no-instructions",
                    *([] if self.durable else ["--no-sync"]),
                ],
                pass_fds=[password.fileno()],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        if made.returncode != 0:
            raise ConfigurationError(
                f"Cannot make a database in {self.folder}: {_last_line(made.stderr)}"
            )
        (self.folder / "iamsite-complete").touch(mode=0o600)

    def _start(self) -> None:
        """Start the server unless it runs, and wait until it answers. Needs the start lock."""
        if self._answers():
            return
        log = self.folder.parent / f"{self.folder.name}-start.log"
        if not self._process():
            self._make_cluster()
            self._forget_reused_process()
            self._launch(log)
        began = time.monotonic()
        told = False
        while not self._answers():
            waited = time.monotonic() - began
            ended = self._child.poll() is not None if self._child else not self._process()
            if ended or waited > START_LIMIT:
                raise ConfigurationError(
                    f"PostgreSQL did not start on {self.folder}: {_reason(log)} "
                    f"(more in {log} and in {self.folder / 'log'})"
                )
            if waited > 5 and not told:
                print("Waiting for PostgreSQL to recover", file=sys.stderr, flush=True)  # noqa: T201
                told = True
            time.sleep(0.02)

    def _launch(self, log: Path) -> None:
        settings = SETTINGS | ({} if self.durable else FAST)
        with log.open("wb") as output:
            self._child = self._run(
                subprocess.Popen,
                [
                    str(programs.folder() / "postgres"),
                    f"-D{self._own_name}",
                    *(f"-c{name}={value}" for name, value in settings.items()),
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a terminal's Ctrl-C is the portal's to handle
            )

    def _answers(self) -> bool:
        try:
            self.connect().close()
        except psycopg.OperationalError as error:
            if "password authentication failed" in str(error):
                raise ConfigurationError(
                    f"The database in {self.folder} refuses the password in "
                    f"{self._password_file}; was it replaced?"
                ) from None
            return "too many clients" in str(error) or "remaining connection" in str(error)
        return True

    def _process(self) -> int:
        """The id of the process that runs the cluster, or 0."""
        try:
            process = int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return 0
        return process if self._is_ours(process) else 0

    def _is_ours(self, process: int) -> bool:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        try:
            status = Path(f"/proc/{process}/stat").read_text()
            if status.rpartition(")")[2].split()[0] == "Z":
                return False
            return Path(f"/proc/{process}/cwd").samefile(self.folder)
        except OSError:
            return not Path("/proc/self").exists()

    def _forget_reused_process(self) -> None:
        """After a restart of the machine or container, the id in a killed server's lock may belong
        to another process, which PostgreSQL would take for itself. Only the id is replaced: the
        rest of the file lets PostgreSQL see that none of its old children still write.
        """
        lock = self.folder / "postmaster.pid"
        if self._process():
            return
        with contextlib.suppress(OSError):
            first, separator, rest = lock.read_text().partition("\n")
            if first:
                with lock.open("r+") as file:
                    file.write(f"{RUNNING_ELSEWHERE}{separator}{rest}")
                    file.truncate()
            (self.folder / f"{SOCKET}.lock").unlink()

    # Whose it is, and under which name

    @property
    def _password_file(self) -> Path:
        return self.folder.parent / "secrets" / f"{self.folder.name}-superuser-password"

    def _password(self) -> str:
        return kept_secret(self._password_file)

    @property
    def _own_name(self) -> str:
        """The cluster folder's name for a process that was started in it."""
        return "/proc/self/cwd" if os.geteuid() == 0 else str(self.folder)

    def _run(self, start: Callable[..., Any], command: list[str], **options: Any) -> Any:
        """Start one of PostgreSQL's programs in the cluster folder, as the folder's owner."""
        try:
            return start(command, **options, **self._as_service())
        except (OSError, subprocess.SubprocessError) as error:
            raise ConfigurationError(f"Cannot run {command[0]}: {error}.") from error

    def _as_service(self) -> dict[str, Any]:
        environment = {
            name: value
            for name, value in os.environ.items()
            if name in {"PATH", "TMPDIR", "LD_LIBRARY_PATH"}
        } | {"LC_ALL": "C", "TZ": "UTC"}
        common: dict[str, Any] = {"cwd": self.folder, "env": environment, "umask": 0o077}
        if os.geteuid() != 0:
            return common
        owner = self.folder.stat()
        if owner.st_uid == 0:
            raise ConfigurationError(
                f"The database folder {self.folder} belongs to root, as whom PostgreSQL does not "
                "run; give it to the user that it shall run as (chown -R)."
            )
        return common | {"user": owner.st_uid, "group": owner.st_gid, "extra_groups": []}

    def _open_lock(self, name: str) -> IO[bytes]:
        path = self.folder.parent / f"{self.folder.name}-{name}.lock"
        try:
            return path.open("ab")
        except OSError as error:
            raise ConfigurationError(f"Cannot write to {path}: {error.strerror}.") from error


def _short_link(folder: Path) -> Path:
    """A short name for the folder, in a folder of this user's under the temporary one."""
    base = Path(tempfile.gettempdir()) / f"iamsite-{os.getuid()}"
    with contextlib.suppress(FileExistsError):
        base.mkdir(mode=0o700)
    status = base.lstat()
    if base.is_symlink() or status.st_uid != os.getuid() or status.st_mode & 0o077:
        raise ConfigurationError(f"The folder {base} is not this user's alone; remove it.")
    link = base / sha256(os.fsencode(folder)).hexdigest()[:16]
    with contextlib.suppress(FileExistsError):
        link.symlink_to(folder)
    return link


def _last_line(output: str) -> str:
    return next((line for line in reversed(output.splitlines()) if line.strip()), "no reason given")


def _reason(log: Path) -> str:
    """The server's own word, if it said one before its log went elsewhere."""
    try:
        lines = log.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    faults = [line.partition("FATAL:")[2].strip() for line in lines if "FATAL:" in line]
    return faults[-1] if faults else "no reason given"
