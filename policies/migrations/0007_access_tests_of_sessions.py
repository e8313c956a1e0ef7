from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("policies", "0006_access_tests")]

    operations = [
        migrations.AddField(
            "accesstest", "session_policy", models.TextField(db_default="", default="")
        ),
        migrations.AddField(
            "accesstest",
            "session_policy_arns",
            models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
    ]
