"""Tags on the root, units, accounts and policies, the resource policy too."""

from __future__ import annotations

from typing import Any

from accounts.models import (
    Member,
    Organization,
    OrganizationalUnit,
    OrganizationPolicy,
    OrganizationResourcePolicy,
)
from accounts.operations.organizations.faults import constraint, fault, invalid_input
from accounts.operations.organizations.scope import (
    managing,
    node,
    policy_node,
    resource_policy_node,
)
from iamsite.operations import Call, Resource
from iamsite.operations.organization import MANAGED
from iamsite.operations.paging import page_of_list

MOST_TAGS = 50


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": tags[key]} for key in sorted(tags)]


def checked_tags(tags: list[dict[str, str]], onto: dict[str, str] | None = None) -> dict[str, str]:
    """`onto` with `tags` put on it; raises what AWS answers to a key twice or reserved, and to
    more than 50."""
    keys = [tag["Key"] for tag in tags]
    if len(keys) != len(set(keys)):
        raise invalid_input("DUPLICATE_TAG_KEY", "You have duplicate tag keys in your request.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid_input(
            "INVALID_SYSTEM_TAGS_PARAMETER",
            "You specified a tag key that begins with aws:, which is reserved.",
        )
    merged = {**(onto or {}), **{tag["Key"]: tag["Value"] for tag in tags}}
    if len(merged) > MOST_TAGS:
        raise constraint(
            "MAX_TAG_LIMIT_EXCEEDED", f"You have exceeded the limit of {MOST_TAGS} tags."
        )
    return merged


class Tagged:
    """The row that carries the tags of a resource."""

    def __init__(self, organization: Organization, resource: str) -> None:
        account = organization.account_id
        self.field = "tags"
        self.row: Any = None
        if resource == organization.root_id:
            self.row, self.field = organization, "root_tags"
        elif resource.startswith("ou-"):
            self.row = OrganizationalUnit.objects.of(account).filter(id=resource).first()
        elif resource.startswith("p-"):
            self.row = OrganizationPolicy.objects.of(account).filter(id=resource).first()
        elif resource.startswith("rp-"):
            rows = OrganizationResourcePolicy.objects.of(account)
            self.row = rows.filter(id=resource).first()
        else:
            self.row = Member.objects.of(account).filter(member=resource).first()
        if self.row is None:
            raise fault("TargetNotFound")

    @property
    def tags(self) -> dict[str, str]:
        return dict(getattr(self.row, self.field))

    def keep(self, tags: dict[str, str]) -> None:
        setattr(self.row, self.field, tags)
        self.row.save(update_fields=[self.field])


def resource(call: Call, ResourceId: str, **_: Any) -> Resource:
    if ResourceId.startswith("rp-"):
        return resource_policy_node(call)
    return policy_node(call, ResourceId) if ResourceId.startswith("p-") else node(call, ResourceId)


@managing("TagResource", resource=resource)
def tag_resource(
    call: Call, organization: Organization, ResourceId: str, Tags: list[dict[str, str]]
) -> None:
    _refuse_managed(ResourceId)
    tagged = Tagged(organization, ResourceId)
    tagged.keep(checked_tags(Tags, tagged.tags))


@managing("UntagResource", resource=resource)
def untag_resource(
    call: Call, organization: Organization, ResourceId: str, TagKeys: list[str]
) -> None:
    _refuse_managed(ResourceId)
    tagged = Tagged(organization, ResourceId)
    tagged.keep({key: value for key, value in tagged.tags.items() if key not in TagKeys})


@managing("ListTagsForResource", reads=True, resource=resource)
def list_tags_for_resource(
    call: Call, organization: Organization, ResourceId: str, **_: Any
) -> dict[str, Any]:
    tags = {} if ResourceId in MANAGED else Tagged(organization, ResourceId).tags
    shown, paging = page_of_list(call, tag_list(tags), lambda tag: tag["Key"])
    return {"Tags": shown, **paging}


def _refuse_managed(resource_id: str) -> None:
    if resource_id in MANAGED:
        raise invalid_input("IMMUTABLE_POLICY", "You can't tag a policy that AWS manages.")
