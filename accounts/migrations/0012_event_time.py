from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_root_recovery")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["account", "at"], include=["outcome"], name="event_time"),
        ),
    ]
