resource "aws_iam_user" "bob" {
  name                 = "bob-${local.word}"
  path                 = "/${local.word}/"
  permissions_boundary = var.changed ? null : aws_iam_policy.boundary.arn
  tags                 = { constant = "é +/=" }
  force_destroy        = true
}

resource "aws_iam_user" "dora" {
  name          = "dora"
  tags          = { word = local.word, (local.word) = "" }
  force_destroy = true
}

resource "aws_iam_user_policy" "inline" {
  name   = "inline"
  user   = aws_iam_user.bob.name
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "s3:Put*", Resource = "arn:aws:s3:::${local.word}/*" }] })
}

resource "aws_iam_user_policies_exclusive" "bob" {
  user_name    = aws_iam_user.bob.name
  policy_names = [aws_iam_user_policy.inline.name]
}

resource "aws_iam_user_policy_attachment" "read" {
  user       = aws_iam_user.dora.name
  policy_arn = var.changed ? aws_iam_policy.read.arn : aws_iam_policy.extra[1].arn
}

resource "aws_iam_user_policy_attachments_exclusive" "dora" {
  user_name   = aws_iam_user.dora.name
  policy_arns = [aws_iam_user_policy_attachment.read.policy_arn]
}

resource "aws_iam_user_group_membership" "bob" {
  user   = aws_iam_user.bob.name
  groups = var.changed ? [aws_iam_group.other.name] : [aws_iam_group.other.name, aws_iam_group.third.name]
}

resource "aws_iam_user_login_profile" "bob" {
  user                    = aws_iam_user.bob.name
  password_reset_required = true
  password_length         = 24
  lifecycle {
    ignore_changes = [password_length, password_reset_required]
  }
  depends_on = [aws_iam_account_password_policy.this]
}

resource "aws_iam_access_key" "bob" {
  user   = aws_iam_user.bob.name
  status = var.changed ? "Inactive" : "Active"
}

resource "aws_iam_user_ssh_key" "bob" {
  username   = aws_iam_user.bob.name
  encoding   = "SSH"
  public_key = var.ssh_key
  status     = var.changed ? "Inactive" : "Active"
}

resource "aws_iam_signing_certificate" "bob" {
  user_name        = aws_iam_user.bob.name
  certificate_body = var.signing_certificate
  status           = var.changed ? "Inactive" : "Active"
}

resource "aws_iam_service_specific_credential" "bob" {
  service_name = "codecommit.amazonaws.com"
  user_name    = aws_iam_user.bob.name
  status       = var.changed ? "Inactive" : "Active"
}

resource "aws_iam_virtual_mfa_device" "bob" {
  virtual_mfa_device_name = "phone"
  path                    = "/devices/"
  tags                    = { word = local.word }
}

data "aws_iam_user" "bob" {
  user_name = aws_iam_user.bob.name
}

data "aws_iam_users" "all" {
  path_prefix = "/${local.word}/"
  depends_on  = [aws_iam_user.bob]
}

data "aws_iam_access_keys" "bob" {
  user       = aws_iam_user.bob.name
  depends_on = [aws_iam_access_key.bob]
}

data "aws_iam_user_ssh_key" "bob" {
  username          = aws_iam_user.bob.name
  ssh_public_key_id = aws_iam_user_ssh_key.bob.ssh_public_key_id
  encoding          = "SSH"
}
