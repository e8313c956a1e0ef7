from tests.cast import deny
from tests.identities.operations.refusal import denied, missing, refusal

DEFAULTS = {
    "MinimumPasswordLength": 6,
    "RequireSymbols": False,
    "RequireNumbers": False,
    "RequireUppercaseCharacters": False,
    "RequireLowercaseCharacters": False,
    "AllowUsersToChangePassword": False,
    "ExpirePasswords": False,
}


def shown(actor) -> dict[str, object]:
    return actor.perform("GetAccountPasswordPolicy")["PasswordPolicy"]


def test_an_account_without_a_policy_says_so(acme) -> None:
    assert refusal(acme.root, "GetAccountPasswordPolicy") == missing(
        f"The Password Policy with domain name {acme.id} cannot be found."
    )
    assert refusal(acme.root, "DeleteAccountPasswordPolicy") == missing(
        "The account policy with name PasswordPolicy cannot be found."
    )


def test_everything_asked_is_kept(acme) -> None:
    asked = {
        "MinimumPasswordLength": 14,
        "RequireSymbols": True,
        "RequireNumbers": True,
        "RequireUppercaseCharacters": True,
        "RequireLowercaseCharacters": True,
        "AllowUsersToChangePassword": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 24,
        "HardExpiry": True,
    }
    acme.root.perform("UpdateAccountPasswordPolicy", **asked)
    assert shown(acme.root) == {**asked, "ExpirePasswords": True}


def test_what_an_update_leaves_out_goes_back_to_its_default(acme) -> None:
    acme.root.perform(
        "UpdateAccountPasswordPolicy",
        MinimumPasswordLength=20,
        RequireSymbols=True,
        MaxPasswordAge=30,
        PasswordReusePrevention=5,
    )
    acme.root.perform("UpdateAccountPasswordPolicy", RequireNumbers=True)
    assert shown(acme.root) == {**DEFAULTS, "RequireNumbers": True}


def test_a_deleted_policy_is_gone(acme) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy")
    acme.root.perform("DeleteAccountPasswordPolicy")
    code, _, _ = refusal(acme.root, "GetAccountPasswordPolicy")
    assert code == "NoSuchEntity"


def test_each_account_has_its_own(acme, evil) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy", MinimumPasswordLength=30)
    evil.root.perform("UpdateAccountPasswordPolicy")
    assert shown(acme.root)["MinimumPasswordLength"] == 30
    assert shown(evil.root) == DEFAULTS


def test_values_out_of_range_are_refused(acme) -> None:
    for name, values in {
        "MinimumPasswordLength": (5, 129),
        "MaxPasswordAge": (0, 1096),
        "PasswordReusePrevention": (0, 25),
    }.items():
        for value in values:
            code, _, _ = refusal(acme.root, "UpdateAccountPasswordPolicy", **{name: value})
            assert code == "ValidationError"


def test_who_may_change_a_password_may_read_the_policy(acme) -> None:
    acme.root.perform("UpdateAccountPasswordPolicy")
    refused = denied(acme.carol, "iam:GetAccountPasswordPolicy", "*")
    assert refusal(acme.carol, "GetAccountPasswordPolicy") == refused
    acme.root.perform("UpdateAccountPasswordPolicy", AllowUsersToChangePassword=True)
    assert shown(acme.carol) == {**DEFAULTS, "AllowUsersToChangePassword": True}
    dora = acme.user("dora", deny("iam:GetAccountPasswordPolicy"))
    code, _, message = refusal(dora, "GetAccountPasswordPolicy")
    assert code == "AccessDenied"
    assert message.endswith("with an explicit deny in an identity-based policy")
