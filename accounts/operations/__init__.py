from accounts.operations import alias as alias
from accounts.operations import password_policy as password_policy
from accounts.operations import summary as summary
