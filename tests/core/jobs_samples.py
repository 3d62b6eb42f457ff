"""Jobs that the tests of background work enqueue."""

from __future__ import annotations

from django.db import connection

from denghuo.core.jobs import job, once, periodic, progress


@job(name="sample.effect")
def effect(number: int, seconds: float = 0.0) -> None:
    """Note the start, take a while, have an effect once."""
    run("INSERT INTO test_run (number) VALUES (%s)", number)
    run("SELECT pg_sleep(%s)", seconds)
    with once(f"sample.effect:{number}") as first:
        if first:
            run("INSERT INTO test_effect (number) VALUES (%s)", number)
    # The effect is there, the note that the job is done is not: the worst moment to be killed.
    run("SELECT pg_sleep(%s)", seconds)


@job(name="sample.failing", retries=2)
def failing(number: int) -> None:
    """Always fails."""
    run("INSERT INTO test_run (number) VALUES (%s)", number)
    raise ValueError


@job(name="sample.long")
def long(total: int) -> None:
    """Counts and can be stopped."""
    shown = progress("sample", total)
    for _ in range(total):
        run("SELECT pg_sleep(%s)", 0.01)
        shown.advance()


@periodic(1, name="sample.tick")
def tick() -> None:
    """Note the moment."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO test_tick DEFAULT VALUES")


def run(statement: str, value: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [value])
