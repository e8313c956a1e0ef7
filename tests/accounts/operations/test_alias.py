from tests.cast import allow
from tests.identities.operations.refusal import denied, exists, missing, refusal


def aliases(account) -> list[str]:
    return account.root.perform("ListAccountAliases")["AccountAliases"]


def test_an_account_has_no_alias_until_it_makes_one(acme) -> None:
    assert acme.root.perform("ListAccountAliases") == {"AccountAliases": [], "IsTruncated": False}


def test_a_new_alias_takes_the_place_of_the_old_one(acme) -> None:
    acme.root.perform("CreateAccountAlias", AccountAlias=f"first-{acme.id}")
    acme.root.perform("CreateAccountAlias", AccountAlias=f"second-{acme.id}")
    assert aliases(acme) == [f"second-{acme.id}"]
    acme.root.perform("CreateAccountAlias", AccountAlias=f"second-{acme.id}")
    assert aliases(acme) == [f"second-{acme.id}"]


def test_an_alias_belongs_to_one_account_of_the_installation(acme, evil) -> None:
    alias = f"acme-{acme.id}"
    acme.root.perform("CreateAccountAlias", AccountAlias=alias)
    assert refusal(evil.root, "CreateAccountAlias", AccountAlias=alias) == exists(
        f"The account alias {alias} already exists."
    )
    acme.root.perform("DeleteAccountAlias", AccountAlias=alias)
    evil.root.perform("CreateAccountAlias", AccountAlias=alias)
    assert (aliases(acme), aliases(evil)) == ([], [alias])


def test_an_alias_never_passes_for_an_account_id(acme, evil) -> None:
    for number in (acme.id, "123456789012"):
        code, status, _ = refusal(evil.root, "CreateAccountAlias", AccountAlias=number)
        assert (code, status) == ("ValidationError", 400)
    evil.root.perform("CreateAccountAlias", AccountAlias=f"{acme.id}0")


def test_only_the_accounts_own_alias_is_deleted(acme, evil) -> None:
    alias = f"acme-{acme.id}"
    acme.root.perform("CreateAccountAlias", AccountAlias=alias)
    assert refusal(evil.root, "DeleteAccountAlias", AccountAlias=alias) == missing(
        f"The account alias {alias} cannot be found."
    )
    assert aliases(acme) == [alias]


def test_the_alias_needs_permission(acme) -> None:
    dora = acme.user("dora", allow("iam:ListAccountAliases"))
    dora.perform("ListAccountAliases")
    assert refusal(dora, "CreateAccountAlias", AccountAlias="dora-alias") == denied(
        dora, "iam:CreateAccountAlias", "*"
    )


def test_an_alias_out_of_pattern_is_refused(acme) -> None:
    for alias in ("-acme", "acme-", "ac--me", "Acme", "ac"):
        code, _, message = refusal(acme.root, "CreateAccountAlias", AccountAlias=alias)
        assert code == "ValidationError"
        assert "accountAlias" in message
