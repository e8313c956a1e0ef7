"""Signing certificates of users and of the root user (IAM API Reference; api-behaviour.md §8.9)."""

from __future__ import annotations

from typing import Any

from cryptography.hazmat.primitives.hashes import SHA256

from accounts.identifiers import unique_id
from accounts.quotas import quota
from iamsite.operations import Call, OperationError, operation
from iamsite.operations.errors import invalid_input, limit_exceeded, no_such_entity
from iamsite.operations.paging import page_of_list
from identities import certificates
from identities.models import SigningCertificate, User
from identities.operations import owners

ID_LENGTH = 32


def _get(call: Call, user: User | None, certificate_id: str) -> SigningCertificate:
    rows = SigningCertificate.objects.of(call.account).filter(user=user)
    found: SigningCertificate | None = rows.filter(id=certificate_id).first()
    if found is None:
        raise no_such_entity(f"The Certificate with id {certificate_id} cannot be found.")
    return found


def _output(user: User | None, certificate: SigningCertificate) -> dict[str, Any]:
    return {
        "UserName": certificate.account_id if user is None else user.name,
        "CertificateId": certificate.id,
        "CertificateBody": certificate.body,
        "Status": certificate.status,
        "UploadDate": certificate.created_at,
    }


@operation(
    "iam:UploadSigningCertificate",
    resource=owners.user_or_root,
    differs="A text that is no certificate is not repeated in the message: it may be a private "
    "key.",
)
def upload_signing_certificate(
    call: Call, CertificateBody: str, UserName: str | None = None
) -> dict[str, Any]:
    user = owners.get_user_or_root(call, UserName)
    digest = _checked_digest(call, CertificateBody)
    held = SigningCertificate.objects.of(call.account)
    if held.filter(digest=digest).exists():
        raise OperationError(
            "DuplicateCertificate", "The same certificate is already in this account."
        )
    limit = quota(call.account, "CertificatesPerUser")
    if held.filter(user=user).count() >= limit:
        raise limit_exceeded("CertificatesPerUser", limit)
    certificate = SigningCertificate.objects.create(
        id=unique_id("", ID_LENGTH),
        account_id=call.account,
        user=user,
        body=CertificateBody,
        digest=digest,
        created_at=call.now,
    )
    call.detail["CertificateId"] = certificate.id
    return {"Certificate": _output(user, certificate)}


def _checked_digest(call: Call, body: str) -> bytes:
    """The SHA-256 of the certificate in `body`; raises MalformedCertificate, InvalidCertificate."""
    try:
        certificate = certificates.read_certificate(body)
        certificates.check_validity(certificate, call.now)
    except certificates.Malformed as error:
        raise OperationError("MalformedCertificate", str(error)) from error
    except certificates.OutOfDate as error:
        raise OperationError("InvalidCertificate", str(error)) from error
    return certificate.fingerprint(SHA256())


@operation("iam:ListSigningCertificates", resource=owners.user_or_root, reads=True)
def list_signing_certificates(
    call: Call,
    UserName: str | None = None,
    Marker: str | None = None,
    MaxItems: int | None = None,
) -> dict[str, Any]:
    user = owners.get_user_or_root(call, UserName)
    rows = SigningCertificate.objects.of(call.account).filter(user=user)
    found, paging = page_of_list(call, list(rows), lambda one: (one.created_at.isoformat(), one.id))
    return {"Certificates": [_output(user, one) for one in found], **paging}


@operation("iam:UpdateSigningCertificate", resource=owners.user_or_root)
def update_signing_certificate(
    call: Call, CertificateId: str, Status: str, UserName: str | None = None
) -> None:
    certificate = _get(call, owners.get_user_or_root(call, UserName), CertificateId)
    if Status not in SigningCertificate.Status.values:
        raise invalid_input(f"The status of a signing certificate cannot be set to {Status}.")
    certificate.status = Status
    certificate.save(update_fields=["status"])


@operation("iam:DeleteSigningCertificate", resource=owners.user_or_root)
def delete_signing_certificate(call: Call, CertificateId: str, UserName: str | None = None) -> None:
    _get(call, owners.get_user_or_root(call, UserName), CertificateId).delete()
