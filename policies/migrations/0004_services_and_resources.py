import django.db.models.deletion
from django.db import migrations, models

from accounts.tenancy import Tenant

ACCOUNT = models.ForeignKey(
    db_constraint=False,
    on_delete=django.db.models.deletion.DO_NOTHING,
    related_name="+",
    to="accounts.account",
)

# Whose a resource is must be known before its owner's account can be entered. These cross the wall
# for exactly that.
OWNERS = """
CREATE FUNCTION iamsite_resource_owner(arns text[]) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT account_id FROM policies_registeredresource WHERE arn = ANY (arns) LIMIT 1
$$;

-- Whether another account has the resource, one that it is part of, or a part of it. Only ARNs
-- without an account can clash; asking takes turns until the end of the transaction.
CREATE FUNCTION iamsite_resource_is_taken(wanted text, arns text[], mine text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('iamsite_resource'));
    RETURN EXISTS (
        SELECT FROM policies_registeredresource WHERE account_id <> mine
            AND (arn = ANY (arns) OR starts_with(arn, wanted || '/')
                 OR starts_with(arn, wanted || ':')));
END $$;
"""
UNDO = """
DROP FUNCTION iamsite_resource_owner(text[]);
DROP FUNCTION iamsite_resource_is_taken(text, text[], text);
"""


class Migration(migrations.Migration):
    dependencies = [("policies", "0003_names_in_lower_case")]

    operations = [
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("prefix", models.CharField(max_length=64)),
                ("name", models.CharField(max_length=128)),
                ("principal", models.CharField(max_length=128)),
                ("actions", models.JSONField(default=list)),
                ("resource_types", models.JSONField(default=list)),
                ("condition_keys", models.JSONField(default=list)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("account", ACCOUNT),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "prefix"), name="service_prefix_unique"
                    ),
                    models.UniqueConstraint(
                        fields=("account", "principal"), name="service_principal_unique"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RegisteredResource",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("arn", models.CharField(max_length=1024, unique=True)),
                ("service", models.CharField(max_length=64)),
                ("policy", models.TextField(default="")),
                ("pins", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField(null=True)),
                ("account", ACCOUNT.clone()),
            ],
            options={"abstract": False},
        ),
        Tenant("policies_service"),
        Tenant("policies_registeredresource"),
        migrations.RunSQL(OWNERS, UNDO),
    ]
