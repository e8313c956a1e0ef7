"""ValidatePolicy: every fault with its place, and what is unwise."""

from tests.cast import Acme, allow, service, trust


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
