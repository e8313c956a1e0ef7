"""`manage.py compatibility`: write docs/compatibility.md from what the code can do."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from iamsite.management.never import EVERYWHERE, never
from iamsite.operations.models import SERVICES, Operation, operations, service
from iamsite.operations.registry import registered
from iamsite.rest.routes import ROUTES

HEAD = """\
# Compatibility

Written by `manage.py compatibility` from the code and the tests, which keep it true. Every
operation of AWS's models is listed. One that is not there yet answers `UnsupportedOperation` with
its name, never a made-up success.

boto3 performs every operation of IAM and STS in the tests and meets every error of their models,
but for those in the last section. *Clients* names who else does: the AWS CLI with all its
paginators and waiters, Terraform's AWS provider with all its resources and data sources of IAM,
Ansible's modules, the JavaScript SDK.
"""
BESIDE = """\
## Beside the operations

What holds for all of IAM and STS here and is otherwise on AWS:

- There is one endpoint. A signature counts whatever region it names.
- What has changed counts from the next request on; AWS takes some seconds.
- Without an `Action` a `POST` is sent to the portal's own console, not to a product page. One whose
  body is no form, and a signed `GET`, are a `MissingAction`, which tells more than a redirect.
- Of names, paths and documents with characters that they may not have, all are named at once, not
  the first alone.
- A denial ends with its reason. Instead of a link to a troubleshooter its answer has the header
  `x-iamsite-decision-id`, which `portal:GetDecision` explains.
- Quotas are AWS's defaults, and an operator may set each of them, beyond AWS's own maximum too.
- The key of an account that an operator has suspended is an `OptInRequired`.
- Of the Sign-In service, what `aws login` asks is there ([aws-login.md](aws-login.md)):
  `/v1/authorize` and `CreateOAuth2Token`. A session lasts as long as that of the browser that
  approved it.
- The federation endpoint takes `Issuer` and does not lead there when a session ends: whoever makes
  such a link could choose where somebody is asked to sign in.
"""
ERRORS = """\
## Errors that no request meets

These are in the models of IAM and STS, but nothing leads to them here.

| Error | Operations | Why |
|-|-|-|\
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
        yield "| Operation | Effect | REST | Clients | Differs from AWS |"
        yield "|-|-|-|-|-|"
        for operation in found:
            told = (
                _effect(operation),
                _addresses(operation),
                _clients(operation),
                _differs(operation),
            )
            yield f"| {' | '.join((operation.wire_name, *told))} |"
        yield ""
    yield BESIDE
    yield ERRORS
    yield from _errors()
    yield ""


def _errors() -> Iterator[str]:
    """A line for each error and reason, by name; those of all operations name none."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for operation in operations().values():
        if operation.service in ("iam", "sts") and registered(operation.name):
            for code, why in never(operation).items():
                found[code, why].append(operation.name)
    for (code, why), names in sorted(found.items()):
        yield f"| `{code}` | {'all' if code in EVERYWHERE else ', '.join(names)} | {why} |"


@cache
def _record() -> dict[str, set[str]]:
    """The operations that each client performs in the tests."""
    record = json.loads((settings.BASE_DIR / "tests" / "clients" / "record.json").read_text())
    return {client: set().union(*tests.values()) for client, tests in record.items()}


def _clients(operation: Operation) -> str:
    if operation.service not in ("iam", "sts"):
        return ""
    return ", ".join(name for name, done in _record().items() if operation.wire_name in done)


def _effect(operation: Operation) -> str:
    found = registered(operation.name)
    return found.effect.value if found else "not there yet"


def _differs(operation: Operation) -> str:
    found = registered(operation.name)
    return found.differs if found else ""


def _addresses(operation: Operation) -> str:
    routes = [route for route in ROUTES if route.operation == operation.name]
    return "<br>".join(f"`{route.method} /{route.path.replace(':path', '')}`" for route in routes)
