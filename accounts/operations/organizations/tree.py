"""The tree of an organization: finding its nodes, and what each has attached from its start."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterable

from accounts.models import Member, Organization, OrganizationalUnit, PolicyTarget
from accounts.operations.organizations.faults import fault
from iamsite.operations.organization import FULL_ACCESS

LETTERS = string.ascii_lowercase + string.digits


def new_id(prefix: str, length: int) -> str:
    """A new id as Organizations spells them: `prefix` and random letters and digits."""
    return prefix + "".join(secrets.choice(LETTERS) for _ in range(length))


def unit(
    organization: Organization, unit_id: str, code: str = "OrganizationalUnitNotFound"
) -> OrganizationalUnit:
    """The unit of that id; raises `code`."""
    row: OrganizationalUnit | None = (
        OrganizationalUnit.objects.of(organization.account_id).filter(id=unit_id).first()
    )
    if row is None:
        raise fault(code)
    return row


def path_of(organization: Organization, parent: str, code: str = "ParentNotFound") -> str:
    """The path of a root or unit; raises `code`."""
    if parent == organization.root_id:
        return organization.root_path
    return str(unit(organization, parent, code).path)


def member(organization: Organization, account: str, code: str = "AccountNotFound") -> Member:
    """The account of that id in the organization; raises `code`."""
    row: Member | None = Member.objects.of(organization.account_id).filter(member=account).first()
    if row is None:
        raise fault(code)
    return row


def nodes(organization: Organization) -> list[str]:
    """Every node's id."""
    account = organization.account_id
    return [
        organization.root_id,
        *OrganizationalUnit.objects.of(account).values_list("id", flat=True),
        *Member.objects.of(account).values_list("member", flat=True),
    ]


def attach_full_access(
    organization: Organization, targets: Iterable[str], kinds: Iterable[str]
) -> None:
    """Attaches what AWS attaches to every node from its start, for each enabled kind."""
    PolicyTarget.objects.bulk_create(
        PolicyTarget(
            account_id=organization.account_id,
            policy=FULL_ACCESS[kind].id,
            kind=kind,
            target=target,
        )
        for target in targets
        for kind in kinds
    )


def join(organization: Organization, row: Member) -> None:
    """Adds a member, with nothing left over from an earlier time in the organization."""
    PolicyTarget.objects.of(organization.account_id).filter(target=row.member).delete()
    row.save(force_insert=True)
    attach_full_access(organization, [row.member], organization.policy_types)


def part(organization: Organization, row: Member) -> None:
    """Takes a member out."""
    PolicyTarget.objects.of(organization.account_id).filter(target=row.member).delete()
    Member.objects.of(organization.account_id).filter(member=row.member).delete()
