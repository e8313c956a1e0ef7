"""Server certificates (IAM API Reference; api-behaviour.md §8.9)."""

from __future__ import annotations

from typing import Any

from cryptography.x509 import Certificate

from accounts.identifiers import unique_id
from accounts.quotas import quota
from accounts.sealing import seal
from iamsite.operations import Call, OperationError, Resource, operation
from iamsite.operations.errors import entity_already_exists, limit_exceeded, no_such_entity
from iamsite.operations.paging import page_by_name
from identities import certificates
from identities.models import ServerCertificate
from identities.operations import find
from identities.operations.renaming import rename
from identities.operations.tags import checked_tags, new_resource, tag_list, tag_operations


def server_certificate(call: Call, ServerCertificateName: str, **_: Any) -> Resource:
    return find.resource_of(call, ServerCertificate, ServerCertificateName)


def new_server_certificate(
    call: Call, ServerCertificateName: str, Path: str = "/", **_: Any
) -> Resource:
    arn = f"arn:aws:iam::{call.account}:server-certificate{Path}{ServerCertificateName}"
    return new_resource(call, arn)


def get_certificate(call: Call, name: str) -> ServerCertificate:
    """Raises NoSuchEntity."""
    if (found := find.find(call, ServerCertificate, name)) is None:
        raise no_such_entity(f"The Server Certificate with name {name} cannot be found.")
    return found


def _metadata(certificate: ServerCertificate) -> dict[str, Any]:
    return {
        "Path": certificate.path,
        "ServerCertificateName": certificate.name,
        "ServerCertificateId": certificate.id,
        "Arn": certificate.arn,
        "UploadDate": certificate.created_at,
        "Expiration": certificate.expires_at,
    }


@operation("iam:UploadServerCertificate", resource=new_server_certificate)
def upload_server_certificate(
    call: Call,
    ServerCertificateName: str,
    CertificateBody: str,
    PrivateKey: str,
    CertificateChain: str = "",
    Path: str = "/",
    Tags: list[dict[str, str]] | None = None,
) -> dict[str, Any]:
    tags = checked_tags(call, Tags or [], ignoring_case=False)
    if Tags:
        resource = new_server_certificate(call, ServerCertificateName, Path)
        call.authorize("iam:TagServerCertificate", resource, call.tag_keys)
    certificate = _checked(call, CertificateBody, PrivateKey, CertificateChain)
    if find.find(call, ServerCertificate, ServerCertificateName) is not None:
        raise entity_already_exists(
            f"The Server Certificate with name {ServerCertificateName} already exists."
        )
    limit = quota(call.account, "ServerCertificatesPerAccount")
    if ServerCertificate.objects.of(call.account).count() >= limit:
        raise limit_exceeded("ServerCertificatesPerAccount", limit)
    certificate_id = unique_id("ASCA")
    row = ServerCertificate.objects.create(
        id=certificate_id,
        account_id=call.account,
        name=ServerCertificateName,
        path=Path,
        body=CertificateBody.rstrip(),
        chain=CertificateChain.rstrip(),
        private_key=seal(PrivateKey.encode(), certificate_id),
        expires_at=certificate.not_valid_after_utc,
        tags=tags,
        created_at=call.now,
    )
    output: dict[str, Any] = {"ServerCertificateMetadata": _metadata(row)}
    return {**output, "Tags": tag_list(tags)} if tags else output


def _checked(call: Call, body: str, private_key: str, chain: str) -> Certificate:
    """The certificate, good today, that key and chain belong to.

    Raises MalformedCertificate and KeyPairMismatch.
    """
    try:
        certificate = certificates.read_certificate(body)
        certificates.check_validity(certificate, call.now)
        certificates.check_private_key(certificate, private_key)
        if chain:
            certificates.check_chain(certificate, chain)
    except (certificates.Malformed, certificates.OutOfDate) as error:
        raise OperationError("MalformedCertificate", str(error)) from error
    except certificates.Mismatch as error:
        raise OperationError("KeyPairMismatch", str(error)) from error
    return certificate


@operation("iam:GetServerCertificate", resource=server_certificate, reads=True)
def get_server_certificate(call: Call, ServerCertificateName: str) -> dict[str, Any]:
    certificate = get_certificate(call, ServerCertificateName)
    output: dict[str, Any] = {
        "ServerCertificateMetadata": _metadata(certificate),
        "CertificateBody": certificate.body,
    }
    if certificate.chain:
        output["CertificateChain"] = certificate.chain
    return {"ServerCertificate": {**output, "Tags": tag_list(certificate.tags)}}


@operation("iam:ListServerCertificates", resource=find.path_of("server-certificate"), reads=True)
def list_server_certificates(
    call: Call, PathPrefix: str = "/", Marker: str | None = None, MaxItems: int | None = None
) -> dict[str, Any]:
    rows = ServerCertificate.objects.of(call.account).filter(path__startswith=PathPrefix)
    found, paging = page_by_name(call, rows.defer("body", "chain", "private_key"))
    return {"ServerCertificateMetadataList": [_metadata(one) for one in found], **paging}


@operation("iam:UpdateServerCertificate", resource=server_certificate)
def update_server_certificate(
    call: Call,
    ServerCertificateName: str,
    NewPath: str | None = None,
    NewServerCertificateName: str | None = None,
) -> None:
    certificate = get_certificate(call, ServerCertificateName)
    action = "iam:UpdateServerCertificate"
    rename(call, certificate, action, NewServerCertificateName, NewPath)


@operation("iam:DeleteServerCertificate", resource=server_certificate)
def delete_server_certificate(call: Call, ServerCertificateName: str) -> None:
    get_certificate(call, ServerCertificateName).delete()


tag_operations("ServerCertificate", "ServerCertificateName", server_certificate, get_certificate)
