"""OpenID Connect providers, and trust policies that name them."""

from datetime import UTC, datetime

import pytest

from tests.cast import Acme, Evil, allow, trust
from tests.identities.operations.refusal import denied, exists, limit, missing, refusal

URL = "https://idp.example.test/realms/acme"
THUMBPRINT = "6938fd4d98bab03faadb97b34396831e3780aea1"


def provider(acme: Acme, url: str = URL, **params: object) -> str:
    params = {"ThumbprintList": [THUMBPRINT], **params}
    made = acme.root.perform("CreateOpenIDConnectProvider", Url=url, **params)
    return str(made["OpenIDConnectProviderArn"])


def shown(acme: Acme, arn: str) -> dict[str, object]:
    return acme.root.perform("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)


def federated(arn: str, **more: object) -> str:
    return trust({"Federated": arn}, "sts:AssumeRoleWithWebIdentity", **more)


def test_a_new_provider_is_shown_without_the_scheme_of_its_url(acme: Acme) -> None:
    before = datetime.now(UTC)
    made = acme.alice.perform(
        "CreateOpenIDConnectProvider",
        Url=URL,
        ClientIDList=["web", "cli"],
        ThumbprintList=[THUMBPRINT.upper()],
        Tags=[{"Key": "team", "Value": "ops"}],
    )
    arn = acme.arn("oidc-provider/idp.example.test/realms/acme")
    tags = [{"Key": "team", "Value": "ops"}]
    assert made == {"OpenIDConnectProviderArn": arn, "Tags": tags}
    found = shown(acme, arn)
    assert before <= found.pop("CreateDate") <= datetime.now(UTC)
    assert found == {
        "Url": "idp.example.test/realms/acme",
        "ClientIDList": ["web", "cli"],
        "ThumbprintList": [THUMBPRINT],
        "Tags": tags,
    }


def test_providers_are_listed_by_their_urls(acme: Acme) -> None:
    arns = [provider(acme, url) for url in ("https://b.test", "https://a.test", "https://b.test/x")]
    listed = acme.root.perform("ListOpenIDConnectProviders")
    assert listed == {
        "OpenIDConnectProviderList": [{"Arn": arns[1]}, {"Arn": arns[0]}, {"Arn": arns[2]}]
    }


def test_a_url_is_a_provider_once_in_an_account_and_its_case_counts(acme: Acme, evil: Evil) -> None:
    provider(acme)
    provider(acme, URL.replace("acme", "Acme"))
    evil.root.perform("CreateOpenIDConnectProvider", Url=URL, ThumbprintList=[THUMBPRINT])
    params = {"Url": URL, "ThumbprintList": [THUMBPRINT]}
    assert refusal(acme.root, "CreateOpenIDConnectProvider", **params) == exists(
        f"Provider with url {URL} already exists."
    )


@pytest.mark.parametrize(
    "url",
    [
        "http://idp.example.test",
        "idp.example.test",
        "https://",
        "https://idp.example.test?x=1",
        "https://idp.example.test/#x",
        "https://user@idp.example.test",
        "https://idp.example.test:99999",
        "https://idp.example.test:0",
        "https://idp.example.test/a b",
        "https://idp.éxample.test",
        "https://aws",  # its claims would be condition keys aws:…
    ],
)
def test_what_is_no_https_url_of_an_issuer_is_refused(acme: Acme, url: str) -> None:
    params = {"Url": url, "ThumbprintList": [THUMBPRINT]}
    assert refusal(acme.root, "CreateOpenIDConnectProvider", **params) == (
        "ValidationError",
        400,
        "Invalid Open ID Connect Provider URL",
    )


def test_a_client_id_is_added_and_removed_once_however_often_it_is_sent(acme: Acme) -> None:
    arn = provider(acme, ClientIDList=["web"])
    for _ in range(2):
        acme.root.perform(
            "AddClientIDToOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="cli"
        )
    assert shown(acme, arn)["ClientIDList"] == ["web", "cli"]
    for _ in range(2):
        acme.root.perform(
            "RemoveClientIDFromOpenIDConnectProvider", OpenIDConnectProviderArn=arn, ClientID="web"
        )
    assert shown(acme, arn)["ClientIDList"] == ["cli"]


def test_a_provider_has_a_hundred_client_ids(acme: Acme) -> None:
    arn = provider(acme, ClientIDList=[f"c{number}" for number in range(100)])
    too_many = limit("ClientIdsPerOpenIdConnectProvider", 100)
    params = {"OpenIDConnectProviderArn": arn, "ClientID": "one-more"}
    assert refusal(acme.root, "AddClientIDToOpenIDConnectProvider", **params) == too_many
    acme.root.perform("AddClientIDToOpenIDConnectProvider", **{**params, "ClientID": "c7"})


def test_thumbprints_are_replaced_whole_and_are_five_at_most(acme: Acme) -> None:
    arn = provider(acme)
    new = [f"{number:040x}" for number in range(5)]
    params = {"OpenIDConnectProviderArn": arn, "ThumbprintList": new}
    acme.root.perform("UpdateOpenIDConnectProviderThumbprint", **params)
    assert shown(acme, arn)["ThumbprintList"] == new
    params["ThumbprintList"] = [*new, "f" * 40]
    assert refusal(acme.root, "UpdateOpenIDConnectProviderThumbprint", **params) == (
        "InvalidInput",
        400,
        "Thumbprint list must contain fewer than 5 entries.",
    )
    params["ThumbprintList"] = ["g" * 40]
    assert refusal(acme.root, "UpdateOpenIDConnectProviderThumbprint", **params)[0] == (
        "InvalidInput"
    )


def test_a_provider_whose_certificate_cannot_be_read_needs_a_thumbprint(acme: Acme) -> None:
    code, status, _ = refusal(
        acme.root, "CreateOpenIDConnectProvider", Url="https://127.0.0.1:1/internal"
    )
    assert (code, status) == ("OpenIdIdpCommunicationError", 400)


def test_deleting_leaves_the_roles_that_trust_the_provider(acme: Acme) -> None:
    arn = provider(acme)
    acme.role("r", federated(arn))
    acme.root.perform("DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
    assert refusal(
        acme.root, "DeleteOpenIDConnectProvider", OpenIDConnectProviderArn=arn
    ) == missing(f"OpenId connect Provider {arn} cannot be found.")
    assert acme.root.perform("ListOpenIDConnectProviders") == {"OpenIDConnectProviderList": []}
    assert arn in acme.root.perform("GetRole", RoleName="r")["Role"]["AssumeRolePolicyDocument"]


@pytest.mark.parametrize(
    ("operation", "more"),
    [
        ("GetOpenIDConnectProvider", {}),
        ("AddClientIDToOpenIDConnectProvider", {"ClientID": "x"}),
        ("RemoveClientIDFromOpenIDConnectProvider", {"ClientID": "x"}),
        ("UpdateOpenIDConnectProviderThumbprint", {"ThumbprintList": [THUMBPRINT]}),
        ("TagOpenIDConnectProvider", {"Tags": [{"Key": "a", "Value": "b"}]}),
        ("UntagOpenIDConnectProvider", {"TagKeys": ["a"]}),
        ("ListOpenIDConnectProviderTags", {}),
    ],
)
def test_a_provider_of_another_account_is_not_there(
    acme: Acme, evil: Evil, operation: str, more: dict[str, object]
) -> None:
    arn = provider(acme)
    expected = missing(f"OpenIDConnect Provider not found for arn {arn}")
    params = {"OpenIDConnectProviderArn": arn, **more}
    assert refusal(evil.mallory, operation, **params) == expected
    assert shown(acme, arn)["ClientIDList"] == []


def test_the_provider_and_its_tags_are_what_permissions_are_about(acme: Acme) -> None:
    arn = provider(acme, Tags=[{"Key": "team", "Value": "ops"}])
    condition = {"StringEquals": {"aws:ResourceTag/team": "ops"}}
    dora = acme.user("dora", allow("iam:GetOpenIDConnectProvider", Condition=condition))
    other = provider(acme, "https://other.example.test")
    assert dora.perform("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)["Tags"]
    assert refusal(dora, "GetOpenIDConnectProvider", OpenIDConnectProviderArn=other) == denied(
        dora, "iam:GetOpenIDConnectProvider", other
    )


def test_tags_on_creation_need_the_permission_to_tag(acme: Acme) -> None:
    dora = acme.user("dora", allow("iam:CreateOpenIDConnectProvider"))
    params = {"Url": URL, "ThumbprintList": [THUMBPRINT], "Tags": [{"Key": "a", "Value": "b"}]}
    arn = acme.arn("oidc-provider/idp.example.test/realms/acme")
    assert refusal(dora, "CreateOpenIDConnectProvider", **params) == denied(
        dora, "iam:TagOpenIDConnectProvider", arn
    )
    assert acme.root.perform("ListOpenIDConnectProviders") == {"OpenIDConnectProviderList": []}


def test_tags_of_a_provider_respect_case(acme: Acme) -> None:
    arn = provider(acme)
    tags = [{"Key": "Team", "Value": "1"}, {"Key": "team", "Value": "2"}]
    acme.root.perform("TagOpenIDConnectProvider", OpenIDConnectProviderArn=arn, Tags=tags)
    listed = acme.root.perform("ListOpenIDConnectProviderTags", OpenIDConnectProviderArn=arn)
    assert listed == {"Tags": tags, "IsTruncated": False}
    acme.root.perform(
        "UntagOpenIDConnectProvider", OpenIDConnectProviderArn=arn, TagKeys=["Team", "none"]
    )
    assert shown(acme, arn)["Tags"] == [{"Key": "team", "Value": "2"}]


class TestTrust:
    def test_a_role_may_trust_a_provider_of_its_account(self, acme: Acme) -> None:
        text = federated(provider(acme))
        acme.role("r", text)
        role = acme.root.perform("GetRole", RoleName="r")["Role"]
        assert role["AssumeRolePolicyDocument"] == text

    def test_a_provider_of_another_account_or_none_is_refused(self, acme: Acme, evil: Evil) -> None:
        arn = provider(acme)
        for account, name in ((evil, arn), (acme, f"{arn}x"), (acme, f"{arn}/")):
            params = {"RoleName": "r", "AssumeRolePolicyDocument": federated(name)}
            assert refusal(account.root, "CreateRole", **params) == (
                "MalformedPolicyDocument",
                400,
                f'Invalid principal in policy: "FEDERATED":"{name}"',
            )

    def test_a_shared_issuer_without_a_claim_is_refused(self, acme: Acme) -> None:
        arn = provider(acme, "https://token.actions.githubusercontent.com")
        params = {"RoleName": "r", "AssumeRolePolicyDocument": federated(arn)}
        code, status, message = refusal(acme.root, "CreateRole", **params)
        assert (code, status) == ("MalformedPolicyDocument", 400)
        assert "token.actions.githubusercontent.com:sub" in message
        narrowed = {"StringLike": {"token.actions.githubusercontent.com:sub": "repo:acme/*"}}
        acme.role("r", federated(arn, Condition=narrowed))
