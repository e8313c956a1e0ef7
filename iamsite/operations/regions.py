"""AWS's regions, as far as they matter where there is only one site."""

from __future__ import annotations

# Those that an account need not enable (AWS General Reference, "Specify which AWS Regions your
# account can use"): launched before 20 March 2019. No region is added to them any more.
DEFAULT_REGIONS = frozenset(
    (
        "ap-northeast-1",
        "ap-northeast-2",
        "ap-northeast-3",
        "ap-south-1",
        "ap-southeast-1",
        "ap-southeast-2",
        "ca-central-1",
        "eu-central-1",
        "eu-north-1",
        "eu-west-1",
        "eu-west-2",
        "eu-west-3",
        "sa-east-1",
        "us-east-1",
        "us-east-2",
        "us-west-1",
        "us-west-2",
    )
)
