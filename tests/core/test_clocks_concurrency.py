"""Two sweepers at once, and one that is killed half way."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter
from typing import Any

import pytest
from django.db import connection, connections, transaction

from denghuo.core.actors import Actor
from denghuo.core.clocks import actions, sweeper
from denghuo.core.clocks.actions import NewClock
from denghuo.core.clocks.models import Clock
from denghuo.core.events import Event
from denghuo.core.scoping.models import OrgKind, OrgUnit

pytestmark = pytest.mark.django_db(transaction=True)
ME = Actor.system("test")
T0 = dt.datetime(2026, 9, 28, 9, 0, tzinfo=dt.UTC)
LATE = T0 + dt.timedelta(hours=5)
NUMBER = 60


@pytest.fixture
def clocks(db: None) -> list[Clock]:
    org = OrgUnit.objects.create(kind=OrgKind.COMPANY, code="sweep", name="灯火电力公司")
    budget = dt.timedelta(hours=1)
    wanted = [NewClock("arrival", ("request", n), org, budget=budget, warn_ratio=0.5, at=T0) for n in range(NUMBER)]
    return actions.start_many(ME, wanted)


def breaches() -> Counter[int]:
    return Counter(Event.objects.filter(kind="clock.breached").values_list("subject_id", flat=True))


def in_thread(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_two_sweepers_share_the_work_and_double_nothing(clocks: list[Clock]) -> None:
    def until_done() -> None:
        sweeper.sweep_all(LATE, limit=7)

    threads = [in_thread(until_done) for _ in range(2)]
    for thread in threads:
        thread.join(30)
    sweeper.sweep_all(LATE)  # one may have ended while the other still held rows
    assert breaches() == Counter(dict.fromkeys(range(NUMBER), 1))


def test_a_sweeper_killed_before_its_commit_leaves_all_for_the_next(
    clocks: list[Clock], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    real = sweeper.record_many

    def dies_after_writing(entries: Any) -> None:
        real(entries)
        raise Killed

    monkeypatch.setattr(sweeper, "record_many", dies_after_writing)
    with pytest.raises(Killed):
        sweeper.sweep(LATE)
    assert not breaches() and not Clock.objects.exclude(breached_at=None).exists()
    monkeypatch.setattr(sweeper, "record_many", real)
    assert sweeper.sweep(LATE).breached == NUMBER
    assert set(breaches().values()) == {1}


def test_a_clock_being_stopped_is_passed_over_and_breaches_once(clocks: list[Clock]) -> None:
    with transaction.atomic():
        assert actions.stop(ME, clocks[0], at=LATE) == "breached"
        thread = in_thread(lambda: sweeper.sweep(LATE))  # does not wait for the row that is being stopped
        thread.join(30)
        assert not thread.is_alive()
    sweeper.sweep(LATE)
    assert breaches() == Counter(dict.fromkeys(range(NUMBER), 1))
    connection.ensure_connection()
