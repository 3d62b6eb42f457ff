"""What is recorded, who may change it, and in what order it is read."""

from __future__ import annotations

import datetime as dt
import random
import re
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction
from hypothesis import given
from hypothesis import strategies as st

from denghuo.core import events
from denghuo.core.actors import Actor
from denghuo.core.events import Cursor, PayloadError, UnknownKind
from denghuo.core.events.kinds import KINDS
from denghuo.core.events.log import CHANNEL, NewEvent
from denghuo.core.events.partitions import detach_month, ensure_partitions, partitions
from denghuo.core.events.testing import recorded

ACTOR = Actor(kind="staff", id=7, name="tester")


@pytest.fixture(autouse=True)
def _kinds() -> Iterator[None]:
    before = dict(KINDS)
    events.register_kind("sample.made", fields={"crew_id": int, "reason": str | None}, label="sample")
    events.register_kind("sample.numbered", fields={"writer": int, "number": int}, label="numbered")
    yield
    KINDS.clear()
    KINDS.update(before)


def made(**changes: Any) -> events.Event:
    fields: dict[str, Any] = {"org": None, "payload": {"crew_id": 1, "reason": None}, **changes}
    return events.record(ACTOR, "sample.made", ("sample", 12), **fields)


# --- recording


@pytest.mark.django_db
def test_an_event_tells_what_happened_to_what_where_and_by_whom(org_tree: Any) -> None:
    event = made(org=org_tree.team, topics=["sample:12", "sample:12", "crew:1"])
    stored = events.Event.objects.get(pk=event.pk)
    assert (stored.kind, stored.subject_kind, stored.subject_id) == ("sample.made", "sample", 12)
    assert (stored.org_id, stored.org_path) == (org_tree.team.pk, org_tree.team.path)
    assert (stored.actor_kind, stored.actor_id, stored.actor_name) == ("staff", 7, "tester")
    assert stored.payload == {"crew_id": 1, "reason": None}
    assert stored.topics == ["sample:12", "crew:1"]
    assert stored.cursor == event.cursor


@pytest.mark.django_db
def test_a_model_is_its_own_subject(org_tree: Any) -> None:
    event = events.record(ACTOR, "sample.made", org_tree.team, org=org_tree.team, payload={"crew_id": 1, "reason": "x"})
    assert (event.subject_kind, event.subject_id) == ("orgunit", org_tree.team.pk)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "payload",
    [{}, {"crew_id": 1}, {"crew_id": 1, "reason": None, "more": 1}, {"crew_id": "1", "reason": None},
     {"crew_id": True, "reason": None}],
)  # fmt: skip
def test_a_payload_that_does_not_fit_the_kind_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(PayloadError):
        made(payload=payload)
    with pytest.raises(UnknownKind):
        events.record(ACTOR, "sample.unknown", ("sample", 1), org=None, payload={})
    assert not events.Event.objects.exists()


def test_the_refusal_does_not_quote_the_value() -> None:
    with pytest.raises(PayloadError) as error:
        KINDS["sample.made"].check({"crew_id": "13800000000", "reason": None})
    assert "13800000000" not in str(error.value)


@pytest.mark.parametrize("name", ["phone", "caller_phone", "address", "customer_name", "name", "note", "id_number"])
def test_a_kind_with_a_personal_field_cannot_be_registered(name: str) -> None:
    with pytest.raises(ValueError, match="personal"):
        events.register_kind("sample.leaky", fields={name: str}, label="x")
    with pytest.raises(ValueError, match="personal"):
        events.register_kind("sample.leaky", fields={"x": events.Classified(str, "phone")}, label="x")


def test_times_choices_and_lists_become_json_values() -> None:
    at = dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC)
    number = uuid.uuid4()
    kind = events.register_kind(
        "sample.rich",
        fields={"at": dt.datetime, "ids": list[int], "by": dict[str, float], "number": uuid.UUID | None},
        label="x",
    )
    assert kind.check({"at": at, "ids": (1, 2), "by": {"a": 1}, "number": number}) == {
        "at": at.isoformat(), "ids": [1, 2], "by": {"a": 1.0}, "number": str(number),
    }  # fmt: skip
    with pytest.raises(PayloadError):
        kind.check({"at": at.replace(tzinfo=None), "ids": [], "by": {}, "number": None})


@pytest.mark.django_db
def test_many_events_keep_their_order_and_share_a_correlation() -> None:
    with events.correlated() as correlation:
        written = events.record_many(
            NewEvent(ACTOR, "sample.numbered", ("sample", 1), None, {"writer": 0, "number": n}) for n in range(1200)
        )
    assert [event.payload["number"] for event in events.timeline("sample", 1)] == list(range(1200))
    assert [event.id for event in written] == sorted(event.id for event in written)
    assert {event.correlation for event in written} == {correlation}


@pytest.mark.django_db
def test_recorded_shows_a_test_what_was_recorded() -> None:
    made()
    with recorded("sample.made") as found:
        made()
        events.record(ACTOR, "sample.numbered", ("sample", 1), org=None, payload={"writer": 1, "number": 1})
    assert found.one.subject_id == 12


@pytest.mark.django_db
@pytest.mark.parametrize("statement", ["UPDATE core_event SET kind = 'x'", "DELETE FROM core_event"])
def test_nobody_changes_the_past(statement: str) -> None:
    made()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    with pytest.raises(TypeError):
        events.Event.objects.get().save()


@given(xid=st.integers(0, (1 << 64) - 1), number=st.integers(0, (1 << 63) - 1))
def test_a_cursor_survives_its_text_form(xid: int, number: int) -> None:
    assert Cursor.parse(str(Cursor(xid, number))) == Cursor(xid, number)


@given(st.text(max_size=50) | st.from_regex("^[0-9]+-?[0-9]*\n?"))
def test_text_that_is_no_cursor_is_refused(text: str) -> None:
    form = re.fullmatch("([0-9]{1,20})-([0-9]{1,19})", text)
    if form and int(form[1]) < 1 << 64 and int(form[2]) < 1 << 63:
        Cursor.parse(text)
    else:
        with pytest.raises(ValueError, match="cursor"):
            Cursor.parse(text)


# --- months


@pytest.mark.django_db
def test_history_loaded_before_its_month_exists_moves_into_it() -> None:
    day = dt.datetime(2019, 5, 6, tzinfo=dt.UTC)
    event = made(at=day)
    assert home_of(event) == "core_event_default"
    assert "core_event_y2019m05" in ensure_partitions(months=0, since=day.date())
    assert home_of(event) == "core_event_y2019m05"
    assert [e.pk for e in events.timeline("sample", 12)] == [event.pk]
    assert ensure_partitions(months=0, since=day.date()) == []


@pytest.mark.django_db
def test_retention_takes_whole_months_away() -> None:
    day = dt.datetime(2019, 5, 6, tzinfo=dt.UTC)
    ensure_partitions(months=0, since=day.date())
    made(at=day)
    assert detach_month(day.date()) == "core_event_y2019m05"
    assert events.timeline("sample", 12) == []
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_event_y2019m05")
        assert cursor.fetchone()[0] == 1
    with pytest.raises(ValueError, match="past"):
        detach_month(dt.datetime.now(dt.UTC).date())


@pytest.mark.django_db
def test_the_coming_months_are_ready() -> None:
    today = dt.datetime.now(dt.UTC).date().replace(day=1)
    assert sum(day > today for _name, day in partitions()) >= 3


def home_of(event: events.Event) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM core_event WHERE id = %s", [event.pk])
        return str(cursor.fetchone()[0])


# --- reading while others write


@pytest.mark.django_db(transaction=True)
def test_an_open_transaction_hides_nothing_it_only_delays() -> None:
    start = events.head()
    release, inside = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            made()
            inside.set()
            release.wait(30)
        connections.close_all()

    thread = threading.Thread(target=slow)
    thread.start()
    assert inside.wait(30)
    made(payload={"crew_id": 2, "reason": None})
    assert events.read_after(start, 10, ["sample.made"]) == []
    release.set()
    thread.join()
    assert [event.payload["crew_id"] for event in await_events(start, 2)] == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_eight_writers_with_rollbacks_lose_nothing_double_nothing_and_keep_order() -> None:
    start = events.head()
    kept: dict[int, list[int]] = {}
    failures: list[BaseException] = []

    def write(writer: int) -> None:
        chance = random.Random(writer)
        kept[writer] = []
        try:
            for turn in range(40):
                numbers = [turn * 10 + n for n in range(chance.randint(1, 4))]
                try:
                    with transaction.atomic():
                        for number in numbers:
                            events.record(
                                ACTOR, "sample.numbered", ("sample", writer), org=None,
                                payload={"writer": writer, "number": number},
                            )  # fmt: skip
                            hold(chance.random() * 0.01)
                        if chance.random() < 0.25:
                            raise Undo
                except Undo:
                    continue
                kept[writer] += numbers
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(8)]
    for thread in threads:
        thread.start()
    read: list[events.Event] = []
    place, deadline = start, time.monotonic() + 120
    while time.monotonic() < deadline:
        working = any(thread.is_alive() for thread in threads)
        batch = events.read_after(place, 25, ["sample.numbered"])
        read += batch
        place = batch[-1].cursor if batch else place
        if not working and len(read) >= sum(map(len, kept.values())) and not batch:
            break
    assert not failures
    assert [event.cursor for event in read] == sorted({event.cursor for event in read})
    got: dict[int, list[int]] = {writer: [] for writer in range(8)}
    for event in read:
        got[event.payload["writer"]].append(event.payload["number"])
    assert got == kept


@pytest.mark.django_db(transaction=True)
def test_listeners_get_one_notice_a_transaction() -> None:
    params = connection.get_connection_params()
    params.pop("cursor_factory", None)
    params.pop("context", None)
    with psycopg.connect(**params, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        with transaction.atomic():
            made()
            made()
        assert len(list(listener.notifies(timeout=10, stop_after=1))) == 1
        assert list(listener.notifies(timeout=0.05)) == []


class Undo(Exception):
    """Roll the transaction back."""


def hold(seconds: float) -> None:
    """Keep the transaction open for a while, in the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(%s)", [seconds])


def await_events(start: Cursor, count: int) -> list[events.Event]:
    """Read until ``count`` are there; other databases of the server may hold the horizon for a moment."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = events.read_after(start, 100, ["sample.made"])
        if len(found) >= count:
            return found
        hold(0.01)
    raise AssertionError("the events did not become readable")
