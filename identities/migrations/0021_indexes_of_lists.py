from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identities", "0020_member_roots")]

    operations = [
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(fields=["account", "group"], name="membership_of_group"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                fields=["account", "created_at", "lower_name", "id"], name="user_by_age"
            ),
        ),
    ]
