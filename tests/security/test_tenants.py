"""Reaching for another account: through each face, and past the faces in SQL.

Every operation called by strangers is in tests/iamsite/test_strangers.py; the console's pages in
tests/iamsite/console/test_rights.py; the rows themselves in tests/iamsite/test_tenancy.py.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from guardian.shortcuts import assign_perm

from accounts import tenancy
from accounts.models import Account, Person
from identities.models import ConsoleSession
from tests.cast import PASSWORD, Acme, Evil, Key, allow
from tests.iamsite.rest.client import Client
from tests.portal import Portal
from tests.security.browser import Browser

NOBODY = "000000000001"


def rows(query: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


class TestFaces:
    def test_not_yours_and_not_there_are_one_answer(
        self, acme: Acme, evil: Evil, portal: Portal
    ) -> None:
        made = acme.root.perform("CreatePolicy", PolicyName="mine", PolicyDocument=allow("s3:*"))
        policy, role = made["Policy"]["Arn"], "Deployer"
        assert acme.alice.key is not None
        mallory = Client(portal.url, evil.mallory.key)
        pairs = [
            ("GET", "users/{}", "carol", "corax"),
            ("GET", "groups/{}", "Developers", "Developerz"),
            ("GET", "roles/{}", role, "Deplover"),
            ("DELETE", "users/{}", "carol", "corax"),
            ("PUT", "groups/{}/users/mallory", "Developers", "Developerz"),
            ("GET", "policies/{}", policy, acme.arn("policy/mime")),
            ("GET", "policies/{}", policy, f"arn:aws:iam::{NOBODY}:policy/mine"),
            ("GET", "policies/{}/versions", policy, acme.arn("policy/mime")),
            ("DELETE", "policies/{}", policy, acme.arn("policy/mime")),
            ("PUT", "users/mallory/attached-policies/{}", policy, acme.arn("policy/mime")),
            ("GET", "access-keys/{}/last-used", acme.alice.key.id, "AKIA" + "Q" * 16),
            ("GET", "access-keys/{}", acme.alice.key.id, "AKIA" + "Q" * 16),
            ("DELETE", "users/mallory/access-keys/{}", acme.alice.key.id, "AKIA" + "Q" * 16),
            ("GET", "mfa-devices/{}", acme.arn("mfa/x"), f"arn:aws:iam::{NOBODY}:mfa/x"),
        ]
        for method, path, theirs, missing in pairs:
            real, made_up = (mallory(method, path.format(one)) for one in (theirs, missing))
            assert real.status >= 400, path
            assert real.error == made_up.error, path
            assert real.message.replace(theirs, "") == made_up.message.replace(missing, ""), path
        assert acme.root.perform("GetUser", UserName="carol")

    def test_a_role_that_refuses_is_no_different_from_one_that_is_not_there(
        self, acme: Acme, evil: Evil, portal: Portal
    ) -> None:
        mallory = Client(portal.url, evil.mallory.key, "sts")
        told = set()
        for arn in (acme.deployer, acme.arn("role/x"), f"arn:aws:iam::{NOBODY}:role/x"):
            answer = mallory("POST", "sessions/role", {"RoleArn": arn, "RoleSessionName": "s1"})
            told.add((*answer.error, answer.message.replace(arn, "")))
        assert len(told) == 1

    def test_a_marker_of_another_account_leads_nowhere(
        self, acme: Acme, evil: Evil, portal: Portal
    ) -> None:
        marker = Client(portal.url, acme.alice.key)("GET", "users?MaxItems=1").body["Marker"]
        answer = Client(portal.url, evil.mallory.key)(
            "GET", f"users?Marker={quote(marker, safe='')}"
        )
        assert (answer.error, answer.message) == ((400, "ValidationError"), "Invalid Marker.")

    def test_a_session_of_another_account_is_neither_seen_nor_ended(
        self, acme: Acme, evil: Evil, portal: Portal
    ) -> None:
        own, other = Browser(portal.port), Browser(portal.port)
        assert own.sign_in_root(acme.email, PASSWORD).status == 302
        assert other.sign_in_root(evil.email, PASSWORD).status == 302
        with transaction.atomic():
            tenancy.enter(acme.id)
            number = ConsoleSession.objects.get(account_id=acme.id).id
        assert str(number) not in other.get("/console/sessions").text.replace("\n", "").split('"')
        ended = other.submit(f"/console/sessions/{number}/end")
        missing = other.submit(f"/console/sessions/{number + 10**9}/end")
        assert ended.status == missing.status
        assert own.get("/console/users/").status == 200

    def test_a_signature_is_good_for_one_installation_address_only(
        self, acme: Acme, portal: Portal
    ) -> None:
        """Replayed at another host, a request that somebody overheard is refused."""
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials

        assert acme.alice.key is not None
        request = AWSRequest("GET", "http://other.example.test/api/v1/users")
        key = acme.alice.key
        SigV4Auth(Credentials(key.id, key.secret), "iam", "us-east-1").add_auth(request)
        headers = {name: value for name, value in request.headers.items() if name != "Host"}
        answer = Browser(portal.port)("GET", "/api/v1/users", None, headers)
        assert answer.code == (403, "SignatureDoesNotMatch")


# Those that cross the wall by design: each was looked at before it came into this list.
CROSSING = {
    "iamsite_access_key",
    "iamsite_account_named",
    "iamsite_account_of_credential",
    "iamsite_account_of_root",
    "iamsite_arns_of",
    "iamsite_chain_event",
    "iamsite_console_session",
    "iamsite_delegation_provider",
    "iamsite_enter",
    "iamsite_expire_decisions",
    "iamsite_has_service",
    "iamsite_ids_of",
    "iamsite_issuer_keys",
    "iamsite_member_roots",
    "iamsite_membership",
    "iamsite_operator_accounts",
    "iamsite_organization_access",
    "iamsite_organization_accounts",
    "iamsite_organization_policies",
    "iamsite_organization_services",
    "iamsite_resource_is_taken",
    "iamsite_resource_owner",
    "iamsite_root_access",
    "iamsite_temporary",
    "iamsite_workload_of",
}


class TestFunctionsOfTheDatabase:
    """What the application's own database role gets out of the functions that it may call."""

    def test_no_function_crosses_the_wall_but_those_that_are_meant_to(self) -> None:
        found = rows(
            "SELECT proname, proconfig FROM pg_proc WHERE prosecdef"
            " AND pronamespace = 'public'::regnamespace"
        )
        assert {name for name, _ in found} - CROSSING == set()
        for name, settings in found:
            # Else a table of the caller's could take the place of ours.
            assert settings == ["search_path=public, pg_temp"], name

    @pytest.mark.parametrize(
        "statement",
        [
            "CREATE TABLE public.planted (id int)",
            "CREATE FUNCTION public.planted() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "CREATE SCHEMA planted",
            "CREATE EXTENSION dblink",
            "CREATE ROLE planted SUPERUSER",
            "ALTER ROLE CURRENT_USER BYPASSRLS",
            "ALTER TABLE identities_user DISABLE ROW LEVEL SECURITY",
            "DROP POLICY tenant_read ON identities_user",
            "ALTER TABLE accounts_event DISABLE TRIGGER chain",
            "TRUNCATE accounts_event",
            "TRUNCATE identities_user CASCADE",
            "CREATE OR REPLACE FUNCTION iamsite_account_named(wanted text) RETURNS text LANGUAGE sql AS $$ SELECT '1' $$",
            "SELECT pg_read_file('/etc/passwd')",
            "SELECT lo_import('/etc/passwd')",
            "COPY identities_user TO PROGRAM 'cat'",
            "COPY (SELECT 1) TO '/tmp/planted'",
            "SELECT * FROM pg_authid",
            "SET row_security = off; SELECT * FROM identities_user",
            "SET session_replication_role = replica",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('x', 'x', now())",
            "SELECT iamsite_chain_event()",
        ],
    )
    def test_the_applications_role_cannot_open_the_wall(self, statement: str) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            rows(statement)

    def test_it_cannot_become_the_owner_of_the_schema(self) -> None:
        (owner,) = rows("SELECT tableowner FROM pg_tables WHERE tablename = 'identities_user'")[0]
        for statement in (f'SET ROLE "{owner}"', f'SET SESSION AUTHORIZATION "{owner}"'):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                rows(statement)

    def test_statistics_of_tenants_tables_tell_no_values(self, acme: Acme) -> None:
        with transaction.atomic():
            tenancy.enter(acme.id)
            assert rows("SELECT * FROM pg_stats WHERE tablename = 'identities_user'") == []

    def test_the_account_of_an_email_address_is_all_that_is_told_of_it(self, acme: Acme) -> None:
        assert rows("SELECT iamsite_account_of_root(%s)", acme.email.upper()) == [(acme.id,)]
        for text in ("%", "_" * len(acme.email), acme.email[:-1], f"{acme.email}' OR '1'='1"):
            assert rows("SELECT iamsite_account_of_root(%s)", text) == [(None,)]

    def test_an_account_is_found_by_its_whole_id_or_alias_only(self, acme: Acme) -> None:
        assert rows("SELECT iamsite_account_named(%s)", acme.id) == [(acme.id,)]
        for text in ("%", acme.id[:-1], f"{acme.id} ", "aws", ""):
            assert rows("SELECT iamsite_account_named(%s)", text) == [(None,)]

    def test_ids_are_told_for_whole_arns_only(self, acme: Acme, evil: Evil) -> None:
        exact = rows("SELECT * FROM iamsite_ids_of(%s)", [acme.arn("user/carol"), acme.arn("root")])
        assert len(exact) == 2
        patterns = [
            acme.arn("user/%"), acme.arn("user/car_l"), acme.arn("user/.*"), acme.arn("user/*"),
            acme.arn("user/CAROL"), acme.arn("user/x/carol"), "arn:aws:iam::%:user/carol",
            "arn:aws:iam::aws:root", acme.arn("group/Developers"), "", "%",
        ]  # fmt: skip
        assert rows("SELECT * FROM iamsite_ids_of(%s)", patterns) == []

    def test_arns_are_told_for_whole_ids_only(self, acme: Acme) -> None:
        number = acme.root.perform("GetUser", UserName="carol")["User"]["UserId"]
        assert rows("SELECT arn FROM iamsite_arns_of(%s)", [number]) == [(acme.arn("user/carol"),)]
        near = ["AIDA%", number.lower(), number[:-1], "%", ""]
        assert rows("SELECT arn FROM iamsite_arns_of(%s)", near) == []

    def test_a_key_that_is_not_there_enters_no_account(self, acme: Acme) -> None:
        assert acme.alice.key is not None
        for text in ("AKIA%", acme.alice.key.id.lower(), ""):
            with transaction.atomic():
                asked = "SELECT (subject).account_id, secret FROM iamsite_access_key(%s, true, false, 'iam', 'x')"
                assert rows(asked, text) == [(None, None)]
                assert rows("SELECT current_setting('iamsite.account', true)") in (
                    [("",)],
                    [(None,)],
                )

    def test_the_secret_of_a_key_comes_sealed_and_bound_to_its_id(self, acme: Acme) -> None:
        from accounts.sealing import SealError, unseal

        assert acme.alice.key is not None
        with transaction.atomic():
            ((sealed,),) = rows(
                "SELECT secret FROM iamsite_access_key(%s, false, true, 'iam', 'x')",
                acme.alice.key.id,
            )
        assert acme.alice.key.secret.encode() not in bytes(sealed)
        with pytest.raises(SealError):
            unseal(bytes(sealed), "AKIA" + "Q" * 16)

    def test_a_subject_of_another_account_is_nobody(self, acme: Acme, evil: Evil) -> None:
        """A user's id with another account's: neither user, nor root in its place."""
        number = acme.root.perform("GetUser", UserName="alice")["User"]["UserId"]
        role = acme.root.perform("GetRole", RoleName="Deployer")["Role"]["RoleId"]
        for subject in (number, role):
            with transaction.atomic():
                found = rows(
                    "SELECT (s).subject_id, (s).name, (s).tags FROM iamsite_temporary(%s, %s, false, true, 'x') s",
                    evil.id,
                    subject,
                )
            assert found == [(None, None, None)]

    def test_a_read_cannot_turn_itself_into_a_change(self, acme: Acme) -> None:
        for way_out in (
            "SET TRANSACTION READ WRITE",
            "SELECT set_config('transaction_read_only', 'off', true)",
        ):
            with pytest.raises(DatabaseError, match=r"read-only|read-write"), transaction.atomic():
                rows("SELECT iamsite_enter(%s, %s, false, true)", acme.id, acme.id)
                rows(way_out)
                rows("UPDATE identities_user SET name = 'x' RETURNING 1")

    def test_a_session_is_found_by_the_digest_of_its_token_only(self, acme: Acme) -> None:
        asked = "SELECT (subject).account_id FROM iamsite_console_session(%s, '1 hour', false, true, false, 'x')"
        for digest in (b"", b"%", b"\0" * 32):
            with transaction.atomic():
                assert rows(asked, digest) == [(None,)]


class TestOperators:
    """An operator gains nothing inside an account, and a tenant is never an operator."""

    def test_a_root_user_with_an_operators_grants_sees_nothing(
        self, acme: Acme, evil: Evil
    ) -> None:
        with transaction.atomic():
            tenancy.enter(evil.id)
            root = Person.objects.get(account_id=evil.id)
        for number in (root.pk, None, -1):
            asked = "SELECT id FROM iamsite_operator_accounts(%s, 'view')"
            assert rows(asked, number) == []
        with transaction.atomic():
            tenancy.enter(acme.id)
            account = Account.objects.get(id=acme.id)
        with transaction.atomic():
            tenancy.enter(evil.id)
            assign_perm("accounts.view_account", root, account)
            assert rows("SELECT id FROM iamsite_operator_accounts(%s, 'view')", root.pk) == []

    def test_a_root_user_cannot_be_a_superuser(self, evil: Evil) -> None:
        with pytest.raises(IntegrityError, match="superuser"), transaction.atomic():
            tenancy.enter(evil.id)
            Person.objects.filter(account_id=evil.id).update(is_superuser=True)

    def test_an_operators_password_opens_no_account(self, acme: Acme, portal: Portal) -> None:
        email = f"operator-{acme.id}@example.test"
        operator = Person(email=email)
        operator.set_password(PASSWORD)
        operator.is_superuser = True
        operator.save()
        browser = Browser(portal.port)
        assert browser.sign_in_root(email, PASSWORD).status == 403
        for account in (acme.id, "aws", ""):
            assert browser.sign_in(account, email, PASSWORD).status in (403, 422)
        assert "iamsite_session" not in browser.cookies


def test_keys_of_two_accounts_never_share_what_was_compiled(acme: Acme, evil: Evil) -> None:
    """Names and revisions may be the same; what is kept goes by account and principal."""
    twin = evil.user("carol", allow("iam:ListUsers"))
    assert twin.perform("ListUsers")["Users"]
    with pytest.raises(Exception, match="AccessDenied"):
        acme.carol.perform("ListUsers")
    key = Key.of(evil.root.perform("CreateAccessKey", UserName="carol")["AccessKey"])
    assert key.id not in str(acme.root.perform("ListAccessKeys", UserName="carol"))
