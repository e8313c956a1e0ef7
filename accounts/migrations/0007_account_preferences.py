from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_credential_report")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="token_version",
            field=models.PositiveSmallIntegerField(default=2, db_default=2),
        ),
        migrations.AddField(
            model_name="account",
            name="properties",
            field=models.JSONField(default=dict),
        ),
    ]
