from policies.operations import attachments as attachments
from policies.operations import authorization_details as authorization_details
from policies.operations import entities as entities
from policies.operations import inline as inline
from policies.operations import permissions_boundaries as permissions_boundaries
from policies.operations import policies as policies
from policies.operations import tags as tags
from policies.operations import versions as versions
