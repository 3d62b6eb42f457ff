"""The lake: every event of the log once, whatever is killed, and what is to go is gone."""

from __future__ import annotations

import datetime as dt
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections, transaction
from events_support import child_environment, until

pytest.importorskip("deltalake", reason="the extra lake is not installed")
pytest.importorskip("adbc_driver_postgresql", reason="the extra lake is not installed")

import duckdb
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

from denghuo.core import events
from denghuo.core.actors import Actor
from denghuo.core.events.kinds import KINDS
from denghuo.core.events.log import HIDDEN, NewEvent
from denghuo.core.events.partitions import ensure_partitions
from denghuo.core.lake import exporting, keeping, place
from denghuo.core.lake.columns import PARTITION, SCHEMA
from denghuo.core.lake.exporting import Exported
from denghuo.core.lake.models import LakeBatch, LakeErasure
from denghuo.core.lake.place import LakeFault, committed, opened
from denghuo.core.lake.reading import events as lake_events
from denghuo.core.lake.reading import files
from denghuo.core.lake.reconciling import doubled, reconcile

ACTOR = Actor.system("test")
CHILD = Path(__file__).with_name("lake_export_child.py")
NOON = dt.datetime(2026, 3, 2, 4, tzinfo=dt.UTC)
ALWAYS = (dt.date(2000, 1, 1), dt.date(2100, 1, 1))
KILLS = 20

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_lake(tmp_path: Path, settings: Any) -> Iterator[None]:
    """An empty lake, and a kind of event of this file."""
    settings.DENGHUO_LAKE = str(tmp_path / "lake")
    kinds = dict(KINDS)
    events.register_kind("sample.counted", fields={"number": int}, label="counted")
    yield
    KINDS.clear()
    KINDS.update(kinds)


def count(numbers: range, at: dt.datetime = NOON, apart: dt.timedelta = dt.timedelta()) -> None:
    events.record_many(
        NewEvent(ACTOR, "sample.counted", ("sample", n), None, {"number": n}, at=at + apart * i)
        for i, n in enumerate(numbers)
    )


def export(limit: int = exporting.BATCH) -> Exported:
    """Bring over all that was recorded: the database's own upkeep may hide it from readers for a moment."""
    until(lambda: not hidden())
    return exporting.export(limit)


def hidden() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(HIDDEN)
        return bool(cursor.fetchone()[0])


def in_lake() -> list[int]:
    """The numbers that stand in the lake."""
    with duckdb.connect() as engine:
        rows = lake_events(engine).aggregate("(payload->>'number')::BIGINT AS n").order("n").fetchall()
    return [row[0] for row in rows]


def in_log() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM core_event")
        return int(cursor.fetchone()[0])


def test_every_event_of_the_log_is_in_the_lake_once_in_the_partition_of_its_business_day() -> None:
    count(range(250), apart=dt.timedelta(hours=1))
    done = export(limit=100)
    assert (done.batches, done.events) == (3, 250)
    assert in_lake() == list(range(250))
    # 12:00 in Shanghai and 249 hours more touch eleven business days.
    table = opened()
    assert table is not None
    days = {part["day"] for part in table.partitions()}
    assert len(days) == 11
    assert reconcile(*ALWAYS) == []
    assert export().events == 0


def test_an_event_of_an_open_transaction_comes_later_and_nothing_is_skipped() -> None:
    started, finish = threading.Event(), threading.Event()

    def slow() -> None:
        with transaction.atomic():
            count(range(1))
            started.set()
            finish.wait(60)
        connections.close_all()

    writer = threading.Thread(target=slow)
    writer.start()
    started.wait(60)
    count(range(1, 5))
    assert exporting.export().events == 0
    finish.set()
    writer.join()
    export()
    assert in_lake() == [0, 1, 2, 3, 4]


def test_a_late_event_goes_to_the_partition_of_its_day() -> None:
    count(range(3))
    export()
    ensure_partitions(since=dt.date(2025, 12, 1))
    count(range(3, 5), at=NOON - dt.timedelta(days=60))
    export()
    with duckdb.connect() as engine:
        by_day = dict(lake_events(engine).aggregate("day, count(*)", "day").fetchall())
    assert by_day == {dt.date(2026, 3, 2): 3, dt.date(2026, 1, 1): 2}
    assert len(files((dt.date(2026, 1, 1), dt.date(2026, 1, 2)))) == 1
    assert reconcile(*ALWAYS) == []


@pytest.fixture
def exporters(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that starts exporters; see ``lake_export_child.py``."""
    environment = {**child_environment(), "DENGHUO_TEST_LAKE": str(tmp_path / "lake")}
    parent = subprocess.Popen(
        [sys.executable, CHILD], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield parent
    parent.kill()
    parent.communicate()


def said(parent: subprocess.Popen[str]) -> str:
    assert parent.stdout is not None
    line = parent.stdout.readline()
    assert line, "the process that starts exporters is gone"
    return line.strip()


def begin(parent: subprocess.Popen[str]) -> int:
    """Start an exporter; returns its process id."""
    assert parent.stdin is not None
    parent.stdin.write("go\n")
    parent.stdin.flush()
    return int(said(parent))


def wait_for_the_end(parent: subprocess.Popen[str]) -> None:
    while said(parent) != "ended":
        pass


def test_after_twenty_kills_every_event_is_in_the_lake_exactly_once(exporters: subprocess.Popen[str]) -> None:
    count(range(6000), apart=dt.timedelta(seconds=30))
    chance = random.Random(20)
    assert said(exporters) == "ready"
    for kill in range(KILLS):
        until(lambda: not hidden())
        worker = begin(exporters)
        heard = [said(exporters) for _batch in range(chance.randrange(4))]
        assert heard == ["50"] * len(heard)
        with connection.cursor() as cursor:  # somewhere within the next batch
            cursor.execute("SELECT pg_sleep(%s)", [chance.random() * 0.05])
        os.kill(worker, signal.SIGKILL)
        wait_for_the_end(exporters)
        count(range(6000 + kill * 10, 6010 + kill * 10))
    assert 0 < committed(opened()) < 6000 / 50, "the kills should come in the middle of the work"
    until(lambda: not hidden())
    begin(exporters)
    wait_for_the_end(exporters)
    export()
    assert in_lake() == list(range(6000 + KILLS * 10))
    assert len(in_lake()) == in_log()
    assert doubled(*ALWAYS) == 0
    assert reconcile(*ALWAYS) == []


def test_a_kill_between_the_commit_and_the_next_plan_does_not_write_the_batch_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count(range(30))
    written = exporting.write_deltalake

    def then_die(*arguments: Any, **named: Any) -> None:
        written(*arguments, **named)
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "write_deltalake", then_die)
    with pytest.raises(KeyboardInterrupt):
        export(limit=10)
    monkeypatch.undo()
    assert export(limit=10).events == 20
    assert in_lake() == list(range(30))


def test_a_kill_before_the_commit_writes_the_very_same_batch_again(monkeypatch: pytest.MonkeyPatch) -> None:
    count(range(10))

    def die(*_arguments: Any, **_named: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(exporting, "write_deltalake", die)
    with pytest.raises(KeyboardInterrupt):
        export(limit=100)
    monkeypatch.undo()
    count(range(10, 15))
    export(limit=100)
    assert list(LakeBatch.objects.order_by("number").values_list("events", flat=True)) == [10, 5]
    assert in_lake() == list(range(15))


def test_a_batch_that_reads_fewer_rows_than_planned_commits_nothing() -> None:
    count(range(10))
    until(lambda: not hidden())
    batch = exporting.next_batch(0)
    assert batch is not None
    batch.events = 11
    with pytest.raises(Exception, match="11 were planned"):
        exporting.write(batch, None)
    assert committed(opened()) == 0
    assert in_lake() == []


def test_two_exporters_at_once_do_not_write() -> None:
    count(range(5))
    refused: list[str] = []

    def other() -> None:
        try:
            export()
        except LakeFault as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    with place.writing():
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert refused == ["another process is writing to the lake"]
    assert export().events == 5


def test_a_lake_of_another_database_is_not_written_to() -> None:
    count(range(5))
    export()
    LakeBatch.objects.all().delete()
    with pytest.raises(LakeFault, match="another one"):
        export()


def test_a_lost_lake_is_written_anew_in_the_same_batches(settings: Any, tmp_path: Path) -> None:
    count(range(25))
    export(limit=10)
    settings.DENGHUO_LAKE = str(tmp_path / "new")
    count(range(25, 30))
    assert export(limit=10).batches == 4
    assert in_lake() == list(range(30))
    assert list(LakeBatch.objects.order_by("number").values_list("events", flat=True)) == [10, 10, 5, 5]


def test_a_column_the_table_lacks_is_added_and_older_rows_have_it_empty() -> None:
    older = pa.schema([field for field in SCHEMA if field.name != "correlation"])
    row = dict.fromkeys(older.names) | {"id": 0, "payload": '{"number": 0}', "day": dt.date(2026, 3, 1)}
    write_deltalake(place.events_uri(), pa.Table.from_pylist([row], older), partition_by=[PARTITION])
    with events.correlated():
        count(range(1, 4))
    export()
    with duckdb.connect() as engine:
        empty = lake_events(engine).filter("correlation IS NULL").aggregate("count(*)").fetchall()
    assert empty == [(1,)]
    assert in_lake() == [0, 1, 2, 3]
    assert {field.name for field in DeltaTable(place.events_uri()).schema().fields} == set(SCHEMA.names)


def test_reconciliation_names_the_day_and_kind_in_which_the_lake_lost_or_doubled_rows() -> None:
    count(range(6), apart=dt.timedelta(days=1))
    export()
    table = opened()
    assert table is not None
    table.delete("day = DATE '2026-03-04'")
    write_deltalake(table, table.to_pyarrow_table(filters=[("day", "=", dt.date(2026, 3, 6))]), mode="append")
    lost, twice = reconcile(*ALWAYS)
    assert (lost.day, lost.kind, lost.log[0], lost.lake[0]) == (dt.date(2026, 3, 4), "sample.counted", 1, 0)
    assert (twice.day, twice.log[0], twice.lake[0]) == (dt.date(2026, 3, 6), 1, 2)
    assert doubled(*ALWAYS) == 1


def test_events_that_are_not_exported_yet_are_no_difference() -> None:
    count(range(3))
    export()
    count(range(3, 9))
    assert reconcile(*ALWAYS) == []


def test_retention_takes_whole_days_and_their_files() -> None:
    count(range(6), apart=dt.timedelta(days=1))
    export()
    keeping.drop_before(dt.date(2026, 3, 5))
    assert in_lake() == [3, 4, 5]
    folder = Path(place.events_uri())
    assert sorted({path.parent.name for path in folder.glob("day=*/*.parquet")}) == [
        "day=2026-03-05", "day=2026-03-06", "day=2026-03-07",
    ]  # fmt: skip


def test_an_erased_subject_is_in_no_file_and_does_not_come_back(settings: Any, tmp_path: Path) -> None:
    events.record_many(
        NewEvent(ACTOR, "sample.counted", ("customer", n % 3), None, {"number": n}, at=NOON) for n in range(9)
    )
    export()
    assert keeping.erase("customer", 1, "客户要求删除", until=NOON) == 3
    assert in_lake() == [0, 2, 3, 5, 6, 8]
    folder = Path(place.events_uri())
    with duckdb.connect() as engine:
        every_file = engine.sql(f"SELECT count(*) FROM '{folder}/day=*/*.parquet' WHERE subject_id = 1").fetchall()
    assert every_file == [(0,)]
    assert '"number": 1' not in "".join(path.read_text() for path in folder.glob("_delta_log/*.json"))
    assert LakeErasure.objects.get().events == 3
    assert reconcile(*ALWAYS) == []
    settings.DENGHUO_LAKE = str(tmp_path / "anew")
    export()
    assert in_lake() == [0, 2, 3, 5, 6, 8]


def test_what_happens_to_a_subject_after_its_erasure_is_exported() -> None:
    count(range(1))
    export()
    keeping.erase("sample", 0, "客户要求删除", until=NOON)
    events.record(ACTOR, "sample.counted", ("sample", 0), org=None, payload={"number": 7}, at=NOON + dt.timedelta(1))
    export()
    assert in_lake() == [7]


def test_small_files_of_past_days_are_joined_and_the_rows_stay() -> None:
    for start in range(0, 40, 10):
        count(range(start, start + 10))
        export()
    assert len(files()) == 4
    assert keeping.compact(dt.date(2026, 3, 3)) == 4
    assert len(files()) == 1
    assert in_lake() == list(range(40))
    count(range(40, 45))
    export()
    assert in_lake() == list(range(45))


def test_a_month_leaves_the_log_only_when_the_lake_has_all_of_it() -> None:
    ensure_partitions(since=dt.date(2026, 3, 1))
    count(range(5))
    with pytest.raises(LakeFault, match="not in the lake yet"):
        keeping.release_month(dt.date(2026, 3, 1))
    export()
    table = opened()
    assert table is not None
    table.delete("id IS NOT NULL")
    with pytest.raises(LakeFault, match="differ"):
        keeping.release_month(dt.date(2026, 3, 1))
