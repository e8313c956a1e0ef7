"""The service models: what each operation takes, gives and may refuse with.

IAM, STS and Organizations come from botocore's models, at their latest version. `portal` is our
own service in the same format, under `portal/`, for what AWS has no API for. The names of
operations are unique over all: Organizations, which has names that IAM has too, writes its own with
the service's, as in `organizations:CreatePolicy`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from html import unescape
from pathlib import Path
from types import MappingProxyType
from typing import Any

from botocore.loaders import Loader
from botocore.model import OperationModel, ServiceModel, Shape, StructureShape

from iamsite.operations.errors import STATUS, OperationError

SERVICES = ("iam", "sts", "organizations", "portal")
QUALIFIED = {"organizations"}


@dataclass(frozen=True, slots=True)
class Service:
    """A service: the name it is signed for, the API version on the wire, its protocol.

    `protocol` is "query", where answers are XML in `namespace`, or "json", where `namespace` is the
    prefix of `X-Amz-Target`.
    """

    name: str
    version: str
    protocol: str
    namespace: str
    title: str
    documentation: str


@dataclass(frozen=True, slots=True)
class Pagination:
    """How an operation's lists are paged: `Marker` (and `MaxItems`) in, `Marker` out.

    `truncated` is the output's member that says whether more remains; `results` are those that
    hold the items.
    """

    truncated: str
    results: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """An operation as its model describes it.

    `name` is unique over all services, `wire_name` is what its own service calls it. `service` is
    the name of its service, such as "iam". `input` and `output` are botocore shapes,
    or None where the operation has none. `errors` maps each modelled code on the wire to its HTTP
    status. `documentation` is the model's HTML.
    """

    name: str
    wire_name: str
    service: str
    input: StructureShape | None
    output: StructureShape | None
    errors: Mapping[str, int]
    documentation: str
    is_signed: bool
    pagination: Pagination | None

    @property
    def members(self) -> Mapping[str, Shape]:
        """The input's members by name, in the model's order."""
        return self.input.members if self.input is not None else {}

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(self.input.required_members) if self.input is not None else ()


def service(name: str) -> Service:
    """The service of that name; KeyError if there is none."""
    return _services()[name]


def operation_name(service_name: str, wire_name: str) -> str:
    """The name, unique over all services, of a service's operation."""
    return f"{service_name}:{wire_name}" if service_name in QUALIFIED else wire_name


def operations() -> Mapping[str, Operation]:
    """Every operation by name: service by service, ours last, each in alphabetical order."""
    return _operations()


def operation_model(name: str) -> Operation:
    """The operation of that name, in any service.

    Raises OperationError InvalidAction if no service has it.
    """
    found = _operations().get(name)
    if found is None:
        raise OperationError("InvalidAction", f"Could not find operation {name}")
    return found


def find(action: str, version: str) -> Operation | None:
    """The operation that `Action` and `Version` ask for on the Query face."""
    found = _operations().get(action)
    if found is None:
        return None
    asked = service(found.service)
    return found if (asked.protocol, asked.version) == ("query", version) else None


def find_target(target: str) -> Operation | None:
    """The operation that `X-Amz-Target` asks for on the JSON face."""
    prefix, _, wire_name = target.partition(".")
    for one in _services().values():
        if (one.protocol, one.namespace) == ("json", prefix):
            return _operations().get(operation_name(one.name, wire_name))
    return None


@cache
def error_text(service_name: str, code: str) -> str:
    """What the service's model says of one of its errors: the first paragraph, as plain text."""
    html = _models()[service_name].shape_for(code).documentation
    paragraph = html.removeprefix("<p>").partition("</p>")[0]
    return " ".join(unescape(re.sub("<[^>]*>", "", paragraph)).split())


def service_of(name: str) -> str:
    """The name of the service that has the operation; OperationError InvalidAction if none has."""
    return operation_model(name).service


# Models are read from botocore itself and from here, never from a user's ~/.aws/models.
def _loader() -> Loader:
    return Loader(
        extra_search_paths=[str(Path(__file__).parent), Loader.BUILTIN_DATA_PATH],
        include_default_search_paths=False,
        include_default_extras=False,
    )


@cache
def own_model() -> str:
    """The text of the portal's own service model, for SDKs to read."""
    version = service("portal").version
    return (Path(__file__).parent / "portal" / version / "service-2.json").read_text()


def own_paginators() -> dict[str, Any]:
    """What SDKs need to page through the portal's own lists, in botocore's format."""
    return {
        "pagination": {
            one.wire_name: {
                "input_token": "Marker",
                "output_token": "Marker",
                "limit_key": "MaxItems",
                "more_results": one.pagination.truncated,
                "result_key": one.pagination.results[0],
            }
            for one in operations().values()
            if one.service == "portal" and one.pagination is not None
        }
    }


@cache
def _models() -> Mapping[str, ServiceModel]:
    loader = _loader()
    return {
        name: ServiceModel(loader.load_service_model(name, "service-2"), name) for name in SERVICES
    }


@cache
def _services() -> Mapping[str, Service]:
    return MappingProxyType(
        {
            name: Service(
                name=name,
                version=model.api_version,
                protocol=model.metadata["protocol"],
                namespace=model.metadata.get("xmlNamespace") or model.metadata["targetPrefix"],
                title=model.metadata["serviceFullName"],
                documentation=model.documentation,
            )
            for name, model in _models().items()
        }
    )


@cache
def _operations() -> Mapping[str, Operation]:
    found: dict[str, Operation] = {}
    for service_name, model in _models().items():
        for wire_name in sorted(model.operation_names):
            name = operation_name(service_name, wire_name)
            if name in found:
                raise RuntimeError(f"two services have an operation {name}")
            found[name] = _read(service_name, model.operation_model(wire_name))
    return MappingProxyType(found)


def _read(service_name: str, model: OperationModel) -> Operation:
    return Operation(
        name=operation_name(service_name, model.name),
        wire_name=model.name,
        service=service_name,
        input=model.input_shape,
        output=model.output_shape,
        errors=MappingProxyType(dict(_error(shape) for shape in model.error_shapes)),
        documentation=model.documentation,
        is_signed=model.auth_type != "none",
        pagination=_pagination(model.input_shape, model.output_shape),
    )


def _error(shape: StructureShape) -> tuple[str, int]:
    error = shape.metadata.get("error", {})
    code = error.get("code", shape.name)
    return code, error.get("httpStatusCode", STATUS.get(code, 400))


# Told by the shapes: botocore's paginators leave out six of the paged operations.
def _pagination(taken: StructureShape | None, given: StructureShape | None) -> Pagination | None:
    if taken is None or given is None or "Marker" not in taken.members:
        return None
    # ListDelegationRequests spells it isTruncated.
    truncated = next(name for name in given.members if name.lower() == "istruncated")
    lists = (name for name, shape in given.members.items() if shape.type_name == "list")
    return Pagination(truncated, tuple(lists))
