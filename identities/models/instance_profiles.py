from __future__ import annotations

from django.db import models

from identities.models.principals import Named, Role


class InstanceProfile(Named):
    """What hands a role to the programs on a machine; it holds one role at most."""

    KIND = "instance-profile"

    role = models.ForeignKey(
        Role,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        null=True,
        related_name="instance_profiles",
    )
    tags = models.JSONField(default=dict)

    class Meta(Named.Meta):
        pass
