"""Subscribers: each event's effect exactly once, failures parked, nothing held up for long."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, connections, transaction
from events_support import child_environment, until

from denghuo.core import events
from denghuo.core.actors import Actor
from denghuo.core.events import consumers
from denghuo.core.events.consumers import CONSUMERS, lag, move_cursors, replay_dead, run_once
from denghuo.core.events.kinds import KINDS
from denghuo.core.events.log import NewEvent, own_horizon
from denghuo.core.events.models import ConsumerCursor, DeadEvent
from denghuo.core.events.relay import Relay
from denghuo.core.events.testing import drain, verify_replay

ACTOR = Actor.system("test")
CHILD = Path(__file__).with_name("events_relay_child.py")


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Only this file's subscribers and kinds."""
    kinds, registered = dict(KINDS), dict(CONSUMERS)
    CONSUMERS.clear()
    events.register_kind("sample.counted", fields={"number": int}, label="counted")
    events.register_kind("sample.echoed", fields={"number": int}, label="echoed")
    yield
    for target, before in ((KINDS, kinds), (CONSUMERS, registered)):
        target.clear()
        target.update(before)  # type: ignore[arg-type]


def count(*numbers: int) -> None:
    events.record_many(NewEvent(ACTOR, "sample.counted", ("sample", n), None, {"number": n}) for n in numbers)


@pytest.mark.django_db
def test_a_subscriber_hears_its_kinds_in_order_and_what_it_records_reaches_others() -> None:
    heard: list[tuple[str, int]] = []

    @events.subscriber("echo", kinds={"sample.counted"})
    def echo(event: events.Event) -> None:
        heard.append(("echo", event.payload["number"]))
        events.record(ACTOR, "sample.echoed", ("sample", 1), org=None, payload=event.payload)

    @events.subscriber("last", kinds={"sample.echoed"})
    def last(event: events.Event) -> None:
        heard.append(("last", event.payload["number"]))

    count(1, 2, 3)
    assert drain() == 6
    assert sorted(heard) == [("echo", 1), ("echo", 2), ("echo", 3), ("last", 1), ("last", 2), ("last", 3)]
    assert [number for name, number in heard if name == "last"] == [1, 2, 3]
    assert drain() == 0


@pytest.mark.django_db
def test_an_idle_subscriber_hears_what_comes_later() -> None:
    heard: list[int] = []

    @events.subscriber("idle", kinds={"sample.counted"})
    def idle(event: events.Event) -> None:
        heard.append(event.payload["number"])

    assert drain() == 0
    count(1)
    assert drain() == 1
    assert drain() == 0
    count(2)
    drain()
    assert heard == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_an_idle_subscriber_follows_the_log_without_losing_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []
    monkeypatch.setattr(consumers, "IDLE_STEP", 0)

    @events.subscriber("idle", kinds={"sample.counted"})
    def idle(event: events.Event) -> None:
        heard.append(event.payload["number"])

    for number in range(5):
        run_once()
        count(number)
        events.record(ACTOR, "sample.echoed", ("sample", 1), org=None, payload={"number": number})
    until(lambda: run_once() == 0 and len(heard) == 5)
    assert heard == [0, 1, 2, 3, 4]


@pytest.mark.django_db
def test_what_follows_from_an_event_carries_its_correlation() -> None:
    @events.subscriber("echo", kinds={"sample.counted"})
    def echo(event: events.Event) -> None:
        events.record(ACTOR, "sample.echoed", ("sample", 1), org=None, payload=event.payload)

    with events.correlated() as correlation:
        count(1)
    drain()
    assert {event.correlation for event in events.Event.objects.all()} == {correlation}


@pytest.mark.django_db
def test_a_poison_event_is_parked_without_its_data_and_the_rest_goes_on() -> None:
    heard: list[int] = []
    tries: list[int] = []

    @events.subscriber("picky", kinds={"sample.counted"}, attempts=3)
    def picky(event: events.Event) -> None:
        if event.payload["number"] == 2:
            tries.append(2)
            events.record(ACTOR, "sample.echoed", ("sample", 2), org=None, payload={"number": 2})
            raise ValueError("phone 13800000000 is odd")
        heard.append(event.payload["number"])

    count(1, 2, 3)
    drain()
    assert heard == [1, 3]
    assert tries == [2, 2, 2]
    dead = DeadEvent.objects.get()
    assert (dead.consumer, dead.kind, dead.attempts) == ("picky", "sample.counted", 3)
    assert "ValueError" in dead.error
    assert "in picky" in dead.error
    assert "13800000000" not in dead.error
    assert not events.Event.objects.filter(kind="sample.echoed").exists(), "a failed try leaves nothing behind"


@pytest.mark.django_db
def test_a_failing_event_waits_longer_each_time_and_the_count_survives_the_process() -> None:
    @events.subscriber("failing", kinds={"sample.counted"}, attempts=5)
    def failing(event: events.Event) -> None:
        raise RuntimeError

    count(1)
    below = own_horizon
    run_once(below=below)
    row = ConsumerCursor.objects.get()
    assert row.attempts >= 1
    assert row.retry_at is not None
    tries = row.attempts
    ConsumerCursor.objects.update(retry_at=None)
    run_once(below=below)
    row.refresh_from_db()
    assert row.attempts > tries
    assert lag()[0].failing


@pytest.mark.django_db
def test_a_parked_event_can_be_handed_over_again_once() -> None:
    mended = False
    heard: list[int] = []

    @events.subscriber("mending", kinds={"sample.counted"}, attempts=1)
    def mending(event: events.Event) -> None:
        if not mended:
            raise KeyError
        heard.append(event.payload["number"])

    count(5)
    drain()
    dead = DeadEvent.objects.get()
    with pytest.raises(KeyError), transaction.atomic():
        replay_dead(dead.pk)
    mended = True
    assert replay_dead(dead.pk)
    assert not replay_dead(dead.pk)
    assert heard == [5]
    assert lag()[0].dead == 0


@pytest.mark.django_db
def test_a_handler_that_breaks_a_constraint_does_not_break_the_batch() -> None:
    @events.subscriber("breaking", kinds={"sample.counted"}, attempts=1)
    def breaking(event: events.Event) -> None:
        ConsumerCursor.objects.create(name="breaking")

    count(1, 2)
    drain()
    assert DeadEvent.objects.filter(error__contains=IntegrityError.__name__).count() == 2


@pytest.mark.django_db
def test_a_projection_can_be_rebuilt_from_the_log() -> None:
    total: dict[str, int] = {"sum": 0}

    @events.subscriber("sum", kinds={"sample.counted"})
    def add(event: events.Event) -> None:
        total["sum"] += event.payload["number"]

    count(1, 2, 3)
    assert verify_replay("sum", lambda: dict(total), lambda: total.update(sum=0)) == {"sum": 6}


@pytest.mark.django_db
def test_loaded_history_can_be_skipped() -> None:
    heard: list[int] = []

    @events.subscriber("fresh", kinds={"sample.counted"})
    def fresh(event: events.Event) -> None:
        heard.append(event.payload["number"])

    count(1)
    move_cursors(events.Cursor(own_horizon(), 0))
    assert drain() == 0
    assert heard == []


@pytest.mark.django_db
def test_a_subscriber_for_an_unknown_kind_is_found_at_the_start() -> None:
    events.subscriber("wrong", kinds={"sample.mistyped"})(lambda event: None)
    with pytest.raises(events.UnknownKind, match="sample.mistyped"):
        consumers.check_kinds()


@pytest.mark.django_db(transaction=True)
def test_two_relays_never_run_one_subscriber_at_once() -> None:
    inside, release = threading.Event(), threading.Event()
    calls: list[int] = []

    @events.subscriber("single", kinds={"sample.counted"})
    def single(event: events.Event) -> None:
        calls.append(event.payload["number"])
        inside.set()
        release.wait(30)

    count(1)

    def first() -> None:
        until(lambda: run_once() > 0)
        connections.close_all()

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(60)
    assert run_once() == 0
    release.set()
    thread.join()
    assert calls == [1]
    assert run_once() == 0


@pytest.mark.django_db(transaction=True)
def test_the_relay_survives_losing_its_database() -> None:
    heard: list[int] = []
    relay = Relay()

    @events.subscriber("lost", kinds={"sample.counted"}, attempts=1)
    def lost(event: events.Event) -> None:
        heard.append(event.payload["number"])
        if len(heard) == 1:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        if len(heard) >= 3:
            relay.stop()

    count(1, 2)
    thread = threading.Thread(target=lambda: (relay.run(), connections.close_all()))
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    assert heard == [1, 1, 2], "the lost connection is not the event's fault: tried again, not parked"
    assert not DeadEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_relay_killed_again_and_again_has_every_effect_exactly_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE test_effect (event_id bigint, number bigint)")
    try:
        total = 600
        for start in range(0, total, 100):
            count(*range(start, start + 100))
        for kill_at in (1, 120, 250, 400):
            child = start_relay()
            try:
                until(lambda goal=kill_at: effects() >= goal)  # type: ignore[misc]
            finally:
                child.kill()
                child.wait()
        child = start_relay()
        try:
            until(lambda: effects() >= total)
            child.send_signal(signal.SIGTERM)
            assert child.wait(30) == 0
        finally:
            child.kill()
            child.wait()
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*), count(DISTINCT event_id), array_agg(number) FROM test_effect")
            rows, distinct, numbers = cursor.fetchone()
        assert (rows, distinct) == (total, total)
        assert numbers == list(range(total))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE test_effect")


def effects() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM test_effect")
        return int(cursor.fetchone()[0])


def start_relay() -> subprocess.Popen[bytes]:
    """A relay process on this test's database."""
    return subprocess.Popen([sys.executable, str(CHILD)], env=child_environment())
