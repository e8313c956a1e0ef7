"""ValidatePolicy: every fault with its place, and what is unwise."""

from iamsite.demo.company import POLICIES as DEMO
from tests.accounts.organizations.cast import Organization
from tests.cast import Acme, allow, deny, policy, service, trust
from tests.identities.operations.refusal import refusal


def validate(actor, text, **params):
    return actor.perform("ValidatePolicy", PolicyDocument=text, **params)


def test_a_sound_document_is_valid_and_measured(acme: Acme) -> None:
    text = allow("s3:GetObject", resource="arn:aws:s3:::shelf/*")
    assert validate(acme.root, text) == {
        "IsValid": True,
        "Faults": [],
        "Size": len("".join(text.split())),
        "IsLinted": True,
        "Findings": [],
    }


def test_a_document_beyond_every_quota_is_checked_for_faults_alone(acme: Acme) -> None:
    found = validate(acme.root, allow(*(f"dyanmodb:Get{number}" for number in range(2000))))
    assert found["IsValid"] is True
    assert found["IsLinted"] is False
    assert found["Findings"] == []
    assert found["Size"] > 16_384


def test_every_fault_has_its_place_and_what_would_be_right(acme: Acme) -> None:
    text = (
        '{"Version": "2012-10-17", "Statement": [\n'
        '  {"Effect": "Maybe", "Action": "s3:GetObject", "Resource": "*"},\n'
        '  {"Effect": "Allow", "Actoin": "s3:GetObject", "Resource": "*"}\n'
        "]}"
    )
    found = validate(acme.root, text)
    assert found["IsValid"] is False
    assert (found["ErrorCode"], found["ErrorMessage"]) == (
        "MalformedPolicyDocument",
        "Syntax errors in policy.",
    )
    assert "Size" not in found
    assert {fault["Line"] for fault in found["Faults"]} == {2, 3}
    assert all(fault["Help"] and fault["Code"] for fault in found["Faults"])


def test_an_unknown_service_is_a_finding_with_the_nearest_name(acme: Acme) -> None:
    found = validate(acme.root, allow("dyanmodb:GetItem"))
    assert found["IsValid"] is True
    codes = {one["Code"]: one for one in found["Findings"]}
    finding = codes["INVALID_SERVICE_IN_ACTION"]
    assert finding["FindingType"] == "ERROR"
    assert "dynamodb" in finding["Suggestion"]
    assert finding["StartLine"] == 1


def test_the_kind_decides_the_grammar(acme: Acme) -> None:
    text = trust(acme.root.arn)
    assert validate(acme.root, text)["IsValid"] is False
    assert validate(acme.root, text, PolicyType="trust")["IsValid"] is True


def test_it_needs_no_permission(acme: Acme) -> None:
    assert validate(acme.carol, allow("s3:GetObject"))["IsValid"] is True


def test_the_principals_of_the_accounts_own_services_are_sound(acme: Acme) -> None:
    service(acme, "ledger")
    names = ["ledger.example.com", "courier.999999999999.iamsite.internal"]
    found = validate(acme.root, trust({"Service": names}), PolicyType="trust")
    assert found["Findings"] == []
    unknown = trust({"Service": "courier.example.com"})
    found = validate(acme.root, unknown, PolicyType="trust")
    assert [one["Code"] for one in found["Findings"]] == ["INVALID_SERVICE_PRINCIPAL_FORMAT"]


def test_whom_there_is_not_is_a_fault_in_the_words_of_saving(acme: Acme, evil) -> None:
    nobody, gone = acme.arn("user/nobody"), "arn:aws:iam::999999999999:root"
    text = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",\n'
        f' "Principal": {{"AWS": ["{acme.bob.arn}",\n  "999999999999", "{nobody}"],\n'
        '  "Service": "ec2.amazonaws.com"}}]}'
    )
    role = acme.role("Reader", trust(acme.bob.arn))
    for asked in ({}, {"PrincipalName": "Reader"}):
        found = validate(acme.root, text, PolicyType="trust", **asked)
        told = [(one["Line"], one["Column"], one["Message"]) for one in found["Faults"]]
        assert told == [
            (3, 3, f'Invalid principal in policy: "AWS":"{gone}"'),
            (3, 19, f'Invalid principal in policy: "AWS":"{nobody}"'),
        ]
        saving = {"RoleName": "Reader", "PolicyDocument": text}
        refused = refusal(acme.root, "UpdateAssumeRolePolicy", **saving)
        assert (found["ErrorCode"], found["ErrorMessage"]) == (refused[0], refused[2])
    # Of a resource's policy as well.
    arn = "arn:aws:s3:::shelf"
    sent = trust([evil.mallory.arn, nobody], "s3:GetObject", Resource=f"{arn}/*")
    found = validate(acme.root, sent, PolicyType="resource", ResourceArn=arn)
    assert [one["Code"] for one in found["Faults"]] == ["principal-unknown"]
    assert validate(acme.root, trust(evil.mallory.arn), PolicyType="trust")["IsValid"]
    # Nobody learns who exists who would not learn it by saving.
    let = allow("iam:UpdateAssumeRolePolicy", resource=role)
    may = acme.user("may", let)
    for actor, asked, is_told in (
        (acme.carol, {}, False),
        (acme.carol, {"PrincipalName": "Reader"}, False),
        (may, {}, False),
        (may, {"PrincipalName": "Reader"}, True),
    ):
        found = validate(actor, text, PolicyType="trust", **asked)
        assert found["IsValid"] is not is_told


def test_a_shared_issuer_without_its_claim_is_a_fault(acme: Acme) -> None:
    provider = acme.arn("oidc-provider/token.actions.githubusercontent.com")
    text = trust({"Federated": provider}, "sts:AssumeRoleWithWebIdentity")
    found = validate(acme.root, text, PolicyType="trust")
    assert [one["Code"] for one in found["Faults"]] == ["issuer-claim"]


def test_the_other_inline_policies_count_towards_the_quota(acme: Acme) -> None:
    texts = {name: allow(*(f"sqs:{name}{one}" for one in range(40))) for name in ("a", "b")}
    sizes = {name: len("".join(text.split())) for name, text in texts.items()}
    for name, text in texts.items():
        acme.root.perform("PutUserPolicy", UserName="carol", PolicyName=name, PolicyDocument=text)
    inline = {"PrincipalType": "User", "PrincipalName": "carol"}
    both = {**inline, "PolicyName": "A"}
    assert validate(acme.root, texts["a"], **inline)["OtherSize"] == sum(sizes.values())
    found = validate(acme.root, texts["a"], **both)
    assert (found["Size"], found["OtherSize"]) == (sizes["a"], sizes["b"])
    assert found["SizeQuota"] == 2048
    for actor, asked in ((acme.bob, both), (acme.root, {**both, "PrincipalName": "nobody"})):
        assert "OtherSize" not in validate(actor, texts["a"], **asked)


def test_the_portals_own_actions_and_resources_are_known(acme: Acme) -> None:
    text = policy(
        {"Effect": "Allow", "Action": ["portal:Authorize", "portal:Get*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "portal:*", "Resource": "arn:aws:portal::*:service/*"},
        {"Effect": "Allow", "Action": "portal:PutResourcePolicy", "Resource": "arn:aws:s3:::b"},
        {"Effect": "Allow", "Action": "portal:UpdateWorkload", "Condition": {
            "StringEquals": {"aws:ResourceTag/team": "blue"}},
         "Resource": f"arn:aws:portal::{acme.id}:workload/web"},
    )  # fmt: skip
    assert validate(acme.carol, text)["Findings"] == []
    (found,) = validate(acme.carol, allow("portal:ListWorkload"))["Findings"]
    assert (found["Code"], found["Suggestion"]) == ("INVALID_ACTION", "portal:ListWorkloads")
    limits = [text for _, _, _, text in DEMO]
    assert [validate(acme.carol, one, PolicyType="scp")["Findings"] for one in limits] == [[]] * 3


def test_a_limit_of_an_organization_may_speak_of_its_members_services(evil) -> None:
    organization = Organization(Acme())
    for name, actions in (("first", ["Read"]), ("second", ["Write"])):
        organization.member(name).root.perform(
            "RegisterService",
            ServicePrefix="ledger",
            ServiceName="Ledger",
            ServicePrincipal="ledger.example.com",
            Actions=[{"ActionName": one} for one in actions],
        )

    def codes(actor, kind: str) -> list[str]:
        found = validate(actor, deny("ledger:Read", "ledger:Write", "ledger:Burn"), PolicyType=kind)
        return [one["Code"] for one in found["Findings"]]

    assert codes(organization.management.root, "scp") == ["INVALID_ACTION"]
    # What accounts that one does not manage have registered, or a policy of one's own has not.
    unknown = ["INVALID_SERVICE_IN_ACTION"] * 3
    assert codes(evil.root, "scp") == codes(organization.management.root, "identity") == unknown
