"""``python -m denghuo.core.jobs.worker``: run background jobs until told to stop.

procrastinate's worker ends, with exit status 0, when PostgreSQL goes away. This one starts it again with growing
pauses, takes up jobs whose worker was killed, and ends on SIGTERM or SIGINT after the running jobs (at most
``DENGHUO_JOBS_GRACE_SECONDS``, 20; jobs that report progress are then given back to the queue).
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import Any

import psycopg.errors

logger = logging.getLogger("denghuo.jobs")

PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0)


def _setting(name: str, default: float) -> float:
    from django.conf import settings

    return float(os.environ.get(name, "") or getattr(settings, name, default))


STALLED = """
SELECT job.id, job.task_name, job.attempts FROM procrastinate_jobs job
  LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
 WHERE job.status = 'doing'
   AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => %s))
   FOR UPDATE OF job SKIP LOCKED
"""
ALONE = "SELECT pg_try_advisory_xact_lock(hashtext('denghuo_rescue'))"
RETRY = "SELECT procrastinate_retry_job_v2(%s, now(), NULL, NULL, NULL)"
FAIL = "SELECT procrastinate_finish_job_v1(%s, 'failed', false)"


async def rescue(app: Any, seconds: float) -> int:
    """Give jobs whose worker has shown no sign of life for ``seconds`` back to the queue; returns how many.

    A job that has used up its tries is ended as failed: it may be what kills workers. So is one whose successor is
    already waiting (a periodic job), which has nothing left to do. One worker at a time does this.
    """
    from denghuo.core.jobs.registry import JOBS

    rescued = 0
    async with app.connector.pool.connection() as connection, connection.transaction():
        if not (await (await connection.execute(ALONE)).fetchone())[0]:
            return 0
        for job_id, name, attempts in await (await connection.execute(STALLED, [seconds])).fetchall():
            declared = JOBS.get(name)
            if declared is not None and attempts > max(declared.retries, 1):
                logger.error("job %s (%s) ends as failed: its workers died %s times", job_id, name, attempts)
                await connection.execute(FAIL, [job_id])
                continue
            try:
                async with connection.transaction():
                    await connection.execute(RETRY, [job_id])
                rescued += 1
            except psycopg.errors.UniqueViolation:
                await connection.execute(FAIL, [job_id])
    if rescued:
        logger.warning("took up %s jobs whose worker had died", rescued)
    return rescued


async def _rescue_forever(app: Any, seconds: float) -> None:
    while True:
        try:
            await rescue(app, seconds)
        except Exception as error:  # the worker itself notices a lost database and restarts
            logger.warning("could not look for stalled jobs: %s", type(error).__name__)
        await asyncio.sleep(seconds / 3)


async def run(queues: list[str] | None, concurrency: int) -> None:
    """Work until the task is cancelled; starts again whenever the worker ends by itself."""
    from procrastinate.contrib.django import app, connector_params
    from procrastinate.psycopg_connector import PsycopgConnector

    stalled = _setting("DENGHUO_JOBS_STALLED_SECONDS", 15)
    grace = _setting("DENGHUO_JOBS_GRACE_SECONDS", 20)
    pause = 0
    while True:
        connector = PsycopgConnector(kwargs=connector_params(), min_size=1, max_size=concurrency + 3, timeout=10)
        started = asyncio.get_running_loop().time()
        try:
            with app.replace_connector(connector):
                await _work(app, queues, concurrency, stalled, grace)
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # told to stop; procrastinate may swallow the cancellation
                return
            logger.warning("the worker ended by itself; starting it again")
        except Exception as error:
            logger.warning("the worker lost its database (%s); starting it again", type(error).__name__)
        pause = 0 if asyncio.get_running_loop().time() - started > 30 else pause
        await asyncio.sleep(PAUSES[min(pause, len(PAUSES) - 1)])
        pause += 1


async def _work(app: Any, queues: list[str] | None, concurrency: int, stalled: float, grace: float) -> None:
    async with app.open_async():
        side = asyncio.create_task(_rescue_forever(app, stalled))
        try:
            await app.run_worker_async(
                queues=queues,
                concurrency=concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=1.0,
                abort_job_polling_interval=1.0,
                shutdown_graceful_timeout=grace,
                update_heartbeat_interval=stalled / 3,
                stalled_worker_timeout=stalled,
            )
        finally:
            side.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await side


async def _main(queues: list[str] | None, concurrency: int) -> None:
    loop = asyncio.get_running_loop()
    work = asyncio.create_task(run(queues, concurrency))
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await work


def main(arguments: list[str] | None = None) -> int:
    """Command line: ``--queues a,b`` (default all) and ``--concurrency N`` (default 2)."""
    parser = argparse.ArgumentParser(prog="python -m denghuo.core.jobs.worker", description="Run background jobs.")
    parser.add_argument("--queues", help="comma-separated; default: all")
    parser.add_argument("--concurrency", type=int, default=2)
    chosen = parser.parse_args(arguments)

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "denghuo.config.settings")
    import django

    django.setup()
    asyncio.run(_main(chosen.queues.split(",") if chosen.queues else None, chosen.concurrency))
    return 0


if __name__ == "__main__":
    sys.exit(main())
