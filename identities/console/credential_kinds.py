"""The kinds of credentials that a user can have and that can be inactive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from iamsite.console.asking import Asking, Params
from iamsite.console.steps import Step


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of credential that can be inactive: how it is listed, named, switched and deleted.

    `slug` stands for it in addresses, `detail` is the member that tells one from another.
    """

    slug: str
    listed: str
    member: str
    parameter: str
    update: str
    delete: str
    label: str | Promise
    detail: str = ""


KINDS = (
    Kind(
        "access-key",
        "ListAccessKeys",
        "AccessKeyMetadata",
        "AccessKeyId",
        "UpdateAccessKey",
        "DeleteAccessKey",
        gettext_lazy("Access key"),
    ),
    Kind(
        "service",
        "ListServiceSpecificCredentials",
        "ServiceSpecificCredentials",
        "ServiceSpecificCredentialId",
        "UpdateServiceSpecificCredential",
        "DeleteServiceSpecificCredential",
        gettext_lazy("Service-specific credential"),
        "ServiceName",
    ),
    Kind(
        "ssh",
        "ListSSHPublicKeys",
        "SSHPublicKeys",
        "SSHPublicKeyId",
        "UpdateSSHPublicKey",
        "DeleteSSHPublicKey",
        gettext_lazy("SSH public key"),
    ),
    Kind(
        "certificate",
        "ListSigningCertificates",
        "Certificates",
        "CertificateId",
        "UpdateSigningCertificate",
        "DeleteSigningCertificate",
        gettext_lazy("Signing certificate"),
    ),
)


@dataclass(frozen=True, slots=True)
class Held:
    """A credential of a user."""

    kind: Kind
    id: str
    status: str
    since: datetime | None = None
    detail: str = ""

    @property
    def is_active(self) -> bool:
        return self.status == "Active"

    @property
    def name(self) -> str:
        return f"{self.kind.label} {self.id}"

    def switched(self, user: str, status: str) -> Step:
        return self.kind.update, {**self.names(user), "Status": status}

    def names(self, user: str) -> Params:
        return {"UserName": user, self.kind.parameter: self.id}


def held_of(kind: Kind, rows: Sequence[Mapping[str, Any]]) -> list[Held]:
    """The credentials that the operation of the kind listed."""
    return [
        Held(
            kind,
            row[kind.parameter],
            row["Status"],
            row.get("CreateDate") or row.get("UploadDate"),
            row.get(kind.detail, ""),
        )
        for row in rows
    ]


def credentials_of(ask: Asking, user: str) -> list[Held]:
    """All that can be switched; raises OperationError for a kind that the viewer may not list."""
    return [
        held
        for kind in KINDS
        for held in held_of(kind, ask.perform(kind.listed, {"UserName": user})[kind.member])
    ]
