"""Jobs the platform itself needs."""

from __future__ import annotations

import datetime as dt
import logging

from django.conf import settings
from django.db import connection
from django.utils import timezone

from denghuo.core.jobs.registry import periodic

logger = logging.getLogger("denghuo.jobs")


@periodic("17 3 * * *", name="core.event_partitions", retries=5)
def event_partitions() -> None:
    """Keep months of the event log ready ahead of time."""
    from denghuo.core.events.partitions import ensure_partitions

    ensure_partitions()


@periodic("23 4 * * *", name="core.file_orphans", retries=2)
def file_orphans() -> None:
    """Delete the content of uploads that never came to be."""
    from denghuo.core.files.queries import remove_orphans

    remove_orphans()


@periodic("41 3 * * *", name="core.forget_old_jobs", retries=2)
def forget_old_jobs() -> None:
    """Delete finished jobs after ``DENGHUO_JOBS_KEEP_DAYS`` (14), effects after ``DENGHUO_EFFECTS_KEEP_DAYS`` (400).

    An effect's key must outlive every job that could repeat it, hence the long keep.
    """
    now = timezone.now()
    jobs = now - dt.timedelta(days=getattr(settings, "DENGHUO_JOBS_KEEP_DAYS", 14))
    effects = now - dt.timedelta(days=getattr(settings, "DENGHUO_EFFECTS_KEEP_DAYS", 400))
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs j WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')"
            " AND NOT EXISTS (SELECT 1 FROM procrastinate_events e WHERE e.job_id = j.id AND e.at > %s)",
            [jobs],
        )
        cursor.execute("DELETE FROM core_jobprogress WHERE updated_at < %s", [jobs])
        cursor.execute("DELETE FROM core_jobeffect WHERE created_at < %s", [effects])
