"""Addresses of users, groups and roles. A name never holds a slash, so verbs stand after it."""

from django.urls import URLPattern, path

from identities.console import (
    boundaries,
    bulk,
    creation,
    credentials,
    delegation,
    disabling,
    group_copies,
    groups,
    handover,
    importing,
    membership,
    mfa,
    other_credentials,
    own,
    providers,
    revocation,
    role_creation,
    roles,
    rotation,
    service_keys,
    sessions,
    sign_in_clients,
    tags,
    users,
    workloads,
)
from identities.console.user import user
from policies.console.services import ServiceAction

# A verb of the address, and its action.
SERVICE_KEYS: tuple[tuple[str, str, type[ServiceAction]], ...] = (
    ("create", "create", service_keys.CreateServiceKey),
    ("<key>/rotate", "rotate", service_keys.RotateServiceKey),
    ("<key>/deactivate", "deactivate", service_keys.DeactivateServiceKey),
    ("<key>/activate", "activate", service_keys.ActivateServiceKey),
    ("<key>/delete", "delete", service_keys.DeleteServiceKey),
)

# An ARN may hold slashes, so verbs stand before it.
PROVIDER_ACTIONS: tuple[tuple[str, type[providers.ProviderAction], str], ...] = (
    ("delete", providers.DeleteProvider, "delete-provider"),
    ("metadata", providers.UpdateMetadata, "provider-metadata"),
    ("clients/add", providers.AddClientId, "add-client-id"),
    ("clients/remove", providers.RemoveClientId, "remove-client-id"),
    ("thumbprints", providers.EditThumbprints, "edit-thumbprints"),
    ("sign-in/end", sign_in_clients.EndSignIn, "end-sign-in"),
    ("sign-in/edit", sign_in_clients.EditSignIn, "edit-sign-in"),
)

# A verb of the address, its action and route.
REQUEST_ACTIONS: tuple[tuple[str, type[delegation.RequestAction], str], ...] = (
    ("take", delegation.Take, "take-delegation-request"),
    ("hand-on", delegation.HandOn, "hand-on-delegation-request"),
    ("accept", delegation.Accept, "accept-delegation-request"),
    ("reject", delegation.Reject, "reject-delegation-request"),
    ("send", delegation.Send, "send-delegation-token"),
)

urlpatterns: list[URLPattern] = [
    path("users/", users.list_users, name="users"),
    path("users/import", importing.ImportUsers.as_view(), name="import-users"),
    path("users/create", creation.CreateUser.as_view(), name="create-user"),
    path("users/bulk/add-to-group", bulk.AddToGroup.as_view(), name="add-users-to-group"),
    path(
        "users/bulk/deactivate-keys",
        bulk.DeactivateKeys.as_view(),
        name="deactivate-keys-of-users",
    ),
    path("users/bulk/disable", bulk.DisableUsers.as_view(), name="disable-users"),
    path("users/bulk/delete", bulk.DeleteUsers.as_view(), name="delete-users"),
    path("groups/bulk/delete", bulk.DeleteGroups.as_view(), name="delete-groups"),
    path("roles/bulk/delete", bulk.DeleteRoles.as_view(), name="delete-roles"),
    path("users/credentials.csv", handover.credentials_file, name="credentials-file"),
    path("users/<name>/", user, name="user"),
    path("users/<name>/rename", users.RenameUser.as_view(), name="rename-user"),
    path("users/<name>/delete", users.DeleteUser.as_view(), name="delete-user"),
    path("users/<name>/disable", disabling.DisableUser.as_view(), name="disable-user"),
    path("users/<name>/enable", disabling.EnableUser.as_view(), name="enable-user"),
    path("users/<name>/revoke", sessions.RevokeUser.as_view(), name="revoke-user-sessions"),
    path(
        "users/<name>/credentials/<kind>/<key>/<verb>",
        other_credentials.switch,
        name="switch-credential",
    ),
    path("users/<name>/groups", membership.EditGroups.as_view(), name="user-groups"),
    path("users/<name>/boundary", boundaries.EditUserBoundary.as_view(), name="user-boundary"),
    path("users/<name>/tags", tags.EditUserTags.as_view(), name="user-tags"),
    path("users/<name>/keys/create", credentials.CreateKey.as_view(), name="create-key"),
    path(
        "users/<name>/keys/<key>/activate", credentials.ActivateKey.as_view(), name="activate-key"
    ),
    path(
        "users/<name>/keys/<key>/deactivate",
        credentials.DeactivateKey.as_view(),
        name="deactivate-key",
    ),
    path("users/<name>/keys/<key>/delete", credentials.DeleteKey.as_view(), name="delete-key"),
    path("users/<name>/keys/<key>/rotate", rotation.rotate_key, name="rotate-key"),
    path("users/<name>/mfa/key", mfa.AddUserKey.as_view(), name="add-user-key"),
    path("users/<name>/mfa/remove", mfa.RemoveUserDevice.as_view(), name="remove-user-mfa"),
    path("users/<name>/password/create", credentials.CreateLogin.as_view(), name="create-login"),
    path("users/<name>/password/reset", credentials.UpdateLogin.as_view(), name="update-login"),
    path("users/<name>/password/remove", credentials.DeleteLogin.as_view(), name="delete-login"),
    path("groups/", groups.list_groups, name="groups"),
    path("groups/create", groups.CreateGroup.as_view(), name="create-group"),
    path("groups/<name>/", groups.group, name="group"),
    path("groups/<name>/rename", groups.RenameGroup.as_view(), name="rename-group"),
    path("groups/<name>/delete", groups.DeleteGroup.as_view(), name="delete-group"),
    path("groups/<name>/clone", group_copies.CloneGroup.as_view(), name="clone-group"),
    path(
        "groups/<name>/members/<user>/move", group_copies.MoveMember.as_view(), name="move-member"
    ),
    path("groups/<name>/members/add", membership.AddMembers.as_view(), name="add-members"),
    path(
        "groups/<name>/members/<user>/remove",
        membership.RemoveMember.as_view(),
        name="remove-member",
    ),
    path("roles/", roles.list_roles, name="roles"),
    path("roles/create", role_creation.CreateRole.as_view(), name="create-role"),
    path("roles/<name>/", roles.role, name="role"),
    path("roles/<name>/edit", roles.EditRole.as_view(), name="edit-role"),
    path("roles/<name>/trust", roles.EditTrust.as_view(), name="edit-trust"),
    path("roles/<name>/boundary", boundaries.EditRoleBoundary.as_view(), name="role-boundary"),
    path("roles/<name>/tags", tags.EditRoleTags.as_view(), name="role-tags"),
    path("roles/<name>/revoke", revocation.RevokeSessions.as_view(), name="revoke-sessions"),
    path("roles/<name>/delete", roles.DeleteRole.as_view(), name="delete-role"),
    *(
        path(f"services/<prefix>/keys/{verb}", action.as_view(), name=f"{name}-service-key")
        for verb, name, action in SERVICE_KEYS
    ),
    path(
        "services/<prefix>/workloads/register",
        workloads.RegisterProgram.as_view(),
        name="register-program",
    ),
    path("workloads/", workloads.list_workloads, name="workloads"),
    path("workloads/register", workloads.RegisterMachine.as_view(), name="register-machine"),
    path("workloads/<name>/", workloads.workload, name="workload"),
    path("workloads/<name>/edit", workloads.EditWorkload.as_view(), name="edit-workload"),
    path(
        "workloads/<name>/deregister",
        workloads.DeregisterWorkload.as_view(),
        name="deregister-workload",
    ),
    path(
        "workloads/<name>/tokens/create",
        workloads.CreateToken.as_view(),
        name="create-workload-token",
    ),
    path(
        "workloads/<name>/tokens/<token>/delete",
        workloads.DeleteToken.as_view(),
        name="delete-workload-token",
    ),
    path("identity-providers/", providers.list_providers, name="providers"),
    path(
        "identity-providers/create-oidc",
        providers.CreateOIDC.as_view(),
        name="create-oidc",
    ),
    path(
        "identity-providers/create-saml",
        providers.CreateSAML.as_view(),
        name="create-saml",
    ),
    *(
        path(f"identity-providers/{verb}/<path:arn>", action.as_view(), name=name)
        for verb, action, name in PROVIDER_ACTIONS
    ),
    path("identity-providers/<path:arn>", providers.provider, name="provider"),
    path("delegation-requests/", delegation.list_requests, name="delegation-requests"),
    path("delegation-requests/sent", delegation.list_sent, name="sent-delegation-requests"),
    path(
        "delegation-requests/<request_id>/",
        delegation.delegation_request,
        name="delegation-request",
    ),
    *(
        path(f"delegation-requests/<request_id>/{verb}", action.as_view(), name=name)
        for verb, action, name in REQUEST_ACTIONS
    ),
    path("security-credentials", own.security_credentials, name="security-credentials"),
    path("security-credentials/password", own.ChangePassword.as_view(), name="change-password"),
    path("security-credentials/mfa/add", mfa.AddDevice.as_view(), name="add-mfa"),
    path("security-credentials/mfa/key", mfa.AddKey.as_view(), name="add-key"),
    path("security-credentials/mfa/confirm", mfa.ConfirmDevice.as_view(), name="confirm-mfa"),
    path("security-credentials/mfa/remove", mfa.RemoveDevice.as_view(), name="remove-mfa"),
    path("security-credentials/root/lock", own.LockRoot.as_view(), name="lock-root"),
    path("security-credentials/root/unlock", own.UnlockRoot.as_view(), name="unlock-root"),
    path(
        "security-credentials/keys/<key>/rotate",
        rotation.rotate_own_key,
        name="rotate-own-key",
    ),
    path("security-credentials/keys/create", own.CreateOwnKey.as_view(), name="create-own-key"),
    path(
        "security-credentials/keys/<key>/activate",
        own.ActivateOwnKey.as_view(),
        name="activate-own-key",
    ),
    path(
        "security-credentials/keys/<key>/deactivate",
        own.DeactivateOwnKey.as_view(),
        name="deactivate-own-key",
    ),
    path(
        "security-credentials/keys/<key>/delete", own.DeleteOwnKey.as_view(), name="delete-own-key"
    ),
]
