import json

from iamsite.console.command_line import commands
from iamsite.console.rest_request import requests
from iamsite.console.terraform import resources
from tests.cast import allow

HERE = "https://iam.example/"
USER = (
    "CreateUser",
    {"UserName": "erin", "Path": "/staff/", "Tags": [{"Key": "team", "Value": "a b"}]},
)
ROLE = "arn:aws:iam::111122223333:policy/team/Read"


def test_a_command_has_every_parameter_quoted_for_the_shell():
    assert commands([USER], HERE) == (
        "aws iam create-user \\\n"
        "    --path /staff/ \\\n"
        "    --user-name erin \\\n"
        """    --tags '{"Key": "team", "Value": "a b"}' \\\n"""
        "    --endpoint-url https://iam.example/"
    )


def test_a_boolean_is_a_flag_and_a_plain_tag_is_shorthand():
    text = commands(
        [
            (
                "CreatePolicyVersion",
                {"PolicyArn": ROLE, "PolicyDocument": "{}", "SetAsDefault": False},
            ),
            ("TagUser", {"UserName": "erin", "Tags": [{"Key": "a", "Value": "1"}]}),
        ],
        HERE,
    )
    assert "--no-set-as-default" in text
    assert "--tags Key=a,Value=1" in text


def test_what_aws_has_no_operation_for_the_cli_must_learn_first():
    assert commands([("LockRoot", {})], HERE).splitlines() == [
        "# Once, so that the CLI knows these:",
        f"# curl -o portal.json {HERE}portal/service-2.json",
        "# aws configure add-model --service-name portal --service-model file://portal.json",
        "aws portal lock-root \\",
        f"    --endpoint-url {HERE}",
    ]


def test_a_quote_in_a_value_does_not_end_it():
    assert "--description 'it'\"'\"'s'" in commands(
        [("CreateRole", {"RoleName": "r", "Description": "it's"})], HERE
    )


def test_a_resource_has_the_arguments_of_the_provider():
    assert resources([USER]) == (
        'resource "aws_iam_user" "erin" {\n'
        '  name = "erin"\n'
        '  path = "/staff/"\n'
        "  tags = {\n"
        '    team = "a b"\n'
        "  }\n"
        "}"
    )


def test_a_document_is_an_expression_and_its_variables_are_no_templates():
    document = allow("s3:GetObject", resource="arn:aws:s3:::home/${aws:username}/*")
    text = resources(
        [("PutUserPolicy", {"UserName": "erin", "PolicyName": "own", "PolicyDocument": document})]
    )
    assert text.startswith('resource "aws_iam_user_policy" "erin_own" {')
    assert "policy = jsonencode({" in text
    assert '"arn:aws:s3:::home/$${aws:username}/*"' in text


def test_a_document_that_is_no_text_is_shown_as_it_was_typed():
    for document in ("[" * 6000, '{"Id": "\\ud800"}', "{"):
        params = {"PolicyName": "own", "PolicyDocument": document}
        text = resources([("CreatePolicy", params)])
        assert json.dumps(document) in text
        text.encode()


def test_taking_something_away_is_deleting_its_block():
    assert resources([("DetachUserPolicy", {"UserName": "erin", "PolicyArn": ROLE})]) == (
        '# Delete the block `resource "aws_iam_user_policy_attachment" "erin_read"` and apply.'
    )


def test_what_terraform_has_no_resource_for_has_none():
    assert (
        resources([USER, ("UpdateAccessKey", {"AccessKeyId": "AKIA", "Status": "Inactive"})]) == ""
    )


def test_a_request_has_what_the_address_leaves_over_in_its_body():
    text = requests([("AttachUserPolicy", {"UserName": "erin", "PolicyArn": ROLE})], HERE)
    assert f"curl -X PUT {HERE}api/v1/users/erin/attached-policies/{ROLE}" in text
    assert "--json" not in text
    text = requests([USER], HERE)
    assert f"curl -X POST {HERE}api/v1/users" in text
    body = text.partition("--json '")[2].rstrip("'")
    assert json.loads(body) == USER[1]


def test_secrets_are_left_to_the_environment():
    assert '--user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY"' in requests([USER], HERE)
