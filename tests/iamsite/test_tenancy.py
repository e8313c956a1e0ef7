"""The wall between accounts, in the database itself: no code of ours stands before it."""

import pytest
from django.apps import apps
from django.db import DatabaseError, IntegrityError, connection, connections, models, transaction

from accounts import tenancy
from accounts.models import Account, Event, TrailHead
from identities.models import Group, Membership, User
from policies.models import Attachment, Policy

TENANT_MODELS = [
    model
    for model in apps.get_models()
    if model._meta.app_label in ("accounts", "identities", "policies")
    and any(field.name == "account" for field in model._meta.fields)
]


def names(models_: list[type[models.Model]]) -> list[str]:
    return [model._meta.label for model in models_]


def rows_of(account: str, model: type[models.Model]) -> list[object]:
    return list(model._default_manager.filter(account_id=account))


def test_the_application_can_neither_bypass_row_level_security_nor_own_a_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False)
        cursor.execute("SELECT count(*) FROM pg_class WHERE relowner = current_user::regrole")
        assert cursor.fetchone() == (0,)


@pytest.mark.parametrize("model", [*TENANT_MODELS, Account], ids=lambda model: model._meta.label)
def test_every_table_of_a_tenant_has_row_level_security(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass", [model._meta.db_table]
        )
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("model", TENANT_MODELS, ids=lambda model: model._meta.label)
def test_every_row_of_a_tenant_goes_with_its_account(model: type[models.Model]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT confdeltype FROM pg_constraint WHERE contype = 'f' AND conrelid = %s::regclass"
            " AND confrelid = 'accounts_account'::regclass"
            " AND (SELECT attname FROM pg_attribute WHERE attrelid = conrelid AND attnum = conkey[1])"
            " = 'account_id'",
            [model._meta.db_table],
        )
        assert cursor.fetchall() == [("c",)]


def test_a_query_without_an_account_finds_nothing(acme) -> None:
    with transaction.atomic():
        found = [model for model in TENANT_MODELS if rows_of(acme.id, model)]
        assert names(found) == []
        assert not Account.objects.filter(id=acme.id).exists()


def test_a_query_in_another_account_finds_nothing_even_without_our_filters(acme, evil) -> None:
    with transaction.atomic():
        tenancy.enter(evil.id)
        found = [model for model in TENANT_MODELS if rows_of(acme.id, model)]
        assert names(found) == []
        assert set(User.objects.values_list("account_id", flat=True)) == {evil.id}


def test_the_account_that_was_entered_is_left_with_its_transaction(acme) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        assert User.objects.exists()
    with transaction.atomic():
        assert not User.objects.exists()


def test_no_row_can_be_written_into_another_account(acme, evil) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        bob = User.objects.get(name="bob")
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        tenancy.enter(evil.id)
        bob.id, bob.name = "AIDA" + "A" * 17, "planted"
        bob.save(force_insert=True)
    with pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        tenancy.enter(evil.id)
        User.objects.filter(name="mallory").update(account_id=acme.id)


def test_no_row_of_another_account_can_be_changed_or_deleted(acme, evil) -> None:
    with transaction.atomic():
        tenancy.enter(evil.id)
        assert User.objects.filter(account_id=acme.id).update(name="gone") == 0
        assert User.objects.filter(account_id=acme.id)._raw_delete("default") == 0
        assert Account.objects.filter(id=acme.id).update(status="suspended") == 0


def test_foreign_keys_cannot_cross_accounts_even_for_the_owner_of_the_schema(acme, evil) -> None:
    with transaction.atomic():
        tenancy.enter(acme.id)
        bob, developers = User.objects.get(name="bob"), Group.objects.get()
    with transaction.atomic():
        tenancy.enter(evil.id)
        mallory = User.objects.get(name="mallory")
    now = bob.created_at
    crossing = [
        Membership(account_id=evil.id, user=mallory, group=developers, created_at=now),
        Membership(account_id=acme.id, user=mallory, group=developers, created_at=now),
    ]
    for row in crossing:
        with pytest.raises(IntegrityError), transaction.atomic(using="owner"):
            row.save(using="owner", force_insert=True)


def test_a_policy_of_another_account_cannot_be_attached_even_by_the_owner(acme, evil) -> None:
    from tests.cast import allow

    arn = evil.root.perform("CreatePolicy", PolicyName="evil", PolicyDocument=allow("*"))
    with transaction.atomic():
        tenancy.enter(evil.id)
        policy = Policy.objects.get(id=arn["Policy"]["PolicyId"])
    with transaction.atomic():
        tenancy.enter(acme.id)
        bob = User.objects.get(name="bob")
    for policy_account in (acme.id, evil.id):
        row = Attachment(
            account_id=acme.id,
            principal_id=bob.id,
            policy=policy,
            policy_account_id=policy_account,
            created_at=bob.created_at,
        )
        with pytest.raises(IntegrityError), transaction.atomic(using="owner"):
            row.save(using="owner", force_insert=True)


def test_the_application_can_neither_change_nor_delete_the_trail(acme) -> None:
    for attempt in (
        lambda: Event.objects.update(message="it was not me"),
        lambda: Event.objects.all()._raw_delete("default"),
        lambda: TrailHead.objects.update(sequence=0),
    ):
        with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
            tenancy.enter(acme.id)
            attempt()


def test_an_altered_or_missing_event_breaks_the_chain(acme) -> None:
    def first_break() -> int | None:
        with transaction.atomic(), connection.cursor() as cursor:
            tenancy.enter(acme.id)
            cursor.execute("SELECT iamsite_trail_break(%s)", [acme.id])
            (found,) = cursor.fetchone()
            return found

    assert first_break() is None
    events = Event.objects.using("owner").filter(account_id=acme.id)
    last = events.order_by("-sequence").first()
    assert last is not None
    events.filter(sequence=3).update(message="altered")
    assert first_break() == 3
    events.filter(sequence=3).update(message="")
    assert first_break() is None
    events.filter(sequence=last.sequence)._raw_delete("owner")
    assert first_break() == last.sequence
    connections["owner"].close()
