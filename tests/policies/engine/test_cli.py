"""`python -m policies.engine`: exit codes, and each form of output."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from policies.engine.cli import main

ACCOUNT = "111122223333"
BOB = f"arn:aws:iam::{ACCOUNT}:user/team/bob"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/deployer/ci"
BUCKET = "arn:aws:s3:::acme/report"
READ = {"Version": "2012-10-17", "Statement": [
    {"Sid": "Read", "Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::acme/*"},
]}  # fmt: skip


@pytest.fixture
def write(tmp_path: Path):
    def write(document: object, name: str = "policy.json") -> str:
        path = tmp_path / name
        path.write_text(document if isinstance(document, str) else json.dumps(document))
        return str(path)

    return write


def statement(effect: str, **elements: object) -> dict[str, object]:
    body = {"Effect": effect, "Action": "*", "Resource": "*", **elements}
    return {"Version": "2012-10-17", "Statement": [body]}


def decide(*arguments: str, principal: str = BOB) -> int:
    return main(["decide", "--principal", principal, "--action", "s3:GetObject",
                 "--resource", BUCKET, "--resource-account", ACCOUNT, *arguments])  # fmt: skip


def test_an_allowed_request_exits_with_0(write, capsys):
    name = write(READ)
    assert decide(name) == 0
    assert capsys.readouterr().out == f"Allowed by {name}:1:41 (identity policy).\n"


def test_a_denied_request_exits_with_1_and_says_why_in_awss_words(write, capsys):
    assert decide(write(READ), write(statement("Deny"), "deny.json")) == 1
    assert capsys.readouterr().out == (
        f"User: {BOB} is not authorized to perform: s3:GetObject on resource: {BUCKET}"
        " with an explicit deny in an identity-based policy\n"
    )


def test_an_implicit_deny_names_the_layer(write, capsys):
    boundary = write(statement("Allow", Action="iam:*"), "boundary.json")
    assert decide(write(READ), "--boundary", boundary) == 1
    assert "because no permissions boundary allows the s3:GetObject action" in (
        capsys.readouterr().out
    )


def test_decide_answers_in_json(write, capsys):
    name = write(READ)
    assert decide(name, "--format", "json") == 0
    assert json.loads(capsys.readouterr().out) == {
        "allowed": True,
        "outcome": "allowed",
        "layer": "identity",
        "policy": name,
        "statements": [{"index": 0, "sid": "Read", "line": 1, "column": 41}],
        "message": None,
    }


def test_each_layer_can_be_given(write):
    policy = write(READ)
    allow, deny = write(statement("Allow"), "allow.json"), write(statement("Deny"), "deny.json")
    rcp = write(statement("Allow", Principal="*"), "rcp.json")
    denying_rcp = write(statement("Deny", Principal="*", Action="s3:*"), "deny-rcp.json")
    assert decide(policy, "--scp", allow, "--scp", allow, "--rcp", rcp) == 0
    assert decide(policy, "--scp", allow, "--scp", f"{allow},{deny}") == 1
    assert decide(policy, "--rcp", f"{rcp},{denying_rcp}") == 1
    assert decide(policy, "--session", allow, principal=SESSION) == 0
    assert decide(policy, "--session", deny, principal=SESSION) == 1


def test_a_resource_policy_lets_a_service_in(write):
    policy = write(statement("Allow", Principal={"Service": "ec2.amazonaws.com"}))
    assert decide("--resource-policy", policy, principal="ec2.amazonaws.com") == 0
    assert decide("--resource-policy", policy, principal="anonymous") == 1


def test_a_trust_policy_decides_who_assumes_the_role(write):
    trust = {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"AWS": BOB}, "Action": "sts:AssumeRole"}}  # fmt: skip
    role = f"arn:aws:iam::{ACCOUNT}:role/deployer"
    arguments = ["decide", "--action", "sts:AssumeRole", "--resource", role, "--trust-policy",
                 write(trust)]  # fmt: skip
    assert main([*arguments, "--principal", BOB]) == 0
    assert main([*arguments, "--principal", SESSION]) == 1


def test_what_the_arn_settles_is_in_the_context(write):
    own = statement("Allow", Resource="arn:aws:s3:::acme/${aws:username}")
    policy = write(own)
    arguments = ["decide", policy, "--principal", BOB, "--action", "s3:GetObject"]
    assert main([*arguments, "--resource", "arn:aws:s3:::acme/bob"]) == 0
    assert main([*arguments, "--resource", "arn:aws:s3:::acme/eve"]) == 1


def test_context_keys_can_be_given(write):
    single = write(statement("Allow", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    assert decide(single, "--context", "aws:SecureTransport=true") == 0
    assert decide(single, "--context", "aws:SecureTransport=false") == 1
    several = write(statement("Allow", Condition={
        "ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}))  # fmt: skip
    assert decide(several, "--context", "aws:TagKeys=[a,b]") == 0
    assert decide(several, "--context", "aws:TagKeys=[a,c]") == 1
    assert decide(several, "--context", "aws:TagKeys=a", "--context", "aws:TagKeys=c") == 1
    assert decide(several, "--context", "aws:TagKeys=[]") == 0


def test_explain_shows_which_element_failed(write, capsys):
    name = write(READ)
    code = main(["explain", name, "--principal", BOB, "--action", "s3:PutObject",
                 "--resource", BUCKET, "--resource-account", ACCOUNT])  # fmt: skip
    assert code == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "identity: is silent",
        f"  {name}:1:41 Allow does not match",
        "    - Action: s3:PutObject",
        f"    + Resource: {BUCKET} by arn:aws:s3:::acme/*",
        "would be allowed, way 1:",
        f'  add to identity policy: {{"Effect": "Allow", "Action": "s3:PutObject", "Resource": "{BUCKET}"}}',
    ]


def test_explain_proposes_what_would_allow_it(write, capsys):
    guard = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    guarded = write(statement("Allow", Condition=guard))
    denying = write(statement("Deny", Action="s3:*"), "scp.json")
    allowing = write(statement("Allow"), "full.json")
    arguments = ["explain", guarded, "--principal", BOB, "--action", "s3:GetObject",
                 "--resource", BUCKET, "--resource-account", ACCOUNT,
                 "--scp", f"{allowing},{denying}"]  # fmt: skip
    assert main(arguments) == 1
    lines = capsys.readouterr().out.splitlines()
    narrowed = {**statement("Deny", Action="s3:*")["Statement"][0],
                "Condition": {"ArnNotEquals": {"aws:PrincipalArn": BOB}}}  # fmt: skip
    assert lines[lines.index("would be allowed, way 1:") + 1 :][:2] == [
        f"  narrow {denying} (scp policy, level 1), statement 0, to: {json.dumps(narrowed)}",
        f'  ask with aws:MultiFactorAuthPresent = "true", for {guarded} (identity policy), statement 0',
    ]
    assert main([*arguments, "--format", "json"]) == 1
    first = json.loads(capsys.readouterr().out)["remedies"][0]
    assert [(one["kind"], one["layer"], one["key"]) for one in first] == [
        ("narrow-deny", "scp", None),
        ("set-value", "identity", "aws:MultiFactorAuthPresent"),
    ]
    assert first[0]["proposal"] == narrowed


def test_explain_answers_in_json(write, capsys):
    policy = write(statement("Allow", Condition={"Bool": {"aws:SecureTransport": "true"}}))
    arguments = ["explain", policy, "--principal", BOB, "--action", "s3:GetObject"]
    assert main([*arguments, "--format", "json"]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["outcome"] == "implicitDeny"
    assert answer["missingContextKeys"] == ["aws:SecureTransport"]
    (layer,) = answer["layers"]
    assert (layer["layer"], layer["outcome"]) == ("identity", "implicitDeny")
    assert layer["statements"][0]["conditions"] == [
        {"operator": "Bool", "key": "aws:SecureTransport", "wanted": ["true"], "found": None,
         "holds": False}
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ["--principal", "bob"],
        ["--principal", BOB, "--action", "s3:*"],
        ["--principal", BOB, "--resource", "bucket"],
        ["--principal", BOB, "--context", "username"],
        ["--principal", "anonymous", "POLICY"],
        ["--principal", BOB, "missing.json"],
        ["--principal", BOB, "--resource-policy", "POLICY", "--trust-policy", "POLICY"],
    ],
)
def test_what_makes_no_sense_exits_with_2(write, capsys, arguments):
    policy = write(READ)
    given = [policy if one == "POLICY" else one for one in arguments]
    assert main(["decide", "--action", "s3:GetObject", *given]) == 2
    assert capsys.readouterr().err


def test_a_refused_document_exits_with_2_and_shows_every_fault(write, capsys):
    name = write('{"Statement": [{"Effect": "allow", "Action": "s3", "Resource": "*"}]}')
    assert decide(name) == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[0] for line in lines] == [f"{name}:1:27:", f"{name}:1:46:"]


def test_lint_exits_with_1_when_something_is_found(write, capsys):
    name = write(statement("Allow", Action="dyanmodb:GetItem"))
    assert main(["lint", name]) == 1
    assert capsys.readouterr().out == (
        f"{name}:1:71: ERROR INVALID_SERVICE_IN_ACTION: The service dyanmodb specified in the"
        " action does not exist. (dynamodb:GetItem)\n"
    )


def test_lint_exits_with_0_when_nothing_is_found(write, capsys):
    assert main(["lint", write(READ), write(READ, "again.json")]) == 0
    assert capsys.readouterr().out == ""


def test_the_gravity_that_fails_can_be_chosen(write):
    suggestion = write(statement("Allow", Action=["s3:Get*", "s3:GetObject"]))
    assert main(["lint", suggestion]) == 0
    assert main(["lint", "--fail-on", "suggestion", suggestion]) == 1
    error = write(statement("allow"))
    assert main(["lint", "--fail-on", "error", error]) == 1
    assert main(["lint", "--fail-on", "never", error]) == 0


def test_lint_knows_the_kinds_of_documents(write):
    scp = write(statement("Deny", Principal="*"))
    assert main(["lint", "--kind", "scp", scp]) == 1
    assert main(["lint", "--kind", "resource", scp]) == 0


def test_lint_answers_in_json(write, capsys):
    name = write(statement("Deny", Action="s3:GetObjet"))
    assert main(["lint", "--format", "json", name]) == 1
    assert json.loads(capsys.readouterr().out) == {
        name: [
            {
                "code": "INVALID_ACTION",
                "type": "ERROR",
                "message": "The action s3:GetObjet does not exist.",
                "line": 1,
                "column": 70,
                "end_line": 1,
                "end_column": 83,
                "path": ["Statement", 0, "Action"],
                "suggestion": "s3:GetObject",
            }
        ]
    }


def test_lint_answers_in_sarif(write, capsys):
    name = write(statement("Deny", Action="s3:GetObjet"))
    assert main(["lint", "--format", "sarif", name]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert answer["version"] == "2.1.0"
    (run,) = answer["runs"]
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["defaultConfiguration"]) == ("INVALID_ACTION", {"level": "error"})
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == (
        "INVALID_ACTION", 0, "error")  # fmt: skip
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": name}
    assert place["region"] == {"startLine": 1, "startColumn": 70, "endLine": 1, "endColumn": 83}


def test_it_runs_as_a_module_and_reads_standard_input():
    answer = subprocess.run(
        [sys.executable, "-m", "policies.engine", "lint", "--format", "json", "-"],
        input=json.dumps(statement("allow")),
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        check=False,
    )
    assert answer.returncode == 1, answer.stderr
    assert json.loads(answer.stdout)["-"][0]["code"] == "INVALID_EFFECT"


def test_the_engine_needs_no_django():
    answer = subprocess.run(
        [sys.executable, "-c",
         "import sys, policies.engine.cli; sys.exit('django' in sys.modules)"],
        cwd=Path(__file__).parents[3],
        check=False,
    )  # fmt: skip
    assert answer.returncode == 0


HOUSE = Path(__file__).parents[3]


def test_the_hook_for_pre_commit_runs_from_any_folder(tmp_path, write):
    """What pre-commit does for `language: script`: the entry in its clone, the files as named."""
    (hook,) = yaml.safe_load((HOUSE / ".pre-commit-hooks.yaml").read_text())
    assert (hook["id"], hook["language"], hook["types"]) == (
        "lint-iam-policies",
        "script",
        ["json"],
    )
    command, *arguments = hook["entry"].split()
    write(statement("allow"), "broken.json")
    write(READ, "good.json")

    def run(*names: str) -> tuple[int, str]:
        ran = subprocess.run(
            [str(HOUSE / command), *arguments, *names],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
            check=False,
        )
        return ran.returncode, ran.stdout

    assert run("good.json") == (0, "")
    code, said = run("good.json", "broken.json")
    assert code == 1
    assert said.startswith("broken.json:1:52: ERROR INVALID_EFFECT: ")
    assert run("--kind=scp", "good.json") == (0, "")
