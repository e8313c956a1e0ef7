from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_console_sessions")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["account", "request_id"], name="event_request"),
        ),
    ]
