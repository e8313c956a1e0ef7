"""The version of session tokens and the account's properties."""

from __future__ import annotations

from typing import Any

import pytest

from iamsite.operations import OperationError, perform
from tests.cast import Acme, Evil, Key, origin, refused, trust
from tests.portal import Portal


def version(acme: Acme) -> int:
    summary = acme.root.perform("GetAccountSummary")["SummaryMap"]
    return int(summary["GlobalEndpointTokenVersion"])


def prefer(acme: Acme, name: str) -> None:
    acme.root.perform("SetSecurityTokenServicePreferences", GlobalEndpointTokenVersion=name)


def who(key: Key, region: str) -> str:
    found = perform(key.credential, "GetCallerIdentity", {}, origin("aws", region=region))
    return str(found["Arn"])


class TestTokenVersion:
    def test_the_summary_shows_it(self, acme: Acme) -> None:
        assert version(acme) == 2
        prefer(acme, "v1Token")
        assert version(acme) == 1
        prefer(acme, "v2Token")
        assert version(acme) == 2

    @pytest.mark.parametrize("operation", ["GetSessionToken", "GetFederationToken", "AssumeRole"])
    def test_a_token_of_the_first_version_is_good_in_default_regions_only(
        self, operation: str, acme: Acme
    ) -> None:
        role = acme.role("R", trust(acme.arn("root")))
        params: dict[str, Any] = {
            "GetSessionToken": {},
            "GetFederationToken": {"Name": "app"},
            "AssumeRole": {"RoleArn": role, "RoleSessionName": "run"},
        }[operation]

        def token(region: str) -> Key:
            asked = origin("aws", region=region)
            return Key.of(perform(acme.alice.credential, operation, params, asked)["Credentials"])

        second = token("us-east-1")
        prefer(acme, "v1Token")
        first, regional = token("us-east-1"), token("eu-south-1")
        for key in (second, first, regional):
            assert who(key, "eu-west-1")
        for key in (second, regional):
            assert who(key, "eu-south-1")
        with pytest.raises(OperationError) as caught:
            who(first, "eu-south-1")
        assert caught.value.code == "InvalidClientTokenId"

    def test_a_real_client_in_an_enabled_region_is_told(self, acme: Acme, portal: Portal) -> None:
        import boto3
        from botocore.exceptions import ClientError

        prefer(acme, "v1Token")
        key = Key.of(acme.alice.client("sts", portal.url).get_session_token()["Credentials"])
        assert key.client("sts", portal.url).get_caller_identity()["Account"] == acme.id
        far = boto3.client(
            "sts",
            endpoint_url=portal.url,
            region_name="me-south-1",
            aws_access_key_id=key.id,
            aws_secret_access_key=key.secret,
            aws_session_token=key.token,
        )
        with pytest.raises(ClientError, match="InvalidClientTokenId"):
            far.get_caller_identity()

    def test_it_needs_its_own_action(self, acme: Acme) -> None:
        code, message = refused(
            acme.carol,
            "SetSecurityTokenServicePreferences",
            GlobalEndpointTokenVersion="v1Token",
        )
        assert code == "AccessDenied"
        assert "iam:SetSecurityTokenServicePreferences on resource: *" in message

    def test_another_version_is_refused(self, acme: Acme) -> None:
        code, _ = refused(
            acme.root, "SetSecurityTokenServicePreferences", GlobalEndpointTokenVersion="v3Token"
        )
        assert code == "ValidationError"


class TestProperties:
    def test_role_manager_is_on_until_it_is_turned_off(self, acme: Acme, evil: Evil) -> None:
        answer = acme.root.perform("GetAccountProperties")
        assert answer == {"Properties": {"RoleManager/Enabled": "true"}}
        off = {"RoleManager/Enabled": "false"}
        assert acme.root.perform("PutAccountProperties", Properties=off) == {}
        assert acme.root.perform("GetAccountProperties") == {"Properties": off}
        assert evil.root.perform("GetAccountProperties") == answer

    @pytest.mark.parametrize(
        ("properties", "message"),
        [
            ({"RoleManager": "true"}, "must have the format Namespace/PropertyName"),
            ({"Role/Manager/Enabled": "true"}, "must have the format Namespace/PropertyName"),
            ({"RoleManager/": "true"}, "must have the format Namespace/PropertyName"),
            (
                {"RoleManager/Enabled": "true", "Other/Thing": "1"},
                "All properties in a request must belong to the same namespace.",
            ),
            ({"RoleManager/Colour": "red"}, "The property key RoleManager/Colour is not known."),
            (
                {"RoleManager/Enabled": "yes"},
                "The value of the property RoleManager/Enabled must be true or false.",
            ),
        ],
    )
    def test_what_is_no_property_is_refused(
        self, properties: dict[str, str], message: str, acme: Acme
    ) -> None:
        code, told = refused(acme.root, "PutAccountProperties", Properties=properties)
        assert code == "InvalidInput"
        assert message in told
        assert acme.root.perform("GetAccountProperties")["Properties"] == {
            "RoleManager/Enabled": "true"
        }

    def test_a_real_client_sets_and_reads_them(self, acme: Acme, portal: Portal) -> None:
        iam = acme.alice.client("iam", portal.url)
        iam.put_account_properties(Properties={"RoleManager/Enabled": "false"})
        assert iam.get_account_properties()["Properties"] == {"RoleManager/Enabled": "false"}

    def test_each_needs_its_own_action(self, acme: Acme) -> None:
        off = {"RoleManager/Enabled": "false"}
        for operation, params in (
            ("GetAccountProperties", {}),
            ("PutAccountProperties", {"Properties": off}),
        ):
            code, message = refused(acme.carol, operation, **params)
            assert code == "AccessDenied"
            assert f"iam:{operation} on resource: *" in message
