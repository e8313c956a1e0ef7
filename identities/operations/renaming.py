"""Another name or path, for what has both: users, groups and server certificates."""

from __future__ import annotations

from iamsite.operations import Call
from iamsite.operations.errors import entity_already_exists
from identities.models.principals import Named
from identities.operations import find

WORDS = {
    "user": "User",
    "group": "Group",
    "server-certificate": "The Server Certificate",
}


def rename(call: Call, named: Named, action: str, name: str | None, path: str | None) -> None:
    """Gives `named` the name and the path that are not None, and saves it if that changes it.

    `action` needs permission on the new ARN too, lest a user be moved under a wider policy
    (UpdateUser, UpdateGroup, UpdateServerCertificate). Raises AccessDenied, and EntityAlreadyExists
    when another of its kind has the name.
    """
    before = named.arn
    named.name, named.path = name or named.name, path or named.path
    if named.arn == before:
        return
    call.authorize(action, find.as_resource(call, named))
    clash = find.find(call, type(named), named.name)
    if clash is not None and clash.id != named.id:
        raise entity_already_exists(f"{WORDS[named.KIND]} with name {named.name} already exists.")
    named.save(update_fields=["name", "path"])
