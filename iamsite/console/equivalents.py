"""The same change as a command of the AWS CLI, a Terraform resource and a REST request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from iamsite.console import command_line, rest_request, terraform
from iamsite.console.asking import Params


@dataclass(frozen=True, slots=True)
class Equivalent:
    kind: str
    label: str
    text: str


# Shown in place of what a form holds secret, so that it lands in no clipboard or history.
SECRETS = {"Password", "OldPassword", "NewPassword"}


def equivalents(performed: Sequence[tuple[str, Params]], request: HttpRequest) -> list[Equivalent]:
    """Each way to do what `performed` lists (operation, parameters), where there is one."""
    told = [(name, _without_secrets(params)) for name, params in performed]
    endpoint = f"{request.scheme}://{request.get_host()}/"
    ways = (
        ("cli", "AWS CLI", command_line.commands(told, endpoint)),
        ("terraform", "Terraform", terraform.resources(told)),
        ("rest", "REST", rest_request.requests(told, endpoint)),
    )
    return [Equivalent(kind, label, text) for kind, label, text in ways if text]


def _without_secrets(params: Params) -> Params:
    return {name: "…" if name in SECRETS and value else value for name, value in params.items()}
