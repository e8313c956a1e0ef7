"""The management commands: what automation and operators have at the shell."""

import base64
import io
import json
import stat
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from accounts import operators, retiring, sealing
from accounts.identifiers import account_id
from accounts.models import DataKey, Person
from iamsite.embedded import Server
from iamsite.operations import OperationError
from identities import signin
from identities.signin import SignInRefused
from tests.cast import PASSWORD, Acme, Actor, Evil, Key, origin
from tests.identities.devices import device_for
from tests.portal import SOURCE, Portal, environment


@pytest.fixture(autouse=True)
def closed_stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))


def run(name: str, *args: str, stdin: str = "") -> str:
    output = io.StringIO()
    sys.stdin = io.StringIO(stdin)
    call_command(name, *args, stdout=output)
    return output.getvalue()


def email() -> str:
    return f"{uuid.uuid4().hex}@example.test"


def create(*args: str, stdin: str = "") -> dict[str, str]:
    found: dict[str, str] = json.loads(
        run("create_account", *args, "--format", "json", stdin=stdin)
    )
    return found


def actor(answer: dict[str, str]) -> Actor:
    key = Key(answer["AccessKeyId"], answer["SecretAccessKey"])
    return Actor("root", answer["RootArn"], key.credential, key)


class TestCreateAccount:
    def test_it_prints_one_object(self) -> None:
        number = account_id()
        answer = create("--email", email(), "--account-id", number, "--name", "Web")
        assert answer == {"AccountId": number, "RootArn": f"arn:aws:iam::{number}:root"}

    def test_with_a_key_that_works(self) -> None:
        answer = create("--email", email(), "--with-root-key")
        assert answer.keys() == {"AccountId", "RootArn", "AccessKeyId", "SecretAccessKey"}
        assert actor(answer).perform("GetCallerIdentity")["Arn"] == answer["RootArn"]

    def test_with_a_password_from_standard_input(self) -> None:
        address = email()
        create("--email", address, "--password-stdin", stdin=f"{PASSWORD}\nrest\n")
        assert signin.sign_in_root(address, PASSWORD, origin()).token

    def test_without_a_password_root_has_none(self) -> None:
        address = email()
        number = create("--email", address)["AccountId"]
        with pytest.raises(SignInRefused):
            signin.sign_in_root(address, "", origin())
        run("recover_account", number, "--password-stdin", stdin=PASSWORD)
        assert signin.sign_in_root(address, PASSWORD, origin()).token

    def test_it_is_recorded(self) -> None:
        answer = create("--email", email(), "--with-root-key")
        key, opened = actor(answer).perform("ListEvents")["Events"]
        assert (opened["EventName"], key["EventName"]) == ("CreateAccount", "CreateAccessKey")
        for event in (opened, key):
            assert (event["Face"], event["PrincipalArn"]) == ("command", "operator/shell")
        assert json.loads(key["Detail"]) == {"AccessKeyId": answer["AccessKeyId"]}
        assert answer["SecretAccessKey"] not in repr(key)

    def test_replacing_leaves_nothing_of_the_account_before(self, evil: Evil) -> None:
        first = create("--email", email(), "--with-root-key")
        root, number = actor(first), first["AccountId"]
        root.perform("CreateUser", UserName="dan")
        second = create("--email", email(), "--account-id", number, "--with-root-key", "--replace")
        assert second["AccountId"] == number
        with pytest.raises(OperationError, match="InvalidClientTokenId"):
            root.perform("GetCallerIdentity")
        assert actor(second).perform("ListUsers")["Users"] == []
        assert evil.root.perform("ListUsers")["Users"]

    def test_replacing_keeps_the_email_address(self, acme: Acme) -> None:
        answer = create("--email", acme.email, "--account-id", acme.id, "--replace")
        assert answer["AccountId"] == acme.id

    def test_replacing_what_is_not_there_opens_it(self) -> None:
        number = account_id()
        assert create("--email", email(), "--account-id", number, "--replace")["AccountId"] == (
            number
        )

    def test_a_replacement_that_fails_leaves_the_account_as_it_was(
        self, acme: Acme, evil: Evil
    ) -> None:
        with pytest.raises(CommandError, match="email address"):
            create("--email", evil.email, "--account-id", acme.id, "--replace")
        assert acme.alice.perform("ListUsers")["Users"]

    @pytest.mark.parametrize(
        ("args", "words"),
        [
            (["--email", "nobody"], "valid email address"),
            (["--email", "a@example.test", "--account-id", "12"], "12 digits"),
            (["--email", "a@example.test", "--replace"], "--account-id"),
            (["--email", "a@example.test", "--password-stdin"], "no password"),
        ],
    )
    def test_what_cannot_be_is_told_in_one_line(self, args: list[str], words: str) -> None:
        with pytest.raises(CommandError, match=words) as caught:
            create(*args)
        assert "\n" not in str(caught.value)

    def test_a_taken_id_is_refused(self, acme: Acme) -> None:
        with pytest.raises(CommandError, match=f"an account {acme.id} already"):
            create("--email", email(), "--account-id", acme.id)

    def test_beside_a_running_portal_its_key_works_at_once(self, portal: Portal) -> None:
        """As automation runs it: a process of its own."""
        done = subprocess.run(
            [
                *(sys.executable, "manage.py", "create_account", "--email", email()),
                *("--with-root-key", "--format", "json"),
            ],
            cwd=SOURCE,
            env=portal.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
        )
        answer = json.loads(done.stdout)
        client = actor(answer).client("sts", portal.url)
        assert client.get_caller_identity()["Arn"] == answer["RootArn"]


class TestDeleteAccount:
    def test_it_takes_the_account(self, acme: Acme, evil: Evil) -> None:
        assert acme.id in run("delete_account", acme.id, "--yes")
        with pytest.raises(OperationError, match="InvalidClientTokenId"):
            acme.alice.perform("GetCallerIdentity")
        assert evil.mallory.perform("GetCallerIdentity")

    def test_not_without_yes(self, acme: Acme) -> None:
        with pytest.raises(CommandError, match="--yes"):
            run("delete_account", acme.id)
        assert acme.alice.perform("GetCallerIdentity")

    @pytest.mark.parametrize("number", ["000000000000", "aws", "x"])
    def test_what_is_not_there_is_told(self, number: str) -> None:
        with pytest.raises(CommandError, match=f"There is no account {number}"):
            run("delete_account", number, "--yes")


class TestOperators:
    def made(self, *args: str) -> Person:
        address = email()
        run("create_operator", "--email", address, "--password-stdin", *args, stdin=PASSWORD)
        return Person.objects.get(email=address)

    def test_a_new_one_may_do_nothing(self) -> None:
        operator = self.made()
        assert operator.is_operator
        assert operator.check_password(PASSWORD)
        assert operators.accounts_of(operator) == []

    def test_a_superuser_may_do_all(self, acme: Acme) -> None:
        assert operators.may(self.made("--superuser"), "delete", acme.id)

    def test_grants_are_given_and_taken_back(self, acme: Acme, evil: Evil) -> None:
        operator = self.made()
        run("grant_operator", operator.email.upper(), "view", "suspend", "--account", acme.id)
        assert operators.may(operator, "suspend", acme.id)
        assert not operators.may(operator, "delete", acme.id)
        assert not operators.may(operator, "suspend", evil.id)
        run("grant_operator", operator.email, "suspend", "--account", acme.id, "--revoke")
        assert not operators.may(operator, "suspend", acme.id)
        assert operators.may(operator, "view", acme.id)
        run("grant_operator", operator.email, "view", "--all")
        assert operators.may(operator, "view", evil.id)

    @pytest.mark.parametrize(
        ("address", "stdin", "words"),
        [
            ("nobody", PASSWORD, "no email address"),
            ("a@example.test", "short", "too short"),
            ("a@example.test", "", "no password"),
        ],
    )
    def test_what_cannot_be_is_refused(self, address: str, stdin: str, words: str) -> None:
        with pytest.raises(CommandError, match=words):
            run("create_operator", "--email", address, "--password-stdin", stdin=stdin)

    def test_a_root_users_email_address_is_taken(self, acme: Acme) -> None:
        with pytest.raises(CommandError, match="is taken"):
            run("create_operator", "--email", acme.email, "--password-stdin", stdin=PASSWORD)

    def test_only_operators_are_granted_anything(self, acme: Acme) -> None:
        for address in (acme.email, "nobody@example.test"):
            with pytest.raises(CommandError, match="There is no operator"):
                run("grant_operator", address, "view", "--account", acme.id)
        with pytest.raises(CommandError, match="There is no account"):
            run("grant_operator", self.made().email, "view", "--account", "000000000000")

    @pytest.mark.parametrize("number", ["000000000000", "x"])
    def test_there_is_nothing_to_recover_where_no_account_is(self, number: str) -> None:
        with pytest.raises(CommandError, match="There is no account"):
            run("recover_account", number, "--password-stdin", stdin=PASSWORD)

    def test_recovery_needs_a_password_that_may_be(self, acme: Acme) -> None:
        for stdin, args in (("", []), ("", ["--password-stdin"]), ("x", ["--password-stdin"])):
            with pytest.raises(CommandError):
                run("recover_account", acme.id, *args, stdin=stdin)


class TestKeys:
    @pytest.fixture
    def master_key(self) -> Iterator[None]:
        """Puts the suite's own master key back."""
        before = django_settings.IAMSITE_MASTER_KEY
        yield
        now = django_settings.IAMSITE_MASTER_KEY
        if now != before:
            sealing.reseal_data_keys(now, before)
            django_settings.IAMSITE_MASTER_KEY = before
            sealing.keys.forget()

    def test_data_keys_are_made_once(self) -> None:
        run("make_data_keys")
        count = DataKey.objects.count()
        run("make_data_keys")
        assert DataKey.objects.count() == count

    def test_rotated_data_keys_seal_and_the_older_ones_still_open(self, acme: Acme) -> None:
        before = sealing.seal(b"secret", "context")
        session = acme.assume(acme.bob, acme.deployer)
        run("make_data_keys", "--rotate")
        assert sealing.seal(b"secret", "context")[:4] != before[:4]
        assert sealing.unseal(before, "context") == b"secret"
        assert session.perform("GetCallerIdentity")
        assert acme.bob.perform("GetCallerIdentity")

    def test_after_a_rotation_the_new_master_key_opens_everything_and_the_old_nothing(
        self, acme: Acme, tmp_path: Path, master_key: None
    ) -> None:
        old = django_settings.IAMSITE_MASTER_KEY
        path = tmp_path / "master-key"
        run("rotate_master_key", "--to", str(path))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        new = base64.b64decode(path.read_text())
        assert len(new) == 32
        django_settings.IAMSITE_MASTER_KEY = new
        sealing.keys.forget()
        assert acme.alice.perform("ListUsers")
        assert acme.assume(acme.bob, acme.deployer)
        django_settings.IAMSITE_MASTER_KEY = old
        sealing.keys.forget()
        with pytest.raises(sealing.WrongMasterKey):
            acme.alice.perform("ListUsers")
        with pytest.raises(CommandError, match="master key"):
            run("make_data_keys")
        with pytest.raises(CommandError, match="master key"):
            run("rotate_master_key", "--to", str(path))
        django_settings.IAMSITE_MASTER_KEY = new
        sealing.keys.forget()

    @pytest.fixture
    def data_keys(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        """Lets a new key count at once, and puts those back that the suite's portal seals under."""
        before = [key.pk for key in DataKey.objects.filter(retired_at=None)]
        monkeypatch.setattr(retiring, "SETTLED", timedelta())
        yield
        DataKey.objects.filter(pk__in=before).update(retired_at=None)
        sealing.keys.forget()

    def test_older_data_keys_are_retired_with_what_was_given_out_under_them(
        self, acme: Acme, data_keys: None
    ) -> None:
        device = device_for(acme, "bob")
        session = acme.assume(acme.bob, acme.deployer)
        run("make_data_keys", "--rotate")
        newest = {
            purpose: DataKey.objects.filter(purpose=purpose).latest("id").pk
            for purpose in DataKey.Purpose.values
        }
        assert "retired 0 data keys" in run("retire_data_keys")
        assert session.perform("GetCallerIdentity")
        numbers = {
            bytes(value)[:4]
            for model in apps.get_models()
            for field in model._meta.concrete_fields
            if isinstance(field, sealing.SealedField)
            for value in model._base_manager.using("owner").values_list(field.name, flat=True)
            if value
        }
        assert numbers == {newest[sealing.SECRET].to_bytes(4)}

        run("retire_data_keys", "--at-once")
        assert set(DataKey.objects.filter(retired_at=None).values_list("pk", flat=True)) == {
            *newest.values()
        }
        with pytest.raises(OperationError, match=r"security token.*is invalid"):
            session.perform("GetCallerIdentity")
        assert acme.bob.perform("GetSessionToken", **device.params)

    def test_a_key_made_just_now_retires_none(self) -> None:
        run("make_data_keys", "--rotate")
        with pytest.raises(CommandError, match=r"try again in 1[12]\d seconds"):
            run("retire_data_keys", "--at-once")

    def test_a_running_process_learns_of_new_and_retired_keys(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "AGE", 0)
        other = sealing._Keys()
        older, newer = (sealing.make_data_key(sealing.TOKEN) for _ in range(2))
        assert other.newest(sealing.TOKEN)[0] == newer.pk
        assert other.get(older.pk, sealing.TOKEN)
        sealing.retire([older, newer])
        with pytest.raises(sealing.SealError):
            other.get(older.pk, sealing.TOKEN)
        assert other.newest(sealing.TOKEN)[0] < older.pk

    @pytest.mark.parametrize("content", ["", "x", base64.b64encode(b"short").decode(), "é"])
    def test_a_file_that_holds_no_key_is_refused(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "master-key"
        path.write_text(content)
        with pytest.raises(CommandError, match="32 bytes in base64"):
            run("rotate_master_key", "--to", str(path))

    def test_a_file_that_cannot_be_made_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(CommandError, match="Cannot use"):
            run("rotate_master_key", "--to", str(tmp_path / "missing" / "master-key"))


def test_a_prepared_database_serves_commands_before_the_portal_ever_ran(tmp_path: Path) -> None:
    surroundings = environment(tmp_path, IAMSITE_DATABASE_DURABLE="off")
    done = [
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=SOURCE,
            env=surroundings,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        for command in (["prepare"], ["create_account", "--email", email()])
    ]
    Server(tmp_path / "postgresql").remove()
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert "RootArn: arn:aws:iam::" in done[1].stdout


def test_a_database_that_was_never_migrated_is_told_in_one_line(tmp_path: Path) -> None:
    server = Server(tmp_path / "postgresql", durable=False)
    server.ensure_running()  # once for all of them
    done = [
        subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=SOURCE,
            env=environment(tmp_path, IAMSITE_DATABASE_DURABLE="off"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        for command in (
            ["create_account", "--email", email()],
            ["demo"],
            ["load_managed_policies"],
        )
    ]
    server.remove()
    told = (
        "CommandError: The database is not up to date: start the portal once, or run "
        "manage.py prepare.\n"
    )
    assert [(one.returncode, one.stdout, one.stderr) for one in done] == [(1, "", told)] * 3
