"""What the organization's pages read: where the viewer's account stands, the tree, its limits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from iamsite.console.asking import Asking, ConsoleRequest, Params
from iamsite.console.documents import sentences
from iamsite.console.viewer import viewer_of
from iamsite.operations import OperationError
from iamsite.operations.organization import document_of

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
KINDS: dict[str, str | Promise] = {
    SCP: gettext_lazy("Service control policy"),
    RCP: gettext_lazy("Resource control policy"),
}
NONE_OF_HERS = ("AccessDenied", "AccessDeniedException")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the viewer's account stands: `organization` is None for one in none.

    `reads` says whether the viewer may look into it, `denied` why not.
    """

    organization: dict[str, Any] | None = None
    root: dict[str, Any] = field(default_factory=dict)
    manages: bool = False
    reads: bool = False
    denied: str = ""

    @property
    def kinds(self) -> list[str]:
        """The kinds of policy that are enabled."""
        enabled = {one["Type"] for one in self.root.get("PolicyTypes", [])}
        return [kind for kind in KINDS if kind in enabled]


def standing(request: ConsoleRequest) -> Standing:
    try:
        found = request.ask.perform("organizations:DescribeOrganization")["Organization"]
    except OperationError as error:
        if error.code == "AWSOrganizationsNotInUseException":
            return Standing()
        if error.code not in NONE_OF_HERS:
            raise
        return Standing(denied=error.message)
    viewer = viewer_of(request)
    manages = viewer is not None and viewer.account == found["MasterAccountId"]
    try:
        (root,) = request.ask.perform("organizations:ListRoots")["Roots"]
    except OperationError as error:
        if error.code not in NONE_OF_HERS:
            raise
        return Standing(found, manages=manages, denied=error.message)
    return Standing(found, root, manages, reads=True)


def all_of(ask: Asking, name: str, key: str, **params: Any) -> list[dict[str, Any]]:
    """Every item of a list of Organizations."""
    items: list[dict[str, Any]] = []
    asked: Params = params
    while True:
        result = ask.perform(f"organizations:{name}", asked)
        items += result[key]
        if "NextToken" not in result:
            return items
        asked = {**params, "NextToken": result["NextToken"]}


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the tree: `kind` is root, unit or account; `about` the account as it is listed."""

    kind: str
    id: str
    name: str
    depth: int = 0
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return reverse("console:organization-node", args=[self.id])

    @property
    def icon(self) -> str:
        return {"root": "sitemap", "unit": "folder"}.get(self.kind, "building")

    @property
    def label(self) -> str:
        return {"root": _("Root"), "unit": _("Unit")}.get(self.kind, _("Account"))


def tree(ask: Asking, root: dict[str, Any]) -> list[Node]:
    """The root, and below each node its accounts and then its units, each with what is below it."""
    by_parent: dict[str, list[dict[str, Any]]] = {}
    for account in all_of(ask, "ListAccounts", "Accounts"):
        parent = account["Paths"][0].split("/")[-3]
        by_parent.setdefault(parent, []).append(account)

    def below(parent: str, depth: int) -> Iterator[Node]:
        accounts = sorted(by_parent.get(parent, []), key=lambda one: one["Name"].casefold())
        for one in accounts:
            yield Node("account", one["Id"], one["Name"] or one["Id"], depth, one)
        listed = all_of(
            ask, "ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=parent
        )
        for unit in sorted(listed, key=lambda one: one["Name"].casefold()):
            yield Node("unit", unit["Id"], unit["Name"], depth, unit)
            yield from below(unit["Id"], depth + 1)

    return [Node("root", root["Id"], _("Root")), *below(root["Id"], 1)]


def node_of(ask: Asking, node_id: str) -> Node:
    """Raises OperationError for one that is not there."""
    if node_id.startswith("ou-"):
        asked = {"OrganizationalUnitId": node_id}
        unit = ask.perform("organizations:DescribeOrganizationalUnit", asked)["OrganizationalUnit"]
        return Node("unit", node_id, unit["Name"], about=unit)
    if node_id.startswith("r-"):
        (root,) = ask.perform("organizations:ListRoots")["Roots"]
        if root["Id"] == node_id:
            return Node("root", node_id, _("Root"), about=root)
    account = ask.perform("organizations:DescribeAccount", {"AccountId": node_id})["Account"]
    return Node("account", node_id, account["Name"] or node_id, about=account)


def path_to(ask: Asking, node: Node) -> list[Node]:
    """The nodes from the root down to `node`, itself the last."""
    nodes = [node]
    while nodes[0].kind != "root":
        (parent,) = all_of(ask, "ListParents", "Parents", ChildId=nodes[0].id)
        nodes.insert(0, node_of(ask, parent["Id"]))
    return nodes


@dataclass(frozen=True, slots=True)
class Limit:
    """A policy on the way from the root to a node, and what it says."""

    policy: dict[str, Any]
    sentences: Sequence[str]

    @property
    def kind(self) -> str | Promise:
        return KINDS[self.policy["Type"]]


@dataclass(frozen=True, slots=True)
class Level:
    node: Node
    limits: Sequence[Limit]
    is_own: bool


def levels(ask: Asking, path: Sequence[Node], kinds: Sequence[str]) -> list[Level]:
    """The policies of each level of `path`: whoever is below must be allowed by every level."""
    known: dict[str, Limit] = {}

    def limit(policy: dict[str, Any]) -> Limit:
        if policy["Id"] not in known:
            asked = {"PolicyId": policy["Id"]}
            content = ask.perform("organizations:DescribePolicy", asked)["Policy"]["Content"]
            document = document_of(content, policy["Type"])
            known[policy["Id"]] = Limit(policy, sentences(ask, document))
        return known[policy["Id"]]

    return [
        Level(
            node,
            [
                limit(policy)
                for kind in kinds
                for policy in all_of(
                    ask, "ListPoliciesForTarget", "Policies", TargetId=node.id, Filter=kind
                )
            ],
            node is path[-1],
        )
        for node in path
    ]
