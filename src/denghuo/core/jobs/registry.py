"""Declaring background jobs and putting them into the queue."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Generic, ParamSpec, cast

from django.db import transaction
from procrastinate import RetryStrategy, tasks
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import AlreadyEnqueued, JobAborted
from procrastinate.job_context import JobContext
from procrastinate.manager import JobManager

logger = logging.getLogger("denghuo.jobs")

P = ParamSpec("P")

# Always Django's connection, also inside a worker whose own bookkeeping runs on an asynchronous pool: a job enqueued
# by an action or by another job exists exactly if that transaction commits.
_queue = JobManager(DjangoConnector())

current: ContextVar[JobContext | None] = ContextVar("denghuo_job", default=None)


class Cancelled(JobAborted):
    """Somebody asked for the running job to stop. Let it pass through; the job ends as cancelled and is not retried."""


@dataclass(frozen=True)
class Job(Generic[P]):
    """A declared job. Calling it runs the function here and now; :func:`enqueue` runs it in a worker."""

    name: str
    queue: str
    retries: int
    lock: str | None
    function: Callable[P, object]

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> object:
        return self.function(*args, **kwargs)


JOBS: dict[str, Job[Any]] = {}


def job(
    *, queue: str = "default", retries: int = 8, name: str | None = None, lock: str | None = None
) -> Callable[[Callable[P, object]], Job[P]]:
    """Declare a function as a background job (in an app's ``jobs.py``). Its arguments must be JSON values.

    A job may run more than once: its worker can be killed after the work and before the note of it. Wrap what must
    happen once in :func:`denghuo.core.jobs.once`. An exception is retried ``retries`` times with growing pauses
    (seconds: 1, 4, 9, …); a killed worker's job is taken up by another. Jobs with one ``lock`` never run side by side.
    """

    def decorate(function: Callable[P, object]) -> Job[P]:
        return _register(function, name=name, queue=queue, retries=retries, lock=lock)

    return decorate


def periodic(
    when: str | int, *, queue: str = "default", name: str | None = None, retries: int = 0
) -> Callable[[Callable[[], object]], Job[[]]]:
    """Run a function without arguments by the clock: a cron line, or every so many seconds.

    Any number of workers may run: each due moment gives one job. A run that is still waiting or working when the next
    is due takes its place. Seconds must divide a minute, an hour or a day.
    """

    def decorate(function: Callable[[], object]) -> Job[[]]:
        declared = _register(function, name=name, queue=queue, retries=retries, lock=None, periodic=True)
        task = app.tasks[declared.name]
        app.periodic(cron=cron_line(when), queueing_lock=declared.name, lock=declared.name)(task)
        return declared

    return decorate


def cron_line(when: str | int) -> str:
    """A cron line (a sixth column is seconds) from a cron line or a number of seconds; raises ValueError."""
    if isinstance(when, str):
        return when
    if 0 < when < 60 and 60 % when == 0:
        return f"* * * * * */{when}"
    minutes, rest = divmod(when, 60)
    if rest == 0 and 0 < minutes < 60 and 60 % minutes == 0:
        return f"*/{minutes} * * * *"
    hours, rest = divmod(when, 3600)
    if rest == 0 and 0 < hours <= 24 and 24 % hours == 0:
        return f"0 */{hours} * * *" if hours < 24 else "0 0 * * *"
    raise ValueError(f"{when} seconds do not divide a minute, an hour or a day; write a cron line")


class _Pauses(RetryStrategy):
    """1, 4, 9, … seconds between tries, at most five minutes."""

    def get_retry_decision(self, *, exception: BaseException, job: Any) -> Any:
        from procrastinate import RetryDecision

        if isinstance(exception, Cancelled):
            return None
        if isinstance(exception, JobAborted):  # the worker is shutting down; not the job's fault
            return RetryDecision(retry_in={"seconds": 0})
        if self.max_attempts is not None and job.attempts >= self.max_attempts:
            return None
        return RetryDecision(retry_in={"seconds": min(300, (job.attempts + 1) ** 2)})


def _register(
    function: Callable[P, object],
    *,
    name: str | None,
    queue: str,
    retries: int,
    lock: str | None,
    periodic: bool = False,
) -> Job[P]:
    full = name or f"{function.__module__}.{function.__qualname__}"
    if full in JOBS:
        raise RuntimeError(f"job {full!r} is declared twice")
    declared = Job(full, queue, retries, lock, function)
    work = cast("Callable[..., object]", function)

    def run(context: JobContext, /, **kwargs: Any) -> None:
        from denghuo.core.jobs.progressing import following

        if periodic:
            kwargs.pop("timestamp", None)
        token = current.set(context)
        try:
            with following(context.job.id):
                work(**kwargs)
        finally:
            current.reset(token)

    app.task(name=full, queue=queue, pass_context=True, retry=_Pauses(max_attempts=retries), lock=lock)(run)
    JOBS[full] = declared
    return declared


def enqueue(
    job: Job[Any],
    /,
    *,
    idempotency_key: str | None = None,
    schedule_at: dt.datetime | None = None,
    priority: int = 0,
    **kwargs: Any,
) -> int:
    """Put a job into the queue in the current transaction; returns its number.

    With ``idempotency_key`` the same job is enqueued once ever for that key; a second call returns the first number.
    ``schedule_at`` (aware) is the earliest start; higher ``priority`` goes first. Raises TypeError for arguments that
    are not JSON values: pass ids, not objects.
    """
    try:
        json.dumps(kwargs)
    except TypeError as error:
        raise TypeError(f"arguments of job {job.name} must be JSON values: {error}") from None
    if schedule_at is not None and schedule_at.tzinfo is None:
        raise ValueError("schedule_at must carry a time zone")
    if idempotency_key is None:
        return _defer(job, schedule_at, priority, kwargs)
    from denghuo.core.jobs.effects import claim, enqueued_job, note_job

    key = f"enqueue:{job.name}:{idempotency_key}"
    with transaction.atomic():
        if not claim(key):
            return enqueued_job(key)
        number = _defer(job, schedule_at, priority, kwargs)
        note_job(key, number)
    return number


def _defer(job: Job[Any], schedule_at: dt.datetime | None, priority: int, kwargs: dict[str, Any]) -> int:
    deferrer = tasks.configure_task(
        name=job.name, job_manager=_queue, queue=job.queue, lock=job.lock, schedule_at=schedule_at, priority=priority
    )
    return int(deferrer.defer(**kwargs))


__all__ = ["JOBS", "AlreadyEnqueued", "Cancelled", "Job", "cron_line", "current", "enqueue", "job", "periodic"]
