"""The running part of a request's number; it turns over after ten million, long after the date part has changed."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("requests", "0002_notes_and_supervision")]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE requests_number AS bigint MINVALUE 1 MAXVALUE 9999999 CYCLE",
            "DROP SEQUENCE requests_number",
        ),
    ]
