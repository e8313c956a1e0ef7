"""Access across a whole account: who can do what, who can become whom, what a change changes."""

from policies.operations.access import grid as grid
from policies.operations.access import preview as preview
from policies.operations.access import revocations as revocations
from policies.operations.access import trust_graph as trust_graph
from policies.operations.access import who_can as who_can
