"""Registering security keys and passkeys, and what the account tells of them afterwards."""

import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from iamsite.operations import OperationError
from identities import attestation
from tests.cast import Acme, Evil, allow
from tests.iamsite.console.browser import Browser, text
from tests.identities.authenticator import Authenticator
from tests.identities.makes import Authority, Make, blob
from tests.identities.operations.refusal import denied, exists, limit, missing


def complete(actor, authenticator: Authenticator, options: dict, **params):
    return actor.perform(
        "CompleteSecurityKeyRegistration",
        **{
            "DeviceName": "key",
            "State": options["State"],
            "Credential": authenticator.create(options["CreationOptions"]),
            **params,
        },
    )


def refusal(act) -> tuple[str, int, str]:
    with pytest.raises(OperationError) as caught:
        act()
    return caught.value.code, caught.value.status, caught.value.message


def refused(act) -> str:
    code, _status, message = refusal(act)
    assert code == "ValidationError"
    return message.removeprefix("The security key was not registered: ")


class TestLife:
    def test_a_key_is_an_mfa_device_of_its_user_until_it_is_deactivated(self, acme: Acme) -> None:
        key = Authenticator().register(acme.root, "yubikey", UserName="bob")
        pattern = re.escape(acme.arn("u2f/user/bob/yubikey-")) + "[A-Z2-7]{21}"
        assert re.fullmatch(pattern, key.serial)
        who = {"UserName": "bob"}
        (device,) = acme.root.perform("ListMFADevices", **who)["MFADevices"]
        assert (device["SerialNumber"], device["UserName"]) == (key.serial, "bob")
        told = acme.root.perform("GetMFADevice", SerialNumber=key.serial, **who)
        assert told["SerialNumber"] == key.serial
        assert acme.root.perform("ListVirtualMFADevices")["VirtualMFADevices"] == []
        summary = acme.root.perform("GetAccountSummary")["SummaryMap"]
        assert (summary["MFADevices"], summary["MFADevicesInUse"]) == (1, 1)
        acme.root.perform("DeactivateMFADevice", SerialNumber=key.serial, **who)
        assert acme.root.perform("ListMFADevices", **who)["MFADevices"] == []
        again = refusal(lambda: acme.root.perform("GetMFADevice", SerialNumber=key.serial, **who))
        assert again[:2] == missing("")[:2]

    def test_roots_key_counts_in_the_summary_the_report_and_the_status(self, acme: Acme) -> None:
        key = Authenticator().register(acme.root, "yubikey")
        assert key.serial.startswith(acme.arn("u2f/root-account/yubikey-"))
        summary = acme.root.perform("GetAccountSummary")["SummaryMap"]
        assert summary["AccountMFAEnabled"] == 1
        assert acme.root.perform("GetAccountStatus")["RootMFAEnabled"] is True
        acme.root.perform("GenerateCredentialReport")
        report = acme.root.perform("GetCredentialReport")["Content"].decode().splitlines()
        column = report[0].split(",").index("mfa_active")
        assert report[1].split(",")[column] == "true"

    def test_a_renamed_user_keeps_its_key_under_its_new_name(self, acme: Acme) -> None:
        Authenticator().register(acme.root, UserName="bob")
        acme.root.perform("UpdateUser", UserName="bob", NewUserName="robert")
        (device,) = acme.root.perform("ListMFADevices", UserName="robert")["MFADevices"]
        assert ":u2f/user/robert/" in device["SerialNumber"]

    def test_a_user_with_a_key_is_not_deleted(self, acme: Acme) -> None:
        acme.root.perform("CreateUser", UserName="dave")
        Authenticator().register(acme.root, UserName="dave")
        code, _status, message = refusal(lambda: acme.root.perform("DeleteUser", UserName="dave"))
        assert (code, message) == (
            "DeleteConflict", "Cannot delete entity, must delete MFA device first."
        )  # fmt: skip

    def test_several_keys_and_apps_count_together_against_the_quota(self, acme: Acme) -> None:
        for _ in range(8):
            last = Authenticator().register(acme.root, UserName="bob")
        begin = lambda: acme.root.perform("BeginSecurityKeyRegistration", UserName="bob")  # noqa: E731
        assert refusal(begin) == limit("MFADevicesPerUser", 8)
        first = acme.root.perform("ListMFADevices", UserName="bob", MaxItems=5)
        rest = acme.root.perform("ListMFADevices", UserName="bob", Marker=first["Marker"])
        assert len(first["MFADevices"]) + len(rest["MFADevices"]) == 8
        acme.root.perform("DeactivateMFADevice", UserName="bob", SerialNumber=last.serial)
        excluded = json.loads(begin()["CreationOptions"])["excludeCredentials"]
        assert len(excluded) == 7

    def test_no_two_of_one_user_have_one_name(self, acme: Acme) -> None:
        key = Authenticator().register(acme.root, "yubikey", UserName="bob")
        Authenticator().register(acme.root, "yubikey", UserName="alice")
        Authenticator().register(acme.root, "yubikey")
        twin = lambda **who: Authenticator().register(acme.root, "yubikey", **who)  # noqa: E731
        told = "already has an MFA device with the name yubikey."
        assert refusal(lambda: twin(UserName="bob")) == exists(f"The user {told}")
        assert refusal(twin) == exists(f"The root user {told}")
        assert len(acme.root.perform("ListMFADevices", UserName="bob")["MFADevices"]) == 1
        acme.root.perform("DeactivateMFADevice", UserName="bob", SerialNumber=key.serial)
        assert twin(UserName="bob").serial != key.serial

    def test_a_key_shows_no_codes(self, acme: Acme) -> None:
        key = Authenticator().register(acme.root, UserName="alice")
        codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
        resync = {"UserName": "alice", "SerialNumber": key.serial, **codes}
        assert refusal(lambda: acme.root.perform("ResyncMFADevice", **resync))[0] == "InvalidInput"
        token = {"SerialNumber": key.serial, "TokenCode": "123456"}
        assert refusal(lambda: acme.alice.perform("GetSessionToken", **token))[0] == "AccessDenied"

    def test_the_trail_keeps_the_serial_number_and_no_challenge(self, acme: Acme) -> None:
        key = Authenticator().register(acme.root, UserName="bob")
        events = acme.root.perform("ListEvents")["Events"]
        kept = json.dumps(
            [one for one in events if one["EventName"] == "CompleteSecurityKeyRegistration"],
            default=str,
        )
        assert key.serial in kept
        assert "clientDataJSON" not in kept


class TestWhoMay:
    def test_it_takes_enable_mfa_device_on_the_user_at_both_steps(self, acme: Acme) -> None:
        begin = lambda: acme.carol.perform("BeginSecurityKeyRegistration")  # noqa: E731
        code, _status, message = refusal(begin)
        assert code == "AccessDenied"
        assert f"perform: iam:EnableMFADevice on resource: {acme.carol.arn}" in message
        acme.root.perform(
            "PutUserPolicy",
            UserName="carol",
            PolicyName="begin",
            PolicyDocument=allow(
                "iam:EnableMFADevice",
                resource=acme.carol.arn,
                Condition={"StringEquals": {"iam:RegisterSecurityKey": "Create"}},
            ),
        )
        begun = begin()
        assert refusal(lambda: complete(acme.carol, Authenticator(), begun))[0] == "AccessDenied"
        acme.root.perform(
            "PutUserPolicy",
            UserName="carol",
            PolicyName="begin",
            PolicyDocument=allow("iam:EnableMFADevice", resource=acme.carol.arn),
        )
        assert complete(acme.carol, Authenticator(), begun)["SerialNumber"]
        other = {"UserName": "bob"}
        assert (
            refusal(lambda: acme.carol.perform("BeginSecurityKeyRegistration", **other))[0]
            == "AccessDenied"
        )


class TestAttacks:
    def test_a_challenge_is_answered_once(self, acme: Acme) -> None:
        begun = acme.root.perform("BeginSecurityKeyRegistration", UserName="bob")
        complete(acme.root, Authenticator(), begun, UserName="bob")
        again = lambda: complete(  # noqa: E731
            acme.root, Authenticator(), begun, UserName="bob", DeviceName="other"
        )
        assert refused(again) == "The challenge was answered before."

    def test_a_challenge_is_good_for_five_minutes(self, acme: Acme, monkeypatch) -> None:
        begun = acme.root.perform("BeginSecurityKeyRegistration", UserName="bob")
        monkeypatch.setattr("identities.security_keys.SECONDS", -1)
        late = lambda: complete(acme.root, Authenticator(), begun, UserName="bob")  # noqa: E731
        assert "took too long" in refused(late)

    def test_a_challenge_of_one_person_or_account_is_good_for_no_other(
        self, acme: Acme, evil: Evil
    ) -> None:
        begun = acme.root.perform("BeginSecurityKeyRegistration", UserName="bob")
        for actor, params in (
            (acme.root, {"UserName": "alice"}),
            (acme.root, {}),
            (evil.root, {}),
        ):
            act = lambda a=actor, p=params: complete(a, Authenticator(), begun, **p)  # noqa: E731
            assert refused(act) == "The challenge was made for something else."

    @pytest.mark.parametrize(
        "changes",
        [
            {"origin": "https://evil.example"},
            {"rp_id": "evil.example"},
            {"challenge": "AAAA"},
            {"flags": 0},
        ],
    )
    def test_what_another_site_or_challenge_made_is_refused(self, acme: Acme, changes) -> None:
        begun = acme.root.perform("BeginSecurityKeyRegistration", UserName="bob")
        credential = Authenticator().create(begun["CreationOptions"], **changes)
        act = lambda: complete(  # noqa: E731
            acme.root, Authenticator(), begun, UserName="bob", Credential=credential
        )
        assert refused(act)
        assert acme.root.perform("ListMFADevices", UserName="bob")["MFADevices"] == []

    def test_a_credential_of_another_account_is_not_registered_twice(
        self, acme: Acme, evil: Evil
    ) -> None:
        key = Authenticator().register(acme.root, UserName="bob")
        begun = evil.root.perform("BeginSecurityKeyRegistration")
        twin = Authenticator(id=key.id)
        assert refusal(lambda: complete(evil.root, twin, begun)) == exists(
            "The security key is registered already."
        )

    @pytest.mark.parametrize(
        "credential",
        [
            "x", "[]", "{}", "null", "[" * 5000, '{"id": 7}', '{"id": "é", "rawId": "x"}',
            '{"id":"AA","rawId":"AA","type":"public-key","response":{}}',
            '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"AA","attestationObject":"AA"}}',
            '{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"oA"}}',
            '{"id":"AA","rawId":"AA","type":"public-key","response":[1],"transports":7}',
        ],
    )  # fmt: skip
    def test_a_malformed_answer_is_told_and_changes_nothing(self, acme: Acme, credential) -> None:
        begun = acme.root.perform("BeginSecurityKeyRegistration", UserName="bob")
        with pytest.raises(OperationError, match="not registered"):
            complete(acme.root, Authenticator(), begun, UserName="bob", Credential=credential)


class TestCertifications:
    """What the FIDO Alliance's metadata says of a key, where the operator has supplied it."""

    @pytest.fixture
    def publisher(self) -> Authority:
        return Authority("publisher")

    @pytest.fixture
    def publish(self, publisher: Authority, settings, tmp_path: Path) -> Callable[..., Path]:
        """Puts a BLOB about makes where the portal looks for it."""

        def published(*makes: Make, **changes) -> Path:
            file, root = tmp_path / f"{uuid.uuid4()}.jwt", tmp_path / "root.pem"
            file.write_text(blob(changes.get("publisher", publisher), *makes))
            root.write_bytes(publisher.pem)
            settings.IAMSITE_FIDO_METADATA = str(file)
            settings.IAMSITE_FIDO_METADATA_ROOT = str(root)
            return file

        return published

    def certifications(self, acme: Acme, make: Make | None, aaguid: uuid.UUID | None = None):
        """Those of a new key of the root user."""
        number = aaguid or (make.aaguid if make else uuid.UUID(int=0))
        key = Authenticator(make=make, aaguid=number).register(acme.root)
        told = acme.root.perform("GetMFADevice", SerialNumber=key.serial)
        acme.root.perform("DeactivateMFADevice", SerialNumber=key.serial)
        return told.get("Certifications")

    def test_nobody_asks_a_key_what_it_is_without_metadata(self, acme: Acme, publish) -> None:
        def asked() -> str:
            begun = acme.root.perform("BeginSecurityKeyRegistration")
            return json.loads(begun["CreationOptions"])["attestation"]

        assert asked() == "none"
        assert self.certifications(acme, Make(["FIDO_CERTIFIED_L2"])) is None
        publish()
        assert asked() == "direct"

    @pytest.mark.parametrize(
        ("statuses", "found"),
        [
            (["FIDO_CERTIFIED_L1", "FIDO_CERTIFIED_L2plus", "FIDO_CERTIFIED_L2"], {"FIDO": "L2plus"}),
            (["FIDO_CERTIFIED"], {"FIDO": "L1"}),
            (
                ["FIDO_CERTIFIED_L1", "FIPS140_CERTIFIED_L2"],
                {"FIDO": "L1", "FIPS-140-2": "L2"},
            ),
            ([{"status": "FIPS140_CERTIFIED_L3", "fipsRevision": 3}], {"FIPS-140-3": "L3"}),
            (["NOT_FIDO_CERTIFIED", "UPDATE_AVAILABLE", "FIDO_CERTIFIED_L9"], None),
            (["FIDO_CERTIFIED_L2", "USER_KEY_REMOTE_COMPROMISE"], None),
            ([{"status": "FIDO_CERTIFIED_L2", "effectiveDate": "2999-01-01"}], None),
        ],
    )  # fmt: skip
    def test_a_key_has_the_certifications_of_its_make(
        self, acme: Acme, publish, statuses, found
    ) -> None:
        make = Make(statuses)
        publish(Make(["FIDO_CERTIFIED_L3"]), make)
        assert self.certifications(acme, make) == found

    def test_a_key_that_only_claims_to_be_of_a_make_has_none(self, acme: Acme, publish) -> None:
        genuine = Make(["FIDO_CERTIFIED_L2"])
        publish(genuine)
        for forged in (
            None,
            Make(aaguid=genuine.aaguid),
            Make(aaguid=genuine.aaguid, alone=True),
            Make(aaguid=genuine.aaguid, authority=genuine.authority, claims=uuid.uuid4()),
        ):
            assert self.certifications(acme, forged, genuine.aaguid) is None
        assert self.certifications(acme, genuine) == {"FIDO": "L2"}

    def test_a_file_that_cannot_be_relied_upon_certifies_nothing(
        self, acme: Acme, publish, publisher, settings, caplog
    ) -> None:
        make = Make(["FIDO_CERTIFIED_L2"])
        file = publish(make, publisher=Authority("stranger"))
        assert self.certifications(acme, make) is None
        assert "its signature does not hold" in caplog.text
        head, body, signature = blob(publisher, make).split(".")
        for broken in (f"{head}.{body[:-4]}AAAA.{signature}", f"{head}.{body}.", "nonsense", "é"):
            file = publish(make)
            file.write_text(broken)
            assert self.certifications(acme, make) is None, broken
        # Many have a certificate under the root of the FIDO Alliance; one name alone publishes.
        file = publish(make)
        for names, found in ((["evil.example"], None), (["mds.fidoalliance.org"], {"FIDO": "L2"})):
            settings.IAMSITE_FIDO_METADATA_ROOT = ""
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(attestation, "ROOT", file.with_name("root.pem"))
                again = file.with_name(f"{names[0]}.jwt")
                again.write_text(blob(publisher, make, names=names))
                settings.IAMSITE_FIDO_METADATA = str(again)
                assert self.certifications(acme, make) == found
        settings.IAMSITE_FIDO_METADATA = str(file.with_name("gone"))
        assert self.certifications(acme, make) is None

    def test_the_root_of_the_fido_alliance_is_the_one_it_names(self) -> None:
        root = x509.load_pem_x509_certificate(attestation.ROOT.read_bytes())
        assert root.subject.rfc4514_string().endswith("OU=GlobalSign Root CA - R3")
        assert root.fingerprint(SHA256()).hex().startswith("cbb522d7b7f127ad6a0113865bdf1cd4")

    def test_a_policy_may_ask_for_certified_keys(self, acme: Acme, publish) -> None:
        certified, other = Make(["FIDO_CERTIFIED_L2"]), Make(["FIDO_CERTIFIED_L1"])
        publish(certified, other)
        step = "iam:RegisterSecurityKey"
        dora = acme.user(
            "dora",
            allow("iam:EnableMFADevice", Condition={"StringEquals": {step: "Create"}}),
            allow(
                "iam:EnableMFADevice",
                Condition={"StringEquals": {step: "Activate", "iam:FIDO-certification": "L2"}},
            ),
        )
        for make in (other, None):
            number = make.aaguid if make else certified.aaguid
            key = Authenticator(make=make, aaguid=number)
            assert refusal(lambda key=key: key.register(dora)) == denied(
                dora, "iam:EnableMFADevice", dora.arn
            )
        Authenticator(make=certified, aaguid=certified.aaguid).register(dora)
        page = text(Browser().sign_in_root(acme).get("/console/users/dora/?tab=credentials"))
        assert "FIDO L2" in page
        assert len(acme.root.perform("ListMFADevices", UserName="dora")["MFADevices"]) == 1
