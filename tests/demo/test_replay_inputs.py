"""Reading the real day for a replay."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path
from random import Random

import click
import pytest

from denghuo.demo.replay.inputs import read_arrivals, read_outages
from denghuo.demo.replay.ledger import Arrival
from denghuo.demo.replay.report import _wrong

DAY = dt.date(1999, 3, 10)
CSV = """timestamp,calls
1999-03-09 23:54:00,9
1999-03-10 00:00:00,2
1999-03-10 00:06:00,0
1999-03-10 00:12:00,3
"""


@pytest.fixture
def arrivals(tmp_path: Path) -> Path:
    path = tmp_path / "calls.csv"
    path.write_text(CSV)
    return path


def test_every_counted_call_arrives_inside_its_own_interval(arrivals: Path) -> None:
    moments = read_arrivals(arrivals, DAY, 1.0, Random(1))
    assert len(moments) == 5
    assert moments == sorted(moments)
    assert [m for m in moments if m < 360] == moments[:2]
    assert all(720 <= m < 1080 for m in moments[2:])


def test_the_same_seed_gives_the_same_day(arrivals: Path) -> None:
    assert read_arrivals(arrivals, DAY, 1.0, Random(4)) == read_arrivals(arrivals, DAY, 1.0, Random(4))


def test_a_share_keeps_a_part_of_the_calls(tmp_path: Path) -> None:
    path = tmp_path / "many.csv"
    path.write_text("timestamp,calls\n1999-03-10 00:00:00,1000\n1999-03-10 00:06:00,1000\n")
    kept = len(read_arrivals(path, DAY, 0.25, Random(2)))
    assert 400 < kept < 600  # 500 expected, standard deviation 19


def test_a_day_that_is_not_in_the_file_is_named(arrivals: Path) -> None:
    with pytest.raises(click.ClickException, match="2001-01-01"):
        read_arrivals(arrivals, dt.date(2001, 1, 1), 1.0, Random(1))


def outage_file(tmp_path: Path, rows: list[str]) -> Path:
    path = tmp_path / "outages.csv.gz"
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("id,numCustomersOut,dateOff,dateOn,cause\n" + "\n".join(rows) + "\n")
    return path


def test_outages_are_read_in_the_local_time_of_their_place(tmp_path: Path) -> None:
    # 2024-03-11 03:30 UTC is 2024-03-10 20:30 in Vancouver (daylight time began that morning).
    path = outage_file(tmp_path, ["7,120,2024-03-11 03:30:00+00:00,2024-03-11 05:00:00+00:00,Tree down"])
    day, outages = read_outages(path, dt.date(2024, 3, 10))
    assert day == dt.date(2024, 3, 10)
    assert outages[0].customers == 120
    assert outages[0].end - outages[0].start == 90 * 60


def test_a_day_outside_the_file_takes_the_nearest_day_of_the_year(tmp_path: Path) -> None:
    rows = [f"{i},10,2024-{m:02d}-15 12:00:00+00:00,2024-{m:02d}-15 13:00:00+00:00,x" for i, m in enumerate((1, 4, 12))]
    assert read_outages(outage_file(tmp_path, rows), dt.date(1999, 3, 10))[0] == dt.date(2024, 4, 15)
    assert read_outages(outage_file(tmp_path, rows), dt.date(1999, 12, 30))[0] == dt.date(2024, 12, 15)


def test_rows_without_customers_or_without_an_end_are_left_out(tmp_path: Path) -> None:
    rows = [
        "1,0,2024-03-10 12:00:00+00:00,2024-03-10 13:00:00+00:00,x",
        "2,5,2024-03-10 12:00:00+00:00,,x",
        "3,5,2024-03-10 12:00:00+00:00,2024-03-10 13:00:00+00:00,x",
    ]
    assert [o.ref for o in read_outages(outage_file(tmp_path, rows), dt.date(2024, 3, 10))[1]] == ["3"]


def voice(**found: object) -> str:
    arrival = Arrival(0.0, "call", channel="voice")
    return _wrong(arrival, {arrival.client_id: {"contacts": 1, **found}})


def test_a_call_that_was_answered_or_given_up_is_in_order() -> None:
    assert voice(contact_state="closed", outcome="answered") == ""
    assert voice(contact_state="abandoned", outcome="") == ""


def test_a_lost_call_is_found() -> None:
    assert "应为 1" in _wrong(Arrival(0.0, "call", channel="voice"), {})


def test_a_call_left_waiting_is_found() -> None:
    assert "waiting" in voice(contact_state="waiting", outcome="")


def test_a_call_that_said_it_made_a_request_but_has_none_is_found() -> None:
    assert "应为 1" in voice(contact_state="closed", outcome="request_made")


def test_a_doubled_web_report_is_found() -> None:
    arrival = Arrival(0.0, "outage", channel="web_form")
    done = {"requests": 2, "request_state": "archived", "via_contact": "closed", "merged": False}
    assert "2 条" in _wrong(arrival, {arrival.request_client_id: done})
