"""Whose word about the client counts when requests come through a proxy."""

from collections.abc import Callable, Iterable, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def behind(trusted: Sequence[str], application: Application) -> Application:
    """The application, told of the client's own address and scheme by the `trusted` proxies.

    From a trusted peer, REMOTE_ADDR becomes the last address in X-Forwarded-For that is not itself
    a trusted proxy's, and wsgi.url_scheme the scheme in X-Forwarded-Proto. Anyone else's headers
    say nothing. Raises ValueError when an entry of `trusted` is neither an address nor a network.
    """
    if not trusted:
        return application
    networks = [ip_network(entry, strict=False) for entry in trusted]

    def is_trusted(address: str) -> bool:
        try:
            parsed = ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in networks)

    def wrapped(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if is_trusted(environ["REMOTE_ADDR"]):
            for hop in reversed(environ.get("HTTP_X_FORWARDED_FOR", "").split(",")):
                try:
                    environ["REMOTE_ADDR"] = str(ip_address(hop.strip()))
                except ValueError:
                    break
                if not is_trusted(hop.strip()):
                    break
            scheme = environ.get("HTTP_X_FORWARDED_PROTO", "").rpartition(",")[2].strip().lower()
            if scheme in {"http", "https"}:
                environ["wsgi.url_scheme"] = scheme
        return application(environ, start_response)

    return wrapped
