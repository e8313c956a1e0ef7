"""A change of one policy that is not made yet: whom it concerns, and what each would then hold."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db.models import Q

from iamsite.operations import Call, OperationError
from iamsite.operations.errors import invalid_input, malformed_policy_document, no_such_entity
from iamsite.operations.layers import Held
from identities import trust
from identities.models import Group, Membership, Role
from policies.engine import Document, DocumentKind, PolicyErrors, parse
from policies.models import Attachment, Boundary, InlinePolicy, Policy, PolicyVersion
from policies.operations import find
from policies.operations.documents import checked_document, digest
from policies.operations.principals import Kind, get_by_arn

NOBODY = Q(pk__in=())
NEEDED = {
    "NewVersion": ("PolicyArn", "PolicyDocument"),
    "DefaultVersion": ("PolicyArn", "VersionId"),
    "InlinePolicy": ("PrincipalArn", "PolicyName", "PolicyDocument"),
    "DeleteInlinePolicy": ("PrincipalArn", "PolicyName"),
    "Attach": ("PrincipalArn", "PolicyArn"),
    "Detach": ("PrincipalArn", "PolicyArn"),
    "Boundary": ("PrincipalArn", "PolicyArn"),
    "DeleteBoundary": ("PrincipalArn",),
    "TrustPolicy": ("PrincipalArn", "PolicyDocument"),
}
Apply = Callable[[Sequence[Held]], list[Held]]


@dataclass(frozen=True)
class Draft:
    """`users` and `roles` are those concerned; `apply` gives what one of them would hold.

    `before` and `after` are the documents that differ, None for none. Of a trust policy they are
    pinned, and `role` is whose it is.
    """

    users: Q
    roles: Q
    apply: Apply
    before: Document | None
    after: Document | None
    role: Role | None = None


def draft_of(
    call: Call,
    change: str,
    policy_arn: str | None,
    version: str | None,
    principal_arn: str | None,
    name: str | None,
    text: str | None,
) -> Draft:
    """The draft that the parameters of PreviewPolicyChange describe.

    Raises InvalidInput for a parameter that is missing, NoSuchEntity, MalformedPolicyDocument.
    """
    given = {
        "PolicyArn": policy_arn,
        "VersionId": version,
        "PrincipalArn": principal_arn,
        "PolicyName": name,
        "PolicyDocument": text,
    }
    for parameter in NEEDED[change]:
        if given[parameter] is None:
            raise invalid_input(f"{parameter} must be given with ChangeType {change}.")
    if change in ("NewVersion", "DefaultVersion"):
        policy = find.get_policy(call, str(policy_arn))
        return _of_policy(call, policy, text if change == "NewVersion" else None, version)
    kind, found = get_by_arn(call, str(principal_arn))
    if change == "TrustPolicy":
        return _of_trust(found, kind, str(text))
    if change in ("Boundary", "DeleteBoundary"):
        return _of_boundary(call, kind, found, policy_arn if change == "Boundary" else None)
    if change in ("Attach", "Detach"):
        return _of_attachment(call, kind, found, str(policy_arn), is_attached=change == "Attach")
    return _of_inline(call, kind, found, str(name), text if change == "InlinePolicy" else None)


def _default(policy: Policy) -> PolicyVersion:
    rows = PolicyVersion.objects.of(policy.account_id)
    found: PolicyVersion = rows.get(policy=policy, number=policy.default_version)
    return found


def _of_policy(call: Call, policy: Policy, text: str | None, version: str | None) -> Draft:
    if text is None:
        rows = PolicyVersion.objects.of(policy.account_id).filter(policy=policy)
        chosen = next((one for one in rows if one.version_id == version), None)
        if chosen is None:
            raise no_such_entity(f"Policy {policy.arn} version {version} does not exist.")
        text = chosen.document
    after = checked_document(text, DocumentKind.MANAGED)
    attached = Attachment.objects.of(call.account).filter(policy=policy).values("principal_id")
    bounded = Boundary.objects.of(call.account).filter(policy=policy).values("principal_id")
    belonging = Membership.objects.of(call.account).filter(group_id__in=attached)
    ours = Q(id__in=attached) | Q(id__in=bounded)

    def apply(held: Sequence[Held]) -> list[Held]:
        return [
            one._replace(document=text, digest=digest(text)) if one.arn == policy.arn else one
            for one in held
        ]

    users = ours | Q(id__in=belonging.values("user_id"))
    before = parse(_default(policy).document, DocumentKind.MANAGED)
    return Draft(users, ours, apply, before, after)


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
    return Draft(*_concerned(call, kind, found), apply, before, after)


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
    return Draft(*_concerned(call, kind, found), apply, *parts)


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
    return Draft(*_concerned(call, kind, found), apply, before, after)


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
    return Draft(NOBODY, NOBODY, list, trust.pinned(found), after, found)
