"""`make run`: bring the database up to date and serve until told to stop."""

import errno
import gc
import importlib
import multiprocessing
import os
import resource
import signal
import socket
import sys
import threading
import time
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server import Server as Granian

from . import database, environment
from .environment import ConfigurationError

WATCH_INTERVAL = 1.0  # seconds between looks at the embedded database
PATIENCE = 1.0  # seconds that the workers of a killed portal have to leave its port
GRACE = 10  # seconds that running requests have to finish when the portal stops
MOST_FILES = 65_536  # open files, which every connection is one of
MOST_CONNECTIONS = 10_000  # of clients to a worker
MIGRATION_LOCK = 0x1A_A5_17E  # the advisory lock that lets one node migrate at a time
HOLD_SECRETS = (
    "DATABASE_URL",
    "IAMSITE_APP_DATABASE_PASSWORD",
    "IAMSITE_APP_DATABASE_URL",
    "IAMSITE_MASTER_KEY",
    "IAMSITE_SECRET_KEY",
)


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a dump would hold the keys
    allow_files()
    try:
        run()
    except ConfigurationError as error:
        sys.exit(f"iamsite: {error}")
    except KeyboardInterrupt:
        sys.exit(0)


def allow_files() -> None:
    """Let this process and those it starts open as many files as the system lets them."""
    allowed, limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if limit == resource.RLIM_INFINITY else min(MOST_FILES, limit)
    if allowed != resource.RLIM_INFINITY and allowed < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, limit))


def run() -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP. Raises ConfigurationError when it cannot."""
    environment.make_folder(environment.data_folder())
    host = environment.text("IAMSITE_HOST", "127.0.0.1")
    port = environment.number("IAMSITE_PORT", 8000, 1, 65535)
    address = listening_address(host, port)
    database.ensure_running()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "iamsite.settings")

    import django

    django.setup()
    prepare()
    serve(address, port)


def listening_address(host: str, port: int) -> str:
    """The host's numeric address. Raises ConfigurationError when it cannot be listened on."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(
                host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )[0]
            with socket.socket(family, kind, protocol) as listener:
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind(address)
            return str(address[0])
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigurationError(
                    f"Cannot listen on {host}:{port}: {error.strerror}."
                ) from None
            if time.monotonic() > deadline:
                raise ConfigurationError(
                    f"Port {port} on {host} is in use; stop what listens there or set IAMSITE_PORT."
                ) from None
            time.sleep(0.05)


def prepare() -> None:
    """Bring the schema, the managed policies and the static files up to date."""
    from django.core.management import call_command, get_commands
    from django.db import connections

    with connections["owner"].cursor() as cursor:
        # Held until this connection closes, so that of several nodes one migrates.
        cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATION_LOCK])
        if needs_migration():
            say("Bringing the database up to date")
            call_command("migrate", verbosity=0, interactive=False)
        if "load_managed_policies" in get_commands():
            call_command("load_managed_policies", verbosity=0)
    make_keys()
    connections.close_all()
    collect_static()


def make_keys() -> None:
    """Make the first data keys. Raises ConfigurationError when the master key is not theirs."""
    from accounts.sealing import WrongMasterKey, ensure_data_keys

    try:
        ensure_data_keys()
    except WrongMasterKey as error:
        raise ConfigurationError(str(error)) from None


def needs_migration() -> bool:
    """Whether a migration is missing, or the application's rights are.

    Raises ConfigurationError when the database was migrated by a newer version.
    """
    from django.db import connections
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connections["owner"])
    loader = executor.loader
    assert loader.disk_migrations is not None
    known = set(loader.disk_migrations)
    for migration in loader.disk_migrations.values():
        known.update(migration.replaces)
    if unknown := sorted(loader.applied_migrations.keys() - known):
        app, name = unknown[0]
        raise ConfigurationError(
            f"The database is from a newer version of iamsite: it has {app}.{name}, which this "
            "version does not know."
        )
    if executor.migration_plan(loader.graph.leaf_nodes()):
        return True
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "SELECT has_table_privilege(%s, 'django_migrations', 'SELECT')",
            [database.application()["user"]],
        )
        return not cursor.fetchone()[0]


def collect_static() -> None:
    """Collect the static files when one of them has changed since the last time."""
    from django.conf import settings
    from django.contrib.staticfiles.finders import get_finders
    from django.core.management import call_command

    state = sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            status = Path(storage.path(path)).stat()
            state.update(f"{path} {status.st_size} {status.st_mtime_ns}\n".encode())
    stamp: Path = settings.STATIC_ROOT / ".collected"
    if stamp.exists() and stamp.read_text() == state.hexdigest():
        return
    say("Collecting static files")
    call_command("collectstatic", verbosity=0, interactive=False, clear=True)
    stamp.parent.mkdir(exist_ok=True)
    stamp.write_text(state.hexdigest())


def serve(host: str, port: int) -> None:
    """Answer requests in worker processes until a signal says stop."""
    from django.conf import settings

    multiprocessing.set_start_method("spawn", force=True)
    processors = os.cpu_count() or 1
    threads = environment.number("IAMSITE_THREADS", min(2 * processors + 1, 4), 1, 256)
    patience = environment.number("IAMSITE_REQUEST_TIMEOUT", 30, 1, 600)
    granian = Granian(
        "iamsite.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,  # or it waits for ever for the bytes that tell the version
        loop=Loops.uvloop,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=1000 * patience),
        workers=environment.number("IAMSITE_WORKERS", min(processors, 4), 1, 256),
        backpressure=MOST_CONNECTIONS,
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE,
        log_level=LogLevels.warning,
        log_dictconfig=settings.LOGGING,
    )
    stopping = threading.Event()

    @granian.on_startup
    def started() -> None:
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            signal.signal(signal.SIGHUP, granian.signal_handler_interrupt)
        threading.Thread(
            target=announce, args=(host, port, settings.IAMSITE_URL, stopping), daemon=True
        ).start()
        if server := database.embedded_server():
            threading.Thread(target=watch, args=(server, stopping), daemon=True).start()

    try:
        granian.serve(target_loader=partial(load, threads=threads, patience=patience))
    finally:
        stopping.set()


def load(target: str, threads: int, patience: int) -> Any:
    """In a worker: the application, without the environment's secrets, for as long as the portal
    itself lives.
    """
    from .asgi import Front

    # A terminal's Ctrl-C is for the portal, which stops its workers: two signals at once hang one.
    os.setpgid(0, 0)
    module, _, name = target.partition(":")
    application = getattr(importlib.import_module(module), name)
    database.embedded_server()  # what the environment says of it is kept from here on
    for variable in HOLD_SECRETS:
        os.environ.pop(variable, None)
    gc.freeze()  # full collections need not look again at what a worker keeps for good
    if parent := multiprocessing.parent_process():
        threading.Thread(target=follow, args=(parent,), daemon=True).start()
    return Front(application, threads, patience)


def follow(parent: Any) -> None:
    """End this worker with the portal, however that ended, so that the port is free again."""
    parent.join()
    os._exit(1)


def watch(server: Any, stopping: threading.Event) -> None:
    """Start the embedded database again when it was killed."""
    while not stopping.wait(WATCH_INTERVAL):
        try:
            server.revive()
        except ConfigurationError as error:
            print(f"iamsite: {error}", file=sys.stderr, flush=True)  # noqa: T201


def announce(host: str, port: int, url: str, stopping: threading.Event) -> None:
    """Say where to go once the portal answers there."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    while not stopping.is_set():
        try:
            socket.create_connection((reached, port), timeout=5).close()
            break
        except OSError:
            time.sleep(0.05)
    else:
        return
    say(f"iamsite is ready: {url}")
    say("  Open it to make the first account. README.md has a walk of five minutes.")
    say(f"  Everything it keeps is in {environment.data_folder()}. Ctrl-C stops it.")


def say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
