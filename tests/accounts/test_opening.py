"""Opening and closing accounts."""

import uuid

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.db import connections, transaction
from guardian.models import GroupObjectPermission, UserObjectPermission
from guardian.shortcuts import assign_perm

from accounts import tenancy
from accounts.models import Account, Person
from accounts.opening import AccountError, close_account, open_account
from tests.cast import PASSWORD, Acme, Evil


def email() -> str:
    return f"{uuid.uuid4().hex}@example.test"


def rows_of(account: str) -> dict[str, int]:
    """How many rows of each table belong to the account, as the tables' owner sees them."""
    counts = {}
    with connections["owner"].cursor() as cursor:
        for model in apps.get_models():
            column = "id" if model is Account else "account_id"
            table = model._meta.db_table
            if any(field.column == column for field in model._meta.fields) and (
                model is Account or any(field.name == "account" for field in model._meta.fields)
            ):
                cursor.execute(f"SELECT count(*) FROM {table} WHERE {column} = %s", [account])
                counts[table] = cursor.fetchone()[0]
    return counts


def test_an_account_opens_with_its_root_user() -> None:
    address = email()
    opened = open_account(address, PASSWORD, " Web shop ")
    assert opened.account.name == "Web shop"
    assert opened.account.root_arn == f"arn:aws:iam::{opened.account.id}:root"
    assert len(opened.account.id) == 12
    assert opened.root.check_password(PASSWORD)
    assert opened.root.password.startswith("argon2$argon2id$")


def test_without_a_password_nobody_signs_in() -> None:
    root = open_account(email(), None).root
    assert not root.has_usable_password()
    assert not root.check_password("")


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"email": "nobody"}, "email"),
        ({"email": "a@b\n.test"}, "email"),
        ({"password": "tooshort"}, "password"),
        ({"password": ""}, "password"),
        ({"password": "qwertyuiop123"}, "password"),
        ({"name": "line\nbreak"}, "name"),
        ({"account_id": "12345678901"}, "account_id"),
        ({"account_id": "12345678901a"}, "account_id"),
        ({"account_id": "١٢٣٤٥٦٧٨٩٠١٢"}, "account_id"),
        ({"account_id": "aws"}, "account_id"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(params: dict[str, str], field: str) -> None:
    with pytest.raises(AccountError) as caught:
        open_account(**{"email": email(), "password": PASSWORD, **params})
    assert caught.value.field == field


def test_an_id_and_an_email_address_are_given_once(acme: Acme) -> None:
    with pytest.raises(AccountError) as caught:
        open_account(email(), PASSWORD, account_id=acme.id)
    assert caught.value.field == "account_id"
    with pytest.raises(AccountError) as caught:
        open_account(acme.email.upper(), PASSWORD)
    assert caught.value.field == "email"


def test_a_refused_opening_leaves_nothing(acme: Acme) -> None:
    number = open_account(email(), PASSWORD).account.id
    close_account(number)
    with pytest.raises(AccountError):
        open_account(acme.email, PASSWORD, account_id=number)
    assert set(rows_of(number).values()) == {0}


def test_closing_takes_every_row_of_the_account_and_no_other(acme: Acme, evil: Evil) -> None:
    before = rows_of(evil.id)
    assert rows_of(acme.id)["identities_user"] == 4
    assert rows_of(acme.id)["accounts_event"] > 0
    assert close_account(acme.id) is True
    assert set(rows_of(acme.id).values()) == {0}
    assert rows_of(evil.id) == before
    assert close_account(acme.id) is False


def test_what_aws_owns_cannot_be_closed() -> None:
    before = rows_of("aws")
    assert close_account("aws") is False
    assert rows_of("aws") == before


def test_an_account_opened_again_under_the_id_is_another_one(acme: Acme) -> None:
    operator = Person.objects.create_operator(email(), PASSWORD)
    group = Group.objects.create(name=uuid.uuid4().hex)
    with transaction.atomic():
        tenancy.enter(acme.id)
        account = Account.objects.get(id=acme.id)
        assign_perm("view_account", operator, account)
        assign_perm("view_account", group, account)
    close_account(acme.id)
    opened = open_account(acme.email, PASSWORD, account_id=acme.id)
    assert not UserObjectPermission.objects.filter(object_pk=acme.id).exists()
    assert not GroupObjectPermission.objects.filter(object_pk=acme.id).exists()
    assert opened.account.revision > account.revision
    assert acme.root.perform("ListUsers")["Users"] == []
    assert acme.root.perform("GetAccountStatus")["AdministratorPresent"] is False
