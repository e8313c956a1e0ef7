"""Who gains and who loses by a resource's policy, in the account and out of it."""

from iamsite.operations import noted_decisions
from tests.cast import allow, policy
from tests.identities.operations.refusal import refusal
from tests.policies.operations.access.test_preview import brief, preview
from tests.policies.operations.test_resources import registered, sharing


def resource_preview(account, arn: str, document: str | None, **given) -> tuple[dict, dict]:
    """What changes by a resource's policy: of each principal whom it changes something for, by
    ARN its kind and what it gains and loses; and the replay."""
    change = {"ChangeType": "ResourcePolicy", "PolicyDocument": document}
    if document is None:
        change = {"ChangeType": "DeleteResourcePolicy"}
    page = account.root.perform("PreviewPolicyChange", **change, ResourceArn=arn, **given)
    found = {
        one["PrincipalArn"]: (one["PrincipalType"], brief(one["Changes"]))
        for one in page["Principals"]
        if one["Changes"]
    }
    return found, page["Replay"]


def test_a_resource_policy_tells_who_gains_and_loses_in_and_out_of_the_account(acme, evil) -> None:
    arn = registered(acme)
    whole, parts = arn, f"{arn}/*"
    before = sharing(arn, {"AWS": [acme.carol.arn, evil.mallory.arn]}, "s3:GetObject")
    acme.root.perform("PutResourcePolicy", ResourceArn=arn, PolicyDocument=before)
    evil_root = evil.arn("root")
    after = sharing(arn, {"AWS": [acme.carol.arn, evil_root]}, "s3:GetObject", "s3:ListBucket")
    found, replay = resource_preview(acme, arn, after)
    assert found == {
        # The account as a whole gains, whom the policy named of it loses nothing.
        evil_root: ("Account", {("Gains", "s3:GetObject", parts), ("Gains", "s3:ListBucket", whole)}),
        evil.mallory.arn: ("Principal", {("Gains", "s3:ListBucket", whole)}),
        acme.carol.arn: ("User", {("Gains", "s3:ListBucket", whole)}),
    }  # fmt: skip
    assert replay == {"RecordCount": 0, "IsPartial": False, "Changes": []}
    # Without any policy everybody whom it let in loses; alice may by her own policies.
    gone, _ = resource_preview(acme, arn, None)
    lost = {("Loses", "s3:GetObject", parts)}
    assert gone == {evil.mallory.arn: ("Principal", lost), acme.carol.arn: ("User", lost)}
    deregistered = preview(acme, ChangeType="DeregisterResource", ResourceArn=arn)
    assert brief(deregistered[acme.carol.arn]) == lost


def test_a_resource_policy_for_everyone_or_against_all_tells_of_everybody(acme, evil) -> None:
    arn = registered(acme)
    public, _ = resource_preview(acme, arn, sharing(arn, "*", "s3:GetObject"))
    gains = {("Gains", "s3:GetObject", f"{arn}/*")}
    assert public["*"] == ("Everyone", gains)
    assert public[acme.carol.arn] == ("User", gains)
    assert acme.alice.arn not in public  # who may everything anyhow
    denied, _ = resource_preview(acme, arn, sharing(arn, "*", "s3:PutObject", effect="Deny"))
    loses = {("Loses", "s3:PutObject", f"{arn}/*")}
    assert denied[acme.arn("root")] == ("Root", loses)
    assert denied[acme.alice.arn] == ("User", loses)
    assert acme.carol.arn not in denied  # who may not now
    # What nobody but the principal's own policy names is told by that.
    reader = acme.user("reader", allow("s3:GetObject", resource=f"{arn}/open/*"))
    shut = policy({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": f"{arn}/*"})
    lost = {("Loses", "s3:GetObject", f"{arn}/open/*")}
    assert resource_preview(acme, arn, shut)[0][reader.arn] == ("User", lost)
    # In pages, everybody once.
    draft = {"ChangeType": "ResourcePolicy", "ResourceArn": arn,
             "PolicyDocument": sharing(arn, "*", "s3:PutObject", effect="Deny")}  # fmt: skip
    whole = preview(acme, **draft, MaxItems=2)
    assert {one for one, changes in whole.items() if changes} == denied.keys()
    conditional = policy({"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
                          "Resource": f"{arn}/*",
                          "Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}})  # fmt: skip
    page = acme.root.perform(
        "PreviewPolicyChange",
        ChangeType="ResourcePolicy",
        ResourceArn=arn,
        PolicyDocument=conditional,
    )
    assert page["Principals"][0]["Changes"][0]["Becomes"] == "conditional"


def test_what_was_asked_of_a_resource_is_asked_again_of_its_draft(acme, evil) -> None:
    arn = registered(acme)
    for actor, account in ((acme.carol, acme), (evil.mallory, evil)):
        asked = {"ActionName": "s3:GetObject", "ResourceArn": f"{arn}/q1"}
        assert actor.perform("Authorize", **asked)["Decision"] != "allowed"
        noted_decisions.flush()
        assert account.root.perform("ListDecisions")["Decisions"]
    after = sharing(arn, {"AWS": [acme.carol.arn, evil.mallory.arn]})
    found, replay = resource_preview(acme, arn, after)
    assert found.keys() == {acme.carol.arn, evil.mallory.arn}
    # What another account's principals asked is in that account's records, and stays there.
    assert [
        (one["PrincipalArn"], one["ResourceArn"], one["Was"], one["Becomes"])
        for one in replay["Changes"]
    ] == [(acme.carol.arn, f"{arn}/q1", "denied", "allowed")]
    # A part that has a policy of its own goes by that.
    part = registered(acme, f"{arn}/q1")
    acme.root.perform("PutResourcePolicy", ResourceArn=part,
                      PolicyDocument=sharing(part, {"AWS": acme.bob.arn}))  # fmt: skip
    assert resource_preview(acme, arn, after)[1]["Changes"] == []


def test_a_draft_of_another_accounts_resource_is_refused_like_its_policy(acme, evil) -> None:
    arn = registered(evil)
    draft = {"ChangeType": "ResourcePolicy", "ResourceArn": arn,
             "PolicyDocument": sharing(arn, {"AWS": acme.carol.arn})}  # fmt: skip
    assert refusal(acme.root, "PreviewPolicyChange", **draft)[0] == "NoSuchEntity"
    mine = registered(acme)
    unknown = sharing(mine, {"AWS": acme.arn("user/nobody")})
    for change, code in (
        ({"ChangeType": "ResourcePolicy", "PolicyDocument": unknown}, "MalformedPolicyDocument"),
        ({"ChangeType": "ResourcePolicy"}, "InvalidInput"),
        ({"ChangeType": "DeleteResourcePolicy"}, "NoSuchEntity"),
    ):
        asked = {**change, "ResourceArn": mine}
        assert refusal(acme.root, "PreviewPolicyChange", **asked)[0] == code
    two = {"Changes": [{"ChangeType": "DeregisterResource", "ResourceArn": mine}] * 2}
    assert refusal(acme.root, "PreviewPolicyChange", **two)[0] == "InvalidInput"
