"""SigV4 agrees with the vectors that AWS publishes."""

import dataclasses

import pytest

from iamsite.signing.claim import parse
from iamsite.signing.proof import is_valid
from iamsite.signing.request import SignedRequest
from iamsite.urlencoded import pairs
from tests.iamsite.signing.vectors import IN_HEADER, PRESIGNED, SECRET, Vector


def request(vector: Vector, **headers: str) -> SignedRequest:
    path, _, query = vector.target.partition("?")
    return SignedRequest(
        method=vector.method,
        path=path,
        query=pairs(query.encode()),
        headers={"host": vector.host, **vector.headers, **headers},
        body=vector.body,
    )


def signed_in_header(vector: Vector) -> SignedRequest:
    unsigned = request(vector, **{"x-amz-date": vector.date})
    scope = f"{vector.date[:8]}/us-east-1/{vector.service}/aws4_request"
    authorization = (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, "
        f"SignedHeaders={';'.join(sorted(unsigned.headers))}, Signature={vector.signature}"
    )
    headers = {**unsigned.headers, "authorization": authorization}
    return dataclasses.replace(unsigned, headers=headers)


def presigned(vector: Vector) -> SignedRequest:
    unsigned = request(vector)
    query = [*unsigned.query, ("X-Amz-Signature", vector.signature)]
    return dataclasses.replace(unsigned, query=query)


@pytest.mark.parametrize("vector", IN_HEADER, ids=lambda vector: vector.name)
def test_a_published_header_signature_is_valid(vector: Vector) -> None:
    signed = signed_in_header(vector)
    signature = parse(signed)
    assert signature is not None
    assert is_valid(signature, signed, SECRET)
    assert not is_valid(signature, signed, SECRET.lower())
    assert not is_valid(signature, dataclasses.replace(signed, body=b"changed"), SECRET)


@pytest.mark.parametrize("vector", PRESIGNED, ids=lambda vector: vector.name)
def test_a_published_presigned_signature_is_valid(vector: Vector) -> None:
    signed = presigned(vector)
    signature = parse(signed)
    assert signature is not None
    assert is_valid(signature, signed, SECRET)
    assert not is_valid(signature, signed, SECRET.lower())
    query = [*signed.query, ("More", "")]
    assert not is_valid(signature, dataclasses.replace(signed, query=query), SECRET)
