from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_operators")]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["account", "-sequence"],
                condition=~models.Q(outcome="Success"),
                name="event_failure",
            ),
        )
    ]
