"""Whose word about the client counts."""

from typing import Any

import pytest

from iamsite.proxies import behind

TRUSTED = ["127.0.0.1", "10.0.0.0/8", "::1"]


def seen(trusted: list[str], peer: str, **headers: str) -> tuple[str, str]:
    environ: dict[str, Any] = {"REMOTE_ADDR": peer, "wsgi.url_scheme": "http", **headers}
    list(behind(trusted, lambda environ, start_response: [])(environ, None))
    return environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]


def forwarded(address: str, scheme: str = "https") -> dict[str, str]:
    return {"HTTP_X_FORWARDED_FOR": address, "HTTP_X_FORWARDED_PROTO": scheme}


def test_a_trusted_proxy_is_believed() -> None:
    assert seen(TRUSTED, "127.0.0.1", **forwarded("203.0.113.9")) == ("203.0.113.9", "https")


def test_a_stranger_is_not() -> None:
    assert seen(TRUSTED, "203.0.113.9", **forwarded("127.0.0.1")) == ("203.0.113.9", "http")


def test_nobody_is_when_none_is_trusted() -> None:
    assert seen([], "127.0.0.1", **forwarded("203.0.113.9")) == ("127.0.0.1", "http")


def test_what_the_client_claimed_of_itself_is_passed_over() -> None:
    claimed = forwarded("198.51.100.1, 203.0.113.9, 10.1.2.3")
    assert seen(TRUSTED, "127.0.0.1", **claimed) == ("203.0.113.9", "https")


def test_a_chain_of_trusted_proxies_ends_at_the_first() -> None:
    assert seen(TRUSTED, "127.0.0.1", **forwarded("10.9.9.9, 10.1.2.3"))[0] == "10.9.9.9"


@pytest.mark.parametrize("address", ["", "unknown", "203.0.113.9:80", "1.2.3", "<script>"])
def test_what_is_no_address_leaves_the_proxys_own(address: str) -> None:
    assert seen(TRUSTED, "127.0.0.1", **forwarded(address))[0] == "127.0.0.1"


@pytest.mark.parametrize(
    ("scheme", "kept"), [("HTTPS", "https"), ("ftp", "http"), ("https, http", "http"), ("", "http")]
)
def test_only_a_known_scheme_counts(scheme: str, kept: str) -> None:
    assert seen(TRUSTED, "::1", **forwarded("203.0.113.9", scheme))[1] == kept


def test_a_wrong_entry_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="does not appear to be"):
        behind(["proxy.example.com"], lambda environ, start_response: [])
