resource "aws_iam_account_alias" "this" {
  account_alias = "${var.alias}-${local.word}"
}

resource "aws_iam_account_password_policy" "this" {
  minimum_password_length        = [12, 14][local.step]
  require_lowercase_characters   = true
  require_numbers                = !var.changed
  require_symbols                = var.changed
  require_uppercase_characters   = true
  allow_users_to_change_password = true
  max_password_age               = [90, 0][local.step]
  password_reuse_prevention      = [5, 0][local.step]
  hard_expiry                    = !var.changed
}

resource "aws_iam_security_token_service_preferences" "this" {
  global_endpoint_token_version = ["v2Token", "v1Token"][local.step]
}

resource "aws_iam_organizations_features" "this" {
  enabled_features = var.changed ? ["RootCredentialsManagement", "RootSessions"] : ["RootSessions"]
}

resource "aws_iam_server_certificate" "this" {
  name              = "web"
  path              = "/${local.word}/"
  certificate_body  = var.certificate.body
  certificate_chain = var.certificate.chain
  private_key       = var.certificate.private_key
  tags              = { word = local.word }
}

resource "aws_iam_openid_connect_provider" "this" {
  url             = "https://login.example.test/realm"
  client_id_list  = [["one", "two"], ["two", "three"]][local.step]
  thumbprint_list = [["cf23df2207d99a74fbe169e3eba035e633b65d94"], ["9e99a48a9960b14926bb7f3b02e22da2b0ab7280"]][local.step]
  tags            = { word = local.word }
}

resource "aws_iam_saml_provider" "this" {
  name                   = "people"
  saml_metadata_document = var.saml_metadata[local.step]
  tags                   = { word = local.word }
}

data "aws_iam_account_alias" "this" {
  depends_on = [aws_iam_account_alias.this]
}

data "aws_iam_server_certificate" "this" {
  name       = aws_iam_server_certificate.this.name
  latest     = true
  depends_on = [aws_iam_server_certificate.this]
}

data "aws_iam_openid_connect_provider" "by_url" {
  url        = "https://login.example.test/realm"
  depends_on = [aws_iam_openid_connect_provider.this]
}

data "aws_iam_saml_provider" "this" {
  arn = aws_iam_saml_provider.this.arn
}
