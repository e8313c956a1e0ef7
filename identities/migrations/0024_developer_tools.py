from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identities", "0023_certifications_of_keys")]

    operations = [
        migrations.AddField(
            model_name="consolesession", name="login", field=models.JSONField(null=True)
        ),
    ]
