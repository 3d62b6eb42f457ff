"""Outages entered before information had channels and plans: released everywhere, by the plan they were announced with."""

from __future__ import annotations

from django.db import migrations

FORWARD = """
UPDATE grid_outage SET
    channels = ARRAY['desk', 'map', 'web_hall', 'wechat', 'bot']::varchar[],
    start_confirmed = state IN ('active', 'restored'),
    planned_start_at = CASE WHEN kind <> 'fault' THEN started_at END,
    planned_end_at = CASE WHEN kind <> 'fault' THEN expected_at END,
    published_at = COALESCE(
        (SELECT min(at) FROM core_event
          WHERE subject_kind = 'outage' AND subject_id = grid_outage.id AND kind = 'outage.opened'),
        started_at)
WHERE published_at IS NULL AND channels = '{}';
"""


class Migration(migrations.Migration):
    dependencies = [("grid", "0002_outage_information"), ("core", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]
