from accounts.operations import account as account
from accounts.operations import alias as alias
from accounts.operations import credential_report as credential_report
from accounts.operations import password_policy as password_policy
from accounts.operations import preferences as preferences
from accounts.operations import root as root
from accounts.operations import summary as summary
from accounts.operations import trail as trail
