"""Which resources a simulation of an EC2 launch must name (IAM, `ResourceHandlingOption`)."""

from __future__ import annotations

from collections.abc import Sequence

from iamsite.operations.errors import invalid_input

_CLASSIC = ("instance", "image", "security-group")
_VPC = (*_CLASSIC, "network-interface")
SCENARIOS = {
    "EC2-Classic-InstanceStore": _CLASSIC,
    "EC2-Classic-EBS": (*_CLASSIC, "volume"),
    "EC2-VPC-InstanceStore": _VPC,
    "EC2-VPC-InstanceStore-Subnet": (*_VPC, "subnet"),
    "EC2-VPC-EBS": (*_VPC, "volume"),
    "EC2-VPC-EBS-Subnet": (*_VPC, "subnet", "volume"),
}


def check_scenario(option: str | None, resources: Sequence[str]) -> None:
    """Raises InvalidInput for an unknown scenario, or one whose resources are not all there."""
    if option is None:
        return
    if option not in SCENARIOS:
        known = ", ".join(SCENARIOS)
        raise invalid_input(f"ResourceHandlingOption {option} is not known: it is one of {known}.")
    parts = [arn.split(":", 5) for arn in resources]
    named = {part[5].partition("/")[0] for part in parts if len(part) == 6 and part[2] == "ec2"}
    missing = [kind for kind in SCENARIOS[option] if kind not in named]
    if missing:
        raise invalid_input(
            f"The scenario {option} needs a resource of each of these types: {', '.join(missing)}."
        )
