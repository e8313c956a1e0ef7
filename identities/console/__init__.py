"""The console's pages of users, groups, roles and their credentials."""
