"""What the environment says about this installation, and the secrets it keeps for itself.

Every variable is described in docs/configuration.md.
"""

import base64
import os
import re
import secrets
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf.locale import LANG_INFO
from django.utils.translation import to_language

SOURCE = Path(__file__).resolve().parent.parent


class ConfigurationError(Exception):
    """The installation cannot run as it is set up; the message is one line for its operator."""


def text(name: str, default: str = "") -> str:
    """The variable's value, or the default when it is unset or empty."""
    return os.environ.get(name, "").strip() or default


def number(name: str, default: int, least: int, most: int) -> int:
    """The variable's value as a whole number. Raises ConfigurationError when it is not one."""
    value = text(name, str(default))
    if not (value.isascii() and value.isdigit() and least <= int(value) <= most):
        raise ConfigurationError(f"{name} is {value!r}, not a number from {least} to {most}.")
    return int(value)


def names(name: str) -> list[str]:
    """The variable's comma-separated values."""
    return [part.strip() for part in text(name).split(",") if part.strip()]


def folder(name: str, default: Path) -> Path:
    """The folder that the variable names; nothing is made of one that is not there."""
    return Path(text(name, str(default))).absolute()


def file(name: str) -> str:
    """The file that the variable names, "" for none. Raises ConfigurationError unless it is one."""
    value = text(name)
    if value and not Path(value).is_file():
        raise ConfigurationError(f"{name} is {value!r}, and there is no such file.")
    return str(Path(value).absolute()) if value else ""


def languages(own: str, catalogues: Path) -> list[tuple[str, str]]:
    """The languages of the pages with their names: `own`, and each with a folder in `catalogues`.

    Raises ConfigurationError for a folder that is named like no language.
    """
    found = {own: LANG_INFO[own]["name_local"]}
    for one in sorted(catalogues.glob("*/LC_MESSAGES")):
        code = to_language(one.parent.name)
        known = LANG_INFO.get(code) or LANG_INFO.get(code.partition("-")[0])
        if known is None or "fallback" in known:
            raise ConfigurationError(f"{one.parent} is named like no language that Django knows.")
        found[code] = str(known["name_local"])
    return list(found.items())


def choice(name: str, *choices: str) -> str:
    """The variable's value, one of the choices; the first when it is unset."""
    value = text(name, choices[0])
    if value not in choices:
        raise ConfigurationError(f"{name} is {value!r}, not one of {', '.join(choices)}.")
    return value


def email(name: str) -> dict[str, Any]:
    """Django's settings for sending email, by an address such as smtp://user:password@host:587.

    Empty when the variable is unset. Raises ConfigurationError.
    """
    given = text(name)
    if file := text(f"{name}_FILE"):
        given = given or _read(Path(file))
    if not given:
        return {}
    try:
        url = urlsplit(given)
        port = url.port
    except ValueError:
        raise ConfigurationError(f"{name} is no address.") from None
    back_end = "django.core.mail.backends"
    if given == "console:":
        return {"EMAIL_BACKEND": f"{back_end}.console.EmailBackend"}
    if url.scheme == "file" and url.path.startswith("/") and not url.netloc:
        return {"EMAIL_BACKEND": f"{back_end}.filebased.EmailBackend", "EMAIL_FILE_PATH": url.path}
    if url.scheme not in ("smtp", "smtps") or not url.hostname or url.path not in ("", "/"):
        raise ConfigurationError(
            f"{name} is not like smtp://user:password@host:587, smtps://…, file:///folder or "
            "console:."
        )
    secure = url.scheme == "smtps"
    return {
        "EMAIL_BACKEND": f"{back_end}.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": port or (465 if secure else 587),
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and url.query != "tls=off",
    }


def networks(name: str) -> list[str]:
    """The variable's comma-separated addresses and networks."""
    for entry in names(name):
        try:
            ip_network(entry, strict=False)
        except ValueError:
            raise ConfigurationError(
                f"{name} has {entry!r}, which is neither an address nor a network."
            ) from None
    return names(name)


def address(name: str, host: str, port: int) -> str:
    """The variable's http or https address without a path, else that of the host and port."""
    bracketed = f"[{host}]" if ":" in host else host
    value = text(name, f"http://{bracketed}:{port}").rstrip("/")
    if not re.fullmatch(r"https?://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?", value):
        raise ConfigurationError(f"{name} is {value!r}, not like https://iam.example.com.")
    return value


def host_of(url: str) -> str:
    """The host in an address, as a Host header has it."""
    host = urlsplit(url).hostname or ""
    return f"[{host}]" if ":" in host else host


def data_folder() -> Path:
    """The folder for everything that iamsite keeps (IAMSITE_DATA), absolute."""
    return Path(text("IAMSITE_DATA", str(SOURCE / "var"))).expanduser().absolute()


def make_folder(path: Path) -> Path:
    """Make a folder for this user alone, unless it is there. Raises ConfigurationError."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"Cannot make the folder {path}: {error.strerror}.") from error
    if not os.access(path, os.W_OK | os.X_OK):
        raise ConfigurationError(f"Cannot write to the folder {path}: permission denied.")
    return path


def secret(name: str, variable: str, generate: Callable[[], str] = secrets.token_urlsafe) -> str:
    """A secret from the environment (VARIABLE, or the file that VARIABLE_FILE names), else the one
    that the data folder keeps under `name`.

    Raises ConfigurationError when a file cannot be read or kept.
    """
    if given := text(variable):
        return given
    if file := text(f"{variable}_FILE"):
        return _read(Path(file))
    return kept_secret(data_folder() / "secrets" / name, generate)


def kept_secret(path: Path, generate: Callable[[], str] = secrets.token_urlsafe) -> str:
    """The secret in a file of this user's alone, generated when it is first asked for.

    Raises ConfigurationError when the file cannot be read or kept.
    """
    make_folder(path.parent)
    if not path.exists():
        _keep(path, generate())
    return _read(path)


def _read(path: Path) -> str:
    try:
        value = path.read_text("utf-8").strip()
    except OSError as error:
        raise ConfigurationError(f"Cannot read the secret in {path}: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"The secret in {path} is not text.") from error
    if not value:
        raise ConfigurationError(f"The secret in {path} is empty.")
    return value


def _keep(path: Path, value: str) -> None:
    """Write the secret whole or not at all; when two processes race, the first one's stays."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(value + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    except OSError as error:
        raise ConfigurationError(f"Cannot keep a secret in {path}: {error.strerror}.") from error


def master_key() -> bytes:
    """The 32 bytes that seal every other key (IAMSITE_MASTER_KEY, in base64)."""
    encoded = secret(
        "master-key",
        "IAMSITE_MASTER_KEY",
        lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    )
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ConfigurationError("The master key is not 32 bytes in base64.")
    return key
