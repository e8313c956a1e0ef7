"""Tags of users and roles."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from iamsite.console.tags import EditTags
from identities.console.roles import RoleAction
from identities.console.users import UserAction


class EditUserTags(EditTags, UserAction):
    operation = "TagUser"
    kind = "User"
    title = _("Tags of %(name)s")
    success = _("The tags of %(name)s are saved.")


class EditRoleTags(EditTags, RoleAction):
    operation = "TagRole"
    kind = "Role"
    title = _("Tags of %(name)s")
    success = _("The tags of %(name)s are saved.")
