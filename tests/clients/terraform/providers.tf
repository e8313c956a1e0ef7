# The endpoint, the region and the credentials come from the environment, as with AWS.
terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

provider "aws" {
  default_tags {
    tags = { managed-by = "terraform" }
  }
}

variable "changed" {
  type = bool
}

variable "alias" {
  type = string
}

variable "certificate" {
  type = object({ body = string, chain = string, private_key = string })
}

variable "signing_certificate" {
  type = string
}

variable "ssh_key" {
  type = string
}

variable "saml_metadata" {
  type = list(string)
}

data "aws_caller_identity" "me" {}

locals {
  step = var.changed ? 1 : 0
  word = ["before", "after"][local.step]
}
