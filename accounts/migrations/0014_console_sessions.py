from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0013_organization_resource_policy")]

    operations = [
        migrations.AddField(
            model_name="account",
            name="console_session_seconds",
            field=models.PositiveIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="account",
            name="console_idle_seconds",
            field=models.PositiveIntegerField(null=True),
        ),
    ]
