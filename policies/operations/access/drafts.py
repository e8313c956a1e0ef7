"""A change of access that is not made yet: whom it concerns, and what each would then hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.identifiers import unique_id
from iamsite.operations import Call
from iamsite.operations.errors import (
    entity_already_exists,
    invalid_input,
    no_such_entity,
)
from iamsite.operations.layers import Held, held_by
from identities import trust
from identities.models import Group, Membership, Role, User
from identities.operations.roles import read_trust
from identities.operations.tags import checked_tags
from policies import registered
from policies.engine import DocumentKind
from policies.models import Attachment, Boundary, InlinePolicy, Policy, PolicyVersion
from policies.operations import find
from policies.operations.access.preview_resource import ResourceDraft
from policies.operations.access.preview_trust import TrustDraft
from policies.operations.documents import checked_document, digest
from policies.operations.principals import (
    ARN,
    BY_WORD,
    GROUP,
    ROLE,
    USER,
    Kind,
    get_by_arn,
)
from policies.operations.resource_policies import read_policy
from policies.operations.resources import get_resource

NOBODY = Q(pk__in=())
NEEDED = {
    "NewVersion": ("PolicyArn", "PolicyDocument"),
    "DefaultVersion": ("PolicyArn", "VersionId"),
    "DeletePolicy": ("PolicyArn",),
    "InlinePolicy": ("PrincipalArn", "PolicyName", "PolicyDocument"),
    "DeleteInlinePolicy": ("PrincipalArn", "PolicyName"),
    "Attach": ("PrincipalArn", "PolicyArn"),
    "Detach": ("PrincipalArn", "PolicyArn"),
    "Boundary": ("PrincipalArn", "PolicyArn"),
    "DeleteBoundary": ("PrincipalArn",),
    "TrustPolicy": ("PrincipalArn", "PolicyDocument"),
    "AddToGroup": ("PrincipalArn", "GroupName"),
    "RemoveFromGroup": ("PrincipalArn", "GroupName"),
    "DeleteGroup": ("PrincipalArn",),
    "CreateUser": ("PrincipalArn",),
    "DeleteUser": ("PrincipalArn",),
    "CreateRole": ("PrincipalArn", "PolicyDocument"),
    "DeleteRole": ("PrincipalArn",),
    "ResourcePolicy": ("ResourceArn", "PolicyDocument"),
    "DeleteResourcePolicy": ("ResourceArn",),
    "DeregisterResource": ("ResourceArn",),
}
OF_POLICIES = ("NewVersion", "DefaultVersion", "DeletePolicy")
OF_RESOURCES = ("ResourcePolicy", "DeleteResourcePolicy", "DeregisterResource")
Apply = Callable[[Sequence[Held]], list[Held]]
# In which order changes that are made together count: who belongs where, what each is given, and
# what is in what was given.
FIRST, SECOND, LAST = range(3)


@dataclass(frozen=True)
class Draft:
    """`users` and `roles` are those concerned; `apply` gives what one of them would hold.

    `of` is the id of the one user or role, or of the group, that `apply` is meant for, None where
    it changes nothing of what others hold. `joins` and `leaves` are ids of groups. `created` is a
    user or role that is not there yet, `deleted` one that would be no more; `trust` says whom a
    role would trust, and `resource` all of a change of a resource's policy.
    """

    users: Q
    roles: Q
    apply: Apply
    order: int = SECOND
    of: str | None = None
    joins: str | None = None
    leaves: str | None = None
    created: User | Role | None = None
    deleted: User | Role | None = None
    trust: TrustDraft | None = None
    resource: ResourceDraft | None = None


def check_given(change: Mapping[str, Any]) -> None:
    """Raises InvalidInput for a PolicyChange that lacks what its type takes."""
    for parameter in NEEDED[change["ChangeType"]]:
        if change.get(parameter) is None:
            raise invalid_input(
                f"{parameter} must be given with ChangeType {change['ChangeType']}."
            )


def draft_of(call: Call, change: Mapping[str, Any], created: Mapping[str, User | Role]) -> Draft:
    """The draft that a PolicyChange of the portal's model describes; `created` are the users and
    roles, by ARN, that are drafted with it.

    Raises InvalidInput, NoSuchEntity, MalformedPolicyDocument, LimitExceeded.
    """
    kind_of_change = change["ChangeType"]
    if kind_of_change in OF_POLICIES:
        return _of_policy(call, kind_of_change, change)
    if kind_of_change in OF_RESOURCES:
        return _of_resource(call, kind_of_change, change)
    arn = str(change["PrincipalArn"])
    if kind_of_change in ("CreateUser", "CreateRole"):
        return _of_new(created[arn])
    kind, found = _found(call, arn, created)
    policy_arn, name = str(change.get("PolicyArn")), str(change.get("PolicyName"))
    text = change.get("PolicyDocument")
    match kind_of_change:
        case "TrustPolicy":
            return _of_trust(call, found, kind, str(text))
        case "Boundary" | "DeleteBoundary":
            wanted = policy_arn if kind_of_change == "Boundary" else None
            return _of_boundary(call, kind, found, wanted)
        case "Attach" | "Detach":
            is_attached = kind_of_change == "Attach"
            return _of_attachment(call, kind, found, policy_arn, is_attached=is_attached)
        case "AddToGroup" | "RemoveFromGroup":
            is_added = kind_of_change == "AddToGroup"
            return _of_membership(call, kind, found, change["GroupName"], is_added=is_added)
        case "DeleteGroup":
            return _of_group(kind, found)
        case "DeleteUser" | "DeleteRole":
            return _of_deleted(call, kind, found, kind_of_change.removeprefix("Delete"))
    text = str(text) if kind_of_change == "InlinePolicy" else None
    return _of_inline(call, kind, found, name, text)


def _found(call: Call, arn: str, created: Mapping[str, User | Role]) -> tuple[Kind, Any]:
    if arn not in created:
        return get_by_arn(call, arn)
    return (ROLE if isinstance(created[arn], Role) else USER), created[arn]


def to_be(call: Call, change: Mapping[str, Any]) -> User | Role:
    """The user or role that a CreateUser or CreateRole among the changes speaks of, not saved.

    Raises InvalidInput for the ARN of something else, EntityAlreadyExists, for a role also
    MalformedPolicyDocument and LimitExceeded.
    """
    kind = BY_WORD[change["ChangeType"].removeprefix("Create").lower()]
    word = kind.model.KIND
    match = ARN.fullmatch(change["PrincipalArn"])
    if match is None or match["kind"] != word or match["account"] != call.account:
        raise invalid_input(f"PrincipalArn must be the ARN that the {word} would have.")
    name = match["name"]
    if kind.model.objects.of(call.account).filter(lower_name=name.lower()).exists():
        raise entity_already_exists(f"{kind.name} with name {name} already exists.")
    row: User | Role
    if kind is ROLE:
        policy = read_trust(call, str(change["PolicyDocument"]))
        pins = {"trust_policy": policy.document.text, "trust_pins": policy.pins}
        row = Role(id=unique_id("AROA"), **pins)
    else:
        row = User(id=unique_id("AIDA"))
    row.account_id, row.name, row.path, row.created_at = call.account, name, match["path"], call.now
    row.lower_name = name.lower()
    row.tags = checked_tags(call, change.get("Tags") or [], ignoring_case=True)
    return row


def _default(policy: Policy) -> PolicyVersion:
    rows = PolicyVersion.objects.of(policy.account_id)
    found: PolicyVersion = rows.get(policy=policy, number=policy.default_version)
    return found


def _of_policy(call: Call, change: str, given: Mapping[str, Any]) -> Draft:
    policy = find.get_policy(call, str(given["PolicyArn"]))
    text = given["PolicyDocument"] if change == "NewVersion" else None
    if change == "DefaultVersion":
        version = given["VersionId"]
        rows = PolicyVersion.objects.of(policy.account_id).filter(policy=policy)
        chosen = next((one for one in rows if one.version_id == version), None)
        if chosen is None:
            raise no_such_entity(f"Policy {policy.arn} version {version} does not exist.")
        text = chosen.document
    if text is not None:
        checked_document(text, DocumentKind.MANAGED)
    attached = Attachment.objects.of(call.account).filter(policy=policy).values("principal_id")
    bounded = Boundary.objects.of(call.account).filter(policy=policy).values("principal_id")
    belonging = Membership.objects.of(call.account).filter(group_id__in=attached)
    ours = Q(id__in=attached) | Q(id__in=bounded)

    def apply(held: Sequence[Held]) -> list[Held]:
        if text is None:
            return [one for one in held if one.arn != policy.arn]
        return [
            one._replace(document=text, digest=digest(text)) if one.arn == policy.arn else one
            for one in held
        ]

    users = ours | Q(id__in=belonging.values("user_id"))
    return Draft(users, ours, apply, LAST)


def _concerned(call: Call, kind: Kind, found: object) -> tuple[Q, Q]:
    """The users and the roles that something about a user, group or role concerns."""
    if isinstance(found, Group):
        belonging = Membership.objects.of(call.account).filter(group=found)
        return Q(id__in=belonging.values("user_id")), NOBODY
    one = Q(id=found.id)  # type: ignore[attr-defined]
    return (NOBODY, one) if kind.name == "Role" else (one, NOBODY)


def _of_inline(call: Call, kind: Kind, found: Group, name: str, text: str | None) -> Draft:
    rows = InlinePolicy.objects.of(call.account).filter(principal_id=found.id)
    row = rows.filter(lower_name=name.lower()).first()
    if row is None and text is None:
        raise no_such_entity(f"The {kind.model.KIND} policy with name {name} cannot be found.")
    if text is not None:
        checked_document(text, DocumentKind.IDENTITY)
    holder = kind.model.KIND

    def apply(held: Sequence[Held]) -> list[Held]:
        kept = [
            one
            for one in held
            if (one.arn, one.holder, one.holder_name, one.name.lower())
            != (None, holder, found.name, name.lower())
        ]
        if text is not None:
            kept.append(Held(holder, found.name, name, None, text, digest(text)))
        return kept

    return Draft(*_concerned(call, kind, found), apply, of=found.id)


def _of_attachment(
    call: Call, kind: Kind, found: Group, policy_arn: str, *, is_attached: bool
) -> Draft:
    policy = find.get_policy(call, policy_arn)
    version = _default(policy)
    holder = kind.model.KIND

    def apply(held: Sequence[Held]) -> list[Held]:
        kept = [
            one
            for one in held
            if (one.arn, one.holder, one.holder_name) != (policy.arn, holder, found.name)
        ]
        if is_attached:
            document = version.document, bytes(version.digest)
            kept.append(Held(holder, found.name, policy.name, policy.arn, *document))
        return kept

    return Draft(*_concerned(call, kind, found), apply, of=found.id)


def _of_membership(
    call: Call, kind: Kind, found: object, group_name: str, *, is_added: bool
) -> Draft:
    if not isinstance(found, User):
        raise invalid_input("PrincipalArn: only users belong to groups.")
    group = GROUP.get(call, group_name)
    given = [one for one in held_by(group.id) if one.holder == "group"]

    def apply(held: Sequence[Held]) -> list[Held]:
        kept = _without_group(held, group)
        return [*kept, *given] if is_added else kept

    joins, leaves = (group.id, None) if is_added else (None, group.id)
    concerned = _concerned(call, kind, found)
    return Draft(*concerned, apply, FIRST, of=found.id, joins=joins, leaves=leaves)


def _of_group(kind: Kind, found: Group) -> Draft:
    if not isinstance(found, Group):
        raise invalid_input("PrincipalArn must be that of the group.")
    belonging = Membership.objects.of(found.account_id).filter(group=found)
    return Draft(
        Q(id__in=belonging.values("user_id")),
        NOBODY,
        lambda held: _without_group(held, found),
        LAST,
    )


def _without_group(held: Sequence[Held], group: Group) -> list[Held]:
    return [one for one in held if (one.holder, one.holder_name) != ("group", group.name)]


def _of_new(row: User | Role) -> Draft:
    trusts = TrustDraft(row, None, trust.pinned(row)) if isinstance(row, Role) else None
    return Draft(NOBODY, NOBODY, list, FIRST, of=row.id, created=row, trust=trusts)


def _of_deleted(call: Call, kind: Kind, found: Any, wanted: str) -> Draft:
    if kind.name != wanted:
        raise invalid_input(f"PrincipalArn must be that of the {wanted.lower()}.")
    trusts = TrustDraft(found, trust.pinned(found), None) if isinstance(found, Role) else None
    return Draft(
        *_concerned(call, kind, found),
        lambda _held: [],
        LAST,
        of=found.id,
        deleted=found,
        trust=trusts,
    )


def _of_boundary(call: Call, kind: Kind, found: Group, policy_arn: str | None) -> Draft:
    if isinstance(found, Group):
        raise invalid_input("PrincipalArn: a group has no permissions boundary.")
    policy = find.get_policy(call, policy_arn) if policy_arn is not None else None
    version = _default(policy) if policy is not None else None

    def apply(held: Sequence[Held]) -> list[Held]:
        kept = [one for one in held if one.holder != "boundary"]
        if policy is not None and version is not None:
            document = version.document, bytes(version.digest)
            kept.append(Held("boundary", "", policy.name, policy.arn, *document))
        return kept

    return Draft(*_concerned(call, kind, found), apply, of=found.id)


def _of_trust(call: Call, found: Role, kind: Kind, text: str) -> Draft:
    if kind.name != "Role":
        raise invalid_input("PrincipalArn: only a role has a trust policy.")
    read = read_trust(call, text)
    after = trust.pinned_document(read.document.text, read.pins, DocumentKind.TRUST)
    return Draft(NOBODY, NOBODY, list, trust=TrustDraft(found, trust.pinned(found), after))


def _of_resource(call: Call, change: str, given: Mapping[str, Any]) -> Draft:
    row = get_resource(call, str(given["ResourceArn"]))
    if change == "DeleteResourcePolicy" and not row.policy:
        raise no_such_entity(f"The resource {row.arn} has no policy.")
    # What the resource is part of has the word where it has no policy itself.
    whole = registered.nearest_policy(
        [one for one in registered.containing(row.arn) if one != row.arn]
    )
    around = whole and trust.pinned_document(whole.policy, whole.pins, DocumentKind.RESOURCE)
    before = after = around
    if row.policy:
        before = trust.pinned_document(row.policy, row.pins, DocumentKind.RESOURCE)
    if change == "ResourcePolicy":
        read = read_policy(str(given["PolicyDocument"]))
        after = trust.pinned_document(read.document.text, read.pins, DocumentKind.RESOURCE)
    return Draft(NOBODY, NOBODY, list, resource=ResourceDraft(row.arn, before, after))
