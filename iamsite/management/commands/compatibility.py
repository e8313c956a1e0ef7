"""`manage.py compatibility`: write docs/compatibility.md from what the code can do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from iamsite.operations.models import SERVICES, Operation, operations, service
from iamsite.operations.registry import registered
from iamsite.rest.routes import ROUTES

HEAD = """\
# Compatibility

Written by `manage.py compatibility` from the code; a test keeps it true. Every operation of AWS's
models is listed. One that is not there yet answers `UnsupportedOperation` with its name, never a
made-up success.
"""


class Command(BaseCommand):
    help = "Write docs/compatibility.md from what the code can do."

    def handle(self, *args: Any, **options: Any) -> None:
        (settings.BASE_DIR / "docs" / "compatibility.md").write_text(document())


def document() -> str:
    """The whole document, as it should be in docs/compatibility.md."""
    return "\n".join([HEAD, *_lines()])


def _lines() -> Iterator[str]:
    for name in SERVICES:
        found = [operation for operation in operations().values() if operation.service == name]
        there = [operation for operation in found if registered(operation.name)]
        yield f"## {service(name).title}\n"
        yield f"{len(there)} of {len(found)} operations, version {service(name).version}.\n"
        yield "| Operation | Effect | REST | Differs from AWS |"
        yield "|-|-|-|-|"
        for operation in found:
            told = _effect(operation), _addresses(operation), _differs(operation)
            yield f"| {' | '.join((operation.wire_name, *told))} |"
        yield ""


def _effect(operation: Operation) -> str:
    found = registered(operation.name)
    return found.effect.value if found else "not there yet"


def _differs(operation: Operation) -> str:
    found = registered(operation.name)
    return found.differs if found else ""


def _addresses(operation: Operation) -> str:
    routes = [route for route in ROUTES if route.operation == operation.name]
    return "<br>".join(f"`{route.method} /{route.path.replace(':path', '')}`" for route in routes)
