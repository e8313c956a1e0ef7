data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::${data.aws_caller_identity.me.account_id}:root", aws_iam_user.dora.arn]
    }
    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
    condition {
      test     = "StringEquals"
      variable = "sts:ExternalId"
      values   = [local.word]
    }
  }
}

resource "aws_iam_role" "worker" {
  name                 = "worker"
  path                 = "/jobs/"
  description          = "Works ${local.word}"
  assume_role_policy   = data.aws_iam_policy_document.trust.json
  max_session_duration = [3600, 7200][local.step]
  permissions_boundary = var.changed ? aws_iam_policy.boundary.arn : null
  tags                 = { word = local.word }
}

resource "aws_iam_role_policy" "inline" {
  name   = "inline"
  role   = aws_iam_role.worker.id
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = "arn:aws:sqs:*:*:${local.word}" }] })
}

resource "aws_iam_role_policies_exclusive" "worker" {
  role_name    = aws_iam_role.worker.name
  policy_names = [aws_iam_role_policy.inline.name]
}

resource "aws_iam_role" "reader" {
  name_prefix        = "reader-"
  assume_role_policy = jsonencode({ Version = "2012-10-17", Statement = { Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" } })
}

resource "aws_iam_role_policy_attachment" "read" {
  role       = aws_iam_role.reader.name
  policy_arn = var.changed ? aws_iam_policy.read.arn : aws_iam_policy.extra[3].arn
}

resource "aws_iam_role_policy_attachments_exclusive" "reader" {
  role_name   = aws_iam_role.reader.name
  policy_arns = [aws_iam_role_policy_attachment.read.policy_arn]
}

resource "aws_iam_instance_profile" "machine" {
  name = "machine"
  role = var.changed ? aws_iam_role.reader.name : aws_iam_role.worker.name
  tags = { word = local.word }
}

resource "aws_iam_service_linked_role" "this" {
  aws_service_name = "autoscaling.amazonaws.com"
  custom_suffix    = "terraform"
  description      = "Scales ${local.word}"
}

data "aws_iam_role" "worker" {
  name = aws_iam_role.worker.name
}

data "aws_iam_roles" "jobs" {
  path_prefix = "/jobs/"
  depends_on  = [aws_iam_role.worker]
}

data "aws_iam_instance_profile" "machine" {
  name = aws_iam_instance_profile.machine.name
}

data "aws_iam_instance_profiles" "of_role" {
  role_name  = aws_iam_instance_profile.machine.role
  depends_on = [aws_iam_instance_profile.machine]
}

data "aws_iam_session_context" "worker" {
  arn        = "arn:aws:sts::${data.aws_caller_identity.me.account_id}:assumed-role/worker/session"
  depends_on = [aws_iam_role.worker]
}

data "aws_iam_principal_policy_simulation" "worker" {
  policy_source_arn = aws_iam_role.worker.arn
  action_names      = ["sqs:SendMessage"]
  resource_arns     = ["arn:aws:sqs:us-east-1:${data.aws_caller_identity.me.account_id}:${local.word}"]
  context {
    key    = "aws:UserAgent"
    type   = "string"
    values = ["terraform"]
  }
  depends_on = [aws_iam_role_policy.inline]
}

output "seen" {
  value = {
    account     = data.aws_caller_identity.me.account_id
    alias       = data.aws_iam_account_alias.this.account_alias
    allowed     = data.aws_iam_principal_policy_simulation.worker.all_allowed
    by_name     = data.aws_iam_policy.by_name.arn
    certificate = data.aws_iam_server_certificate.this.name
    clients     = data.aws_iam_openid_connect_provider.by_url.client_id_list
    duration    = data.aws_iam_role.worker.max_session_duration
    issuer      = data.aws_iam_session_context.worker.issuer_arn
    keys        = data.aws_iam_access_keys.bob.access_keys[*].status
    members     = sort(data.aws_iam_group.team.users[*].user_name)
    metadata    = data.aws_iam_saml_provider.this.saml_metadata_document == var.saml_metadata[local.step]
    policy      = jsondecode(data.aws_iam_policy.by_arn.policy) == jsondecode(data.aws_iam_policy_document.read.json)
    profile     = data.aws_iam_instance_profile.machine.role_name == data.aws_iam_instance_profiles.of_role.role_name
    profiles    = data.aws_iam_instance_profiles.of_role.names
    roles       = data.aws_iam_roles.jobs.names
    ssh_key     = data.aws_iam_user_ssh_key.bob.status
    user        = data.aws_iam_user.bob.tags
    users       = data.aws_iam_users.all.names
  }
}
