"""What botocore sends is what operations get, and what they give is what botocore reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from hypothesis import given, settings
from hypothesis import strategies as st

from iamsite.aws import json, query, xml
from iamsite.operations import models
from iamsite.operations.models import Operation, find_target, operations, service
from iamsite.urlencoded import pairs
from tests.iamsite.operations.shapes import values

REQUEST_ID = "6f1c5f4e-8f3a-4d51-9f5c-000000000000"
ALL = list(operations().values())
QUERY = [one for one in ALL if service(one.service).protocol == "query"]
JSON = [one for one in ALL if one not in QUERY]
# Our own service's model is laid out for AWS_DATA_PATH.
LOADER = Loader(extra_search_paths=[str(Path(models.__file__).parent)])
SERVICES = {
    name: ServiceModel(LOADER.load_service_model(name, "service-2")) for name in models.SERVICES
}
each_operation = pytest.mark.parametrize("operation", QUERY, ids=lambda operation: operation.name)
each_of_json = pytest.mark.parametrize("operation", JSON, ids=lambda operation: operation.name)


def model(operation: Operation) -> OperationModel:
    return SERVICES[operation.service].operation_model(operation.wire_name)


def parsed(operation: Operation, body: bytes) -> dict[str, Any]:
    """What botocore makes of an answer, policy documents decoded as its handlers do."""
    shape = model(operation).output_shape
    response = {"status_code": 200, "headers": {}, "body": body}
    output = create_parser("query").parse(response, shape)
    assert output.pop("ResponseMetadata")["RequestId"] == REQUEST_ID
    return decoded(shape, output) if shape is not None else output


def decoded(shape: Shape, value: Any) -> Any:
    if shape.type_name == "structure":
        return {name: decoded(shape.members[name], one) for name, one in value.items()}
    if shape.type_name == "list":
        return [decoded(shape.member, one) for one in value]
    return unquote(value) if shape.name == "policyDocumentType" else value


@each_operation
@settings(max_examples=4, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_output_comes_back_from_botocores_parser_as_it_was(
    operation: Operation, data: st.DataObject
) -> None:
    output = data.draw(values(operation.output)) if operation.output is not None else {}
    assert parsed(operation, xml.result(operation, output, REQUEST_ID)) == output


@each_operation
@settings(max_examples=4, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_input_of_botocores_serializer_is_read_as_it_was(
    operation: Operation, data: st.DataObject
) -> None:
    if operation.input is None:
        assert query.parameters(operation, [("Action", operation.name)]) == {}
        return
    params = data.draw(values(operation.input, at_least=1).map(without_nothing))
    serializer = create_serializer("query", include_validation=False)
    serialized = serializer.serialize_to_request(params, model(operation))
    given_pairs = [(name, text(value)) for name, value in serialized["body"].items()]
    assert query.parameters(operation, given_pairs) == params


def without_nothing(value: Any) -> Any:
    """The Query protocol has no way to say an empty structure."""
    if isinstance(value, dict):
        members = {name: without_nothing(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member != {}}
    if isinstance(value, list):
        return [member for member in map(without_nothing, value) if member != {}]
    return value


def text(value: Any) -> str:
    """As botocore's form encoder writes a value."""
    return value if isinstance(value, str) else str(value)


def test_an_empty_list_is_read_as_empty() -> None:
    given_pairs = pairs(b"Action=TagUser&UserName=alice&Tags=")
    tag_user = operations()["TagUser"]
    assert query.parameters(tag_user, given_pairs) == {"UserName": "alice", "Tags": []}


@each_of_json
@settings(max_examples=3, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_output_in_json_comes_back_from_botocores_parser_as_it_was(
    operation: Operation, data: st.DataObject
) -> None:
    output = data.draw(values(operation.output)) if operation.output is not None else {}
    body = json.result(operation, output)
    response = {"status_code": 200, "headers": {}, "body": body}
    read = create_parser("json").parse(response, model(operation).output_shape)
    del read["ResponseMetadata"]
    assert read == output


@each_of_json
@settings(max_examples=3, deadline=None, derandomize=True)
@given(data=st.data())
def test_every_input_in_json_of_botocores_serializer_is_read_as_it_was(
    operation: Operation, data: st.DataObject
) -> None:
    params = data.draw(values(operation.input, at_least=1)) if operation.input else {}
    serializer = create_serializer("json", include_validation=False)
    sent = serializer.serialize_to_request(params, model(operation))
    assert find_target(sent["headers"]["X-Amz-Target"]) is operation
    assert json.parameters(operation, sent["body"]) == params
