data "aws_iam_policy_document" "read" {
  statement {
    actions   = ["s3:Get*", "s3:List*"]
    resources = ["arn:aws:s3:::reports", "arn:aws:s3:::reports/${local.word}/*"]
    condition {
      test     = "StringLike"
      variable = "aws:UserAgent"
      values   = ["*"]
    }
  }
}

resource "aws_iam_policy" "read" {
  name        = "read"
  path        = "/data/"
  description = "Reads reports"
  policy      = data.aws_iam_policy_document.read.json
  tags        = { word = local.word }
}

resource "aws_iam_policy" "extra" {
  count       = 4
  name_prefix = "extra-"
  policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = "sqs:*", Resource = "*" }] })
}

resource "aws_iam_policy" "boundary" {
  name   = "boundary"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Allow", Action = ["s3:*", "sqs:*"], Resource = "*" }] })
}

# Everyone who has the policy, exclusively.
resource "aws_iam_policy_attachment" "extra" {
  name       = "extra"
  policy_arn = aws_iam_policy.extra[0].arn
  users      = [aws_iam_user.bob.name]
  groups     = var.changed ? [] : [aws_iam_group.third.name]
  roles      = var.changed ? [aws_iam_role.worker.name] : []
}

data "aws_iam_policy" "by_arn" {
  arn = aws_iam_policy.read.arn
}

data "aws_iam_policy" "by_name" {
  name       = "AdministratorAccess"
  depends_on = [aws_iam_policy.read]
}
