"""Mean handling times of a queue are read by queue and time."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0005_shipped_texts")]

    operations = [
        migrations.AddIndex(
            model_name="contactleg",
            index=models.Index(fields=["queue", "-offered_at"], name="contacts_leg_queue"),
        ),
    ]
