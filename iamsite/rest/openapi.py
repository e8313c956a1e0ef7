"""The OpenAPI 3.1 document of the REST face, derived from routes and service models."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from html import unescape
from typing import Any

from botocore.model import Shape
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.html import strip_tags
from django.views.decorators.http import require_GET

from iamsite.operations.models import SERVICES, Operation, operation_model
from iamsite.rest.routes import ROUTES, Route
from iamsite.rest.values import is_policy_document

PREFIX = "/api/v1"
SCALARS = {"integer": "integer", "long": "integer", "boolean": "boolean", "string": "string"}
ERROR = {
    "type": "object",
    "required": ["Error", "RequestId"],
    "properties": {
        "Error": {
            "type": "object",
            "required": ["Type", "Code", "Message"],
            "properties": {
                "Type": {"enum": ["Sender", "Receiver"]},
                "Code": {"type": "string"},
                "Message": {"type": "string"},
                "DecisionId": {"type": "string", "format": "uuid"},
                "DecisionUrl": {"type": "string", "format": "uri"},
            },
        },
        "RequestId": {"type": "string", "format": "uuid"},
    },
}


@require_GET
def document(request: HttpRequest) -> JsonResponse:
    """GET /api/v1/schema"""
    return JsonResponse(openapi(), content_type="application/vnd.oai.openapi+json")


@require_GET
def reference(request: HttpRequest) -> HttpResponse:
    """GET /api/v1/: the same document for a person to read."""
    return render(request, "rest/reference.html", {"groups": _groups(), "version": "v1"})


@cache
def openapi() -> dict[str, Any]:
    """The whole document as plain data."""
    shapes: dict[str, Any] = {"Error": ERROR}
    paths: dict[str, Any] = {}
    for route in ROUTES:
        address = f"{PREFIX}/{route.path.replace(':path}', '}')}"
        paths.setdefault(address, {})[route.method.lower()] = _operation(route, shapes)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "iamsite",
            "version": "1",
            "description": "IAM and STS operations as resources and verbs. Names, shapes and "
            "errors are those of the AWS service models.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "security": [{"signature": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": shapes,
            "securitySchemes": {
                "signature": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": f"AWS Signature Version 4 for any of {', '.join(SERVICES)}.",
                },
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "iamsite_session",
                    "description": "The console's session, with the header X-CSRFToken.",
                },
            },
        },
    }


def _operation(route: Route, shapes: dict[str, Any]) -> dict[str, Any]:
    model = operation_model(route.operation)
    found: dict[str, Any] = {
        "operationId": f"{route.operation}{'Own' if route.path == 'user' else ''}",
        "tags": [route.path.partition("/")[0]],
        "summary": _first_sentence(model.documentation),
        "description": _plain(model.documentation),
        "parameters": [
            *(_parameter(model, name, "path", shapes) for name in route.parameters),
            *(_parameter(model, name, "query", shapes) for name in _in_query(route, model)),
        ],
        "responses": _responses(route, model, shapes),
    }
    body = _in_body(route, model)
    if body:
        required = [name for name in body if name in model.required]
        found["requestBody"] = {
            "required": bool(required),
            "content": {
                "application/json": {
                    "schema": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {name: _schema(model.members[name], shapes) for name in body},
                        **({"required": required} if required else {}),
                    }
                }
            },
        }
    return found


def _rest(route: Route, model: Operation) -> list[str]:
    return [name for name in model.members if name not in route.parameters]


def _in_query(route: Route, model: Operation) -> list[str]:
    return _rest(route, model) if route.method in ("GET", "DELETE") else []


def _in_body(route: Route, model: Operation) -> list[str]:
    return [] if route.method in ("GET", "DELETE") else _rest(route, model)


def _parameter(model: Operation, name: str, where: str, shapes: dict[str, Any]) -> dict[str, Any]:
    shape = model.members[name]
    return {
        "name": name,
        "in": where,
        "required": where == "path" or name in model.required,
        "description": _plain(shape.documentation),
        "schema": _schema(shape, shapes),
    }


def _responses(route: Route, model: Operation, shapes: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if model.output is None:
        found["204"] = {"description": "Done."}
    else:
        made = route.method == "POST" and model.wire_name.startswith("Create")
        found["201" if made else "200"] = {
            "description": "Created." if made else "The answer.",
            "content": {"application/json": {"schema": _schema(model.output, shapes)}},
        }
    by_status: dict[int, list[str]] = {403: ["AccessDenied"], 400: ["ValidationError"]}
    for code, status in model.errors.items():
        by_status.setdefault(status, []).append(code)
    for status, codes in sorted(by_status.items()):
        found[str(status)] = {
            "description": ", ".join(sorted(codes)),
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
        }
    return found


def _schema(shape: Shape, shapes: dict[str, Any]) -> dict[str, Any]:
    kind = shape.type_name
    if kind == "structure":
        if shape.name not in shapes:
            shapes[shape.name] = found = {"type": "object"}
            found["properties"] = {  # type: ignore[assignment]
                name: _schema(member, shapes) for name, member in shape.members.items()
            }
            if shape.required_members:
                found["required"] = list(shape.required_members)  # type: ignore[assignment]
        return {"$ref": f"#/components/schemas/{shape.name}"}
    if kind == "list":
        return {"type": "array", "items": _schema(shape.member, shapes), **_bounds(shape, "Items")}
    if kind == "map":
        return {"type": "object", "additionalProperties": _schema(shape.value, shapes)}
    if kind == "timestamp":
        return {"type": "string", "format": "date-time"}
    if kind == "blob":
        return {"type": "string", "contentEncoding": "base64"}
    if is_policy_document(shape):
        return {"type": ["object", "string"], "description": "A policy document."}
    if kind == "string":
        enum = {"enum": list(shape.enum)} if shape.enum else {}
        return {"type": "string", **enum, **_bounds(shape, "Length")}
    return {"type": SCALARS[kind], **_range(shape)}


def _bounds(shape: Shape, what: str) -> dict[str, Any]:
    return {f"{end}{what}": shape.metadata[end] for end in ("min", "max") if end in shape.metadata}


def _range(shape: Shape) -> dict[str, Any]:
    names = {"min": "minimum", "max": "maximum"}
    return {name: shape.metadata[end] for end, name in names.items() if end in shape.metadata}


def _plain(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(strip_tags(html or ""))).strip()


def _first_sentence(html: str) -> str:
    return _plain(html).partition(". ")[0].rstrip(".")


@cache
def _groups() -> list[tuple[str, list[dict[str, Any]]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for address, method, described in _described():
        content = described.get("requestBody", {}).get("content", {})
        body = content.get("application/json", {}).get("schema")
        found.setdefault(described["tags"][0], []).append(
            {"method": method.upper(), "address": address, "body": body, **described}
        )
    return list(found.items())


def _described() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for address, methods in openapi()["paths"].items():
        for method, described in methods.items():
            yield address, method, described
