"""Reading from an identity provider: what address, whose certificate, how much, how long."""

import socket
import threading
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from identities.federation import fetch
from identities.federation.fetch import FetchError, Unreachable, Untrusted
from tests.cast import Acme
from tests.identities.federation.issuer import Issuer, thumbprint
from tests.identities.operations.refusal import refusal

INTERNAL = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", INTERNAL)
def test_addresses_that_are_not_public_are_not_reached(address: str) -> None:
    assert not fetch.is_permitted(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_reached(address: str) -> None:
    assert fetch.is_permitted(address)


def test_the_operator_may_allow_a_network(settings: Any) -> None:
    settings.IAMSITE_IDP_ALLOW_NETWORKS = ["10.1.0.0/16", "fd00::/8"]
    allowed = [one for one in ("10.1.2.3", "10.2.0.1", "fd00::7", "::1") if fetch.is_permitted(one)]
    assert allowed == ["10.1.2.3", "fd00::7"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "https://",
        "https://user:secret@127.0.0.1/",
        "https://127.0.0.1:99999/",
        "https://127.0.0.1/a b",
        "https://127.0.0.1/a\r\nHost: other",
    ],
)
def test_what_is_no_plain_https_address_is_refused(url: str, loopback: None) -> None:
    with pytest.raises(FetchError):
        fetch.fetch(url)


def test_without_the_operators_word_loopback_is_not_reached(issuer: Issuer, settings: Any) -> None:
    settings.IAMSITE_IDP_ALLOW_NETWORKS = []
    with pytest.raises(FetchError) as caught:
        fetch.fetch(f"{issuer.url}/keys", [issuer.thumbprint])
    assert not isinstance(caught.value, Unreachable)
    assert issuer.asked == []


def test_a_name_that_changes_its_address_is_reached_where_it_was_checked(
    tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.IAMSITE_IDP_ALLOW_NETWORKS = ["127.0.0.1"]
    resolved = []
    real = socket.getaddrinfo

    def rebinding(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "idp.example.test":
            return real(host, port, *args, **kwargs)
        resolved.append(host)
        address = "127.0.0.1" if len(resolved) == 1 else "127.0.0.2"
        return real(address, port, *args, **kwargs)

    with Issuer(tmp_path, names=("idp.example.test",)) as issuer:
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        url = f"https://idp.example.test:{issuer.port}/keys"
        assert b"keys" in fetch.fetch(url, [issuer.thumbprint])
    assert resolved == ["idp.example.test"]


class TestCertificate:
    def test_no_thumbprint_no_trust_in_a_private_authority(self, issuer: Issuer) -> None:
        for thumbprints in ([], ["0" * 40]):
            with pytest.raises(Untrusted):
                fetch.fetch(f"{issuer.url}/keys", thumbprints)
        assert issuer.asked == []

    def test_the_thumbprint_of_the_authority_or_of_the_servers_own_is_trusted(
        self, issuer: Issuer
    ) -> None:
        for certificate in (issuer.certificates.authority, issuer.certificates.own):
            assert b"keys" in fetch.fetch(f"{issuer.url}/keys", [thumbprint(certificate)])

    def test_a_certificate_for_another_name_is_refused(
        self, tmp_path: Path, loopback: None
    ) -> None:
        with Issuer(tmp_path, names=("other.example.test",)) as issuer, pytest.raises(Untrusted):
            fetch.fetch(f"{issuer.url}/keys", [issuer.thumbprint])

    def test_an_authority_that_is_only_shown_does_not_count(
        self, issuer: Issuer, tmp_path: Path
    ) -> None:
        """Whoever shows a trusted authority beside a certificate of their own is not trusted."""
        trusted = issuer.certificates.authority
        with Issuer(tmp_path) as stranger:
            file = stranger.certificates.file
            text = file.read_bytes()
            own = stranger.certificates.authority.public_bytes(Encoding.PEM)
            file.write_bytes(text.replace(own, trusted.public_bytes(Encoding.PEM)))
            stranger.server.socket.context.load_cert_chain(file)
            with pytest.raises(Untrusted):
                fetch.fetch(f"{stranger.url}/keys", [thumbprint(trusted)])
            assert stranger.asked == []

    def test_a_new_provider_without_a_thumbprint_gets_that_of_the_top_certificate(
        self, acme: Acme, issuer: Issuer
    ) -> None:
        made = acme.root.perform("CreateOpenIDConnectProvider", Url=issuer.url)
        found = acme.root.perform("GetOpenIDConnectProvider", **made)
        assert found["ThumbprintList"] == [issuer.thumbprint]

    def test_not_from_a_network_that_is_not_listed(
        self, acme: Acme, issuer: Issuer, settings: Any
    ) -> None:
        settings.IAMSITE_IDP_ALLOW_NETWORKS = []
        code, _, message = refusal(acme.root, "CreateOpenIDConnectProvider", Url=issuer.url)
        assert code == "OpenIdIdpCommunicationError"
        assert "127" not in message.replace(issuer.url, "")


class TestAnswer:
    def test_redirects_are_not_followed(self, issuer: Issuer) -> None:
        for status in (301, 302, 307, 308):
            issuer.answers["/realms/acme/away"] = lambda status=status: (
                status,
                {"Location": f"{issuer.url}/keys"},
                b"",
            )
            with pytest.raises(Unreachable):
                fetch.fetch(f"{issuer.url}/away", [issuer.thumbprint])
        assert issuer.asked == ["/realms/acme/away"] * 4

    def test_a_large_answer_is_not_read_to_its_end(self, issuer: Issuer) -> None:
        issuer.answers["/realms/acme/large"] = lambda: (200, {}, b"x" * (fetch.LARGEST + 1))
        issuer.answers["/realms/acme/most"] = lambda: (200, {}, b"x" * fetch.LARGEST)
        with pytest.raises(Unreachable):
            fetch.fetch(f"{issuer.url}/large", [issuer.thumbprint])
        assert len(fetch.fetch(f"{issuer.url}/most", [issuer.thumbprint])) == fetch.LARGEST

    def test_one_that_promises_more_than_it_sends_is_refused(self, issuer: Issuer) -> None:
        issuer.answers["/realms/acme/short"] = lambda: (
            200,
            {"Content-Length": "9", "Connection": "close"},
            b"x",
        )
        with pytest.raises(Unreachable):
            fetch.fetch(f"{issuer.url}/short", [issuer.thumbprint])

    def test_a_slow_answer_is_cut_off(
        self, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A byte now and then keeps no connection open."""
        monkeypatch.setattr(fetch, "SECONDS", 0.5)
        over = threading.Event()

        def slow() -> Any:
            over.wait(30)
            return 200, {}, b""

        issuer.answers["/realms/acme/slow"] = slow
        try:
            with pytest.raises(Unreachable):
                fetch.fetch(f"{issuer.url}/slow", [issuer.thumbprint])
        finally:
            over.set()

    def test_a_handshake_that_never_comes_is_cut_off(
        self, loopback: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetch, "SECONDS", 0.5)
        with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unreachable):
            fetch.fetch(f"https://127.0.0.1:{silent.getsockname()[1]}/")

    def test_slow_providers_do_not_take_every_thread(
        self, loopback: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(fetch, "PATIENCE", 0.01)
        with fetch._slot(), fetch._slot(), pytest.raises(Unreachable):
            fetch.fetch("https://127.0.0.1:1/")
