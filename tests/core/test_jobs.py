"""Background work: exists with its transaction, survives its worker, has its effect once."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jobs_samples as samples
import pytest
from django.db import connection, connections, transaction
from events_support import child_environment, until
from procrastinate.contrib.django.models import ProcrastinateJob

from denghuo.core import jobs
from denghuo.core.jobs.models import JobEffect, JobProgress, JobState
from denghuo.core.jobs.registry import cron_line
from denghuo.core.jobs.upkeep import forget_old_jobs

CHILD = Path(__file__).with_name("jobs_worker_child.py")


# --- enqueueing


@pytest.mark.django_db
def test_a_job_exists_exactly_if_its_transaction_commits() -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        jobs.enqueue(samples.effect, number=1)
        raise RuntimeError
    assert not ProcrastinateJob.objects.exists()
    number = jobs.enqueue(samples.effect, number=1, priority=3)
    row = ProcrastinateJob.objects.get(pk=number)
    assert (row.task_name, row.args, row.status, row.priority) == ("sample.effect", {"number": 1}, "todo", 3)


@pytest.mark.django_db
def test_one_key_enqueues_one_job() -> None:
    first = jobs.enqueue(samples.effect, idempotency_key="k", number=1)
    assert jobs.enqueue(samples.effect, idempotency_key="k", number=1) == first
    assert jobs.enqueue(samples.effect, idempotency_key="other", number=1) != first
    assert ProcrastinateJob.objects.count() == 2


@pytest.mark.django_db
def test_a_job_can_wait_for_its_time() -> None:
    at = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    assert ProcrastinateJob.objects.get(pk=jobs.enqueue(samples.effect, schedule_at=at, number=1)).scheduled_at == at
    with pytest.raises(ValueError, match="time zone"):
        jobs.enqueue(samples.effect, schedule_at=at.replace(tzinfo=None), number=1)


@pytest.mark.django_db
def test_objects_are_no_arguments_of_a_job() -> None:
    with pytest.raises(TypeError, match="JSON"):
        jobs.enqueue(samples.effect, number=object())


@pytest.mark.parametrize(
    ("when", "line"),
    [(10, "* * * * * */10"), (60, "*/1 * * * *"), (900, "*/15 * * * *"), (7200, "0 */2 * * *"), (86400, "0 0 * * *"),
     ("5 4 * * *", "5 4 * * *")],
)  # fmt: skip
def test_seconds_become_a_cron_line(when: int | str, line: str) -> None:
    assert cron_line(when) == line


@pytest.mark.parametrize("when", [0, 7, 61, 100000])
def test_seconds_that_divide_nothing_are_refused(when: int) -> None:
    with pytest.raises(ValueError, match="cron"):
        cron_line(when)


# --- once


@pytest.mark.django_db
def test_an_effect_that_failed_was_not_the_once() -> None:
    with pytest.raises(RuntimeError), jobs.once("bill:1") as first:
        assert first
        raise RuntimeError
    done: list[int] = []
    assert jobs.do_once("bill:1", lambda: done.append(1))
    assert not jobs.do_once("bill:1", lambda: done.append(2))
    assert done == [1]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_the_same_moment_one_has_the_effect() -> None:
    wins: list[bool] = []
    together = threading.Barrier(4)

    def attempt() -> None:
        together.wait(30)
        with jobs.once("race") as first:
            wins.append(first)
        connections.close_all()

    threads = [threading.Thread(target=attempt) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(wins) == [False, False, False, True]


@pytest.mark.django_db
def test_old_traces_are_forgotten_and_fresh_ones_kept() -> None:
    jobs.do_once("old", lambda: None)
    JobEffect.objects.update(created_at=dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
    jobs.do_once("fresh", lambda: None)
    forget_old_jobs()
    assert list(JobEffect.objects.values_list("key", flat=True)) == ["fresh"]


# --- workers


@pytest.fixture
def tables(transactional_db: None) -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")
        cursor.execute(
            "CREATE TABLE test_run (number int); CREATE TABLE test_effect (number int);"
            " CREATE TABLE test_tick (at timestamptz DEFAULT now())"
        )
    yield
    with connection.cursor() as cursor:
        # Tables of the queue are not Django's: they are not emptied between tests.
        cursor.execute("DROP TABLE test_run, test_effect, test_tick")
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers, procrastinate_periodic_defers CASCADE")


class Worker:
    """A worker process that may be killed and started again."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment: dict[str, str] = {**child_environment(), "DENGHUO_JOBS_STALLED_SECONDS": "1.5"}
        self.process = subprocess.Popen([sys.executable, str(CHILD)], env=environment)

    def end(self, number: int) -> int:
        assert self.process is not None
        os.kill(self.process.pid, number)
        return self.process.wait(60)


@pytest.fixture
def worker(tables: None) -> Iterator[Worker]:
    made = Worker()
    made.start()
    yield made
    if made.process is not None and made.process.poll() is None:
        made.end(signal.SIGKILL)


def rows(table: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT number FROM {table} ORDER BY number")
        return [row[0] for row in cursor.fetchall()]


def status(job_id: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job_id).status)


def test_a_job_whose_worker_is_killed_is_run_again_and_its_effect_counts_once(worker: Worker) -> None:
    """Killed once before and once after the effect."""
    first = jobs.enqueue(samples.effect, number=1, seconds=0.7)
    until(lambda: rows("test_run") == [1])
    worker.end(signal.SIGKILL)
    worker.start()
    until(lambda: rows("test_effect") == [1])
    worker.end(signal.SIGKILL)
    assert status(first) == "doing", "killed before the job was noted as done"
    worker.start()
    until(lambda: status(first) == "succeeded")
    assert len(rows("test_run")) == 3
    assert rows("test_effect") == [1]


def test_a_worker_told_to_stop_finishes_its_job(worker: Worker) -> None:
    number = jobs.enqueue(samples.effect, number=1, seconds=0.3)
    until(lambda: rows("test_run") == [1])
    assert worker.end(signal.SIGTERM) == 0
    assert status(number) == "succeeded"


def test_a_worker_survives_losing_its_database(worker: Worker) -> None:
    number = jobs.enqueue(samples.effect, number=1)
    until(lambda: status(number) == "succeeded")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    number = jobs.enqueue(samples.effect, number=2)
    until(lambda: status(number) == "succeeded")
    assert rows("test_effect") == [1, 2]
    assert worker.process is not None
    assert worker.process.poll() is None


def test_a_failing_job_is_tried_again_and_then_given_up(worker: Worker) -> None:
    number = jobs.enqueue(samples.failing, number=4)
    until(lambda: status(number) == "failed")
    assert rows("test_run") == [4, 4, 4]


def test_a_long_job_shows_its_progress_and_can_be_stopped(worker: Worker) -> None:
    with transaction.atomic():
        number = jobs.enqueue(samples.long, total=5000)
        jobs.announce(number, "sample", 5000)
    until(lambda: JobProgress.objects.get(pk=number).done > 0)
    shown = JobProgress.objects.get(pk=number)
    assert (shown.state, shown.total) == (JobState.RUNNING, 5000)
    assert jobs.cancel(number)
    until(lambda: JobProgress.objects.get(pk=number).state == JobState.CANCELLED)
    until(lambda: status(number) == "aborted")


def test_a_periodic_job_runs_by_the_clock(worker: Worker) -> None:
    def ticks() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM test_tick")
            return int(cursor.fetchone()[0])

    until(lambda: ticks() >= 2)


def test_a_dead_run_whose_successor_waits_is_ended_and_a_job_that_kills_workers_is_given_up(tables: None) -> None:
    """Both kinds of job that must not simply be put back into the queue."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (task_name, queue_name, args, queueing_lock, status, scheduled_at)"
            " VALUES ('sample.effect', 'default', '{\"number\": 8}', 'q', 'todo', now() + interval '1 day'),"
            " ('sample.effect', 'default', '{\"number\": 9}', 'r', 'todo', null),"
            " ('sample.failing', 'default', '{\"number\": 7}', null, 'todo', null)"
        )
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', attempts = 3 WHERE queueing_lock IS DISTINCT FROM 'q'"
        )
        cursor.execute("UPDATE procrastinate_jobs SET queueing_lock = 'q' WHERE queueing_lock = 'r'")
    made = Worker()
    made.start()
    try:
        until(lambda: not ProcrastinateJob.objects.filter(status="doing").exists())
    finally:
        made.end(signal.SIGKILL)
    ended = ProcrastinateJob.objects.filter(status="failed").values_list("args__number", flat=True)
    assert sorted(ended) == [7, 9]
    assert rows("test_run") == []


@pytest.mark.django_db
def test_a_waiting_job_that_is_cancelled_never_starts() -> None:
    number = jobs.enqueue(samples.long, total=10)
    jobs.announce(number, "sample", 10)
    assert jobs.cancel(number)
    assert status(number) == "cancelled"
    assert JobProgress.objects.get(pk=number).state == JobState.CANCELLED
    assert not jobs.cancel(number)


@pytest.mark.django_db
def test_called_directly_a_job_just_runs() -> None:
    samples.long(3)
    assert not JobProgress.objects.exists()


def declared() -> dict[str, Any]:
    from denghuo.core.jobs.registry import JOBS

    return JOBS


def test_the_platforms_own_jobs_are_declared() -> None:
    assert {"core.event_partitions", "core.forget_old_jobs"} <= declared().keys()
