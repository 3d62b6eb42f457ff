"""How far a long job has come, and stopping it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import JobAborted
from procrastinate.job_context import AbortReason, JobContext
from procrastinate.manager import JobManager

from denghuo.core.jobs.models import JobProgress, JobState
from denghuo.core.jobs.registry import Cancelled, current

WRITE_EVERY = 0.5  # seconds between writes and looks at the cancel mark; a job may advance a million times


class Progress:
    """Counts for one job; made by :func:`progress`."""

    def __init__(self, job_id: int | None, context: JobContext | None) -> None:
        self.job_id = job_id
        self.done = 0
        self._context = context
        self._looked = 0.0

    def advance(self, steps: int = 1) -> None:
        """Count ``steps`` more as done. Raises :class:`Cancelled` when somebody asked the job to stop.

        Inside a transaction only the count in memory moves: a row written there would be invisible to those who watch
        and would hold up those who cancel.
        """
        self.done += steps
        now = time.monotonic()
        if now - self._looked < WRITE_EVERY:
            return
        self._looked = now
        self.check()
        self.write()

    def check(self) -> None:
        """Raise :class:`Cancelled` if asked to stop; a worker that shuts down gives the job back to the queue."""
        reason = self._context.abort_reason() if self._context else None
        if reason is AbortReason.SHUTDOWN:
            raise JobAborted()
        if reason is AbortReason.USER_REQUEST or self._cancel_requested():
            raise Cancelled()

    def write(self) -> None:
        """Show the count now, unless inside a transaction."""
        if self.job_id is not None and not connection.in_atomic_block:
            JobProgress.objects.filter(pk=self.job_id).update(done=self.done, updated_at=timezone.now())

    def _cancel_requested(self) -> bool:
        if self.job_id is None:
            return False
        return JobProgress.objects.filter(pk=self.job_id, cancel_requested=True).exists()


def progress(label: str, total: int | None = None) -> Progress:
    """Start showing the running job's progress under ``label``; call once, at its beginning, outside a transaction.

    Outside a worker (the function called directly) it counts and shows nothing.
    """
    context = current.get()
    job_id = context.job.id if context else None
    if job_id is not None:
        JobProgress.objects.update_or_create(
            pk=job_id, defaults={"label": label[:200], "total": total, "done": 0, "state": JobState.RUNNING}
        )
    shown = Progress(job_id, context)
    shown.check()
    return shown


def announce(job_id: int, label: str, total: int | None = None) -> JobProgress:
    """Show an enqueued job as waiting, in the transaction that enqueues it."""
    row, _made = JobProgress.objects.get_or_create(pk=job_id, defaults={"label": label[:200], "total": total})
    return row


def cancel(job_id: int) -> bool:
    """Ask a job to stop: a waiting one never starts, a running one ends at its next ``advance()``.

    Returns False when it had already ended.
    """
    JobProgress.objects.filter(pk=job_id).update(cancel_requested=True)
    accepted = bool(JobManager(DjangoConnector()).cancel_job_by_id(job_id, abort=True))
    if accepted:
        JobProgress.objects.filter(pk=job_id, state=JobState.WAITING).update(state=JobState.CANCELLED)
    return accepted


@contextmanager
def following(job_id: int | None) -> Iterator[None]:
    """Write the end of a job into its progress row, if it has one; the worker wraps every job in this."""
    try:
        yield
    except Cancelled:
        _end(job_id, JobState.CANCELLED)
        raise
    except JobAborted:
        _end(job_id, JobState.WAITING)
        raise
    except Exception:
        _end(job_id, JobState.FAILED)
        raise
    _end(job_id, JobState.DONE)


def _end(job_id: int | None, state: JobState) -> None:
    if job_id is None:
        return
    rows = JobProgress.objects.filter(pk=job_id)
    if state is JobState.DONE:
        # What was counted since the last write is shown as complete.
        row = rows.first()
        if row is not None:
            rows.update(state=state, done=row.total if row.total is not None else row.done, updated_at=timezone.now())
        return
    rows.update(state=state, updated_at=timezone.now())
