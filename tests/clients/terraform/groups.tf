resource "aws_iam_group" "team" {
  name = "team-${local.word}"
  path = "/${local.word}/"
}

resource "aws_iam_group" "other" {
  name = "other"
}

resource "aws_iam_group" "third" {
  name = "third"
}

resource "aws_iam_group_membership" "team" {
  name  = "team"
  group = aws_iam_group.team.name
  users = var.changed ? [aws_iam_user.dora.name] : [aws_iam_user.bob.name, aws_iam_user.dora.name]
}

resource "aws_iam_group_policy" "inline" {
  name_prefix = "inline-"
  group       = aws_iam_group.team.name
  policy      = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Action = "s3:Delete*", Resource = "arn:aws:s3:::${local.word}/*" }] })
}

resource "aws_iam_group_policies_exclusive" "team" {
  group_name   = aws_iam_group.team.name
  policy_names = [aws_iam_group_policy.inline.name]
}

resource "aws_iam_group_policy_attachment" "read" {
  group      = aws_iam_group.other.name
  policy_arn = var.changed ? aws_iam_policy.read.arn : aws_iam_policy.extra[2].arn
}

resource "aws_iam_group_policy_attachments_exclusive" "other" {
  group_name  = aws_iam_group.other.name
  policy_arns = [aws_iam_group_policy_attachment.read.policy_arn]
}

data "aws_iam_group" "team" {
  group_name = aws_iam_group.team.name
  depends_on = [aws_iam_group_membership.team]
}
