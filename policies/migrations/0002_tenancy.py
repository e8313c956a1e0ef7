from django.db import migrations

from accounts.tenancy import References, Tenant

POLICY = ("policy_account_id", "policy_id")


class Migration(migrations.Migration):
    dependencies = [("policies", "0001_initial"), ("accounts", "0002_tenancy")]

    operations = [
        Tenant("policies_policy", shared=True),
        Tenant("policies_policyversion", shared=True),
        Tenant("policies_inlinepolicy"),
        Tenant("policies_attachment"),
        Tenant("policies_boundary", key="principal_id"),
        References(
            "policies_policyversion", ("account_id", "policy_id"), "policies_policy", cascade=True
        ),
        References("policies_attachment", POLICY, "policies_policy"),
        References("policies_boundary", POLICY, "policies_policy"),
    ]
