from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_tenancy")]

    operations = [
        migrations.CreateModel(
            name="Attempts",
            fields=[
                ("digest", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("count", models.PositiveIntegerField(default=0)),
                ("since", models.DateTimeField(db_index=True)),
            ],
        ),
    ]
