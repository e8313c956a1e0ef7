from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identities", "0018_delegation")]

    operations = [
        migrations.AddField(
            model_name="role",
            name="template",
            field=models.JSONField(default=dict, db_default=models.Value({}, models.JSONField())),
        ),
    ]
