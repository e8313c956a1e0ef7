from identities.operations import users as users
