"""Services, workloads and resources: registered, looked at, and taken back in the console."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest

from tests.cast import Acme, Evil, service, trust
from tests.iamsite.console.browser import Browser, text

SERVICE = {
    "ServicePrefix": "courier",
    "ServiceName": "Courier",
    "ServicePrincipal": "courier.example.com",
    "Definition": '{"Actions": [{"ActionName": "SendParcel"}]}',
}


class TestServices:
    def test_one_is_registered_edited_and_deregistered(self, acme: Acme, root: Browser) -> None:
        made = root.post("/console/services/register", SERVICE)
        assert made.headers["Location"] == "/console/services/courier/"
        said = text(root.get("/console/services/courier/"))
        assert "courier:SendParcel" in said
        assert f"courier.{acme.id}.iamsite.internal" in said
        edit = root.get("/console/services/courier/edit").content.decode()
        assert "{&quot;ActionName&quot;: &quot;SendParcel&quot;}" in edit
        changed = {**SERVICE, "ServiceName": "Parcels", "Definition": ""}
        assert root.post("/console/services/courier/edit", changed).status_code == 302
        assert "Parcels" in text(root.get("/console/services/"))
        gone = root.post("/console/services/courier/deregister", {"confirm": "courier"})
        assert gone.headers["Location"] == "/console/services/"
        assert acme.root.perform("ListServices")["Services"] == []

    @pytest.mark.parametrize(
        ("definition", "said"),
        [
            ("{", "The definition is not JSON"),
            ("[" * 6000, "The definition is nested too deep."),
            ('{"Actions": [], "Actions": []}', 'the key "Actions" is given twice'),
            ('{"Actions": [{"ActionName": "\\ud800"}]}', "half a surrogate pair"),
            ("[]", "The definition must be a JSON object"),
            ('{"Actoins": []}', "An object with the lists"),
            ('{"Actions": {}}', "An object with the lists"),
            ('{"Actions": [{"ActionName": "x", "ResourceTypes": ["dragon"]}]}', "dragon"),
            ('{"Actions": [{"Description": "x"}]}', "Actions.1.ActionName: This is missing."),
        ],
    )
    def test_a_wrong_definition_is_told_beside_it(
        self, acme: Acme, root: Browser, definition: str, said: str
    ) -> None:
        answer = root.post("/console/services/register", {**SERVICE, "Definition": definition})
        assert answer.status_code in (400, 422)
        beside = answer.content.decode().partition('id="id_Definition_error"')[2]
        assert said in unescape(beside.partition("</div>")[0])
        assert acme.root.perform("ListServices")["Services"] == []

    def test_its_keys_are_shown_once_rotated_and_deleted(self, root: Browser) -> None:
        account = Acme()
        browser = Browser().sign_in_root(account)
        old = service(account, "ledger").key
        assert old is not None
        keys = "/console/services/ledger/keys"
        rotated = browser.post(f"{keys}/{old.id}/rotate", {"GracePeriodSeconds": "3600"})
        found = re.search(r"AKIA[A-Z0-9]{16}", text(rotated).replace(old.id, ""))
        assert found is not None
        new = found[0]
        listed = text(browser.get("/console/services/ledger/?tab=keys"))
        assert old.id in listed
        assert new in listed
        assert browser.post(f"{keys}/{new}/deactivate").status_code == 302
        assert "Inactive" in text(browser.get("/console/services/ledger/?tab=keys"))
        assert browser.post(f"{keys}/{old.id}/delete", {"confirm": old.id}).status_code == 302
        (left,) = account.root.perform("ListServiceAccessKeys", ServicePrefix="ledger")[
            "AccessKeyMetadata"
        ]
        assert left["AccessKeyId"] == new


class TestWorkloads:
    def test_a_program_and_its_token(self, root: Browser) -> None:
        account = Acme()
        browser = Browser().sign_in_root(account)
        service(account, "ledger")
        form = "/console/services/ledger/workloads/register"
        assert "No role trusts ledger.example.com yet" in text(browser.get(form))
        role = account.role("Poster", trust({"Service": "ledger.example.com"}))
        assert "Poster" in text(browser.get(form))
        made = browser.post(form, {"WorkloadName": "poster", "RoleArn": role})
        assert made.headers["Location"] == "/console/workloads/poster/"
        assert "/workload/credentials" in text(browser.get("/console/workloads/poster/"))
        token = text(browser.post("/console/workloads/poster/tokens/create", {}))
        assert "iwt_" in token
        shown = text(browser.get("/console/workloads/poster/"))
        assert "iwt_" not in shown
        found = re.search(r"t-[0-9a-f]{17}", shown)
        assert found is not None
        delete = f"/console/workloads/poster/tokens/{found[0]}/delete"
        assert browser.post(delete, {"confirm": found[0]}).status_code == 302
        assert "No tokens" in text(browser.get("/console/workloads/poster/"))
        browser.post("/console/workloads/poster/deregister", {"confirm": "poster"})
        assert account.root.perform("ListWorkloads")["Workloads"] == []

    def test_a_machine(self, acme: Acme, root: Browser) -> None:
        acme.root.perform("CreateInstanceProfile", InstanceProfileName="web")
        form = {"WorkloadName": "web-1", "InstanceProfileName": "web"}
        assert root.post("/console/workloads/register", form).status_code == 302
        assert "python -m iamsite.agent" in text(root.get("/console/workloads/web-1/"))
        again = root.post("/console/workloads/register", form)
        assert again.status_code == 422
        assert "Workload with name web-1 already exists." in text(again)


class TestResources:
    def test_who_outside_can_reach_one_is_told(self, acme: Acme, root: Browser, evil: Evil) -> None:
        arn = f"arn:aws:s3:::console-{acme.id}"
        made = root.post("/console/resources/register", {"ResourceArn": arn})
        assert made.headers["Location"] == f"/console/resources/{arn}"
        assert "Nobody from outside" in text(root.get(f"/console/resources/{arn}"))
        edit = f"/console/resources/policy/edit/{arn}"
        assert acme.root.arn in text(root.get(edit))
        service(evil, "ledger")
        document = trust(
            {
                "AWS": [evil.mallory.arn, acme.bob.arn],
                "Service": f"ledger.{evil.id}.iamsite.internal",
            },
            "s3:GetObject",
            Resource=f"{arn}/*",
        )
        assert root.post(edit, {"PolicyDocument": document}).status_code == 302
        page = text(root.get(f"/console/resources/{arn}"))
        outside = page.partition("Who outside the account can reach it")[2]
        outside = outside.partition("Named in the policy")[0]
        assert evil.mallory.arn in outside
        assert f"ledger.{evil.id}.iamsite.internal" in outside
        assert acme.bob.arn not in outside
        listed = text(root.get("/console/resources/"))
        assert "user/mallory" in listed
        assert "user/bob" not in listed
        assert "Kept out" not in listed
        # Named, and denied all the same
        policy = json.loads(document)
        apart = {"StringNotEquals": {"aws:PrincipalAccount": acme.id}}
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"{arn}/*"}
        policy["Statement"].append({**deny, "Condition": apart})
        assert root.post(edit, {"PolicyDocument": json.dumps(policy)}).status_code == 302
        assert "Nobody, as far as was found" in text(root.get(f"/console/resources/{arn}"))
        assert "Kept out" in text(root.get("/console/resources/"))
        assert (
            root.post(f"/console/resources/policy/delete/{arn}", {"confirm": arn}).status_code
            == 302
        )
        assert "Nobody from outside" in text(root.get(f"/console/resources/{arn}"))
        root.post(f"/console/resources/deregister/{arn}", {"confirm": arn})
        assert acme.root.perform("ListResources")["Resources"] == []

    def test_what_is_no_resource_is_told_beside_the_field(self, root: Browser) -> None:
        answer = root.post("/console/resources/register", {"ResourceArn": "arn:aws:dragon:::x"})
        assert answer.status_code == 422
        assert "there is no service dragon." in text(answer)

    def test_one_that_is_not_there_is_not_found(self, root: Browser) -> None:
        assert root.get("/console/resources/arn:aws:s3:::never-registered").status_code == 404


def test_the_same_as_a_command_of_the_cli(root: Browser) -> None:
    shown = root.htmx(
        "/console/resources/register", {"ResourceArn": "arn:aws:s3:::a", "_show": "1"}
    )
    assert "aws portal register-resource" in text(shown)
