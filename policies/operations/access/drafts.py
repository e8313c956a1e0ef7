"""A change of access that is not made yet: whom it concerns, and what each would then hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.identifiers import unique_id
from iamsite.operations import Call, OperationError
from iamsite.operations.errors import (
    entity_already_exists,
    invalid_input,
    malformed_policy_document,
    no_such_entity,
)
from iamsite.operations.layers import Held, held_by
from identities import trust
from identities.models import Group, Membership, Role, User
from identities.operations.tags import checked_tags
from policies.engine import Document, DocumentKind, PolicyErrors, parse
from policies.models import Attachment, Boundary, InlinePolicy, Policy, PolicyVersion
from policies.operations import find
from policies.operations.documents import checked_document, digest
from policies.operations.principals import ARN, GROUP, USER, Kind, get_by_arn

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
}
OF_POLICIES = ("NewVersion", "DefaultVersion", "DeletePolicy")
Apply = Callable[[Sequence[Held]], list[Held]]
Documents = tuple[Document | None, Document | None]
# In which order changes that are made together count: who belongs where, what each is given, and
# what is in what was given.
FIRST, SECOND, LAST = range(3)


@dataclass(frozen=True)
class Draft:
    """`users` and `roles` are those concerned; `apply` gives what one of them would hold.

    `documents` are those that differ, before and after, None for none. Of a trust policy they are
    pinned, and `role` is whose it is. `of` is the id of the one user or role, or of the group,
    that `apply` is meant for, None where it changes nothing of what others hold. `joins` and
    `leaves` are ids of groups; `created` is a user that is not there yet.
    """

    users: Q
    roles: Q
    apply: Apply
    documents: Sequence[Documents]
    order: int = SECOND
    of: str | None = None
    joins: str | None = None
    leaves: str | None = None
    role: Role | None = None
    created: User | None = None


def draft_of(call: Call, change: Mapping[str, Any], created: Mapping[str, User]) -> Draft:
    """The draft that a PolicyChange of the portal's model describes; `created` are the users, by
    ARN, that are drafted with it.

    Raises InvalidInput for a parameter that is missing, NoSuchEntity, MalformedPolicyDocument.
    """
    kind_of_change = change["ChangeType"]
    for parameter in NEEDED[kind_of_change]:
        if change.get(parameter) is None:
            raise invalid_input(f"{parameter} must be given with ChangeType {kind_of_change}.")
    if kind_of_change in OF_POLICIES:
        return _of_policy(call, kind_of_change, change)
    arn = str(change["PrincipalArn"])
    if kind_of_change == "CreateUser":
        return _of_new_user(created[arn])
    kind, found = (USER, created[arn]) if arn in created else get_by_arn(call, arn)
    policy_arn, name = str(change.get("PolicyArn")), str(change.get("PolicyName"))
    text = change.get("PolicyDocument")
    match kind_of_change:
        case "TrustPolicy":
            return _of_trust(found, kind, str(text))
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
    text = str(text) if kind_of_change == "InlinePolicy" else None
    return _of_inline(call, kind, found, name, text)


def user_to_be(call: Call, change: Mapping[str, Any]) -> User:
    """The user that a CreateUser among the changes speaks of, not saved.

    Raises InvalidInput for the ARN of something else, EntityAlreadyExists.
    """
    arn = change.get("PrincipalArn") or ""
    match = ARN.fullmatch(arn)
    if match is None or match["kind"] != "user" or match["account"] != call.account:
        raise invalid_input("PrincipalArn must be the ARN that the user would have.")
    name = match["name"]
    if User.objects.of(call.account).filter(lower_name=name.lower()).exists():
        raise entity_already_exists(f"User with name {name} already exists.")
    return User(
        id=unique_id("AIDA"),
        account_id=call.account,
        name=name,
        path=match["path"],
        tags=checked_tags(call, change.get("Tags") or [], ignoring_case=True),
        created_at=call.now,
    )


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
    after = checked_document(text, DocumentKind.MANAGED) if text is not None else None
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
    before = parse(_default(policy).document, DocumentKind.MANAGED)
    return Draft(users, ours, apply, [(before, after)], LAST)


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
    after = checked_document(text, DocumentKind.IDENTITY) if text is not None else None
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

    before = parse(row.document, DocumentKind.IDENTITY) if row is not None else None
    return Draft(*_concerned(call, kind, found), apply, [(before, after)], of=found.id)


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

    document = parse(version.document, DocumentKind.MANAGED)
    parts = (None, document) if is_attached else (document, None)
    return Draft(*_concerned(call, kind, found), apply, [parts], of=found.id)


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
    changed = _documents(given, is_added=is_added)
    concerned = _concerned(call, kind, found)
    return Draft(*concerned, apply, changed, FIRST, of=found.id, joins=joins, leaves=leaves)


def _of_group(kind: Kind, found: Group) -> Draft:
    if not isinstance(found, Group):
        raise invalid_input("PrincipalArn must be that of the group.")
    given = [one for one in held_by(found.id) if one.holder == "group"]
    belonging = Membership.objects.of(found.account_id).filter(group=found)
    return Draft(
        Q(id__in=belonging.values("user_id")),
        NOBODY,
        lambda held: _without_group(held, found),
        _documents(given, is_added=False),
        LAST,
    )


def _without_group(held: Sequence[Held], group: Group) -> list[Held]:
    return [one for one in held if (one.holder, one.holder_name) != ("group", group.name)]


def _documents(given: Sequence[Held], *, is_added: bool) -> list[Documents]:
    parsed = [
        parse(one.document, DocumentKind.MANAGED if one.arn else DocumentKind.IDENTITY)
        for one in given
    ]
    return [(None, one) if is_added else (one, None) for one in parsed]


def _of_new_user(user: User) -> Draft:
    return Draft(NOBODY, NOBODY, list, [], FIRST, of=user.id, created=user)


def _of_boundary(call: Call, kind: Kind, found: Group, policy_arn: str | None) -> Draft:
    if isinstance(found, Group):
        raise invalid_input("PrincipalArn: a group has no permissions boundary.")
    held_now = Boundary.objects.of(call.account).filter(principal_id=found.id).first()
    before = None
    if held_now is not None:
        before = parse(_default(held_now.policy).document, DocumentKind.MANAGED)
    policy = find.get_policy(call, policy_arn) if policy_arn is not None else None
    version = _default(policy) if policy is not None else None

    def apply(held: Sequence[Held]) -> list[Held]:
        kept = [one for one in held if one.holder != "boundary"]
        if policy is not None and version is not None:
            document = version.document, bytes(version.digest)
            kept.append(Held("boundary", "", policy.name, policy.arn, *document))
        return kept

    after = parse(version.document, DocumentKind.MANAGED) if version is not None else None
    return Draft(*_concerned(call, kind, found), apply, [(before, after)], of=found.id)


def _of_trust(found: Role, kind: Kind, text: str) -> Draft:
    if kind.name != "Role":
        raise invalid_input("PrincipalArn: only a role has a trust policy.")
    try:
        read = trust.read(text)
    except PolicyErrors as errors:
        raise OperationError(errors.aws_code, errors.aws_message) from errors
    except trust.UnknownPrincipal as unknown:
        raise malformed_policy_document(str(unknown)) from unknown
    after = trust.pinned_document(read.document.text, read.pins, DocumentKind.TRUST)
    return Draft(NOBODY, NOBODY, list, [(trust.pinned(found), after)], role=found)
