from django.db import migrations, models

# A passkey tells who signs in: the account of a credential that the asker can spell in full.
LOOKUP = """
CREATE FUNCTION iamsite_account_of_credential(wanted bytea) RETURNS text
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT d.account_id FROM identities_mfadevice d WHERE d.credential_id = wanted
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("identities", "0013_last_access")]

    operations = [
        migrations.AlterField(
            model_name="mfadevice", name="seed", field=models.BinaryField(default=b"")
        ),
        migrations.AddField(
            model_name="mfadevice",
            name="credential_id",
            field=models.BinaryField(null=True, unique=True),
        ),
        migrations.AddField(
            model_name="mfadevice", name="public_key", field=models.BinaryField(default=b"")
        ),
        migrations.AddField(
            model_name="mfadevice", name="sign_count", field=models.BigIntegerField(default=0)
        ),
        migrations.AddField(
            model_name="mfadevice", name="transports", field=models.JSONField(default=list)
        ),
        migrations.AddConstraint(
            model_name="mfadevice",
            constraint=models.CheckConstraint(
                condition=models.Q(credential_id__isnull=True) | ~models.Q(holder=""),
                name="mfa_key_is_held",
            ),
        ),
        migrations.RunSQL(LOOKUP, "DROP FUNCTION iamsite_account_of_credential(bytea);"),
    ]
