from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identities", "0006_names_in_lower_case")]

    operations = [
        migrations.AddField(
            model_name="accesskey",
            name="changed_at",
            field=models.DateTimeField(null=True),
        )
    ]
