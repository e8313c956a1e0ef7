from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identities", "0022_console_idle")]

    operations = [
        migrations.AddField(
            model_name="mfadevice",
            name="certifications",
            field=models.JSONField(default=dict, db_default=models.Value({}, models.JSONField())),
        ),
    ]
