"""Delegation requests in the console: from the id that a provider sends to its token, or not."""

from __future__ import annotations

import json

import pytest

from tests.cast import Acme, Evil, allow
from tests.iamsite.console.browser import Browser, text
from tests.identities.operations.test_delegation import Provider, on, state

PAGE = "/console/delegation-requests/"


@pytest.fixture(scope="module")
def provider(database: None) -> Provider:
    return Provider()


def sent(browser: Browser, path: str, **typed: str) -> str:
    response = browser.post(path, typed)
    assert response.status_code == 302, text(response)
    return text(browser.get(response["Location"]))


def test_a_request_is_found_by_its_id_taken_read_accepted_and_sent(
    provider: Provider, acme: Acme, alice: Browser
) -> None:
    request = provider.ask(OwnerAccountId=acme.id, RequestMessage="Please", SessionDuration=5400)
    page = f"{PAGE}{request}/"
    for typed in (request, acme.arn(f"delegation-request/{request}")):
        assert alice.get(f"{PAGE}?q={typed}")["Location"] == page
    palette = alice.get(f"/console/search?q={acme.arn(f'delegation-request/{request}')}")
    assert palette["Location"] == page
    said = text(alice.get(page))
    assert "Reads your reports" in said
    assert f"Provider (account {provider.id}) asks for temporary access" in said
    assert "Waiting for an owner" in said
    assert "90 minutes" in said
    assert "Allow reading objects (s3:GetObject)" in said
    assert "You may do all that it asks for" in said
    assert "arn:aws:iam::aws:policy/ReadOnlyAccess" in said
    assert f"{page}accept" not in alice.get(page).content.decode()
    assert "In review" in sent(alice, f"{page}take")
    assert "Reads your reports" in text(alice.get(PAGE))
    assert "Waiting for approval" in sent(alice, f"{page}hand-on", Notes="Fine by me")
    told = text(alice.get(f"{page}accept"))
    assert f"Provider ({provider.id}) acts as you for 90 minutes" in told
    assert "Accepted, token not sent" in sent(alice, f"{page}accept")
    said = sent(alice, f"{page}send")
    assert "Granted" in said
    assert state(acme.alice, request) == "FINALIZED"
    again = alice.post(f"{page}send")
    assert (again.status_code, "it must be ACCEPTED" in text(again)) == (400, True)


def test_a_rejection_tells_the_provider_why(provider: Provider, acme: Acme, alice: Browser) -> None:
    request = provider.ask(OwnerAccountId=acme.id)
    sent(alice, f"{PAGE}{request}/take")
    said = sent(alice, f"{PAGE}{request}/reject", Notes="Not <b>this</b> week")
    assert "Not <b>this</b> week" in said
    assert "<b>this" not in alice.get(f"{PAGE}{request}/").content.decode()
    assert provider.sent(request)["RejectionReason"] == "Not <b>this</b> week"


def test_a_form_shows_the_same_as_code(provider: Provider, acme: Acme, alice: Browser) -> None:
    request = provider.ask(OwnerAccountId=acme.id)
    shown = alice.post(f"{PAGE}{request}/take", {"_show": "1"}).content.decode()
    assert "aws iam associate-delegation-request" in shown
    assert f"delegation-requests/{request}/owner" in shown


def test_who_may_not_sees_its_own_alone_and_sleeping_buttons(
    provider: Provider, acme: Acme, alice: Browser
) -> None:
    mine = {"StringEquals": {"iam:DelegationRequestOwner": acme.arn("user/olga")}}
    acme.user(
        "olga",
        allow("iam:ListDelegationRequests", Condition=mine),
        allow("iam:GetDelegationRequest", "iam:AssociateDelegationRequest"),
    )
    theirs, hers = (provider.ask(OwnerAccountId=acme.id) for _ in range(2))
    sent(alice, f"{PAGE}{theirs}/take")
    olga = Browser().sign_in(acme, "olga")
    sent(olga, f"{PAGE}{hers}/take")
    listed = olga.get(PAGE).content.decode()
    assert hers in listed
    assert theirs not in listed
    exported = json.loads(b"".join(olga.get(f"{PAGE}?export=json")))
    assert [one["DelegationRequestId"] for one in exported] == [hers]
    page = olga.get(f"{PAGE}{hers}/").content.decode()
    assert "You need iam:AcceptDelegationRequest." in page
    assert olga.post(f"{PAGE}{hers}/accept").status_code == 403
    root = Browser().sign_in_root(acme)
    assert (
        "Only a user or a role session can delegate" in root.get(f"{PAGE}{hers}/").content.decode()
    )


def test_a_stranger_finds_nothing(provider: Provider, acme: Acme, evil: Evil) -> None:
    request = provider.ask(OwnerAccountId=acme.id)
    stranger = Browser().sign_in_root(evil)
    for path in ("", "take", "accept"):
        assert stranger.get(f"{PAGE}{request}/{path}").status_code in (200, 404)
        assert "Reads your reports" not in stranger.get(f"{PAGE}{request}/{path}").content.decode()
    assert stranger.post(f"{PAGE}{request}/take").status_code == 404
    assert request not in stranger.get(PAGE).content.decode()


def test_the_providers_list_shows_no_token(provider: Provider, acme: Acme) -> None:
    request = provider.ask(OwnerAccountId=acme.id)
    for act in ("AssociateDelegationRequest", "AcceptDelegationRequest", "SendDelegationToken"):
        acme.alice.perform(act, **on(request))
    token = provider.sent(request)["ExchangeToken"]
    pat = Browser().sign_in(provider, "pat")
    page = pat.get(f"{PAGE}sent")
    assert request in text(page)
    files = b"".join(b"".join(pat.get(f"{PAGE}sent?export={kind}")) for kind in ("csv", "json"))
    assert request.encode() in files
    assert token not in page.content.decode() + files.decode()
