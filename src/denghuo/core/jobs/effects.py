"""Effects that happen once although the job that causes them may run twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from denghuo.core.jobs.models import JobEffect


@contextmanager
def once(key: str) -> Iterator[bool]:
    """Do something exactly once for ``key``, whichever job, retry or process gets here first::

        with once(f"bill:{period}:{account_id}") as first:
            if first:
                ...writes to this database...

    The key and the writes inside commit together or not at all. A second runner waits for the first to commit. For
    effects outside this database (a message to a gateway) it gives "at most once" per commit; hand the same key on to
    the other side as its idempotency key.
    """
    with transaction.atomic():
        yield claim(key)


def do_once(key: str, effect: Callable[[], object]) -> bool:
    """Call ``effect`` under :func:`once`; whether this call was the one."""
    with once(key) as first:
        if first:
            effect()
    return first


def claim(key: str) -> bool:
    """Write the key in the current transaction; False when it is there already."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO core_jobeffect (key, created_at) VALUES (%s, now()) ON CONFLICT DO NOTHING", [key])
        return bool(cursor.rowcount == 1)


def note_job(key: str, job_id: int) -> None:
    """Remember the job that was enqueued under ``key``."""
    JobEffect.objects.filter(key=key).update(job_id=job_id)


def enqueued_job(key: str) -> int:
    """The job that was enqueued under ``key``."""
    number = JobEffect.objects.values_list("job_id", flat=True).get(key=key)
    if number is None:
        raise LookupError(f"no job was enqueued under {key!r}")
    return number
