"""An authenticator in a test's hand (Web Authentication Level 3), which can also misbehave."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import uuid
from dataclasses import dataclass, field
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from identities.security_keys import relying_party
from tests.cast import Actor
from tests.identities.makes import Make

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """Holds one credential. `verifies` tells whether it asks for a PIN or fingerprint; one of a
    `make` attests that it is, as one with its `aaguid`."""

    verifies: bool = True
    make: Make | None = None
    aaguid: uuid.UUID = field(default_factory=lambda: uuid.UUID(int=0))
    count: int = 0
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes = b""
    serial: str = ""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    def register(self, actor: Actor, name: str = "", **params: Any) -> Authenticator:
        """Registers its credential as `actor`, and keeps the serial number."""
        begun = actor.perform("BeginSecurityKeyRegistration", **params)
        made = actor.perform(
            "CompleteSecurityKeyRegistration",
            DeviceName=name or f"key-{self.id.hex()[:8]}",
            State=begun["State"],
            Credential=self.create(begun["CreationOptions"]),
            **params,
        )
        self.serial = made["SerialNumber"]
        return self

    def create(self, options: str, **changes: Any) -> str:
        asked = json.loads(options)
        self.handle = raw(asked["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        attested = self.aaguid.bytes + len(self.id).to_bytes(2) + self.id + cbor2.dumps(cose)
        data = self._data(ATTESTED, **changes) + attested
        client = self._client("webauthn.create", asked["challenge"], **changes)
        statement = {"fmt": "none", "attStmt": {}}
        if asked["attestation"] == "direct" and self.make is not None:
            signed = data + hashlib.sha256(client).digest()
            statement = {"fmt": "packed", "attStmt": self.make.attest(signed, self.key)}
        attestation = cbor2.dumps({**statement, "authData": data})
        response = {"clientDataJSON": text(client), "attestationObject": text(attestation)}
        return self._answer({**response, "transports": ["usb", "planted"]})

    def get(self, options: str, **changes: Any) -> str:
        """The answer to `options`; `changes` may be origin, rp_id, count, flags, handle, challenge."""
        self.count += 1
        asked = json.loads(options)
        data = self._data(0, **changes)
        client = self._client("webauthn.get", asked["challenge"], **changes)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": text(client),
            "authenticatorData": text(data),
            "signature": text(signature),
            "userHandle": text(changes.get("handle", self.handle)),
        }
        return self._answer(response)

    def _data(self, base: int, **changes: Any) -> bytes:
        party = changes.get("rp_id", relying_party().id)
        flags = base | changes.get("flags", PRESENT | (VERIFIED if self.verifies else 0))
        count = changes.get("count", self.count)
        return hashlib.sha256(party.encode()).digest() + bytes([flags]) + count.to_bytes(4)

    def _client(self, kind: str, asked: str, **changes: Any) -> bytes:
        said = {
            "type": kind,
            "challenge": changes.get("challenge", asked),
            "origin": changes.get("origin", relying_party().origin),
            "crossOrigin": False,
        }
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        named = {"id": text(self.id), "rawId": text(self.id), "type": "public-key"}
        return json.dumps({**named, "response": response, "clientExtensionResults": {}})
