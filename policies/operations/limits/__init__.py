"""What an organization's limits mean for its members before they change."""

from policies.operations.limits import preview as preview
