"""The ladder says of each layer what the engine decided, and of hidden layers nothing more."""

import json
from dataclasses import replace

import pytest
from django.template import Context as TemplateContext
from django.template import Template

from policies.engine import (
    Context,
    DocumentKind,
    Layers,
    Policy,
    Principal,
    PrincipalKind,
    Request,
    compile_policies,
    explain,
    parse,
)
from policies.ladder import hides_from, ladder_of
from tests.cast import allow, deny

ACCOUNT, OTHER = "111122223333", "444455556666"
ALICE = Principal(PrincipalKind.USER, f"arn:aws:iam::{ACCOUNT}:user/alice", ACCOUNT, "AIDAALICE")
REQUEST = Request(ALICE, "s3:GetObject", "arn:aws:s3:::books/one", ACCOUNT, Context())


def layer(*documents, kind=DocumentKind.IDENTITY):
    return compile_policies(
        Policy(parse(text, kind), f"p{number}", None, "user")
        for number, text in enumerate(documents)
    )


def rungs(ladder, name):
    return [rung for rung in ladder["Rungs"] if rung["Layer"] == name]


def drawn(ladder):
    text = "{% load ladder %}{% ladder ladder %}"
    return Template(text).render(TemplateContext({"ladder": ladder}))


def test_every_layer_has_its_rung_and_only_one_decides():
    ladder = ladder_of(explain(REQUEST, Layers(identity=layer(allow("s3:*")))))
    assert [(rung["Layer"], rung["Outcome"], rung["Decides"]) for rung in ladder["Rungs"]] == [
        ("scp", "notApplicable", False),
        ("rcp", "notApplicable", False),
        ("resource", "notApplicable", False),
        ("identity", "allowed", True),
        ("boundary", "notApplicable", False),
        ("session", "notApplicable", False),
    ]


def test_the_statement_that_decides_comes_with_what_it_matched():
    layers = Layers(identity=layer(allow("s3:*"), deny("s3:Get*", resource="arn:aws:s3:::books/*")))
    ladder = ladder_of(explain(REQUEST, layers))
    (rung,) = rungs(ladder, "identity")
    first, second = rung["Statements"]
    assert (ladder["Outcome"], ladder["DecidingLayer"]) == ("explicitDeny", "identity")
    assert (first["PolicyName"], first["Effect"], first["Decides"]) == ("p1", "Deny", True)
    assert first["Elements"][0] == {
        "Element": "Action",
        "Matched": True,
        "Value": "s3:GetObject",
        "Pattern": "s3:Get*",
    }
    assert (second["PolicyName"], second["Matched"], second["Decides"]) == ("p0", True, False)


def test_a_condition_that_fails_says_what_was_wanted_and_what_was_there():
    wants = allow("s3:GetObject", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    request = replace(REQUEST, context=Context({"aws:MultiFactorAuthPresent": "false"}))
    ladder = ladder_of(explain(request, Layers(identity=layer(wants))))
    (statement,) = rungs(ladder, "identity")[0]["Statements"]
    assert statement["Conditions"] == [
        {
            "Operator": "Bool",
            "ContextKeyName": "aws:MultiFactorAuthPresent",
            "Wanted": ["true"],
            "Found": ["false"],
            "Holds": False,
        }
    ]
    html = drawn(ladder)
    assert "aws:MultiFactorAuthPresent" in html
    assert "No statement allows it" in html


def test_another_accounts_policy_tells_nothing_but_that_it_did_not_let_the_request_pass():
    secret = deny("s3:GetObject", Sid="TheirSecret", Principal="*")
    request = replace(REQUEST, resource_account=OTHER)
    layers = Layers(
        identity=layer(allow("s3:*")), resource=layer(secret, kind=DocumentKind.RESOURCE)
    )
    ladder = ladder_of(explain(request, layers), hides=hides_from(ACCOUNT, OTHER))
    (rung,) = rungs(ladder, "resource")
    assert rung == {
        "Layer": "resource",
        "Level": 0,
        "Outcome": "implicitDeny",
        "Decides": True,
        "IsHidden": True,
        "StatementCount": 0,
        "Statements": [],
    }
    assert ladder["Outcome"] == "implicitDeny"
    assert "TheirSecret" not in json.dumps(ladder)


def test_organization_policies_tell_only_that_they_refused_not_at_which_level():
    everything, nothing = (
        layer(allow("*"), kind=DocumentKind.SCP),
        layer(allow("ec2:*"), kind=DocumentKind.SCP),
    )
    layers = Layers(identity=layer(allow("s3:*")), scps=(everything, nothing))
    ladder = ladder_of(explain(REQUEST, layers), hides=hides_from(ACCOUNT, ACCOUNT))
    (rung,) = rungs(ladder, "scp")
    assert (rung["Outcome"], rung["Decides"], rung["Statements"]) == ("implicitDeny", True, [])


@pytest.mark.parametrize("text", ["<script>x</script>", '"><img src=x>'])
def test_what_a_policy_says_is_drawn_as_text(text):
    ladder = ladder_of(explain(REQUEST, Layers(identity=layer(allow("s3:*")))))
    ladder["Rungs"][3]["Statements"][0]["PolicyName"] = text
    assert text not in drawn(ladder)
