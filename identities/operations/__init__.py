from identities.operations import users as users
from identities.operations.sts import assume_role as assume_role
from identities.operations.sts import identity as identity
from identities.operations.sts import tokens as tokens
